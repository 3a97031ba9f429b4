"""How a reply reaches a Telegram chat: which calls of the Bot API, in which order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiolimiter import AsyncLimiter
from telegram import Bot
from telegram.constants import CallbackQueryLimit, MessageLimit
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.channels import Draw, Unreachable
from bot.channels.telegram_request import Flooded, translated
from bot.processes.voice import Speak, Unspoken
from core.conversation.messages import Card, Reply

Markup = dict[str, Any]
"""A keyboard in the Bot API's own words: its objects would be taken apart again at once."""

TEXT: int = MessageLimit.MAX_TEXT_LENGTH
CAPTION: int = MessageLimit.CAPTION_LENGTH
TOAST: int = CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH
"""Lengths in UTF-16 code units."""

_UTF_16 = "utf-16-le"

SEND_MESSAGE = "sendmessage"
"""The Bot API does not tell capitals apart. Under this name the library gives the plain answer;
of the message in it, which nobody looks at, it would else build a Message of a hundred fields."""

ANSWER = {"method": "answerCallbackQuery"}
"""A webhook's answer that stops a button's spinner; whether it did is never told."""

DELETING = 0.5, 2.0, 10.0
"""Seconds before each further try to delete a message, the last of them also the most where the
platform says how long: meanwhile the chat's next reply waits."""

LASTING = BadRequest, Forbidden
"""Errors that another try does not mend."""

REMEMBERED = 10_000
"""Half-sent replies to remember; older ones are sent again from their beginning."""

log = logging.getLogger(__name__)


@dataclass
class Called:
    """A call of the webhook. `answer` is the call of the Bot API that its answer is to be, which
    spares one of our own; None where there is nothing to be done, or not like this."""

    answer: dict[str, str] | None = None


