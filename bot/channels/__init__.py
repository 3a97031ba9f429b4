"""Platforms. A channel turns the platform's payload into an Incoming and a Reply into its calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from core.conversation.messages import Capabilities, Card, Incoming, Reply
from core.store.store import Transaction

HEAD = 64
"""First bytes of a file that is not read: enough to tell a picture from a document."""

Receive = Callable[[Sequence[Incoming]], Awaitable[None]]
"""Takes messages into the inbox; returns once they are committed, so that they may be confirmed."""

Draw = Callable[[Card], Awaitable[bytes]]
"""Draws the PNG of a card."""


class Stopping(Exception):
    """The program is stopping, and takes nothing in any more."""


class TryAgain(Exception):
    """The platform could not take it now. `after` is in seconds, None for our own back-off."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Unreachable(Exception):
    """The person cannot be reached there any more (bot blocked, chat gone): do not try again."""


class Refused(Exception):
    """The platform will never take this one: do not try again, somebody must look."""


class TooLarge(Exception):
    """A file is larger than what was asked for. `head` are its first bytes, if they are known."""

    def __init__(self, head: bytes = b"") -> None:
        super().__init__()
        self.head = head[:HEAD]


class Channel(Protocol):
    """One platform."""

    name: str
    capabilities: Capabilities

    async def start(self, receive: Receive) -> None:
        """Begin to take messages in."""

    async def send(self, address: str, reply: Reply, number: int) -> None:
        """Deliver one reply, or raise TryAgain, Unreachable or Refused.

        `number` is the reply's place in the outbox: it grows, and is the same on a second try.
        """

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Return a file's bytes, or raise TooLarge beyond `limit`, TryAgain, Refused if gone."""

    async def forget(self, tx: Transaction, ref: str) -> None:
        """Erase what we keep ourselves of a file that was read, with what came of it."""

    async def stop(self) -> None:
        """Stop taking messages in; what was taken is finished elsewhere."""
