"""Whatever happens at whichever question, in whichever language: nothing is lost, and one goes on.

The questions come from the forms themselves; what can be answered to them stands in `questions`.
"""

from __future__ import annotations

import pytest

from core.conversation.fields import Choice, Field, Words
from core.conversation.messages import Edited, File, Other, Press
from core.conversation.one_time_code import OneTimeCode
from core.conversation.prompt import NAMES
from core.conversation.texts import Language
from core.conversation.uploads import Upload
from core.holder import Holder
from core.policy import PasscodePolicy, Policy
from core.store.store import Store
from handlers.commands import conversation
from handlers.everyone import Declaring, Records
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.link_chat import LinkChat
from handlers.live_code import LiveCode
from handlers.my_chats import MyChats, StopCare
from handlers.privacy import Erasure
from handlers.registration import Registration
from handlers.welcome import Welcome
from tests.clock import TestClock
from tests.handlers.people import records
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import JOURNEYS, PLACES, Place, errors_at, give, takes_files
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

EVERY_PLACE = pytest.mark.parametrize("place", PLACES, ids=str)
EVERY_LANGUAGE = pytest.mark.parametrize("language", list(Language))
CHAT = "telegram:1"
DONE = {
    Registration: "registration.done",
    HealthCode: "health_code.caption.red",
    Erasure: "erasure.kept",
    LiveCode: "live_code.none",
    LinkChat: "link_chat.waits",
}


@pytest.fixture(autouse=True)
async def registered(store: Store, clock: TestClock) -> None:
    """Know somebody already at the chat, as who gets a code must be; none of his files."""
    store.policy = Policy(passcode=PasscodePolicy(phone_per_day=99))
    holder = Holder(
        document="hkid",
        number="G123456(A)",
        issued_on="2019-03-15",
        english_name="WONG Siu Ming",
        born_on="1960-01-01",
        housing="public",
        mobile="+85261234567",
        language="en",
        address="Flat 1, Mei Lam Estate",
        district="ST",
    )
    async with store.writing() as tx:
        index = tx.people.document_index("hkid", "G123456A")
        await tx.people.register(holder, index, chat=CHAT, now=clock())


async def at(talker: Talker, place: Place, language: str, number: int = 0, **more: object) -> Talk:
    """Return a new chat that has come to a question."""
    new = place.journey.form in (Registration, LinkChat)
    chat = f"telegram:{100 + number}" if new else CHAT
    talk = talker(chat=chat, language=TAGS[Language(language)])
    talk.clock.jump(minutes=2)
    expect_question(
        await talk.reach(place.journey.form, place.field.name, {**place.known, **more}),
        place.field,
        language,
    )
    return talk


async def go_on(talk: Talk, place: Place, language: str) -> None:
    """Give the good answer, and find the next question asked, or the form done."""
    before = talk.session.answers
    heard = await give(talk, place.good.in_language(language))
    if place.following is not None:
        expect_question(heard, place.following, language)
        answers = talk.session.answers
        assert {**before, place.field.name: answers[place.field.name]} == answers
        if not isinstance(place.field, Upload | OneTimeCode):
            assert answers[place.field.name] == place.good.kept_in(language)
    else:
        expect(heard, done(place), language)


def done(place: Place) -> str:
    """Return the text with which a form ends."""
    if place.journey.form is Dependant:
        return f"dependant.done.{'phone' if 'passcode' in place.known else 'staff'}"
    return DONE[place.journey.form]


def still(talk: Talk, heard: Heard, place: Place) -> None:
    """Find the same question in hand, and its answers offered once more."""
    session = talk.session
    assert (session.form, session.field, session.aside) == (
        place.journey.form.name,
        place.field.name,
        "",
    )
    assert session.answers == place.known
    assert set(heard.buttons) == set(session.options)
    if isinstance(place.field, Choice):
        assert set(heard.buttons) > set(place.field.choices)


def how(field: Field) -> str:
    """Return the error that says in which way a question is answered."""
    ways = {
        OneTimeCode: "code_format",
        Choice: "not_offered",
        Upload: "file_wanted",
        Words: "words_wanted",
    }
    return next(code for kind, code in ways.items() if isinstance(field, kind))


def comes_before_its_file(place: Place) -> bool:
    """Tell whether a file will be wanted, and is not there yet."""
    return takes_files(place) and not isinstance(place.field, Upload) and "proof" not in place.known


