"""Logs carry ids and places in the code, never content."""

from __future__ import annotations

import logging
import sys
import traceback

QUIET = ("httpx", "httpcore", "telegram", "aiohttp.access", "aiosqlite", "asyncio")
"""Libraries that would write addresses with tokens, or whole messages, into the log."""


def set_up() -> None:
    """Log to stderr: time, level, place, message."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def where(error: BaseException) -> str:
    """Return the kind of an error and the lines of code it passed: its text may hold an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-4:]]
    return f"{type(error).__name__} at {' > '.join(places)}"
