"""A person at the loopback Bot API: what he does, and what reaches him."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from tests.loopback.telegram import LoopbackTelegram

PATIENCE = 5.0
"""Seconds that a person waits for a reply."""


class Received(msgspec.Struct):
    """A message that reached a person. `photo` and `voice` are bytes, empty for none."""

    number: int
    text: str
    markup: dict[str, Any]
    photo: bytes = b""
    voice: bytes = b""
    protected: bool = False
    silent: bool = False

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """The buttons under the message, row by row: id and label."""
        rows = self.markup.get("inline_keyboard", [])
        return [[(button["callback_data"], button["text"]) for button in row] for row in rows]

    @property
    def keyboard(self) -> list[str]:
        """The labels of the keyboard in the place of the letters, the contact button first."""
        rows = self.markup.get("keyboard", [])
        return [
            button if isinstance(button, str) else button["text"] for row in rows for button in row
        ]

    @property
    def wants_contact(self) -> bool:
        """Whether that keyboard has a button that shares the person's number."""
        return any(
            isinstance(button, dict) and button.get("request_contact")
            for row in self.markup.get("keyboard", [])
            for button in row
        )


class Person:
    """One private chat, seen from the person's side. What he does returns the update_id."""

    def __init__(
        self, server: LoopbackTelegram, chat: int, name: str = "Chan", language: str = "en"
    ) -> None:
        self.server = server
        self.chat = chat
        self.name = name
        self.language = language
        self.received: list[Received] = []
        self.last_message = 0
        self._waiting: asyncio.Queue[Received] = asyncio.Queue()
        self._toasts: asyncio.Queue[asyncio.Future[str]] = asyncio.Queue()

    def user_object(self) -> dict[str, Any]:
        """Return him as the Bot API's User."""
        user = {"id": self.chat, "is_bot": False, "first_name": self.name}
        return {**user, "language_code": self.language} if self.language else user

    def chat_object(self) -> dict[str, Any]:
        """Return the chat as the Bot API's Chat."""
        return {"id": self.chat, "type": "private", "first_name": self.name}

    async def sends(self, **content: Any) -> int:
        """Send a message with this content, in the Bot API's words."""
        self.last_message = self.server.next_number()
        message = self._message(self.last_message, content)
        self.server.messages[self.chat, self.last_message] = message
        return self.server.push(message=message)

    async def says(self, text: str) -> int:
        """Write a text or a command, which Telegram marks as one."""
        command = re.match(r"/[A-Za-z0-9_]+(@\w+)?", text)
        if command is None:
            return await self.sends(text=text)
        entity = {"type": "bot_command", "offset": 0, "length": command.end()}
        return await self.sends(text=text, entities=[entity])

    async def sends_file(
        self,
        name: str,
        content: bytes,
        *,
        as_photo: bool = False,
        album: str | None = None,
        caption: str = "",
        mime: str = "application/octet-stream",
    ) -> int:
        """Send a file, or a photo in the sizes that Telegram makes of it."""
        ref = self.server.keep(name, content)
        file = {"file_id": ref, "file_unique_id": ref, "file_size": len(content)}
        more: dict[str, Any] = {"media_group_id": album} if album else {}
        if caption:
            more["caption"] = caption
        if as_photo:
            small = {**file, "file_id": ref + "-small", "file_size": 1, "width": 90, "height": 60}
            return await self.sends(photo=[small, {**file, "width": 900, "height": 600}], **more)
        return await self.sends(document={**file, "file_name": name, "mime_type": mime}, **more)

    async def shares_contact(self, phone: str, own: bool = True) -> int:
        """Share a number: his own by the button, or somebody else's."""
        contact: dict[str, Any] = {"phone_number": phone, "first_name": self.name}
        if own:
            contact["user_id"] = self.chat
        return await self.sends(contact=contact)

    async def sends_sticker(self) -> int:
        """Send a sticker."""
        sticker = {"file_id": "s", "file_unique_id": "s", "width": 512, "height": 512}
        kind = {"type": "regular", "is_animated": False, "is_video": False}
        return await self.sends(sticker={**sticker, **kind})

    async def edits(self, text: str, message: int = 0) -> int:
        """Change a message that he sent, the last one by default."""
        edited = self._message(message or self.last_message, {"text": text})
        return self.server.push(edited_message={**edited, "edit_date": int(time.time())})

    async def edits_file(self, name: str, content: bytes) -> int:
        """Put another file in the place of the last that he sent; its caption stays."""
        message = self.server.messages[self.chat, self.last_message]
        document = {**message["document"], "file_id": self.server.keep(name, content)}
        edited = {**message, "document": {**document, "file_name": name}}
        return self.server.push(edited_message={**edited, "edit_date": int(time.time())})

    async def reacts(self) -> int:
        """Put a thumb on the last message that he sent. The Bot API may tell this as an edit
        without its date: https://github.com/tdlib/telegram-bot-api/issues/388."""
        return self.server.push(edited_message=self.server.messages[self.chat, self.last_message])

    async def sends_video(self, album: str = "") -> int:
        """Send a video."""
        video = {"file_id": "v", "file_unique_id": "v", "duration": 9, "width": 9, "height": 9}
        return await self.sends(video=video, **({"media_group_id": album} if album else {}))

    async def presses(self, button: str, message: Received | None = None) -> int:
        """Press the newest button with that id or label, or that of an older message."""
        for received in [message] if message else reversed(self.received):
            for identity, label in (pair for row in received.buttons for pair in row):
                if button in (identity, label):
                    return self._press(identity, received)
        seen = [pair for received in self.received for row in received.buttons for pair in row]
        raise AssertionError(f"no button {button!r} among {seen}")

    async def blocks(self, gone: bool = True) -> int:
        """Block the bot, or let it in again."""
        (self.server.blocked.add if gone else self.server.blocked.discard)(self.chat)
        status = ("member", "kicked") if gone else ("kicked", "member")
        bot = {"id": 1234567, "is_bot": True, "first_name": "Health Code"}
        old, new = (
            {"user": bot, "status": each} | ({"until_date": 0} if each == "kicked" else {})
            for each in status
        )
        return self.server.push(
            my_chat_member={
                "chat": self.chat_object(),
                "from": self.user_object(),
                "date": int(time.time()),
                "old_chat_member": old,
                "new_chat_member": new,
            }
        )

    async def reply(self, within: float = PATIENCE) -> Received:
        """Return the next message that reached him; AssertionError if none comes in time.

        Silent messages do not count: they are the bot's housekeeping, and make no sound.
        """
        try:
            return await asyncio.wait_for(self._waiting.get(), within)
        except TimeoutError:
            raise AssertionError(f"no reply reached {self.chat} in {within} s") from None

    async def toast(self, within: float = PATIENCE) -> str:
        """Return what the next of his presses was answered with, empty for nothing to show."""
        async with asyncio.timeout(within):
            return await (await self._toasts.get())

    def quiet(self) -> bool:
        """Whether every message that reached him has been looked at."""
        return self._waiting.empty()

    def got(self, received: Received) -> None:
        """Take a message in; called by the server."""
        self.received.append(received)
        if not received.silent:
            self._waiting.put_nowait(received)

    def _message(self, number: int, content: dict[str, Any]) -> dict[str, Any]:
        return {
            "message_id": number,
            "date": int(time.time()),
            "chat": self.chat_object(),
            "from": self.user_object(),
            **content,
        }

    def _press(self, button: str, received: Received) -> int:
        query = f"{self.chat}-{self.server.next_number()}"
        toast: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.server.toasts[query] = toast
        self._toasts.put_nowait(toast)
        return self.server.push(
            callback_query={
                "id": query,
                "from": self.user_object(),
                "chat_instance": "1",
                "data": button,
                "message": self.server.messages[self.chat, received.number],
            }
        )
