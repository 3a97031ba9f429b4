"""Choices that are made in a sentence, as people make them: I only have a passport."""

from __future__ import annotations

import pytest

from core.conversation.texts import Language
from handlers.family import NO_PHONE, Dependant
from handlers.health_code import HealthCode
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.handlers.people import is_registered
from tests.reading import expect, expect_error, expect_question
from tests.stories.questions import PLACES, Place
from tests.talk import Talk, Talker
from tests.world import TAGS


def place(name: str) -> Place:
    """Return the first question of that name."""
    return next(p for p in PLACES if p.field.name == name)


async def keeps(talk: Talk, where: Place, words: str) -> object:
    """Answer a question in these words; return what the draft keeps of them."""
    await talk.reach(where.journey.form, where.field.name, where.known)
    await talk.says(words)
    return talk.session.answers.get(where.field.name)


@pytest.mark.parametrize(
    ("name", "words", "option"),
    [
        ("document", "I am a tourist, I only have a passport", "passport"),
        ("document", "我得本大陸身份證", "passport"),
        ("document", "我是内地人，用双程证来的", "passport"),
        ("document", "佢細路仔，得出世紙", "birth_certificate"),
        ("document", "just my ID card", "hkid"),
        ("document", "我得張回港證", "reentry_permit"),
        ("housing", "I'm just visiting Hong Kong and staying in a hotel", "hotel"),
        ("housing", "我哋來旅行，住酒店㗎", "hotel"),
        ("housing", "住在朋友家", "other"),
        ("housing", "我同個仔一齊住公屋", "public"),
        ("housing", "We rent a private flat in Mong Kok", "other"),
        ("housing", "我在深水埗租了个唐楼单位", "other"),
        ("housing", "住板間房", "other"),
        ("same_home", "yes she lives with me", "same"),
        ("same_home", "佢同我一齊住", "same"),
        ("same_home", "she does not live with me", "other"),
        ("same_home", "No, she lives in an elderly home in Sha Tin", "other"),
        ("same_home", "佢自己住㗎", "other"),
        ("relation", "she's my mum", "parent"),
        ("relation", "I'm her daughter", "parent"),
        ("relation", "我係佢阿媽", "child"),
        ("relation", "我是他女儿", "parent"),
        ("relation", "I am his father", "child"),
        ("relation", "grandmother", "other"),
        ("relation", "he's my husband", "other"),
        ("relation", "she's my mother-in-law", "other"),
        ("relation", "佢係我婆婆", "other"),
        ("relation", "細佬", "other"),
        ("relation", "她是我太太", "other"),
        ("scheme", "we used the Return2hk scheme", "return2hk"),
        ("scheme", "用回港易返嚟㗎", "return2hk"),
        ("arrived_from", "we came from Shenzhen by bus", "mainland"),
        ("arrived_from", "由澳門返嚟㗎", "macao"),
    ],
)
async def test_a_choice_is_understood_in_a_sentence(
    talk: Talk, name: str, words: str, option: str
) -> None:
    await is_registered(talk)
    assert await keeps(talk, place(name), words) == option


@pytest.mark.parametrize(
    "words",
    [
        "Yes, it's all true",
        "yes, that's right",
        "係，全部啱",
        "係呀，啱晒",
        "是的，都对",
        "没问题",
    ],
)
async def test_the_summary_is_declared_true_in_ones_own_words(talk: Talk, words: str) -> None:
    where = place("truth")
    await talk.reach(where.journey.form, "truth", where.known)
    await talk.says(words)
    assert talk.session.form != Registration.name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("document", "I don't have a passport"),
        ("document", "passport or identity card"),
        ("document", "我冇身份證"),
        ("document", "is a passport good?"),
        ("housing", "我唔係住公屋"),
        ("housing", "not in a hotel any more"),
        ("scheme", "what is Return2hk?"),
        ("relation", "not my mother, my aunt"),
    ],
)
async def test_what_is_denied_or_asked_is_no_choice(talk: Talk, name: str, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place(name), words) is None


@pytest.mark.parametrize("words", ["she doesn't have a phone", "佢冇手機㗎", "她不会用手机"])
async def test_who_has_no_phone_is_understood(talk: Talk, words: str) -> None:
    await is_registered(talk)
    where = next(p for p in PLACES if p.field.name == "mobile" and p.journey.form is Dependant)
    assert await keeps(talk, where, words) == NO_PHONE


