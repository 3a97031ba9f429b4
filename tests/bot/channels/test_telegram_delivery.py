"""How replies reach a chat, through the real python-telegram-bot and a loopback Bot API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from bot.channels import Refused, TryAgain, Unreachable
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_delivery import CAPTION, TEXT, TOAST, split
from bot.processes.voice import Unspoken
from core.colour import Colour
from core.conversation.messages import Button, Card, Incoming, Reply
from tests.bot.machine import until
from tests.loopback.faults import Fault, flood
from tests.loopback.person import Person
from tests.loopback.telegram import TOKEN, LoopbackTelegram

PNG = b"\x89PNG\r\n\x1a\n" + b"the picture"
CARD = Card(
    colour=Colour.GREEN,
    code="HC1:…",
    name=["C*** T** M**"],
    tail="6(3)",
    issued_at=datetime(2021, 12, 10, tzinfo=UTC),
    expires_at=datetime(2021, 12, 10, 15, 59, 59, tzinfo=UTC),
    language="en",
)
YES_NO = [[Button("truth.yes", "Yes"), Button("truth.no", "No")], [Button("_back", "Back")]]


async def draw(card: Card) -> bytes:
    assert card == CARD
    return PNG


async def ignore(messages: Sequence[Incoming]) -> None:
    pass


@pytest.fixture
async def server() -> AsyncIterator[LoopbackTelegram]:
    async with LoopbackTelegram() as server:
        yield server


@pytest.fixture
async def channel(server: LoopbackTelegram) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TOKEN, draw, {}, api=server.url)
    await channel.start(ignore)
    yield channel
    await channel.stop()
    await channel.close()


@pytest.fixture
def person(server: LoopbackTelegram) -> Person:
    return server.person(7)


async def test_a_text_with_buttons(channel: TelegramChannel, person: Person) -> None:
    await channel.send("7", Reply(text="Is it true? <b>&", buttons=YES_NO), 1)
    reply = await person.reply()
    assert reply.text == "Is it true? <b>&"
    assert reply.buttons == [[("truth.yes", "Yes"), ("truth.no", "No")], [("_back", "Back")]]
    assert not reply.protected


async def test_a_protected_text(channel: TelegramChannel, person: Person) -> None:
    await channel.send("7", Reply(text="A123456(3)", protect=True), 1)
    assert (await person.reply()).protected


async def test_a_card_is_a_protected_picture_with_its_caption(
    channel: TelegramChannel, person: Person
) -> None:
    await channel.send("7", Reply(text="Green", card=CARD, buttons=YES_NO), 1)
    reply = await person.reply()
    assert (reply.text, reply.photo, reply.protected) == ("Green", PNG, True)
    assert reply.buttons[1] == [("_back", "Back")]


async def test_a_caption_that_is_too_long_goes_on_in_a_message(
    channel: TelegramChannel, person: Person
) -> None:
    text = "a" * 1000 + "\n" + "b" * 1000
    await channel.send("7", Reply(text=text, card=CARD, buttons=YES_NO), 1)
    picture, rest = await person.reply(), await person.reply()
    assert (picture.text, picture.photo, picture.buttons) == ("a" * 1000, PNG, [])
    assert (rest.text, rest.photo) == ("b" * 1000, b"")
    assert rest.buttons


async def test_a_long_text_goes_on_where_it_was_interrupted(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    lines = "\n".join(f"{number:04} {'x' * 90}" for number in range(100))
    reply = Reply(text=lines, buttons=YES_NO)
    for fault in (Fault(method="sendMessage"), flood(3, "sendMessage")):
        server.faults.add(fault)  # The first of them lets the first part pass.
    with pytest.raises(TryAgain) as caught:
        await channel.send("7", reply, 5)
    assert caught.value.after == 3
    await channel.send("7", reply, 5)
    got = [await person.reply() for _ in range(3)]
    assert "\n".join(each.text for each in got) == lines
    assert [bool(each.buttons) for each in got] == [False, False, True]
    assert person.quiet()


async def test_only_so_many_half_sent_texts_are_remembered(
    channel: TelegramChannel,
    person: Person,
    server: LoopbackTelegram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.channels.telegram_delivery.REMEMBERED", 0)
    for fault in (Fault(method="sendMessage"), flood(3, "sendMessage")):
        server.faults.add(fault)
    reply = Reply(text="x" * (TEXT + 1))
    with pytest.raises(TryAgain):
        await channel.send("7", reply, 5)
    await channel.send("7", reply, 5)
    assert [len(each.text) for each in person.received] == [TEXT, TEXT, 1]


@pytest.mark.parametrize(
    ("text", "first", "parts"),
    [
        ("", CAPTION, [""]),
        ("x" * TEXT, TEXT, ["x" * TEXT]),
        ("x" * (TEXT + 1), TEXT, ["x" * TEXT, "x"]),
        ("ab\ncd ef", 5, ["ab", "cd ef"]),
        ("ab cd ef", 5, ["ab cd", "ef"]),
        ("\nabcdef", 4, ["\nabc", "def"]),
        ("ab\n\n", 3, ["ab\n"]),
        ("𠮷" * 3, 6, ["𠮷" * 3]),
        ("𠮷" * 4, 7, ["𠮷" * 3, "𠮷"]),
        ("𠮷𠮷 𠮷𠮷", 6, ["𠮷𠮷", "𠮷𠮷"]),
    ],
)
def test_splitting(text: str, first: int, parts: list[str]) -> None:
    assert split(text, first) == parts


async def test_rare_characters_and_emoji_count_twice_as_telegram_counts_them(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    for number, reply in enumerate((Reply(text="𠮷" * 600, card=CARD), Reply(text="😷" * 2100))):
        await channel.send("7", reply, number)
        first, second = await person.reply(), await person.reply()
        assert first.text + second.text == reply.text
    handle = await press(channel, person, server)
    await channel.send("7", Reply(text="😷" * 101, notice=True, acknowledge=handle), 3)
    assert (await person.reply()).text == "😷" * 101


async def press(channel: TelegramChannel, person: Person, server: LoopbackTelegram) -> str:
    """Press a button; return the handle to acknowledge it."""
    await channel.send("7", Reply(text="?", buttons=YES_NO), 1)
    await person.reply()
    number = await person.presses("Yes")
    handle = server.updates.pending[number]["callback_query"]["id"]
    assert isinstance(handle, str)
    return handle


async def test_a_press_is_acknowledged_while_the_message_is_sent(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    handle = await press(channel, person, server)
    server.delay = 0.1
    before = time.monotonic()
    await channel.send("7", Reply(text="Next", acknowledge=handle), 2)
    assert time.monotonic() - before < 0.19
    assert await person.toast() == ""
    assert (await person.reply()).text == "Next"
    await channel.send("7", Reply(text="Next", acknowledge="long-ago"), 3)
    assert (await person.reply()).text == "Next"


async def test_a_press_is_acknowledged_even_if_the_message_has_to_wait(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    handle = await press(channel, person, server)
    server.faults.add(flood(3, "sendMessage"))
    reply = Reply(text="Next", acknowledge=handle)
    with pytest.raises(TryAgain):
        await channel.send("7", reply, 2)
    assert await person.toast() == ""
    await channel.send("7", reply, 2)
    assert (await person.reply()).text == "Next"


async def test_a_notice_is_a_toast(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    handle = await press(channel, person, server)
    await channel.send("7", Reply(text="That is an old one", notice=True, acknowledge=handle), 2)
    assert await person.toast() == "That is an old one"
    assert person.quiet()


async def test_a_notice_that_cannot_be_a_toast_is_a_message(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    await channel.send("7", Reply(text="An old one", notice=True, acknowledge="long-ago"), 1)
    assert (await person.reply()).text == "An old one"
    await channel.send("7", Reply(text="Unasked", notice=True), 2)
    assert (await person.reply()).text == "Unasked"
    handle = await press(channel, person, server)
    long = "x" * (TOAST + 1)
    await channel.send("7", Reply(text=long, notice=True, acknowledge=handle), 3)
    assert await person.toast() == ""
    assert (await person.reply()).text == long


async def test_a_contact_button_is_offered_and_put_away_after(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    await channel.send("7", Reply(text="Your number?", contact="Share it", buttons=YES_NO), 1)
    reply = await person.reply()
    assert reply.wants_contact
    assert reply.keyboard == ["Share it", "Yes", "No", "Back"]
    assert reply.markup["one_time_keyboard"]
    await channel.send("7", Reply(text="Thank you", put_away=True), 2)
    assert (await person.reply()).markup == {"remove_keyboard": True}
    await channel.send("7", Reply(text="Once more"), 3)
    assert (await person.reply()).markup == {}


async def test_a_contact_button_is_put_away_where_other_buttons_follow(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    await channel.send("7", Reply(text="Your number?", contact="Share it"), 1)
    await person.reply()
    await channel.send("7", Reply(text="The code?", buttons=YES_NO, put_away=True), 2)
    assert (await person.reply()).buttons
    await until(lambda: bool(server.deleted))
    await channel.send("7", Reply(text="The name?", buttons=YES_NO), 3)
    assert (await person.reply()).buttons
    (silent,) = [received for received in person.received if received.silent]
    assert silent.markup == {"remove_keyboard": True}
    assert (7, silent.number) in server.deleted


async def test_messages_are_forgotten_if_they_can_be(
    channel: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    await person.says("A123456(3)")
    wanted = str(person.last_message)
    await channel.send("7", Reply(text="Taken", forget=[wanted, "999999", "no number"]), 1)
    assert (await person.reply()).text == "Taken"
    assert server.deleted == {(7, person.last_message)}


@pytest.mark.parametrize(
    ("fault", "deleted"),
    [
        (flood(1, "deleteMessage"), True),
        (Fault(method="deleteMessage", status=502, description="Bad Gateway", times=2), True),
        (Fault(method="deleteMessage", status=502, description="Bad Gateway", times=4), False),
        (Fault(method="deleteMessage", status=400, description="message can't be deleted"), False),
        (Fault(method="deleteMessage", status=403, description="Forbidden"), False),
    ],
    ids=["flood", "twice", "for long", "not to be", "forbidden"],
)
async def test_a_message_is_forgotten_in_spite_of_a_fault_that_passes(
    channel: TelegramChannel,
    person: Person,
    server: LoopbackTelegram,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    deleted: bool,
) -> None:
    monkeypatch.setattr("bot.channels.telegram_delivery.DELETING", (0.01, 0.02, 0.03))
    await person.says("A123456(3)")
    server.faults.add(fault)
    await channel.send("7", Reply(text="Taken", forget=[str(person.last_message)]), 1)
    assert (await person.reply()).text == "Taken"
    assert person.quiet()
    assert (server.deleted == {(7, person.last_message)}) == deleted
    assert not server.faults.waiting


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=400, description="Bad Request: BUTTON_DATA_INVALID"), Refused),
        (Fault(status=400, description="Bad Request: chat not found"), Unreachable),
        (Fault(status=403, description="Forbidden: user is deactivated"), Unreachable),
        (Fault(status=500, description="Internal Server Error"), TryAgain),
        (Fault(status=502, description="Bad Gateway"), TryAgain),
        (Fault(status=401, description="Unauthorized"), TryAgain),
        (Fault(status=404, description="Not Found"), TryAgain),
        (flood(17), TryAgain),
        (Fault(reset=True), TryAgain),
        # A proxy, a firewall or a gateway says nothing of this message, nor of this person.
        (Fault(status=403, page="<html>Forbidden</html>"), TryAgain),
        (Fault(status=400, page="<html>Bad Request</html>"), TryAgain),
        (Fault(status=403, page='{"message": "Forbidden"}'), TryAgain),
        (Fault(status=200, page='{"message": "Sign in first"}'), TryAgain),
    ],
)
async def test_what_goes_wrong_is_told_in_the_channels_terms(
    channel: TelegramChannel,
    person: Person,
    server: LoopbackTelegram,
    fault: Fault,
    error: type[Exception],
) -> None:
    fault.method = "sendMessage"
    server.faults.add(fault)
    with pytest.raises(error) as caught:
        await channel.send("7", Reply(text="hello"), 1)
    if isinstance(caught.value, TryAgain):
        assert caught.value.after == (17 if fault.status == 429 else None)
    await channel.send("7", Reply(text="hello again"), 2)


async def test_somebody_who_blocked_the_bot_cannot_be_reached(
    channel: TelegramChannel, person: Person
) -> None:
    await person.blocks()
    with pytest.raises(Unreachable, match="blocked"):
        await channel.send("7", Reply(text="hello"), 1)


@pytest.mark.parametrize("address", ["8", "nobody", ""])
async def test_a_chat_that_is_not_there(channel: TelegramChannel, address: str) -> None:
    with pytest.raises(Unreachable):
        await channel.send(address, Reply(text="hello"), 1)


async def test_before_the_start_there_is_no_connection(server: LoopbackTelegram) -> None:
    with pytest.raises(TryAgain):
        await TelegramChannel(TOKEN, draw, {}, api=server.url).send("7", Reply(text="hello"), 1)


async def test_a_server_that_hangs_is_given_up(
    channel: TelegramChannel, server: LoopbackTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram_request.READ_TIMEOUT", 0.05)
    server.person(7)
    server.faults.add(Fault(method="sendMessage", hang=1))
    with pytest.raises(TryAgain):
        await channel.send("7", Reply(text="hello"), 1)


async def test_an_answer_without_end_is_cut_off(
    channel: TelegramChannel, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram_request.MAX_ANSWER", 20)
    with pytest.raises(TryAgain, match="too long"):
        await channel.send("7", Reply(text="hello"), 1)


async def test_the_pace_is_kept(server: LoopbackTelegram, person: Person) -> None:
    channel = TelegramChannel(TOKEN, draw, {}, api=server.url, pace=50)
    await channel.start(ignore)
    before = time.monotonic()
    await asyncio.gather(
        *(channel.send("7", Reply(text=str(number)), number) for number in range(11))
    )
    assert time.monotonic() - before >= 0.2
    times = [entry.at for entry in server.calls("sendMessage")]
    assert all(later - first > 0.15 for first, later in zip(times, times[9:], strict=False))
    await channel.stop()
    await channel.close()


async def test_a_hundred_chats_are_answered_at_once(
    channel: TelegramChannel, server: LoopbackTelegram
) -> None:
    server.delay = 0.1
    people = [server.person(chat) for chat in range(1, 101)]
    before = time.monotonic()
    await asyncio.gather(
        *(channel.send(str(person.chat), Reply(text="hello"), person.chat) for person in people)
    )
    assert time.monotonic() - before < 2  # One after the other would take ten seconds.
    assert all(len(person.received) == 1 for person in people)


# Voice


async def speak(text: str, language: str) -> bytes:
    if text == "unspeakable":
        raise Unspoken("no voice today")
    return f"{language}: {text}".encode()


@pytest.fixture
async def speaker(server: LoopbackTelegram) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TOKEN, draw, {}, api=server.url, speak=speak)
    await channel.start(ignore)
    yield channel
    await channel.stop()
    await channel.close()


async def test_a_reply_is_read_aloud_beside_its_text(
    speaker: TelegramChannel, person: Person
) -> None:
    assert speaker.capabilities.voice
    aloud = Reply(text="綠碼", aloud=True, language="zh_Hant_HK", buttons=YES_NO, protect=True)
    await speaker.send("7", aloud, 1)
    reply = await person.reply()
    assert (reply.text, reply.protected) == ("綠碼", True)
    assert reply.voice.decode() == "zh_Hant_HK: 綠碼"
    assert reply.buttons[0] == [("truth.yes", "Yes"), ("truth.no", "No")]


async def test_a_long_text_is_read_aloud_once(speaker: TelegramChannel, person: Person) -> None:
    await speaker.send("7", Reply(text="word " * 500, aloud=True, language="en"), 1)
    first, second = await person.reply(), await person.reply()
    assert first.voice and len(first.text) <= 1024
    assert not second.voice and second.text


async def test_who_wants_no_voice_messages_gets_the_text(
    speaker: TelegramChannel, person: Person, server: LoopbackTelegram
) -> None:
    server.faults.add(
        Fault(method="sendVoice", status=400, description="Bad Request: VOICE_MESSAGES_FORBIDDEN")
    )
    await speaker.send("7", Reply(text="綠碼", aloud=True, buttons=YES_NO), 1)
    reply = await person.reply()
    assert (reply.text, reply.voice) == ("綠碼", b"")
    assert reply.buttons


async def test_without_a_voice_the_text_comes_alone(
    channel: TelegramChannel, speaker: TelegramChannel, person: Person
) -> None:
    assert not channel.capabilities.voice
    await channel.send("7", Reply(text="hello", aloud=True), 1)
    await speaker.send("7", Reply(text="unspeakable", aloud=True), 2)
    for text in ("hello", "unspeakable"):
        reply = await person.reply()
        assert (reply.text, reply.voice) == (text, b"")
