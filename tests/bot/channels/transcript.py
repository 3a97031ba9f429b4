"""A web chat with a transcript in memory and a conversation that a test writes by hand."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from aiohttp.web import AbstractRouteDef
from PIL import Image

from bot.channels import Refused, TooLarge
from bot.channels.web import WebChannel
from bot.processes.voice import Speak
from core.colour import Colour
from core.conversation.messages import Card, Incoming, Reply
from core.store.store import Transaction

NOW = datetime(2021, 12, 10, 2, 0, tzinfo=UTC)
CARD = Card(
    colour=Colour.GREEN,
    code="HKT:TEST",
    name=["C*** T** M**"],
    tail="456(3)",
    issued_at=NOW,
    expires_at=datetime(2021, 12, 10, 15, 59, 59, tzinfo=UTC),
    language="zh_Hant_HK",
)


class MemoryTranscript:
    """The outbox and the kept files, in memory."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, Reply]] = []
        self.files: list[bytes] = []
        self.fail = False

    async def since(self, chat: str, number: int, limit: int) -> list[tuple[int, Reply]]:
        """Return the chat's later replies."""
        if self.fail:
            raise RuntimeError("SECRET words of the transcript")
        return [(n, r) for n, c, r in self.rows if c == chat and n > number][:limit]

    async def keep(self, chat: str, data: bytes, message: str) -> str:
        """Keep a file under its place in the list."""
        self.files.append(data)
        return str(len(self.files) - 1)

    async def read(self, ref: str, limit: int) -> bytes:
        """Return a kept file."""
        if int(ref) >= len(self.files):
            raise Refused("gone")
        if len(self.files[int(ref)]) > limit:
            raise TooLarge(self.files[int(ref)])
        return self.files[int(ref)]

    async def drop(self, tx: Transaction, ref: str) -> None:
        """Erase a kept file."""
        self.files[int(ref)] = b""


class LoopbackChat:
    """A WebChannel on 127.0.0.1 with everything that reached it, each id once, in `received`."""

    def __init__(
        self,
        *,
        routes: Iterable[AbstractRouteDef] = (),
        speak: Speak | None = None,
        sms_pane: bool = False,
    ) -> None:
        self.store = MemoryTranscript()
        self.full = False
        self.received: list[Incoming] = []
        self.deliveries = 0
        self.fail = False
        self.arrived = asyncio.Condition()
        self.answer: Callable[[Incoming], Sequence[Reply]] = lambda _: ()
        self._open = partial(
            WebChannel,
            "127.0.0.1",
            store=self.store,
            draw=draw,
            speak=speak,
            clock=lambda: NOW,
            routes=routes,
            sms_pane=sms_pane,
            full=lambda: self.full,
        )
        self.channel = self._open(port=0)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.channel.port}"

    async def start(self) -> None:
        """Open the door."""
        await self.channel.start(self.receive)

    async def restart(self, pause: float = 0) -> None:
        """Stop and come back at the same port with nothing remembered but the store."""
        await self.channel.stop()
        await asyncio.sleep(pause)
        self.channel = self._open(port=self.channel.port)
        await self.start()

    async def receive(self, incoming: Sequence[Incoming]) -> None:
        """Take each message once, by its id, and answer as the test says."""
        self.deliveries += len(incoming)
        if self.fail:
            raise RuntimeError("SECRET words of the person")
        for one in incoming:
            if any(one.id == known.id for known in self.received):
                continue
            async with self.arrived:
                self.received.append(one)
                self.arrived.notify_all()
            for reply in self.answer(one):
                await self.reply(one.chat, reply)

    async def reply(self, chat: str, reply: Reply) -> int:
        """Put a reply into the outbox and deliver it."""
        number = len(self.store.rows) + 1
        self.store.rows.append((number, chat, reply))
        await self.channel.send(chat.removeprefix("web:"), reply, number)
        return number

    async def until(self, count: int) -> list[Incoming]:
        """Wait until so many messages have been received, and return them."""
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.received) >= count)
        return self.received


async def draw(card: Card) -> bytes:
    """Draw a plain card of the real one's size."""
    picture = Image.new("RGB", (820, 1160), {"green": "#009E73"}.get(card.colour, "#8B0000"))
    picture.paste("white", (110, 300, 710, 900))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
