"""The inbox and the outbox on a real store, with a conversation that says back what it hears."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Self

from bot.inbox import Inbox
from bot.outbox import AT_ONCE, Outbox, Route
from core.conversation.messages import Finished, Incoming, Reply, Text, Undelivered
from core.conversation.turn import Job, Sms, Turn
from core.store.outbox import Due
from core.store.store import Store, Transaction
from tests.clock import TestClock
from tests.core.store.full_disk import LARGE
from tests.talk import CAN
from tests.world import TEXTS

PATIENCE, LOOK = 10.0, 0.005
PHONE = "+85291234567"


class Echo:
    """Counts the chat's messages in its session, and says each back with its number."""

    def __init__(self) -> None:
        self.broken = True

    async def take(self, turn: Turn) -> None:
        match turn.incoming.body:
            case Text("poison") if self.broken:
                raise RuntimeError("poison in A123456(3)")
            case Text(text):
                count = int(turn.session.answers.get("count", 0)) + 1
                turn.session.answers["count"] = count
                turn.step(text, "heard")
                turn.send(f"{count} {text}")
                if text in ("sms", "quiet sms"):
                    turn.effects.append(Sms(PHONE, "123456", quiet=text != "sms"))
                elif text == "file":
                    turn.effects.append(Job(id=f"job-{turn.chat}", kind="visits", ref="ref"))
                elif text == "large":
                    turn.send(LARGE)
                elif text == "three":
                    turn.send("two")
                    turn.send("three")
            case Undelivered(what):
                turn.send(f"undelivered {what}")
            case Finished(error=error):
                turn.send(f"finished {error}")


class Machine:
    """One process: `sent` is what it delivered, by lane; `trouble` what happens to deliveries."""

    def __init__(
        self, store: Store, clock: TestClock, *, at_once: int = AT_ONCE, off: str = ""
    ) -> None:
        self.store = store
        self.clock = clock
        self.sent: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self.trouble: defaultdict[tuple[str, str], list[Exception]] = defaultdict(list)
        self.held: defaultdict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self.holding: set[tuple[str, str]] = set()
        self.forgotten: list[tuple[str, str]] = []
        self.flying = self.most = self.tries = 0
        self.echo = Echo()
        routes = {
            name: Route(self.deliver, at_once=at_once) for name in ("telegram", "sms", "work")
        }
        routes["web"] = Route(self.deliver, kept=True, at_once=at_once)
        routes.pop(off, None)
        self.outbox = Outbox(
            store, routes, clock, lambda: self.inbox.settle(), lambda: self.inbox.wake()
        )
        self.inbox = Inbox(
            store,
            self.echo,  # type: ignore[arg-type]
            TEXTS,
            {"web": CAN, "telegram": CAN},
            clock,
            self.outbox,
            self.forget,
        )
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        await self.outbox.start()
        await self.inbox.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.inbox.stop()
        await self.outbox.stop()

    async def forget(self, tx: Transaction, channel: str, ref: str) -> None:
        """Note which file is not read."""
        self.forgotten.append((channel, ref))

    async def killed(self) -> None:
        """End as a process ends that is killed: nothing is finished, nothing marked."""
        tasks = {self.inbox._task, self.outbox._task, *self.outbox._flying}
        while tasks:  # A library may swallow a cancellation.
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=0.1)

    async def deliver(self, due: Due) -> None:
        lane = due.route, due.chat
        self.tries += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            if lane in self.holding:
                await self.held[lane].wait()
            else:
                await asyncio.sleep(0)
            if self.trouble[lane]:
                raise self.trouble[lane].pop(0)
            body = due.body
            self.sent[lane].append(body.text if isinstance(body, Reply | Sms) else body.kind)
        finally:
            self.flying -= 1

    def hold(self, route: str, chat: str) -> None:
        """Let deliveries on that lane hang until `release`."""
        self.holding.add((route, chat))

    def release(self, route: str, chat: str) -> None:
        """Let them go on."""
        self.holding.discard((route, chat))
        self.held[route, chat].set()

    def message(self, chat: str, text: str, name: str = "") -> Incoming:
        """Return a message from a chat."""
        name = name or f"{id(self)}-{next(self._numbers)}"
        return Incoming(chat=chat, id=name, body=Text(text), sent_at=self.clock(), language="en")

    async def says(self, chat: str, *texts: str) -> None:
        """Receive texts from a chat, in one piece."""
        await self.inbox.receive([self.message(chat, text) for text in texts])

    async def hears(self, chat: str, *texts: str, route: str = "") -> None:
        """Wait until exactly these reached a chat, or the phone."""
        lane = route or chat.partition(":")[0], chat
        await until(lambda: len(self.sent[lane]) >= len(texts), lambda: self.sent[lane])
        assert self.sent[lane] == list(texts)


async def until(true: Callable[[], Any], seen: Callable[[], Any] = lambda: "") -> None:
    """Wait until something is true."""
    for _ in range(int(PATIENCE / LOOK)):
        if true():
            return
        await asyncio.sleep(LOOK)
    raise AssertionError(f"it never came true: {seen()}")


def count_calls(monkeypatch: Any, owner: type, method: str) -> Sequence[int]:
    """Count the calls of a coroutine method from now on, in the list returned."""
    real, calls = getattr(owner, method), [0]

    async def counted(*args: Any, **more: Any) -> Any:
        calls[0] += 1
        return await real(*args, **more)

    monkeypatch.setattr(owner, method, counted)
    return calls
