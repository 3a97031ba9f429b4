"""An answer that holds more than was asked: what fits is taken, told, and marked in the summary."""

from __future__ import annotations

import pytest

from core.conversation.messages import Contact, File
from core.conversation.texts import Language
from handlers.registration import Registration
from tests.reading import expect_error, expect_question
from tests.stories.questions import JOURNEYS, PLACES, Place, give
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

PUBLIC = JOURNEYS[0]
EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
AFTER_NUMBER = [p for p in PLACES if p.journey is PUBLIC and "number" in p.known]


def in_language(talker: Talker, language: str) -> Talk:
    return talker(language=TAGS[Language(language)])


def noted(heard: Heard, language: str, *names: str) -> None:
    """Find it told that answers to these questions were taken too."""
    listed = [TEXTS.say(language, f"registration.{name}.name") for name in names]
    comma = TEXTS.say(language, "engine.comma")
    assert TEXTS.say(language, "engine.noted", names=comma.join(listed)) in heard.text


async def to_the_summary(talk: Talk) -> Heard:
    """Answer what is still asked."""
    while talk.session.field != "truth":
        await give(talk, PUBLIC.answers[talk.session.field].in_language(talk.session.language))
    return talk.heard


def marked(heard: Heard, language: str) -> list[str]:
    """Return the questions whose answers the summary marks."""
    mark = TEXTS.say(language, "engine.please_check")
    lines = [line for line in heard.text.split("\n") if line.endswith(mark)]
    summed = [field for field in PUBLIC.form.fields.values() if field.summed]
    named = {TEXTS.say(language, f"{field.key}.name"): field.name for field in summed}
    return [next(named[n] for n in named if line.startswith(f"• {n}")) for line in lines]


@EVERY_LANGUAGE
@pytest.mark.parametrize("place", AFTER_NUMBER, ids=str)
async def test_an_hkid_is_taken_whatever_is_asked(
    talker: Talker, place: Place, language: str
) -> None:
    known = {k: v for k, v in place.known.items() if k not in ("document", "number")}
    talk = in_language(talker, language)
    await talk.reach(Registration, place.field.name, known)
    heard = await talk.says("ａ１２３４５６（３）")
    assert talk.session.answers["number"] == "A123456(3)"
    assert talk.session.answers["document"] == "hkid"
    noted(heard, language, "document", "number")
    if place.field.name != "passcode":
        assert {"document", "number"} <= {*marked(await to_the_summary(talk), language)}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "CHAN Tai Man, A123456(3), born 2 January 1958"),
        ("en", "my name is chan tai man\nid a1234563\ndate of birth 2/1/1958"),
        ("zh_Hant_HK", "CHAN Tai Man 身份證Ａ１２３４５６（３），1958年1月2日出生"),
        ("zh_Hans", "CHAN Tai Man，身份证号码：A123456(3)，出生日期：1958-01-02"),
    ],
)
async def test_name_number_and_birthday_in_one_message(
    talker: Talker, language: str, words: str
) -> None:
    talk = in_language(talker, language)
    await talk.reach(Registration, "document", {})
    heard = await talk.says(words)
    # The number answers the question about the document: only the rest was said by the way.
    noted(heard, language, "english_name", "born_on")
    expect_question(heard, Registration.issued_on, language)
    assert talk.session.answers["number"] == "A123456(3)"
    assert talk.session.answers["born_on"] == "1958-01-02"
    assert talk.session.answers["english_name"].lower() == "chan tai man"
    summary = await to_the_summary(talk)
    assert marked(summary, language) == ["english_name", "born_on"]
    await talk.presses("edit")
    await talk.presses("born_on")
    heard = await talk.presses("_keep")
    assert marked(heard, language) == ["english_name"], "what was looked at is certain"


@pytest.mark.parametrize(
    ("language", "words", "address"),
    [
        ("en", "Flat 3, Block 5, Mei Lam Estate", "Flat 3, Block 5, Mei Lam Estate"),
        ("zh_Hant_HK", "沙田美林邨5座1203室", "沙田美林邨5座1203室"),
        ("zh_Hans", "我家在这里，住址是：沙田美林邨5座1203室", "沙田美林邨5座1203室"),
    ],
)
async def test_an_address_instead_of_the_kind_of_housing_is_kept(
    talker: Talker, language: str, words: str, address: str
) -> None:
    talk = in_language(talker, language)
    [place] = [p for p in PLACES if p.journey is PUBLIC and p.field.name == "housing"]
    await talk.reach(Registration, "housing", place.known)
    heard = await talk.says(words)
    noted(heard, language, "address")
    expect_question(heard, Registration.housing, language)
    await talk.presses("public")
    assert talk.session.answers["address"] == address
    assert talk.session.field in ("district", "mobile")
    assert "address" in marked(await to_the_summary(talk), language)


