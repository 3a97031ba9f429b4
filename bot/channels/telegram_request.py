"""How the Bot API is spoken to: python-telegram-bot's request seam over one aiohttp session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp import ClientTimeout
from telegram._utils.types import JSONDict, ODVInput
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from bot.channels import Refused, TooLarge, TryAgain, Unreachable

CONNECTIONS = 256
"""Requests on their way at once: a hundred chats, each with a message and an acknowledgement."""

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 20.0
POOL_TIMEOUT = 30.0
"""Seconds to connect, between two pieces of an answer, and for a free connection."""

MAX_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer, far above a hundred updates of the longest text; an answer is not trusted."""


class Flooded(TelegramError):
    """The Bot API asks to wait: `after` seconds, None where it does not say."""

    def __init__(self, after: float | None) -> None:
        super().__init__("flood control")
        self.after = after


@contextmanager
def translated() -> Iterator[None]:
    """Turn the Bot API's errors into those of a channel: Unreachable, Refused or TryAgain."""
    try:
        yield
    except (Forbidden, ChatMigrated) as error:
        raise Unreachable(error.message) from None
    except BadRequest as error:
        if "chat not found" in error.message.lower():
            raise Unreachable(error.message) from None
        raise Refused(error.message) from None
    except Flooded as error:
        raise TryAgain(error.message, error.after) from None
    except TelegramError as error:
        # Also an invalid token: the operator will mend it, and the message is still wanted then.
        raise TryAgain(error.message) from None


class AiohttpRequest(BaseRequest):
    """Carry the calls of a `telegram.Bot` whose own address is empty.

    The token is known here and nowhere else: the Bot is made with an empty base URL, so that
    neither its log nor its exceptions can hold the token. `url` is then a path such as
    `/sendMessage`. Redirects are not followed and proxies of the environment are ignored.
    """

    def __init__(self, api: str, token: str) -> None:
        self._token = token
        self._methods = f"{api.rstrip('/')}/bot{token}"
        self._files = f"{api.rstrip('/')}/file/bot{token}/"
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer where the caller does not say."""
        return READ_TIMEOUT

    async def initialize(self) -> None:
        """Open the session, once."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return the status and the body; raise Flooded, or NetworkError free of the token.

        An error counts by the Bot API's word alone: what stands in between may refuse everything
        for an hour, which says nothing of the message or of who was to get it.
        """
        body, headers = _body(request_data)
        wait = read_timeout if isinstance(read_timeout, float | int) else READ_TIMEOUT
        try:
            status, answer = await self._exchange(
                method, self._methods + url, MAX_ANSWER, wait, data=body, headers=headers
            )
        except TooLarge:
            raise NetworkError("the answer is too long") from None
        if status == 429:
            raise Flooded(_retry_after(answer))
        if status >= 300:
            answer = self._without_token(status, answer)
        return status, answer

    async def download(self, path: str, limit: int) -> bytes:
        """Return the file at a `file_path` of getFile, reading no more than `limit` bytes.

        Raise TooLarge beyond the limit, Refused for a path that leaves the bot's own files or a
        file that is gone, TryAgain while the server cannot answer.
        """
        if path.startswith("/") or ".." in path or "://" in path or "\\" in path:
            raise Refused("the path of the file leads elsewhere")
        try:
            status, content = await self._exchange(
                "GET", self._files + quote(path), limit, READ_TIMEOUT
            )
        except NetworkError as error:
            raise TryAgain(str(error)) from None
        if status == 429 or status >= 500:
            raise TryAgain(f"the file server answered {status}", _retry_after(content))
        if status != 200:
            raise Refused(f"the file server answered {status}")
        return content

    @staticmethod
    def parse_json_payload(payload: bytes) -> JSONDict:
        """Decode an answer; unlike the original, never log one that cannot be decoded."""
        try:
            answer = decode(payload)
        except ValueError:
            raise TelegramError("the answer is not JSON") from None
        if not isinstance(answer, dict) or "ok" not in answer:
            raise TelegramError("the answer is not one of the Bot API")
        if isinstance(result := answer.get("result"), dict) and "message_id" in result:
            answer["result"] = outline(result)
        return answer

    async def _exchange(
        self, method: str, url: str, limit: int, wait: float, **body: Any
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NetworkError("not connected")
        failure: NetworkError
        try:
            async with self._session.request(
                method, url, timeout=_timeout(wait), allow_redirects=False, **body
            ) as response:
                return response.status, await _read(response, limit)
        except TimeoutError:
            failure = TimedOut()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # The text of such an error may hold the whole URL, so only its kind goes on; and it
            # is raised outside of this block, so that not even the context remembers it.
            failure = NetworkError(type(error).__name__)
        raise failure

    def _without_token(self, status: int, answer: bytes) -> bytes:
        """Return an error of the Bot API, which may be shown, or raise NetworkError."""
        try:
            self.parse_json_payload(answer)
        except TelegramError as error:
            raise NetworkError(f"answered {status}: {error.message}") from None
        return answer.replace(self._token.encode(), b"...")


@cache
def _timeout(wait: float) -> ClientTimeout:
    return ClientTimeout(connect=POOL_TIMEOUT, sock_connect=CONNECT_TIMEOUT, sock_read=wait)


def outline(message: JSONDict) -> JSONDict:
    """Return what tells one of our own messages from others, without what it says.

    Telegram repeats the whole message, keyboard and all, in each answer; to build the library's
    objects of it would cost more than all else that is done for a message.
    """
    return {name: message[name] for name in ("message_id", "date", "chat") if name in message}


def decode(payload: bytes | bytearray) -> Any:
    """Decode JSON; raise ValueError if it is none.

    Half a surrogate pair or a byte that is no UTF-8 becomes "?" or U+FFFD: one spoilt message must
    not keep back those that came with it.
    """
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        lenient = json.loads(payload.decode(errors="replace"))
        whole = json.dumps(lenient, ensure_ascii=False).encode(errors="replace")
        return msgspec.json.decode(whole)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _body(request_data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, Any]:
    if request_data is None:
        return None, None
    if not request_data.contains_files:
        return msgspec.json.encode(request_data.parameters), {"Content-Type": "application/json"}
    form = aiohttp.FormData(request_data.json_parameters)
    for field, (name, content, mime) in request_data.multipart_data.items():
        form.add_field(field, content, filename=name, content_type=mime)
    return form, None


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if (response.content_length or 0) > limit:
        raise TooLarge
    content = bytearray()
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > limit:
            raise TooLarge
    return bytes(content)


def _retry_after(answer: bytes) -> float | None:
    """Return the seconds that a 429 asks for, see ResponseParameters of the Bot API."""
    try:
        return float(msgspec.json.decode(answer)["parameters"]["retry_after"])
    except (ValueError, TypeError, LookupError):
        return None
