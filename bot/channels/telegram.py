"""Telegram: takes updates in by long polling or by webhook, sends replies, fetches files."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from aiohttp import web
from msgspec.structs import replace
from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats
from telegram.constants import BotCommandLimit, FileSizeLimit, InlineKeyboardMarkupLimit
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError

from bot.channels import Draw, Receive, Refused, TooLarge, TryAgain
from bot.channels.telegram_delivery import CAPTION, TEXT, Delivery
from bot.channels.telegram_request import AiohttpRequest, Flooded, decode, translated
from bot.channels.telegram_update import ALLOWED_UPDATES, CHANNEL, parsed, read
from bot.clock import Clock, system_clock
from bot.processes.voice import Speak
from bot.settings import SECRET
from core.conversation.messages import Capabilities, Incoming, Press, Reply
from core.store.store import Transaction

OFFICIAL = "https://api.telegram.org"

PATH = "/telegram"
"""Where the webhook stands on our web server."""

PROOF_HEADER = "X-Telegram-Bot-Api-Secret-Token"

LABEL = 64
"""Characters of a button's label, by our own choice: the Bot API names no limit, but clients show
what is longer without its middle or its end."""

MAX_UPDATE = 1024 * 1024
"""Bytes of a webhook's body; an update is a few kilobytes."""

BODY_TIMEOUT = 10.0
"""Seconds in which a webhook's body must have come."""

MAX_CONNECTIONS = 100
"""Webhook calls at once, the most that setWebhook allows."""

POLL = 30
"""Seconds that the Bot API holds a getUpdates open."""

