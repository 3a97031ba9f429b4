"""What forgeries are made with: keys, a good code to begin with, and ways to spoil it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.colour import Colour
from core.credential import Document, Reason
from core.signing.issuer_keys import IssuerKey, PublicKeys, Realm
from tests.core.forge import ORDER, Draft, key, pair, written

MORNING = datetime(2021, 12, 10, 1, 0, tzinfo=UTC)
"""09:00 in Hong Kong: all is shown within the twelve hours that follow."""
HOURS = 12
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

LIVE, OTHER = key("live"), key("other")
WITHDRAWN, MENDED = key("withdrawn"), key("mended")
COMING = key("coming", begins=MORNING + 20 * DAY)
GONE = key("gone", ends=MORNING - DAY)
STRANGER = key("stranger")
TEST = key("test", Realm.TEST)
MENDED_FROM = MORNING - timedelta(hours=4)
"""Codes that the mended key signed before are revoked."""
REVOKED = tuple(hashlib.sha256(b"revoked %d" % number).digest()[:4] for number in range(50))

_HELD = PublicKeys.of(
    LIVE.public,
    OTHER.public,
    replace(WITHDRAWN.public, withdrawn=True),
    replace(MENDED.public, iat_min=MENDED_FROM),
    COMING.public,
    GONE.public,
)
KEYS = {
    "live": replace(_HELD, issued_at=MORNING - DAY, revoked=frozenset(REVOKED)),
    "test": PublicKeys.of(TEST.public, issued_at=MORNING - DAY),
    "both": PublicKeys.of(LIVE.public, TEST.public, issued_at=MORNING - DAY),
}
"""The sets of keys that a verifier may hold, by name."""

Chance = random.Random


@dataclass(frozen=True)
class Forgery:
    """One attempt: what is shown, when, to a verifier with which keys, and why it is refused.

    No `reason`: it is no forgery, and accepted.
    """

    name: str
    text: str
    reason: Reason | None
    now: datetime
    keys: str = "live"
    document: Document | None = None
    challenge: str | None = None


def other_s(raw: bytes) -> bytes:
    """Return the same signature with the other of the two values of s."""
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    return pair(r, ORDER - s)


def honest(chance: Chance, signer: IssuerKey = LIVE, **changes: Any) -> tuple[Draft, datetime]:
    """Draft a code that is good, and say when it is shown."""
    now = MORNING + timedelta(seconds=chance.randrange(HOURS * 3600))
    arguments: dict[str, Any] = {
        "issued_at": now - timedelta(seconds=chance.randrange(3600)),
        "colour": chance.choice(list(Colour)),
        "name": chance.choice(("C*** T** M**", "陳*文", "L** K* Y**", "WONG*", "Ó* B**")),
        "code_id": chance.randbytes(8),
        "document": ("0", f"A{chance.randrange(10**7):07}"),
        "challenge": chance.choice((None, chance.randrange(10_000))),
    }
    return Draft.genuine(signer, **{**arguments, **changes}), now


Kind = Callable[[Chance], Forgery]
KINDS: list[Kind] = []


def kind(make: Kind) -> Kind:
    """Add a kind to all that are made."""
    KINDS.append(make)
    return make


def drafted(name: str, reason: Reason, change: Callable[[Draft, Chance], object]) -> None:
    """Add a kind: a good code that is changed, and then signed by a live key all the same."""

    @kind
    def make(chance: Chance) -> Forgery:
        draft, now = honest(chance)
        change(draft, chance)
        return Forgery(name, draft.text, reason, now)


def altered(name: str, reason: Reason, change: Callable[[Draft, Chance], object]) -> None:
    """Add a kind: a good code that is changed after it was signed."""

    def after(draft: Draft, chance: Chance) -> None:
        draft.sign()
        change(draft, chance)

    drafted(name, reason, after)


def recoded(name: str, reason: Reason, change: Callable[[bytes, Chance], bytes]) -> None:
    """Add a kind: the bytes of a good code, changed."""

    @kind
    def make(chance: Chance) -> Forgery:
        draft, now = honest(chance)
        return Forgery(name, written(change(draft.message, chance)), reason, now)


def spelled(name: str, reason: Reason, change: Callable[[str, Chance], str]) -> None:
    """Add a kind: the text of a good code, changed."""

    @kind
    def make(chance: Chance) -> Forgery:
        draft, now = honest(chance)
        return Forgery(name, change(draft.text, chance), reason, now)


def foreign(name: str, make_text: Callable[[Chance], str]) -> None:
    """Add a kind: what another program puts into a QR code."""

    @kind
    def make(chance: Chance) -> Forgery:
        return Forgery(name, make_text(chance), Reason.NOT_A_CODE, honest(chance)[1])


def flip(data: bytes, at: int, bit: int) -> bytes:
    """Return the bytes with one bit turned over."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def flipped(data: bytes, chance: Chance, bits: int = 8) -> bytes:
    """Return the bytes with one of their bits turned over, of the lowest so many of a byte."""
    return flip(data, chance.randrange(len(data)), chance.randrange(bits))
