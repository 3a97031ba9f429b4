"""The kill test, small: every boundary of a turn once, and some moments between."""

from __future__ import annotations

from pathlib import Path

from bench.chaos import Setting, chaos
from bench.doomed import BOUNDARIES

MOMENTS = 5


async def test_nothing_is_lost_doubled_or_out_of_order_when_the_program_is_killed(
    tmp_path: Path,
) -> None:
    count = await chaos(tmp_path, Setting(len(BOUNDARIES) + MOMENTS, people=6, seed=7))
    assert count.kills == len(BOUNDARIES) + MOMENTS
    assert count.boundaries == set(BOUNDARIES)
    assert count.acknowledged > 0
    assert (count.lost, count.doubled, count.out_of_order) == (0, 0, 0)
