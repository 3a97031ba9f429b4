"""What the server makes of frames that no page of ours would send."""

from __future__ import annotations

import aiohttp
import pytest

from bot.channels import web as web_channel
from tests.bot.channels.person import Person
from tests.bot.channels.transcript import LoopbackChat


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
