"""The whole program on the loopback: the real app, real HTTP, a clock in our hands.

People are told apart only by how they reach us; a story is told once and happens on every channel.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import quote

import aiohttp
import msgspec

from bot.app import App
from bot.processes.workers import Workers
from bot.settings import Settings
from core.conversation.texts import Language, Texts
from core.policy import Policy
from tests.clock import TestClock
from tests.empty_store import write_empty_store
from tests.loopback import twilio
from tests.loopback.person import Person as TelegramSide
from tests.loopback.telegram import TOKEN, LoopbackTelegram
from tests.loopback.twilio import LoopbackTwilio

TEXTS = Texts.load()
WORKERS = Workers()
"""Shared by all worlds of a test process: starting one takes longer than most stories."""
PATIENCE = 10.0
STORE = "healthcode.sqlite3"
TAGS = {Language.ENGLISH: "en", Language.TRADITIONAL: "zh-hant", Language.SIMPLIFIED: "zh-hans"}


@dataclass
class Heard:
    """A reply as it reached a person. `buttons`: label by option, in order."""

    text: str
    buttons: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    picture: bytes = b""
    voice: bytes = b""
    notice: bool = False


class Person(Protocol):
    """Somebody in a chat, on whichever channel."""

    chat: str

    async def starts(self, payload: str = "") -> None: ...
    async def says(self, text: str) -> None: ...
    async def presses(self, option: str) -> None: ...
    async def sends(self, name: str, data: bytes) -> None: ...
    async def hears(self) -> Heard: ...


class World:
    """The program, the platforms and the phones around it."""

    def __init__(
        self,
        folder: Path,
        *,
        policy: Policy | None = None,
        database: str = "",
        clock: TestClock | None = None,
        webhook: bool = False,
    ) -> None:
        self.folder = folder
        self.policy = policy or Policy(telegram_per_second=0)
        self.database = database
        self.clock = clock or TestClock()
        self.webhook = webhook
        self.bot_api = LoopbackTelegram()
        self.phones = LoopbackTwilio()
        self.port = 0
        self._numbers = itertools.count(1001)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if not self.database:
            write_empty_store(self.folder / STORE)
        await self._stack.enter_async_context(self.bot_api)
        await self._stack.enter_async_context(self.phones)
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.app.stop()
        await self._stack.aclose()

    async def begin(self) -> None:
        """Start the program; after the first time on the same port."""
        environ = {
            "HEALTHCODE_DATA": str(self.folder),
            "HEALTHCODE_DATABASE": self.database,
            "HEALTHCODE_TELEGRAM_TOKEN": TOKEN,
            "HEALTHCODE_TELEGRAM_API": self.bot_api.url,
            "HEALTHCODE_WEB": f"127.0.0.1:{self.port}",
            "HEALTHCODE_SMS": "twilio",
            "HEALTHCODE_TWILIO_API": self.phones.url,
            "HEALTHCODE_TWILIO_ACCOUNT": twilio.ACCOUNT,
            "HEALTHCODE_TWILIO_TOKEN": twilio.TOKEN,
            "HEALTHCODE_TWILIO_FROM": twilio.FROM,
        }
        settings = Settings.load(environ, self.folder / "none")
        self.app = App(settings, self.policy, self.clock, WORKERS)
        await self.app.start()
        assert self.app.web is not None
        self.port = self.app.web.port

    async def restart(self) -> None:
        """Stop the program and start it again on the same store."""
        await self.app.stop()
        await self.begin()

    async def sms(self, phone: str, number: int = 0) -> str:
        """Return the code in the SMS that reached a phone."""
        return (await self.phones.sms(phone, number)).code

    def on_telegram(self, language: str = "en") -> Person:
        """Return somebody new who reaches us on Telegram."""
        number = next(self._numbers)
        return OnTelegram(self.bot_api.person(number, language=TAGS.get(language, language)))

    async def on_web(self, language: str = "en") -> Person:
        """Return somebody new who reaches us on the web page."""
        person = OnWeb(f"http://127.0.0.1:{self.port}", TAGS.get(language, language))
        await person.open()
        self._stack.push_async_callback(person.close)
        return person

    async def person(self, channel: str, language: str = "en") -> Person:
        """Return somebody new on that channel, whose platform hints at that language."""
        return self.on_telegram(language) if channel == "telegram" else await self.on_web(language)


def _heard(text: str, buttons: Sequence[tuple[str, str]], **more: object) -> Heard:
    named = {name.partition(".")[2]: (name, label) for name, label in buttons}
    return Heard(
        text,
        {option: label for option, (_, label) in named.items()},
        {option: name for option, (name, _) in named.items()},
        **more,  # type: ignore[arg-type]
    )


class OnTelegram:
    """A person on Telegram."""

    def __init__(self, side: TelegramSide) -> None:
        self.side = side
        self.chat = f"telegram:{side.chat}"
        self.last = Heard("")

    async def starts(self, payload: str = "") -> None:
        await self.side.says(f"/start {payload}".strip())

    async def says(self, text: str) -> None:
        await self.side.says(text)

    async def presses(self, option: str) -> None:
        for received in reversed(self.side.received):
            for name, _ in (pair for row in received.buttons for pair in row):
                if name.partition(".")[2] == option:
                    await self.side.presses(name, received)
                    return
        # The answers of a question that asks for a contact stand in a keyboard, by their labels.
        await self.side.says(self._label(option))

    def _label(self, option: str) -> str:
        key = f"engine.option.{option.removeprefix('_')}"
        labels = TEXTS.everywhere(key)
        return next(label for label in self.side.received[-1].keyboard if label in labels)

    async def sends(self, name: str, data: bytes) -> None:
        await self.side.sends_file(name, data)

    async def hears(self) -> Heard:
        received = await self.side.reply(PATIENCE)
        pairs = [pair for row in received.buttons for pair in row]
        self.last = _heard(received.text, pairs, picture=received.photo, voice=received.voice)
        return self.last


class OnWeb:
    """A person on the web page, as the page's script speaks for him."""

    def __init__(self, url: str, language: str) -> None:
        self.url = url
        self.language = language
        self.chat = ""
        self.last = Heard("")
        self.seen = 0
        self._numbers = itertools.count(1)
        self._replies: asyncio.Queue[Heard] = asyncio.Queue()
        self._acknowledged: dict[str, asyncio.Event] = {}
        self._unanswered: dict[str, dict[str, str]] = {}

    async def open(self) -> None:
        """Open the page, without saying anything yet."""
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        async with self.session.get(self.url):
            pass

    async def connect(self) -> None:
        """Open the socket and say what was seen last."""
        self.socket = await self.session.ws_connect(
            f"{self.url}/chat", headers={"Origin": self.url}
        )
        hello = {"type": "hello", "id": "hello", "last": self.seen, "language": self.language}
        await self.socket.send_json(hello)
        self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Close the page."""
        if hasattr(self, "_listener"):
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
            await self.socket.close()
        await self.session.close()

    async def _listen(self) -> None:
        while True:
            async for message in self.socket:
                await self._hear(msgspec.json.decode(message.data))
            # The server went away, as at a restart: the page comes back by itself, in a while.
            while True:
                await asyncio.sleep(0.05)
                try:
                    self.socket = await self.session.ws_connect(
                        f"{self.url}/chat", headers={"Origin": self.url}
                    )
                    break
                except aiohttp.ClientError:
                    continue
            hello = {"type": "hello", "id": "again", "last": self.seen, "language": self.language}
            await self.socket.send_json(hello)
            for frame in self._unanswered.values():
                await self.socket.send_json(frame)

    async def _hear(self, frame: dict[str, object]) -> None:
        match frame:
            case {"type": "reply", "number": int(number), "text": str(text)} if number > self.seen:
                self.seen = number
                rows: list[list[dict[str, str]]] = frame["buttons"]  # type: ignore[assignment]
                pairs = [(button["id"], button["label"]) for row in rows for button in row]
                media = {
                    kind: await self._fetched(path)
                    for kind, path in (("picture", frame["picture"]), ("voice", frame["sound"]))
                    if isinstance(path, str)
                }
                heard = _heard(text, pairs, notice=bool(frame["notice"]), **media)
                await self._replies.put(heard)
            case {"type": "taken", "id": str(name)}:
                self._acknowledged[name].set()

    async def _fetched(self, path: str) -> bytes:
        async with self.session.get(f"{self.url}{path}") as response:
            return await response.read()

    async def _send(self, **frame: str) -> None:
        name = f"m-{next(self._numbers)}"
        self._acknowledged[name] = asyncio.Event()
        self._unanswered[name] = {"id": name, **frame}
        # A page whose line is broken says it when it has come back.
        with suppress(aiohttp.ClientError):
            await self.socket.send_json(self._unanswered[name])
        await asyncio.wait_for(self._acknowledged[name].wait(), PATIENCE)
        del self._unanswered[name]

    async def starts(self, payload: str = "") -> None:
        if hasattr(self, "_listener"):
            await self._send(type="text", text=f"/start {payload}".strip())
        else:
            await self.connect()

    async def says(self, text: str) -> None:
        await self._send(type="text", text=text)

    async def presses(self, option: str) -> None:
        await self._send(type="press", button=self.last.ids[option])

    async def sends(self, name: str, data: bytes) -> None:
        headers = {
            "Origin": self.url,
            "X-Message-Id": f"f-{next(self._numbers)}",
            "X-File-Name": quote(name),
            "X-Language": self.language,
            "Content-Type": "application/octet-stream",
        }
        async with self.session.post(f"{self.url}/upload", data=data, headers=headers) as response:
            assert response.status == 200, await response.text()

    async def hears(self) -> Heard:
        self.last = await asyncio.wait_for(self._replies.get(), PATIENCE)
        return self.last
