"""Telegram, through the real python-telegram-bot and a Bot API server on the loopback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO

import aiohttp
import msgspec
import pytest
from aiohttp import web

from bot.channels import Refused, TooLarge, TryAgain
from bot.channels import telegram as module
from bot.channels.telegram import MAX_UPDATE, PATH, PROOF_HEADER, TelegramChannel, menus
from bot.channels.telegram_update import ALLOWED_UPDATES
from core.conversation.messages import Button, Card, Incoming, Press, Reply, Start, Text
from tests.loopback.faults import Fault, flood
from tests.loopback.telegram import LoopbackTelegram

CANARY = "7654321:canary-of-the-token"
SECRET, OLD_SECRET = SECRETS = ("a-secret_of-the-webhook", "the-secret_before")
COMMANDS = {
    "en": {"today": "Today's code", "help": "Help"},
    "zh-Hant-HK": {"today": "今日健康碼", "help": "説明"},
    "zh-Hans": {"today": "今日健康码", "help": "説明"},
}


async def draw(card: Card) -> bytes:
    return b"PNG"


class Inbox:
    """Takes messages in like the real one; it may be made to fail, or to wait until it is `open`.
    `handed`: how many were handed over, taken or not."""

    def __init__(self) -> None:
        self.taken: list[Incoming] = []
        self.handed = 0
        self.fails = 0
        self.open = asyncio.Event()
        self.open.set()
        self.answer: Callable[[Incoming], object] = lambda _: None
        self._arrived = asyncio.Condition()

    async def receive(self, messages: Sequence[Incoming]) -> None:
        self.handed += len(messages)
        await self.open.wait()
        if self.fails:
            self.fails -= 1
            raise RuntimeError("the database is away")
        async with self._arrived:
            self.taken += messages
            self._arrived.notify_all()
        for message in messages:
            self.answer(message)

    async def has(self, count: int) -> list[Incoming]:
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: len(self.taken) >= count)
        return self.taken


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to that")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.05)


@pytest.fixture
async def server() -> AsyncIterator[LoopbackTelegram]:
    async with LoopbackTelegram(CANARY) as server:
        yield server


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@asynccontextmanager
async def polling(server: LoopbackTelegram, inbox: Inbox) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(CANARY, draw, COMMANDS, api=server.url)
    await channel.start(inbox.receive)
    try:
        yield channel
    finally:
        await channel.stop()
        await channel.close()


@asynccontextmanager
async def called(
    server: LoopbackTelegram, inbox: Inbox
) -> AsyncIterator[tuple[TelegramChannel, str]]:
    """A channel with a webhook, on a web server of its own; with the webhook's address."""
    app = web.Application(client_max_size=64 * MAX_UPDATE)
    runner = web.AppRunner(app)
    holder: list[TelegramChannel] = []

    async def pass_on(request: web.Request) -> web.StreamResponse:
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        handler = holder[0].routes()[0].handler
        return await handler(request)

    app.router.add_post(PATH, pass_on)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    channel = TelegramChannel(CANARY, draw, {}, api=server.url, webhook=base, secrets=SECRETS)
    holder.append(channel)
    await channel.start(inbox.receive)
    try:
        yield channel, base + PATH
    finally:
        await channel.stop()
        await channel.close()
        await server.webhook.set("")
        await runner.cleanup()


