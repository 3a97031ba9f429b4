"""What people say in between, where an answer is waited for: wait, I am afraid, start over, ?"""

from __future__ import annotations

import pytest

from core.conversation.messages import Text
from core.conversation.texts import Language
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.handlers.people import is_registered
from tests.handlers.test_in_their_words import keeps, place
from tests.reading import expect, expect_question, says
from tests.talk import Talk, Talker
from tests.world import TAGS

QUESTIONS = ("number", "issued_on", "english_name", "chinese_name", "address", "mobile")


@pytest.mark.parametrize(
    "words",
    ["wait", "Hold on", "one sec", "等等先", "等我一陣", "稍等", "I'll do it later", "遲啲再搞"],
)
async def test_who_asks_to_wait_is_waited_for(talk: Talk, words: str) -> None:
    for name in QUESTIONS:
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, "engine.wait")
        assert talk.session.failures == 0


async def test_somebody_may_be_called_what_is_an_order(talk: Talk) -> None:
    await keeps(talk, place("english_name"), "Later")
    assert talk.heard.buttons["_meant"] == "“Later” is my answer"
    await talk.presses("_meant")
    assert talk.session.answers["english_name"] == "Later"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("words", ["start over", "重新開始", "重来"])
async def test_who_wants_to_start_over_is_asked_first(
    talker: Talker, language: Language, words: str
) -> None:
    talk = talker(language=TAGS[language])
    where = place("address")
    assert await keeps(talk, where, words) is None
    expect(talk.heard, "engine.aside.resume", language)
    await talk.says("2")
    expect_question(talk.heard, Registration.document, language)
    assert talk.session.answers == {}


async def test_who_wants_to_start_over_while_nothing_is_asked_sees_the_menu(talk: Talk) -> None:
    await is_registered(talk)
    assert "today" in (await talk.says("start over")).buttons


@pytest.mark.parametrize("words", ["forget it", "唔做喇", "算了", "不填了"])
async def test_who_gives_up_is_asked_whether_to_stop(talk: Talk, words: str) -> None:
    for name in QUESTIONS:
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, "engine.aside.cancel")


@pytest.mark.parametrize(
    "words", ["?", "？？", "❓", "pardon", "咩話", "喺邊度睇", "在哪里看", "where is it"]
)
async def test_who_only_asks_is_helped(talk: Talk, words: str) -> None:
    for name in QUESTIONS:
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, "engine.help")


@pytest.mark.parametrize(
    "words",
    ["I can't see that", "my eyes are bad", "睇唔到字", "字太細喇", "看不清", "身份證而家唔喺身"],
)
async def test_who_cannot_read_is_helped(talk: Talk, words: str) -> None:
    for name in QUESTIONS:
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, "engine.help")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("will I be arrested", "help.privacy"),
        ("will you tell immigration", "help.privacy"),
        ("will my boss know", "help.privacy"),
        ("會唔會拉我", "help.privacy"),
        ("我好驚", "help.privacy"),
        ("雇主会不会知道", "help.privacy"),
        ("can you call me", "help.person"),
        ("打俾我得唔得", "help.person"),
        ("请给我打电话", "help.person"),
        ("how much does it cost", "help.steps"),
        ("幾錢㗎", "help.steps"),
        ("要钱吗", "help.steps"),
    ],
)
async def test_a_worry_is_answered(talk: Talk, words: str, answer: str) -> None:
    for name in QUESTIONS:
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, answer)


async def test_who_asks_for_help_where_a_file_is_wanted_is_told_of_it(talk: Talk) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "visits", place("visits").known)
    expect(await talk.says("?"), "health_code.visits.error.file_wanted")
    expect(talk.heard, "engine.help")


