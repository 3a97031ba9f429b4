"""Headers and messages of another form, signed as they stand."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import cbor2

from core.credential import Reason
from tests.core.forge import ALG, KID, Draft, dumps, ordered, written
from tests.core.forgeries.kinds import (
    LIVE,
    STRANGER,
    Chance,
    Forgery,
    drafted,
    honest,
    kind,
    recoded,
)


def headed(name: str, *headers: dict[Any, Any] | bytes) -> None:
    """Add a kind: a protected header of another form. `...` stands for the live key's kid."""

    def change(draft: Draft, chance: Chance) -> None:
        header = chance.choice(headers)
        if isinstance(header, bytes):
            draft.parts["protected"] = header
        else:
            draft.header = {
                name: LIVE.kid if value is ... else value for name, value in header.items()
            }

    drafted(name, Reason.MALFORMED, change)


headed("no header", b"", b"\xa0")
headed("no algorithm anywhere", {KID: ...})
headed("no kid anywhere", {ALG: -7})
headed("a kid of another length", {ALG: -7, KID: LIVE.kid[:7]}, {ALG: -7, KID: LIVE.kid + b"\0"})
headed("a kid that is no bytes", {ALG: -7, KID: LIVE.kid.hex()[:8]}, {ALG: -7, KID: 1})
headed("a critical header", {ALG: -7, 2: [ALG], KID: ...}, {ALG: -7, 2: [-65537], KID: ...})
headed("a content type", {ALG: -7, 3: 0, KID: ...}, {ALG: -7, 3: "application/cwt", KID: ...})
headed("a certificate", {ALG: -7, KID: ..., 33: bytes(40)}, {ALG: -7, KID: ..., 35: "https://x.y"})
headed("a claim in the header", {ALG: -7, KID: ..., 15: {1: "HK"}})
headed("the algorithm twice", ordered((ALG, -7), (ALG, -35), (KID, LIVE.kid)))
headed("the same algorithm twice", ordered((ALG, -7), (ALG, -7), (KID, LIVE.kid)))
headed("the kid twice", ordered((ALG, -7), (KID, LIVE.kid), (KID, STRANGER.kid)))
headed("the header in another order", ordered((KID, LIVE.kid), (ALG, -7)))
headed("a header that is a list", dumps([ALG, -7, KID, LIVE.kid]))
headed("a header with bytes after it", dumps({ALG: -7, KID: LIVE.kid}) + b"\0")
headed("names in words", {"alg": -7, "kid": ...})


def unprotected(name: str, signed: dict[Any, Any], unsigned: dict[Any, Any]) -> None:
    """Add a kind: something stands where nothing is signed."""

    @kind
    def make(chance: Chance) -> Forgery:
        draft, now = honest(chance)
        draft.header = signed
        message = cbor2.CBORTag(18, [draft.protected, unsigned, draft.payload, draft.signature])
        return Forgery(name, written(dumps(message)), Reason.MALFORMED, now)


unprotected("the algorithm unsigned", {KID: LIVE.kid}, {ALG: -7})
unprotected("the kid unsigned", {ALG: -7}, {KID: LIVE.kid})
unprotected("both unsigned", {}, {ALG: -7, KID: LIVE.kid})
unprotected("the algorithm signed and unsigned", {ALG: -7, KID: LIVE.kid}, {ALG: -7})
unprotected("another kid unsigned", {ALG: -7, KID: LIVE.kid}, {KID: STRANGER.kid})
unprotected("a certificate unsigned", {ALG: -7, KID: LIVE.kid}, {33: bytes(20)})


def reframed(name: str, change: Callable[[list[Any], Chance], Any]) -> None:
    """Add a kind: the four items of a message in another frame."""

    @kind
    def make(chance: Chance) -> Forgery:
        draft, now = honest(chance)
        item = change([draft.protected, {}, draft.payload, draft.signature], chance)
        return Forgery(name, written(dumps(item)), Reason.MALFORMED, now)


reframed("another tag", lambda items, chance: cbor2.CBORTag(chance.choice((16, 17, 97, 98)), items))
reframed("no tag", lambda items, chance: items)
reframed("a CWT's tag around it", lambda items, chance: cbor2.CBORTag(61, cbor2.CBORTag(18, items)))
reframed("the tag twice", lambda items, chance: cbor2.CBORTag(18, cbor2.CBORTag(18, items)))
reframed("three items", lambda items, chance: cbor2.CBORTag(18, items[:3]))
reframed("five items", lambda items, chance: cbor2.CBORTag(18, [*items, b""]))
reframed("no payload", lambda items, chance: cbor2.CBORTag(18, [*items[:2], None, items[3]]))
reframed(
    "a COSE_Sign of one",
    lambda items, chance: cbor2.CBORTag(98, [*items[:3], [[items[0], {}, items[3]]]]),
)
reframed(
    "a header that is not wrapped",
    lambda items, chance: cbor2.CBORTag(18, [cbor2.loads(items[0]), *items[1:]]),
)
recoded("cut short", Reason.MALFORMED, lambda data, chance: data[: chance.randrange(len(data))])
recoded(
    "bytes after it",
    Reason.MALFORMED,
    lambda data, chance: data + chance.randbytes(chance.randrange(1, 20)),
)
recoded("twice", Reason.MALFORMED, lambda data, chance: data[:130] + data[:130])
recoded("compressed", Reason.MALFORMED, lambda data, chance: zlib.compress(data, 9))
recoded(
    "noise",
    Reason.MALFORMED,
    lambda data, chance: b"\0" + chance.randbytes(chance.randrange(1, len(data))),
)
