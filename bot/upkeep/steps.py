"""Tell the operator at which questions people stop, every hour."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict

from core.conversation.turn import Step

EVERY = 3600.0
"""Seconds between two times."""

log = logging.getLogger(__name__)


async def keep_telling(steps: Counter[Step]) -> None:
    """Write every hour how often what happened at each question, until cancelled, and then once
    more. No answer is among it."""
    try:
        while True:
            await asyncio.sleep(EVERY)
            tell(steps)
    finally:
        tell(steps)


def tell(steps: Counter[Step]) -> None:
    """Write a line for each question, and begin anew."""
    questions: defaultdict[str, list[str]] = defaultdict(list)
    for (question, what), count in sorted(steps.items()):
        questions[question].append(f"{what} {count}")
    for question, happened in questions.items():
        log.info("at the question %s: %s", question, ", ".join(happened))
    steps.clear()
