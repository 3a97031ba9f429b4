"""Receive once, keep order in a chat, run the turns, commit.

What a channel hands over is committed before the channel confirms it. Then the oldest message of
each waiting chat is taken, and one transaction holds the turns of all of them: sessions, what the
turns wrote, and the outbox rows. Where one turn of such a batch fails, all are undone and run
again one by one, so that a bad turn harms only itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock, sleep_until
from bot.logs import where
from core.conversation.engine import Conversation
from core.conversation.messages import Capabilities, Incoming, Undelivered
from core.conversation.rendering import render
from core.conversation.texts import Texts
from core.conversation.turn import Sms, Turn
from core.store.queues import Inbox as Rows
from core.store.queues import Outbox as Unsent
from core.store.queues import Outgoing, Waiting
from core.store.store import Store, Transaction

BATCH = 64
"""Chats whose turns share one commit (`take what waits, up to some tens of chats`)."""

TRIES = 8
"""After so many failures a message is parked and the person told."""

BACKOFF = 0.1
"""Seconds before the second try; doubled each time."""

KNOWN = 100_000
"""Chats remembered as being in the store already, to spare a statement."""

SHARED_POLL = 0.2
"""Seconds between looks where another process may have received for us."""

log = logging.getLogger(__name__)


class Inbox:
    """The way in."""

    def __init__(
        self,
        store: Store,
        conversation: Conversation,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        clock: Clock,
        made: Callable[[], None],
    ) -> None:
        self.store = store
        self.conversation = conversation
        self.texts = texts
        self.capabilities = capabilities
        self.clock = clock
        self.made = made
        self._known: set[str] = set()
        self._arrived: list[tuple[Sequence[Incoming], asyncio.Future[None]]] = []
        self._arrival = asyncio.Event()
        self._waiting = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Begin with what an earlier run left unanswered."""
        self._waiting.set()
        self._tasks = [
            asyncio.create_task(self._receive(), name="inbox receive"),
            asyncio.create_task(self._answer(), name="inbox answer"),
        ]

    async def stop(self) -> None:
        """Finish the turns in hand."""
        self._stopping = True
        self._arrival.set()
        self._waiting.set()
        await asyncio.gather(*self._tasks)

    async def receive(self, items: Sequence[Incoming]) -> None:
        """Take messages in; return once they are committed."""
        if items:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._arrived.append((items, future))
            self._arrival.set()
            await future

    def wake(self) -> None:
        """Look at what waits: something was put into the inbox in another transaction."""
        self._waiting.set()

    async def _receive(self) -> None:
        while not self._stopping or self._arrived:
            await self._arrival.wait()
            self._arrival.clear()
            arrived, self._arrived = self._arrived, []
            if not arrived:
                continue
            items = [item for some, _ in arrived for item in some]
            new = sorted({item.chat for item in items} - self._known)
            try:
                async with self.store.writing() as tx:
                    await Rows(tx.connection, tx.ring).put(items, new, self.clock())
            except Exception as error:
                log.error("could not keep what arrived: %s", where(error))
                for _, future in arrived:
                    if not future.done():
                        future.set_exception(error)
                continue
            if len(self._known) > KNOWN:
                self._known.clear()
            self._known.update(new)
            for _, future in arrived:
                if not future.done():
                    future.set_result(None)
            self._waiting.set()

    async def _answer(self) -> None:
        while not self._stopping:
            self._waiting.clear()
            try:
                worked = await self._batch()
            except Exception as error:
                log.error("a batch of turns failed: %s", where(error))
                worked = await self._one_by_one()
            if not worked and not self._stopping:
                await self._rest()

    async def _rest(self) -> None:
        async with self.store.reading() as tx:
            due = await Rows(tx.connection, tx.ring).next_due()
        most = SHARED_POLL if self.store.shared else None
        await sleep_until(self._waiting, due, self.clock, most)

    async def _batch(self) -> bool:
        async with self.store.writing() as tx:
            rows = Rows(tx.connection, tx.ring)
            heads = await rows.heads(BATCH, self.clock())
            if heads:
                await self._run(tx, rows, heads)
        if heads:
            self.made()
        return bool(heads)

    async def _one_by_one(self) -> bool:
        failed: set[int] = set()
        for _ in range(BATCH):
            waiting: Waiting | None = None
            try:
                async with self.store.writing() as tx:
                    rows = Rows(tx.connection, tx.ring)
                    heads = await rows.heads(BATCH, self.clock())
                    waiting = next((w for w in heads if w.number not in failed), None)
                    if waiting is None:
                        break
                    await self._run(tx, rows, [waiting])
                self.made()
            except Exception as error:
                if waiting is None:
                    log.error("the store does not answer: %s", where(error))
                    await asyncio.sleep(BACKOFF)
                    return True
                failed.add(waiting.number)
                await self._failed(waiting, error)
        return True

    async def _failed(self, waiting: Waiting, error: Exception) -> None:
        log.error("message %d failed, try %d: %s", waiting.number, waiting.tries + 1, where(error))
        now = self.clock()
        async with self.store.writing() as tx:
            rows = Rows(tx.connection, tx.ring)
            if waiting.tries + 1 < TRIES:
                delay = timedelta(seconds=BACKOFF * 2**waiting.tries)
                await rows.postpone(waiting.number, now + delay)
                return
            await rows.park(waiting.number)
            incoming = waiting.incoming
            if not isinstance(incoming.body, Undelivered):
                told = Incoming(
                    chat=incoming.chat,
                    id=f"parked:{waiting.number}",
                    sent_at=now,
                    body=Undelivered("message"),
                    language=incoming.language,
                )
                await rows.put([told], [], now)

    async def _run(self, tx: Transaction, rows: Rows, heads: list[Waiting]) -> None:
        outgoing: list[tuple[str, str, Outgoing]] = []
        now = self.clock()
        for waiting in heads:
            outgoing += await self._turn(tx, waiting, now)
        if outgoing:
            await Unsent(tx.connection, tx.ring).put(outgoing, now)
        await rows.finish(heads, now)

    async def _turn(
        self, tx: Transaction, waiting: Waiting, now: datetime
    ) -> list[tuple[str, str, Outgoing]]:
        chat = waiting.incoming.chat
        route = chat.partition(":")[0]
        capabilities = self.capabilities[route]
        turn = Turn(
            session=waiting.session,
            incoming=waiting.incoming,
            now=now,
            texts=self.texts,
            policy=self.store.policy,
            tx=tx,
            capabilities=capabilities,
        )
        await self.conversation.take(turn)
        replies = [render(reply, capabilities) for reply in turn.replies]
        return [
            *((route, chat, reply) for reply in replies),
            *(("sms" if isinstance(e, Sms) else "work", chat, e) for e in turn.effects),
        ]
