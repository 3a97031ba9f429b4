"""How full the disk may get by what strangers send."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.disk import nearly_full


class Disk(NamedTuple):
    """What a disk says of itself."""

    total: int
    used: int
    free: int


@pytest.mark.errors_expected
@pytest.mark.parametrize(
    ("total", "free", "full"),
    [
        (20_000_000_000, 3_000_000_000, False),
        (20_000_000_000, 2_999_999_999, True),
        (1_000_000_000_000, 5_000_000_000, False),
        (1_000_000_000_000, 4_999_999_999, True),
    ],
)
def test_some_of_the_disk_stays_free_of_files(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    total: int,
    free: int,
    full: bool,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Disk(total, total - free, free))
    assert nearly_full(tmp_path) is full
    assert ("nearly full" in caplog.text) is full
