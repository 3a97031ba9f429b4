"""The key ring, and what it does: seal personal data, index it blindly, derive one-time codes.

Keys stand outside the database and its backups, so that a copy of the database alone opens
nothing. Whoever is known here (a holder, a chat) has a data key of his own; it is kept beside
his rows, sealed by the ring. To destroy it is to erase him.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

FORMAT = 1
"""Version of the key ring's file."""

VERSION = b"\x01"
"""First byte of everything sealed: AES-256-GCM under the key that the next bytes name."""

ID_BYTES = 4
NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2: random nonces of 96 bits
TAG_BYTES = 16
KEY_BYTES = 32
HEADER_BYTES = len(VERSION) + ID_BYTES

SIGNING_LIFE = timedelta(days=366)
"""How long a signing key made here may sign; its own public entry says so to verifiers."""

OPEN_KEYS = 4096
"""Unwrapped data keys kept in memory: those of the people who are writing just now."""

PASSCODE_DIGITS = 6  # OWASP ASVS 5.0, 6.5.4: at least 20 bits of a one-time code

_DATA_KEY = "data key"
"""Where a wrapped data key is sealed to. Has no bar, so it is never the place of a cell."""


class KeyRingError(Exception):
    """The key ring cannot be used; the message says why and what to do, without any key."""


class Tampered(Exception):
    """What was sealed was altered, moved to another place, or sealed by another key."""


class Purpose(StrEnum):
    """What a key is for. No key serves two purposes."""

    SEAL = "seal"
    INDEX = "index"
    PASSCODE = "passcode"
    SIGN = "sign"


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key of the ring.

    `id` is 8 hexadecimal digits; `key` 32 random bytes, for `sign` a P-256 private key in PKCS #8
    DER; `not_before` and `not_after` are the UTC instants between which it may sign.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$")]
    purpose: Purpose
    created: datetime
    key: bytes
    not_before: datetime | None = None
    not_after: datetime | None = None

    def __repr__(self) -> str:
        """Show all but the key, which must never reach a log."""
        return f"Key(id={self.id!r}, purpose={self.purpose.value!r})"


class _File(msgspec.Struct, frozen=True):
    format: int
    keys: list[Key]


class Sealer:
    """Seals values to a place with AES-256-GCM, and opens them there and nowhere else."""

    def __init__(self, keys: Mapping[bytes, AESGCM], newest: bytes) -> None:
        self._keys = keys
        self._header = VERSION + newest
        self._newest = keys[newest]

    def seal(self, plain: bytes, where: str) -> bytes:
        """Return the cell: version, key id, nonce, ciphertext, tag.

        `where` is `table|column|row`; it is authenticated, not stored.
        """
        nonce = os.urandom(NONCE_BYTES)
        place = self._header + where.encode()
        return self._header + nonce + self._newest.encrypt(nonce, plain, place)

    def open(self, sealed: bytes, where: str) -> bytes:
        """Return what was sealed to this place, or raise Tampered."""
        header, nonce = sealed[:HEADER_BYTES], sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
        key = self._keys.get(header[len(VERSION) :])
        if key is None or header[: len(VERSION)] != VERSION:
            raise Tampered("sealed by a key that is not here")
        if len(sealed) < HEADER_BYTES + NONCE_BYTES + TAG_BYTES:
            raise Tampered("cut short")
        try:
            return key.decrypt(nonce, sealed[HEADER_BYTES + NONCE_BYTES :], header + where.encode())
        except InvalidTag:
            raise Tampered("altered, or moved from another place") from None


