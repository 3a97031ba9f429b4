"""The command line: what each command answers, and with which exit code."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import clock as clocks
from bot.__main__ import main
from bot.alone import alone
from bot.app import opened
from bot.settings import Settings
from core.colour import Colour
from core.conversation.messages import Card
from core.credential import expiry, issue
from core.family import Way
from core.picture import draw
from core.policy import Policy
from core.signing.issuer_keys import IssuerKey, PublicKeys
from core.store.staff import Role
from core.vault import KeyRing
from tests.bot.process import environment, program
from tests.clock import NOON, TestClock
from tests.core.store.waits import waits

CASES = b"document,number,kind,since,until\n"
GOOD_CASES = CASES + b"hkid,A123456(3),close_contact,2021-12-01,\n"


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `main` runs, with settings of its own and the tests' clock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(clocks, "system_clock", TestClock())
    for name in [name for name in os.environ if name.startswith("HEALTHCODE_")]:
        monkeypatch.delenv(name)
    for name, value in environment(tmp_path).items():
        if name.startswith("HEALTHCODE_"):
            monkeypatch.setenv(name, value)
    return tmp_path


def is_one_sentence(said: str, named: str = "") -> None:
    """Fail where what was said is not one plain sentence on one line that names something."""
    assert said.endswith(".\n"), said
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    assert named in said


# Starting, and what stops it


def newer(folder: Path) -> None:
    """Leave a database that a later version has changed."""
    with sqlite3.connect(folder / "newer.sqlite3") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")


def prepared(folder: Path) -> None:
    """Lay out what the wrong settings name."""
    newer(folder)
    (folder / "junk.sqlite3").write_bytes(b"this is no database" * 1000)
    (folder / "file").touch()
    (folder / "policy.toml").write_text("opens_at = 'soon'\n")
    (folder / "open").mkdir()
    (folder / "open" / "keys.json").write_text("{}")
    (folder / "open" / "keys.json").chmod(0o644)
    (folder / "closed" / "issuer-keys.json").mkdir(parents=True)


WRONG = {
    "a token": ({"TELEGRAM_TOKEN": "no"}, "HEALTHCODE_TELEGRAM_TOKEN"),
    "an address": ({"TELEGRAM_API": "http://[::1"}, "HEALTHCODE_TELEGRAM_API"),
    "a kind of database": ({"DATABASE": "mysql://x/y"}, "HEALTHCODE_DATABASE"),
    "a database in memory": ({"DATABASE": "sqlite://"}, "HEALTHCODE_DATABASE must name a file"),
    "a database that is none": (
        {"DATABASE": "sqlite:///junk.sqlite3"},
        "HEALTHCODE_DATABASE cannot be used: its file is not an SQLite database",
    ),
    "a newer database": ({"DATABASE": "sqlite:///newer.sqlite3"}, "a later version"),
    "a database that is away": (
        {"DATABASE": "postgresql://me:hidden@127.0.0.1:9/x"},
        "HEALTHCODE_DATABASE cannot be used: nothing answers at its address",
    ),
    "a folder that is a file": (
        {"DATA": "file"},
        "HEALTHCODE_DATA cannot be used: it must name a folder",
    ),
    "a folder with too long a name": ({"DATA": "x" * 300}, "HEALTHCODE_DATA cannot be used: "),
    "a key ring that others read": ({"DATA": "open"}, "chmod 600"),
    "keys that cannot be published": ({"DATA": "closed"}, "issuer-keys.json cannot be written"),
    "a host": ({"WEB": "192.0.2.1:8080"}, "HEALTHCODE_WEB cannot be used: this machine does not"),
    "an SMS gateway": ({"SMS": "pigeon"}, "HEALTHCODE_SMS must be one of"),
    "a policy": ({"POLICY": "policy.toml"}, "opens_at"),
    "a name": ({"TELEGRAM_TOKN": "1:abc"}, "HEALTHCODE_TELEGRAM_TOKN is not a setting"),
}


@pytest.mark.parametrize(("given", "named"), WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_one_sentence_and_exit_code_2(
    inside: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    named: str,
) -> None:
    prepared(inside)
    for name, value in given.items():
        monkeypatch.setenv(f"HEALTHCODE_{name}", value)
    assert main(["run"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    is_one_sentence(err, named)
    assert "hidden" not in err


def test_so_it_is_for_whoever_started_the_process(tmp_path: Path) -> None:
    prepared(tmp_path)
    for name in ("a token", "a newer database"):
        given, named = WRONG[name]
        process = program(tmp_path, "run", **given)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (2, "")
        is_one_sentence(err, named)


@contextmanager
def running(folder: Path, **given: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the program until the end of the block; give it, and the address of its page."""
    with program(folder, "run", **given) as process:
        try:
            assert process.stdout
            said = process.stdout.readline()
            assert said.startswith("The web chat is at http://127.0.0.1:"), process.stderr.read()  # type: ignore[union-attr]
            yield process, said.split()[-1]
        finally:
            process.kill()


