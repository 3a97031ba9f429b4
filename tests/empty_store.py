"""An empty SQLite database with the schema: to make one takes longer than most tests."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.policy import Policy
from core.store.schema import migrate
from core.store.store import Store
from core.vault import KeyRing
from tests.clock import TestClock


def write_empty_store(file: Path) -> None:
    """Write one where there is none yet, with the rights that the program gives it."""
    if not file.exists():
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_bytes(_empty_store())


@cache
def _empty_store() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        file = Path(folder) / "store.sqlite3"
        # In a thread: this one may have a running loop.
        thread.submit(asyncio.run, _make(file)).result()
        return file.read_bytes()


async def _make(file: Path) -> None:
    store = Store.open(f"sqlite:///{file}", KeyRing.generate(TestClock()()), Policy())
    await migrate(store)
    await store.close()
