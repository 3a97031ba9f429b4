"""Answers as a phone writes them down from the voice: with "um" between, and figures one by one."""

from __future__ import annotations

import pytest

from handlers.family import Dependant
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.handlers.people import is_registered
from tests.handlers.test_in_their_words import keeps, place
from tests.reading import expect, expect_error, expect_question
from tests.talk import Talk
from tests.world import TEXTS


@pytest.mark.parametrize(
    ("name", "words", "kept"),
    [
        ("number", "um, A123456(3)", "A123456(3)"),
        ("number", "Uh my ID is erm A123456(3)", "A123456(3)"),
        ("issued_on", "um the fifteenth, I mean 15 March 2019", "2019-03-15"),
        ("english_name", "um CHAN Tai Man", "CHAN Tai Man"),
        ("english_name", "Um, Chan Tai Man", "Chan Tai Man"),
        ("english_name", "Er… Chan Tai Man", "Chan Tai Man"),
        ("english_name", "um sang il", "um sang il"),
        ("english_name", "Er Ah Kow", "Er Ah Kow"),
        ("english_name", "UM Sang-il", "UM Sang-il"),
        ("chinese_name", "呃，陳大文", "陳大文"),
        ("chinese_name", "陳大文 😀", "陳大文"),
        ("chinese_name", "um, no Chinese name", None),
        ("housing", "um public housing", "public"),
        ("housing", "well, um, in a hotel I think", "hotel"),
        ("housing", "嗯，公屋", "public"),
        ("address", "um Flat 1203, Block 5, Mei Lam Estate", "Flat 1203, Block 5, Mei Lam Estate"),
        ("mobile", "my number is 9 1 2 3 4 5 6 7", "+85291234567"),
        ("mobile", "It's 91 23 45 67, thanks", "+85291234567"),
        ("mobile", "um 9123 4567", "+85291234567"),
        ("mobile", "九一二三，四五六七", "+85291234567"),
        ("mobile", "嗯……我個電話係九一二三四五六七", "+85291234567"),
    ],
)
async def test_what_is_said_while_thinking_is_no_part_of_the_answer(
    talk: Talk, name: str, words: str, kept: str | None
) -> None:
    assert await keeps(talk, place(name), words) == kept


async def test_a_wrong_check_digit_is_called_so_in_a_sentence_too(talk: Talk) -> None:
    where = place("number")
    for words in ("my id is um A123456(4)", "我張身份證係A123456(4)"):
        assert await keeps(talk, where, words) is None
        expect_error(talk.heard, where.field, "check_digit")


@pytest.mark.parametrize("words", ["um yes", "Um, yes I agree", "yes, um, I agree", "uh ok"])
async def test_consent_may_be_hesitant(talk: Talk, words: str) -> None:
    await talk.reach(Welcome, "consent", {"language": "en"})
    expect_question(await talk.says(words), Registration.document)


async def test_orders_are_heard_behind_it(talk: Talk) -> None:
    await talk.reach(Registration, "born_on", place("born_on").known)
    expect(await talk.says("um, help"), "engine.help")
    expect(await talk.says("嗯，取消"), "engine.aside.cancel")


async def test_nothing_but_that_is_an_answer_as_any_other(talk: Talk) -> None:
    await talk.reach(Registration, "housing", place("housing").known)
    expect_error(await talk.says("um…"), Registration.housing, "not_offered")
    assert TEXTS.say("en", "registration.housing.option.public") in talk.heard.buttons.values()


@pytest.mark.parametrize(
    "words",
    [
        "阿媽叫CHAN Siu Fong 陳小芳",
        "佢叫CHAN Siu Fong，陳小芳",
        "我媽媽叫做 CHAN Siu Fong陳小芳",
        "妈妈叫CHAN Siu Fong，中文名陳小芳",
    ],
)
async def test_both_names_stand_behind_what_she_is_called(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(Dependant, "english_name", {})
    await talk.says(words)
    kept = talk.session.answers
    assert (kept.get("english_name"), kept.get("chinese_name")) == ("CHAN Siu Fong", "陳小芳")


@pytest.mark.parametrize("words", ["阿媽叫Chan Siu Fong", "佢英文名係 Chan Siu Fong"])
async def test_a_name_needs_no_capitals_behind_that(talk: Talk, words: str) -> None:
    await is_registered(talk)
    await talk.reach(Dependant, "english_name", {})
    await talk.says(words)
    assert talk.session.answers.get("english_name") == "Chan Siu Fong"
