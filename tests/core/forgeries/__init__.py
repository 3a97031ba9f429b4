"""Forgeries by the thousand: what somebody may try at a gate, and why each must be refused.

The reason is known from how a forgery is made; no verifier is asked. Three are held to the same
forgeries: `core.credential.check`, `python -m bot verify` and the page's `credential.js`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle

# Each of these adds its kinds.
from tests.core.forgeries import (
    changes,
    contents,
    encodings,
    foreigners,
    frames,
    moments,
    signers,
    spellings,
)
from tests.core.forgeries.kinds import KEYS, KINDS, Forgery, honest, other_s

__all__ = [
    "KEYS",
    "KINDS",
    "Forgery",
    "changes",
    "contents",
    "encodings",
    "foreigners",
    "forgeries",
    "frames",
    "genuine",
    "moments",
    "signers",
    "spellings",
]


def forgeries(seed: int, count: int) -> Iterator[Forgery]:
    """Make so many different ones, kind by kind, the same for the same seed."""
    chance = random.Random(seed)
    made: set[str] = set()
    for kind in cycle(KINDS):
        if len(made) == count:
            return
        forgery = kind(chance)
        if forgery.text not in made:
            made.add(forgery.text)
            yield forgery


def genuine(seed: int, count: int) -> Iterator[Forgery]:
    """Make as many codes in the same ways with nothing wrong in them.

    Of each second one the signature has the other s: (r, n - s) is as good as (r, s), says the
    same, and is refused by nobody who follows COSE.
    """
    chance = random.Random(seed)
    for number in range(count):
        draft, now = honest(chance)
        if number % 2:
            draft.parts["signature"] = other_s(draft.signature)
        yield Forgery("genuine", draft.text, None, now, document=draft.document)
