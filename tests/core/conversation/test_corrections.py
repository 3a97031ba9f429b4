"""People correct themselves, and are not asked to go back for it."""

from __future__ import annotations

import pytest

from core.conversation.texts import Language
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.handlers.people import is_registered
from tests.reading import expect, expect_error, expect_question
from tests.stories.questions import PLACES
from tests.talk import Talk, Talker
from tests.world import TAGS


def known(name: str, document: str = "hkid") -> dict[str, object]:
    """Return what was answered before a question."""
    mine = [p for p in PLACES if p.field.name == name and p.journey.form is Registration]
    first = next((p for p in mine if p.known.get("document") == document), mine[0])
    return {**first.known}


@pytest.mark.parametrize(
    ("asked", "words", "earlier", "value"),
    [
        ("english_name", "sorry, I meant 4 May 2018", "issued_on", "2018-05-04"),
        ("english_name", "Sorry! 4 May 2018", "issued_on", "2018-05-04"),
        ("english_name", "打錯咗，係2018年5月4號", "issued_on", "2018-05-04"),
        ("born_on", "oops, it should be 4 May 2018", "issued_on", "2018-05-04"),
        ("issued_on", "不好意思，写错了，是G123456(A)", "number", "G123456(A)"),
        ("chinese_name", "No, I meant CHAN Tai Ming", "english_name", "CHAN Tai Ming"),
        ("address", "typo, should be private housing", "housing", "other"),
        ("address", "I meant hotel", "housing", "hotel"),
        ("address", "唔係 係1957年1月2號", "born_on", "1957-01-02"),
        ("born_on", "唔係係陳大民", "chinese_name", "陳大民"),
        ("born_on", "不是，是陈大民", "chinese_name", "陈大民"),
        ("address", "no, it's a hotel", "housing", "hotel"),
        ("district", "I meant Flat 5, 12 Nathan Road", "address", "Flat 5, 12 Nathan Road"),
    ],
)
async def test_an_earlier_answer_is_taken_back(
    talk: Talk, asked: str, words: str, earlier: str, value: str
) -> None:
    await talk.reach(Registration, asked, {**known(asked), "housing": "public"})
    await talk.says(words)
    assert talk.session.answers[earlier] == value
    expect(talk.heard, "engine.corrected")
    assert talk.session.field in (asked, "hotel", "mobile")


@pytest.mark.parametrize("language", list(Language))
async def test_what_was_changed_is_said(talker: Talker, language: Language) -> None:
    talk = talker(language=TAGS[language])
    await talk.reach(Registration, "english_name", known("english_name"))
    heard = await talk.says("I meant 4 May 2018")
    expect(heard, "engine.corrected", language)
    expect_question(heard, Registration.english_name, language)


@pytest.mark.parametrize("words", ["應該係1958年1月2號", "it should be 2 January 1958"])
async def test_who_is_not_quite_certain_takes_nothing_back(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "born_on", known("born_on"))
    await talk.says(words)
    assert talk.session.answers["born_on"] == "1958-01-02"
    assert talk.session.answers["issued_on"] == "2019-03-15"


async def test_after_a_mistake_it_is_the_question_in_hand(talk: Talk) -> None:
    await talk.reach(Registration, "born_on", known("born_on"))
    issued = talk.session.answers["issued_on"]
    expect_error(await talk.says("4 May 58"), Registration.born_on, "two_digit_year")
    await talk.says("sorry, I meant 4 May 1958")
    assert talk.session.answers["born_on"] == "1958-05-04"
    assert talk.session.answers["issued_on"] == issued


async def test_who_went_back_means_the_question_in_hand(talk: Talk) -> None:
    await talk.reach(Registration, "issued_on", known("issued_on"))
    await talk.says("15/3/2019")
    await talk.says("CHAN Tai Man")
    await talk.commands("back")
    await talk.says("I meant CHAN Siu Ming")
    assert talk.session.answers["english_name"] == "CHAN Siu Ming"


async def test_sorry_alone_changes_only_what_is_unmistakable(talk: Talk) -> None:
    await talk.reach(Registration, "room", known("room"))
    hotel = talk.session.answers["hotel"]
    await talk.says("sorry, the one with a view")
    assert talk.session.answers["hotel"] == hotel


async def test_sorry_before_an_answer_is_no_part_of_it(talk: Talk) -> None:
    await talk.reach(Registration, "english_name", known("english_name"))
    await talk.says("sorry, CHAN Tai Man")
    assert talk.session.answers["english_name"] == "CHAN Tai Man"


async def test_what_fits_nowhere_is_explained_at_the_question_in_hand(talk: Talk) -> None:
    await talk.reach(Registration, "issued_on", known("issued_on"))
    expect_error(await talk.says("I meant next year"), Registration.issued_on, "format")


async def test_a_code_is_not_taken_back_in_words(talk: Talk) -> None:
    await talk.reach(Registration, "passcode", known("passcode"))
    await talk.says("sorry, I meant the other one")
    expect_error(talk.heard, Registration.passcode, "code_format")


async def test_a_condition_is_not_taken_back_in_words(talk: Talk) -> None:
    await is_registered(talk)
    await talk.reach(HealthCode, "arrived_on", {"conditions": ["arrived"]})
    expect_error(await talk.says("sorry, I meant fever"), HealthCode.arrived_on, "format")
    assert talk.session.answers["conditions"] == ["arrived"]


async def test_at_the_summary_he_chooses_what_to_change(talk: Talk) -> None:
    await talk.reach(Registration, "truth", known("truth"))
    expect(await talk.says("sorry, I meant 4 May 2018"), "engine.aside.edit")


@pytest.mark.parametrize("words", ["唔係係咪陳大民", "唔係陳大民", "no, CHAN Tai Ming"])
async def test_who_only_says_no_takes_nothing_back(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "housing", known("housing"))
    before = dict(talk.session.answers)
    await talk.says(words)
    assert talk.session.answers == before


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("Flat 5, 12 Long Lane, Sha Tin", "address", "Flat 5, 12 Long Lane, Sha Tin"),
        ("CHAN Tai Ming", "english_name", "CHAN Tai Ming"),
        ("born 3 January 1958", "born_on", "1958-01-03"),
        ("G123456(A)", "number", "G123456(A)"),
    ],
)
async def test_what_is_written_at_the_summary_changes_what_stands_there(
    talk: Talk, words: str, name: str, value: str
) -> None:
    await talk.reach(Registration, "truth", known("truth"))
    before = dict(talk.session.answers)
    expect(await talk.says(words), "engine.corrected")
    assert {k: v for k, v in talk.session.answers.items() if before.get(k) != v} == {name: value}
    expect_question(talk.heard, Registration.truth)


@pytest.mark.parametrize(
    "words",
    ["CHAN Tai Man", "hello there friend", "Hotel ICON", "no Chinese name", "1 May 2020", "👍"],
)
async def test_what_changes_nothing_for_certain_changes_nothing(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "truth", known("truth"))
    before = dict(talk.session.answers)
    await talk.says(words)
    assert talk.session.answers == before


async def test_another_phone_at_the_summary_is_to_be_proved(talk: Talk) -> None:
    await talk.reach(Registration, "truth", known("truth"))
    await talk.says("6123 4567")
    assert talk.session.answers["mobile"] == "+85261234567"
    expect_question(talk.heard, Registration.passcode)
