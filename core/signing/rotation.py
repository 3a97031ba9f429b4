"""The life of the keys that sign: the next one before this one ends, none once it is withdrawn.

A key is published a day before it signs: a verifier that looks at least daily never meets a code
of a key that it does not know. It is accepted until its last code has expired, and every code
ends with its Hong Kong day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from core.days import end_of_day, hong_kong_day
from core.signing.issuer_keys import SECOND, IssuerKey, KeysError
from core.vault import BUNDLE_LIFE, SIGNS, Key, KeyRing, Purpose

NOTICE = timedelta(hours=24)
"""How long before its use a key is published, at least."""


class State(StrEnum):
    """What a key that signs does at some instant."""

    SIGNS = "signs"
    WAITS = "waits"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    OVER = "over"


def state(ring: KeyRing, key: Key, now: datetime) -> State:
    """Return what a key that signs does now; the newest of those that may sign does."""
    signer = IssuerKey.of(key)
    if signer.withdrawn:
        return State.WITHDRAWN
    if signer.not_after <= now:
        return State.OVER
    if now < signer.not_before:
        return State.WAITS
    current = IssuerKey.current(ring, now, purpose=key.purpose)
    return State.SIGNS if current.kid == signer.kid else State.ACCEPTED


def signs_until(ring: KeyRing, now: datetime) -> datetime | None:
    """Return until when codes can be signed with the keys of the ring, None if not now."""
    until = None
    for begins, ends in sorted((key.not_before, key.not_after) for key in _usable(ring.keys)):
        if begins <= (until or now) < ends:
            until = ends
    return until


def rotate(ring: KeyRing, now: datetime, after: timedelta, life: timedelta) -> Key:
    """Make the next key for codes, and end the one in use with its last code; return the new one.

    It signs in `after`; sooner where no other key may sign until then. Raise KeysError where a
    next key waits already.
    """
    now = now.replace(microsecond=0)
    made: list[Key] = []

    def change(keys: tuple[Key, ...]) -> Iterable[Key]:
        usable = _usable(keys)
        for key in usable:
            if now < key.not_before:
                raise KeysError(f"Key {key.kid.hex()} waits already: it is the next to sign.")
        ends = [key.not_after for key in usable if now < key.not_after]
        begins = min(now + after, max(ends, default=now))
        made[:] = [Key.signing(Purpose.SIGN, now, begins, life)]
        return [*(_ended(key, begins) for key in keys), *made]

    ring.change(change)
    return made[0]


def withdraw(ring: KeyRing, name: str, now: datetime, life: timedelta) -> tuple[Key, Key | None]:
    """Withdraw a key that signs; return it, and the new one that signs in its place from now on.

    `name` is its id, or its kid in hexadecimal. No new one is made where another may sign now. A
    key that was withdrawn before stays as it is. Raise KeysError where none has that name, and for
    the key of the audit log: what it signed must stay good, and who has it has the whole ring.
    """
    now = now.replace(microsecond=0)
    made: list[Key] = []

    def change(keys: tuple[Key, ...]) -> Iterable[Key]:
        found = named(keys, name)
        gone = found if found.withdrawn else _withdrawn(found, now)
        made[:] = [gone]
        left = [gone if key is found else key for key in keys]
        usable = _usable(left, found.purpose)
        if not any(key.not_before <= now < key.not_after for key in usable):
            lives = BUNDLE_LIFE if found.purpose is Purpose.BUNDLE else life
            new = Key.signing(found.purpose, now, now, lives)
            # Where the next one waits already, this one only fills the time until then.
            waiting = min((key.not_before for key in usable if now < key.not_before), default=None)
            made.append(new if waiting is None else _ended(new, waiting))
        return [*left, *made[1:]]

    ring.change(change)
    return made[0], (made[1] if made[1:] else None)


def distrust(ring: KeyRing, name: str, before: datetime, now: datetime) -> Key:
    """Let nothing count any more that a key for codes signed before an instant; return the key.

    `name` is as in `withdraw`, `before` in whole seconds. The key goes on signing. An instant that
    is no later than one given before changes nothing. Raise KeysError where there is nothing that
    could be distrusted.
    """
    if before > now:
        raise KeysError("That time is still to come, and codes with it: they would not count.")
    made: list[Key] = []

    def change(keys: tuple[Key, ...]) -> Iterable[Key]:
        found = named(keys, name)
        signer = IssuerKey.of(found)
        if found.purpose is not Purpose.SIGN:
            raise KeysError(f"Key {signer.kid.hex()} signs no codes.")
        if found.withdrawn:
            raise KeysError(f"Key {signer.kid.hex()} is withdrawn: none of its codes counts.")
        if before <= signer.not_before:
            raise KeysError(f"Key {signer.kid.hex()} had signed nothing before then.")
        since = max(before, found.iat_min or before)
        made[:] = [msgspec.structs.replace(found, iat_min=since)]
        return [made[0] if key is found else key for key in keys]

    ring.change(change)
    return made[0]


def named(keys: Iterable[Key], name: str) -> Key:
    """Return the key that signs of that id or kid, or raise KeysError."""
    for key in keys:
        if key.purpose in SIGNS and name.lower() in (key.id, IssuerKey.of(key).kid.hex()):
            if key.purpose is Purpose.AUDIT:
                raise KeysError(f"key {name} signs the audit log, and is not withdrawn")
            return key
    raise KeysError(f"No key that signs is called {name}: `keys list` shows them.")


def _usable(keys: Iterable[Key], purpose: Purpose = Purpose.SIGN) -> list[IssuerKey]:
    signers = [IssuerKey.of(key) for key in keys if key.purpose is purpose]
    return [signer for signer in signers if not signer.withdrawn]


def _ended(key: Key, begins: datetime) -> Key:
    """Return a key with the end that it has when another one begins to sign."""
    if key.purpose is not Purpose.SIGN or key.not_after is None or key.withdrawn:
        return key
    last = end_of_day(hong_kong_day(begins - SECOND))
    return msgspec.structs.replace(key, not_after=min(key.not_after, last))


def _withdrawn(key: Key, now: datetime) -> Key:
    """Return a key that signs no more, with the end of the last code that it can have signed."""
    signer = IssuerKey.of(key)
    last = min(signer.not_after, end_of_day(hong_kong_day(now)))
    ends = max(signer.not_before, last)
    return msgspec.structs.replace(key, withdrawn=now, not_after=ends)
