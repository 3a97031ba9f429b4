"""Two processes on one PostgreSQL: each message is answered once and in order, by one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from bot.channels import TryAgain
from core.policy import Policy
from core.store.inbox import Inbox
from core.store.outbox import Due
from core.store.store import Store
from core.store.tables import DONE, inbox, outbox
from core.vault import KeyRing
from tests.bot.machine import Machine, until
from tests.clock import TestClock
from tests.core.store.erasing import erase_what_is_old
from tests.world import World

CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
ONE, TWO = "telegram:1", "telegram:2"
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


@pytest.mark.errors_expected
async def test_a_reply_that_the_other_has_sent_meanwhile_is_not_put_back(
    stores: list[Store], clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first stood still for longer than its lease, and then failed."""
    monkeypatch.setattr("bot.outbox.BACKOFF", 0.005)
    first, second = (Machine(store, clock) for store in stores)
    still = asyncio.Event()

    async def stand_still() -> list[Due]:
        still.set()
        return []

    async with first:
        first.hold("telegram", ONE)
        first.trouble["telegram", ONE] = [TryAgain("the connection broke")]
        await first.says(ONE, "hello")
        await until(lambda: first.flying)
        async with second:
            with monkeypatch.context() as meanwhile:
                # Else it might be the first to see that its lease is over, and renew it.
                meanwhile.setattr(first.outbox, "_take", stand_still)
                await still.wait()
                clock.jump(seconds=61)
                await second.hears(ONE, "1 hello")
            await second.says(TWO, "before")
            await all_done(stores[1], 2, 2)
            first.release("telegram", ONE)
            await until(lambda: not first.flying)
            await second.says(TWO, "after")
            await all_done(stores[1], 3, 3)
            # Each by whoever was the first to take it.
            heard = sorted(first.sent["telegram", TWO] + second.sent["telegram", TWO])
            assert heard == ["1 before", "2 after"]
    assert first.sent["telegram", ONE] == []


@pytest.mark.errors_expected
async def test_a_message_that_the_other_has_answered_meanwhile_is_not_given_up(
    stores: list[Store], clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.TRIES", 1)
    first, second = (Machine(store, clock) for store in stores)
    second.echo.broken = False
    second.sent = first.sent
    failed, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    real = first.inbox._failed

    async def slow(*args: Any) -> None:
        failed.set()
        await go_on.wait()
        await real(*args)
        done.set()

    monkeypatch.setattr(first.inbox, "_failed", slow)
    async with first:
        await first.says(TWO, "poison")
        await failed.wait()
        async with second:
            await until(lambda: second.sent["telegram", TWO])
            go_on.set()
            await done.wait()
            await all_done(stores[0], 1, 1)
    assert first.sent["telegram", TWO] == ["1 poison"]


async def test_who_comes_back_while_his_chat_is_erased_is_answered(
    stores: list[Store], clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Machine(stores[0], clock) as machine:
        await machine.says(TWO, "hello")
        await machine.hears(TWO, "1 hello")
    clock.jump(days=31)
    put, kept, go_on = Inbox.put, asyncio.Event(), asyncio.Event()

    async def slow(self: Inbox, items: Any, new: Any, now: Any) -> None:
        await put(self, items, new, now)
        kept.set()
        await go_on.wait()

    async def erases() -> None:
        async with stores[1].writing() as tx:
            await erase_what_is_old(tx.connection, Policy().retention, clock())

    monkeypatch.setattr(Inbox, "put", slow)
    async with Machine(stores[0], clock) as machine:
        said = asyncio.create_task(machine.says(TWO, "back"))
        await kept.wait()
        erasing = asyncio.create_task(erases())
        await asyncio.sleep(0.3)
        go_on.set()
        await said
        await erasing
        await until(lambda: machine.sent["telegram", TWO])


async def test_a_page_shows_what_the_other_process_has_sent(
    postgres_url: str, tmp_path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slower() -> list[Due]:
        return []

    one, other = (World(tmp_path, database=postgres_url, clock=clock) for _ in range(2))
    async with one, other:
        monkeypatch.setattr(one.app.outbox, "_take", slower)
        person = await one.on_web()
        await person.starts()
        assert "Do you agree?" in (await person.hears()).text
        await person.says("/help")
        assert "Do you agree?" not in (await person.hears()).text
