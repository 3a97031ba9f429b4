"""The web chat's protocol, spoken by a plain client to a real server."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels import Refused, TooLarge, web_chats
from bot.channels import web as web_channel
from bot.channels.web_chats import Chats
from core.conversation.messages import (
    Button,
    Command,
    Edited,
    File,
    Press,
    Reply,
    Start,
    Text,
)
from tests.bot.channels.transcript import CARD, NOW, LoopbackChat

ASK = Reply(text="Which document?", buttons=[[Button("1.hkid", "Identity card")]])


@pytest.fixture
async def chat() -> AsyncIterator[LoopbackChat]:
    chat = LoopbackChat()
    await chat.start()
    yield chat
    await chat.channel.stop()


class Tab:
    """A page, as far as the server can tell."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def hello(self, last: int = 0, **more: Any) -> list[dict[str, Any]]:
        """Say hello and return the replies that were there before."""
        await self.say(type="hello", id="hello-1", last=last, **more)
        replies = []
        while (frame := await self.hear())["type"] != "ready":
            replies.append(frame)
        return replies

    async def hear(self) -> dict[str, Any]:
        return dict(await self.socket.receive_json(timeout=10))

    async def until(self, kind: str) -> dict[str, Any]:
        while (frame := await self.hear())["type"] != kind:
            pass
        return frame


class Person:
    """A browser of one person, with its cookie."""

    def __init__(self, chat: LoopbackChat, session: aiohttp.ClientSession) -> None:
        self.chat, self.session = chat, session
        self.origin = {"Origin": chat.url}

    @property
    def address(self) -> str:
        [cookie] = self.session.cookie_jar
        return hashlib.sha256(cookie.value.encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        return f"web:{self.address}"

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        async with self.session.ws_connect(f"{self.chat.url}/chat", headers=self.origin) as socket:
            yield Tab(socket)

    async def upload(self, data: Any, **headers: str) -> tuple[int, Any]:
        headers = {"X-Message-Id": "file-1", "X-File-Name": "%E5%87%BA.json"} | headers
        async with self.session.post(
            f"{self.chat.url}/upload", data=data, headers=self.origin | headers
        ) as response:
            return response.status, await response.json()


@asynccontextmanager
async def somebody(chat: LoopbackChat) -> AsyncIterator[Person]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(chat.url) as response:
            await response.read()
        yield Person(chat, session)


@pytest.fixture
async def person(chat: LoopbackChat) -> AsyncIterator[Person]:
    async with somebody(chat) as person:
        yield person


# The page.


async def test_the_page_is_hardened_and_asks_nobody_else(chat: LoopbackChat) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/static/chat.js", "/static/chat.css", "/static/nothing", "/healthz"):
            async with session.get(chat.url + path) as response:
                policy = response.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy and "http" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Referrer-Policy"] == "no-referrer"
                assert "://" not in (await response.text()).replace(
                    "http://www.w3.org", ""
                ).replace('"wss" : "ws"}://', "")


async def test_the_files_of_the_program_are_not_served(chat: LoopbackChat) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/static/../web.py", "/static/%2e%2e/web.py", "/static/", "/web.py"):
            async with session.get(chat.url + path) as response:
                assert response.status in (403, 404)


async def test_the_cookie_is_random_and_kept_from_scripts_and_other_sites(
    chat: LoopbackChat,
) -> None:
    seen = set()
    for headers in ({}, {"X-Forwarded-Proto": "https"}):
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(chat.url, headers=headers) as response,
        ):
            cookie = response.cookies["chat"]
            seen.add(cookie.value)
            assert len(cookie.value) == 43
            assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/"
            assert bool(cookie["secure"]) == bool(headers)
            assert response.headers["Cache-Control"] == "no-store"
    assert len(seen) == 2


async def test_a_cookie_is_kept_but_a_made_up_one_is_replaced(
    chat: LoopbackChat, person: Person
) -> None:
    before = person.name
    async with person.session.get(chat.url):
        assert person.name == before
    person.session.cookie_jar.clear()
    async with person.session.get(chat.url, headers={"Cookie": "chat=x"}) as response:
        assert response.cookies["chat"].value != "x"


