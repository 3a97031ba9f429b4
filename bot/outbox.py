"""Send what was committed: in order within a lane, lanes side by side, again until it arrives.

A row is leased, sent, and marked in the next transaction together with the next leases. When the
process is killed between sending and marking, the row is sent again: at least once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.channels import Refused, TryAgain, Unreachable
from bot.clock import Clock, sleep_until
from bot.logs import where
from bot.work import finished
from core.conversation.messages import Incoming, Reply, Undelivered
from core.conversation.turn import Job, Sms
from core.store.queues import Due, Inbox
from core.store.queues import Outbox as Rows
from core.store.store import Store

TRIES = 8
"""After so many failures a row is given up loudly."""

BACKOFF, LONGEST = 0.5, 300.0
"""Seconds before the second try, doubled each time with some jitter, and the most."""

LEASE = 60.0
"""Seconds after which another process may take a row whose sender is gone."""

AT_ONCE = 256
"""Rows in flight at once, over all lanes."""

DRAIN = 10.0
"""Seconds that a stop waits for what is in flight."""

SHARED_POLL = 0.2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """One way out. `kept`: the bodies stay after sending, as the chat's transcript."""

    deliver: Callable[[Due], Awaitable[None]]
    kept: bool = False


class Outbox:
    """The way out."""

    def __init__(
        self,
        store: Store,
        routes: Mapping[str, Route],
        clock: Clock,
        returned: Callable[[], None],
    ) -> None:
        self.store = store
        self.routes = routes
        self.clock = clock
        self.returned = returned
        self._wake = asyncio.Event()
        self._sent: list[Due] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin with what an earlier run left unsent."""
        if not self.store.shared:
            async with self.store.writing() as tx:
                await Rows(tx.connection, tx.ring).release()
        self._wake.set()
        self._task = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        """Finish what is in flight; what is not sent by then is sent by the next run."""
        self._stopping = True
        self._wake.set()
        if self._task:
            await self._task
        if self._flying:
            await asyncio.wait(self._flying, timeout=DRAIN)
        for task in self._flying:
            task.cancel()
        async with self.store.writing() as tx:
            await self._mark(Rows(tx.connection, tx.ring))

    def wake(self) -> None:
        """Look at what is to be sent: something new was committed."""
        self._wake.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                taken = await self._take()
            except Exception as error:
                log.error("the outbox cannot reach its rows: %s", where(error))
                await asyncio.sleep(BACKOFF)
                continue
            for due in taken:
                task = asyncio.create_task(self._deliver(due))
                self._flying.add(task)
                task.add_done_callback(self._flying.discard)
            if not taken and not self._sent and not self._stopping:
                await self._rest()

    async def _rest(self) -> None:
        async with self.store.reading() as tx:
            due = await Rows(tx.connection, tx.ring).next_due()
        most = SHARED_POLL if self.store.shared else None
        await sleep_until(self._wake, due, self.clock, most)

    async def _take(self) -> list[Due]:
        free = AT_ONCE - len(self._flying)
        async with self.store.writing() as tx:
            rows = Rows(tx.connection, tx.ring)
            marked = await self._mark(rows)
            taken = await rows.take(free, self.clock(), LEASE) if free else []
        del self._sent[:marked]
        return taken

    async def _mark(self, rows: Rows) -> int:
        sent = list(self._sent)
        kept = [due.number for due in sent if self.routes[due.route].kept]
        await rows.sent([due.number for due in sent if not self.routes[due.route].kept], kept)
        return len(sent)

    async def _deliver(self, due: Due) -> None:
        try:
            await self.routes[due.route].deliver(due)
        except (TryAgain, Unreachable, Refused) as error:
            await self._failed(due, error)
        except Exception as error:
            log.error("row %d of the outbox failed: %s", due.number, where(error))
            await self._failed(due, TryAgain("unforeseen"))
        else:
            self._sent.append(due)
        self._wake.set()

    async def _failed(self, due: Due, error: TryAgain | Unreachable | Refused) -> None:
        now = self.clock()
        if isinstance(error, TryAgain) and due.tries + 1 < TRIES:
            wait = error.after
            if wait is None:
                wait = min(BACKOFF * 2**due.tries, LONGEST) * (1 + random.random() / 4)  # noqa: S311
            async with self.store.writing() as tx:
                rows = Rows(tx.connection, tx.ring)
                await rows.postpone(due.number, now + timedelta(seconds=wait))
            return
        log.error("row %d of the outbox (%s) is given up: %s", due.number, due.route, error)
        async with self.store.writing() as tx:
            await Rows(tx.connection, tx.ring).postpone(due.number, now, parked=True)
            told = self._told(due)
            if told is not None:
                await Inbox(tx.connection, tx.ring).put([told], [], now)
        self.returned()

    def _told(self, due: Due) -> Incoming | None:
        """Return what the conversation must hear of a row that was given up."""
        match due.body:
            case Sms():
                return Incoming(
                    chat=due.chat,
                    id=f"undelivered:{due.number}",
                    body=Undelivered("sms"),
                    sent_at=self.clock(),
                )
            case Job(id=job):
                return finished(due.chat, job, self.clock(), error="unavailable")
            case Reply():
                return None