async def test_other_answers_beside_the_choice_are_taken_too(talk: Talk) -> None:
    words = "I have a British passport, it was issued on 3 May 2018"
    assert await keeps(talk, place("document"), words) == "passport"
    assert talk.session.answers["country"] == "GBR"
    assert talk.session.answers["issued_on"] == "2018-05-03"
    expect_question(talk.heard, Registration.number)


async def test_a_mistyped_number_beside_the_choice_is_explained(talk: Talk) -> None:
    assert await keeps(talk, place("document"), "my ID card is A123456(4)") is None
    expect_error(talk.heard, Registration.number, "check_digit")


@pytest.mark.parametrize("words", ["the hotel is wrong", "個名錯咗呀", "地址不对"])
async def test_who_says_that_something_is_wrong_may_change_it(talk: Talk, words: str) -> None:
    await keeps(talk, place("truth"), words)
    expect(talk.heard, "engine.aside.edit")


@pytest.mark.parametrize("words", ["I didn't get anything", "我等咗好耐都收唔到短訊", "一直没收到"])
async def test_who_got_no_code_gets_another(talk: Talk, words: str) -> None:
    await talk.starts()
    where = place("passcode")
    await talk.reach(where.journey.form, "passcode", where.known)
    talk.clock.jump(minutes=3)
    before = len(talk.sms)
    await talk.says(words)
    assert len(talk.sms) == before + 1


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("I arrived 10 days ago under Return2hk", "arrived"),
        ("a bit of fever since yesterday", "symptoms"),
        ("我呢兩日有啲咳", "symptoms"),
        ("上星期先由深圳返嚟香港", "arrived"),
    ],
)
async def test_a_condition_is_understood_in_a_sentence(talk: Talk, words: str, option: str) -> None:
    await is_registered(talk)
    await keeps(talk, place("conditions"), words)
    assert talk.session.partial == [option]
    expect(talk.heard, "health_code.conditions.noted")


@pytest.mark.parametrize("words", ["no, that's all", "就係咁多", "就这些"])
async def test_that_is_all_in_everyday_words(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await keeps(talk, place("conditions"), "cough")
    await talk.says(words)
    assert talk.session.answers["conditions"] == ["symptoms"]


@pytest.mark.parametrize("language", list(Language))
async def test_yes_alone_is_asked_which_scheme(talker: Talker, language: Language) -> None:
    talk = talker(language=TAGS[language])
    await is_registered(talk)
    await keeps(talk, place("scheme"), "yes")
    expect_error(talk.heard, HealthCode.scheme, "not_offered", language)


@pytest.mark.parametrize("words", ["no fever, no cough", "冇發燒", "is a cough a symptom?"])
async def test_a_condition_that_is_denied_or_asked_about_is_none(talk: Talk, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("conditions"), words) is None
    assert talk.session.partial == []


@pytest.mark.parametrize("language", list(Language))
async def test_yes_alone_is_asked_which_condition(talker: Talker, language: Language) -> None:
    talk = talker(language=TAGS[language])
    await is_registered(talk)
    await talk.presses_menu("today")
    for words in ("yes", "係", "有"):
        expect_error(await talk.says(words), HealthCode.conditions, "not_offered", language)
    await talk.says({"en": "no"}.get(language, "唔係"))
    assert talk.session.field == "visits"


@pytest.mark.parametrize(
    ("words", "erases"),
    [
        ("yes", False),
        ("ok", False),
        ("yes, I agree", False),
        ("係", False),
        ("好呀", False),
        ("1", True),
    ],
)
async def test_yes_is_consent(talk: Talk, words: str, erases: bool) -> None:
    await talk.starts()
    expect_question(await talk.says(words), Registration.document)
    assert talk.session.erase == erases


@pytest.mark.parametrize("words", ["no", "I don't agree", "唔同意", "不同意"])
async def test_no_is_none(talk: Talk, words: str) -> None:
    expect_question(await talk.starts(), Welcome.consent)
    expect(await talk.says(words), "welcome.declined")


@pytest.mark.parametrize(
    "words",
    [
        "can you help me register my mother",
        "我想幫我阿媽登記",
        "我要帮我妈妈登记",
        "I would like to register my kids",
    ],
)
async def test_who_wants_to_register_somebody_is_led_there(talk: Talk, words: str) -> None:
    await is_registered(talk)
    expect_question(await talk.says(words), Dependant.english_name)


@pytest.mark.parametrize(
    "words",
    [
        "I don't have that app",
        "how do I get the file",
        "點樣攞個檔案？",
        "點樣搵個檔案呀",
        "找不到文件",
    ],
)
async def test_who_has_no_file_is_told_where_it_comes_from(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await keeps(talk, place("visits"), words)
    expect(talk.heard, "help.visits")
