"""Two processes on one PostgreSQL: each message is answered once and in order, by one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, text

from core.policy import Policy
from core.store.store import Store
from core.store.tables import DONE, inbox, outbox
from core.vault import KeyRing
from tests.bot.machine import Machine, until
from tests.clock import TestClock

CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
CROWD = [f"telegram:{number}" for number in range(20)]


@pytest.fixture
async def stores(postgres_url: str, clock: TestClock) -> AsyncIterator[list[Store]]:
    """Two ways to one database, each with connections of its own."""
    ring = KeyRing.generate(clock())
    opened = [Store.open(postgres_url, ring, Policy()) for _ in range(2)]
    yield opened
    for store in opened:
        await store.close()


async def all_done(store: Store, messages: int, replies: int) -> None:
    """Wait until so many messages are answered and so many replies sent."""
    wanted = {(inbox.name, messages), (outbox.name, replies)}
    found: set[tuple[str, int | None]] = set()
    for _ in range(1500):
        async with store.reading() as tx:
            found = {
                (
                    table.name,
                    await tx.connection.scalar(select(func.count()).where(table.c.state == DONE)),
                )
                for table in (inbox, outbox)
            }
        if found == wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def test_each_message_is_answered_once_and_in_order(
    stores: list[Store], clock: TestClock
) -> None:
    first, second = (Machine(store, clock) for store in stores)
    second.sent = first.sent
    async with first, second:

        async def talks(chat: str) -> None:
            for number in range(10):
                message = first.message(chat, "three" if number == 5 else str(number))
                # A platform that is not sure brings it again, and maybe to the other one.
                takers = (first, second) if number % 4 == 0 else ((first, second)[number % 2],)
                await asyncio.gather(*(taker.inbox.receive([message]) for taker in takers))

        await asyncio.gather(*(talks(chat) for chat in CROWD))
        await all_done(stores[0], len(CROWD) * 10, len(CROWD) * 12)
    said = [*(f"{n + 1} {n}" for n in range(5)), "6 three", "two", "three"]
    said += [f"{n + 1} {n}" for n in range(6, 10)]
    assert first.sent == {("telegram", chat): said for chat in CROWD}


async def test_what_one_leaves_behind_when_it_is_killed_the_other_finishes(
    stores: list[Store], clock: TestClock
) -> None:
    first, second = (Machine(store, clock) for store in stores)
    second.sent = first.sent
    await first.__aenter__()
    for chat in CROWD[:10]:
        first.hold("telegram", chat)
    await asyncio.gather(*(first.says(chat, "three") for chat in CROWD))
    await until(lambda: first.flying == 10)
    await first.killed()
    async with second:
        await asyncio.gather(*(second.says(chat, "after") for chat in CROWD))
        await asyncio.sleep(0.3)
        assert first.sent["telegram", CROWD[0]] == [], "it may be alive still: its lease holds"
        clock.jump(seconds=61)
        await all_done(stores[1], len(CROWD) * 2, len(CROWD) * 4)
    for chat in CROWD:
        heard = first.sent["telegram", chat]
        # What the first had sent and not marked comes once more, in its place.
        once = [text for n, text in enumerate(heard) if text not in heard[:n]]
        assert once == ["1 three", "two", "three", "2 after"]
        assert len(heard) <= 5


@pytest.mark.errors_expected
async def test_connections_that_were_cut_are_made_anew(
    stores: list[Store], clock: TestClock
) -> None:
    async with Machine(stores[0], clock) as machine:
        await machine.says(CROWD[0], "before")
        async with stores[1].writing() as tx:
            await tx.connection.execute(CUT)
        await machine.says(CROWD[0], "after")
        await machine.hears(CROWD[0], "1 before", "2 after")
