"""The way out: again until it arrives, in order within a lane, lanes side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiolimiter import AsyncLimiter
from sqlalchemy import func, select, update

from bot.channels import Refused, TryAgain, Unreachable
from bot.outbox import Outbox as WayOut
from bot.outbox import at_pace
from bot.work import finished
from core.conversation.messages import Reply
from core.conversation.turn import Job, Sms
from core.store.outbox import Due, Outbox, Outgoing
from core.store.store import Store
from core.store.tables import DONE, PARKED, WAITING, outbox
from tests.bot.machine import PHONE, Machine, count_calls, until
from tests.clock import TestClock

ONE, TWO = "telegram:1", "telegram:2"
LANE = "telegram", ONE


@pytest.fixture
async def machine(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Machine]:
    monkeypatch.setattr("bot.outbox.BACKOFF", 0.005)
    async with Machine(store, clock) as made:
        yield made


async def states(store: Store) -> dict[int, int]:
    """Count the rows of the outbox by their state."""
    async with store.reading() as tx:
        count = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {state: number for state, number in await tx.connection.execute(count)}


async def settles(store: Store, wanted: dict[int, int]) -> None:
    """Wait until the rows are in these states."""
    for _ in range(500):
        found = await states(store)
        if found == wanted:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(found)


async def put(store: Store, clock: TestClock, *rows: tuple[str, str, Outgoing]) -> None:
    """Leave rows behind, as an earlier run does."""
    async with store.writing() as tx:
        await Outbox(tx.connection, tx.ring).put(rows, clock())


async def test_what_fails_is_tried_again_in_its_place(machine: Machine) -> None:
    machine.trouble[LANE] = [TryAgain("away") for _ in range(3)]
    await machine.says(ONE, "three")
    await machine.hears(ONE, "1 three", "two", "three")
    assert machine.tries == 6
    await settles(machine.store, {DONE: 3})


async def test_the_waits_grow(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.BACKOFF", 0.1)
    waits: list[timedelta] = []
    real = WayOut._put_aside

    async def put_aside(self: Any, due: Due, again: timedelta, told: None) -> bool:
        waits.append(again)
        return await real(self, due, again, told)

    # What is left of it in the row depends on how busy the machine is.
    monkeypatch.setattr(WayOut, "_put_aside", put_aside)
    async with Machine(store, clock) as machine:
        machine.trouble[LANE] = [TryAgain("away") for _ in range(3)]
        await machine.says(ONE, "hello")
        await machine.hears(ONE, "1 hello")
    for wait, base in zip(waits, (0.1, 0.2, 0.4), strict=True):
        assert base <= wait.total_seconds() <= base * 1.25


async def test_the_wait_that_a_platform_asks_for_is_kept(machine: Machine) -> None:
    machine.trouble[LANE] = [TryAgain("flood", after=0.5)]
    began = time.monotonic()
    await machine.says(ONE, "hello")
    await machine.hears(ONE, "1 hello")
    assert time.monotonic() - began >= 0.5


async def test_a_chat_that_hangs_holds_up_nobody_else(machine: Machine) -> None:
    machine.hold(*LANE)
    await machine.says(ONE, "sms", "after")
    await machine.hears(ONE, "123456", route="sms")
    await machine.says(TWO, "hello")
    await machine.hears(TWO, "1 hello")
    assert machine.sent[LANE] == []
    machine.release(*LANE)
    await machine.hears(ONE, "1 sms", "2 after")


@pytest.mark.errors_expected
async def test_what_is_refused_is_given_up_at_once_and_the_next_goes_on(machine: Machine) -> None:
    machine.trouble[LANE] = [Refused("never"), Unreachable("blocked")]
    await machine.says(ONE, "three")
    await machine.hears(ONE, "three", "undelivered reply")
    await settles(machine.store, {DONE: 2, PARKED: 2})


async def test_a_person_who_blocked_us_is_no_error(machine: Machine) -> None:
    machine.trouble[LANE] = [Unreachable("blocked")]
    await machine.says(ONE, "hello")
    await settles(machine.store, {PARKED: 1})


async def test_a_reply_outlasts_a_platform_that_is_away_for_most_of_an_hour(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real = Outbox.postpone

    async def postpone(self: Any, number: int, until: Any, **more: Any) -> bool:
        waits.append((until - clock()).total_seconds())
        return await real(self, number, clock(), **more)

    monkeypatch.setattr(Outbox, "postpone", postpone)
    async with Machine(store, clock) as machine:
        machine.trouble[LANE] = [TryAgain("away") for _ in range(19)]
        await machine.says(ONE, "hello")
        await machine.hears(ONE, "1 hello")
    assert 50 * 60 < sum(waits) < 90 * 60


async def test_a_wait_without_end_is_not_kept(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.LONGEST_ASKED", 0.01)
    async with Machine(store, clock) as machine:
        machine.trouble[LANE] = [TryAgain("flood", after=1e300)]
        await machine.says(ONE, "hello")
        await machine.hears(ONE, "1 hello")


@pytest.mark.errors_expected
async def test_what_fails_too_often_is_given_up_loudly(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.outbox.LONGEST", 0.01)
    machine.trouble[LANE] = [TryAgain("away") for _ in range(20)]
    await machine.says(ONE, "hello", "after")
    await machine.hears(ONE, "2 after", "undelivered reply")
    assert machine.tries == 22
    assert "is given up" in caplog.text
    assert "hello" not in caplog.text
    await settles(machine.store, {DONE: 2, PARKED: 1})


@pytest.mark.errors_expected
async def test_an_unforeseen_error_is_tried_again_and_logged_without_its_words(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.trouble[LANE] = [ValueError("A123456(3)")]
    await machine.says(ONE, "hello")
    await machine.hears(ONE, "1 hello")
    assert "ValueError" in caplog.text
    assert "A123456" not in caplog.text


@pytest.mark.errors_expected
async def test_what_always_fails_unforeseen_does_not_hold_up_its_chat_for_long(
    machine: Machine,
) -> None:
    machine.trouble[LANE] = [ValueError("bad") for _ in range(8)]
    await machine.says(ONE, "hello", "after")
    await machine.hears(ONE, "2 after", "undelivered reply")
    assert machine.tries == 10


@pytest.mark.errors_expected
async def test_a_reply_that_tells_of_another_is_given_up_without_a_word(machine: Machine) -> None:
    machine.trouble[LANE] = [Refused("never"), Refused("never")]
    await machine.says(ONE, "hello")
    await settles(machine.store, {PARKED: 2})
    await machine.says(ONE, "after")
    await machine.hears(ONE, "2 after")
    await settles(machine.store, {DONE: 1, PARKED: 2})


@pytest.mark.errors_expected
async def test_the_person_is_told_of_an_sms_that_was_given_up(machine: Machine) -> None:
    machine.trouble["sms", ONE] = [Refused("no such number")]
    await machine.says(ONE, "sms")
    await machine.hears(ONE, "1 sms", "undelivered sms")


@pytest.mark.errors_expected
async def test_nobody_is_told_of_an_sms_to_somebody_else(machine: Machine) -> None:
    machine.trouble["sms", ONE] = [Refused("no such number")]
    await machine.says(ONE, "quiet sms")
    await settles(machine.store, {DONE: 1, PARKED: 1})
    await machine.says(ONE, "after")
    await machine.hears(ONE, "1 quiet sms", "2 after")


@pytest.mark.errors_expected
async def test_work_that_was_given_up_is_finished_as_unavailable(machine: Machine) -> None:
    machine.trouble["work", ONE] = [TryAgain("away") for _ in range(8)]
    await machine.says(ONE, "file")
    await machine.hears(ONE, "1 file", "finished unavailable")


@pytest.mark.errors_expected
async def test_a_delivery_that_takes_too_long_is_tried_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.LONGEST_DELIVERY", 0.05)
    machine.hold(*LANE)
    await machine.says(ONE, "hello")
    await until(lambda: machine.tries > 1)
    machine.release(*LANE)
    await machine.hears(ONE, "1 hello")


@pytest.mark.errors_expected
async def test_a_damaged_row_is_refused_and_the_next_goes_on(
    store: Store, clock: TestClock
) -> None:
    await put(store, clock, ("telegram", ONE, Reply("one")), ("telegram", ONE, Reply("two")))
    async with store.writing() as tx:
        first = select(func.min(outbox.c.number)).scalar_subquery()
        await tx.connection.execute(
            update(outbox).where(outbox.c.number == first).values(body=b"damaged")
        )
    async with Machine(store, clock) as machine:
        await machine.hears(ONE, "two")
    assert await states(store) == {DONE: 1, PARKED: 1}


async def test_a_restart_sends_what_is_left_in_order(store: Store, clock: TestClock) -> None:
    left = [("telegram", ONE, Reply(str(number))) for number in range(20)]
    left.insert(3, ("sms", ONE, Sms(PHONE, "123456")))
    left.insert(5, ("work", ONE, Job("job", "visits", "ref")))
    left.insert(9, ("telegram", TWO, Reply("other")))
    await put(store, clock, *left)
    async with Machine(store, clock) as machine:
        await machine.says(ONE, "new")
        await machine.hears(ONE, *(str(number) for number in range(20)), "1 new")
        await machine.hears(TWO, "other")
        await machine.hears(ONE, "123456", route="sms")
        await machine.hears(ONE, "visits", route="work")
    assert await states(store) == {DONE: 24}


async def test_a_killed_process_leaves_its_row_to_the_next(store: Store, clock: TestClock) -> None:
    first = Machine(store, clock)
    await first.__aenter__()
    first.hold(*LANE)
    await first.says(ONE, "hello", "after")
    await until(lambda: first.flying)
    await first.killed()
    if store.shared:  # Somebody else may still be alive: the lease must end first.
        clock.jump(seconds=61)
    async with Machine(store, clock) as second:
        await second.hears(ONE, "1 hello", "2 after")


async def test_a_stop_finishes_what_is_in_flight_and_sends_no_more(
    store: Store, clock: TestClock
) -> None:
    first = Machine(store, clock)
    async with first:
        first.hold(*LANE)
        await first.says(ONE, "three")
        await until(lambda: first.flying)
        asyncio.get_running_loop().call_later(0.1, first.release, *LANE)
    assert first.sent[LANE] == ["1 three"]
    assert await states(store) == {DONE: 1, WAITING: 2}
    async with Machine(store, clock) as second:
        await second.hears(ONE, "two", "three")


async def test_a_stop_does_not_wait_for_ever(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.DRAIN", 0.05)
    async with Machine(store, clock) as first:
        first.hold(*LANE)
        await first.says(ONE, "hello")
        await until(lambda: first.flying)
    await until(lambda: not first.flying)
    assert await states(store) == {WAITING: 1}


async def test_no_more_are_in_flight_than_allowed(store: Store, clock: TestClock) -> None:
    crowd = [f"telegram:{number}" for number in range(20)]
    async with Machine(store, clock, at_once=3) as machine:
        for chat in crowd[:3]:
            machine.hold("telegram", chat)
        await machine.inbox.receive([machine.message(chat, "three") for chat in crowd])
        await until(lambda: machine.flying == 3)
        for chat in crowd[:3]:
            machine.release("telegram", chat)
        for chat in crowd:
            await machine.hears(chat, "1 three", "two", "three")
        assert machine.most == 3


async def begin_work(machine: Machine, crowd: list[str]) -> None:
    """Let each of a crowd send a file, and the work on it hang."""
    for chat in crowd:
        machine.hold("work", chat)
    await machine.inbox.receive([machine.message(chat, "file") for chat in crowd])


async def test_a_route_that_is_full_is_in_no_other_ones_way(store: Store, clock: TestClock) -> None:
    crowd = [f"telegram:{number}" for number in range(12)]
    async with Machine(store, clock, at_once=2) as machine:
        await begin_work(machine, crowd)
        for chat in crowd:
            await machine.hears(chat, "1 file")
        await machine.says(crowd[-1], "hello")
        await machine.hears(crowd[-1], "1 file", "2 hello")
        for chat in crowd:
            machine.release("work", chat)
        for chat in crowd:
            await machine.hears(chat, "visits", route="work")


async def test_who_waits_for_his_turn_has_not_failed(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.LONGEST_DELIVERY", 1.2)
    crowd = [f"telegram:{number}" for number in range(12)]
    async with Machine(store, clock, at_once=2) as machine:
        await begin_work(machine, crowd)
        for chat in crowd:
            await asyncio.sleep(0.15)
            machine.release("work", chat)
        for chat in crowd:
            await machine.hears(chat, "visits", route="work")
        # A message and a job each, and no second try.
        assert machine.tries == 2 * len(crowd)


@pytest.mark.errors_expected
async def test_what_waits_for_a_channel_that_is_off_is_sent_when_it_is_on_again(
    store: Store, clock: TestClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with Machine(store, clock, off="telegram") as machine:
        await machine.says(ONE, "three", "sms")
        # Its text message needs no channel.
        await machine.hears(ONE, "123456", route="sms")
    await put(store, clock, ("telegram", ONE, Reply("later")))
    async with Machine(store, clock, off="telegram"):
        pass
    if not store.shared:  # There another process may send them.
        assert "5 messages wait for telegram, which is off" in caplog.text
    assert await states(store) == {WAITING: 5, DONE: 1}
    async with Machine(store, clock) as machine:
        await machine.hears(ONE, "1 three", "two", "three", "2 sms", "later")


class Paced(Machine):
    """Delivers so many messages a second at the most."""

    def __init__(self, store: Store, clock: TestClock, *, pace: float) -> None:
        super().__init__(store, clock, at_once=at_pace(pace))
        self.limiter = AsyncLimiter(1, 1 / pace)

    async def deliver(self, due: Due) -> None:
        await self.limiter.acquire()
        await super().deliver(due)


async def test_no_more_are_in_flight_than_their_pace_lets_through_in_time(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.outbox.LONGEST_DELIVERY", 2.0)
    crowd = [f"telegram:{number}" for number in range(60)]
    async with Paced(store, clock, pace=20) as machine:
        await machine.inbox.receive([machine.message(chat, "hello") for chat in crowd])
        for chat in crowd:
            await machine.hears(chat, "1 hello")


@pytest.mark.errors_expected
async def test_a_store_that_goes_away_is_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.trouble[LANE] = [TryAgain("away")]
    machine.hold(*LANE)
    await machine.says(ONE, "three")
    await until(lambda: machine.flying)
    with monkeypatch.context() as patch:

        async def away(*_: Any, **__: Any) -> None:
            raise OSError("away")

        for method in ("take", "postpone", "next_due"):
            patch.setattr(Outbox, method, away)
        machine.release(*LANE)
        machine.outbox._wake.set()
        await asyncio.sleep(0.1)
    await machine.hears(ONE, "1 three", "two", "three")


async def test_waiting_takes_no_work(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.trouble[LANE] = [TryAgain("flood", after=60)]
    machine.hold("telegram", TWO)
    await machine.says(ONE, "three")
    await machine.says(TWO, "three")
    await asyncio.sleep(0.1)
    takes = count_calls(monkeypatch, Outbox, "take")
    looks = count_calls(monkeypatch, Outbox, "next_due")
    await asyncio.sleep(0.5)
    assert takes[0] <= 4
    assert looks[0] <= 4
    machine.release("telegram", TWO)
    await machine.hears(TWO, "1 three", "two", "three")


async def test_the_web_keeps_what_was_sent_and_others_do_not(machine: Machine) -> None:
    await machine.says("web:1", "hello")
    await machine.says(ONE, "hello")
    await settles(machine.store, {DONE: 2})
    async with machine.store.reading() as tx:
        bodies = dict((await tx.connection.execute(select(outbox.c.route, outbox.c.body))).all())
    assert bodies["web"]
    assert bodies["telegram"] is None


async def test_a_lease_that_ends_in_our_own_hands_sends_nothing_twice(
    store: Store, clock: TestClock
) -> None:
    """The machine slept, or its clock was set, while the delivery went on."""
    async with Machine(store, clock) as machine:
        machine.hold(*LANE)
        await machine.says(ONE, "hello")
        await until(lambda: machine.flying)
        clock.jump(seconds=61)
        await machine.says(TWO, "three")
        await machine.hears(TWO, "1 three", "two", "three")
        machine.release(*LANE)
        await machine.hears(ONE, "1 hello")
        await settles(store, {DONE: 4})
        assert machine.sent[LANE] == ["1 hello"]


async def test_a_clock_that_is_set_back_holds_up_no_reply(
    machine: Machine, clock: TestClock
) -> None:
    machine.hold(*LANE)
    await machine.says(ONE, "three")
    await until(lambda: machine.flying)
    clock.jump(hours=-8)
    machine.release(*LANE)
    await machine.hears(ONE, "1 three", "two", "three")


@pytest.mark.errors_expected
async def test_news_with_the_longest_name_is_kept(store: Store, clock: TestClock) -> None:
    address = "0123456789abcdef" * 2
    chat = f"web:{address}"
    async with Machine(store, clock) as machine:
        job = Job(id=f"{chat}:{address}:{'a' * 40}", kind="visits", ref="ref")
        await machine.inbox.receive([finished(chat, job, clock(), error="unavailable")])
        await machine.hears(chat, "finished unavailable")
