"""Files that the page sends, by a POST, and pictures and sounds of replies that it fetches."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from aiohttp import web

from bot.channels import Draw, web_guard
from bot.channels import web_frames as frames
from bot.channels.web_chats import Chat, Chats
from bot.channels.web_room import NoRoom, Room, TooSlow
from bot.channels.web_transcript import Transcript
from bot.processes.voice import Speak, Unspoken
from core.conversation.messages import Body, File, Reply

FILE_BYTES = 10 * 1024 * 1024
"""Photos and PDFs; what is smaller by kind is refused later, in the chat."""
FILE_NAME = 255
UPLOAD_SECONDS = 180
"""For one whole file: 10 MB at 0.5 Mbit/s."""
ROOM = 24 * FILE_BYTES
"""What files on their way may hold in memory, all chats together."""

Take = Callable[[Chat, str, Body, str, str], Awaitable[None]]
"""Takes in what a chat sent: its name, what it says, the page's language, the message's name."""

log = logging.getLogger(__name__)


class Files:
    """What goes up and down beside the words, each of its own chat alone."""

    def __init__(
        self,
        store: Transcript,
        chats: Chats,
        take: Take,
        draw: Draw,
        speak: Speak | None,
        full: Callable[[], bool],
    ) -> None:
        """`full` tells whether files are no longer to be taken."""
        self._store, self._chats, self._take = store, chats, take
        self._draw, self._speak = draw, speak
        self._full = full
        self._room = Room(ROOM)

    def routes(self) -> list[web.RouteDef]:
        """Return what the web server must serve."""
        return [
            web.post("/upload", self._upload),
            web.get(r"/picture/{number:\d{1,18}}", self._picture),
            web.get(r"/sound/{number:\d{1,18}}", self._sound),
        ]

    async def _upload(self, request: web.Request) -> web.Response:
        web_guard.check_origin(request)
        chat = self._chats.of(request)
        name = request.headers.get("X-Message-Id", "")
        if chat is None or not frames.is_id(name):
            raise web.HTTPForbidden(text="Open the chat first.")
        if (request.content_length or 0) > FILE_BYTES:
            return _problem(413, "too_large")
        if self._full():
            return _problem(503, "no_room")
        await self._chats.turn(chat)
        # Its time begins when it is its turn: it did not choose those before it.
        async with chat.uploading:
            with self._room.file() as coming:
                try:
                    data = await coming.read(request.content, FILE_BYTES, UPLOAD_SECONDS)
                except TooSlow:
                    return _problem(408, "too_slow")
                except NoRoom:
                    return _problem(503, "no_room")
                except ConnectionError:
                    # Nobody is there any more to be told; the page sends the file again.
                    return _problem(400, "broken_off")
                if data is None:
                    return _problem(413, "too_large")
                ref = await self._store.keep(chat.name, data, name)
        title = unquote(request.headers.get("X-File-Name", ""))[:FILE_NAME]
        album = request.headers.get("X-Album", "")
        file = File(
            ref=ref,
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
        chat = self._chats.of(request)
        if chat is None:
            return None
        await chat.pace.acquire()
        number = int(request.match_info["number"])
        found = dict(await self._store.since(chat.name, number - 1, 1))
        return found.get(number)


def _private(body: bytes, kind: str) -> web.Response:
    return web.Response(body=body, content_type=kind, headers={"Cache-Control": "no-store"})


def _problem(status: int, why: str) -> web.Response:
    return web.json_response({"error": why, "limit": FILE_BYTES}, status=status)
