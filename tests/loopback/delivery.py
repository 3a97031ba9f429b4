"""How updates leave the loopback Bot API: kept until confirmed, by long poll or by webhook."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

import aiohttp
import msgspec

FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0
"""Seconds between two calls of a webhook that did not answer 2xx (the real ones are longer)."""

Update = dict[str, Any]


class Passed(msgspec.Struct):
    """The way of one update: seconds since the epoch, 0 for not yet."""

    chat: int
    queued: float
    delivered: list[float] = []
    acknowledged: float = 0.0


class Updates:
    """The updates not yet confirmed, and the ledger of all: `passed`, by update_id."""

    def __init__(self, record: Callable[..., None], after: int) -> None:
        self.pending: dict[int, Update] = {}
        self.passed: dict[int, Passed] = {}
        self.on_push: Callable[[int, Update], None] | None = None
        self._record = record
        self._next = after
        self._arrived = asyncio.Event()
        self._confirmed = asyncio.Event()
        self._polling = 0

    def push(self, update: Update) -> int:
        """Queue an update; return its update_id."""
        self._next += 1
        number = self._next
        self.pending[number] = {"update_id": number, **update}
        self.passed[number] = Passed(chat_of(update), time.time())
        self._record(event="queued", update=number, chat=self.passed[number].chat)
        if self.on_push:
            self.on_push(number, self.pending[number])
        self.wake()
        return number

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Update] | None:
        """Confirm what is below `offset`, return what waits; None if another poll took over."""
        for number in [number for number in self.pending if number < offset]:
            self.acknowledge(number)
        self._polling += 1
        mine = self._polling
        self.wake()
        ends = time.monotonic() + seconds
        while not self.pending and (left := ends - time.monotonic()) > 0:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                break
            if self._polling != mine:
                return None
        found = list(islice(self.pending.values(), limit))
        for update in found:
            self.deliver(update["update_id"])
        return found

    def deliver(self, number: int) -> None:
        """Note that an update is on its way to the bot."""
        self.passed[number].delivered.append(time.time())
        self._record(event="delivered", update=number, chat=self.passed[number].chat)

    def acknowledge(self, number: int) -> None:
        """Note that the bot has confirmed an update."""
        del self.pending[number]
        self.passed[number].acknowledged = time.time()
        self._confirmed.set()
        self._record(event="acknowledged", update=number, chat=self.passed[number].chat)

    async def all_acknowledged(self) -> None:
        """Wait until every update that was queued is confirmed."""
        while self.pending:
            self._confirmed.clear()
            await self._confirmed.wait()

    def wake(self) -> None:
        """Let a waiting poll look again."""
        self._arrived.set()

    def interrupt(self) -> None:
        """End a waiting poll, which then finds that another receiver took over."""
        self._polling += 1
        self.wake()


class WebhookCaller:
    """Call the webhook with each update, in order within a chat, until it answers 2xx.

    An answer may itself be a call of a method, whose outcome nobody is told: `perform` does it.
    """

    def __init__(self, updates: Updates, perform: Callable[[Update], Awaitable[object]]) -> None:
        self._perform = perform
        self.url = ""
        self.secret = ""
        self._updates = updates
        self._session: aiohttp.ClientSession | None = None
        self._queues: defaultdict[int, deque[Update]] = defaultdict(deque)
        self._workers: dict[int, asyncio.Task[None]] = {}

    async def set(self, url: str, secret: str = "", connections: int = 40) -> None:
        """Call `url` from now on, by at most `connections` at once; none for an empty url."""
        self._updates.on_push = None
        for worker in self._workers.values():
            worker.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        self._workers.clear()
        self._queues.clear()
        if self._session:
            await self._session.close()
            self._session = None
        self.url, self.secret = url, secret
        if url:
            self._updates.interrupt()
            connector = aiohttp.TCPConnector(limit=connections)
            self._session = aiohttp.ClientSession(connector=connector)
            for update in list(self._updates.pending.values()):
                self._take(update["update_id"], update)
            self._updates.on_push = self._take

    def _take(self, number: int, update: Update) -> None:
        chat = self._updates.passed[number].chat
        self._queues[chat].append(update)
        if chat not in self._workers:
            self._workers[chat] = asyncio.create_task(self._work(chat))

    async def _work(self, chat: int) -> None:
        queue = self._queues[chat]
        while queue:
            await self._call(queue[0])
            queue.popleft()
        # Nothing is awaited between the last look into the queue and this: none is left behind.
        del self._workers[chat], self._queues[chat]

    async def _call(self, update: Update) -> None:
        assert self._session is not None
        number = update["update_id"]
        body = msgspec.json.encode(update)
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        wait = FIRST_WAIT
        while True:
            self._updates.deliver(number)
            try:
                async with self._session.post(self.url, data=body, headers=headers) as answer:
                    if 200 <= answer.status < 300:
                        self._updates.acknowledge(number)
                        if body := await answer.read():
                            await self._perform(msgspec.json.decode(body))
                        return
            except aiohttp.ClientError:
                pass  # The bot is down: that is what the next call is for.
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)


def chat_of(update: Update) -> int:
    """Return the id of the chat in which an update happened, 0 for none."""
    for content in update.values():
        if isinstance(content, dict):
            chat = content.get("chat") or content.get("message", {}).get("chat")
            return int(chat["id"]) if isinstance(chat, dict) else 0
    return 0
