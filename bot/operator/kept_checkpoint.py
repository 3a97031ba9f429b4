"""A check-point of the audit log in a file: outside the database, where it is worth something."""

from __future__ import annotations

from pathlib import Path

from core import private_file
from core.signing.checkpoint import Checkpoint, open_checkpoint
from core.vault import KeyRing

FILE = "audit-checkpoint.cbor"
"""Its name in the data folder."""


def read(file: Path, ring: KeyRing) -> Checkpoint:
    """Return the check-point in a file.

    Raise CheckpointError for one that the ring did not sign, OSError where it cannot be read.
    """
    return open_checkpoint(file.read_bytes(), ring)


def kept(file: Path, ring: KeyRing) -> Checkpoint | None:
    """Return the check-point in a file, None where there is no file; raise as `read` does."""
    return read(file, ring) if file.exists() else None


def keep(file: Path, body: bytes) -> None:
    """Put a check-point into a file, in place of one that is there; raise OSError."""
    if file.exists():
        private_file.replace(file, body)
    else:
        private_file.create(file, body)
