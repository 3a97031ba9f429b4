"""The operator's commands about the audit log: what they say, and their exit codes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.operator.kept_checkpoint import FILE
from tests.bot.test_command_line import inside, is_one_sentence

__all__ = ["inside"]

Says = Callable[..., str]


@pytest.fixture
def says(inside: Path, capsys: pytest.CaptureFixture[str]) -> Says:
    """Run a command; return what it printed, to where its exit code says."""

    def run(*arguments: str, code: int = 0) -> str:
        assert main(arguments) == code
        out, err = capsys.readouterr()
        assert not (out if code else err)
        said = err if code else out
        assert isinstance(said, str)
        return said

    return run


def falsify(folder: Path, *statements: str) -> None:
    """Run statements on the database's file, its triggers taken away."""
    with closing(sqlite3.connect(folder / "data" / "healthcode.sqlite3")) as connection:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(triggers).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
        connection.commit()


def add(says: Says, *names: str) -> None:
    for name in names:
        says("staff", "add", name, "--role", "officer")


def test_a_whole_log_is_told_with_its_entries_and_their_time(says: Says) -> None:
    assert says("audit", "verify") == "The audit log is whole: it has no entries yet.\n"
    add(says, "Chan", "Lee", "Wong")
    said = says("audit", "verify")
    is_one_sentence(said, "The audit log is whole: 3 entries from 2021-12-10 12:0")
    assert "; 3 of them wait for their place in the chain" in said
    says("audit", "checkpoint", "-o", "kept.cbor")
    is_one_sentence(says("audit", "verify"), "Hong Kong time.")
    is_one_sentence(says("audit", "verify", "--checkpoint", "kept.cbor"), "is whole: 3 entries")


def test_an_entry_that_was_changed_is_named(inside: Path, says: Says) -> None:
    add(says, "Chan", "Lee", "Wong")
    says("audit", "checkpoint", "-o", "kept.cbor")
    falsify(inside, "UPDATE audit SET object = 'Ho' WHERE number = 2")
    said = says("audit", "verify", code=1)
    assert said == "The audit log is NOT WHOLE: entry 2 was changed or put in.\n"


def test_an_end_that_was_cut_off_is_found_by_the_check_point(inside: Path, says: Says) -> None:
    add(says, "Chan")
    is_one_sentence(says("audit", "checkpoint", "-o", "first.cbor"), "the check-point of entry 1.")
    add(says, "Lee", "Wong")
    is_one_sentence(says("audit", "checkpoint", "-o", "last.cbor"), "the check-point of entry 3.")
    falsify(
        inside,
        "DELETE FROM audit WHERE number > 1",
        "DELETE FROM audit_chain WHERE place > 1",
        "DELETE FROM checkpoints WHERE place > 1",
    )
    says("audit", "verify")
    says("audit", "verify", "--checkpoint", "first.cbor")
    gone = "The audit log is NOT WHOLE: the entries from 2 to 3 were removed.\n"
    assert says("audit", "verify", "--checkpoint", "last.cbor", code=1) == gone
    # The one that the running program keeps is looked at by itself.
    (inside / "last.cbor").rename(inside / "data" / FILE)
    assert says("audit", "verify", code=1) == gone


def test_a_check_point_is_written_in_place_of_an_older_one(inside: Path, says: Says) -> None:
    for name in ("Chan", "Lee"):
        add(says, name)
        says("audit", "checkpoint", "-o", "kept.cbor")
    is_one_sentence(says("audit", "verify", "--checkpoint", "kept.cbor"), "2 entries")
    assert [file.name for file in inside.glob("*kept*")] == ["kept.cbor"]


def test_what_is_no_check_point_is_one_sentence(inside: Path, says: Says) -> None:
    is_one_sentence(says("audit", "checkpoint", "-o", "x", code=2), "has no entries yet")
    add(says, "Chan")
    verify = ("audit", "verify", "--checkpoint")
    is_one_sentence(says(*verify, "nowhere", code=2), "nowhere cannot be read: ")
    is_one_sentence(says(*verify, ".", code=2), ". cannot be read: ")
    (inside / "junk").write_bytes(b"junk")
    is_one_sentence(says(*verify, "junk", code=2), "The check-point junk is damaged, or is none")
    is_one_sentence(says("audit", "checkpoint", "-o", "junk", code=2), "junk is there already")
    is_one_sentence(says("audit", "checkpoint", "-o", "data/keys.json", code=2), "no check-point")
    assert (inside / "junk").read_bytes() == b"junk"
    said = says("audit", "checkpoint", "-o", "nowhere/else/x", code=0)
    assert "nowhere/else/x" in said
    is_one_sentence(says("audit", "checkpoint", "-o", ".", code=2), ". cannot be written: ")
    falsify(inside, "UPDATE checkpoints SET body = x'00'")
    said = says("audit", "checkpoint", "-o", "x", code=2)
    is_one_sentence(said, "The newest check-point is damaged, or is none")
