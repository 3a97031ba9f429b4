"""Background work: fetch a file from its channel, read it, put what came of it into the inbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.channels import Channel, Refused, Stopping, TooLarge, TryAgain
from bot.clock import Clock
from bot.processes.sandbox import AT_ONCE, Sandbox
from bot.processes.workers import Workers
from core.answer import Invalid
from core.conversation.messages import Finished, Incoming, channel_of
from core.conversation.turn import CODES, EXPORTS, PROOF, VISITS, Job
from core.gate import sighting
from core.store.store import Store, Transaction
from core.store.uploads import new_upload
from core.visits import mistaken

Receive = Callable[[Sequence[Incoming], Callable[[Transaction], Awaitable[None]]], Awaitable[None]]
"""Takes messages into the inbox, and keeps in their transaction what they refer to."""

SANDBOXED = PROOF, CODES
"""What is read in a sandbox, which takes seconds."""

READ_AT_ONCE = 16
"""Jobs in hand at once that take milliseconds once their file is there: enough to hide how long it
takes to come, few enough that the last of them waits for no hundred large ones."""

SANDBOXED_AT_ONCE = 3 * AT_ONCE
"""Jobs of a sandbox in hand at once: the last has its turn before its delivery takes too long."""


def route_of(job: Job) -> str:
    """Return the route of a job: who waits for a sandbox is in nobody else's way."""
    return job.kind if job.kind in SANDBOXED else "work"


class Work:
    """Reads uploads. What it found comes back as a message of its own, once for each job."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Clock,
        workers: Workers,
        receive: Receive,
    ) -> None:
        self.store = store
        self.channels = channels
        self.clock = clock
        self.receive = receive
        self.workers = workers
        self.sandbox = Sandbox()
        # Of their own: at a gate nobody waits behind proofs that take long to open.
        self.gate = Sandbox()

    async def deliver(self, chat: str, job: Job) -> None:
        """Do one job. Raises TryAgain where the channel cannot give the file now.

        The file is erased together with the news of what it held: a job that is cut off finds it
        again, and one that is done once more can add nothing.
        """
        channel = self.channels.get(channel_of(chat))
        if channel is None:
            raise TryAgain("its channel is off")
        error, body = "", b""
        params: dict[str, str | int] = {}
        try:
            body = await self._read(channel, job)
        except TooLarge as large:
            error = _unread(job, large.head)
            limit = self._limit(job.kind)
            params = {"limit_mb": limit // 1_000_000, "limit_kb": limit // 1_000}
        except Refused:
            error = "unavailable"
        except Invalid as invalid:
            error, params = invalid.code, invalid.plain
        now = self.clock()
        upload = "" if error else new_upload()
        told = finished(chat, job, now, upload=upload, error=error, params=params)

        async def keep(tx: Transaction) -> None:
            if upload:
                await tx.uploads.keep(chat, job.kind, body, now, name=upload)
            await channel.forget(tx, job.ref)

        try:
            await self.receive([told], keep)
        except Stopping:
            raise TryAgain("the program is stopping") from None

    def _limit(self, kind: str) -> int:
        uploads = self.store.policy.uploads
        if kind == CODES:
            return sighting.MAX_BYTES
        return uploads.proof_bytes if kind == PROOF else uploads.export_bytes

    async def _read(self, channel: Channel, job: Job) -> bytes:
        data = await channel.fetch(job.ref, self._limit(job.kind))
        if job.kind == PROOF:
            return await self.sandbox.clean_proof(data)
        if job.kind == CODES:
            return await self.gate.read_codes(data)
        read = self.workers.read_exports if job.kind == EXPORTS else self.workers.read_visits
        return await read(data, job.name, self.clock(), self.store.policy.visits)


def _unread(job: Job, head: bytes) -> str:
    """Return why a file is refused that is too large to be fetched."""
    other = mistaken(head, name=job.name, mime=job.mime) if job.kind in (VISITS, EXPORTS) else ""
    return other or "too_large"


def finished(
    chat: str,
    job: Job,
    now: datetime,
    *,
    upload: str = "",
    error: str = "",
    params: dict[str, str | int] | None = None,
) -> Incoming:
    """Return the message that says how a job ended."""
    body = Finished(job=job.id, name=job.name, upload=upload, error=error, params=params or {})
    return Incoming(chat=chat, id=f"job:{job.id}", body=body, sent_at=now)