async def test_health_and_the_routes_of_others_are_served_too() -> None:
    async def hook(_: web.Request) -> web.Response:
        return web.Response(text="hook")

    chat = LoopbackChat(routes=[web.post("/telegram", hook)])
    await chat.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{chat.url}/healthz") as response:
            assert await response.text() == "ok\n"
        async with session.post(f"{chat.url}/telegram") as response:
            assert await response.text() == "hook"
    await chat.channel.stop()


# The conversation.


async def test_a_new_chat_begins_by_itself_once(chat: LoopbackChat, person: Person) -> None:
    chat.answer = lambda _: [ASK]
    async with person.tab() as tab, person.tab() as other:
        await tab.hello(language="zh-HK")
        await other.hello(language="zh-HK")
    [start] = chat.received
    assert start.chat == person.name
    assert start.id.startswith(f"{person.address}:")
    assert (start.body, start.language, start.sent_at) == (Start(), "zh-HK", NOW)
    async with person.tab() as tab:
        [reply] = await tab.hello()
    assert chat.deliveries <= 2 and len(chat.received) == 1
    assert reply == {
        "type": "reply",
        "number": 1,
        "text": "Which document?",
        "buttons": [[{"id": "1.hkid", "label": "Identity card"}]],
        "picture": None,
        "notice": False,
        "file_wanted": False,
        "forget": [],
        "language": "",
    }


async def test_a_deep_link_counts_in_an_old_chat_too_and_once(
    chat: LoopbackChat, person: Person
) -> None:
    chat.answer = lambda _: [ASK]
    for _ in range(2):
        async with person.tab() as tab:
            await tab.hello(start="family_7")
    assert [one.body for one in chat.received] == [Start(payload="family_7")]
    assert len(chat.store.rows) == 1


