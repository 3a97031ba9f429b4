"""The operator hears at which questions people stop."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress

import pytest

from bot.upkeep import steps
from bot.upkeep.steps import keep_telling
from tests.bot.machine import until

TOLD = [
    "at the question registration.number: answered 1, asked 2, wrong 1",
    "at the question welcome.consent: asked 1",
]


async def test_it_is_told_every_hour_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(steps, "EVERY", 0.01)
    number = "registration.number"
    counted = Counter([(number, "asked"), ("welcome.consent", "asked")])
    counted.update([(number, "wrong"), (number, "asked"), (number, "answered")])
    task = asyncio.create_task(keep_telling(counted))
    await until(lambda: not counted)
    assert caplog.messages == TOLD
    monkeypatch.setattr(steps, "EVERY", 3600)
    await asyncio.sleep(0.05)
    counted["welcome.consent", "asked"] += 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert caplog.messages == [*TOLD, TOLD[1]]
