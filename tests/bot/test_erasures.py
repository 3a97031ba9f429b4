"""Who was erased stays so, also where a backup of before is put back."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from sqlalchemy import RootTransaction, select, update

from bot.erasures import ACTOR, Erasures
from bot.settings import SettingError
from core.store.inline import InlineEngine
from core.store.store import Store
from core.store.tables import audit, holders
from tests.clock import TestClock
from tests.core.store.people import register
from tests.world import World

FILE = "healthcode.sqlite3"


async def registered(store: Store) -> list[str]:
    """Return the ids of all who are registered."""
    async with store.reading() as tx:
        return sorted(await tx.connection.scalars(select(holders.c.id)))


@pytest.mark.errors_expected
async def test_a_backup_brings_nobody_back_who_was_erased(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        store = world.app.store
        async with store.writing() as tx:
            gone = await register(tx, "web:1")
            stays = await register(tx, "web:2", number="S123456(2)", mobile="+85261112222")
        await world.app.stop()
        backup = shutil.copy(tmp_path / FILE, tmp_path / "backup")
        await world.begin()
        async with world.app.store.writing() as tx:
            await tx.people.erase(gone)
        assert await registered(world.app.store) == [stays.id]
        file = tmp_path / "erased.txt"
        assert file.read_text() == f"{gone.id}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        await world.app.stop()
        shutil.copy(backup, tmp_path / FILE)
        for beside in (f"{FILE}-wal", f"{FILE}-shm"):
            (tmp_path / beside).unlink(missing_ok=True)
        await world.begin()
        assert await registered(world.app.store) == [stays.id]
        async with world.app.store.reading() as tx:
            (row,) = await tx.connection.execute(select(audit).where(audit.c.act == "erased"))
        assert (row.actor, row.object) == (ACTOR, gone.id)


@pytest.mark.errors_expected
async def test_where_it_cannot_be_noted_the_operator_is_told(
    store: Store, clock: TestClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    erasures = Erasures(tmp_path / "nowhere")
    store.note_erased = erasures.note
    async with store.writing() as tx:
        known = await register(tx, "web:1")
    async with store.writing() as tx:
        await tx.people.erase(known)
    assert await registered(store) == []
    assert "cannot be noted" in caplog.text
    assert await erasures.again(store, clock) == 0


async def test_who_is_erased_by_a_commit_that_nobody_was_told_of_is_noted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store.writer, InlineEngine)
    store.note_erased, commit = Erasures(tmp_path).note, store.writer._commit
    async with store.writing() as tx:
        known = await register(tx, "web:1")

    async def broken(transaction: RootTransaction) -> None:
        await commit(transaction)
        raise ConnectionResetError

    monkeypatch.setattr(store.writer, "_commit", broken)
    with pytest.raises(ConnectionResetError):
        async with store.writing() as tx:
            await tx.people.erase(known)
    assert await registered(store) == []
    assert Erasures(tmp_path).people() == [known.id]


async def test_who_was_not_erased_after_all_is_not_noted(store: Store, tmp_path: Path) -> None:
    store.note_erased = Erasures(tmp_path).note
    async with store.writing() as tx:
        known = await register(tx, "web:1")
    with pytest.raises(RuntimeError):
        async with store.writing() as tx:
            await tx.people.erase(known)
            raise RuntimeError
    assert Erasures(tmp_path).people() == []


@pytest.mark.errors_expected
async def test_a_damaged_row_keeps_nobody_from_starting(
    store: Store, clock: TestClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with store.writing() as tx:
        damaged = await register(tx, "web:1")
        gone = await register(tx, "web:2", number="S123456(2)", mobile="+85261112222")
        spoilt = update(holders).where(holders.c.id == damaged.id).values(record=b"?")
        await tx.connection.execute(spoilt)
    erasures = Erasures(tmp_path)
    erasures.note([damaged.id, gone.id, "nobody", gone.id])
    assert await erasures.again(store, clock) == 1
    assert await registered(store) == [damaged.id]
    assert "damaged" in caplog.text


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "erased.txt").mkdir()
    with pytest.raises(SettingError, match=r"erased.txt cannot be read: Is a directory\.$"):
        Erasures(tmp_path).people()