async def test_what_is_said_is_confirmed_only_after_it_was_taken(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        chat.fail = True
        await tab.say(type="text", id="a", text="hello")
        message = await tab.socket.receive(timeout=10)
        assert message.type is aiohttp.WSMsgType.CLOSE
    chat.fail = False
    async with person.tab() as tab:
        await tab.hello()
        await tab.say(type="text", id="a", text="hello")
        assert await tab.hear() == {"type": "taken", "id": "a"}
        assert await tab.hear() == {"type": "typing"}
    assert chat.received[-1].body == Text("hello")
    assert chat.received[-1].id == f"{person.address}:a"
    assert chat.received[-1].message == "a"


@pytest.mark.parametrize(
    ("frame", "body"),
    [
        ({"type": "text", "text": "A123456(3)"}, Text("A123456(3)")),
        ({"type": "text", "text": "/start family_7"}, Start(payload="family_7")),
        ({"type": "text", "text": " /help "}, Command(name="help")),
        ({"type": "text", "text": "/unknown"}, Text("/unknown")),
        ({"type": "text", "text": "/"}, Text("/")),
        ({"type": "text", "text": "3/4"}, Text("3/4")),
        ({"type": "press", "button": "1.hkid"}, Press(button="1.hkid")),
        ({"type": "edit", "message": "b", "text": "new"}, Edited("new")),
    ],
)
async def test_each_kind_of_frame_reaches_the_conversation(
    chat: LoopbackChat, person: Person, frame: dict[str, str], body: object
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        await tab.say(id="c", **frame)
        await tab.until("taken")
    assert chat.received[-1].body == body
    assert chat.received[-1].message == frame.get("message", "c")


async def test_what_is_sent_again_counts_once(chat: LoopbackChat, person: Person) -> None:
    for _ in range(3):
        async with person.tab() as tab:
            await tab.hello()
            await tab.say(type="press", id="same", button="1.hkid")
            await tab.until("taken")
    assert [one.body for one in chat.received] == [Start(), Press(button="1.hkid")]
    assert {one.id for one in chat.received if isinstance(one.body, Press)} == {
        f"{person.address}:same"
    }


async def test_a_reconnection_misses_nothing_and_repeats_nothing(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        await chat.reply(person.name, Reply(text="0"))
        assert (await tab.hear())["text"] == "0"
    for number in range(1, 121):
        await chat.reply(person.name, Reply(text=str(number)))
        await chat.reply("web:" + "0" * 32, Reply(text="for somebody else"))
    await chat.restart()
    person.origin = {"Origin": chat.url}
    async with person.tab() as tab:
        assert [r["text"] for r in await tab.hello(last=1)] == [str(n) for n in range(1, 121)]
        await chat.reply(person.name, Reply(text="live"))
        assert (await tab.hear())["text"] == "live"


async def test_every_tab_hears_everything(chat: LoopbackChat, person: Person) -> None:
    async with person.tab() as one, person.tab() as two, somebody(chat) as stranger:
        await one.hello()
        await two.hello()
        async with stranger.tab() as third:
            await third.hello()
            await one.say(type="text", id="a", text="hello")
            await one.say(type="press", id="b", button="1.hkid")
            await one.say(type="edit", id="c", message="a", text="hallo")
            said = [await two.until("said") for _ in range(3)]
            await chat.reply(person.name, ASK)
            assert (await one.until("reply"))["text"] == (await two.until("reply"))["text"]
            await chat.reply(stranger.name, Reply(text="yours"))
            assert (await third.hear())["text"] == "yours"
    assert [(s["id"], s["text"], s["button"], s["message"]) for s in said] == [
        ("a", "hello", "", ""),
        ("b", "", "1.hkid", ""),
        ("c", "hallo", "", "a"),
    ]


async def test_delivery_does_not_mind_that_nobody_is_there(chat: LoopbackChat) -> None:
    await chat.channel.send("0" * 32, ASK, 7)
    await chat.channel.send("never seen", ASK, 8)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type":"text"}',
        '{"type":"text","id":"a"}',
        '{"type":"text","id":"a b","text":""}',
        '{"type":"text","id":"a\\n","text":""}',
        '{"type":"press","id":"a","button":""}',
        '{"type":"hello","id":"a","last":-1}',
        '{"type":"hello","id":"a","start":"<b>"}',
        '{"type":"unknown"}',
        "[" * 30_000,
    ],
)
async def test_nonsense_is_refused_and_the_chat_goes_on(
    chat: LoopbackChat, person: Person, raw: str
) -> None:
    async with person.tab() as tab:
        await tab.socket.send_str(raw)
        assert await tab.hear() == {"type": "refused", "id": "", "why": "unreadable"}
        await tab.hello()
        await tab.say(type="text", id="a", text="hello")
        await tab.until("taken")


async def test_a_text_that_is_too_long_is_named_and_the_chat_goes_on(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        await tab.say(type="text", id="long", text="碼" * 2731)
        assert await tab.hear() == {"type": "refused", "id": "long", "why": "too_long"}
        await tab.say(type="text", id="fits", text="碼" * 2730)
        await tab.until("taken")
    assert [one.message for one in chat.received] == ["", "fits"]


async def test_a_frame_that_is_far_too_large_or_binary_ends_the_connection(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.say(type="text", id="a", text="x" * web_channel.FRAME_BYTES)
        assert (await tab.socket.receive(timeout=10)).data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    async with person.tab() as tab:
        await tab.socket.send_bytes(b"x")
        assert (await tab.socket.receive(timeout=10)).data == aiohttp.WSCloseCode.UNSUPPORTED_DATA


async def test_a_flood_is_slowed_down_and_nothing_of_it_is_lost(
    chat: LoopbackChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_chats, "MESSAGES", 5)
    monkeypatch.setattr(web_chats, "MESSAGES_SECONDS", 0.5)
    loop = asyncio.get_running_loop()
    async with person.tab() as tab:
        began = loop.time()
        for number in range(15):
            await tab.say(type="text", id=f"n{number}", text=str(number))
        for number in range(15):
            assert (await tab.until("taken"))["id"] == f"n{number}"
        took = loop.time() - began
    # 5 at once, the other 10 at 10 a second.
    assert 0.8 <= took < 5


async def test_the_oldest_of_many_tabs_is_put_to_sleep(chat: LoopbackChat, person: Person) -> None:
    async with person.tab() as oldest:
        await oldest.hello()
        sockets = [
            await person.session.ws_connect(f"{chat.url}/chat", headers=person.origin)
            for _ in range(web_channel.PAGES)
        ]
        closed = await oldest.socket.receive(timeout=10)
        assert closed.data == web_channel.ELSEWHERE
        newest = Tab(sockets[-1])
        await newest.hello()
        for socket in sockets:
            await socket.close()


async def test_when_the_house_is_full_the_page_is_asked_to_come_again(
    chat: LoopbackChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_channel, "SOCKETS", 1)
    async with person.tab() as tab:
        await tab.hello()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with person.tab():
                pass
        assert refused.value.status == 503
    await asyncio.sleep(0.1)
    async with person.tab() as tab:
        await tab.hello()


async def test_a_page_that_does_not_read_is_cut_off(
    chat: LoopbackChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_chats, "SLOW_SECONDS", 0.2)
    host = chat.url.removeprefix("http://")
    [cookie] = person.session.cookie_jar
    reader, writer = await asyncio.open_connection(*host.split(":"), limit=1024)
    writer.write(
        f"GET /chat HTTP/1.1\r\nHost: {host}\r\nOrigin: {chat.url}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nCookie: chat={cookie.value}\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    hello = b'{"type":"hello","id":"a"}'
    mask = b"\0\0\0\0"
    writer.write(bytes([0x81, 0x80 | len(hello)]) + mask + hello)
    await reader.readuntil(b"\r\n\r\n")
    await chat.until(1)
    for _ in range(200):
        await chat.reply(person.name, Reply(text="x" * 100_000))
    async with person.tab() as other:
        [last] = await other.hello(last=199)
        assert last["number"] == 200
    await asyncio.sleep(0.5)
    # It reads at last, and finds the end of the line long before the end of the transcript.
    async with asyncio.timeout(20):
        assert len(await reader.read(-1)) < 200 * 100_000
    writer.close()


async def test_a_page_comes_back_after_the_store_has_failed(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        chat.store.fail = True
        await chat.channel.send(person.address, ASK, 1)
        assert (await tab.socket.receive(timeout=10)).data == aiohttp.WSCloseCode.INTERNAL_ERROR
    chat.store.fail = False
    await chat.reply(person.name, ASK)
    async with person.tab() as tab:
        assert len(await tab.hello()) == 1


# Who may speak.


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", None])
async def test_other_sites_may_not_speak_for_the_person(
    chat: LoopbackChat, person: Person, origin: str | None
) -> None:
    person.origin = {} if origin is None else {"Origin": origin}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with person.tab():
            pass
    assert refused.value.status == 403
    async with person.session.post(
        f"{chat.url}/upload", data=b"x", headers=person.origin | {"X-Message-Id": "a"}
    ) as response:
        assert response.status == 403
    assert not chat.received and not chat.store.files


async def test_a_public_address_before_a_proxy_may_be_named() -> None:
    chat = LoopbackChat(origins=["https://code.example/"])
    await chat.start()
    async with somebody(chat) as person:
        person.origin = {"Origin": "https://code.example"}
        async with person.tab() as tab:
            await tab.hello()
    await chat.channel.stop()


async def test_without_the_cookie_there_is_no_chat_and_the_page_is_told_why(
    chat: LoopbackChat, person: Person
) -> None:
    person.session.cookie_jar.clear()
    async with person.tab() as tab:
        assert (await tab.socket.receive(timeout=10)).data == web_channel.NO_COOKIE
    async with person.session.post(
        f"{chat.url}/upload", data=b"x", headers=person.origin | {"X-Message-Id": "a"}
    ) as response:
        assert response.status == 403
    async with person.session.get(f"{chat.url}/picture/1") as response:
        assert response.status == 404


# Pictures.


async def test_a_picture_is_for_its_own_chat_alone(chat: LoopbackChat, person: Person) -> None:
    number = await chat.reply(person.name, Reply(text="GREEN", card=CARD))
    plain = await chat.reply(person.name, Reply(text="no picture"))
    async with person.tab() as tab:
        [shown, _] = await tab.hello()
    assert (shown["picture"], shown["language"]) == (f"/picture/{number}", "zh-Hant-HK")
    async with person.session.get(chat.url + shown["picture"]) as response:
        assert response.status == 200
        assert response.content_type == "image/png"
        assert response.headers["Cache-Control"] == "no-store"
        assert (await response.read()).startswith(b"\x89PNG")
    async with (
        somebody(chat) as stranger,
        stranger.session.get(f"{chat.url}/picture/{number}") as response,
    ):
        assert response.status == 404
    for path in (f"/picture/{plain}", "/picture/99", "/picture/0", "/picture/x", "/picture/-1"):
        async with person.session.get(chat.url + path) as response:
            assert response.status == 404, path


# Files.


async def test_a_file_is_kept_and_announced_by_its_handle(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        status, answer = await person.upload(b'{"visits":[]}', **{"X-Language": "zh-HK"})
        assert (status, answer) == (200, {"taken": "file-1"})
        said = await tab.until("said")
        assert (said["id"], said["text"]) == ("file-1", "出.json")
    incoming = chat.received[-1]
    assert incoming.id == f"{person.address}:file-1"
    assert incoming.language == "zh-HK"
    assert incoming.body == File(
        ref="0", name="出.json", size=13, mime="application/octet-stream", photo=False
    )
    assert await chat.channel.fetch("0", 13) == b'{"visits":[]}'
    with pytest.raises(TooLarge):
        await chat.channel.fetch("0", 12)
    with pytest.raises(Refused):
        await chat.channel.fetch("1", 12)


async def test_a_photo_is_one_and_an_empty_file_is_for_the_conversation_to_explain(
    chat: LoopbackChat, person: Person
) -> None:
    await person.upload(b"", **{"Content-Type": "image/png"})
    [incoming] = chat.received
    assert isinstance(incoming.body, File)
    assert (incoming.body.photo, incoming.body.size) == (True, 0)


async def test_a_file_that_is_too_large_is_refused_kindly_and_the_next_one_taken(
    chat: LoopbackChat, person: Person
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 1024 * 1024

    said = {"error": "too_large", "limit": 10 * 1024 * 1024}
    assert await person.upload(io.BytesIO(b"x" * (10 * 1024 * 1024 + 1))) == (413, said)
    assert await person.upload(endless()) == (413, said)
    assert not chat.store.files and not chat.received
    status, _ = await person.upload(io.BytesIO(b"x" * (10 * 1024 * 1024)))
    assert status == 200
    assert len(chat.store.files[0]) == 10 * 1024 * 1024


async def test_a_file_that_never_ends_is_given_up(
    chat: LoopbackChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_channel, "UPLOAD_SECONDS", 0.2)

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x"
            await asyncio.sleep(0.2)

    status, answer = await person.upload(slow())
    assert (status, answer["error"]) == (408, "too_slow")
    status, _ = await person.upload(b"x")
    assert status == 200


async def test_a_failure_says_nothing_of_the_person_in_the_log(
    chat: LoopbackChat, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    chat.fail = True
    async with person.session.post(
        f"{chat.url}/upload", data=b"x", headers=person.origin | {"X-Message-Id": "a"}
    ) as response:
        assert response.status == 500
    async with person.tab() as tab:
        await tab.say(type="text", id="a", text="SECRET")
        await tab.socket.receive(timeout=10)
    [cookie] = person.session.cookie_jar
    assert "RuntimeError" in caplog.text
    assert "SECRET" not in caplog.text
    assert cookie.value not in caplog.text


# The phone's pane.


async def test_text_messages_are_shown_masked_and_again_after_a_reload(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        await chat.channel.show_sms(person.name, "+85291234567", "Your code is 482913")
        sms = await tab.hear()
        assert sms["type"] == "sms"
        assert (sms["to"], sms["text"]) == ("9••• •567", "Your code is 482913")
    for number in range(6):
        await chat.channel.show_sms(person.name, "+85291234567", str(number))
    await chat.channel.show_sms("telegram:7", "+85291234567", "elsewhere")
    async with person.tab() as tab:
        await tab.hello()
        assert [(await tab.hear())["text"] for _ in range(5)] == ["1", "2", "3", "4", "5"]
    async with somebody(chat) as stranger, stranger.tab() as tab:
        await tab.hello()
        await chat.reply(stranger.name, ASK)
        assert (await tab.hear())["type"] == "reply"


@pytest.mark.parametrize("pane", [True, False])
async def test_the_page_is_told_whether_to_show_the_pane(pane: bool) -> None:
    chat = LoopbackChat(sms_pane=pane)
    await chat.start()
    async with somebody(chat) as person, person.tab() as tab:
        await tab.say(type="hello", id="a")
        assert (await tab.until("ready"))["sms_pane"] is pane
    await chat.channel.stop()


async def test_idle_chats_are_forgotten_first_and_busy_ones_never() -> None:
    chats = Chats(limit=2)
    kept = chats.open("a")
    await kept.uploading.acquire()
    chats.open("b")
    chats.open("c")
    assert [chat.address for chat in chats] == ["a", "c"]
    assert chats.open("a") is kept
    assert chats.find("b") is None