async def test_what_is_said_once_more_is_no_part_of_an_answer(talk: Talk) -> None:
    where = place("english_name")
    assert await keeps(talk, where, "CHAN TAI MAN; A123456(3)") == "CHAN TAI MAN"
    assert await keeps(talk, where, "陳大文 A123456(3) 15/3/2019") is None
    assert talk.session.answers["chinese_name"] == "陳大文"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("I live with my employer", "other"),
        ("僱主屋企", "other"),
        ("rented flat", "other"),
        ("住喺艇度", "other"),
        ("綠置居", "other"),
        ("dorm", "other"),
        ("student hostel", "other"),
        ("員工宿舍", "other"),
        ("backpackers hostel", "hotel"),
        ("公屋", "public"),
        ("公屋定私人樓", None),
    ],
)
async def test_homes_of_all_sorts_are_known(talk: Talk, words: str, kept: str | None) -> None:
    assert await keeps(talk, place("housing"), words) == kept


@pytest.mark.parametrize(
    ("words", "partial"),
    [
        ("隔離緊", ["quarantine"]),
        ("I'm in quarantine", ["quarantine"]),
        ("我有啲感冒", ["symptoms"]),
        ("我上星期从深圳回来", ["arrived"]),
        ("同屋確診", []),
        ("住嘅大廈有確診", []),
        ("someone in my building tested positive", []),
        ("冇隔離緊", []),
    ],
)
async def test_what_is_so_of_him_is_noted_and_what_is_of_others_asked(
    talk: Talk, words: str, partial: list[str]
) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "conditions", {})
    await talk.says(words)
    assert talk.session.partial == partial


async def test_birthday_and_issue_on_one_day_are_told_apart(talk: Talk) -> None:
    await keeps(talk, place("issued_on"), "02-01-1958")
    await talk.says("CHAN Tai Man")
    await talk.says("none")
    expect(await talk.says("02-01-1958"), "registration.born_on.error.after_issue")
    assert "born_on" not in talk.session.answers


@pytest.mark.parametrize(
    "words", ["葡國", "中華民國", "Pilipinas", "Dubai", "British National Overseas"]
)
async def test_countries_in_everyday_words(talk: Talk, words: str) -> None:
    assert await keeps(talk, place("country"), words) in ("PRT", "TWN", "PHL", "ARE", "GBR")


@pytest.mark.parametrize(
    "words",
    [
        *("her hkid is G123456(A)", "my number A123456(3)", "number A123456(3)"),
        *("date of birth 2/1/1958", "my birthday is 2 January 1958", "phone 91234567"),
    ],
)
async def test_what_is_left_of_a_sentence_is_no_name(talk: Talk, words: str) -> None:
    where = place("english_name")
    known = {"document": "hkid", "number": "G123456(A)", "issued_on": "2019-03-15"}
    await talk.reach(where.journey.form, "english_name", known)
    await talk.says(words)
    assert "english_name" not in talk.session.answers
    await talk.says("my mother WONG Lai Kuen")
    assert talk.session.answers["english_name"] == "WONG Lai Kuen"


@pytest.mark.parametrize("words", ["I tested positive", "我確診咗", "我有啲發燒", "I have covid"])
async def test_who_says_that_he_is_ill_is_asked_for_his_declaration(talk: Talk, words: str) -> None:
    await is_registered(talk)
    expect_question(await talk.says(words), HealthCode.conditions)


