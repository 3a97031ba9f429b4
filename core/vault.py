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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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

from core import private_file
from core.plain_error import PlainError

FORMAT = 1
"""Version of the key ring's file."""

VERSION = b"\x01"
"""First byte of everything sealed: AES-256-GCM under the key that the next bytes name."""

ID_BYTES = 4
NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2: random nonces of 96 bits
TAG_BYTES = 16
KEY_BYTES = 32
HEADER_BYTES = len(VERSION) + ID_BYTES

SIGNING_LIFE = timedelta(days=45)
"""How long a key may sign codes, where the policy says nothing else: longer than the 30 days after
which it should be changed, so that there is time to do it."""

BUNDLE_LIFE = timedelta(days=3653)
"""How long a key may sign bundles. Verifiers know it from their first visit on, and trust no other
until somebody tells them: it is changed only when it has to be."""

AUDIT_LIFE = BUNDLE_LIFE
"""How long a key may sign check-points of the audit log. Nobody but this program checks them."""

OPEN_KEYS = 4096
"""Unwrapped data keys kept in memory: those of the people who are writing just now."""

PASSCODE_DIGITS = 6  # OWASP ASVS 5.0, 6.5.4: at least 20 bits of a one-time code

_DATA_KEY = "data key"
"""Where a wrapped data key is sealed to. Has no bar, so it is never the place of a cell."""


class KeyRingError(PlainError):
    """The key ring cannot be used; the message is one plain sentence, without any key."""


class Tampered(Exception):
    """What was sealed was altered, moved to another place, or sealed by another key."""


class Purpose(StrEnum):
    """What a key is for. No key serves two purposes."""

    SEAL = "seal"
    INDEX = "index"
    PASSCODE = "passcode"
    SIGN = "sign"
    BUNDLE = "bundle"
    AUDIT = "audit"


