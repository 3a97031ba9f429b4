"""Waits that are over are noticed, whatever happens, and their chats hear of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot.upkeep import takeovers
from bot.upkeep.takeovers import announce, keep_announcing
from core.store.inbox import Inbox
from core.store.store import Store
from tests.clock import TestClock


async def asks(store: Store, clock: TestClock) -> None:
    async with store.writing() as tx:
        await tx.takeovers.ask("web:9", None, "+85298765432", clock())


async def test_nothing_is_written_before_a_wait_is_over(store: Store, clock: TestClock) -> None:
    await asks(store, clock)
    assert not await announce(store, clock)
    clock.jump(hours=24)
    assert await announce(store, clock)
    async with store.writing() as tx:
        [waiting] = await Inbox(tx.connection, tx.ring).heads(9, clock())
    assert waiting.chat == "web:9"


@pytest.mark.errors_expected
async def test_it_goes_on_after_an_error(
    store: Store,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(takeovers, "EVERY", 0.01)
    await asks(store, clock)
    clock.jump(hours=24)
    reading, woken = store.reading, asyncio.Event()

    def fails() -> None:
        monkeypatch.setattr(store, "reading", reading)
        raise OSError

    monkeypatch.setattr(store, "reading", fails)
    task = asyncio.create_task(keep_announcing(store, clock, woken.set))
    try:
        await asyncio.wait_for(woken.wait(), 10)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert "could not be announced" in caplog.text
