"""The number of the identity card, sent in answer to which document one has."""

from __future__ import annotations

import pytest

from core.conversation.fields import KEPT
from core.conversation.texts import Language
from handlers.registration import Registration
from tests.handlers.people import PUBLIC, agrees
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import PLACES
from tests.talk import Talk, Talker
from tests.world import TEXTS

LANGUAGES = {"en": "en", "zh-hant": "zh_Hant_HK", "zh-hans": "zh_Hans"}


@pytest.mark.parametrize("hint", list(LANGUAGES))
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("A123456(4)", "check_digit"),
        ("a123456", "no_check_digit"),
        ("А123456(3)", "not_latin"),
        ("12345678", "format"),
    ],
)
async def test_a_mistyped_number_is_explained_as_what_it_was_meant_to_be(
    talker: Talker, hint: str, typed: str, code: str
) -> None:
    talk = talker(language=hint)
    await agrees(talk)
    await talk.starts()
    heard = await talk.says(typed)
    expect_error(heard, Registration.number, code, LANGUAGES[hint])
    assert "hkid" in heard.buttons
    heard = await talk.says("A123456(3)")
    expect_question(heard, Registration.issued_on, LANGUAGES[hint])
    assert not says(heard, "engine.noted", LANGUAGES[hint])


async def test_a_number_that_is_no_option_is_no_document_either(talk: Talk) -> None:
    await agrees(talk)
    await talk.starts()
    expect_error(await talk.says("9"), Registration.document, "not_offered")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("双程证", {"document": "passport", "country": "CHN"}),
        ("通行证 C12345678", {"document": "passport", "country": "CHN", "number": "C12345678"}),
        ("BNO no. 123456789", {"document": "passport", "country": "GBR", "number": "123456789"}),
        ("Passport No: K1234567", {"document": "passport", "number": "K1234567"}),
        ("passport 15-03-2019", {"document": "passport"}),
        ("出世紙 S123456(2)", {"document": "birth_certificate", "number": "S123456(2)"}),
        ("my passport, no 3 copies of it", {}),
    ],
)
async def test_another_document_is_taken_with_its_number_and_issuer(
    talk: Talk, said: str, kept: dict[str, str]
) -> None:
    await talk.reach(Registration, "document", {})
    heard = await talk.says(said)
    assert talk.session.answers == kept
    for name in ("country", "number"):
        label = TEXTS.catalogues[Language.ENGLISH][f"registration.{name}.name"]
        assert (label in heard.text.splitlines()[0]) == (name in kept), "nothing silently"
        assert (name in talk.session.noted) == (name in kept)


@pytest.mark.parametrize("hint", list(LANGUAGES))
@pytest.mark.parametrize("typed", ["K12345678", " k12345678 ", "EG1234567", "Ｋ１２３４５６７８"])
async def test_the_number_where_its_country_is_asked_is_noted(
    talker: Talker, hint: str, typed: str
) -> None:
    talk = talker(language=hint)
    await talk.reach(Registration, "country", {"document": "passport"})
    heard = await talk.says(typed)
    number = "EG1234567" if "EG" in typed else "K12345678"
    assert talk.session.answers == {"document": "passport", "number": number}
    assert says(heard, "registration.number.name", LANGUAGES[hint]), "nothing silently"
    expect_question(heard, Registration.country, LANGUAGES[hint])
    expect_question(await talk.says("JPN"), Registration.issued_on, LANGUAGES[hint])
    assert talk.session.noted == ["number"]


async def test_another_number_alone_takes_its_place_at_the_summary(talk: Talk) -> None:
    where = next(
        p for p in PLACES if p.field is Registration.truth and p.known["document"] == "passport"
    )
    await talk.reach(Registration, "truth", where.known)
    expect(await talk.says("K87654321"), "engine.corrected")
    assert talk.session.answers["number"] == "K87654321"
    expect_question(talk.heard, Registration.truth)


@pytest.mark.parametrize("typed", ["A12", "12345678", "9123 4567", "K1234", "flat K12345678"])
async def test_what_may_be_something_else_is_no_number(talk: Talk, typed: str) -> None:
    await talk.reach(Registration, "country", {"document": "passport"})
    await talk.says(typed)
    assert "number" not in talk.session.answers


async def test_a_number_of_another_country_has_no_example(talk: Talk) -> None:
    await talk.reach(Registration, "number", {"document": "passport", "country": "JPN"})
    assert "A123456(3)" not in (await talk.presses("_help")).text
    await talk.reach(Registration, "number", {"document": "hkid"})
    assert "A123456(3)" in (await talk.presses("_help")).text


async def test_the_summary_veils_the_number_and_marks_only_what_was_not_asked(talk: Talk) -> None:
    await agrees(talk)
    await talk.starts()
    await talk.says("A123456(3)")
    answers = {n: g.kept for n, g in PUBLIC.answers.items() if n in Registration.fields}
    answers |= {"document": "hkid", "number": "A123456(3)", "passcode": KEPT}
    answers.pop("truth", None)
    heard = await talk.reach(Registration, "truth", answers)
    assert "A1••••6(3)" in heard.text
    assert "A123456" not in heard.text
    assert "number" not in talk.session.noted
