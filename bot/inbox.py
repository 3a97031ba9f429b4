"""Receive once, keep order in a chat, run the turns, commit.

One cycle after the other, each with one transaction: keep what arrived, mark what was sent, take
the oldest message of each waiting chat, run the turns, keep sessions and replies. Only when it is
committed does a channel confirm what it handed over, and are replies sent. Under light load a
cycle is one turn; under load many share one commit. Where a turn fails, its cycle is undone and
its turns run again one by one, so that a bad turn harms only itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import DecodeError

from bot.channels import Stopping
from bot.clock import Clock, sleep_until
from bot.logs import where
from bot.outbox import Made, Outbox
from bot.work import route_of
from core.conversation.engine import Conversation
from core.conversation.messages import Capabilities, Incoming, Undelivered, channel_of
from core.conversation.rendering import render
from core.conversation.texts import Texts
from core.conversation.turn import Sms, Step, Turn
from core.store.connection import fails_itself
from core.store.inbox import Inbox as Rows
from core.store.inbox import Waiting
from core.store.outbox import Due, Outgoing
from core.store.store import Store, Transaction
from core.vault import Tampered

FEW, MOST = 4, 32
"""Chats whose turns may always share one commit, and the most that do. Between them it is two
thirds of those that wait: if all shared one, the first would wait for the last, and a crowd that
has come at once would be answered and come at once again, and between them nothing to do."""

ENOUGH, PASSES = 6, 2
"""Before a commit of fewer messages than these, the loop brings in what has reached it already,
until so many of its passes bring nothing more: a request is read in one, and its handler takes it
in in the next. Waiting for more than these costs the first of them more than it spares."""

TRIES = 8
"""After so many failures of its own a message is parked and the person told."""

BACKOFF = 0.1
"""Seconds before the second try; doubled each time."""

KNOWN, KNOWN_FOR = 100_000, timedelta(hours=1)
"""Chats remembered as being in the store already, to spare a statement, and for how long: a chat
is erased only when nobody has written in it for a day or longer."""

SHARED_POLL = 0.2
"""Seconds between looks where another process may have received for us."""

SETTLE = 0.05
"""Seconds that a reply which was sent waits for a message whose transaction marks it along, so
that the next person need not wait for a commit of its own. Killed in this time, it is sent again.
"""

Keep = Callable[[Transaction], Awaitable[object]]
"""Keeps in the transaction of messages what they refer to."""

Forget = Callable[[Transaction, str, str], Awaitable[object]]
"""Erases in the transaction what a channel, by its name, keeps itself of a file."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """Messages that were handed over, and what whoever did so waits for."""

    items: Sequence[Incoming]
    keep: Keep
    committed: asyncio.Future[None]


async def nothing(_: Transaction) -> None:
    """Keep nothing beside the messages."""


class Inbox:
    """The way in."""

    def __init__(
        self,
        store: Store,
        conversation: Conversation,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        clock: Clock,
        outbox: Outbox,
        forget: Forget,
    ) -> None:
        self.store = store
        self.forget = forget
        self.conversation = conversation
        self.texts = texts
        self.capabilities = capabilities
        self.clock = clock
        self.outbox = outbox
        self.steps: Counter[Step] = Counter()
        """How often something happened at a question, since somebody emptied it."""
        self._known: set[str] = set()
        self._known_since = clock()
        self._arrived: list[Arrival] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._waiting = 1
        self._behind = True
        self._settling: asyncio.TimerHandle | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin with what an earlier run left unanswered."""
        self._wake.set()
        self._task = asyncio.create_task(self._run(), name="inbox")

    async def stop(self) -> None:
        """Finish the turns in hand."""
        self._stopping = True
        self._wake.set()
        if self._task:
            await self._task

    async def receive(self, items: Sequence[Incoming], keep: Keep = nothing) -> None:
        """Take messages in, and `keep` what they refer to; return once both are committed.

        Raise Stopping where nothing is taken in any more: the sender keeps the message.
        """
        if self._stopping:
            raise Stopping
        if items:
            committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._arrived.append(Arrival(items, keep, committed))
            self._wake.set()
            await committed

    def wake(self) -> None:
        """Look at what waits: something was put into the inbox by others."""
        self._waiting += 1
        self._wake.set()

    def settle(self) -> None:
        """Mark before long what was sent."""
        if self._settling is None:
            self._settling = asyncio.get_running_loop().call_later(SETTLE, self._wake.set)

    async def _run(self) -> None:
        while not self._stopping or self._arrived:
            self._wake.clear()
            if self._settling:
                self._settling.cancel()
                self._settling = None
            await self._gather()
            # Of a crowd no more than can be answered: the others need not be kept before.
            share = min(max(len(self._arrived) * 2 // 3, FEW), MOST)
            arrived, self._arrived = self._arrived[:share], self._arrived[share:]
            try:
                await self._work(arrived)
                if not (self._waiting or self._arrived or self._stopping):
                    await self._rest()
            except Exception as error:
                log.error("the store does not answer: %s", where(error))
                await asyncio.sleep(BACKOFF)

    async def _gather(self) -> None:
        """Let the loop bring in first what has reached it already, to share one commit."""
        passes = 0
        while passes < PASSES and len(self._arrived) < ENOUGH:
            before = len(self._arrived)
            await asyncio.sleep(0)
            passes = passes + 1 if len(self._arrived) == before else 0

    async def _work(self, arrived: Sequence[Arrival]) -> None:
        """Run one cycle, in one piece or in many."""
        try:
            await self._cycle(arrived)
        except Exception as error:
            log.error("a cycle of turns failed: %s", where(error))
            await self._keep(arrived)
            await self._one_by_one()

    async def _rest(self) -> None:
        if self.store.shared:
            # What is due there and was not ours to take is in the hands of another process.
            await sleep_until(self._wake, None, self.clock, SHARED_POLL)
            return
        due = None
        # Only what was put off, or left by an earlier run, comes due by itself.
        if self._behind:
            async with self.store.reading() as tx:
                due = await Rows(tx.connection, tx.ring).next_due()
            self._behind = due is not None
        await sleep_until(self._wake, due, self.clock, None)

    async def _cycle(self, arrived: Sequence[Arrival]) -> None:
        async with self.store.writing() as tx:
            rows = Rows(tx.connection, tx.ring)
            marked = await self.outbox.mark(tx)
            if self.store.shared or await rows.waits():
                new = await self._put(tx, arrived)
                heads = await rows.heads(MOST, self.clock())
            else:
                new, heads = await self._take(tx, arrived)
            made, steps = await self._turns(tx, rows, heads) if heads else ([], [])
        self._committed(arrived, new)
        self._answered(len(heads))
        self._turned(marked, made, steps)

    def _turned(self, marked: Sequence[Due], made: Sequence[Made], steps: Iterable[Step]) -> None:
        """Count and send, now that the turns are committed."""
        self.steps.update(steps)
        self.outbox.committed(marked, made)

    async def _put(self, tx: Transaction, arrived: Sequence[Arrival]) -> set[str]:
        """Keep what arrived, to be answered in its order."""
        now = self.clock()
        items, new = self._met(arrived, now)
        if items:
            await Rows(tx.connection, tx.ring).put(items, sorted(new), now)
        for arrival in arrived:
            await arrival.keep(tx)
        return new

    async def _take(
        self, tx: Transaction, arrived: Sequence[Arrival]
    ) -> tuple[set[str], list[Waiting]]:
        """Keep what arrived where nothing waits, and take it as it is: this spares reading back
        what has just been written, and marking it."""
        now = self.clock()
        items, new = self._met(arrived, now)
        heads: list[Waiting] = []
        if items:
            heads = await Rows(tx.connection, tx.ring).take(items, sorted(new), now, MOST)
        for arrival in arrived:
            await arrival.keep(tx)
        return new, heads

    def _met(self, arrived: Sequence[Arrival], now: datetime) -> tuple[list[Incoming], set[str]]:
        """Return the messages that arrived, and those of their chats that may be new."""
        if len(self._known) > KNOWN or now - self._known_since > KNOWN_FOR:
            self._known, self._known_since = set(), now
        items = [item for arrival in arrived for item in arrival.items]
        return items, {item.chat for item in items} - self._known

    def _answered(self, heads: int) -> None:
        """Reckon what waits still, so that no cycle is run to find nothing.

        What came twice is counted twice, until a cycle finds nothing; what another process puts
        into an unshared store (a command of the operator) is found with the next message.
        """
        more = self._waiting - heads if heads else 0
        self._waiting = 1 if heads == MOST or (self.store.shared and heads) else max(more, 0)

    def _committed(self, arrived: Sequence[Arrival], new: set[str]) -> None:
        self._known |= new
        for arrival in arrived:
            self._waiting += len(arrival.items)
            if not arrival.committed.done():
                arrival.committed.set_result(None)

    async def _keep(self, arrived: Sequence[Arrival]) -> None:
        """Keep what arrived, without running anything; the channel is told if even that fails."""
        try:
            async with self.store.writing() as tx:
                new = await self._put(tx, arrived)
        except Exception as error:
            log.error("could not keep what arrived: %s", where(error))
            for arrival in arrived:
                if not arrival.committed.done():
                    arrival.committed.set_exception(error)
        else:
            self._committed(arrived, new)

    async def _one_by_one(self) -> None:
        """Run each turn in a transaction of its own; what fails is tried again later."""
        failed: set[int] = set()
        for _ in range(MOST):
            waiting: Waiting | None = None
            try:
                async with self.store.writing() as tx:
                    rows = Rows(tx.connection, tx.ring)
                    heads = await rows.heads(MOST, self.clock())
                    waiting = next((w for w in heads if w.number not in failed), None)
                    if waiting is None:
                        break
                    made, steps = await self._turns(tx, rows, [waiting])
                self._turned([], made, steps)
            except Exception as error:
                if waiting is None:
                    raise
                failed.add(waiting.number)
                await self._failed(waiting, error)
        # Some may wait still behind these.
        self._waiting = 1

    async def _failed(self, waiting: Waiting, error: Exception) -> None:
        log.error("message %d failed, try %d: %s", waiting.number, waiting.tries + 1, where(error))
        now = self.clock()
        self._behind = True
        async with self.store.writing() as tx:
            rows = Rows(tx.connection, tx.ring)
            # Where it is the database that fails, there is nothing wrong with the message.
            if waiting.tries + 1 < TRIES or fails_itself(error):
                delay = timedelta(seconds=BACKOFF * 2 ** min(waiting.tries, TRIES))
                await rows.postpone(waiting.number, now + delay)
                return
            if await rows.park(waiting.number) and (told := _parked(waiting, now)):
                await rows.put([told], [], now)

    async def _turns(
        self, tx: Transaction, rows: Rows, heads: Sequence[Waiting]
    ) -> tuple[list[Made], list[Step]]:
        """Run the turns of these messages; return what they send, and what happened in them."""
        now = self.clock()
        turns = [await self._turn(tx, waiting, now) for waiting in heads]
        made = await self.outbox.put(tx, [row for turn in turns for row in _outgoing(turn)], now)
        await rows.finish(heads, now)
        return made, [step for turn in turns for step in turn.steps]

    async def _turn(self, tx: Transaction, waiting: Waiting, now: datetime) -> Turn:
        route = channel_of(waiting.chat)
        turn = Turn(
            session=waiting.session,
            incoming=waiting.incoming,
            now=now,
            texts=self.texts,
            policy=self.store.policy,
            tx=tx,
            capabilities=self.capabilities[route],
        )
        await self.conversation.take(turn)
        for ref in turn.unread:
            await self.forget(tx, route, ref)
        return turn


def _outgoing(turn: Turn) -> Iterator[tuple[str, str, Outgoing]]:
    """Yield what a turn sends: by which route, to which chat, and what."""
    for reply in turn.replies:
        yield channel_of(turn.chat), turn.chat, render(reply, turn.capabilities)
    for effect in turn.effects:
        yield "sms" if isinstance(effect, Sms) else route_of(effect), turn.chat, effect


def _parked(waiting: Waiting, now: datetime) -> Incoming | None:
    """Return what the person must be told, None where it was the telling itself that failed."""
    try:
        language, body = waiting.incoming.language, waiting.incoming.body
    except (Tampered, DecodeError):
        language, body = "", None
    if isinstance(body, Undelivered):
        return None
    return Incoming(
        chat=waiting.chat,
        id=f"parked:{waiting.number}",
        sent_at=now,
        body=Undelivered("message"),
        language=language,
    )
