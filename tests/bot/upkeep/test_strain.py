"""The operator hears when one-time codes are misused, or have run out."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from bot.upkeep import strain
from bot.upkeep.strain import keep_watching, troubles
from core.policy import PasscodePolicy, Policy
from core.store.store import Store
from core.store.strain import Strain
from tests.bot.machine import until
from tests.clock import TestClock


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Strain(False, False, 0, 0), []),
        (Strain(True, True, 49, 0), ["failing", "full"]),
        (Strain(False, False, 50, 20), []),
        (Strain(False, False, 50, 19), ["unused"]),
    ],
)
def test_what_is_told(found: Strain, told: list[str]) -> None:
    assert [kind for kind, _ in troubles(found)] == told


@pytest.mark.errors_expected
async def test_it_is_told_at_once_and_every_hour_whatever_happens(
    store: Store,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(strain, "EVERY", 0.01)
    store.policy = Policy(passcode=PasscodePolicy(per_day_at_least=1))
    async with store.writing() as tx:
        values = {"chat": "web:1", "phone": "+85291234567", "purpose": "registration"}
        await tx.challenges.send(**values, challenge="", now=clock())
    reading = store.reading

    def fails() -> None:
        monkeypatch.setattr(store, "reading", reading)
        raise OSError

    monkeypatch.setattr(store, "reading", fails)
    task = asyncio.create_task(keep_watching(store, clock))

    def times() -> int:
        return caplog.text.count("nobody gets one")

    try:
        await until(lambda: times() == 1)
        await asyncio.sleep(0.1)
        assert times() == 1
        clock.jump(hours=1)
        await until(lambda: times() == 2)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert "could not be looked at" in caplog.text
