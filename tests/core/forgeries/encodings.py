"""The same content in another encoding, signed as it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2

from core.credential import Reason
from tests.core.forge import CTI, EXP, IAT, ISS, PRIVATE, Draft, dumps, ordered
from tests.core.forgeries.kinds import Chance, drafted


def encoded(name: str, change: Callable[[Draft, Chance], bytes]) -> None:
    """Add a kind: a payload that is not in the one form that is allowed."""
    drafted(
        name,
        Reason.MALFORMED,
        lambda draft, chance: draft.parts.update(payload=change(draft, chance)),
    )


def listed(draft: Draft) -> list[tuple[Any, Any]]:
    """Return the claims in their order."""
    return [(claim, draft.claims[claim]) for claim in (ISS, EXP, IAT, CTI, PRIVATE)]


encoded(
    "a time in eight bytes",
    lambda draft, chance: draft.payload.replace(
        b"\x1a" + draft.claims[EXP].to_bytes(4, "big"),
        b"\x1b" + draft.claims[EXP].to_bytes(8, "big"),
    ),
)
encoded(
    "a time with a fraction",
    lambda draft, chance: dumps({**draft.claims, EXP: draft.claims[EXP] + 0.5}),
)
encoded(
    "a time as a float",
    lambda draft, chance: cbor2.dumps({**draft.claims, EXP: float(draft.claims[EXP])}),
)
encoded(
    "a number in two bytes",
    lambda draft, chance: draft.payload.replace(b"\x01\x62HK", b"\x18\x01\x62HK"),
)
encoded("a map without a length", lambda draft, chance: b"\xbf" + draft.payload[1:] + b"\xff")
encoded(
    "a text without a length",
    lambda draft, chance: draft.payload.replace(b"\x62HK", b"\x7f\x62HK\xff"),
)
encoded("claims in another order", lambda draft, chance: ordered(*reversed(listed(draft))))
encoded("a claim twice", lambda draft, chance: ordered(*listed(draft), (PRIVATE, draft.private)))
encoded(
    "the end twice",
    lambda draft, chance: ordered((EXP, draft.claims[EXP] - 1), *listed(draft)[1:], (ISS, "HK")),
)
encoded("bytes after the claims", lambda draft, chance: draft.payload + b"\0")
encoded("claims in a list", lambda draft, chance: dumps([draft.claims]))
encoded("claims that are none", lambda draft, chance: dumps(chance.choice((0, "HK", b"", None))))
encoded(
    "a text that is none",
    lambda draft, chance: draft.payload.replace(b"\x62HK", b"\x62\xc3\x28"),
)
encoded(
    "too deep",
    lambda draft, chance: dumps({**draft.claims, PRIVATE: {**draft.private, 32: [[[0]]]}}),
)
encoded(
    "undefined",
    lambda draft, chance: dumps({**draft.claims, PRIVATE: {**draft.private, 32: cbor2.undefined}}),
)
encoded(
    "a time under a tag",
    lambda draft, chance: draft.payload.replace(b"\x06\x1a", b"\x06\xc1\x1a", 1),
)
encoded(
    "a tag in an extension",
    lambda draft, chance: dumps(
        {**draft.claims, PRIVATE: {**draft.private, 32: cbor2.CBORTag(2, b"\1")}}
    ),
)
