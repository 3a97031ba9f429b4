"""Open what strangers send where it can do no harm.

A proof of address, or a photo of a code, is decoded in a process of its own, which the kernel
limits and which is killed when it takes too long.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import msgspec

from bot.processes.sandboxed import CODES, PROOF, REFUSED
from core import clean_proof
from core.answer import Invalid
from core.gate import sighting

SECONDS = 10
AT_ONCE = 2
MAX_ANSWER_BYTES = 20_000_000
"""Ten pages of JPEG are far smaller; only a process that was taken over would say more."""
_CHILD = Path(__file__).with_name("sandboxed.py")


class Sandbox:
    """Runs at most `at_once` processes; whoever comes later waits his turn."""

    def __init__(self, *, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._seconds = seconds

    async def clean_proof(self, data: bytes) -> bytes:
        """Return a `CleanProof` as bytes, or raise Invalid with one of `core.clean_proof.ERRORS`.

        A process that crashes or takes too long makes it `unreadable`.
        """
        if len(data) > clean_proof.MAX_BYTES:
            raise Invalid("too_large", limit_mb=clean_proof.MAX_BYTES // 1_000_000)
        return await self._answer(
            PROOF, data, clean_proof.CleanProof.from_bytes, clean_proof.ERRORS
        )

    async def read_codes(self, data: bytes) -> bytes:
        """Return the codes in a photo as `core.gate.sighting.pack` writes them, or raise Invalid.

        Its codes are the `ERRORS` there; a process that crashes makes it `unreadable`.
        """
        if len(data) > sighting.MAX_BYTES:
            raise Invalid("too_large", limit_mb=sighting.MAX_BYTES // 1_000_000)
        return await self._answer(CODES, data, sighting.unpack, sighting.ERRORS)

    async def _answer(
        self, kind: str, data: bytes, check: Callable[[bytes], object], errors: Sequence[str]
    ) -> bytes:
        async with self._turns:
            code, answer = await self._run(kind, data)
        try:
            if code == REFUSED:
                raise _refusal(answer, errors)
            if code != 0:
                raise Invalid("unreadable")
            check(answer)
        except msgspec.DecodeError as error:
            raise Invalid("unreadable") from error
        return answer

    async def _run(self, kind: str, data: bytes) -> tuple[int, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_CHILD),
            kind,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
        )
        try:
            async with asyncio.timeout(self._seconds):
                answer = await _talk(process, data)
                return await process.wait() if answer else -1, answer
        except TimeoutError:
            return -1, b""
        finally:
            await _end(process)


async def _talk(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    """Hand over the file and return what comes back, empty where it is more than was agreed."""
    to_child = cast(asyncio.StreamWriter, process.stdin)
    from_child = cast(asyncio.StreamReader, process.stdout)
    # It may have died already; its exit code will say so.
    with contextlib.suppress(ConnectionError):
        to_child.write(data)
        to_child.write_eof()
        await to_child.drain()
    answer = bytearray()
    while len(answer) <= MAX_ANSWER_BYTES and (part := await from_child.read(65_536)):
        answer += part
    return bytes(answer) if len(answer) <= MAX_ANSWER_BYTES else b""


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the process if it still runs, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    # asyncio reports the end only after the pipe was read to its own.
    while await cast(asyncio.StreamReader, process.stdout).read(65_536):
        pass
    await process.wait()


def _refusal(answer: bytes, errors: Sequence[str]) -> Invalid:
    code, params = msgspec.msgpack.decode(answer, type=tuple[str, dict[str, int]])
    return Invalid(code, **params) if code in errors else Invalid("unreadable")
