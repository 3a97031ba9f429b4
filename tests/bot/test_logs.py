"""A log line is one line, and holds places in the code where an error has words."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import random
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.logs import QUIET, REMEMBERED, Discreet, Once, unhandled, where

SECRET = "A123456(3)"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the program would write to stderr, at every level."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(Discreet())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def fails() -> None:
    raise ValueError(f"cannot read {SECRET}")


@pytest.mark.errors_expected
def test_an_error_that_a_library_logs_is_shown_without_its_words(written: io.StringIO) -> None:
    try:
        fails()
    except ValueError:
        logging.getLogger("some.library").exception("it went wrong")
    line = written.getvalue()
    assert line.count("\n") == 1
    assert SECRET not in line
    assert "ERROR some.library: it went wrong: ValueError at test_logs.py:" in line


@pytest.mark.errors_expected
def test_a_traceback_that_another_handler_has_written_is_not_taken_over(
    written: io.StringIO,
) -> None:
    try:
        fails()
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "m", (), sys.exc_info())
    assert SECRET in logging.Formatter().format(record), "which keeps it in the record"
    assert SECRET not in Discreet().format(record)


def test_whatever_is_logged_stays_on_its_line() -> None:
    chance = random.Random(7)
    breakers = '\r\n\v\f\x1b[31m\x85\u2028\u2029\0\u202e\u200b\ud800"{}%陳 a'
    texts = ["".join(chance.choices(breakers, k=12)) for _ in range(1000)]
    lines = [
        Discreet().format(logging.LogRecord("bot", logging.INFO, "", 0, "heard %s", (text,), None))
        for text in texts
    ]
    assert all(line.isprintable() and " INFO bot: heard " in line for line in lines)
    "".join(lines).encode()
    assert any("陳" in line for line in lines), "letters are left as they are"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Bad Request: A123456(3) is no button", "Bad Request: … is no button"),
        ("to +852 9123 4567, code 21211", "to +…, code 21211"),
        ("ab9876543 and 91234567 and 1958-01-02", "… and … and …"),
        ("row 12345 failed, try 8, port 8080", "row 12345 failed, try 8, port 8080"),
    ],
)
def test_numbers_of_people_that_a_platform_quotes_are_left_out(
    written: io.StringIO, said: str, shown: str
) -> None:
    logging.getLogger("bot").info("given up: %s", said)
    assert written.getvalue().endswith(f"INFO bot: given up: {shown}\n")


@pytest.mark.errors_expected
async def test_what_nobody_waited_for_is_logged_without_its_words(written: io.StringIO) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(unhandled)

    async def task() -> None:
        fails()

    lost = asyncio.create_task(task())
    await asyncio.wait([lost])
    del lost
    gc.collect()
    loop.call_soon(lambda text: fails(), SECRET)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    loop.call_exception_handler({"message": "Unclosed transport"})
    lines = written.getvalue().splitlines()
    found = [line for line in lines if "bot.logs" in line]
    assert [line.partition(": ")[2].partition(" at ")[0] for line in found] == [
        "Task exception was never retrieved: ValueError",
        "Exception: ValueError",
        "Unclosed transport: no error",
    ]
    assert SECRET not in written.getvalue()


def test_where_names_the_last_places_and_not_the_words() -> None:
    with suppress(ValueError):
        fails()
    try:
        fails()
    except ValueError as error:
        told = where(error)
        last = traceback.extract_tb(error.__traceback__)[-1]
    assert told.startswith("ValueError at test_logs.py:")
    assert told.endswith(f"test_logs.py:{last.lineno}")
    assert SECRET not in told


@pytest.mark.errors_expected
def test_of_a_database_s_error_the_code_is_told(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}")
    with pytest.raises(OperationalError) as caught, engine.connect():
        pass
    assert where(caught.value).startswith("OperationalError SQLITE_CANTOPEN at ")

    class Driver(Exception):
        sqlstate = "53100"

    assert where(DBAPIError(SECRET, None, Driver(SECRET))).startswith("DBAPIError 53100 at ")


def test_the_same_trouble_is_told_once_in_a_while() -> None:
    once = Once()

    def passes(at: float, words: str = "away", level: int = logging.ERROR) -> bool:
        record = logging.LogRecord("bot", level, "", 0, "it is %s", (words,), None)
        record.created = at
        return bool(once.filter(record))

    assert [passes(at) for at in (1e9, 1e9 + 1, 1e9 + 9.9, 1e9 + 10, 1e9 + 11)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert passes(1e9 + 11, "here")
    assert passes(1e9 - 3600), "the clock was set back"
    assert passes(1e9, "news", logging.INFO)
    assert passes(1e9, "news", logging.INFO)
    for number in range(REMEMBERED):
        passes(1e9 + 12, str(number))
    assert passes(1e9 + 13, "here"), "no more words are kept than these"


PROGRAM = """
import logging
from bot.logs import QUIET, set_up
set_up()
for name in ("bot.x", "telegram.ext", "httpx", "aiohttp.access"):
    logging.getLogger(name).info("written by %s", name)
print([name for name in QUIET if logging.getLogger(name).isEnabledFor(logging.INFO)])
"""


def test_libraries_that_write_what_people_write_are_quiet() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    (line,) = ran.stderr.splitlines()
    assert line.endswith("INFO bot.x: written by bot.x")
    assert ran.stdout == "[]\n"
    assert "telegram" in QUIET
