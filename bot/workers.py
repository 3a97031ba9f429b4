"""A process beside ours for what takes milliseconds of pure computing: pictures, visit records.

The loop answers others meanwhile, and a second core has something to do; a thread would only
contend for the interpreter. Nothing is kept there: a process that dies is replaced.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from typing import Any

from bot.channels import TryAgain
from core.answer import Invalid
from core.conversation.messages import Card
from core.picture import draw
from core.visits import Reading, VisitPolicy, read_export, read_exports

PR_SET_PDEATHSIG = 1
"""Linux prctl(2): the signal that a process gets when its parent dies."""

Refusal = tuple[str, dict[str, Any]]


class Workers:
    """Runs the two on `count` processes, which are started when they are first needed."""

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def warm(self) -> None:
        """Start a process already, so that the first person need not wait for it."""
        self._running().submit(_nothing)

    async def draw(self, card: Card) -> bytes:
        """Return the PNG of a card; raise TryAgain where the process died."""
        png: bytes = await self._run(draw, card)
        return png

    async def read_visits(
        self, data: bytes, name: str, now: datetime, policy: VisitPolicy
    ) -> bytes:
        """Return an export as `core.visits.Export.to_bytes` writes it.

        Raise Invalid as `read_export` does, TryAgain where the process died.
        """
        return await self._read(_read_visits, data, name, now, policy)

    async def read_exports(
        self, data: bytes, name: str, now: datetime, policy: VisitPolicy
    ) -> bytes:
        """Return all exports of a file as `core.visits.Reading.to_bytes` writes them.

        Raise Invalid as `read_exports` does, TryAgain where the process died.
        """
        return await self._read(_read_exports, data, name, now, policy)

    async def _read(self, read: Callable[..., bytes], *arguments: Any) -> bytes:
        found: bytes | Refusal = await self._run(_or_refused, read, *arguments)
        if isinstance(found, bytes):
            return found
        code, params = found
        raise Invalid(code, **params)

    def close(self) -> None:
        """End the processes; what they were at is not waited for."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Not forked: a copy of a process with threads and a running loop is not safe.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._count, context, _prepare)
        return self._pool

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        pool = self._running()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)
        except BrokenProcessPool:
            if self._pool is pool:
                self.close()
            raise TryAgain("a worker process died") from None


def _prepare() -> None:
    # Ctrl-C reaches the whole group; who stops is the parent's business. It must not leave us
    # behind when it is killed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _nothing() -> None:
    pass


def _read_visits(data: bytes, name: str, now: datetime, policy: VisitPolicy) -> bytes:
    return read_export(data, name=name, now=now, policy=policy).to_bytes()


def _read_exports(data: bytes, name: str, now: datetime, policy: VisitPolicy) -> bytes:
    return Reading.to_bytes(read_exports(data, name=name, now=now, policy=policy))


def _or_refused(read: Callable[..., bytes], *arguments: Any) -> bytes | Refusal:
    # An Invalid would lose its params on the way between two processes.
    try:
        return read(*arguments)
    except Invalid as invalid:
        return invalid.code, invalid.params
