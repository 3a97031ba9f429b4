"""The chats of the web page that are open or were lately, and their tabs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, web
from aiolimiter import AsyncLimiter

from bot.channels import web_cookie
from bot.channels import web_frames as frames

CHANNEL = "web"

MESSAGES, MESSAGES_SECONDS = 20, 10
"""A chat may send so many at once, then at this pace; its page is read no faster."""
ALL_MESSAGES_PER_SECOND = 500
"""Of all chats together."""
CHATS = 10_000
"""Remembered in memory: the pace, and the last text messages for the phone's pane."""
SMS_KEPT = 5
SLOW_SECONDS = 20
"""A page that takes no frame for so long is cut off; it comes back and reads on."""


@dataclass(eq=False)
class Page:
    """One open tab. `seen` is the last reply it was given."""

    socket: web.WebSocketResponse
    seen: int = 0
    language: str = ""
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell(self, frame: frames.Outgoing) -> None:
        """Give the page a frame; cut it off if it does not take it in time."""
        try:
            async with asyncio.timeout(SLOW_SECONDS):
                await self.socket.send_str(frames.write(frame))
        except TimeoutError:
            await self.socket.close(code=WSCloseCode.TRY_AGAIN_LATER, drain=False)
        except ConnectionError:
            pass  # The page has gone; whatever it missed is in the transcript.


@dataclass(eq=False)
class Chat:
    """What is remembered of one chat while the program runs."""

    address: str
    pages: list[Page] = field(default_factory=list)
    pace: AsyncLimiter = field(default_factory=lambda: AsyncLimiter(MESSAGES, MESSAGES_SECONDS))
    uploading: asyncio.Lock = field(default_factory=asyncio.Lock)
    sms: deque[frames.Sms] = field(default_factory=lambda: deque(maxlen=SMS_KEPT))

    @property
    def name(self) -> str:
        """The chat's name everywhere else: channel and address."""
        return f"{CHANNEL}:{self.address}"

    async def tell(self, frame: frames.Outgoing, but: Page | None = None) -> None:
        """Give a frame to every open tab, or to all `but` one."""
        await asyncio.gather(*(page.tell(frame) for page in self.pages if page is not but))


class Chats:
    """All chats in memory, by address. The one that was used least lately is forgotten first."""

    def __init__(self, limit: int = CHATS) -> None:
        self._limit = limit
        self._pace = AsyncLimiter(ALL_MESSAGES_PER_SECOND, 1)
        self._chats: OrderedDict[str, Chat] = OrderedDict()

    def __iter__(self) -> Iterator[Chat]:
        return iter(self._chats.values())

    def find(self, address: str) -> Chat | None:
        """Return the chat if it is remembered."""
        return self._chats.get(address)

    def open(self, address: str) -> Chat:
        """Return the chat, remembering it from now on; one that is in use is never forgotten."""
        chat = self._chats.get(address)
        if chat is None:
            idle = (c.address for c in self if not c.pages and not c.uploading.locked())
            if len(self._chats) >= self._limit and (oldest := next(idle, None)):
                del self._chats[oldest]
            chat = self._chats[address] = Chat(address)
        self._chats.move_to_end(address)
        return chat

    def of(self, request: web.Request) -> Chat | None:
        """Return the chat of a browser, remembering it; None where it shows no token of ours."""
        address = web_cookie.address(request)
        return self.open(address) if address else None

    async def turn(self, chat: Chat) -> None:
        """Wait until a chat may send something: for its own turn, then for that among all."""
        await chat.pace.acquire()
        await self._pace.acquire()
