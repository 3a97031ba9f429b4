"""The memory for files on their way, all chats together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import StreamReader


class NoRoom(Exception):
    """Others need the memory, and nothing has come of this file for longest."""


class TooSlow(Exception):
    """The file did not come in time."""


class Coming:
    """A file on its way, and how much of it is here."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0
        self.given_up = False
        self._time: asyncio.Timeout | None = None

    async def read(self, content: StreamReader, most: int, seconds: float) -> bytes | None:
        """Read a body piece by piece; None as soon as it is larger than `most` bytes.

        Raise TooSlow, NoRoom, or ConnectionError where it is broken off.
        """
        data = bytearray()
        try:
            async with asyncio.timeout(seconds) as self._time:
                async for piece in content.iter_any():
                    data += piece
                    if len(data) > most:
                        return None
                    self._room.grow(self, len(piece))
        except TimeoutError:
            raise NoRoom if self.given_up else TooSlow from None
        finally:
            self._room.whole(self)
        return bytes(data)

    def give_up(self) -> None:
        """Stop reading."""
        self.given_up = True
        if self._time and not self._time.expired():
            self._time.reschedule(asyncio.get_running_loop().time())


class Room:
    """Room for so many bytes. Where it is full, the file of which nothing has come for longest
    gives way: who stands still holds up nobody but himself."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        # In the order in which something came of them last.
        self._coming: dict[Coming, None] = {}

    @contextmanager
    def file(self) -> Iterator[Coming]:
        """Hold the memory of a file until it is kept elsewhere."""
        coming = Coming(self)
        try:
            yield coming
        finally:
            self._let_go(coming)

    def grow(self, file: Coming, size: int) -> None:
        """Make room for a piece of a file; raise NoRoom where there can be none."""
        self._coming.pop(file, None)
        self._coming[file] = None
        file.size += size
        self._held += size
        while self._held > self._size:
            slowest = next(iter(self._coming))
            self.whole(slowest)
            self._let_go(slowest)
            if slowest is file:
                raise NoRoom
            slowest.give_up()

    def whole(self, file: Coming) -> None:
        """Let a file that comes no more make room for no other."""
        self._coming.pop(file, None)

    def _let_go(self, file: Coming) -> None:
        self._held -= file.size
        file.size = 0