def test_every_question_has_its_answers_and_every_error_its_bad_one() -> None:
    unseen = {
        (form, field, code)
        for form in conversation().forms.values()
        if form not in (Welcome, Declaring, Records, MyChats, StopCare)
        for field in form.fields.values()
        for code in field.errors
    }
    for journey in JOURNEYS:
        answers = dict(journey.before)
        while field := journey.form.next(answers):
            answers[field.name] = journey.answers[field.name].kept
            place = Place(journey, field)
            unseen -= {(journey.form, field, code) for code, _ in errors_at(place)}
        assert list(answers) == [*journey.before, *journey.answers]
    # Where a file is wanted later on, one that comes early is kept: no question refuses it.
    assert {code for _, _, code in unseen} == {"file_not_now"}


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_every_bad_answer_is_explained_and_the_good_one_goes_on(
    talker: Talker, place: Place, language: str
) -> None:
    for number, (code, bad) in enumerate(errors_at(place)):
        talk = await at(talker, place, language, number, **bad.known)
        before = talk.session
        heard = await give(talk, bad.given)
        expect_error(heard, place.field, code, language)
        if code == "file_not_now":
            expect_error(heard, place.field, how(place.field), language)
            later = says(heard, "engine.file_later", language)
            assert later == (place.journey.form in (Registration, Dependant, HealthCode))
        session = talk.session
        assert session.answers == before.answers, code
        assert (session.field, session.prompt) == (place.field.name, before.prompt), code
        if not bad.known.keys() - place.known.keys():
            await go_on(talk, place, language)


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_after_three_failures_there_is_an_example_and_a_person(
    talker: Talker, place: Place, language: str
) -> None:
    code, bad = next(iter(errors_at(place)))
    talk = await at(talker, place, language, **bad.known)
    for failures in range(1, 5):
        heard = await give(talk, bad.given)
        expect_error(heard, place.field, code, language)
        assert heard.text.count(talk.store.policy.hotline) <= 1
        assert talk.store.policy.hotline in heard.text or failures < 3
        example = f"{place.field.key}.example"
        if place.field is Registration.number and place.journey.name == "hotel":
            assert not says(heard, "engine.example", language), "a passport's may be anything"
        elif example in TEXTS.catalogues[language]:
            assert (TEXTS.say(language, example) in heard.text) == (failures >= 3)
        else:
            assert not isinstance(place.field, Words)
    if not bad.known.keys() - place.known.keys() and not isinstance(place.field, OneTimeCode):
        await go_on(talk, place, language)


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_nothing_that_comes_in_between_loses_the_question(
    talker: Talker, clock: TestClock, place: Place, language: str
) -> None:
    talk = await at(talker, place, language)
    for kind in ("sticker", "voice", "audio", "video", "video_note", "location", "poll"):
        await talk.take(Other(kind))
        key = f"engine.other.{kind}" if kind != "poll" else "engine.other.other"
        expect_error(talk.heard, place.field, how(place.field), language)
        still(talk, expect(talk.heard, key, language), place)
    expect_error(await talk.commands("sesame"), place.field, how(place.field), language)
    still(talk, expect(talk.heard, "engine.unknown_command", language), place)
    await talk.take(Edited("something else"), message="long ago")
    still(talk, expect(talk.heard, "engine.edited", language), place)

    for way, key in (("_why", f"{place.field.key}.why"), ("_help", "engine.help")):
        still(talk, expect(await talk.presses(way), key, language), place)
        still(talk, expect(await talk.commands(way[1:]), key, language), place)
        label = TEXTS.say(language, f"engine.option{way.replace('_', '.')}")
        still(talk, expect(await talk.says(label), key, language), place)
    await talk.presses_menu("help_colours")
    still(talk, expect(talk.heard, "help.colours", language), place)

    for button in ("", "0.yes", "77.yes", "².yes", "9" * 60 + ".x", "menu.sesame", "a.b.c"):
        await talk.take(Press(button))
        assert talk.replies[-2].notice
        assert says(Heard(talk.replies[-2].text), "engine.stale", language)
        still(talk, expect_question(talk.heard, place.field, language), place)

    # The days of an arrival and a discharge are no longer asked for after a week.
    clock.jump(days=7 if place.journey.form is Registration else 2)
    if isinstance(place.field, OneTimeCode):
        expect_error(await give(talk, place.good.given), place.field, "code_wrong", language)
        expect(await talk.presses("again"), "registration.passcode.sent_again", language)
    if place.field is HealthCode.visits:
        expect_error(await give(talk, place.good.given), place.field, "stale", language)
        heard = expect(await talk.sends(records(talk)), "health_code.new_day", language)
        expect_question(heard, HealthCode.conditions, language)
        return
    await go_on(talk, place, language)


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_the_language_can_be_changed_at_every_question(
    talker: Talker, place: Place, language: str
) -> None:
    talk = await at(talker, place, language)
    for other in [each for each in Language if each != language] + [Language(language)]:
        expect(await talk.presses("_language"), "engine.aside.language", talk.session.language)
        heard = await talk.says(NAMES[other])
        expect(heard, "engine.language_chosen", other)
        still(talk, expect_question(heard, place.field, other), place)
    await talk.commands("language")
    await talk.take(Other("sticker"))
    expect(talk.heard, "engine.other.sticker", language)
    expect(talk.heard, "engine.aside.language", language)
    assert set(talk.heard.buttons) == set(Language)
    still(talk, expect_question(await talk.presses(language), place.field, language), place)
    await go_on(talk, place, language)


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_cancel_asks_first_and_then_leaves_nothing(
    talker: Talker, place: Place, language: str
) -> None:
    talk = await at(talker, place, language)
    expect(await talk.presses("_cancel"), "engine.aside.cancel", language)
    still(talk, expect_question(await talk.presses("no"), place.field, language), place)
    expect(await talk.commands("cancel"), "engine.aside.cancel", language)
    await talk.says({"en": "no", "zh_Hant_HK": "不", "zh_Hans": "不"}[language])
    still(talk, expect_question(talk.heard, place.field, language), place)
    await talk.presses("_cancel")
    heard = await talk.presses("yes")
    expect(heard, "engine.cancelled", language)
    session = talk.session
    if session.form:
        assert session.form == "welcome"
    assert not session.asked
    assert not session.challenge
    assert not session.jobs
    assert not {*session.answers} & {*place.known}


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_start_offers_to_go_on_or_to_begin_again(
    talker: Talker, place: Place, language: str
) -> None:
    talk = await at(talker, place, language)
    if not place.given:
        still(talk, expect_question(await talk.starts(), place.field, language), place)
        return
    expect(await talk.starts(), "engine.welcome_back", language)
    still(talk, expect_question(await talk.presses("yes"), place.field, language), place)
    if isinstance(place.field, Words):
        await talk.starts()
        await go_on(talk, place, language)
    talk = await at(talker, place, language, 2)
    await talk.starts()
    first = next(iter(place.journey.form.fields.values()))
    expect_question(await talk.says("2"), first, language)
    assert talk.session.answers == {}


