"""Who was erased stays so: a backup that is put back brings him back, until the next start.

A file in the data folder has the ids of all who were erased, one a line: random letters that say
nothing of anybody. At each start those whom the database has all the same are erased again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.clock import Clock
from bot.settings import SettingError
from core.store.store import Store, Transaction
from core.vault import Tampered

FILE = "erased.txt"
ACTOR = "restore"
"""Who acts in the audit where a backup had brought somebody back."""

LOOKED_FOR, ERASED = 10_000, 100
"""People who are looked for at a time, and who are erased in one transaction."""

log = logging.getLogger(__name__)


class Erasures:
    """The file of those who were erased."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE

    def note(self, people: Sequence[str]) -> None:
        """Add people, by their ids, whose erasure is about to be committed."""
        try:
            mode = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            descriptor = os.open(self.file, mode, 0o600)
            try:
                os.write(descriptor, "".join(f"{person}\n" for person in people).encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.error("who was erased cannot be noted in %s: %s", self.file.name, error.strerror)

    def people(self) -> list[str]:
        """Return the ids of all who were erased, each once. Raise SettingError."""
        try:
            return list(dict.fromkeys(self.file.read_text("ascii", "replace").split()))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SettingError(f"{self.file} cannot be read: {error.strerror}.") from None

    async def again(self, store: Store, clock: Clock) -> int:
        """Erase those again whom a backup has brought back; return how many. Raise SettingError."""
        erased, people = 0, self.people()
        back: list[str] = []
        for start in range(0, len(people), LOOKED_FOR):
            async with store.reading() as tx:
                back += await tx.people.registered(people[start : start + LOOKED_FOR])
        for start in range(0, len(back), ERASED):
            async with store.writing() as tx:
                for person in back[start : start + ERASED]:
                    erased += await _erase(tx, person, clock())
        if erased:
            log.warning("%d people whom a backup had brought back are erased again", erased)
        return erased


async def _erase(tx: Transaction, person: str, now: datetime) -> bool:
    try:
        known = await tx.people.of_id(person)
    except Tampered:
        known = None
    if known is None:
        log.error("somebody whom a backup had brought back cannot be erased: his row is damaged")
        return False
    await tx.erase(known, by=ACTOR, now=now)
    return True
