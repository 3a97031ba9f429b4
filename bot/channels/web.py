"""The web chat: one page, a WebSocket for the words, a POST for files.

The transcript is the outbox: a page says what it has seen and reads on from there, so that a
slow or sleeping page costs nothing and misses nothing. A chat belongs to the browser's cookie.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web
from msgspec.structs import replace

from bot.channels import Draw, Receive, Stopping, web_cookie, web_guard, web_verify
from bot.channels import web_frames as frames
from bot.channels.web_chats import CHANNEL, Chat, Chats, Page
from bot.channels.web_files import Files
from bot.channels.web_transcript import Transcript
from bot.clock import Clock, system_clock
from bot.processes.voice import Speak
from core.contact import masked
from core.conversation.messages import Body, Capabilities, Incoming, Reply, Start
from core.days import hong_kong_day
from core.store.store import Transaction

log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("web")
TEXT_BYTES = 8 * 1024
"""Of one message in UTF-8: more than any answer, less than any document."""
FRAME_BYTES = 64 * 1024
"""A text of that length whose every byte needs a JSON escape (`\\u0000`), and its wrapping."""
SOCKETS = 5000
PAGES = 8
"""Tabs of one chat; the oldest one is put to sleep when another is opened."""
BACKLOG = 50
"""Replies read at a time."""
HEARTBEAT_SECONDS = 25
SILENT_SECONDS = 75
"""A connection over which no whole request has come for so long is closed; a proxy's are kept for a
minute, as a rule, and must not be closed first."""
CLOSING_SECONDS = 2
"""A page that is closed may take so long to answer that it heard."""

NO_COOKIE, ELSEWHERE, LEFT = 4401, 4409, 4410
"""Our close codes: the browser keeps no cookies; the chat went on in a newer tab; he left it."""


class WebChannel:
    """The web chat as a Channel.

    `draw` makes a code's PNG; `speak` reads a text aloud, None where no voice is installed;
    `routes` are served beside the page; `sms_pane` shows the phone's pane from the start; `full`
    tells whether files are no longer to be taken.
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
        draw: Draw,
        *,
        speak: Speak | None = None,
        clock: Clock = system_clock,
        routes: Iterable[web.AbstractRouteDef] = (),
        sms_pane: bool = False,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        self.host, self.port = host, port
        self._store, self._clock = store, clock
        self.capabilities = replace(self.capabilities, voice=speak is not None)
        self._sms_pane = sms_pane
        self._chats = Chats()
        self._files = Files(store, self._chats, self._take, draw, speak, full)
        self._sockets = 0
        app = web.Application(middlewares=[web_guard.discreet])
        app.on_response_prepare.append(web_guard.harden)
        app.on_shutdown.append(self._close_pages)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/chat", self._talk),
                web.post("/leave", self._leave),
                web.get("/healthz", _healthz),
                web.static("/static", PAGE),
                *self._files.routes(),
                *web_verify.routes(),
                *routes,
            ]
        )
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=5, keepalive_timeout=SILENT_SECONDS
        )

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
        sms = frames.Sms(id=secrets.token_hex(8), to=masked(to), text=text)
        remembered = self._chats.open(address)
        remembered.sms.append(sms)
        await remembered.tell(sms)

    async def _take(self, chat: Chat, name: str, body: Body, language: str, message: str) -> None:
        await self._receive(
            [
                Incoming(
                    chat=chat.name,
                    id=f"{chat.address}:{name}",
                    body=body,
                    sent_at=self._clock(),
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
        if chat := self._chats.of(request):
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
        chat = self._chats.of(request)
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
                await self._chats.turn(chat)
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
            name = hello.id if hello.start else f"start-{hong_kong_day(self._clock())}"
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


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
