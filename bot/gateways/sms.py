"""SMS: to a console for trying things out, or through Twilio's Messages API."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import aiohttp
import msgspec

from bot.channels import Refused, TryAgain
from bot.clock import Clock, system_clock

TIMEOUT = aiohttp.ClientTimeout(total=20)
"""Seconds for one SMS to be accepted; the outbox tries again after."""

CONSOLE_FILE_LIMIT = 1024 * 1024
"""Bytes of the console's file, above which it is put aside as `<name>.old` and begun anew."""

MAX_ANSWER = 64 * 1024
"""Bytes read of an answer; a message resource is about one kilobyte."""

Show = Callable[[str, str, str], Awaitable[None]]
"""Shows an SMS beside the chat: chat, number, text."""


class SmsGateway(Protocol):
    """What carries an SMS."""

    async def send(self, chat: str, to: str, text: str, key: str) -> None:
        """Send one SMS to an E.164 number, or raise TryAgain or Refused.

        `chat` is the chat in which it was asked for; `key` is the same on a second try. No
        exception and no log holds the number or the text.
        """


class ConsoleSms:
    """Write each SMS into a file that its owner alone may read, and show it on the page.

    The file has a JSON object a line: at (UTC), chat, to, text, key.
    """

    def __init__(self, file: Path, show: Show, clock: Clock = system_clock) -> None:
        self._file = file
        self._show = show
        self._clock = clock

    async def send(self, chat: str, to: str, text: str, key: str) -> None:
        """Write and show one SMS; raise TryAgain while the file cannot be written."""
        entry = {"at": self._clock(), "chat": chat, "to": to, "text": text, "key": key}
        try:
            self._append(msgspec.json.encode(entry) + b"\n")
        except OSError as error:
            raise TryAgain(f"the file of SMS cannot be written: {error.strerror}") from None
        await self._show(chat, to, text)

    def _append(self, line: bytes) -> None:
        descriptor = os.open(
            self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600
        )
        try:
            os.fchmod(descriptor, 0o600)  # It may have been there, with another mode.
            os.write(descriptor, line)
            full = os.fstat(descriptor).st_size >= CONSOLE_FILE_LIMIT
        finally:
            os.close(descriptor)
        if full:
            self._file.replace(self._file.with_name(self._file.name + ".old"))


class TwilioSms:
    """Send through Twilio: POST /2010-04-01/Accounts/{account}/Messages.json.

    Twilio has no key against sending twice. A try whose outcome is unknown may so repeat an SMS,
    with the same text in it. `session` must not take proxies from the environment.
    """

    def __init__(
        self, api: str, account: str, token: str, from_: str, session: aiohttp.ClientSession
    ) -> None:
        self._url = f"{api.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        credentials = b64encode(f"{account}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        self._from = from_
        self._session = session

    async def send(self, chat: str, to: str, text: str, key: str) -> None:
        """Send one SMS, see `SmsGateway.send`. Refused carries Twilio's error code."""
        try:
            async with self._session.post(
                self._url,
                data={"To": to, "From": self._from, "Body": text},
                headers=self._headers,
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as response:
                status = response.status
                wait = response.headers.get("Retry-After", "")
                answer = await response.content.read(MAX_ANSWER)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TryAgain(f"Twilio cannot be reached: {type(error).__name__}") from None
        if status == HTTPStatus.CREATED:
            return
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TryAgain(f"Twilio answered {status}", float(wait) if wait.isdecimal() else None)
        raise Refused(f"Twilio answered {status}, code {_code(answer)}")


def _code(answer: bytes) -> str:
    """Return the `code` of a Twilio error; its `message` is left out as it quotes the number."""
    try:
        return str(int(msgspec.json.decode(answer)["code"]))
    except (ValueError, TypeError, LookupError):
        return "unknown"
