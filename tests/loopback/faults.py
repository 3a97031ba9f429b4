"""What may go wrong at a loopback server, on demand."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web


class Fault(msgspec.Struct, kw_only=True):
    """One thing that goes wrong `times` times, at `method` ("" for any) and `chat` (0 for any).

    `status` (with `description` and `retry_after`) refuses a call before it has an effect; with a
    `page` it is something in between that answers so, such as a proxy. `hang` seconds pass before
    anything else. `reset` lets a call have its effect and then breaks the
    connection, so that the caller cannot know.
    """

    method: str = ""
    chat: int = 0
    times: int = 1
    status: int = 0
    description: str = ""
    retry_after: int = 0
    page: str = ""
    hang: float = 0.0
    reset: bool = False


def flood(retry_after: int, method: str = "", times: int = 1) -> Fault:
    """Return a 429 that asks for `retry_after` seconds."""
    return Fault(
        method=method,
        times=times,
        status=429,
        description=f"Too Many Requests: retry after {retry_after}",
        retry_after=retry_after,
    )


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let it happen from now on."""
        self.waiting.append(fault)

    def take(self, method: str, chat: int = 0) -> Fault | None:
        """Return the fault that hits this call, counted as happened."""
        for fault in self.waiting:
            if fault.method in ("", method) and fault.chat in (0, chat):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


async def break_off(request: web.Request) -> web.Response:
    """Reset the connection in the place of an answer."""
    assert request.transport is not None
    request.transport.abort()
    await asyncio.sleep(0)
    return web.Response()
