"""A clock that is set back: what waits waits no longer than it was to."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot.channels import TryAgain
from bot.clock import Drift
from bot.upkeep import set_back
from bot.upkeep.set_back import in_step, keep_in_step
from core.store.store import Store
from tests.bot.machine import Machine, until
from tests.clock import TestClock

ONE, TWO = "telegram:1", "telegram:2"


@pytest.mark.errors_expected
async def test_what_is_to_be_tried_again_is_tried_when_it_was_to_be(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was ahead by a time zone until somebody told it the time."""
    monkeypatch.setattr(set_back, "EVERY", 0.01)
    async with Machine(store, clock) as machine:

        def wake() -> None:
            machine.inbox.wake()
            machine.outbox.wake()

        machine.trouble["telegram", ONE] = [TryAgain("busy", 2.0)]
        await machine.says(ONE, "hello")
        await machine.says(TWO, "poison")
        await until(lambda: machine.tries and not machine.flying)
        await asyncio.sleep(0.1)
        watching = asyncio.create_task(keep_in_step(store, clock, wake))
        await asyncio.sleep(0)
        clock.jump(hours=-8)
        machine.echo.broken = False
        await machine.hears(ONE, "1 hello")
        await machine.hears(TWO, "1 poison")
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def test_a_clock_that_is_a_little_off_changes_nothing(store: Store, clock: TestClock) -> None:
    drift = Drift(clock)
    for seconds in (-59, 3600, -59):
        clock.jump(seconds=seconds)
        assert not await in_step(store, drift)
    clock.jump(seconds=-61)
    assert await in_step(store, drift)
    assert not await in_step(store, drift)


@pytest.mark.errors_expected
async def test_where_the_store_is_away_it_is_done_when_it_is_back(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_back, "EVERY", 0.01)
    woken = asyncio.Event()
    with monkeypatch.context() as patch:

        def away() -> None:
            raise OSError

        patch.setattr(store, "writing", away)
        watching = asyncio.create_task(keep_in_step(store, clock, woken.set))
        await asyncio.sleep(0)
        clock.jump(days=-1)
        await asyncio.sleep(0.05)
        assert not woken.is_set()
    async with asyncio.timeout(10):
        await woken.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
