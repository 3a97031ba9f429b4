"""What something costs, whatever machine this is and whoever else uses it."""

from __future__ import annotations

import time
from collections.abc import Callable

NOMINAL = 0.003
"""CPU seconds that `_fixed` took on the machine for which the limits in the tests were set."""


def seconds(work: Callable[[], object]) -> float:
    """Do some work; return its CPU seconds, as they would have been on that machine.

    A slower one, or one whose caches others fill, takes three times as long. How much slower this
    one is just now a fixed piece of work tells, right before and after.
    """
    slower = _fixed()
    begun = time.process_time()
    work()
    took = time.process_time() - begun
    return took * NOMINAL / max(slower, _fixed(), NOMINAL)


def _fixed() -> float:
    begun = time.process_time()
    made = {str(number): [number] for number in range(10_000)}
    assert len(made) == 10_000
    return time.process_time() - begun
