"""The way in: once, in order within a chat, and a bad turn harms only itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from bot.channels import Stopping
from bot.inbox import MOST, SETTLE, TRIES
from core.store.inbox import Inbox
from core.store.store import Store, Transaction
from core.store.tables import DONE, PARKED, WAITING, chats, inbox
from tests.bot.machine import Machine, count_calls, until
from tests.clock import TestClock
from tests.core.store.full_disk import LARGE, full_disk

ONE, TWO = "web:1", "telegram:2"


@pytest.fixture
async def machine(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    monkeypatch.setattr("bot.inbox.BACKOFF", 0.002)
    async with Machine(store, clock) as made:
        yield made


async def states(store: Store) -> dict[int, int]:
    """Count the rows of the inbox by their state."""
    async with store.reading() as tx:
        rows = await tx.connection.execute(
            select(inbox.c.state, func.count()).group_by(inbox.c.state)
        )
        return {state: count for state, count in rows}


async def test_what_was_received_is_committed_before_it_is_confirmed(machine: Machine) -> None:
    await machine.inbox.receive([])
    await machine.says(ONE, "hello")
    assert sum((await states(machine.store)).values()) == 1
    await machine.hears(ONE, "1 hello")


async def test_the_same_update_counts_once(machine: Machine) -> None:
    hello, other = machine.message(ONE, "hello", "5"), machine.message(TWO, "hello", "5")
    await machine.inbox.receive([hello, hello])
    await asyncio.gather(*(machine.inbox.receive([hello, other]) for _ in range(5)))
    await machine.says(ONE, "end")
    await machine.hears(ONE, "1 hello", "2 end")
    await machine.hears(TWO, "1 hello")


async def test_it_counts_once_after_a_restart_too(store: Store, clock: TestClock) -> None:
    async with Machine(store, clock) as first:
        hello = first.message(ONE, "hello", "5")
        await first.inbox.receive([hello])
        await first.hears(ONE, "1 hello")
    async with Machine(store, clock) as second:
        await second.inbox.receive([hello])
        await second.says(ONE, "end")
        await second.hears(ONE, "2 end")


@pytest.mark.errors_expected
async def test_what_happened_in_a_turn_counts_once_it_is_committed(machine: Machine) -> None:
    await machine.inbox.receive(
        [machine.message(ONE, "hello"), machine.message(TWO, "poison"), machine.message(ONE, "end")]
    )
    await machine.hears(ONE, "1 hello", "2 end")
    machine.echo.broken = False
    machine.clock.jump(minutes=10)
    machine.inbox.wake()
    await machine.hears(TWO, "1 poison")
    assert machine.inbox.steps == {(f".{text}", "heard"): 1 for text in ("hello", "end", "poison")}


async def test_a_chats_messages_keep_their_order_whatever_comes_between(machine: Machine) -> None:
    crowd = [f"web:{number}" for number in range(20)]

    async def talks(chat: str) -> None:
        for number in range(5):
            await machine.says(chat, f"{number}a", f"{number}b")

    await asyncio.gather(*(talks(chat) for chat in crowd))
    said = [f"{number}{letter}" for number in range(5) for letter in "ab"]
    for chat in crowd:
        await machine.hears(chat, *(f"{n} {text}" for n, text in enumerate(said, 1)))


async def test_one_bad_message_in_a_batch_harms_only_itself(
    machine: Machine, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    request.applymarker(pytest.mark.errors_expected)
    crowd = [f"web:{number}" for number in range(20)]
    batch = [machine.message(chat, "hello") for chat in crowd]
    batch.insert(7, machine.message(ONE, "poison"))
    batch.append(machine.message(ONE, "after"))
    await machine.inbox.receive(batch)
    for chat in crowd:
        if chat != ONE:
            await machine.hears(chat, "1 hello")
    # In its own chat it is parked after eight tries, and what came behind it is answered.
    await machine.hears(ONE, "1 hello", "2 after", "undelivered message")
    assert await states(machine.store) == {DONE: 22, PARKED: 1}
    assert sum("try 8" in message for message in caplog.messages) == 1
    assert not any("try 9" in message for message in caplog.messages)
    assert "A123456" not in caplog.text
    await machine.says(ONE, "still here")
    await machine.hears(ONE, "1 hello", "2 after", "undelivered message", "3 still here")


@pytest.mark.errors_expected
async def test_a_message_that_failed_for_a_while_is_answered_in_its_place(
    machine: Machine,
) -> None:
    await machine.says(ONE, "poison", "after")
    await until(lambda: machine.store and machine.echo.broken)
    await asyncio.sleep(0.02)
    machine.echo.broken = False
    await machine.hears(ONE, "1 poison", "2 after")


@pytest.mark.errors_expected
async def test_a_message_for_whose_answer_the_disk_has_no_room_waits_for_it(
    store: Store,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The disk is full, and yet what failed can be written down: it is not the message's fault."""
    monkeypatch.setattr("bot.inbox.BACKOFF", 0.002)
    machine = Machine(store, clock)
    async with store.writing() as tx:
        said = [machine.message(ONE, "large"), machine.message(ONE, "after")]
        await Inbox(tx.connection, tx.ring).put(said, [ONE], clock())
    async with machine:
        async with full_disk(store):
            await until(lambda: f"try {TRIES + 2}" in caplog.text)
        await machine.hears(ONE, "1 large", LARGE, "2 after")