class Delivery:
    """Send replies by a bot. `pace` is in messages a second over all chats, 0 for no limit."""

    def __init__(self, bot: Bot, draw: Draw, speak: Speak | None, pace: float = 0) -> None:
        self._bot = bot
        self._draw = draw
        self._speak = speak
        self._limiter = AsyncLimiter(1, 1 / pace) if pace else None
        self._halfway: dict[tuple[int, int], int] = {}
        self._called: dict[str, Called] = {}
        self._tidying: set[asyncio.Task[None]] = set()

    async def deliver(self, address: str, reply: Reply, number: int) -> None:
        """Deliver one reply to the chat with that id, or raise as `Channel.send` does.

        What a second try finds done (the first parts of a long text) is not done again. Stopping
        a button's spinner and deleting messages are best effort, and go on meanwhile; only the
        deleting is waited for, and tried again where it may be of use.
        """
        try:
            chat = int(address)
        except ValueError:
            raise Unreachable("not a Telegram chat") from None
        with translated():
            if reply.notice and reply.acknowledge and await self._toast(reply):
                return
            beside = [self._forget(chat, message) for message in reply.forget]
            if reply.acknowledge and not reply.notice:
                if call := self._called.get(reply.acknowledge):
                    call.answer = ANSWER | {"callback_query_id": reply.acknowledge}
                else:
                    self._meanwhile(self._acknowledge(reply.acknowledge))
            sending = self._send(chat, reply, number)
            if not beside:
                await sending
                return
            outcome, *_ = await asyncio.gather(sending, *beside, return_exceptions=True)
            if outcome is not None:
                raise outcome

    @contextmanager
    def called(self, press: str) -> Iterator[Called]:
        """While a webhook call is open that brought a press, let its answer stop the spinner."""
        call = self._called[press] = Called()
        try:
            yield call
        finally:
            # Brought twice at once, it is the later call's to answer.
            if self._called.get(press) is call:
                del self._called[press]

    async def _send(self, chat: int, reply: Reply, number: int) -> None:
        parts = split(reply.text, CAPTION if reply.card or reply.aloud else TEXT)
        done = self._halfway.pop((chat, number), 0)
        try:
            for place in range(done, len(parts)):
                markup = _markup(reply) if place == len(parts) - 1 else None
                sound = await self._sound(reply) if place == 0 else None
                if sound is None or not await self._voice(
                    chat, parts[place], sound, markup, reply.protect
                ):
                    card = reply.card if place == 0 else None
                    await self._part(chat, parts[place], card, markup, reply.protect)
                done = place + 1
        except BaseException:
            if done:
                self._halfway[chat, number] = done
                if len(self._halfway) > REMEMBERED:
                    del self._halfway[next(iter(self._halfway))]
            raise
        if reply.put_away and reply.buttons:
            self._meanwhile(self._put_keyboard_away(chat))

    async def _part(
        self, chat: int, text: str, card: Card | None, markup: Markup | None, protect: bool
    ) -> None:
        picture = await self._draw(card) if card else None
        keyboard = {"reply_markup": markup} if markup else None
        if self._limiter:
            await self._limiter.acquire()
        if picture is None:
            content: dict[str, Any] = {"chat_id": chat, "text": text, **(keyboard or {})}
            if protect:
                content["protect_content"] = True
            await self._bot.do_api_request(SEND_MESSAGE, content)
        else:
            await self._bot.send_photo(
                chat,
                picture,
                caption=text,
                filename="health-code.png",
                protect_content=True,
                api_kwargs=keyboard,
            )

    async def _sound(self, reply: Reply) -> bytes | None:
        """Return a reply read aloud; without a voice the text alone must do."""
        if not reply.aloud or self._speak is None:
            return None
        try:
            return await self._speak(reply.text, reply.language)
        except Unspoken as error:
            log.warning("a text could not be read aloud: %s", error)
            return None

    async def _voice(
        self, chat: int, text: str, sound: bytes, markup: Markup | None, protect: bool
    ) -> bool:
        """Send a voice message; False where the text alone must do: who pays for Telegram may
        forbid others to send him voice messages."""
        if self._limiter:
            await self._limiter.acquire()
        try:
            await self._bot.send_voice(
                chat,
                sound,
                caption=text,
                filename="health-code.mp3",
                protect_content=protect,
                api_kwargs={"reply_markup": markup} if markup else None,
            )
        except BadRequest:
            return False
        return True

    async def _toast(self, reply: Reply) -> bool:
        """Answer a press by a toast; False where it must be a message after all."""
        if units(reply.text) > TOAST:
            await self._acknowledge(reply.acknowledge)
            return False
        try:
            await self._bot.answer_callback_query(reply.acknowledge, text=reply.text)
        except BadRequest:  # The press is too old to be answered by one.
            return False
        return True

    async def _acknowledge(self, press: str) -> None:
        with suppress(TelegramError):  # The spinner ends by itself; most often it is too old.
            await self._bot.answer_callback_query(press)

    async def _forget(self, chat: int, message: str) -> None:
        """Delete one of his messages; he was told that it would be, so a fault that passes does
        not end it."""
        for wait in (*DELETING, None):
            try:
                await self._bot.delete_message(chat, int(message))
            except (TelegramError, ValueError) as error:
                passes = isinstance(error, TelegramError) and not isinstance(error, LASTING)
                if wait is not None and passes:
                    asked = error.after if isinstance(error, Flooded) else None
                    await asyncio.sleep(min(asked or wait, DELETING[-1]))
                    continue
                log.warning("a message could not be deleted from a chat: %s", error)
            return

    def _meanwhile(self, call: Coroutine[Any, Any, None]) -> None:
        """Make calls for which no later reply should have to wait."""
        task = asyncio.create_task(call)
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    async def close(self) -> None:
        """Wait for what goes on beside the replies."""
        await asyncio.gather(*self._tidying)

    async def _put_keyboard_away(self, chat: int) -> None:
        """Remove a contact keyboard where the message that follows it has buttons of its own.

        A message cannot do both, nor can one that removed a keyboard be given buttons later. So
        a silent message removes it and is deleted at once.
        """
        with suppress(TelegramError):
            content = {"chat_id": chat, "text": "…", "reply_markup": {"remove_keyboard": True}}
            message: dict[str, Any] = await self._bot.do_api_request(
                SEND_MESSAGE, content | {"disable_notification": True}
            )
            await self._bot.delete_message(chat, message["message_id"])


def _markup(reply: Reply) -> Markup | None:
    if reply.contact:
        # A message has one keyboard only: the other buttons stand in it by their labels,
        # which are taken as answers like any words.
        share = {"text": reply.contact, "request_contact": True}
        others = [[{"text": button.label} for button in row] for row in reply.buttons]
        keyboard = [[share], *others]
        return {"keyboard": keyboard, "one_time_keyboard": True, "resize_keyboard": True}
    if reply.buttons:
        return {
            "inline_keyboard": [
                [{"text": button.label, "callback_data": button.id} for button in row]
                for row in reply.buttons
            ]
        }
    return {"remove_keyboard": True} if reply.put_away else None


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: a rare character or an emoji is two."""
    return len(text.encode(_UTF_16)) // 2


def split(text: str, first: int) -> list[str]:
    """Cut a text into parts of at most `first` and then TEXT units, at line ends if it can.

    At a space where a line is longer than that, anywhere where a word is. There is always one
    part, if an empty one.
    """
    parts: list[str] = []
    limit = first
    # No character is more than two.
    while len(text) * 2 > limit and units(text) > limit:
        most = len(text.encode(_UTF_16)[: limit * 2].decode(_UTF_16, "ignore"))
        cut = max(text.rfind("\n", 1, most + 1), 0) or max(text.rfind(" ", 1, most + 1), 0)
        cut = cut or most
        parts.append(text[:cut])
        text = text[cut:].lstrip("\n ")
        limit = TEXT
    if text or not parts:
        parts.append(text)
    return parts
