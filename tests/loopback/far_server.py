"""A server on this machine made to look far away: its machine can be gone without a word."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from pathlib import Path

SO_ATTACH_FILTER = 26
NOTHING_PASSES = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A program of the kernel's filter of packets: return 0, so that no byte of a packet is kept."""


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
        """Listen no more, and leave those who are connected."""
        assert self._server
        self._server.close()
        for near in self._near:
            near.close()
        await self._server.wait_closed()

    def vanish(self) -> None:
        """Be gone for those who are connected: what they send arrives nowhere, not even to be
        refused. Who connects from now on meets another machine in its place."""
        for near in self._near:
            program = ctypes.create_string_buffer(NOTHING_PASSES)
            filter_ = struct.pack("HP", 1, ctypes.addressof(program))
            near.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)

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