@EVERY_LANGUAGE
@EVERY_PLACE
async def test_back_and_keep_lose_nothing(talker: Talker, place: Place, language: str) -> None:
    talk = await at(talker, place, language)
    if not place.given:
        assert "_back" not in talk.heard.buttons
        await talk.commands("back")
        still(talk, expect_question(talk.heard, place.field, language), place)
        return
    seen = [place.field.name]
    while "_back" in talk.heard.buttons:
        await talk.presses("_back")
        seen.append(talk.session.field)
    assert seen == [place.field.name, *reversed(place.given)]
    for _ in place.given:
        assert talk.session.field != place.field.name
        await talk.presses("_keep")
        if talk.session.field == place.field.name:
            break
    still(talk, expect_question(talk.heard, place.field, language), place)
    await go_on(talk, place, language)


@EVERY_LANGUAGE
@pytest.mark.parametrize("journey", [j for j in JOURNEYS if j.form is Registration], ids=str)
async def test_any_answer_can_be_changed_from_the_summary(
    talker: Talker, journey, language: str
) -> None:
    truth = Place(journey, journey.form.fields["truth"])
    talk = await at(talker, truth, language)
    for name, good in journey.answers.items():
        field = journey.form.fields[name]
        if not field.summed:
            continue
        before = talk.session.answers
        expect(await talk.presses("edit"), "engine.aside.edit", language)
        expect_question(await talk.presses(name), field, language)
        expect_question(await talk.presses("_keep"), truth.field, language)
        assert talk.session.answers == before
        await talk.presses("edit")
        named = TEXTS.say(language, f"{field.key}.name")
        expect_question(await talk.says(named), field, language)
        heard = expect_question(await give(talk, good.given), truth.field, language)
        assert named in heard.text
        assert talk.session.answers == {**before, name: talk.session.answers[name]}
        assert isinstance(field, Upload) or talk.session.answers[name] == good.kept
    await talk.presses("edit")
    expect_question(await talk.presses("_none"), truth.field, language)


@EVERY_LANGUAGE
@pytest.mark.parametrize(
    "place", [place for place in PLACES if comes_before_its_file(place)], ids=str
)
async def test_a_file_that_comes_early_is_kept_for_its_question(
    talker: Talker, place: Place, language: str
) -> None:
    talk = await at(talker, place, language)
    upload = "proof" if "proof" in place.journey.answers else "visits"
    talk.read_at_once = False
    await talk.take(File("early", album="a"))
    still(talk, expect(talk.heard, "engine.file_noted", language), place)
    assert not await talk.take(File("second", album="a"))
    await talk.fails("unavailable")
    assert len(talk.jobs) == 2, "the next of the album may be good"
    await talk.fails("unavailable")
    still(talk, expect(talk.heard, "error.unavailable", language), place)

    talk.read_at_once = True
    replies = len(talk.replies)
    await give(talk, place.journey.answers[upload].given)
    assert len(talk.replies) == replies + 1, "what was read says nothing by itself"
    assert talk.session.answers[upload]


@EVERY_LANGUAGE
@pytest.mark.parametrize("place", [p for p in PLACES if isinstance(p.field, Words)], ids=str)
async def test_the_wrong_answer_can_be_edited(talker: Talker, place: Place, language: str) -> None:
    good = place.good.in_language(language)
    talk = await at(talker, place, language)
    code, bad = next((c, b) for c, b in errors_at(place) if isinstance(b.given, str))
    expect_error(await talk.says(bad.given), place.field, code, language)
    assert isinstance(good, str)
    heard = await talk.edits(talk.session.wrong, good)
    if place.following is None:
        expect(heard, done(place), language)
        return
    expect_question(heard, place.following, language)
    assert talk.session.answers[place.field.name] == place.good.kept_in(language)