BATCH = 100
"""Updates in one answer, the most that getUpdates allows."""

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds between two tries when the Bot API fails, doubling from the first to the longest."""

WATCH = 600.0
"""Seconds between two looks at whether the webhook is still ours."""

log = logging.getLogger(__name__)


class TelegramChannel:
    """The Telegram channel.

    `api` is where the Bot API stands, without `/bot…`. `webhook` is the public URL of this bot's
    web server, to which PATH is added if it has no path; empty for long polling. Telegram is told
    the first of `secrets`; calls that bring another of them, as those on their way while a secret
    is replaced, are taken too. `commands` gives the menu: by language tag, by command, its
    description; the first language is the default.
    `speak` reads a text aloud, None where no voice is installed.
    `pace` is in messages a second, 0 for no limit. Raise ValueError for a webhook without
    secrets, each as Telegram takes it.
    """

    name = CHANNEL
    capabilities = Capabilities(
        buttons=int(InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER),
        label=LABEL,
        text=TEXT,
        caption=CAPTION,
        share_contact=True,
        toast=True,
        delete=True,
    )

    def __init__(
        self,
        token: str,
        draw: Draw,
        commands: Mapping[str, Mapping[str, str]],
        *,
        api: str = OFFICIAL,
        webhook: str = "",
        secrets: Sequence[str] = (),
        speak: Speak | None = None,
        pace: float = 0,
        clock: Clock = system_clock,
    ) -> None:
        if webhook and not (secrets and all(map(SECRET.fullmatch, secrets))):
            raise ValueError("a webhook needs a secret of 1 to 256 letters, digits, '_' or '-'")
        for logger in ("telegram", "httpx", "httpcore"):
            # Below WARNING they write what people write, and URLs.
            logging.getLogger(logger).setLevel(logging.WARNING)
        self._request = AiohttpRequest(api, token)
        # Its address and token are empty on purpose, see AiohttpRequest.
        self._bot = Bot(
            "-",
            base_url=lambda _: "",
            base_file_url=lambda _: "",
            request=self._request,
            get_updates_request=self._request,
        )
        self._delivery = Delivery(self._bot, draw, speak, pace)
        self.capabilities = replace(self.capabilities, voice=speak is not None)
        self._menus = menus(commands)
        self._webhook = webhook
        if not urlsplit(webhook).path.strip("/"):
            self._webhook = webhook.rstrip("/") + PATH
        self._polling = not webhook
        self._secrets = [secret.encode() for secret in secrets]
        self._clock = clock
        self._receive: Receive | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.unreadable = 0
        """How many updates could not be read; they were confirmed, and are not shown anywhere."""

    async def start(self, receive: Receive) -> None:
        """Begin to take messages in, and keep trying while the Bot API is away."""
        await self._request.initialize()
        self._receive = receive
        listen = self._poll(receive) if self._polling else self._hold_webhook()
        self._tasks = [asyncio.create_task(listen), asyncio.create_task(self._set_menus())]

    async def stop(self) -> None:
        """Stop taking messages in; replies can still be sent until `close`."""
        self._receive = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def close(self) -> None:
        """Drop the connections, after the last reply."""
        await self._delivery.close()
        await self._request.shutdown()

    async def send(self, address: str, reply: Reply, number: int) -> None:
        """Deliver one reply, see `Channel.send`."""
        await self._delivery.deliver(address, reply, number)

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Return a file's bytes, see `Channel.fetch`. Telegram gives no more than 20 MB."""
        with translated():
            try:
                file = await self._bot.get_file(ref)
            except BadRequest as error:
                reason = error.message.lower()
                if "too big" in reason:
                    raise TooLarge from None
                if "temporarily unavailable" in reason:
                    # So the Bot API says also that its own fetching of the file has faltered.
                    raise TryAgain(error.message) from None
                raise
        if (file.file_size or 0) > min(limit, FileSizeLimit.FILESIZE_DOWNLOAD):
            raise TooLarge
        if not file.file_path:
            raise Refused("the file has no path")
        return await self._request.download(file.file_path.removeprefix("/"), limit)

    async def forget(self, tx: Transaction, ref: str) -> None:
        """Do nothing: the file is Telegram's to keep."""

    def routes(self) -> list[web.RouteDef]:
        """Return what the web server must serve: nothing when polling."""
        if self._polling:
            return []
        # The public path may be another one, where a proxy in front passes it on unchanged.
        paths = dict.fromkeys((PATH, urlsplit(self._webhook).path))
        return [web.post(path, self._called) for path in paths]

    async def _poll(self, receive: Receive) -> None:
        offset = 0
        parameters = {
            "timeout": POLL,
            "limit": BATCH,
            "allowed_updates": msgspec.json.encode(ALLOWED_UPDATES).decode(),
        }
        await self._until_done("remove the webhook", self._bot.delete_webhook)

        async def once() -> None:
            nonlocal offset
            # Not Bot.get_updates: it logs all updates, and gives none, if one is not as expected.
            query = urlencode(parameters | {"offset": offset})
            updates = await self._request.post(f"/getUpdates?{query}", read_timeout=POLL + 10)
            if not isinstance(updates, list):
                raise TelegramError("getUpdates gave no list")
            if incoming := self._readable(updates):
                await receive(incoming)
            # Committed: only now may the next call confirm them.
            numbers = [number for update in updates if (number := _number(update)) is not None]
            offset = max(numbers, default=offset - 1) + 1

        while True:
            await self._until_done("take updates in", once)

    async def _hold_webhook(self) -> None:
        async def set_it() -> None:
            await self._bot.set_webhook(
                self._webhook,
                secret_token=self._secrets[0].decode(),
                allowed_updates=ALLOWED_UPDATES,
                max_connections=MAX_CONNECTIONS,
            )

        async def look() -> None:
            if (await self._bot.get_webhook_info()).url != self._webhook:
                log.error("somebody else has set the webhook of this bot: is its token stolen?")
                await set_it()

        await self._until_done("set the webhook", set_it)
        while True:
            await asyncio.sleep(WATCH)
            await self._until_done("look at the webhook", look)

    async def _set_menus(self) -> None:
        for language, menu in self._menus.items():
            commands = [BotCommand(name, text) for name, text in menu.items()]
            # In groups nobody is answered, so there is nothing to choose from either.
            set_it = partial(
                self._bot.set_my_commands,
                commands,
                scope=BotCommandScopeAllPrivateChats(),
                language_code=language or None,
            )
            await self._until_done("set the menu of commands", set_it)

    async def _until_done(self, what: str, step: Callable[[], Awaitable[object]]) -> None:
        """Take a step; while it fails, say so once, wait and take it again."""
        wait = FIRST_WAIT
        said = ""
        while True:
            try:
                await step()
            except Exception as error:
                reason = _reason(error)
                if reason != said:
                    log.warning("Telegram: could not %s, trying on: %s", what, reason)
                    said = reason
                if isinstance(error, Conflict) and "webhook" in error.message.lower():
                    with suppress(TelegramError):
                        await self._bot.delete_webhook()
                asked = error.after if isinstance(error, Flooded) else None
                await asyncio.sleep(asked or wait)
                wait = min(wait * 2, LONGEST_WAIT)
            else:
                return

    async def _called(self, request: web.Request) -> web.Response:
        """Answer a webhook call: 200 once what it brought is committed, never before."""
        given = request.headers.getall(PROOF_HEADER, [])
        if len(given) != 1 or not self._is_secret(given[0].encode(errors="replace")):
            return web.Response(status=403)
        receive = self._receive
        if receive is None:
            return web.Response(status=503)
        if (request.content_length or 0) > MAX_UPDATE:
            return web.Response(status=413)
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                async for piece in request.content.iter_any():
                    body += piece
                    if len(body) > MAX_UPDATE:
                        return web.Response(status=413)
            update = decode(body)
        except TimeoutError:
            return web.Response(status=408)
        except ValueError:
            return web.Response(status=400)
        try:
            answer = await self._taken(self._readable([update]), receive)
        except Exception as error:
            log.warning("Telegram: could not take an update in: %s", _reason(error))
            return web.Response(status=500)
        return web.json_response(answer) if answer else web.Response()

    def _is_secret(self, given: bytes) -> bool:
        # A list, not a generator: which of them it is must not show in the time either.
        return any([hmac.compare_digest(given, secret) for secret in self._secrets])

    async def _taken(self, incoming: list[Incoming], receive: Receive) -> dict[str, str] | None:
        """Have taken in what a webhook call brought; return the call that its answer is to be."""
        if not incoming:
            return None
        body = incoming[0].body
        if not isinstance(body, Press):
            await receive(incoming)
            return None
        with self._delivery.called(body.acknowledge) as call:
            await receive(incoming)
            # What shared its commit goes out now: in this turn of the loop.
            await asyncio.sleep(0)
        return call.answer

    def _readable(self, updates: list[Any]) -> list[Incoming]:
        """Return what the updates say. One that cannot be read is counted and left out.

        It must be confirmed like the others, or it would come again for ever.
        """
        found = []
        now = self._clock()
        for raw in updates:
            try:
                incoming = read(parsed(raw), now)
            except Exception as error:
                # Whatever the library meets in a payload it does not expect. Never the content.
                self.unreadable += 1
                log.warning("Telegram: an update could not be read: %s", type(error).__name__)
            else:
                if incoming is not None:
                    found.append(incoming)
        return found


def menus(commands: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the menu for each language code of Telegram, "" for all others.

    setMyCommands knows languages by two letters, so that there is one Chinese: where several of
    our languages share a code, a description shows all of theirs.
    """
    found: dict[str, dict[str, str]] = {}
    for tag, menu in commands.items():
        known = found.setdefault(tag[:2].lower(), {})
        for name, text in menu.items():
            texts = known[name].split(" / ") if name in known else []
            if text not in texts:
                known[name] = " / ".join([*texts, text])[: BotCommandLimit.MAX_DESCRIPTION]
    return {"": next(iter(found.values())), **found} if found else {}


def _number(update: object) -> int | None:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else None


def _reason(error: Exception) -> str:
    """Say what went wrong in the operator's words, without anything that a person wrote."""
    if isinstance(error, Conflict):
        return (
            "another program reads this bot's messages (409 Conflict). Stop it; if it is not "
            "yours, have the token revoked by @BotFather"
        )
    if isinstance(error, InvalidToken):
        return "the bot token is not accepted"
    return error.message if isinstance(error, TelegramError) else type(error).__name__
