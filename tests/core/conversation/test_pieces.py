"""People send an answer in pieces: what is missing, after what was refused."""

from __future__ import annotations

import pytest

from core.conversation.texts import Language
from handlers.registration import Registration
from tests.handlers.test_in_their_words import place
from tests.reading import expect, expect_error, expect_question
from tests.talk import Talk, Talker
from tests.world import TAGS

COMPLETED = [
    ("document", ["A123456", "(3)"], "number", "A123456(3)"),
    ("document", ["A123456", "3"], "number", "A123456(3)"),
    ("number", ["A123456", "括號3"], "number", "A123456(3)"),
    ("issued_on", ["15", "March", "2019"], "issued_on", "2019-03-15"),
    ("issued_on", ["15號", "3月", "2019年"], "issued_on", "2019-03-15"),
    ("issued_on", ["what a card", "15", "March", "2019"], "issued_on", "2019-03-15"),
    ("born_on", ["2 January", "1958"], "born_on", "1958-01-02"),
    ("born_on", ["1958", "1月2日"], "born_on", "1958-01-02"),
    ("born_on", ["2-1-58", "1958"], "born_on", "1958-01-02"),
    ("born_on", ["58年1月2日", "1958"], "born_on", "1958-01-02"),
    ("english_name", ["Chan", "Tai Man"], "english_name", "Chan Tai Man"),
    ("english_name", ["I am Chan", "Tai"], "english_name", "Chan Tai"),
    ("chinese_name", ["陳", "大文"], "chinese_name", "陳大文"),
    ("mobile", ["9123", "4567"], "mobile", "+85291234567"),
    (
        "address",
        ["Flat B, 23/F, Tower 5", "Festival City, Tai Wai"],
        "address",
        "Flat B, 23/F, Tower 5 Festival City, Tai Wai",
    ),
    ("address", ["沙田美林邨美楓樓", "1203室"], "address", "沙田美林邨美楓樓 1203室"),
]


@pytest.mark.parametrize(("asked", "pieces", "name", "value"), COMPLETED)
async def test_the_last_piece_makes_the_answer_whole_and_it_is_said_back(
    talk: Talk, asked: str, pieces: list[str], name: str, value: str
) -> None:
    where = place(asked)
    await talk.reach(Registration, asked, where.known)
    for piece in pieces:
        assert name not in talk.session.answers
        await talk.says(piece)
    assert talk.session.answers[name] == value
    assert talk.session.answers["document"] == "hkid"
    assert talk.session.pieces == []
    expect(talk.heard, "engine.reckoned")
    assert talk.session.field != asked


@pytest.mark.parametrize("language", list(Language))
async def test_a_number_is_said_back_veiled(talker: Talker, language: Language) -> None:
    talk = talker(language=TAGS[language])
    await talk.reach(Registration, "document", {})
    await talk.says("A123456")
    heard = expect(await talk.says("(3)"), "engine.reckoned", language)
    assert "A123456" not in heard.text
    expect_question(heard, Registration.issued_on, language)


@pytest.mark.parametrize(
    ("asked", "first", "then"),
    [
        ("address", "Flat B, 23/F, Tower 5", "is it ok"),
        ("address", "Flat B, 23/F, Tower 5", "no"),
        ("address", "Flat B, 23/F, Tower 5", "唔係咁㗎"),
        ("address", "Flat B, 23/F, Tower 5", "what else?"),
        ("number", "A123456", "(4)"),
        ("mobile", "9123", "which one"),
    ],
)
async def test_other_words_are_no_piece(talk: Talk, asked: str, first: str, then: str) -> None:
    await talk.reach(Registration, asked, place(asked).known)
    await talk.says(first)
    await talk.says(then)
    assert asked not in talk.session.answers
    assert talk.session.field == asked


async def test_a_whole_answer_needs_no_piece_before_it(talk: Talk) -> None:
    await talk.reach(Registration, "address", place("address").known)
    await talk.says("Flat B, 23/F")
    await talk.says("Flat B, 23/F, Tower 5, Festival City, Tai Wai")
    assert talk.session.answers["address"] == "Flat B, 23/F, Tower 5, Festival City, Tai Wai"


async def test_a_choice_is_a_choice_where_no_number_was_begun(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    expect_question(await talk.says("(3)"), Registration.country)


async def test_pieces_end_with_their_question(talk: Talk) -> None:
    await talk.reach(Registration, "issued_on", place("issued_on").known)
    await talk.says("15")
    await talk.says("back")
    await talk.says("A123456(3)")
    await talk.says("March")
    expect_error(await talk.says("2019"), Registration.issued_on, "no_day")


@pytest.mark.parametrize(
    ("piece", "words", "address"),
    [
        ("flat 5a", "Tower 3, The Belchers", "flat 5a, Tower 3, The Belchers"),
        ("我住 tm 屯門 良景邨", "良智樓 1208", "tm 屯門 良景邨, 良智樓 1208"),
        ("Sha Tin", "Flat 5, 12 Long Lane", "Sha Tin, Flat 5, 12 Long Lane"),
        ("屯門良景邨", "屯門良景邨良智樓1208室", "屯門良景邨良智樓1208室"),
        ("屯門良景邨", "沙田美林邨美楓樓1203室", "沙田美林邨美楓樓1203室"),
        ("Flat 5", "Flat 5, 12 Long Lane", "Flat 5, 12 Long Lane"),
        ("give me 5 minutes", "Flat 3, 12 Long Lane", "Flat 3, 12 Long Lane"),
        ("Flat 5, " * 25, "12 Long Lane", "12 Long Lane"),
    ],
)
async def test_a_piece_that_an_address_lacks_is_not_lost(
    talk: Talk, piece: str, words: str, address: str
) -> None:
    await talk.reach(Registration, "address", place("address").known)
    await talk.says(piece)
    assert "address" not in talk.session.answers
    await talk.says(words)
    assert talk.session.answers["address"] == address