SIGNS = (Purpose.SIGN, Purpose.BUNDLE, Purpose.AUDIT)
"""The purposes whose keys come and go while the program runs: they open no data."""


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """One key of the ring.

    `id` is 8 hexadecimal digits; `key` 32 random bytes, for those that sign a P-256 private key in
    PKCS #8 DER. These may sign from `not_before` to `not_after` (UTC), and nothing more once they
    are `withdrawn`; of what they signed before `iat_min` nothing counts.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$")]
    purpose: Purpose
    created: datetime
    key: bytes
    not_before: datetime | None = None
    not_after: datetime | None = None
    withdrawn: datetime | None = None
    iat_min: datetime | None = None

    @classmethod
    def signing(cls, purpose: Purpose, made: datetime, begins: datetime, life: timedelta) -> Self:
        """Make a new P-256 key that may sign from `begins` on."""
        private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        name = secrets.token_hex(ID_BYTES)
        return cls(name, purpose, made, private, begins, begins + life)

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

    def __init__(self, keys: Iterable[Key], file: Path | None = None) -> None:
        """Take the keys as they are; raise KeyRingError if a purpose has none.

        `file` is where they are from; a ring without one lives in memory only.
        """
        self._file = file
        self._made = False
        self._stamp: private_file.Stamp | None = None
        self._take(tuple(keys))

    def _take(self, keys: tuple[Key, ...]) -> None:
        newest: dict[Purpose, Key] = {}
        for key in sorted(keys, key=lambda key: key.created):
            newest[key.purpose] = key
        for purpose in Purpose:
            if purpose not in newest:
                raise KeyRingError(f"The key ring has no key for '{purpose}'.")
        transit = Sealer(
            {bytes.fromhex(key.id): AESGCM(key.key) for key in keys if key.purpose is Purpose.SEAL},
            bytes.fromhex(newest[Purpose.SEAL].id),
        )
        self.keys = keys
        self._index = newest[Purpose.INDEX].key
        self._passcode = newest[Purpose.PASSCODE].key
        self._transit = transit
        self._owner = lru_cache(maxsize=OPEN_KEYS)(self._unwrap)

    @classmethod
    def generate(cls, now: datetime, life: timedelta = SIGNING_LIFE) -> Self:
        """Make a ring with one new key of each purpose, in memory only.

        `life` is how long the first key may sign codes.
        """
        # Codes are stamped in whole seconds: the first must not seem older than its key.
        now = now.replace(microsecond=0)
        plain = [
            Key(secrets.token_hex(ID_BYTES), purpose, now, secrets.token_bytes(KEY_BYTES))
            for purpose in (Purpose.SEAL, Purpose.INDEX, Purpose.PASSCODE)
        ]
        return cls(_completed((*plain, Key.signing(Purpose.SIGN, now, now, life)), now))

    @staticmethod
    def there(path: Path) -> bool:
        """Tell whether there is a file; raise KeyRingError where that cannot be known."""
        with _told(path, "read"):
            return path.exists()

    @classmethod
    def open(cls, path: Path, now: datetime, life: timedelta = SIGNING_LIFE) -> Self:
        """Read the ring from its file; make both when there is none.

        A ring that was made before bundles, or check-points, were signed is given a key for them.
        Raise KeyRingError where the file is readable by others, damaged, or of a later format.
        """
        there = cls.there(path)
        if not there:
            with _told(path, "written"):
                private_file.create(path, _written(cls.generate(now, life).keys))
        keys = _read(path)
        if _lacking(keys):
            keys = _change(path, lambda keys: _completed(keys, now))
        ring = cls(keys, path)
        ring._made = not there
        return ring

    def fits(self, wrapped: Sequence[bytes]) -> None:
        """Raise KeyRingError where not one of these wrapped keys of data can be opened by it.

        A ring that was made just now because its file was gone is taken away again.
        """
        for key in wrapped:
            with suppress(Tampered):
                self.owner(key)
                return
        if not wrapped or self._file is None:
            return
        if self._made:
            self._file.unlink(missing_ok=True)
            raise KeyRingError(
                f"{self._file} is gone, and nothing else opens the data in the database: put it "
                "back from its backup."
            )
        raise KeyRingError(
            f"{self._file} is not the key ring of this database: put back the one that was used."
        )

    def refresh(self) -> bool:
        """Take up what other processes changed in the file; tell whether there was anything.

        All who hold the ring use the new keys from then on. Costs one look at the file where it is
        unchanged. Raise KeyRingError, once for each change, where the file cannot be used: the ring
        then stays as it was.
        """
        if self._file is None:
            return False
        with _told(self._file, "read"):
            stamp = private_file.stamp(self._file)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        keys = _read(self._file)
        if any(key not in keys for key in self.keys if key.purpose not in SIGNS):
            raise KeyRingError(f"{self._file} is another ring: it lacks keys that are in use.")
        changed = keys != self.keys
        self._take(keys)
        return changed

    def change(self, change: Callable[[tuple[Key, ...]], Iterable[Key]]) -> None:
        """Put changed keys in place of those in the file, and of those here.

        `change` is given the newest keys, while no other process can change them.
        """
        keys = tuple(change(self.keys)) if self._file is None else _change(self._file, change)
        self._take(keys)

    def of(self, purpose: Purpose) -> tuple[Key, ...]:
        """Return the keys for a purpose, oldest first."""
        keys = [key for key in self.keys if key.purpose is purpose]
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


def _lacking(keys: Iterable[Key]) -> dict[Purpose, timedelta]:
    """Return the purposes that a ring may be without until they are needed, with the lives of their
    keys, for which it has none."""
    there = {key.purpose for key in keys}
    lives = {Purpose.BUNDLE: BUNDLE_LIFE, Purpose.AUDIT: AUDIT_LIFE}
    return {purpose: life for purpose, life in lives.items() if purpose not in there}


def _completed(keys: tuple[Key, ...], now: datetime) -> tuple[Key, ...]:
    """Return the keys of a ring with those that it lacks, if none has been added meanwhile."""
    now = now.replace(microsecond=0)
    added = (Key.signing(purpose, now, now, life) for purpose, life in _lacking(keys).items())
    return *keys, *added


def _read(path: Path) -> tuple[Key, ...]:
    with _told(path, "read"):
        if path.stat().st_mode & 0o077:
            raise KeyRingError(f"{path} can be read by others: run `chmod 600 {path}`.")
        data = path.read_bytes()
    try:
        file = msgspec.json.decode(data, type=_File)
    except msgspec.MsgspecError:
        raise KeyRingError(
            f"{path} is not a key ring, or damaged: put it back from its backup."
        ) from None
    if file.format != FORMAT:
        raise KeyRingError(f"{path} has format {file.format}; this program reads {FORMAT}.")
    for key in file.keys:
        if key.purpose not in SIGNS and len(key.key) != KEY_BYTES:
            raise KeyRingError(f"{path} holds a key of the wrong length: {key.id}.")
    return tuple(file.keys)


def _change(path: Path, change: Callable[[tuple[Key, ...]], Iterable[Key]]) -> tuple[Key, ...]:
    with _told(path, "written"), private_file.held(path):
        keys = tuple(change(_read(path)))
        private_file.replace(path, _written(keys))
    return keys


def _written(keys: tuple[Key, ...]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_File(FORMAT, list(keys))))


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """Say in words that a file cannot be read, or written."""
    try:
        yield
    except OSError as error:
        raise KeyRingError(f"{path} cannot be {what}: {error.strerror}.") from error
