"""A server on this machine, reached as one on another machine is."""

from __future__ import annotations

import asyncio
from enum import Enum
from pathlib import Path

COMMIT = b"COMMIT;\0"
"""The end of the question by which asyncpg commits a transaction."""

LATER = 0.2
"""Seconds after which a commit reaches the server that we have given up."""


class Break(Enum):
    """How a connection breaks as a transaction is committed."""

    BEFORE = "the commit does not reach the server"
    AFTER = "its answer does not reach us"
    LATE = "the commit reaches the server when we have given up"


class FarServer:
    """Passes on, by TCP, what goes to and from a server's socket of this machine.

    `breaks` are how the next commits break their connections, one after the other.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = 0
        self.breaks: list[Break] = []
        self._near: set[asyncio.StreamWriter] = set()
        self._deaf: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen at `port` of 127.0.0.1."""
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database there."""
        return f"postgresql://postgres:@127.0.0.1:{self.port}/{name}"

    async def stop(self) -> None:
        """Listen no more, and close every connection."""
        assert self._server
        self._server.close()
        for near in self._near:
            near.close()
        await self._server.wait_closed()

    async def _met(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_unix_connection(self.path)
        except OSError:
            near.transport.abort()
            return
        self._near.add(near)
        try:
            await asyncio.gather(
                self._ask(reader, to_server, near), self._answer(from_server, near)
            )
        except ConnectionError:
            near.transport.abort()
        finally:
            self._near.discard(near)
            self._deaf.discard(near)
            to_server.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        near: asyncio.StreamWriter,
    ) -> None:
        while some := await reader.read(1 << 16):
            if some.endswith(COMMIT) and self.breaks:
                how = self.breaks.pop(0)
                if how is Break.AFTER:
                    self._deaf.add(near)
                else:
                    near.transport.abort()
                if how is Break.LATE:
                    await asyncio.sleep(LATER)
                if how is Break.BEFORE:
                    break
            to_server.write(some)
            await to_server.drain()
        to_server.close()

    async def _answer(self, from_server: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        while some := await from_server.read(1 << 16):
            if near in self._deaf:
                break
            near.write(some)
            await near.drain()
        near.transport.abort()
