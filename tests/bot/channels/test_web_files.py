"""Files that come in over the web chat, and pictures that go out."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest

from bot.channels import Refused, Stopping, TooLarge, web_files
from bot.channels.web_room import Room
from bot.processes.voice import Unspoken
from core.conversation.messages import (
    File,
    Reply,
)
from tests.bot.channels.person import Person, somebody
from tests.bot.channels.transcript import CARD, LoopbackChat
from tests.bot.machine import until


async def test_a_file_is_kept_and_announced_by_its_handle(
    chat: LoopbackChat, person: Person
) -> None:
    async with person.tab() as tab:
        await tab.hello()
        status, answer = await person.upload(b'{"visits":[]}', **{"X-Language": "zh-HK"})
        assert (status, answer) == (200, {"taken": "file-1"})
        said = await tab.until("said")
        assert (said["id"], said["text"], said["file"]) == ("file-1", "出.json", True)
    incoming = chat.received[-1]
    assert incoming.id == f"{person.address}:file-1"
    assert incoming.language == "zh-HK"
    assert incoming.body == File(
        ref="0", name="出.json", size=13, mime="application/octet-stream", photo=False
    )
    assert await chat.channel.fetch("0", 13) == b'{"visits":[]}'
    with pytest.raises(TooLarge) as large:
        await chat.channel.fetch("0", 12)
    assert large.value.head == b'{"visits":[]}'
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
    monkeypatch.setattr(web_files, "UPLOAD_SECONDS", 0.2)

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"x"
            await asyncio.sleep(0.2)

    status, answer = await person.upload(slow())
    assert (status, answer["error"]) == (408, "too_slow")
    status, _ = await person.upload(b"x")
    assert status == 200


async def halves(chat: LoopbackChat, person: Person, size: int) -> asyncio.StreamWriter:
    """Begin to send a file of one byte more than `size`, and stand still."""
    [cookie] = person.session.cookie_jar
    head = [
        "POST /upload HTTP/1.1",
        f"Host: 127.0.0.1:{chat.channel.port}",
        f"Origin: {chat.url}",
        f"Cookie: chat={cookie.value}",
        "X-Message-Id: file-0",
        f"Content-Length: {size + 1}",
    ]
    _, writer = await asyncio.open_connection("127.0.0.1", chat.channel.port)
    writer.write("\r\n".join([*head, "", ""]).encode() + b"x" * size)
    await writer.drain()
    lock = chat.channel._chats.open(person.address).uploading
    await until(lock.locked)
    return writer


async def test_nobody_keeps_others_from_sending_files_by_standing_still(
    chat: LoopbackChat, person: Person
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(30):
            idle = await stack.enter_async_context(somebody(chat))
            stack.callback((await halves(chat, idle, 1)).close)
        async with asyncio.timeout(5):
            assert await person.upload(b"x" * 1000) == (200, {"taken": "file-1"})


async def test_where_there_is_no_room_who_stands_still_gives_way(
    chat: LoopbackChat, person: Person
) -> None:
    room = chat.channel._files._room = Room(100_000)
    async with somebody(chat) as idle, somebody(chat) as other:
        stands_still = await halves(chat, idle, 60_000)
        await until(lambda: room._held == 60_000)
        assert await person.upload(b"x" * 50_000) == (200, {"taken": "file-1"})
        await until(lambda: not room._held)
        stands_still.close()
        status, answer = await other.upload(b"x" * 100_001)
        assert (status, answer["error"]) == (503, "no_room")
        assert not room._held


async def test_while_the_disk_is_nearly_full_files_wait_with_the_page(
    chat: LoopbackChat, person: Person
) -> None:
    chat.full = True
    status, answer = await person.upload(b"x")
    assert (status, answer["error"]) == (503, "no_room")
    assert not chat.store.files and not chat.received
    chat.full = False
    assert await person.upload(b"x") == (200, {"taken": "file-1"})


async def test_a_file_that_is_broken_off_is_nobodys_error_and_the_next_one_is_taken(
    chat: LoopbackChat, person: Person
) -> None:
    [cookie] = person.session.cookie_jar
    head = [
        "POST /upload HTTP/1.1",
        f"Host: 127.0.0.1:{chat.channel.port}",
        f"Origin: {chat.url}",
        f"Cookie: chat={cookie.value}",
        "X-Message-Id: file-0",
        "Content-Length: 1000",
    ]
    _, writer = await asyncio.open_connection("127.0.0.1", chat.channel.port)
    writer.write("\r\n".join([*head, "", "half a file"]).encode())
    await writer.drain()
    lock = chat.channel._chats.open(person.address).uploading
    await until(lock.locked)
    writer.close()
    await until(lambda: not lock.locked())
    assert await person.upload(b"x") == (200, {"taken": "file-1"})
    assert chat.store.files == [b"x"]


async def test_a_file_has_its_whole_time_however_many_were_chosen_with_it(
    chat: LoopbackChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_files, "UPLOAD_SECONDS", 0.2)
    async with chat.channel._chats.open(person.address).uploading:
        uploading = asyncio.create_task(person.upload(b"x"))
        await asyncio.sleep(0.3)
    assert await uploading == (200, {"taken": "file-1"})


@pytest.mark.errors_expected
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


async def test_what_comes_while_the_program_stops_is_sent_again_later(
    chat: LoopbackChat, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopping(_: object) -> None:
        raise Stopping

    monkeypatch.setattr(chat.channel, "_receive", stopping)
    async with person.session.post(
        f"{chat.url}/upload", data=b"x", headers=person.origin | {"X-Message-Id": "a"}
    ) as response:
        assert response.status == 503
    async with person.tab() as tab:
        await tab.say(type="text", id="a", text="hello")
        assert (await tab.socket.receive(timeout=10)).data == aiohttp.WSCloseCode.GOING_AWAY


async def test_a_picture_is_for_its_own_chat_alone(chat: LoopbackChat, person: Person) -> None:
    number = await chat.reply(person.name, Reply(text="綠碼", card=CARD, language="zh_Hant_HK"))
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


async def speak(text: str, language: str) -> bytes:
    if text == "unspeakable":
        raise Unspoken("no voice today")
    return f"{language}: {text}".encode()


async def test_a_reply_is_read_aloud_to_its_own_chat_alone() -> None:
    chat = LoopbackChat(speak=speak)
    await chat.start()
    async with somebody(chat) as person, somebody(chat) as stranger:
        number = await chat.reply(person.name, Reply(text="綠碼", aloud=True, language="zh_Hans"))
        plain = await chat.reply(person.name, Reply(text="no sound"))
        silent = await chat.reply(person.name, Reply(text="unspeakable", aloud=True))
        async with person.tab() as tab:
            [shown, *_] = await tab.hello()
        assert shown["sound"] == f"/sound/{number}"
        async with person.session.get(chat.url + shown["sound"]) as response:
            assert response.content_type == "audio/mpeg"
            assert response.headers["Cache-Control"] == "no-store"
            assert await response.text() == "zh_Hans: 綠碼"
        for who, path in [(stranger, number), (person, plain), (person, silent), (person, 99)]:
            async with who.session.get(f"{chat.url}/sound/{path}") as response:
                assert response.status == 404, path
    await chat.channel.stop()


async def test_voice_is_offered_only_where_there_is_one(chat: LoopbackChat, person: Person) -> None:
    assert not chat.channel.capabilities.voice
    assert LoopbackChat(speak=speak).channel.capabilities.voice
    number = await chat.reply(person.name, Reply(text="spoken before", aloud=True))
    async with person.session.get(f"{chat.url}/sound/{number}") as response:
        assert response.status == 404


async def test_files_that_were_chosen_together_are_an_album(
    chat: LoopbackChat, person: Person
) -> None:
    for number, album in enumerate(("f" * 32, "", "no name of ours!"), 1):
        await person.upload(b"x", **{"X-Message-Id": f"file-{number}", "X-Album": album})
    albums = [each.body.album for each in chat.received if isinstance(each.body, File)]
    assert albums == ["f" * 32, "", ""]
