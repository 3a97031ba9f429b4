"""Send what was committed: in order within a lane, lanes side by side, again until it arrives.

A row is leased, sent, and marked in the next transaction together with the next leases. When the
process is killed between sending and marking, the row is sent again: at least once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.channels import Refused, TryAgain, Unreachable
from bot.clock import Clock, sleep_until
from bot.logs import where
from bot.work import finished
from core.conversation.messages import Incoming, Reply, Undelivered
from core.conversation.turn import Job, Sms
from core.store.inbox import Inbox
from core.store.outbox import Due, Outgoing
from core.store.outbox import Outbox as Rows
from core.store.store import Store, Transaction

TRIES, PATIENT = 8, 20
"""After so many failures a row is given up loudly, and who waits for it is told: a minute for an
SMS, for a file, and for what fails for no reason that we know; an hour for a reply whose platform
is away, as nobody can be told anything meanwhile."""

BACKOFF, LONGEST = 0.5, 300.0
"""Seconds before the second try, doubled each time with some jitter, and the most."""

LONGEST_ASKED = 86_400.0
"""Seconds that a row waits at most where the platform says how long."""

LEASE = 60.0
"""Seconds after which another process may take a row whose sender is gone."""

LONGEST_DELIVERY = 50.0
"""Seconds after which a delivery counts as failed: nobody works on a row when its lease ends."""

AT_ONCE = 256
"""Rows of a route in flight at once, over its lanes, where nothing allows but fewer."""

DRAIN = 10.0
"""Seconds that a stop waits for what is in flight."""

SHARED_POLL = 0.2
"""Seconds between looks where another process may have written rows."""

Lane = tuple[str, str]
"""A route and a chat: rows of a lane are sent one after the other."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """One way out. `kept`: the bodies stay after sending, as the chat's transcript.

    `at_once`: so many rows are in flight at the most; the others wait in the store, where waiting
    counts as no failure, takes no memory and is in no other route's way.
    """

    deliver: Callable[[Due], Awaitable[None]]
    kept: bool = False
    at_once: int = AT_ONCE


def at_pace(pace: float) -> int:
    """Return how many rows may be in flight where `pace` a second get through, 0 for any number.

    Who waits for his turn in flight for too long would be taken for one that failed.
    """
    return min(AT_ONCE, int(pace * LONGEST_DELIVERY / 2) or AT_ONCE)


@dataclass(frozen=True)
class Made:
    """A row that a turn wrote: `number` where it is ours to send as soon as it is committed."""

    route: str
    chat: str
    body: Outgoing
    number: int | None


class Outbox:
    """The way out.

    A row whose lane is empty is leased as it is written, and sent from memory once committed; all
    others are taken from the store, the oldest of each lane. On a shared store every row is taken
    from there, as another process may hold an older one of its lane. Rows of a route that is not
    there, as its channel is switched off, wait until it is.
    """

    def __init__(
        self,
        store: Store,
        routes: Mapping[str, Route],
        clock: Clock,
        sent: Callable[[], None],
        returned: Callable[[], None],
    ) -> None:
        """`sent` is called when rows are to be marked, `returned` when the inbox got something."""
        self.store = store
        self.routes = routes
        self.clock = clock
        self.sent = sent
        self.returned = returned
        self._wake = asyncio.Event()
        self._sent: list[Due] = []
        self._unsent: Counter[Lane] = Counter()
        self._stored: Counter[str] = Counter()
        self._flying: set[asyncio.Task[None]] = set()
        self._in_flight: Counter[str] = Counter()
        self._in_hand: set[int] = set()
        self._untold: list[datetime] = []
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin with what an earlier run left unsent."""
        if not self.store.shared:
            async with self.store.writing() as tx:
                rows = Rows(tx.connection, tx.ring)
                await rows.release()
                self._unsent = Counter(await rows.unsent())
            for (route, _), count in self._unsent.items():
                self._stored[route] += count
        for route in sorted(self._stored.keys() - self.routes.keys()):
            log.warning("%d messages wait for %s, which is off", self._stored[route], route)
        self._wake.set()
        self._task = asyncio.create_task(self._run(), name="outbox")

    async def stop(self) -> None:
        """Finish what is in flight; what is not sent by then is sent by the next run.

        So is once more what was sent, where the store is away.
        """
        self._stopping = True
        self._wake.set()
        if self._task:
            await self._task
        if self._flying:
            await asyncio.wait(self._flying, timeout=DRAIN)
        for task in self._flying:
            task.cancel()
        try:
            async with self.store.writing() as tx:
                await self.mark(tx)
        except Exception as error:
            log.error("what was sent cannot be marked: %s", where(error))

    def wake(self) -> None:
        """Look at what is due: it may be sooner than it was to be."""
        self._wake.set()

    # For the turns: rows are written and marked in their transaction

    async def put(
        self, tx: Transaction, outgoing: Sequence[tuple[str, str, Outgoing]], now: datetime
    ) -> list[Made]:
        """Write rows in the open transaction; `committed` must follow it."""
        made: list[Made] = []
        rows = Rows(tx.connection, tx.ring)
        rooms = {} if self.store.shared or self._stopping else self._rooms()
        taken: set[Lane] = set()
        ours: list[tuple[str, str, Outgoing]] = []
        others: list[tuple[str, str, Outgoing]] = []
        for route, chat, body in outgoing:
            lane = route, chat
            free = rooms.get(route, 0) > 0 and lane not in taken and not self._unsent[lane]
            taken.add(lane)
            if free:
                rooms[route] -= 1
            (ours if free else others).append((route, chat, body))
        numbers = await rows.put(ours, now, lease=LEASE) if ours else []
        made += [Made(*row, number) for row, number in zip(ours, numbers, strict=True)]
        if others:
            await rows.put(others, now)
            made += [Made(*row, None) for row in others]
        return made

    async def mark(self, tx: Transaction) -> list[Due]:
        """Mark in the open transaction what was sent since; `committed` must follow it."""
        sent = list(self._sent)
        kept = [due.number for due in sent if self.routes[due.route].kept]
        gone = [due.number for due in sent if not self.routes[due.route].kept]
        await Rows(tx.connection, tx.ring).sent(gone, kept)
        return sent

    def committed(self, marked: Sequence[Due], made: Sequence[Made]) -> None:
        """Send what is ours, now that its transaction is committed."""
        numbers = {due.number for due in marked}
        self._sent = [due for due in self._sent if due.number not in numbers]
        for row in made:
            if not self.store.shared:
                self._unsent[row.route, row.chat] += 1
            if row.number is None:
                self._stored[row.route] += 1
                self._wake.set()
            else:
                self._send(Due(row.number, row.route, row.chat, row.body, 0))

    # Sending

    def _rooms(self) -> dict[str, int]:
        """Return how many more rows of each route may be in flight."""
        return {
            name: max(way.at_once - self._in_flight[name], 0) for name, way in self.routes.items()
        }

    def _ready(self, rooms: Mapping[str, int]) -> list[str]:
        """Return the routes that have room, and of which rows may wait in the store."""
        shared = self.store.shared
        return [route for route, room in rooms.items() if room and (shared or self._stored[route])]

    def _send(self, due: Due) -> None:
        task = asyncio.create_task(self._deliver(due))
        self._flying.add(task)
        self._in_flight[due.route] += 1
        self._in_hand.add(due.number)
        task.add_done_callback(partial(self._landed, due.route))

    def _landed(self, route: str, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        was_full = self._in_flight[route] >= self.routes[route].at_once
        self._in_flight[route] -= 1
        if was_full and (self.store.shared or self._stored[route]):
            self._wake.set()

    async def _run(self) -> None:
        """Take from the store what is due there: left by an earlier run, behind, or tried again."""
        while not self._stopping:
            self._wake.clear()
            try:
                taken = await self._take()
                for due in taken:
                    self._send(due)
                if not taken:
                    await self._rest()
            except Exception as error:
                log.error("the outbox cannot reach its rows: %s", where(error))
                await asyncio.sleep(BACKOFF)

    async def _rest(self) -> None:
        if self.store.shared:
            await sleep_until(self._wake, None, self.clock, SHARED_POLL)
            return
        due: list[datetime] = []
        if ready := self._ready(self._rooms()):
            async with self.store.reading() as tx:
                found = await Rows(tx.connection, tx.ring).next_due()
            due = [found[route] for route in ready if route in found]
        await sleep_until(self._wake, min(due, default=None), self.clock, None)

    async def _take(self) -> list[Due]:
        rooms = self._rooms()
        if not self._ready(rooms):
            return []
        async with self.store.writing() as tx:
            # What was sent must be marked first: only then is the row behind it the oldest.
            marked = await self.mark(tx)
            rows, now = Rows(tx.connection, tx.ring), self.clock()
            # Where the connection breaks at a commit, nobody tells whether the rows are leased, or
            # will be yet. The end of their lease tells which they are: they are in nobody's hands.
            untold = [end for end in self._untold if end > now]
            await rows.give_back(untold)
            self._untold = [*untold, now + timedelta(seconds=LEASE)]
            taken = await rows.take(rooms, now, LEASE)
        self._untold = untold
        self.committed(marked, [])
        # A lease may end in our own hands: the clock was set, or the store was away for long.
        taken = [due for due in taken if due.number not in self._in_hand]
        self._stored -= Counter(due.route for due in taken)
        return taken

    async def _deliver(self, due: Due) -> None:
        try:
            if due.body is None:
                raise Refused("the row is damaged")
            async with asyncio.timeout(LONGEST_DELIVERY):
                await self.routes[due.route].deliver(due)
        except (TryAgain, Unreachable, Refused) as error:
            await self._failed(due, error, PATIENT if isinstance(due.body, Reply) else TRIES)
        except Exception as error:
            log.error("row %d of the outbox failed: %s", due.number, where(error))
            await self._failed(due, TryAgain("unforeseen"), TRIES)
        else:
            self._in_hand.discard(due.number)
            self._sent.append(due)
            self._done(due)
            self.sent()

    def _done(self, due: Due) -> None:
        lane = due.route, due.chat
        self._unsent[lane] -= 1
        if self._unsent[lane] <= 0:
            del self._unsent[lane]
        if self.store.shared or (lane in self._unsent and self._stored[due.route]):
            self._wake.set()

    async def _failed(self, due: Due, error: TryAgain | Unreachable | Refused, tries: int) -> None:
        """Keep what became of a row, as soon as the store takes it."""
        again: timedelta | None = None
        told: Incoming | None = None
        if isinstance(error, TryAgain) and due.tries + 1 < tries:
            if error.after is not None:
                wait = min(error.after, LONGEST_ASKED)
            else:
                wait = min(BACKOFF * 2**due.tries, LONGEST) * (1 + random.random() / 4)  # noqa: S311
            again = timedelta(seconds=wait)
        else:
            # A person who blocked the bot is nothing that somebody must look at.
            level = logging.INFO if isinstance(error, Unreachable) else logging.ERROR
            log.log(level, "row %d of the outbox is given up: %r", due.number, error)
            told = self._told(due, error)
        while True:
            try:
                ours = await self._put_aside(due, again, told)
                # From now on it may be taken again, as soon as it is due.
                self._in_hand.discard(due.number)
                if not ours:
                    return  # Somebody else took it when its lease had ended, and is done with it.
                break
            except Exception as trouble:
                log.error("row %d cannot be put aside: %s", due.number, where(trouble))
                await asyncio.sleep(BACKOFF)
        if again is not None:
            self._stored[due.route] += 1
            self._wake.set()
            return
        self._done(due)
        self.returned()

    async def _put_aside(self, due: Due, again: timedelta | None, told: Incoming | None) -> bool:
        now = self.clock()
        async with self.store.writing() as tx:
            rows = Rows(tx.connection, tx.ring)
            until = now + (again or timedelta())
            if not await rows.postpone(due.number, until, parked=again is None):
                return False
            if told is not None:
                await Inbox(tx.connection, tx.ring).put([told], [], now)
        return True

    def _told(self, due: Due, error: TryAgain | Unreachable | Refused) -> Incoming | None:
        """Return what the conversation must hear of a row that is given up."""
        now = self.clock()
        match due.body:
            case Job() as job:
                return finished(due.chat, job, now, error="unavailable")
            case Sms(quiet=False):
                what = "sms"
            case Reply(instead=False) as reply if not isinstance(error, Unreachable):
                what = "picture" if reply.card else "reply"
            case _:
                return None
        body = Undelivered(what)
        return Incoming(chat=due.chat, id=f"undelivered:{due.number}", body=body, sent_at=now)
