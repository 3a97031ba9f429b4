"""One `run` at a time on the embedded store, whose rows are for one process to work on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bot.settings import SettingError, Settings

LOCK = "run.lock"
"""Its file in the data folder. What is locked is gone with the process, however that ends."""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keep other processes from running on the data folder. Raise SettingError where one does.

    On PostgreSQL several may run. Commands of the operator are kept from nothing.
    """
    if not settings.database.startswith("sqlite:"):
        yield
        return
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(settings.data / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileExistsError:
        raise SettingError("HEALTHCODE_DATA cannot be used: it must name a folder.") from None
    except OSError as error:
        raise SettingError(f"HEALTHCODE_DATA cannot be used: {error.strerror}.") from None
    try:
        _take(lock, settings)
        yield
    finally:
        os.close(lock)


def _take(lock: int, settings: Settings) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingError(
            f"Another `run` uses the folder {settings.data} already: stop that one first, or set "
            "HEALTHCODE_DATA to another folder."
        ) from None
    except OSError:
        pass  # Some file systems know no locks: there it is for the operator to see to.