@pytest.mark.errors_expected
@pytest.mark.parametrize("damaged", ["message", "session"])
async def test_a_damaged_cell_stops_nobody_else(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    monkeypatch.setattr("bot.inbox.BACKOFF", 0.002)
    async with store.writing() as tx:
        rows = Inbox(tx.connection, tx.ring)
        made = Machine(store, clock)
        for chat in (ONE, TWO):
            await rows.put([made.message(chat, "hello")], [chat], clock())
        if damaged == "message":
            broken = update(inbox).where(inbox.c.chat == ONE).values(body=b"damaged")
        else:
            broken = update(chats).where(chats.c.id == ONE).values(session=b"damaged")
        await tx.connection.execute(broken)
    async with made as machine:
        await machine.hears(TWO, "1 hello")
        if damaged == "message":
            await machine.hears(ONE, "undelivered message")
            wanted = {DONE: 2, PARKED: 1}
        else:
            wanted = {DONE: 1, PARKED: 2}
        for _ in range(200):
            if await states(store) == wanted:
                break
            await asyncio.sleep(0.02)
        assert await states(store) == wanted


@pytest.mark.errors_expected
async def test_a_channel_hears_that_what_it_brought_could_not_be_kept(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        for method in ("put", "take"):
            patch.setattr(Inbox, method, full)
        with pytest.raises(OSError, match="no space"):
            await machine.says(ONE, "lost")
    assert await states(machine.store) == {}
    await machine.says(ONE, "hello")
    await machine.hears(ONE, "1 hello")


@pytest.mark.errors_expected
async def test_what_could_be_kept_but_not_answered_is_confirmed_all_the_same(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        async def broken(*_: Any) -> None:
            raise OSError("no answer")

        for method in ("take", "heads"):
            patch.setattr(Inbox, method, broken)
        await machine.says(ONE, "hello")
        assert await states(machine.store) == {WAITING: 1}
    await machine.hears(ONE, "1 hello")


@pytest.mark.errors_expected
async def test_a_store_that_goes_away_is_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        async def away(*_: Any) -> None:
            raise OSError("away")

        for method in ("put", "take", "waits", "heads", "next_due", "postpone"):
            patch.setattr(Inbox, method, away)
        machine.inbox.wake()
        with pytest.raises(OSError, match="away"):
            await machine.says(ONE, "lost")
        await asyncio.sleep(0.05)
    await machine.says(ONE, "hello")
    await machine.hears(ONE, "1 hello")


async def test_a_stop_finishes_the_turns_in_hand_and_the_next_run_does_the_rest(
    store: Store, clock: TestClock
) -> None:
    crowd = [f"web:{number}" for number in range(100)]
    first = Machine(store, clock)
    async with first:
        await first.inbox.receive([first.message(chat, "hello") for chat in crowd])
    with pytest.raises(Stopping):
        await first.says(ONE, "too late")
    answered = (await states(store))[DONE]
    assert answered >= MOST, "a cycle was in hand"
    async with Machine(store, clock) as second:
        for chat in crowd:
            heard = first.sent["web", chat]
            await until(lambda chat=chat, heard=heard: heard + second.sent["web", chat])
            assert heard + second.sent["web", chat] == ["1 hello"]
    assert await states(store) == {DONE: 100}


async def test_what_a_killed_process_had_received_is_answered_by_the_next(
    store: Store, clock: TestClock
) -> None:
    first = Machine(store, clock)
    async with store.writing() as tx:
        await Inbox(tx.connection, tx.ring).put(
            [first.message(ONE, "one"), first.message(ONE, "two")], [ONE], clock()
        )
    async with Machine(store, clock) as second:
        await second.hears(ONE, "1 one", "2 two")


async def test_a_clock_that_is_set_back_holds_up_no_message(store: Store, clock: TestClock) -> None:
    """A machine takes the local time for UTC until somebody tells it the time."""
    first = Machine(store, clock)
    async with store.writing() as tx:
        await Inbox(tx.connection, tx.ring).put(
            [first.message(ONE, "one"), first.message(ONE, "two")], [ONE], clock()
        )
    clock.jump(hours=-8)
    async with Machine(store, clock) as second:
        await second.hears(ONE, "1 one", "2 two")


async def test_a_chat_that_was_erased_begins_anew(machine: Machine, clock: TestClock) -> None:
    await machine.says(ONE, "hello")
    await machine.hears(ONE, "1 hello")
    async with machine.store.writing() as tx:
        await tx.connection.execute(delete(chats))
    clock.jump(days=30)
    await machine.says(ONE, "back")
    await machine.hears(ONE, "1 hello", "1 back")


async def test_no_more_chats_are_remembered_than_fit(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.KNOWN", 3)
    for number in range(9):
        await machine.says(f"web:{number}", "hello")
        await machine.hears(f"web:{number}", "1 hello")
        assert len(machine.inbox._known) <= 4


@pytest.mark.errors_expected
async def test_waiting_for_another_try_takes_no_work(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.BACKOFF", 30.0)
    await machine.says(ONE, "poison", "behind", "behind")
    await asyncio.sleep(0.05)
    calls = count_calls(monkeypatch, Inbox, "heads")
    await asyncio.sleep(0.5)
    assert calls[0] <= 4


async def test_a_message_is_answered_a_week_later_in_the_same_conversation(
    machine: Machine, clock: TestClock
) -> None:
    await machine.says(ONE, "hello")
    clock.jump(days=7)
    await machine.says(ONE, "again")
    await machine.hears(ONE, "1 hello", "2 again")


@pytest.mark.errors_expected
async def test_what_a_message_refers_to_is_kept_with_it_or_neither_is(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    async def keep(tx: Transaction) -> None:
        names.append(await tx.uploads.keep(ONE, "visits", b"what it refers to", clock()))
        if len(names) < 3:
            raise OSError("the disk is full")

    async with Machine(store, clock) as machine:
        with pytest.raises(OSError, match="full"):
            await machine.inbox.receive([machine.message(ONE, "one")], keep)
        assert len(names) == 2, "in the cycle, and alone"
        assert await states(store) == {}
        await machine.inbox.receive([machine.message(ONE, "two")], keep)
        async with store.reading() as tx:
            assert await tx.uploads.read(names[-1], chat=ONE) == b"what it refers to"
        await machine.hears(ONE, "1 two")


async def test_nothing_is_looked_for_in_the_store_that_is_not_there(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that waits for nobody costs one transaction, and its mark comes with the next."""
    began = 0
    writing = store.writing

    def counted() -> Any:
        nonlocal began
        began += 1
        return writing()

    async with Machine(store, clock) as machine:
        await machine.says(ONE, "hello")
        await machine.hears(ONE, "1 hello")
        await asyncio.sleep(2 * SETTLE)
        monkeypatch.setattr(store, "writing", counted)
        for number in range(1, 11):
            await machine.says(TWO, "hello")
            await until(lambda number=number: len(machine.sent["telegram", TWO]) == number)
        # Where others may put something in, it is looked for.
        assert began == 10 or store.shared
