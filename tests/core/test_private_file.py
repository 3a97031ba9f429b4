"""A private file: whole or not at all, for its owner alone, changed by one process at a time."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import private_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "file"
    private_file.create(path, b"first")
    return path


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_a_file_is_made_for_its_owner_alone_and_never_over_another(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    private_file.create(path, b"second")
    assert path.read_bytes() == b"first"
    assert names(path) == ["file"]


def test_a_file_is_replaced_whole_and_its_stamp_tells(path: Path) -> None:
    before = private_file.stamp(path)
    assert before == private_file.stamp(path)
    with path.open("rb") as reader:
        private_file.replace(path, b"other")
        assert reader.read() == b"first", "who reads it meanwhile reads one whole state"
    assert path.read_bytes() == b"other"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert private_file.stamp(path) != before
    assert names(path) == ["file"]
    path.unlink()
    assert private_file.stamp(path) is None


def test_behind_a_link_the_file_itself_is_replaced(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    private_file.replace(link, b"other")
    assert link.is_symlink()
    assert path.read_bytes() == b"other"


def test_the_owner_stays_whoever_replaces_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda _, *owner: given.append(owner))
    private_file.replace(path, b"other")
    assert given == [], "it is his already"
    real = Path.stat

    def of_another(self: Path, **more: bool) -> os.stat_result:
        found = real(self, **more)
        if self.name == "file":
            fields = list(found)
            fields[4:6] = [1234, 5678]
            return os.stat_result(fields)
        return found

    monkeypatch.setattr(Path, "stat", of_another)
    private_file.replace(path, b"another")
    assert given == [(1234, 5678)]


def test_a_replacement_that_fails_leaves_all_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        private_file.replace(path, b"other")
    assert path.read_bytes() == b"first"
    assert names(path) == ["file"]


def test_of_a_file_that_the_disk_has_no_room_for_nothing_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        private_file.replace(path, b"other")
    with pytest.raises(OSError, match="No space"):
        private_file.create(path.with_name("new"), b"first")
    assert path.read_bytes() == b"first"
    assert names(path) == ["file"]


def test_one_process_changes_it_at_a_time(path: Path) -> None:
    asks = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), %s)"
    command = [sys.executable, "-c", asks % (fcntl.LOCK_EX | fcntl.LOCK_NB), str(path.parent)]
    with private_file.held(path):
        assert subprocess.run(command, capture_output=True).returncode != 0
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_no_change_is_lost_where_many_make_one(path: Path) -> None:
    path.write_bytes(b"")

    def add(letter: int) -> None:
        with private_file.held(path):
            private_file.replace(path, path.read_bytes() + bytes([letter]))

    threads = [threading.Thread(target=add, args=(letter,)) for letter in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes()) == list(range(20))
