"""A file for its owner alone: written whole or not at all, and changed by one process at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Stamp = tuple[int, int, int]
"""Changes when the file is written: inode, nanoseconds of the last change, size."""


def stamp(path: Path) -> Stamp | None:
    """Return the file's stamp, None where there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file; readers are never kept waiting."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def create(path: Path, data: bytes) -> None:
    """Write a new file; where another process was first, its file stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(path, data)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _settle(path.parent)


def replace(path: Path, data: bytes) -> None:
    """Put other contents in place of a file's, which keeps its owner."""
    path = path.resolve()
    was = path.stat()
    draft = _draft(path, data)
    try:
        made = draft.stat()
        if (made.st_uid, made.st_gid) != (was.st_uid, was.st_gid):
            os.chown(draft, was.st_uid, was.st_gid)
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise
    _settle(path.parent)


def _draft(path: Path, data: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
