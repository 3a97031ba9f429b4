"""A server on this machine, reached as one on another machine is."""

from __future__ import annotations

import asyncio
from pathlib import Path


class FarServer:
    """Passes on, by TCP, what goes to and from a server's socket of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = 0
        self._near: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen at `port` of 127.0.0.1."""
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and close every connection."""
        assert self._server
        self._server.close()
        for near in self._near:
            near.close()
        await self._server.wait_closed()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_unix_connection(self.path)
        self._near.add(writer)
        try:
            await asyncio.gather(_pass(reader, to_server[1]), _pass(to_server[0], writer))
        finally:
            self._near.discard(writer)
            writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(1 << 16):
        writer.write(some)
        await writer.drain()
    writer.close()
