"""A person with a browser, as far as the server can tell: cookie, tabs, files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from core.conversation.messages import (
    Button,
    Reply,
)
from tests.bot.channels.transcript import LoopbackChat

ASK = Reply(text="Which document?", buttons=[[Button("1.hkid", "Identity card")]])


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
