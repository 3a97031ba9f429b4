"""The web chat's protocol, spoken by a plain client to a real server."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from core.conversation.messages import (
    Command,
    Edited,
    Press,
    Reply,
    Start,
    Text,
)
from tests.bot.channels.person import ASK, Person, somebody
from tests.bot.channels.transcript import NOW, LoopbackChat

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
                assert response.headers["Server"] == "health-code"
                assert "://" not in (await response.text()).replace(
                    "http://www.w3.org", ""
                ).replace('"wss" : "ws"}://', "")


async def test_who_came_by_https_comes_by_nothing_else_from_then_on(chat: LoopbackChat) -> None:
    async with aiohttp.ClientSession() as session:
        for scheme, kept in (("https", "max-age=31536000"), ("http", None)):
            headers = {"X-Forwarded-Proto": scheme}
            for path in ("/", "/static/chat.js", "/static/nothing", "/healthz"):
                async with session.get(chat.url + path, headers=headers) as response:
                    assert response.headers.get("Strict-Transport-Security") == kept


async def test_the_files_of_the_program_are_not_served(chat: LoopbackChat) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/static/../web.py", "/static/%2e%2e/web.py", "/static/", "/web.py"):
            async with session.get(chat.url + path) as response:
                assert response.status in (403, 404)


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
        "sound": None,
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


@pytest.mark.errors_expected
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
        ({"type": "text", "text": "/My_People"}, Command(name="my_people")),
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


async def test_a_page_that_comes_back_at_once_does_not_hold_up_the_end(
    chat: LoopbackChat, person: Person
) -> None:
    async def stays() -> None:
        with pytest.raises(aiohttp.ClientError):
            while True:
                async with person.tab() as tab:
                    await tab.hello()
                    open_.set()
                    await tab.socket.receive()

    open_ = asyncio.Event()
    page = asyncio.create_task(stays())
    await open_.wait()
    async with asyncio.timeout(2):
        await chat.channel.stop()
    async with asyncio.timeout(5):
        await page


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


# Who may speak.


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://127.0.0.1", "http://[", "null", "", None]
)
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


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://code.example", "code.example"),
        ("https://code.example", "code.example:443"),
        ("http://code.example", "code.example:80"),
        ("https://code.example:8443", "code.example:8443"),
    ],
)
async def test_a_proxy_passes_on_the_public_address(
    chat: LoopbackChat, person: Person, origin: str, host: str
) -> None:
    person.origin = {"Origin": origin, "Host": host}
    async with person.tab() as tab:
        await tab.hello()
