"""The kill test, small: on SQLite every boundary of a turn once, and some moments between; of two
processes on PostgreSQL, the boundaries after which the other has to finish what was begun."""

from __future__ import annotations

from pathlib import Path

from bench.chaos import Setting, chaos
from bench.doomed import BOUNDARIES
from tests.postgres import Postgres

MOMENTS = 5
LEFT_TO_THE_OTHER = (
    "session written, not committed",
    "before delivering",
    "delivered, not marked",
)


async def test_nothing_is_lost_doubled_or_out_of_order_when_the_program_is_killed(
    tmp_path: Path,
) -> None:
    count = await chaos(tmp_path, Setting(len(BOUNDARIES) + MOMENTS, people=6, seed=7))
    assert count.kills == len(BOUNDARIES) + MOMENTS
    assert count.boundaries == set(BOUNDARIES)
    assert count.acknowledged > 0
    assert count.good, count


async def test_what_one_of_two_leaves_behind_when_it_is_killed_reaches_everybody_once(
    tmp_path: Path, postgres: Postgres
) -> None:
    setting = Setting(
        len(LEFT_TO_THE_OTHER),
        people=6,
        seed=3,
        postgres=postgres,
        processes=2,
        lease=3,
        boundaries=LEFT_TO_THE_OTHER,
    )
    count = await chaos(tmp_path, setting)
    # On a busy machine one may be killed before it has come so far.
    assert count.boundaries
    assert count.good, count
