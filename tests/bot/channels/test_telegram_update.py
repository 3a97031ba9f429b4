"""What each kind of update means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.telegram_update import parsed, read
from core.conversation.messages import (
    Body,
    Command,
    Contact,
    Edited,
    File,
    Incoming,
    Left,
    Other,
    Press,
    Start,
    Text,
)
from tests.loopback.person import Received
from tests.loopback.telegram import LoopbackTelegram

NOW = datetime(2021, 12, 10, 1, 2, 3, tzinfo=UTC)
SENT = 1_639_000_000
SENDER = {"id": 7, "is_bot": False, "first_name": "Chan", "language_code": "zh-hans"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Chan"}
GROUP = {"id": -5, "type": "group", "title": "Family"}
FILE = {"file_id": "f", "file_unique_id": "u"}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 3, "date": SENT, "chat": PRIVATE, "from": SENDER, **content}


def reading(**update: Any) -> Incoming | None:
    return read(parsed({"update_id": 11, **update}), NOW)


def body(**content: Any) -> Body | None:
    incoming = reading(message=message(**content))
    return incoming.body if incoming else None


def test_a_message_carries_where_when_and_in_which_language() -> None:
    assert reading(message=message(text="hello")) == Incoming(
        chat="telegram:7",
        id="11",
        body=Text("hello"),
        sent_at=datetime.fromtimestamp(SENT, UTC),
        message="3",
        language="zh-hans",
    )


def replied(*buttons: dict[str, str]) -> dict[str, Any]:
    """Return a message of ours with these buttons, as it comes with a reply to it."""
    ours = {"id": 1, "is_bot": True, "first_name": "Health Code"}
    keyboard = {"reply_markup": {"inline_keyboard": [[*buttons]]}} if buttons else {}
    return message(text="When was the document issued?") | {"from": ours} | keyboard


@pytest.mark.parametrize(
    ("buttons", "under"),
    [
        ([{"text": "‹ Back", "callback_data": "12._back"}], 12),
        ([{"text": "Help", "callback_data": "menu.help"}], 0),
        ([{"text": "More", "url": "https://example.org/12.html"}], 0),
        ([], 0),
    ],
)
def test_a_reply_tells_which_question_it_stands_under(
    buttons: list[dict[str, str]], under: int
) -> None:
    told = {"reply_to_message": replied(*buttons)}
    assert body(text="15 March 2019", **told) == Text("15 March 2019", under)
    assert body(text="/today", **told) == Command("today")


def test_the_language_may_be_unknown() -> None:
    silent = {"id": 7, "is_bot": False, "first_name": "Chan"}
    for sender in ({"from": silent}, {"from": None}):
        incoming = reading(message=message(text="hello") | sender)
        assert incoming is not None
        assert incoming.language == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start", Start("")),
        ("/start  family-12 ", Start("family-12")),
        ("/START", Start("")),
        ("/start@health_code_bot x", Start("x")),
        ("/today", Command("today")),
        ("/Today@health_code_bot now", Command("today")),
        ("/", Text("/")),
        ("/今日", Text("/今日")),
        ("/today-x", Text("/today-x")),
        ("see /today", Text("see /today")),
        ("2/3", Text("2/3")),
        ("/help\nplease", Command("help")),
    ],
)
def test_commands_and_words(text: str, expected: Body) -> None:
    assert body(text=text) == expected


def test_a_press() -> None:
    query = {"id": "q1", "from": SENDER, "chat_instance": "1", "data": "housing.hotel"}
    assert reading(callback_query={**query, "message": message(text="?")}) == Incoming(
        chat="telegram:7",
        id="11",
        body=Press("housing.hotel", acknowledge="q1"),
        sent_at=NOW,
        message="3",
        language="zh-hans",
    )
    gone = {"message_id": 3, "date": 0, "chat": PRIVATE}
    incoming = reading(callback_query={**query, "message": gone})
    assert incoming is not None
    assert incoming.body == Press("housing.hotel", acknowledge="q1")
    game = {key: value for key, value in query.items() if key != "data"} | {"game_short_name": "g"}
    assert reading(callback_query={**game, "message": message(text="?")}) is None
    assert reading(callback_query={**query, "inline_message_id": "i"}) is None
    assert reading(callback_query={**query, "message": message(text="?", chat=GROUP)}) is None


def test_a_photo_is_its_largest_size() -> None:
    sizes = [
        {"file_id": name, "file_unique_id": name, "width": side, "height": side, "file_size": side}
        for name, side in (("small", 90), ("large", 900), ("middle", 320))
    ]
    assert body(photo=sizes, media_group_id="a1", caption="proof") == File(
        ref="large", size=900, mime="image/jpeg", photo=True, album="a1", caption="proof"
    )


def test_a_document() -> None:
    named = {**FILE, "file_name": "visits.json", "mime_type": "application/json", "file_size": 12}
    assert body(document=named, caption="here") == File(
        ref="f", name="visits.json", size=12, mime="application/json", caption="here"
    )
    assert body(document=FILE) == File(ref="f")


def test_only_the_senders_own_contact_is_his_own() -> None:
    number = {"phone_number": "+85291234567", "first_name": "Chan"}
    assert body(contact={**number, "user_id": 7}) == Contact("+85291234567", own=True)
    assert body(contact={**number, "user_id": 8}) == Contact("+85291234567", own=False)
    assert body(contact=number) == Contact("+85291234567", own=False)
    anonymous = reading(message=message(contact=number) | {"from": None})
    assert anonymous is not None
    assert anonymous.body == Contact("+85291234567", own=False)


@pytest.mark.parametrize(
    ("shared", "phone"),
    [
        ("+852 9123 4567", "+852 9123 4567"),
        ("85291234567", "+85291234567"),
        ("447911123456", "+447911123456"),
        # So most numbers stand in a phone's contacts.
        ("91234567", "91234567"),
        ("9123 4567", "9123 4567"),
    ],
)
def test_a_number_with_a_country_s_code_has_its_plus(shared: str, phone: str) -> None:
    contact = {"phone_number": shared, "first_name": "Chan"}
    assert body(contact=contact) == Contact(phone, own=False)


PLACE = {"latitude": 22.3, "longitude": 114.2}
PICTURE = {**FILE, "width": 9, "height": 9}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("sticker", {**PICTURE, "type": "regular", "is_animated": False, "is_video": False}),
        ("voice", {**FILE, "duration": 1}),
        ("audio", {**FILE, "duration": 1}),
        ("video", {**PICTURE, "duration": 1}),
        ("video_note", {**FILE, "length": 9, "duration": 1}),
        ("location", PLACE),
        ("dice", {"emoji": "🎲", "value": 3}),
        (
            "poll",
            {
                "id": "1",
                "question": "?",
                "options": [],
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
                "allows_revoting": False,
                "members_only": False,
            },
        ),
    ],
)
def test_what_cannot_be_read_is_named(kind: str, content: dict[str, Any]) -> None:
    assert body(**{kind: content}) == Other(kind)


def test_a_video_of_an_album_says_of_which() -> None:
    video = {**PICTURE, "duration": 1}
    assert body(video=video, media_group_id="a") == Other("video", album="a")


def test_an_animation_is_no_document() -> None:
    assert body(animation={**PICTURE, "duration": 1}, document=FILE) == Other("animation")


def test_a_kind_that_is_newer_than_the_library_is_answered_too() -> None:
    assert body(hologram={"depth": 3}) == Other("unknown")


def test_what_stands_beside_the_words_does_not_spoil_them() -> None:
    quoted = {"quote": {"text": "of another Bot API"}}
    assert body(text="hello", **quoted) == Text("hello")
    assert body(document=FILE, caption="new", **quoted) == File(ref="f", caption="new")
    edited = reading(edited_message=message(text="better", edit_date=SENT, **quoted))
    assert edited is not None
    assert edited.body == Edited("better")


def test_what_another_bot_api_describes_otherwise_is_answered_too() -> None:
    assert body(poll={"id": "1"}) == Other("unknown")
    with pytest.raises(KeyError):
        body(pinned_message={"message_id": 1})


def test_service_messages_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # Else the library warns of its own old habit.
    assert body(pinned_message=message(text="x")) is None
    assert body(message_auto_delete_timer_changed={"message_auto_delete_time": 86400}) is None


def test_an_edited_message() -> None:
    edited = reading(edited_message=message(text="A123456(3)", edit_date=SENT + 60))
    assert edited is not None
    assert edited.body == Edited("A123456(3)")
    assert edited.message == "3"
    assert edited.sent_at == datetime.fromtimestamp(SENT + 60, UTC)
    captioned = reading(edited_message=message(document=FILE, caption="new", edit_date=SENT))
    assert captioned is not None
    assert captioned.body == Edited("new", File(ref="f", caption="new"))
    assert reading(edited_message=message(location=PLACE, edit_date=SENT)) is None


def test_a_file_that_takes_the_place_of_another_comes_by_itself() -> None:
    changed = message(document=FILE, media_group_id="a", edit_date=SENT)
    replaced = reading(edited_message=changed)
    assert replaced is not None
    assert replaced.body == Edited("", File(ref="f"))


def test_an_edit_without_a_date_is_nobodys() -> None:
    assert reading(edited_message=message(text="as it was")) is None
    assert reading(edited_message=message(document=FILE)) is None


def test_groups_and_channels_are_not_served() -> None:
    assert reading(message=message(text="hello", chat=GROUP)) is None
    assert reading(edited_message=message(text="hello", chat=GROUP, edit_date=SENT)) is None
    assert reading(channel_post=message(text="hello")) is None


@pytest.mark.parametrize(("status", "gone"), [("kicked", True), ("left", True), ("member", False)])
def test_blocking_and_coming_back(status: str, gone: bool) -> None:
    bot = {"id": 1, "is_bot": True, "first_name": "Bot"}
    member = {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    change = {
        "from": SENDER,
        "date": SENT,
        "old_chat_member": {"user": bot, "status": "left"},
        "new_chat_member": member,
    }
    incoming = reading(my_chat_member={**change, "chat": PRIVATE})
    assert incoming is not None
    assert incoming.body == Left(gone)
    assert incoming.sent_at == datetime.fromtimestamp(SENT, UTC)
    assert reading(my_chat_member={**change, "chat": GROUP}) is None


async def test_all_that_a_person_of_the_loopback_does_is_understood() -> None:
    server = LoopbackTelegram()
    person = server.person(7)
    question = Received(5, "?", {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]})
    server.messages[7, 5] = message(text="?")
    person.got(question)
    await person.says("/today")
    await person.presses("Yes")
    await person.sends_file("a.pdf", b"x", album="1")
    await person.sends_file("a.png", b"x", as_photo=True, caption="c")
    await person.shares_contact("+85291234567")
    await person.shares_contact("+85291234567", own=False)
    await person.sends_sticker()
    await person.edits("new")
    await person.blocks()
    await person.blocks(gone=False)
    kinds = []
    for update in server.updates.pending.values():
        incoming = read(parsed(update), NOW)
        assert incoming is not None
        kinds.append(type(incoming.body))
    assert kinds == [Command, Press, File, File, Contact, Contact, Other, Edited, Left, Left]
    with pytest.raises(AssertionError, match="no button"):
        await person.presses("No")
    assert await person.reply() == question
    with pytest.raises(AssertionError, match="no reply"):
        await person.reply(0.01)
