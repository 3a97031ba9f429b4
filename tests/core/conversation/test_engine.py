"""What every conversation can do, whatever it is about; more of it in `tests.stories`."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from core.conversation.messages import (
    Command,
    Contact,
    Edited,
    File,
    Finished,
    Left,
    Other,
    Press,
    Text,
    Undelivered,
)
from core.conversation.session import Session
from core.conversation.texts import Language
from core.sample import sample_export
from core.store.store import Store
from core.store.tables import uploads
from handlers.health_code import HealthCode
from handlers.privacy import Erasure
from handlers.registration import Registration
from handlers.welcome import NOTICE, Welcome
from tests.core.store.people import register
from tests.corpus_proofs import pdf
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import FromSms, give
from tests.talk import Talk, Talker
from tests.world import TAGS, TEXTS, Heard

HOME = {
    "document": "hkid",
    "number": "A123456(3)",
    "issued_on": "2019-03-15",
    "english_name": "CHAN Tai Man",
    "chinese_name": "陳大文",
    "born_on": "1958-01-02",
}
"""What is answered before one says where one lives."""

HOUSED = {**HOME, "housing": "public", "address": "Flat 5, Mei Lam Estate"}
"""What is answered before the mobile number."""


@pytest.fixture
async def known(talk: Talk) -> Talk:
    """A chat of somebody who is registered."""
    async with talk.store.writing() as tx:
        await tx.people.consent(talk.chat, NOTICE, talk.clock())
        await register(tx, talk.chat)
    return talk


def records(talk: Talk) -> bytes:
    return sample_export(31, 48, 7, talk.clock())


async def at_conditions(talk: Talk) -> Heard:
    return await talk.reach(HealthCode, "conditions", {})


async def test_ten_messages_at_once_are_taken_one_after_the_other(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    for words in ("hi", "hello", "my hkid", "is", "A123456(3)", "15/3/2019", "CHAN Tai Man"):
        await talk.says(words)
    for words in ("陳大文", "2/1/1958", "public rental housing"):
        heard = await talk.says(words)
    expect_question(heard, Registration.address)
    assert talk.session.answers == {**HOME, "housing": "public"}


async def test_a_second_tap_gets_a_notice_and_nothing_else(talk: Talk) -> None:
    heard = await talk.reach(Registration, "housing", HOME)
    public, hotel = heard.ids["public"], heard.ids["hotel"]
    await talk.take(Press(public))
    for button in (public, hotel):
        (reply,) = await talk.take(Press(button, acknowledge="press"))
        assert (reply.notice, reply.acknowledge) == (True, "press")
    assert talk.session.answers == {**HOME, "housing": "public"}


async def test_a_second_tap_on_what_the_next_question_offers_too_is_not_taken(talk: Talk) -> None:
    heard = await talk.reach(Registration, "housing", HOME)
    back = heard.ids["_back"]
    await talk.take(Press(back))
    before = talk.session.field
    (reply,) = await talk.take(Press(back))
    assert reply.notice
    assert talk.session.field == before


async def test_a_button_of_an_older_question_shows_the_one_in_hand(talk: Talk) -> None:
    old = (await talk.reach(Registration, "document", {})).ids["passport"]
    await talk.reach(Registration, "housing", HOME)
    await talk.presses("hotel")
    notice, question = await talk.take(Press(old))
    assert notice.notice
    expect_question(Heard(question.text), Registration.hotel)
    assert talk.session.answers["document"] == "hkid"


async def test_buttons_of_a_form_that_is_done_are_old_ones(known: Talk) -> None:
    question = await known.reach(HealthCode, "visits", {"conditions": []})
    expect(await known.sends(records(known)), "health_code.caption.green")
    for button in question.ids.values():
        await known.take(Press(button))
        assert says(Heard(known.replies[-2].text), "engine.stale")
        expect(known.heard, "menu.ask")


async def test_several_choices_are_collected_and_survive_what_comes_in_between(
    known: Talk,
) -> None:
    first = await at_conditions(known)
    heard = expect(await known.presses("symptoms"), "health_code.conditions.noted")
    assert "symptoms" not in heard.buttons
    assert "none" not in heard.buttons
    (twice,) = await known.take(Press(first.ids["symptoms"]))
    assert twice.notice
    await known.take(Press(first.ids["none"]))
    await known.presses("_language")
    await known.presses("en")
    await known.says("2")
    assert known.session.partial == ["symptoms", "contact"]
    expect_question(await known.presses("done"), HealthCode.visits)
    assert known.session.answers == {"conditions": ["contact", "symptoms"]}
    assert known.session.partial == []


@pytest.mark.parametrize(
    ("words", "conditions"),
    [
        ("1", []),
        ("None of these", []),
        ("none", []),
        ("以上都沒有", []),
        ("2, 4", ["contact", "symptoms"]),
        ("2 4", ["contact", "symptoms"]),
        ("２、４", ["contact", "symptoms"]),
    ],
)
async def test_several_choices_in_words(known: Talk, words: str, conditions: list[str]) -> None:
    if words == "以上都沒有":
        words = TEXTS.say("zh_Hant_HK", "health_code.conditions.option.none")
    await at_conditions(known)
    expect_question(await known.says(words), HealthCode.visits)
    assert known.session.answers == {"conditions": conditions}


@pytest.mark.parametrize("words", ["1, 2", "2, 99", "maybe", "2, , 4"])
async def test_several_choices_must_all_be_understood(known: Talk, words: str) -> None:
    await at_conditions(known)
    expect_error(await known.says(words), HealthCode.conditions, "not_offered")
    assert (known.session.answers, known.session.partial) == ({}, [])


@pytest.mark.parametrize("language", list(Language))
async def test_labels_numbers_and_ids_are_answers_in_any_language(
    talker: Talker, language: str
) -> None:
    label = TEXTS.say(language, "registration.housing.option.public")
    for number, words in enumerate((label, label.upper(), f"“{label}”", "1", "１", "public")):
        talk = talker(chat=f"telegram:{number}")
        await talk.reach(Registration, "housing", HOME)
        expect_question(await talk.says(words), Registration.address)


async def test_yes_is_enough_where_the_label_says_more(talk: Talk) -> None:
    await talk.reach(Registration, "truth", {**HOUSED, "mobile": "+85291234567"})
    await talk.presses("_cancel")
    expect_question(await talk.says("No"), Registration.truth)
    expect(await talk.says("change something"), "engine.aside.edit")
    await talk.says("99")
    assert talk.session.aside == ""
    await talk.presses("_cancel")
    expect(await talk.says("Yes!"), "engine.cancelled")


async def test_who_stops_is_asked_nothing_more(talk: Talk) -> None:
    await talk.starts()
    await talk.presses("agree")
    await talk.presses("_cancel")
    heard = expect(await talk.presses("yes"), "engine.cancelled")
    assert talk.session.form == ""
    assert {"register", "help"} <= heard.buttons.keys()
    expect_question(await talk.presses_menu("register"), Registration.document)


@pytest.mark.parametrize("agreed", [True, False])
async def test_a_message_with_the_number_is_deleted_wherever_it_comes(
    talk: Talk, agreed: bool
) -> None:
    await talk.starts()
    await talk.presses("agree_erase" if agreed else "agree")
    await talk.says("A123456(3)")
    messages = ("my card says a123456(3), is that ok?", "A123456(3)", "no number here")
    for message, holds in zip(messages, (True, True, False), strict=True):
        await talk.says(message)
        assert bool(talk.replies[-1].forget) == (holds and agreed), message
    await talk.take(Edited("it was A123456(3)"))
    assert bool(talk.replies[-1].forget) == agreed
    await talk.presses("_cancel")
    await talk.presses("yes")
    await talk.says("A123456(3)")
    assert any(reply.forget for reply in talk.replies[-2:]) == agreed


async def test_the_files_of_an_album_are_one_answer(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    known.read_at_once = False
    known.files["one"] = records(known)
    assert await known.take(File("one", album="a")) == []
    assert await known.take(File("two", album="a")) == []
    assert len(known.jobs) == 1
    expect(await known.sends(b"", "another"), "engine.still_reading")
    await known.take(Other("sticker"))
    assert not says(known.heard, "error.file_wanted"), "it is there already"
    await known.finish(known.jobs[0], "visits", known.files["one"])
    expect(known.heard, "health_code.caption.green")
    assert await known.take(File("three", album="a")) == []


async def test_a_file_that_nobody_asked_for_is_not_going_to_be_read(talk: Talk) -> None:
    await talk.reach(Registration, "english_name", {})
    await talk.take(File("unasked"))
    assert talk.unread == ["unasked"]


async def test_files_that_are_not_going_to_be_read_are_named(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    known.read_at_once = False
    for number in range(12):
        await known.take(File(f"{number:02}", album="a"))
    assert known.unread == ["10", "11"], "the first is read, nine are kept behind it"
    known.unread.clear()
    await known.take(Finished(known.jobs[0], error="empty"))
    assert known.unread == []
    known.files["01"] = records(known)
    await known.finish(known.jobs[1], "visits", known.files["01"])
    expect(known.heard, "health_code.caption.green")
    await known.take(File("late", album="a"))
    assert known.unread == [*(f"{number:02}" for number in range(2, 10)), "late"]


async def test_an_album_out_of_the_blue_gets_one_answer(talk: Talk) -> None:
    await talk.reach(Registration, "english_name", HOME)
    assert len(await talk.take(File("one", album="a"))) == 1
    assert await talk.take(File("two", album="a")) == []
    assert len(await talk.take(File("three", album="b"))) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("number", "A123456\u200e(3)\u200b"),
        ("issued_on", "\u200e15/\u200e3/\u200e2019"),
        ("english_name", "CHAN\u00a0Tai\u2060 Man\ufeff"),
        ("mobile", "\u202d9123\u200b 4567\u202c"),
    ],
)
async def test_marks_that_nobody_sees_are_no_part_of_an_answer(
    talk: Talk, name: str, said: str
) -> None:
    for body in (Text(said), Edited(said)):
        await talk.reach(Registration, name, {"document": "hkid"} if name == "number" else HOME)
        await talk.says("=")
        await talk.take(body, message=talk.session.wrong)
        assert talk.session.answers[name].isascii()
        assert talk.session.field != name


async def test_nor_of_what_stands_below_a_file(talk: Talk) -> None:
    await talk.reach(Registration, "issued_on", {"document": "hkid"})
    await talk.take(File("card", caption="\u200e15/\u200e3/\u200e2019"))
    assert talk.session.answers["issued_on"] == "2019-03-15"
    await talk.reach(Registration, "issued_on", {"document": "hkid"})
    await talk.says("=")
    changed = Edited("\u200e15/\u200e3/\u200e2019", File("card", caption="\u200e"))
    await talk.take(changed, message=talk.session.wrong)
    assert talk.session.answers["issued_on"] == "2019-03-15"


async def test_what_cannot_be_read_of_an_album_is_told_once(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    video = Other("video", album="a")
    assert [len(await known.take(video)) for _ in range(3)] == [1, 0, 0]
    known.read_at_once = False
    known.files["one"] = records(known)
    await known.take(File("one", album="a"))
    assert len(known.jobs) == 1, "what can be read of it is"
    await known.take(File("two", album="b"))
    assert await known.take(Other("video", album="b")) == []
    assert [len(await known.take(Other("video"))) for _ in range(2)] == [1, 1]


async def test_a_file_put_in_the_place_of_another_is_read_where_one_is_wanted(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    known.read_at_once = False
    await known.take(Edited("my visits", File("new")))
    assert len(known.jobs) == 1
    assert known.unread == []
    known.files["new"] = records(known)
    await known.finish(known.jobs[0], "visits", known.files["new"])
    expect(known.heard, "health_code.caption.green")
    await known.take(Edited("", File("newer")))
    expect(known.heard, "engine.edited_at_rest")
    assert known.unread == ["newer"]
    await known.reach(Registration, "english_name", {})
    await known.take(Edited("", File("newest")))
    expect(known.heard, "engine.edited")


async def test_a_newer_file_takes_the_place_of_an_older_one_only_if_it_is_good(talk: Talk) -> None:
    answers = {**HOUSED, "housing": "other", "proof": "old"}
    await talk.reach(Registration, "proof", answers)
    expect_error(await talk.sends(b"hello", "bill.doc"), Registration.proof, "file_type")
    assert talk.session.answers["proof"] == "old"
    talk.read_at_once = False
    await talk.sends(pdf(), "bill.pdf")
    await talk.take(Text("anything"))
    expect(talk.heard, "engine.still_reading")
    await talk.finish(talk.jobs[-1], "proof", pdf())
    assert talk.session.answers["proof"] not in ("old", "")


async def test_one_may_keep_an_older_file_while_a_newer_one_is_read(talk: Talk) -> None:
    answers = {**HOUSED, "housing": "other", "proof": "old"}
    await talk.reach(Registration, "proof", answers)
    talk.read_at_once = False
    await talk.sends(pdf(), "bill.pdf")
    expect_question(await talk.presses("_keep"), Registration.proof_issued_on)
    assert await talk.finish(talk.jobs[-1], "proof", pdf()) == []
    assert talk.session.answers["proof"] == "old"
    assert await kept(talk) == 0


async def test_keep_by_an_older_button_asks_what_has_fallen_meanwhile(talk: Talk) -> None:
    answers = {**HOME, "housing": "other", "proof": "old"}
    keep = (await talk.reach(Registration, "proof", answers)).ids["_keep"]
    session = talk.session
    del session.answers["proof"]
    talk.state = session.to_bytes()
    await talk.take(Press(keep))
    expect_question(talk.heard, Registration.proof)


async def test_one_may_go_back_while_a_file_is_read(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    known.read_at_once = False
    known.files["one"] = records(known)
    await known.take(File("one"))
    expect_question(await known.presses("_back"), HealthCode.conditions)
    expect(await known.presses("_keep"), "engine.reading")
    await known.presses("_back")
    assert await known.finish(known.jobs[0], "visits", known.files["one"]) == []
    expect(await known.presses("_keep"), "health_code.caption.green")


async def test_a_file_that_cannot_be_read_leaves_an_aside_as_it_is(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    known.read_at_once = False
    await known.sends(b"")
    await known.presses("_language")
    heard = await known.fails("zip_members", count=3)
    expect_error(heard, HealthCode.visits, "zip_members")
    expect(heard, "engine.aside.language")
    expect_question(await known.presses("zh_Hans"), HealthCode.visits, "zh_Hans")


async def test_a_job_that_nobody_waits_for_is_passed_over(known: Talk) -> None:
    assert await known.take(Finished("old", upload="x")) == []
    await at_conditions(known)
    assert await known.take(Finished("old", error="empty")) == []
    assert known.session.answers == {}


async def test_a_newer_file_takes_the_place_of_one_that_is_read(known: Talk) -> None:
    await at_conditions(known)
    known.read_at_once = False
    await known.sends(b"")
    expect(await known.sends(b"", "newer"), "engine.file_noted")
    first, second = known.jobs
    assert known.session.jobs == {second: "visits"}
    assert await known.take(Finished(first, error="empty")) == []
    assert await known.take(Finished(second, upload="x")) == []
    assert known.session.answers == {"visits": "x"}


async def kept(talk: Talk) -> int:
    """Count the uploads in the store."""
    async with talk.store.reading() as tx:
        return await tx.connection.scalar(select(func.count()).select_from(uploads)) or 0


async def test_a_file_is_erased_with_the_turn_that_uses_it(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    expect(await known.sends(records(known)), "health_code.caption.green")
    assert await kept(known) == 0
    await known.reach(Registration, "proof", {**HOUSED, "housing": "other"})
    expect_question(await known.sends(pdf(), "bill.pdf"), Registration.proof_issued_on)
    assert await kept(known) == 1
    await known.says("28/10/2021")
    await known.says("9123 4567")
    await give(known, FromSms())
    expect(await known.presses("yes"), "registration.changed")
    assert await kept(known) == 0


async def test_a_file_that_another_replaces_or_nobody_waits_for_is_erased(known: Talk) -> None:
    await known.reach(Registration, "proof", {**HOUSED, "housing": "other"})
    await known.sends(pdf(), "bill.pdf")
    first = known.session.answers["proof"]
    await known.presses("_back")
    await known.sends(pdf(), "newer.pdf")
    assert await kept(known) == 1
    assert known.session.answers["proof"] != first
    await known.finish(known.jobs[0], "proof", pdf())
    assert await kept(known) == 1
    await known.presses("_cancel")
    expect(await known.presses("yes"), "engine.cancelled")
    assert await kept(known) == 0


async def test_a_file_out_of_the_blue_begins_todays_code(known: Talk) -> None:
    heard = await known.sends(records(known))
    expect(heard, "engine.file_noted")
    expect_question(heard, HealthCode.conditions)
    expect(await known.presses("none"), "health_code.caption.green")
    assert sum("health_code" in reply.text for reply in known.replies) == 0


@pytest.mark.parametrize("consented", [False, True])
async def test_a_file_before_all_else_is_told_to_be_too_early(talk: Talk, consented: bool) -> None:
    if consented:
        async with talk.store.writing() as tx:
            await tx.people.consent(talk.chat, NOTICE, talk.clock())
    heard = expect(await talk.sends(b"", "early"), "error.file_not_now")
    expect(expect(heard, "error.not_offered"), "engine.file_later")
    expect_question(heard, Registration.document if consented else Welcome.consent)
    assert talk.jobs == []


@pytest.mark.parametrize("language", list(Language))
async def test_that_it_stopped_repeats_nothing_of_the_question(
    talker: Talker, language: Language
) -> None:
    talk = talker(language=TAGS[language])
    await talk.reach(Registration, "document", {})
    asked = await talk.presses("_cancel")
    said = expect(await talk.presses("yes"), "engine.cancelled", language)
    asked_before = re.split(r"[。？?.]\s*", asked.text)
    assert not [words for words in asked_before if words and words in said.text]


async def test_what_is_wanted_instead_of_a_file_is_said_last(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    heard = expect(await talk.sends(b"", "early"), "engine.file_later")
    assert heard.text.endswith(TEXTS.say("en", "error.not_offered"))


@pytest.mark.parametrize("proof", [{}, {"proof": "upload", "proof_issued_on": "2021-11-20"}])
async def test_visit_records_that_come_too_early_are_not_taken_for_a_proof_of_address(
    talk: Talk, proof: dict[str, str]
) -> None:
    await talk.reach(Registration, "mobile", {**HOUSED, "housing": "other", **proof})
    expect(await talk.sends(records(talk), "Visits.JSON"), "engine.file_later")
    assert talk.jobs == []


async def test_where_no_file_is_ever_wanted_none_is_promised(talk: Talk) -> None:
    await talk.reach(Erasure, "sure", {})
    heard = expect(await talk.sends(b"", "file"), "error.file_not_now")
    assert not says(heard, "engine.file_later")


async def test_a_chat_in_which_all_is_known_takes_a_file_at_once(talk: Talk) -> None:
    """Nothing may fail where a form begins with all its questions answered."""
    async with talk.store.writing() as tx:
        await tx.people.consent(talk.chat, NOTICE, talk.clock())
        await register(tx, talk.chat)
    expect_question(await talk.presses_menu("change"), Registration.truth)
    expect(await talk.sends(b"", "file"), "error.file_not_now")


async def test_who_blocks_the_bot_is_not_answered(talk: Talk) -> None:
    for gone in (True, False):
        assert await talk.take(Left(gone)) == []
    assert talk.session == Session(language="en"), "nothing else is remembered of it"


@pytest.mark.parametrize("what", ["sms", "message", "reply", "picture"])
async def test_what_could_not_be_delivered_is_told_at_the_question(talk: Talk, what: str) -> None:
    await talk.reach(Registration, "housing", HOME)
    await talk.take(Undelivered(what))
    expect(talk.heard, f"engine.undelivered.{what}")
    assert "public" in talk.heard.buttons
    # What may not have reached him is the question.
    assert says(talk.heard, "registration.housing.ask") == (what == "reply")


async def test_what_could_not_be_delivered_is_told_at_an_aside(talk: Talk) -> None:
    await talk.reach(Registration, "housing", HOME)
    await talk.commands("cancel")
    await talk.take(Undelivered("reply"))
    expect(talk.heard, "engine.undelivered.reply")
    expect(talk.heard, "engine.aside.cancel")


async def test_while_nothing_is_asked_all_is_answered_with_the_menu(known: Talk) -> None:
    for body in (
        Text("hello"),
        Other("sticker"),
        Edited("hello"),
        Undelivered("message"),
        Command("sesame"),
        Command("cancel"),
        Command("back"),
        Contact("85291234567", own=True),
        Press("5.yes"),
    ):
        await known.take(body)
        expect(known.heard, "menu.ask")
        assert {"today", "details", "help"} <= known.heard.buttons.keys()


async def test_while_nothing_is_asked_the_language_can_be_changed(known: Talk) -> None:
    expect(await known.commands("language"), "engine.aside.language")
    expect(await known.commands("help"), "help.ask")
    await known.take(Other("sticker"))
    expect(known.heard, "engine.aside.language")
    heard = await known.says("3")
    expect(heard, "engine.language_chosen", "zh_Hans")
    expect(heard, "menu.ask", "zh_Hans")


async def test_the_buttons_of_the_languages_stay_good(known: Talk) -> None:
    ids = (await known.commands("language")).ids
    await known.take(Press(ids["zh_Hans"]))
    expect(known.heard, "engine.language_chosen", "zh_Hans")
    replies = len(known.replies)
    await known.take(Press(ids["zh_Hans"]))
    assert known.replies[replies].notice, "pressed twice in haste"
    await known.take(Press(ids["zh_Hant_HK"]))
    expect(known.heard, "engine.language_chosen", "zh_Hant_HK")
    expect(known.heard, "menu.ask", "zh_Hant_HK")
    await known.presses_menu("change")
    await known.take(Press(ids["en"]))
    expect(known.heard, "engine.language_chosen")
    assert known.session.form == Registration.name


@pytest.mark.parametrize("language", list(Language))
async def test_the_menu_can_be_typed(known: Talk, language: str) -> None:
    label = TEXTS.say(language, "menu.option.today")
    expect_question(await known.says(label.lower()), HealthCode.conditions)


async def test_a_form_in_hand_is_not_dropped_for_another(known: Talk) -> None:
    await at_conditions(known)
    await known.presses("symptoms")
    heard = expect(await known.presses_menu("change"), "engine.unfinished")
    expect_question(heard, HealthCode.conditions)
    assert known.session.partial == ["symptoms"]


async def test_an_older_answer_cannot_be_changed_by_editing_its_message(talk: Talk) -> None:
    await talk.reach(Registration, "issued_on", {"document": "hkid", "number": "A123456(3)"})
    await talk.says("30/2/2000")
    wrong = talk.session.wrong
    expect_question(await talk.edits(wrong, "15/3/2019"), Registration.english_name)
    expect(await talk.edits(wrong, "16/3/2019"), "engine.edited")
    assert talk.session.answers["issued_on"] == "2019-03-15"


async def test_a_changed_answer_drops_what_depended_on_it(talk: Talk) -> None:
    answers = {
        "document": "passport",
        "country": "JPN",
        "number": "TR1234567",
        "issued_on": "2019-03-15",
    }
    await talk.reach(Registration, "english_name", answers)
    for _ in range(4):
        await talk.presses("_back")
    expect_question(await talk.presses("hkid"), Registration.number)
    assert talk.session.answers == {"document": "hkid", "issued_on": "2019-03-15"}
    assert talk.session.asked == ["document", "issued_on"]


async def test_another_number_gets_a_code_of_its_own(talk: Talk) -> None:
    await talk.reach(Registration, "passcode", {**HOUSED, "mobile": "+85291234567"})
    first = talk.session.challenge
    expect_question(await talk.presses("other_number"), Registration.mobile)
    expect_question(await talk.says("6123 4567"), Registration.passcode)
    assert [sms.to for sms in talk.sms] == ["+85291234567", "+85261234567"]
    assert talk.session.challenge != first
    await talk.presses("_back")
    await talk.presses("_keep")
    assert len(talk.sms) == 2, "the same number needs no other code"


async def test_no_second_code_is_sent_too_soon(talk: Talk) -> None:
    await talk.reach(Registration, "passcode", {**HOUSED, "mobile": "+85291234567"})
    expect(await talk.presses("again"), "registration.passcode.refused.wait")
    await talk.sends(b"", "file")
    expect_error(talk.heard, Registration.passcode, "code_format")
    talk.clock.jump(minutes=1)
    expect(await talk.presses("again"), "registration.passcode.sent_again")
    assert talk.sms[0] == talk.sms[1]


async def test_a_store_that_holds_no_such_upload_asks_for_the_file_again(
    known: Talk, store: Store
) -> None:
    await known.reach(HealthCode, "conditions", {"visits": "gone"})
    heard = expect(await known.presses("none"), "health_code.records_gone")
    expect_question(heard, HealthCode.conditions)


async def test_what_may_be_skipped_is_and_only_that(talk: Talk) -> None:
    known = {name: value for name, value in HOME.items() if name not in ("chinese_name", "born_on")}
    await talk.reach(Registration, "chinese_name", known)
    expect_question(await talk.presses("_skip"), Registration.born_on)
    assert talk.session.answers["chinese_name"] is None
    expect_question(await talk.commands("skip"), Registration.born_on)
    assert talk.session.answers == {**known, "chinese_name": None}
    await talk.commands("back")
    expect_question(await talk.commands("skip"), Registration.born_on)


async def test_a_number_that_is_shared_early_is_noted(talk: Talk) -> None:
    await talk.reach(Registration, "housing", HOME)
    heard = expect(await talk.shares("85261234567"), "engine.noted")
    expect(heard, "registration.housing.ask")
    assert talk.session.answers["mobile"] == "+85261234567"


async def test_a_number_that_is_shared_early_and_cannot_get_an_sms_is_no_answer(talk: Talk) -> None:
    await talk.reach(Registration, "housing", HOME)
    expect_error(await talk.shares("447911123456"), Registration.housing, "not_offered")
    assert "mobile" not in talk.session.answers


async def test_the_number_of_somebody_else_is_not_taken(talk: Talk) -> None:
    await talk.reach(Registration, "mobile", HOUSED)
    expect_error(await talk.shares("85261234567", own=False), Registration.mobile, "not_own")
    assert "mobile" not in talk.session.answers


async def test_what_stands_below_a_file_that_comes_early_is_an_answer(talk: Talk) -> None:
    home = {"housing": "other", "address": "Flat 5, 12 High Street"}
    await talk.reach(Registration, "district", HOME | home)
    talk.read_at_once = False
    await talk.take(File("bill", caption="9123 4567"))
    heard = expect(expect(talk.heard, "engine.noted"), "engine.file_noted")
    expect_question(heard, Registration.district)
    assert talk.session.answers["mobile"] == "+85291234567"
    assert list(talk.session.jobs.values()) == ["proof"]


async def test_the_next_file_of_an_album_is_read_where_one_is_no_good(known: Talk) -> None:
    await known.reach(HealthCode, "visits", {"conditions": []})
    known.read_at_once = False
    for name in ("one", "two"):
        await known.take(File(name, album="a"))
    replies = len(known.replies)
    await known.take(Finished(known.jobs[0], error="empty"))
    assert len(known.replies) == replies, "nothing is wrong yet"
    assert len(known.jobs) == 2
    expect_error(await known.fails("empty"), HealthCode.visits, "empty")


async def test_what_happens_at_a_question_is_counted_without_the_answer(talk: Talk) -> None:
    await talk.reach(Registration, "number", {"document": "hkid"})
    talk.steps.clear()
    await talk.says("A123456(4)")
    await talk.presses("_why")
    await talk.says("A123456(3)")
    await talk.commands("restart")
    await talk.presses("no")
    await talk.presses("_cancel")
    await talk.presses("yes")
    await talk.commands("language")
    assert talk.steps == [
        ("registration.number", "wrong"),
        ("registration.number", "why"),
        ("registration.number", "answered"),
        ("registration.issued_on", "asked"),
        ("registration.issued_on", "restarted"),
        ("registration.document", "asked"),
        ("registration.document", "cancel"),
        ("registration.document", "left"),
    ]


async def test_answers_that_were_found_in_others_count_too(talk: Talk) -> None:
    await talk.reach(Registration, "document", {})
    talk.steps.clear()
    await talk.says("A123456(3), CHAN Tai Man")
    answered = [question for question, what in talk.steps if what == "answered"]
    assert sorted(answered) == [
        "registration.document",
        "registration.english_name",
        "registration.number",
    ]
    await talk.reach(Registration, "chinese_name", {**HOME, "english_name": "CHAN Tai Man"})
    talk.steps.clear()
    await talk.presses("_skip")
    assert talk.steps[0] == ("registration.chinese_name", "skip")
    assert ("registration.chinese_name", "answered") not in talk.steps


async def test_a_file_that_came_early_counts_where_it_was_wanted(talk: Talk) -> None:
    await talk.reach(Registration, "mobile", {**HOUSED, "housing": "other", "district": "ST"})
    talk.files["bill"] = pdf()
    talk.steps.clear()
    await talk.take(File("bill", "bill.pdf"))
    assert ("registration.proof", "answered") in talk.steps
