"""The web chat: one page, a WebSocket for the words, a POST for files.

The transcript is the outbox: a page says what it has seen and reads on from there, so that a
slow or sleeping page costs nothing and misses nothing. A chat belongs to the browser's cookie.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from aiohttp import WSCloseCode, WSMsgType, web
from aiolimiter import AsyncLimiter
from msgspec.structs import replace

from bot.channels import Receive, Stopping, web_cookie, web_guard, web_verify
from bot.channels import web_frames as frames
from bot.channels.web_chats import CHANNEL, Chat, Chats, Page
from bot.voice import Speak, Unspoken
from core.conversation.messages import Body, Capabilities, Card, File, Incoming, Reply, Start
from core.days import hong_kong_day
from core.store.store import Transaction

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("web")
TEXT_BYTES = 8 * 1024
"""Of one message in UTF-8: more than any answer, less than any document."""
FRAME_BYTES = 64 * 1024
"""A text of that length whose every byte needs a JSON escape (`\\u0000`), and its wrapping."""
FILE_BYTES = 10 * 1024 * 1024
"""Photos and PDFs; what is smaller by kind is refused later, in the chat."""
FILE_NAME = 255
UPLOAD_SECONDS = 180
"""For one whole file: 10 MB at 0.5 Mbit/s."""
UPLOADS = 24
"""At once, all chats together: what they may hold in memory is this many times FILE_BYTES."""
ALL_MESSAGES_PER_SECOND = 500
SOCKETS = 5000
PAGES = 8
"""Tabs of one chat; the oldest one is put to sleep when another is opened."""
BACKLOG = 50
"""Replies read at a time."""
HEARTBEAT_SECONDS = 25
CLOSING_SECONDS = 2
"""A page that is closed may take so long to answer that it heard."""

NO_COOKIE, ELSEWHERE, LEFT = 4401, 4409, 4410
"""Our close codes: the browser keeps no cookies; the chat went on in a newer tab; he left it."""


class Transcript(Protocol):
    """What the web chat needs of the store. `chat` is `web:<address>`, as in Incoming."""

    async def since(self, chat: str, number: int, limit: int) -> list[tuple[int, Reply]]:
        """Return up to `limit` replies of that chat with a higher outbox number, in order."""

    async def keep(self, chat: str, data: bytes) -> str:
        """Keep an uploaded file, sealed, and return the ref that `read` takes."""

    async def read(self, ref: str, limit: int) -> bytes:
        """Return a kept file, or raise TooLarge beyond `limit` bytes, Refused if gone."""

    async def drop(self, tx: Transaction, ref: str) -> None:
        """Erase a kept file, in the open transaction."""


class WebChannel:
    """The web chat as a Channel.

    `draw` makes a code's PNG; `speak` reads a text aloud, None where no voice is installed; `now`
    is the clock (aware UTC); `routes` are served beside the page; `sms_pane` shows the phone's pane
    from the start.
    """

    name = CHANNEL
    capabilities = Capabilities(
        buttons=40, label=120, text=8000, caption=8000, toast=True, delete=True
    )

    def __init__(
        self,
        host: str,
        port: int,
        store: Transcript,
        draw: Callable[[Card], Awaitable[bytes]],
        *,
        speak: Speak | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        routes: Iterable[web.AbstractRouteDef] = (),
        sms_pane: bool = False,
    ) -> None:
        self.host, self.port = host, port
        self._store, self._draw, self._speak, self._now = store, draw, speak, now
        self.capabilities = replace(self.capabilities, voice=speak is not None)
        self._sms_pane = sms_pane
        self._chats = Chats()
        self._sockets = 0
        self._pace = AsyncLimiter(ALL_MESSAGES_PER_SECOND, 1)
        self._uploads = asyncio.Semaphore(UPLOADS)
        app = web.Application(middlewares=[web_guard.discreet])
        app.on_response_prepare.append(web_guard.harden)
        app.on_shutdown.append(self._close_pages)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/chat", self._talk),
                web.post("/upload", self._upload),
                web.post("/leave", self._leave),
                web.get(r"/picture/{number:\d{1,18}}", self._picture),
                web.get(r"/sound/{number:\d{1,18}}", self._sound),
                web.get("/healthz", _healthz),
                web.static("/static", PAGE),
                *web_verify.routes(),
                *routes,
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)

    async def start(self, receive: Receive) -> None:
        """Open the door; `port` then says where, if it was 0. OSError if the port is taken."""
        self._receive = receive
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the door, then the pages: they come back by themselves, and must not be let in."""
        await self._runner.cleanup()

    async def _close_pages(self, _: web.Application) -> None:
        pages = [page for chat in self._chats for page in chat.pages]
        await asyncio.gather(*(page.socket.close(code=WSCloseCode.GOING_AWAY) for page in pages))

    async def send(self, address: str, reply: Reply, number: int) -> None:
        """Wake the pages of that chat: they read the reply, and any before it, themselves."""
        self.wake(address)

    def wake(self, address: str) -> None:
        """Let the pages of a chat look for replies."""
        chat = self._chats.find(address)
        for page in chat.pages if chat else ():
            page.more.set()

    def seen(self) -> dict[str, int]:
        """Return the last reply that every open page of a chat was given, by the chat's address."""
        return {
            chat.address: min(page.seen for page in chat.pages)
            for chat in self._chats
            if chat.pages
        }

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Return an uploaded file's bytes, or raise as the store does."""
        return await self._store.read(ref, limit)

    async def forget(self, tx: Transaction, ref: str) -> None:
        """Erase an uploaded file, see `Channel.forget`."""
        await self._store.drop(tx, ref)

    async def show_sms(self, chat: str, to: str, text: str) -> None:
        """Show in the pane of that chat (`web:<address>`) what the phone `to` (E.164) gets."""
        channel, _, address = chat.partition(":")
        if channel != self.name:
            return
        sms = frames.Sms(id=secrets.token_hex(8), to=frames.masked(to), text=text)
        remembered = self._chats.open(address)
        remembered.sms.append(sms)
        await remembered.tell(sms)

    def _chat_of(self, request: web.Request) -> Chat | None:
        address = web_cookie.address(request)
        return self._chats.open(address) if address else None

    async def _take(self, chat: Chat, name: str, body: Body, language: str, message: str) -> None:
        await self._receive(
            [
                Incoming(
                    chat=chat.name,
                    id=f"{chat.address}:{name}",
                    body=body,
                    sent_at=self._now(),
                    message=message,
                    language=language,
                )
            ]
        )

    async def _index(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-store"})
        web_cookie.give(request, response)
        return response

    async def _leave(self, request: web.Request) -> web.Response:
        """Let the browser forget the chat, and close its tabs so that they forget it too."""
        web_guard.check_origin(request)
        response = web.Response(status=204)
        web_cookie.renew(request, response)
        # The cookie goes first: a tab that begins anew must not show the old one once more.
        await response.prepare(request)
        await response.write_eof()
        if chat := self._chat_of(request):
            chat.sms.clear()
            await asyncio.gather(*(page.socket.close(code=LEFT) for page in chat.pages))
        return response

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        web_guard.check_origin(request)
        if self._sockets >= SOCKETS:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"})
        socket = web.WebSocketResponse(
            timeout=CLOSING_SECONDS, max_msg_size=FRAME_BYTES, heartbeat=HEARTBEAT_SECONDS
        )
        await socket.prepare(request)
        chat = self._chat_of(request)
        if chat is None:
            await socket.close(code=NO_COOKIE)
            return socket
        page = Page(socket)
        chat.pages.append(page)
        self._sockets += 1
        try:
            surplus = [old.socket.close(code=ELSEWHERE) for old in chat.pages[:-PAGES]]
            await asyncio.gather(self._listen(chat, page), *surplus)
        except Stopping:
            await socket.close(code=WSCloseCode.GOING_AWAY)
        except Exception as error:
            log.error("a web page was cut off: %s", type(error).__name__)
            await socket.close(code=WSCloseCode.INTERNAL_ERROR)
        finally:
            chat.pages.remove(page)
            self._sockets -= 1
        return socket

    async def _listen(self, chat: Chat, page: Page) -> None:
        pump: asyncio.Task[None] | None = None
        try:
            async for message in page.socket:
                if message.type is not WSMsgType.TEXT:
                    await page.socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
                    break
                await chat.pace.acquire()
                await self._pace.acquire()
                try:
                    frame = frames.read(message.data)
                except frames.Unreadable:
                    await page.tell(frames.Refused(id="", why="unreadable"))
                    continue
                if not isinstance(frame, frames.Hello):
                    await self._answer(chat, page, frame)
                elif pump is None:
                    page.seen, page.language = frame.last, frame.language
                    await self._greet(chat, frame)
                    pump = asyncio.create_task(self._pump(chat, page))
        finally:
            if pump:
                pump.cancel()
                await asyncio.gather(pump, return_exceptions=True)

    async def _greet(self, chat: Chat, hello: frames.Hello) -> None:
        """Begin the chat by itself: nobody should have to guess that he must speak first."""
        new = not hello.last and not await self._store.since(chat.name, 0, 1)
        if new or hello.start:
            # A day in the name: a second tab adds nothing, yet a chat that was cleared long ago
            # begins again.
            name = hello.id if hello.start else f"start-{hong_kong_day(self._now())}"
            await self._take(chat, name, Start(payload=hello.start), hello.language, "")

    async def _answer(self, chat: Chat, page: Page, answer: frames.Answer) -> None:
        text = "" if isinstance(answer, frames.Pressed) else answer.text
        if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES:
            await page.tell(frames.Refused(id=answer.id, why="too_long"))
            return
        message = answer.message if isinstance(answer, frames.Changed) else answer.id
        await self._take(chat, answer.id, frames.body(answer), page.language, message)
        await page.tell(frames.Taken(id=answer.id))
        await chat.tell(frames.said(answer), but=page)
        await chat.tell(frames.Typing())

    async def _pump(self, chat: Chat, page: Page) -> None:
        """Give the page what it has not seen, as fast as it takes it, for as long as it is there.

        Nothing is queued here: what a slow page has not read yet stays in the store.
        """
        ready = False
        try:
            while not page.socket.closed:
                page.more.clear()
                replies = await self._store.since(chat.name, page.seen, BACKLOG)
                for number, reply in replies:
                    await page.tell(frames.shown(number, reply))
                    page.seen = number
                if replies:
                    continue
                if not ready:
                    ready = True
                    await page.tell(frames.Ready(sms_pane=self._sms_pane))
                    for sms in tuple(chat.sms):
                        await page.tell(sms)
                await page.more.wait()
        except Exception as error:
            log.error("a web page could not be served: %s", type(error).__name__)
            await page.socket.close(code=WSCloseCode.INTERNAL_ERROR)

    async def _upload(self, request: web.Request) -> web.Response:
        web_guard.check_origin(request)
        chat = self._chat_of(request)
        name = request.headers.get("X-Message-Id", "")
        if chat is None or not frames.is_id(name):
            raise web.HTTPForbidden(text="Open the chat first.")
        if (request.content_length or 0) > FILE_BYTES:
            return _problem(413, "too_large")
        await chat.pace.acquire()
        await self._pace.acquire()
        try:
            # Its time begins when it is its turn: it did not choose those before it.
            async with chat.uploading, self._uploads, asyncio.timeout(UPLOAD_SECONDS):
                data = await _body(request)
        except TimeoutError:
            return _problem(408, "too_slow")
        except ConnectionError:
            # Nobody is there any more to be told; the page sends the file again.
            return _problem(400, "broken_off")
        if data is None:
            return _problem(413, "too_large")
        title = unquote(request.headers.get("X-File-Name", ""))[:FILE_NAME]
        album = request.headers.get("X-Album", "")
        file = File(
            ref=await self._store.keep(chat.name, data),
            name=title,
            size=len(data),
            mime=request.content_type,
            photo=request.content_type.startswith("image/"),
            album=album if frames.is_id(album) else "",
        )
        language = request.headers.get("X-Language", "")[:35]
        await self._take(chat, name, file, language, name)
        await chat.tell(frames.Said(id=name, text=title, file=True))
        await chat.tell(frames.Typing())
        return web.json_response({"taken": name})

    async def _picture(self, request: web.Request) -> web.Response:
        reply = await self._reply(request)
        if reply is None or reply.card is None:
            raise web.HTTPNotFound
        return _private(await self._draw(reply.card), "image/png")

    async def _sound(self, request: web.Request) -> web.Response:
        reply = await self._reply(request)
        if reply is None or not reply.aloud or self._speak is None:
            raise web.HTTPNotFound
        try:
            return _private(await self._speak(reply.text, reply.language), "audio/mpeg")
        except Unspoken as error:
            log.warning("a text could not be read aloud: %s", error)
            raise web.HTTPNotFound from None

    async def _reply(self, request: web.Request) -> Reply | None:
        """Return the reply that a request of its own chat names."""
        chat = self._chat_of(request)
        if chat is None:
            return None
        await chat.pace.acquire()
        number = int(request.match_info["number"])
        found = dict(await self._store.since(chat.name, number - 1, 1))
        return found.get(number)


def _private(body: bytes, kind: str) -> web.Response:
    return web.Response(body=body, content_type=kind, headers={"Cache-Control": "no-store"})


async def _body(request: web.Request) -> bytes | None:
    """Read a body piece by piece; None as soon as it is larger than a file may be."""
    data = bytearray()
    async for piece in request.content.iter_any():
        data += piece
        if len(data) > FILE_BYTES:
            return None
    return bytes(data)


def _problem(status: int, why: str) -> web.Response:
    return web.json_response({"error": why, "limit": FILE_BYTES}, status=status)


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
