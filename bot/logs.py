"""Logs carry ids and places in the code, never content."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import traceback
from typing import Any

QUIET = ("alembic", "httpx", "httpcore", "telegram", "aiohttp.access", "asyncio")
"""Libraries that would write addresses with tokens, or whole messages, into the log."""

NUMBER = re.compile(r"[A-Za-z]{1,2}\d{6}\(?[0-9A]?\)?|\d[\d -]{6,}\d")
"""What might be a document's number or a telephone's: a platform's error may quote a message."""

REPEATED = 10.0
"""Seconds for which a trouble that was told is not told again in the same words."""

REMEMBERED = 1_000
"""Troubles whose words are kept for that."""

log = logging.getLogger(__name__)


class Discreet(logging.Formatter):
    """Write a record as one line, without numbers of people.

    Of an error, also one that a library logs, it shows only what `where` tells.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what would break it, or steer a terminal, is escaped."""
        record.message = NUMBER.sub("…", record.getMessage())
        record.asctime = self.formatTime(record)
        line = self.formatMessage(record)
        if record.exc_info and record.exc_info[1]:
            line = f"{line}: {where(record.exc_info[1])}"
        return shown(line).replace("\n", "\\n")


def shown(text: str) -> str:
    """Return a text in which what would steer a terminal is escaped; lines stay lines."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


class Once(logging.Filter):
    """Let the same trouble through once in `REPEATED` seconds: a store that is away is asked ten
    times a second, and its log would fill the disk."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is to be written."""
        if record.levelno < logging.WARNING:
            return True
        words = record.getMessage()
        # Either way: the clock may have been set back.
        if abs(record.created - self._told.get(words, 0.0)) < REPEATED:
            return False
        if len(self._told) >= REMEMBERED:
            self._told.clear()
        self._told[words] = record.created
        return True


def set_up(level: int = logging.INFO) -> None:
    """Log to stderr: time, level, place, message."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Once())
    handler.setFormatter(Discreet())
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def unhandled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody waited for. The loop's own words would hold those of the error."""
    what = str(context["message"]).partition(" in callback")[0]
    error = context.get("exception")
    log.error("%s: %s", what, where(error) if error else "no error")


def where(error: BaseException) -> str:
    """Return the kind of an error and the lines of code it passed: its text may hold an answer.

    Of a database's error also the code, such as SQLITE_FULL or 53100: it tells what to look at.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-4:]]
    origin = getattr(error, "orig", None)
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None)
    kind = f"{type(error).__name__} {code}" if code else type(error).__name__
    return f"{kind} at {' > '.join(places)}"