class KeyRing:
    """All keys of one installation.

    Of each purpose there may be several: the newest is used, and every `seal` key still opens.
    """

    def __init__(self, keys: list[Key]) -> None:
        """Take the keys as they are; raise KeyRingError if a purpose has none."""
        newest: dict[Purpose, Key] = {}
        for key in sorted(keys, key=lambda key: key.created):
            newest[key.purpose] = key
        for purpose in Purpose:
            if purpose not in newest:
                raise KeyRingError(f"the key ring has no key for '{purpose}'")
        self.keys = tuple(keys)
        self._index = newest[Purpose.INDEX].key
        self._passcode = newest[Purpose.PASSCODE].key
        self._transit = Sealer(
            {bytes.fromhex(key.id): AESGCM(key.key) for key in keys if key.purpose is Purpose.SEAL},
            bytes.fromhex(newest[Purpose.SEAL].id),
        )
        self._owner = lru_cache(maxsize=OPEN_KEYS)(self._unwrap)

    @classmethod
    def generate(cls, now: datetime) -> Self:
        """Make a ring with one new key of each purpose, in memory only."""
        # Codes are stamped in whole seconds: the first must not seem older than its key.
        now = now.replace(microsecond=0)
        private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        plain = [
            Key(secrets.token_hex(ID_BYTES), purpose, now, secrets.token_bytes(KEY_BYTES))
            for purpose in (Purpose.SEAL, Purpose.INDEX, Purpose.PASSCODE)
        ]
        sign = Key(secrets.token_hex(ID_BYTES), Purpose.SIGN, now, private, now, now + SIGNING_LIFE)
        return cls([*plain, sign])

    @classmethod
    def open(cls, path: Path, now: datetime) -> Self:
        """Read the ring from its file; make both when there is none.

        Raise KeyRingError where the file is readable by others, damaged, or of a later format.
        """
        if not path.exists():
            _create(path, cls.generate(now).keys)
        try:
            if path.stat().st_mode & 0o077:
                raise KeyRingError(f"{path} can be read by others: run `chmod 600 {path}`")
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except OSError as error:
            raise KeyRingError(f"{path} cannot be read: {error.strerror}") from error
        except msgspec.MsgspecError as error:
            raise KeyRingError(f"{path} is not a key ring: {error}") from None
        if file.format != FORMAT:
            raise KeyRingError(f"{path} has format {file.format}; this program reads {FORMAT}")
        try:
            return cls(file.keys)
        except ValueError as error:
            raise KeyRingError(f"{path} holds a key of the wrong length: {error}") from None

    @property
    def sign_keys(self) -> tuple[Key, ...]:
        """Give the signing keys, oldest first."""
        keys = [key for key in self.keys if key.purpose is Purpose.SIGN]
        return tuple(sorted(keys, key=lambda key: key.created))

    def new_key(self) -> bytes:
        """Make a data key for one owner, and return it wrapped, to be kept beside his rows."""
        return self._transit.seal(secrets.token_bytes(KEY_BYTES), _DATA_KEY)

    def owner(self, wrapped: bytes) -> Sealer:
        """Return the Sealer of the owner of a wrapped data key, or raise Tampered."""
        return self._owner(wrapped)

    def _unwrap(self, wrapped: bytes) -> Sealer:
        key = self._transit.open(wrapped, _DATA_KEY)
        name = hashlib.sha256(b"id|" + key).digest()[:ID_BYTES]
        return Sealer({name: AESGCM(key)}, name)

    def transit(self) -> Sealer:
        """Return the Sealer of rows that live for days only: the newest key seals, all open."""
        return self._transit

    def index(self, label: str, canonical: str) -> bytes:
        """Return the blind index of a value: 32 bytes, equal for equal label and value."""
        message = f"{label}|{canonical}".encode()
        return hmac.digest(self._index, message, "sha256")

    def passcode(self, challenge_id: str) -> str:
        """Derive a challenge's one-time code: 6 digits, the same each time, kept nowhere.

        64 bits modulo a million: no code is likelier than another by more than 1 in 10¹³.
        """
        digest = hmac.digest(self._passcode, challenge_id.encode(), "sha256")
        number = int.from_bytes(digest[:8], "big") % 10**PASSCODE_DIGITS
        return f"{number:0{PASSCODE_DIGITS}}"


def _create(path: Path, keys: tuple[Key, ...]) -> None:
    """Write the file whole or not at all, and never over one that another process has made."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(ID_BYTES)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(_File(FORMAT, list(keys)))))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first: its ring is the one
        finally:
            draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise KeyRingError(f"{path} cannot be written: {error.strerror}") from error