async def test_what_is_written_is_polled_and_confirmed(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    person = server.person(7, language="zh-hant")
    await person.says("/start friend")
    await person.says("hello")
    async with polling(server, inbox):
        first, second = await inbox.has(2)
        await until(lambda: not server.updates.pending)
    assert (first.chat, first.body, first.language) == ("telegram:7", Start("friend"), "zh-hant")
    assert second.body == Text("hello")
    assert second.message == str(person.last_message)
    assert abs((datetime.now(UTC) - second.sent_at).total_seconds()) < 5
    assert first.id != second.id


async def test_updates_are_confirmed_only_after_the_commit(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    inbox.open.clear()
    number = await server.person(7).says("hello")
    async with polling(server, inbox):
        await until(lambda: bool(server.updates.passed[number].delivered))
        await asyncio.sleep(0.05)
        assert server.updates.passed[number].acknowledged == 0
        inbox.open.set()
        await until(lambda: server.updates.passed[number].acknowledged > 0)
    assert len(inbox.taken) == 1


async def test_what_could_not_be_committed_comes_again(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    inbox.fails = 2
    number = await server.person(7).says("hello")
    async with polling(server, inbox):
        (message,) = await inbox.has(1)
    assert message.id == str(number)
    assert len(server.updates.passed[number].delivered) >= 3


async def test_stopping_takes_nothing_more_in_but_replies_still_go_out(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    person = server.person(7)
    async with polling(server, inbox) as channel:
        await channel.stop()
        await person.says("too late")
        await channel.send("7", Reply(text="goodbye"), 1)
    assert (await person.reply()).text == "goodbye"
    assert inbox.taken == []


async def test_start_waits_for_a_bot_api_that_is_away(inbox: Inbox) -> None:
    server = LoopbackTelegram(CANARY)
    await server.start()
    address, port = server.url, int(server.url.rsplit(":", 1)[1])
    await server.stop()
    channel = TelegramChannel(CANARY, draw, COMMANDS, api=address)
    await channel.start(inbox.receive)
    await asyncio.sleep(0.05)
    back = LoopbackTelegram(CANARY)
    await back.start(port)
    await back.person(7).says("hello")
    assert (await inbox.has(1))[0].body == Text("hello")
    await until(lambda: len(back.menus) == 3)
    await channel.stop()
    await channel.close()
    await back.stop()


async def test_a_second_reader_is_explained_once(
    server: LoopbackTelegram, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        server.faults.add(
            Fault(method="getUpdates", status=409, description="Conflict: terminated by other")
        )
    await server.person(7).says("hello")
    async with polling(server, inbox):
        await inbox.has(1)
    assert caplog.text.count("another program reads this bot's messages") == 1


async def test_polling_mends_a_webhook_set_by_somebody_else(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    async with polling(server, inbox):
        await until(lambda: bool(server.calls("deleteWebhook")))
        await server.webhook.set("http://127.0.0.1:9/elsewhere")
        await server.person(7).says("hello")
        await inbox.has(1)
    assert server.webhook.url == ""


@pytest.mark.parametrize(
    "fault",
    [
        flood(0, "getUpdates"),
        Fault(method="getUpdates", status=502, description="Bad Gateway"),
        Fault(method="getUpdates", status=401, description="Unauthorized"),
        Fault(method="getUpdates", reset=True),
    ],
    ids=["429", "502", "401", "reset"],
)
async def test_polling_goes_on_after_errors(
    server: LoopbackTelegram, inbox: Inbox, fault: Fault
) -> None:
    fault = msgspec.structs.replace(fault, times=2)
    server.faults.add(fault)
    await server.person(7).says("hello")
    async with polling(server, inbox):
        await inbox.has(1)


async def test_an_update_that_cannot_be_read_is_confirmed_counted_and_not_shown(
    server: LoopbackTelegram, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person = server.person(7)
    server.push(message={"message_id": "A123456(3)", "date": "never", "chat": "A123456(3)"})
    server.push(message=["A123456(3)"])
    await person.says("hello")
    async with polling(server, inbox) as channel:
        assert (await inbox.has(1))[0].body == Text("hello")
        await until(lambda: not server.updates.pending)
        assert channel.unreadable == 2
    assert "A123456" not in caplog.text


async def test_the_menu_is_set_in_each_language_and_tried_again(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    server.faults.add(Fault(method="setMyCommands", status=500, times=2))
    async with polling(server, inbox):
        await until(lambda: len(server.menus) == 3)
    assert server.menus["en"][0] == {"command": "today", "description": "Today's code"}
    assert server.menus[""] == server.menus["en"]
    assert server.menus["zh"] == [
        {"command": "today", "description": "今日健康碼 / 今日健康码"},
        {"command": "help", "description": "説明"},
    ]
    assert not server.menus_in_groups, "nobody is answered there"


def test_without_commands_there_is_no_menu() -> None:
    assert menus({}) == {}


async def test_the_webhook_takes_updates_and_answers_after_the_commit(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    inbox.open.clear()
    inbox.fails = 1
    async with called(server, inbox) as (_, address):
        await until(lambda: bool(server.webhook.url))
        assert server.webhook.url == address
        numbers = [await server.person(chat).says("hello") for chat in (7, 8)]
        await until(lambda: all(server.updates.passed[n].delivered for n in numbers))
        await asyncio.sleep(0.05)
        assert not any(server.updates.passed[n].acknowledged for n in numbers)
        inbox.open.set()
        await until(lambda: not server.updates.pending)
    assert {message.id for message in inbox.taken} == {str(number) for number in numbers}
    (call,) = server.calls("setWebhook")
    assert call.params["allowed_updates"] == ALLOWED_UPDATES
    assert call.params["secret_token"] == SECRET


async def test_a_webhooks_answer_stops_the_spinner_of_a_press(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    """The reply shares the commit of the press: no call of the Bot API is needed for it."""
    person = server.person(7)
    async with called(server, inbox) as (channel, _):
        await until(lambda: bool(server.webhook.url))
        await channel.send("7", Reply(text="?", buttons=[[Button("1.yes", "Yes")]]), 1)
        await person.reply()
        replies: list[asyncio.Task[None]] = []

        def answer(to: Incoming, **more: bool) -> None:
            assert isinstance(to.body, Press)
            reply = Reply(text="Next", acknowledge=to.body.acknowledge, **more)
            replies.append(asyncio.create_task(channel.send("7", reply, 2)))

        inbox.answer = answer
        await person.presses("Yes")
        assert await person.toast() == ""
        assert (await person.reply()).text == "Next"
        (call,) = server.calls("answerCallbackQuery")
        assert call.params.keys() == {"callback_query_id"}
        assert call.outcome == 200

        # What the answer cannot do, or comes too late for it, is a call as ever.
        inbox.answer = lambda to: answer(to, notice=True)
        await person.presses("Yes")
        assert await person.toast() == "Next"
        inbox.answer = lambda to: asyncio.get_running_loop().call_later(0.05, answer, to)
        await person.presses("Yes")
        assert await person.toast() == ""
        assert (await person.reply()).text == "Next"
        await asyncio.gather(*replies)
    assert [call.outcome for call in server.calls("answerCallbackQuery")] == [200, 200, 200]


async def test_a_press_that_comes_twice_at_once_is_answered_once(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    update = {
        "update_id": 1,
        "callback_query": {
            "id": "press",
            "from": {"id": 7, "is_bot": False, "first_name": "Chan"},
            "chat_instance": "c",
            "data": "1.yes",
            "message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}},
        },
    }
    inbox.open.clear()
    async with called(server, inbox) as (channel, address), aiohttp.ClientSession() as client:

        async def call() -> bytes:
            headers = {PROOF_HEADER: SECRET}
            async with client.post(address, json=update, headers=headers) as answer:
                assert answer.status == 200
                return await answer.read()

        calls = [asyncio.create_task(call()) for _ in range(2)]
        await until(lambda: inbox.handed == 2)
        server.person(7)
        await channel.send("7", Reply(text="Next", acknowledge="press"), 1)
        inbox.open.set()
        answers = await asyncio.gather(*calls)
        assert sorted(map(bool, answers)) == [False, True]
        assert not server.calls("answerCallbackQuery")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 403),
        ([(PROOF_HEADER, "")], 403),
        ([(PROOF_HEADER, SECRET[:-1])], 403),
        ([(PROOF_HEADER, SECRET + "x")], 403),
        ([(PROOF_HEADER, "sécret")], 403),
        ([(PROOF_HEADER, "wrong"), (PROOF_HEADER, SECRET)], 403),
        ([(PROOF_HEADER, SECRET), (PROOF_HEADER, SECRET)], 403),
        ([(PROOF_HEADER, SECRET), (PROOF_HEADER, OLD_SECRET)], 403),
        ([(PROOF_HEADER, f"{SECRET},{OLD_SECRET}")], 403),
        ([(PROOF_HEADER, OLD_SECRET[:-1])], 403),
        ([(PROOF_HEADER, SECRET)], 200),
        ([(PROOF_HEADER, OLD_SECRET)], 200),
    ],
)
async def test_the_webhook_wants_the_secret(
    server: LoopbackTelegram, inbox: Inbox, headers: list[tuple[str, str]], status: int
) -> None:
    update = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1_700_000_000,
            "chat": {"id": 7, "type": "private"},
            "text": "hello",
        },
    }
    async with (
        called(server, inbox) as (_, address),
        aiohttp.ClientSession() as client,
        client.post(address, json=update, headers=headers) as answer,
    ):
        assert answer.status == status
    assert len(inbox.taken) == (status == 200)


async def test_a_forged_call_is_refused_before_its_body_has_come(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    async with called(server, inbox) as (_, address):
        host, port = address.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
        async with asyncio.timeout(2):
            assert b" 403 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_bodies_that_are_no_update_are_refused(
    server: LoopbackTelegram, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.5)

    async def endlessly() -> AsyncIterator[bytes]:
        for _ in range(MAX_UPDATE // 1024 + 2):
            yield b" " * 1024

    headers = {PROOF_HEADER: SECRET}
    async with called(server, inbox) as (channel, address), aiohttp.ClientSession() as client:
        for body, status in (
            (b"{not json", 400),
            (b"\xff\xfe", 400),
            (BytesIO(b" " * (MAX_UPDATE + 1)), 413),
            (endlessly(), 413),
            (slowly(), 408),
            (b'{"update_id": 1, "message": 5}', 200),
            (b"[]", 200),
        ):
            # Only who is slow by intent is to have too little time.
            monkeypatch.setattr(module, "BODY_TIMEOUT", 0.05 if status == 408 else 10.0)
            async with client.post(address, data=body, headers=headers) as answer:
                assert answer.status == status
        assert channel.unreadable == 2
        await channel.stop()
        async with client.post(address, data=b"{}", headers=headers) as answer:
            assert answer.status == 503
    assert inbox.taken == []


@pytest.mark.errors_expected
async def test_a_webhook_taken_by_somebody_else_is_noticed_and_taken_back(
    server: LoopbackTelegram,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "WATCH", 0.02)
    async with called(server, inbox) as (_, address):
        await until(lambda: server.webhook.url == address)
        await server.webhook.set("http://127.0.0.1:9/elsewhere")
        await until(lambda: server.webhook.url == address)
    assert "is its token stolen?" in caplog.text


async def test_a_webhook_with_a_path_of_its_own_is_served_there_too() -> None:
    channel = TelegramChannel("t", draw, {}, webhook="https://bot.example/hook/", secrets=SECRETS)
    assert [route.path for route in channel.routes()] == [PATH, "/hook/"]


@pytest.mark.parametrize("secret", ["", "with space", "x" * 257, "密"])
async def test_a_webhook_needs_secrets_that_telegram_takes(secret: str) -> None:
    for secrets in ((), (secret,), (SECRET, secret)):
        with pytest.raises(ValueError, match="secret"):
            TelegramChannel("t", draw, {}, webhook="https://bot.example", secrets=secrets)


async def test_polling_has_no_route() -> None:
    assert TelegramChannel("t", draw, {}).routes() == []


async def test_a_file_is_fetched(server: LoopbackTelegram, inbox: Inbox) -> None:
    ref = server.keep("visits.json", b"x" * 1000)
    async with polling(server, inbox) as channel:
        assert await channel.fetch(ref, 1000) == b"x" * 1000
        with pytest.raises(TooLarge):
            await channel.fetch(ref, 999)


async def test_a_file_that_lies_about_its_size_is_cut_off(
    server: LoopbackTelegram, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = server.keep("visits.json", b"x" * 1_000_000)

    async def silent(params: dict[str, str], upload: bytes) -> dict[str, str]:
        return {"file_id": ref, "file_unique_id": ref, "file_path": server.files[ref][0]}

    monkeypatch.setitem(server._methods, "getfile", silent)
    async with polling(server, inbox) as channel:
        with pytest.raises(TooLarge):
            await channel.fetch(ref, 1000)


async def test_a_file_beyond_what_telegram_gives_is_too_large(
    server: LoopbackTelegram, inbox: Inbox
) -> None:
    ref = server.keep("big.pdf", b"x" * 20_000_001)
    async with polling(server, inbox) as channel:
        with pytest.raises(TooLarge):
            await channel.fetch(ref, 50_000_000)


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "documents/../../bot1:other/getMe",
        "https://169.254.169.254/latest/meta-data",
        "//169.254.169.254/latest",
        "/etc/hostname-of-nowhere",
        "documents\\..\\x",
        "",
    ],
)
async def test_a_path_that_leads_elsewhere_is_refused(
    server: LoopbackTelegram, inbox: Inbox, path: str
) -> None:
    server.files["ref"] = (path, b"secret")
    async with polling(server, inbox) as channel:
        with pytest.raises(Refused):
            await channel.fetch("ref", 1000)


async def test_files_that_are_gone_or_not_there_yet(server: LoopbackTelegram, inbox: Inbox) -> None:
    ref = server.keep("visits.json", b"x")
    async with polling(server, inbox) as channel:
        with pytest.raises(Refused):
            await channel.fetch("unknown", 10)
        for status, error in ((404, Refused), (302, Refused), (500, TryAgain), (429, TryAgain)):
            server.faults.add(
                Fault(method="download", status=status, description=f"{server.url}/elsewhere")
            )
            with pytest.raises(error):
                await channel.fetch(ref, 10)
        faltered = "Bad Request: wrong file_id or the file is temporarily unavailable"
        for status, description in ((500, "Internal"), (400, faltered)):
            server.faults.add(Fault(method="getFile", status=status, description=description))
            with pytest.raises(TryAgain):
                await channel.fetch(ref, 10)
        assert await channel.fetch(ref, 10) == b"x"


async def test_the_token_is_in_no_log_and_in_no_exception(
    server: LoopbackTelegram,
    inbox: Inbox,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    person = server.person(7)
    seen: list[BaseException] = []

    async def note(doing: Awaitable[object]) -> None:
        try:
            await doing
        except Exception as error:
            seen.append(error)

    ref = server.keep("visits.json", b"x")
    bad = [
        Fault(status=400, description=f"Bad Request: no such URL /bot{CANARY}/sendMessage"),
        Fault(status=404, description="Not Found"),
        Fault(status=401, description=f"Unauthorized {CANARY}"),
        Fault(status=502, description=f"<html>/bot{CANARY}/</html>"),
        flood(1),
        Fault(reset=True),
    ]
    async with polling(server, inbox) as channel:
        # Whatever an operator sets: even then the token is not there to be written.
        for name in ("telegram", "telegram.Bot", "telegram.BaseRequest", "aiohttp", "asyncio"):
            monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        for fault in bad:
            for doing in (
                lambda: channel.send("7", Reply(text="x"), 1),
                lambda: channel.fetch(ref, 10),
            ):
                server.faults.add(msgspec.structs.replace(fault, chat=0))
                await note(doing())
        await person.says("hello")
        await inbox.has(1)
    gone = TelegramChannel(CANARY, draw, COMMANDS, api=f"http://127.0.0.1:{unused_port()}")
    await gone.start(inbox.receive)
    await note(gone.send("7", Reply(text="x"), 1))
    await note(gone.fetch(ref, 10))
    await gone.stop()
    await gone.close()
    wrong = TelegramChannel(CANARY, draw, COMMANDS, api="http://127.0.0.1:99999")
    await wrong.start(inbox.receive)
    await note(wrong.send("7", Reply(text="x"), 1))
    await wrong.stop()
    await wrong.close()
    assert len(seen) >= len(bad)
    shown = caplog.text + "".join(formatted(error) for error in seen)
    secret = CANARY.split(":")[1]
    assert secret not in shown
    assert secret not in repr(channel) + repr(channel._bot)
    assert all(secret not in str(record.__dict__) for record in caplog.records)


def formatted(error: BaseException) -> str:
    """Return all that a traceback of it, and of what led to it, could show."""
    chain: list[str] = []
    now: BaseException | None = error
    while now is not None:
        chain += [repr(now), str(now), *map(repr, now.args)]
        now = now.__cause__ or now.__context__
    return "\n".join(chain)


def unused_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
