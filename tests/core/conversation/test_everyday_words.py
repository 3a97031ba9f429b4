"""Answers and wishes in the words that people have for them, not in ours."""

from __future__ import annotations

import pytest

from core.conversation.fields import KEPT
from core.conversation.texts import Language
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.core.conversation.test_engine import HOME, HOUSED
from tests.handlers.people import is_registered
from tests.reading import expect, expect_error, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS

ANSWERS = {
    "ID card": ("document", Registration.number),
    "身份證": ("document", Registration.number),
    "身份证": ("document", Registration.number),
    "護照": ("document", Registration.country),
    "公屋": ("housing", Registration.address),
    "public housing": ("housing", Registration.address),
    "公租房": ("housing", Registration.address),
    "私樓": ("housing", Registration.address),
    "住酒店": ("housing", Registration.hotel),
    "第一個": ("document", Registration.number),
    "我揀第二個呀": ("housing", Registration.address),
    "the third one please": ("housing", Registration.hotel),
}


@pytest.mark.parametrize("words", ANSWERS)
async def test_choices_of_a_registration_by_their_everyday_names(talk: Talk, words: str) -> None:
    name, following = ANSWERS[words]
    await talk.reach(Registration, name, {} if name == "document" else HOME)
    expect_question(await talk.says(words), following)


@pytest.mark.parametrize(
    "words",
    [
        "係",
        "啱晒",
        "屬實",
        "我聲明全部屬實",
        "是的",
        "属实",
        "全部属实。",
        "ok",
        "That is right.",
        "All true, yes",
        "係呀，全部啱。",
        "I confirm",
    ],
)
async def test_the_declaration_in_everyday_words(talk: Talk, words: str) -> None:
    answers = {**HOUSED, "mobile": "+85291234567", "passcode": KEPT}
    await talk.reach(Registration, "truth", answers)
    expect(await talk.says(words), "registration.done")


@pytest.mark.parametrize("words", ["唔啱", "有錯", "不对", "no", "change something"])
async def test_what_is_not_true_is_changed(talk: Talk, words: str) -> None:
    answers = {**HOUSED, "mobile": "+85291234567", "passcode": KEPT}
    await talk.reach(Registration, "truth", answers)
    expect(await talk.says(words), "engine.aside.edit")


@pytest.mark.parametrize("words", ["no", "None", "沒有", "没有", "冇", "都沒有", "全部冇！"])
async def test_no_is_none_of_these(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "conditions", {})
    expect_question(await talk.says(words), HealthCode.visits)


@pytest.mark.parametrize("words", ["no", "沒有", "冇喇", "没有了", "that is all"])
async def test_no_after_some_is_all_of_them(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "conditions", {})
    expect(await talk.says("發燒"), "health_code.conditions.noted")
    expect_question(await talk.says(words), HealthCode.visits)
    assert talk.session.answers["conditions"] == ["symptoms"]


PLACES = {
    "深圳": "mainland",
    "China": "mainland",
    "中國": "mainland",
    "Macao": "macao",
    "英國": "elsewhere",
    "Japan": "elsewhere",
    "UK": "elsewhere",
    "新加坡": "elsewhere",
}


@pytest.mark.parametrize("words", PLACES)
async def test_where_he_comes_from_by_its_name(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(
        HealthCode, "arrived_from", {"conditions": ["arrived"], "arrived_on": "2021-12-01"}
    )
    await talk.says(words)
    assert talk.session.answers["arrived_from"] == PLACES[words]


@pytest.mark.parametrize("words", ["can", "Hong Kong", "香港", "nowhere"])
async def test_what_is_no_place_to_come_from_is_asked_again(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(
        HealthCode, "arrived_from", {"conditions": ["arrived"], "arrived_on": "2021-12-01"}
    )
    expect_error(await talk.says(words), HealthCode.arrived_from, "not_offered")


@pytest.mark.parametrize("words", ["my mother", "媽媽", "阿媽", "我妈"])
async def test_whom_he_looks_after(talk: Talk, words: str) -> None:
    await is_registered(talk)
    answers = {**HOME, "same_home": "same", "mobile": ""}
    await talk.reach(Dependant, "relation", answers)
    expect_question(await talk.says(words), Dependant.truth)


WISHES = {
    "Why do you need that?": f"{Registration.number.key}.why",
    "點解要問?": f"{Registration.number.key}.why",
    "为什么要问？": f"{Registration.number.key}.why",
    "唔知": "engine.help",
    "what?": "engine.help",
    "看不懂": "engine.help",
    "我想搵真人": "help.person",
    "Can I talk to a person?": "help.person",
    "和工作人员通话": "help.person",
    "人工客服": "help.person",
    "點匯出": "help.visits",
}


@pytest.mark.parametrize("words", WISHES)
async def test_a_wish_is_heard_in_the_middle_of_a_question(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "number", {"document": "hkid"})
    expect(await talk.says(words), WISHES[words])
    expect_question(await talk.says("A123456(3)"), Registration.issued_on)


@pytest.mark.parametrize("words", ["返轉頭", "undo", "撤销"])
async def test_the_way_back_in_everyday_words(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "number", {"document": "hkid"})
    expect_question(await talk.says(words), Registration.document)


AT_REST = {
    "change my address": Registration.truth,
    "改地址": Registration.truth,
    "改手机号": Registration.truth,
    "健康碼": HealthCode.conditions,
    "Code please": HealthCode.conditions,
    "我想幫阿媽登記": Dependant.english_name,
    "帮妈妈登记": Dependant.english_name,
}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("words", AT_REST)
async def test_a_wish_is_heard_while_nothing_is_asked(
    talker: Talker, words: str, language: Language
) -> None:
    talk = talker(language=TAGS[language])
    await is_registered(talk)
    expect_question(await talk.says(words), AT_REST[words], language)
