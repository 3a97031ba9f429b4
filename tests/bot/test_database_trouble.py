"""PostgreSQL in trouble: nothing is lost or doubled, and the bot goes on without a new start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.conversation.messages import Incoming, Text
from core.conversation.turn import Turn
from core.policy import Policy
from core.store.store import Store
from core.vault import KeyRing
from tests.bot.machine import Echo, Machine, until
from tests.clock import TestClock
from tests.loopback.far_server import Break, FarServer
from tests.postgres import Postgres

ONE, TWO = "telegram:1", "telegram:2"
CROWD = [f"telegram:{number}" for number in range(12)]


async def commits_break(_: Postgres, far: FarServer) -> None:
    """Let connections break as transactions are committed: nobody is told how these ended."""
    far.breaks = [*Break] * 4


TROUBLES: dict[str, Callable[[Postgres, FarServer], Awaitable[None]]] = {
    "it is restarted": lambda postgres, _: postgres.restart(),
    "connections are cut": lambda postgres, _: postgres.cut(),
    "commits break": commits_break,
}


@pytest.fixture
async def name(postgres: Postgres) -> AsyncIterator[str]:
    """The name of an empty database with the schema."""
    name = await postgres.create()
    yield name
    await postgres.drop(name)


@asynccontextmanager
async def two_ways(url: str, clock: TestClock) -> AsyncIterator[list[Store]]:
    """Two ways to a database, each with connections of its own."""
    ring = KeyRing.generate(clock())
    opened = [Store.open(url, ring, Policy()) for _ in range(2)]
    yield opened
    for store in opened:
        await store.close()


@pytest.fixture
async def stores(postgres: Postgres, name: str, clock: TestClock) -> AsyncIterator[list[Store]]:
    """Two ways to that database."""
    async with two_ways(postgres.url(name), clock) as opened:
        yield opened


async def brought(machine: Machine, message: Incoming) -> None:
    """Bring a message as a platform does: again, until it is taken."""
    while True:
        try:
            await machine.inbox.receive([message])
            return
        except Exception:
            await asyncio.sleep(0.02)


@pytest.mark.errors_expected
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_nothing_is_lost_or_doubled_by_the_database_s_trouble(
    clock: TestClock, postgres: Postgres, name: str, trouble: str
) -> None:
    messages = 25

    async def talks(chat: str) -> None:
        for number in range(messages):
            machine = (first, second)[number % 2]
            await brought(machine, machine.message(chat, str(number)))

    async with postgres.far() as far, two_ways(far.url(name), clock) as stores:
        first, second = (Machine(store, clock) for store in stores)
        second.sent = first.sent
        async with first, second:
            talking = asyncio.gather(*map(talks, CROWD))
            for part in (1, 2, 3):
                said = len(CROWD) * messages * part // 4
                await until(lambda said=said: sum(map(len, first.sent.values())) >= said)
                await TROUBLES[trouble](postgres, far)
            await talking
            await until(lambda: sum(map(len, first.sent.values())) >= len(CROWD) * messages)
    for chat in CROWD:
        assert first.sent["telegram", chat] == [f"{n + 1} {n}" for n in range(messages)]


class Locking(Echo):
    """Takes a lock for each letter of a message, one after the other."""

    async def take(self, turn: Turn) -> None:
        assert isinstance(turn.incoming.body, Text)
        for letter in turn.incoming.body.text:
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            await turn.tx.connection.execute(lock, {"key": ord(letter)})
            await asyncio.sleep(0.2)
        await super().take(turn)


@pytest.mark.errors_expected
async def test_turns_that_wait_for_each_other_are_both_answered(
    stores: list[Store], clock: TestClock
) -> None:
    first, second = (Machine(store, clock) for store in stores)
    first.inbox.conversation = second.inbox.conversation = Locking()  # type: ignore[assignment]
    second.sent = first.sent
    async with first, second:
        await asyncio.gather(first.says(ONE, "ab"), second.says(TWO, "ba"))
        await until(lambda: len(first.sent) == 2)
        await asyncio.gather(first.says(ONE, "b"), second.says(TWO, "a"))
        await first.hears(ONE, "1 ab", "2 b")
        await first.hears(TWO, "1 ba", "2 a")


async def test_a_server_whose_transactions_are_of_another_kind_is_told_ours(
    stores: list[Store], clock: TestClock, postgres: Postgres, name: str
) -> None:
    await postgres.run(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    first, second = (Machine(store, clock) for store in stores)
    second.sent = first.sent
    async with first, second:
        for number in range(10):
            await asyncio.gather(
                *(first.says(chat, str(number)) for chat in CROWD[::2]),
                *(second.says(chat, str(number)) for chat in CROWD[1::2]),
            )
        for chat in CROWD:
            await first.hears(chat, *(f"{n + 1} {n}" for n in range(10)))


@pytest.mark.errors_expected
async def test_a_chat_is_not_locked_for_long_by_a_process_that_stands_still(
    stores: list[Store], clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine may have lost its power or its network: the server is not told."""
    monkeypatch.setattr("core.store.postgresql.STANDS_STILL", 1)
    async with Machine(stores[0], clock) as machine:
        await machine.says(ONE, "before")
        await machine.hears(ONE, "1 before")
        with pytest.raises(DBAPIError):
            async with stores[1].writing() as tx:
                await tx.connection.execute(text("SELECT id FROM chats FOR UPDATE"))
                await machine.says(ONE, "after")
                await machine.hears(ONE, "1 before", "2 after")


@pytest.mark.errors_expected
async def test_who_is_stopped_while_the_database_is_away_ends_all_the_same(
    stores: list[Store],
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = (Machine(store, clock) for store in stores)
    second.sent = first.sent

    def away() -> None:
        raise ConnectionRefusedError

    async with first:
        first.hold("telegram", ONE)
        await first.says(ONE, "hello")
        await until(lambda: first.flying)
        monkeypatch.setattr(stores[0], "writing", away)
        # Both ways have met it: no transaction from before is open that could mark the reply.
        await until(lambda: {"bot.inbox", "bot.outbox"} <= {r.name for r in caplog.records})
        first.release("telegram", ONE)
    async with second:
        clock.jump(seconds=61)
        await second.hears(ONE, "1 hello", "1 hello")