@pytest.mark.parametrize(
    "words", ["my son has a fever", "no fever", "do I need a test if I cough?"]
)
async def test_who_is_not_ill_is_not(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.says(words)
    assert talk.session.form == ""


async def test_a_stranger_who_is_ill_is_greeted_first(talk: Talk) -> None:
    expect(await talk.says("I tested positive"), "welcome.consent.ask")


@pytest.mark.parametrize(
    ("words", "agrees"),
    [
        ("yes ma'am I agree", True),
        ("Good morning. I agree.", True),
        ("Hello sir, I agree", True),
        ("I do not agree", False),
        ("why should I agree", False),
        ("我唔同意", False),
        ("同唔同意都得", False),
        ("I agree, and erase my ID", False),
        ("before I agree tell me who you are", False),
        ("would I agree", False),
    ],
)
async def test_who_agrees_in_a_sentence_has_agreed(talk: Talk, words: str, agrees: bool) -> None:
    await talk.starts()
    await talk.says(words)
    assert (talk.session.form == "registration") is agrees


@pytest.mark.parametrize("words", ["冇其他", "that's it", "没有别的"])
async def test_who_has_nothing_more_has_said_all(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "conditions", {})
    await talk.says("cough")
    await talk.says(words)
    assert talk.session.answers["conditions"] == ["symptoms"]


@pytest.mark.parametrize(
    ("words", "back"),
    [
        ("05/12/1985", True),
        ("5.12.1985", True),
        ("born 05-12-1985", True),
        ("5 December 1985", False),
        ("1985-12-05", False),
        ("25/12/1985", False),
        ("05/05/1985", False),
        ("5/05/1985", False),
    ],
)
async def test_a_birthday_that_may_be_read_two_ways_is_said_back(
    talk: Talk, words: str, back: bool
) -> None:
    assert await keeps(talk, place("born_on"), words) in ("1985-12-05", "1985-12-25", "1985-05-05")
    assert says(talk.heard, "engine.reckoned") is back


@pytest.mark.parametrize("words", ["No, my flat is 5B", "唔係，個名錯咗", "no. wrong birthday"])
async def test_no_at_the_summary_leads_to_the_answers(talk: Talk, words: str) -> None:
    await keeps(talk, place("truth"), words)
    expect(talk.heard, "engine.aside.edit")


async def test_all_is_correct_in_a_sentence(talk: Talk) -> None:
    assert await keeps(talk, place("truth"), "That is all correct, thank you.") is None
    assert talk.session.form != "registration"


@pytest.mark.parametrize("language", list(Language))
async def test_a_reply_to_an_earlier_question_is_no_answer_to_the_one_in_hand(
    talker: Talker, language: Language
) -> None:
    talk = talker(language=TAGS[language])
    where = place("issued_on")
    await talk.reach(Registration, "issued_on", where.known)
    earlier = talk.session.prompt
    await talk.says("15/3/2019")
    await talk.says("CHAN Tai Man 陳大文")
    await talk.take(Text("16/3/2019", under=earlier))
    heard = expect(talk.heard, "engine.replied", language)
    expect_question(heard, Registration.born_on, language)
    assert talk.session.answers["issued_on"] == "2019-03-15"
    assert "born_on" not in talk.session.answers
    await talk.take(Text("2 January 1958", under=talk.session.prompt))
    assert talk.session.answers["born_on"] == "1958-01-02"


async def test_a_reply_to_the_question_in_hand_is_an_answer_however_often_it_was_shown(
    talk: Talk,
) -> None:
    where = place("issued_on")
    await talk.reach(Registration, "issued_on", where.known)
    first = talk.session.prompt
    await talk.says("menu")
    assert talk.session.prompt > first
    await talk.take(Text("15/3/2019", under=first))
    assert talk.session.answers["issued_on"] == "2019-03-15"


async def test_a_reply_to_an_earlier_question_may_be_an_order_or_take_an_answer_back(
    talk: Talk,
) -> None:
    where = place("issued_on")
    await talk.reach(Registration, "issued_on", where.known)
    earlier = talk.session.prompt
    await talk.says("15/3/2019")
    await talk.take(Text("sorry, I meant 16/3/2019", under=earlier))
    assert talk.session.answers["issued_on"] == "2019-03-16"
    await talk.take(Text("back", under=earlier))
    expect_question(talk.heard, Registration.issued_on)
    assert not says(talk.heard, "engine.replied")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("name", "words", "following"),
    [
        ("document", "1", "number"),
        ("number", "A123456(3)", "issued_on"),
        ("issued_on", "15/3/2019", "english_name"),
        ("english_name", "CHAN Tai Man", "chinese_name"),
        ("chinese_name", "陳大文", "born_on"),
        ("born_on", "4 May 1958", "housing"),
    ],
)
async def test_what_comes_twice_is_not_called_wrong(
    talker: Talker, language: Language, name: str, words: str, following: str
) -> None:
    talk = talker(language=TAGS[language])
    await keeps(talk, place(name), words)
    kept = talk.session.answers
    heard = await talk.says(words)
    assert says(heard, "engine.have_that", language)
    expect_question(heard, Registration.fields[following], language)
    assert talk.session.answers == kept
    # Who says it again all the same is told what is wanted.
    assert not says(await talk.says(words), "engine.have_that", language)
