"""Processes beside ours for what takes milliseconds of pure computing: pictures, visit records.

The loop answers others meanwhile, and a second core has something to do; a thread would only
contend for the interpreter. Nothing is kept there: a process that dies is replaced. They are
spoken to by the loop itself, without a thread, which would wait for the interpreter too.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from datetime import datetime
from itertools import count
from pathlib import Path

import msgspec

from bot.channels import TryAgain
from bot.processes.calls import LENGTH, Answer, Call, Draw, Read, frame
from core.answer import Invalid
from core.conversation.messages import Card
from core.visits import VisitPolicy

MAX_ANSWER = 20_000_000
"""Bytes of an answer; only a process that was taken over would say more."""

PIECE = 1 << 20
"""Bytes taken from a process at once."""

LONGEST = 30.0
"""Seconds after which a process that has not answered a call is held to hang."""

ROOT = Path(__file__).parents[2]
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from bot.processes.worker import serve; serve()"
)

_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class Workers:
    """Runs calls on `processes` processes, which are started when they are first needed."""

    def __init__(self, processes: int = 1) -> None:
        self._most = processes
        self._running: list[Process] = []
        self._numbers = count(1)

    @property
    def pids(self) -> list[int]:
        """The processes that are there."""
        return [process.pid for process in self._running if process.alive]

    def warm(self) -> None:
        """Start a process already, so that the first person need not wait for it."""
        self._process()

    async def draw(self, card: Card) -> bytes:
        """Return the PNG of a card; raise TryAgain where the process died."""
        return await self._answer(Draw(next(self._numbers), card))

    async def read_visits(
        self, data: bytes, name: str, now: datetime, policy: VisitPolicy
    ) -> bytes:
        """Return an export as `core.visits.Export.to_bytes` writes it.

        Raise Invalid as `read_export` does, TryAgain where the process died.
        """
        return await self._answer(Read(next(self._numbers), data, name, now, policy, False))

    async def read_exports(
        self, data: bytes, name: str, now: datetime, policy: VisitPolicy
    ) -> bytes:
        """Return all exports of a file as `core.visits.Reading.to_bytes` writes them.

        Raise Invalid as `read_exports` does, TryAgain where the process died.
        """
        return await self._answer(Read(next(self._numbers), data, name, now, policy, True))

    async def _answer(self, call: Call) -> bytes:
        answer = await self._process().call(call)
        if answer.refused:
            raise Invalid(answer.refused, **answer.params)
        if answer.failed:
            raise RuntimeError(answer.failed)
        return answer.body

    def _process(self) -> Process:
        """Return the process with the least to do."""
        self._running = [process for process in self._running if process.alive]
        if len(self._running) < self._most:
            self._running.append(Process())
        return min(self._running, key=lambda process: process.waiting)

    def close(self) -> None:
        """End the processes; what they were at is not waited for."""
        for process in self._running:
            process.end()
        self._running = []


class Process:
    """One process, and the connection to it.

    It serves the loop that calls it; where that is another one than before, as in tests, what the
    other waited for is forgotten.
    """

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            # Without our environment, which has the secrets, and in no group that gets Ctrl-C.
            self._process = subprocess.Popen(  # noqa: S603  # nothing in it is from outside
                [sys.executable, "-I", "-c", START, str(ROOT)],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        self.alive = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._calls, self._answers = bytearray(), bytearray()

    @property
    def pid(self) -> int:
        """The number by which the system knows it."""
        return self._process.pid

    @property
    def waiting(self) -> int:
        """How many calls wait for their answer."""
        return len(self._waiting)

    async def call(self, call: Call) -> Answer:
        """Return the answer to a call; raise TryAgain where the process dies before, or hangs."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._waiting.clear()
            loop.add_reader(self._socket, self._read)
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting[call.id] = answer
        self._calls += frame(call)
        self._write()
        try:
            async with asyncio.timeout(LONGEST):
                return await answer
        except TimeoutError:
            self.end()  # Whoever comes later would wait behind it for ever.
            raise TryAgain("a worker process hangs") from None
        finally:
            self._waiting.pop(call.id, None)

    def _write(self) -> None:
        try:
            del self._calls[: self._socket.send(self._calls)]
        except BlockingIOError:
            pass
        except OSError:
            self.end()
            return
        if self._loop and self._calls:
            self._loop.add_writer(self._socket, self._write)
        elif self._loop:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            piece = self._socket.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self._answers += piece
        if not piece or not self._understood():
            self.end()

    def _understood(self) -> bool:
        """Hand over the answers that are whole; tell whether they make sense."""
        while len(self._answers) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._answers)
            if length > MAX_ANSWER:
                return False
            end = LENGTH.size + length
            if len(self._answers) < end:
                break
            try:
                answer = _answers.decode(memoryview(self._answers)[LENGTH.size : end])
            except msgspec.DecodeError:
                return False
            del self._answers[:end]
            waiting = self._waiting.get(answer.id)
            if waiting and not waiting.done():
                waiting.set_result(answer)
        return True

    def end(self) -> None:
        """End the process; whoever waits for an answer is to try again."""
        if not self.alive:
            return
        self.alive = False
        if self._loop and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket.close()
        self._process.kill()
        self._process.wait()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(TryAgain("a worker process died"))