async def test_all_that_is_on_the_letter_and_the_card_in_one_message(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    heard = await talk.says(
        "A123456(3), issued 15/3/2019, CHAN Tai Man 陳大文, born 2 January 1958,"
        " public housing, Flat 3, Block 5, Mei Lam Estate, Sha Tin, 9700 0003"
    )
    expect_question(heard, Registration.housing, "en")
    answers = talk.session.answers
    assert answers["address"] == "Flat 3, Block 5, Mei Lam Estate, Sha Tin"
    assert answers["mobile"] == "+85297000003"


async def test_the_address_that_was_noted_falls_for_a_guest_of_a_hotel(talk: Talk) -> None:
    [place] = [p for p in PLACES if p.journey is PUBLIC and p.field.name == "housing"]
    await talk.reach(Registration, "housing", place.known)
    await talk.says("Flat 3, Block 5, Mei Lam Estate, Sha Tin")
    await talk.presses("hotel")
    assert talk.session.field == "hotel"
    await talk.presses("_back")
    await talk.presses("public")
    assert talk.session.field == "mobile"


async def test_the_number_of_questions_stays_when_he_says_how_he_is_housed(talk: Talk) -> None:
    [place] = [p for p in PLACES if p.journey is PUBLIC and p.field.name == "housing"]
    await talk.reach(Registration, "housing", place.known)
    before = talk.heard.text
    await talk.presses("public")
    assert before.split()[3] == talk.heard.text.split()[3] == "10"


@EVERY_LANGUAGE
async def test_both_names_in_one_message(talker: Talker, language: str) -> None:
    talk = in_language(talker, language)
    place = next(p for p in PLACES if p.field is Registration.english_name)
    await talk.reach(Registration, "english_name", place.known)
    heard = await talk.says("CHAN Tai Man 陳大文")
    noted(heard, language, "chinese_name")
    expect_question(heard, Registration.born_on, language)
    assert talk.session.answers["chinese_name"] == "陳大文"


@EVERY_LANGUAGE
async def test_a_number_that_is_shared_early_is_kept_and_still_checked_by_sms(
    talker: Talker, language: str
) -> None:
    talk = in_language(talker, language)
    await talk.reach(Registration, "document", {})
    heard = await talk.shares("85291234567")
    noted(heard, language, "mobile")
    expect_question(heard, Registration.document, language)
    assert talk.sms == []
    while talk.session.field != "passcode":
        await give(talk, PUBLIC.answers[talk.session.field].in_language(language))
    assert [sms.to for sms in talk.sms] == ["+85291234567"]
    summary = await give(talk, PUBLIC.answers["passcode"].given)
    assert marked(summary, language) == ["mobile"]


async def test_a_shared_number_that_cannot_be_used_is_not_kept(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    for contact in (Contact("8613812345678", own=True), Contact("85291234567", own=False)):
        await talk.take(contact)
        expect_error(talk.heard, Registration.document, "not_offered")
    place = next(p for p in PLACES if p.field is Registration.mobile)
    await talk.reach(Registration, "mobile", place.known)
    expect_error(await talk.shares("8613812345678"), Registration.mobile, "mainland")
    expect_question(await talk.shares("+85291234567"), Registration.passcode)


async def test_what_contradicts_an_answer_is_not_taken(talk: Talk) -> None:
    known = {"document": "passport", "country": "JPN"}
    await talk.reach(Registration, "english_name", known)
    expect_error(await talk.says("A123456(3)"), Registration.english_name, "digits")
    assert talk.session.answers == known


async def test_what_was_answered_is_not_changed_by_the_way(talk: Talk) -> None:
    known = {"document": "hkid", "number": "G123456(A)"}
    await talk.reach(Registration, "english_name", known)
    expect_error(await talk.says("A123456(3)"), Registration.english_name, "digits")
    assert talk.session.answers == known


async def test_messages_with_a_number_are_erased_if_he_agreed(talk: Talk) -> None:
    for agreed in (True, False):
        session = talk.session
        session.erase = agreed
        talk.state = session.to_bytes()
        await talk.reach(Registration, "document", {})
        (reply,) = await talk.take(Contact("85291234567", own=False))
        assert reply.forget == []
        await talk.says("my id is A123456(3)")
        assert bool(talk.replies[-1].forget) == agreed
        await talk.take(File("ref", caption="my id is A123456(3)"))
        assert bool(talk.replies[-1].forget) == agreed
        await talk.take(File("ref", caption="my bill"))
        assert talk.replies[-1].forget == []
        await talk.reach(Registration, "number", {"document": "hkid"})
        await talk.says("A123456(4)")
        expect_error(talk.heard, Registration.number, "check_digit")
        assert bool(talk.replies[-1].forget) == agreed
        await talk.says("15/3/2019")
        await talk.says("A123456(3)")
        expect_question(talk.heard, Registration.issued_on)
        assert bool(talk.replies[-1].forget) == agreed


@pytest.mark.parametrize(
    "words", ["Chan Tai Man (陳大文)", "Chan Tai Man 陳大文先生", "陳大文（Chan Tai Man）"]
)
async def test_both_names_as_people_write_them(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "english_name", {"issued_on": "2019-03-15"})
    await talk.says(words)
    answers = talk.session.answers
    assert (answers["english_name"], answers["chinese_name"]) == ("Chan Tai Man", "陳大文")


@pytest.mark.parametrize("words", ["chan tai man A123456(3)", "chan tai man, a123456(3)."])
async def test_what_is_left_of_the_message_may_be_the_answer(talk: Talk, words: str) -> None:
    await talk.reach(Registration, "english_name", {"issued_on": "2019-03-15"})
    heard = await talk.says(words)
    noted(heard, "en", "document", "number")
    expect_question(heard, Registration.chinese_name)
    assert talk.session.answers["english_name"] == "chan tai man"


@pytest.mark.parametrize(
    "words", ["Maria Clara SANTOS, no Chinese name", "Maria Clara Santos 沒有中文姓名"]
)
async def test_that_there_is_no_chinese_name_is_said_with_the_english_one(
    talk: Talk, words: str
) -> None:
    place = next(p for p in PLACES if p.field is Registration.english_name)
    await talk.reach(Registration, "english_name", place.known)
    heard = expect_question(await talk.says(words), Registration.born_on)
    assert "noted" not in heard.text
    assert talk.session.answers["chinese_name"] is None
