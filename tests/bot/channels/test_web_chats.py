"""The chats in memory: their pace, their tabs, and the phone's pane."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.channels import web as web_channel
from bot.channels import web_chats
from bot.channels.web_chats import Chats
from core.conversation.messages import (
    Reply,
)
from tests.bot.channels.person import ASK, Person, Tab, somebody
from tests.bot.channels.transcript import LoopbackChat
from tests.bot.machine import until


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
    await until(lambda: not chat.channel._sockets)
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
    await until(lambda: not chat.channel._chats.open(person.address).pages)
    # It reads at last, and finds the end of the line long before the end of the transcript.
    async with asyncio.timeout(20):
        assert len(await reader.read(-1)) < 200 * 100_000
    writer.close()


async def test_who_connects_and_asks_for_nothing_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_channel, "SILENT_SECONDS", 0.3)
    chat = LoopbackChat()
    await chat.start()
    for said in (b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "):
        reader, writer = await asyncio.open_connection("127.0.0.1", chat.channel.port)
        writer.write(said)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
    await chat.channel.stop()


@pytest.mark.errors_expected
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
