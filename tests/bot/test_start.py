"""Starting: what a setting names and cannot be used is said in one sentence."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.app import App
from bot.settings import SettingError, Settings
from bot.upkeep.publication import Publication
from core.policy import Policy
from core.vault import KeyRingError


def settings(folder: Path, **given: str) -> Settings:
    environ = {"DATA": str(folder), "WEB": "127.0.0.1:0", **given}
    return Settings.load({f"HEALTHCODE_{k}": v for k, v in environ.items()}, folder / "none")


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        app = App(settings(tmp_path, WEB=f"127.0.0.1:{port}"), Policy())
        with pytest.raises(SettingError, match=r"^HEALTHCODE_WEB cannot be used: ") as caught:
            await app.start()
    assert str(caught.value).endswith(f": port {port} of 127.0.0.1 is in use by another program.")


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", "this machine does not have the address 192.0.2.1"),
        ("nowhere.invalid", "there is no host of that name"),
    ],
)
async def test_a_host_that_is_not_here(tmp_path: Path, host: str, why: str) -> None:
    with pytest.raises(SettingError) as caught:
        await App(settings(tmp_path, WEB=f"{host}:8080"), Policy()).start()
    assert str(caught.value) == f"HEALTHCODE_WEB cannot be used: {why}."


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody:secret@127.0.0.1:9/none", "sqlite:////proc/none/store.sqlite3"],
)
async def test_a_database_that_cannot_be_reached(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingError, match=r"^HEALTHCODE_DATABASE cannot be used") as caught:
        await App(settings(tmp_path, DATABASE=url), Policy()).start()
    assert "secret" not in str(caught.value)


async def test_a_disk_that_fills_up_while_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    async def look(_: Publication) -> None:
        raise OperationalError("INSERT", {}, full)

    monkeypatch.setattr(Publication, "look", look)
    with pytest.raises(SettingError, match=r"^HEALTHCODE_DATABASE .+: the disk is full\.$"):
        await App(settings(tmp_path), Policy()).start()


async def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match="cannot be written"):
        App(settings(Path("/proc/none")), Policy())


def test_what_others_do_in_processes_of_their_own_is_not_loaded() -> None:
    """Libraries of pictures and of changes to the schema are a third of what it would load."""
    loaded = "import sys, bot.app, bot.__main__; print(*sys.modules)"
    run = [sys.executable, "-c", loaded]
    modules = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert "bot.processes.workers" in modules
    assert not {"numpy", "PIL", "zxingcpp", "pypdf", "alembic"} & set(modules)