def unhindered(process: subprocess.Popen[str], since: float) -> float:
    """Return the seconds since then, but for those in which others had its processor."""
    _, waited, _ = Path(f"/proc/{process.pid}/schedstat").read_text().split()
    return time.monotonic() - since - int(waited) / 1e9


def test_it_serves_soon_leaves_no_image_of_its_memory_and_keeps_its_door(tmp_path: Path) -> None:
    began = time.monotonic()
    with running(tmp_path) as (process, url):
        assert unhindered(process, began) < 6
        limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
        (core,) = [line.split() for line in limits if line.startswith("Max core file size")]
        assert core[4:6] == ["0", "0"]
        (tmp_path / "second").mkdir()
        second = program(tmp_path / "second", "run", WEB=url.removeprefix("http://").strip("/"))
        out, err = second.communicate(timeout=60)
        assert (second.returncode, out) == (2, "")
        is_one_sentence(err, "HEALTHCODE_WEB cannot be used: ")
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_it_may_have_as_many_connections_as_there_are_pages(tmp_path: Path) -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, most))
    try:
        with running(tmp_path) as (process, _):
            limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
    (files,) = [line.split() for line in limits if line.startswith("Max open files")]
    assert int(files[3]) == min(16_384, int(files[4]))


def test_a_second_run_on_the_same_folder_is_refused_until_the_first_is_gone(
    tmp_path: Path,
) -> None:
    def say(*arguments: str) -> tuple[int, str, str]:
        process = program(tmp_path, *arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    with running(tmp_path) as (process, _):
        code, out, err = say("run")
        assert (code, out) == (2, "")
        is_one_sentence(err, "Another `run` uses the folder")
        assert say("staff", "list") == (0, "There is no staff.\n", "")
        process.kill()
        process.wait(timeout=20)
    with running(tmp_path) as (process, _):
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_on_postgresql_several_run_on_the_same_folder(tmp_path: Path) -> None:
    environ = {"HEALTHCODE_DATA": str(tmp_path), "HEALTHCODE_DATABASE": "postgresql://host/name"}
    settings = Settings.load(environ, tmp_path / "none")
    with alone(settings), alone(settings):
        assert not (tmp_path / "run.lock").exists()


def test_a_file_system_without_locks_is_no_reason_not_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", unknown)
    with alone(Settings.load({"HEALTHCODE_DATA": str(tmp_path)}, tmp_path / "none")):
        pass


def test_an_unknown_command_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["dance"], ["load", "what", "file"], ["verify", "x"], ["run", "fast"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("usage: python -m bot")


# verify


def cards(folder: Path) -> Mapping[str, tuple[str, int]]:
    """Return arguments of `verify` with the exit code that each deserves."""
    ring = KeyRing.generate(NOON - timedelta(days=2))
    key = IssuerKey.current(ring, NOON)
    (folder / "issuer-keys.json").write_bytes(
        PublicKeys.published(ring, NOON - timedelta(days=2)).to_json()
    )

    def code(colour: Colour = Colour.GREEN, key: IssuerKey = key, days: int = 0) -> str:
        issued_at = NOON - timedelta(days=days)
        return issue(
            key,
            name="C*** T** M**",
            colour=colour,
            document=("0", "A1234563"),
            issued_at=issued_at,
            expires_at=expiry(key, issued_at),
            code_id=bytes(8),
        )

    def picture(name: str, text: str) -> str:
        card = Card(Colour.GREEN, text, ["C*** T** M**"], "456(3)", NOON, expiry(key, NOON), "en")
        (folder / name).write_bytes(draw(card))
        return name

    stranger = IssuerKey.current(KeyRing.generate(NOON - timedelta(days=2)), NOON)
    return {
        "green": (picture("green.png", code()), 0),
        "green as text": (code(), 0),
        "amber": (code(Colour.AMBER), 1),
        "red in a green frame": (picture("red.png", code(Colour.RED)), 1),
        "expired": (picture("old.png", code(days=1)), 1),
        "forged": (picture("forged.png", code(key=stranger)), 1),
        "no such file": ("none.png", 2),
        "not a picture": ("issuer-keys.json", 2),
    }


def test_verify_exits_with_0_only_for_genuine_valid_and_green(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (given, wanted) in cards(inside).items():
        assert main(["verify", given, "--keys", "issuer-keys.json"]) == wanted, name
        out, err = capsys.readouterr()
        assert bool(out) == (wanted < 2), name
        assert bool(err) == (wanted == 2), name
    assert main(["verify", "green.png", "--keys", "none.json"]) == 2


# export-sample


def test_a_sample_is_written_and_the_same_for_the_same_seed(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen = NOON
    clocks.system_clock = lambda: frozen
    for name, seed in (("a.json", "7"), ("b.json", "7"), ("c.json", "8")):
        assert main(["export-sample", "--visits", "40", "--seed", seed, "-o", name]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "a.json: 40 visits in 31 days"
    first, same, other = ((inside / name).read_bytes() for name in ("a.json", "b.json", "c.json"))
    assert first == same != other
    read = json.loads(first)
    assert len(read["visits"]) + len(read["taxis"]) == 40


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["-o", "none/visits.json"], "none/visits.json cannot be written"),
        (["--days", "1", "--visits", "5000", "-o", "visits.json"], "1 days have room for"),
    ],
)
def test_a_sample_that_cannot_be_made_is_one_sentence(
    inside: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert main(["export-sample", *arguments]) == 2
    is_one_sentence(capsys.readouterr().err, named)
    assert not (inside / "visits.json").exists()


@pytest.mark.parametrize(
    "given", [["--days", "0"], ["--days", "-3"], ["--days", "999999999"], ["--visits", "-1"]]
)
def test_a_sample_of_a_senseless_size_shows_the_usage(
    inside: Path, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["export-sample", *given, "-o", "visits.json"])
    assert caught.value.code == 2
    assert "must be a number from" in capsys.readouterr().err


# load


def test_a_list_is_loaded_and_a_bad_one_changes_nothing(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inside / "good.csv").write_bytes(GOOD_CASES)
    (inside / "bad.csv").write_bytes(GOOD_CASES + b"hkid,A123456(4),confirmed,2021-12-03,\n")

    def listed() -> list[tuple[object, ...]]:
        with sqlite3.connect(inside / "data" / "healthcode.sqlite3") as connection:
            return connection.execute("SELECT * FROM cases").fetchall()

    assert main(["load", "cases", "good.csv"]) == 0
    assert capsys.readouterr().out.startswith("1 case is loaded")
    before = listed()
    assert len(before) == 1
    assert main(["load", "cases", "bad.csv"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("line 3: ")
    assert err.endswith("\n1 line is wrong, so nothing is changed.\n")
    assert "A123456" not in err, "a list of the infected is not for the screen's history"
    assert listed() == before


@pytest.mark.parametrize(
    ("given", "file", "named"),
    [
        ({}, "none.csv", "none.csv cannot be read"),
        ({}, ".", ". cannot be read"),
        ({"DATABASE": "sqlite:///newer.sqlite3"}, "good.csv", "a later version"),
        ({"DATABASE": "sqlite://"}, "good.csv", "HEALTHCODE_DATABASE must name a file"),
        ({"DATABASE": "postgresql://a:hidden@127.0.0.1:9/x"}, "good.csv", "HEALTHCODE_DATABASE"),
        ({"DATABASE": "postgresql://a@127.0.0.1:9/x?odd=1"}, "good.csv", "HEALTHCODE_DATABASE"),
        ({"DATA": "good.csv"}, "good.csv", "good.csv/keys.json"),
    ],
)
def test_a_list_that_cannot_be_loaded_is_one_sentence(
    inside: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    file: str,
    named: str,
) -> None:
    newer(inside)
    (inside / "good.csv").write_bytes(GOOD_CASES)
    for name, value in given.items():
        monkeypatch.setenv(f"HEALTHCODE_{name}", value)
    assert main(["load", "cases", file]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    is_one_sentence(err, named)
    assert "hidden" not in err


def test_what_is_quoted_steers_no_terminal(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inside / "odd.csv").write_bytes(CASES + b"\x1b[2Jx,A123456(3),confirmed,2021-12-03,\n")
    assert main(["load", "cases", "odd.csv"]) == 2
    err = capsys.readouterr().err
    assert r"document is “\x1b[2jx”" in err
    assert "\x1b" not in err


# Staff


def test_staff_are_added_listed_and_removed(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["staff", "add", "Chan.TM", "--role", "officer"]) == 0
    assert "/start staff-" in capsys.readouterr().out
    assert main(["staff", "list"]) == 0
    assert capsys.readouterr().out.startswith("chan.tm  officer  not enrolled")
    assert main(["staff", "remove", "chan.tm"]) == 0
    assert "no longer on the staff" in capsys.readouterr().out
    assert main(["staff", "remove", "chan.tm"]) == 2
    is_one_sentence(capsys.readouterr().err, "chan.tm is not on the staff")


def test_codes_are_withdrawn_by_two_and_mistakes_are_one_sentence(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = ["codes", "withdraw", "HC-AAAAA-AAAAA", "--by", "chan", "--reason", "Ward 7 called"]
    assert main(["codes", "pending"]) == 0
    assert capsys.readouterr().out == "No request waits for a second person.\n"
    assert main(away) == 2
    is_one_sentence(capsys.readouterr().err, "chan is not on the staff")
    assert main(["staff", "add", "chan", "--role", "staff"]) == 0
    capsys.readouterr()
    assert main(away) == 2
    is_one_sentence(capsys.readouterr().err, "Nobody has the reference number HC-AAAAA-AAAAA")


# Guardians


def waits_for_a_letter() -> str:
    """Keep a guardian who waits, and the staff; return the reference number of his person."""

    async def keep() -> str:
        async with opened(Settings.load(), Policy(), TestClock()) as store, store.writing() as tx:
            await tx.staff.add("chan", Role.STAFF, NOON)
            return (await waits(tx, Way.LETTER)).reference

    return asyncio.run(keep())


def test_a_letter_is_written_and_its_guardian_confirmed(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = waits_for_a_letter()
    by = ["--by", "chan"]
    for again in ([], ["--again", reference]):
        assert main(["letters", "-o", "out", *by, *again]) == 0
        file = Path(capsys.readouterr().out.strip())
        assert file.parent == Path("out")
        assert file.read_bytes().startswith(b"%PDF-")
    assert main(["letters", "-o", "out", *by]) == 0
    assert capsys.readouterr().out == "No letter is to be written.\n"
    assert main(["guardians", "list"]) == 0
    assert capsys.readouterr().out.startswith(f"{reference}  ")
    assert main(["guardians", "confirm", reference, *by]) == 0
    assert capsys.readouterr().out.startswith("Confirmed: ")
    assert main(["guardians", "refuse", reference, *by, "--reason", "No"]) == 2
    is_one_sentence(capsys.readouterr().err, f"No guardian waits for {reference}")
    assert main(["guardians", "list"]) == 0
    assert capsys.readouterr().out == "Nobody waits.\n"


def test_a_guardian_is_refused_and_mistakes_are_one_sentence(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = waits_for_a_letter()
    refuse = ["guardians", "refuse", reference]
    for by, reason, said in (
        ("lee", "No proof", "lee is not on the staff"),
        ("chan", " ", "--reason must be a text"),
    ):
        assert main([*refuse, "--by", by, "--reason", reason]) == 2
        is_one_sentence(capsys.readouterr().err, said)
    assert main([*refuse, "--by", "chan", "--reason", "No proof"]) == 0
    assert "is erased" in capsys.readouterr().out
    assert main(["guardians", "confirm", reference, "--by", "chan"]) == 2
    is_one_sentence(capsys.readouterr().err, f"Nobody has the reference number {reference}")


# What must not be lost


def registered() -> None:
    """Let somebody be registered."""

    async def register() -> None:
        store_of = opened(Settings.load(), Policy(), clocks.system_clock)
        async with store_of as store, store.writing() as tx:
            await waits(tx, Way.STAFF, chat="telegram:1")

    asyncio.run(register())


def test_data_without_their_key_ring_are_not_given_another(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registered()
    ring = inside / "data" / "keys.json"
    kept = ring.read_bytes()
    ring.unlink()
    for arguments in (["run"], ["codes", "pending"], ["staff", "list"]):
        assert main(arguments) == 2
        is_one_sentence(capsys.readouterr().err, "keys.json is gone")
        assert not ring.exists()
    other = inside / "other"
    KeyRing.open(other / "keys.json", NOON)
    ring.write_bytes((other / "keys.json").read_bytes())
    ring.chmod(0o600)
    with sqlite3.connect(inside / "data" / "healthcode.sqlite3") as older:
        # Nothing is made under a ring that is not the data's own, also not by a new schema.
        [(newest,)] = older.execute("SELECT version_num FROM alembic_version")
        older.execute("UPDATE alembic_version SET version_num = '0009'")
    assert main(["staff", "list"]) == 2
    is_one_sentence(capsys.readouterr().err, "is not the key ring of this database")
    with older:
        older.execute("UPDATE alembic_version SET version_num = ?", [newest])
    older.close()
    ring.write_bytes(kept)
    assert main(["staff", "list"]) == 0


@pytest.mark.parametrize("arguments", [["--help"], ["staff", "list"], ["verify", "nothing"]])
def test_nobody_reads_what_is_said(tmp_path: Path, arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=tmp_path,
        # Nothing is written before it has to be, as is usual.
        env=environment(tmp_path) | {"PYTHONUNBUFFERED": ""},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_terminal_that_cannot_show_a_letter_is_told_all_the_same(tmp_path: Path) -> None:
    environ = {**environment(tmp_path), "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "staff", "add", "陳大文", "--role", "staff"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"/start staff-" in done.stdout


def test_who_presses_ctrl_c_sees_no_traceback(tmp_path: Path) -> None:
    for seconds in (0.4, 1.2):
        process = program(tmp_path, "run")
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert "Traceback" not in errors, errors


INTERRUPTED = """
import asyncio, signal, sys

class Ends:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def run(main):
    print("it goes on", file=sys.stderr)
    return asyncio.run(main)

Ends()
"""
"""A module in the place of uvloop, at whose import Ctrl-C comes where Python lets no exception out:
in the end of an object, as in that of a lock of the import itself."""


def test_ctrl_c_at_the_start_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "uvloop.py").write_text(INTERRUPTED)
    process = program(tmp_path, "run")
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "it goes on" not in errors
    assert process.returncode == -signal.SIGINT
