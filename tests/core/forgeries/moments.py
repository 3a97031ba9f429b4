"""Genuine codes at the wrong moment, in the wrong hands, at the wrong gate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.credential import Reason
from tests.core.forge import BINDING, CTI, DOCUMENT, EXP, IAT, ISS, written
from tests.core.forgeries.kinds import (
    DAY,
    LIVE,
    MORNING,
    REVOKED,
    SECOND,
    TEST,
    Chance,
    Forgery,
    honest,
    kind,
)


def timed(
    name: str, reason: Reason, issued: Callable[[Chance], int], life: Callable[[Chance], int]
) -> None:
    """Add a kind: issued so many seconds after it is shown, and lasting so many."""

    @kind
    def make(chance: Chance) -> Forgery:
        draft, now = honest(chance)
        issued_at = now + timedelta(seconds=issued(chance))
        ends = issued_at + timedelta(seconds=life(chance))
        draft.claims.update({IAT: int(issued_at.timestamp()), EXP: int(ends.timestamp())})
        return Forgery(name, draft.text, reason, now)


HOUR, WHOLE_DAY, TOLERATED = 3600, 86_400, 120

timed(
    "yesterday's",
    Reason.EXPIRED,
    lambda chance: -WHOLE_DAY - chance.randrange(HOUR),
    lambda chance: chance.randrange(1, WHOLE_DAY),
)
timed("expired by a second", Reason.EXPIRED, lambda chance: -HOUR, lambda chance: HOUR - 1)
timed(
    "tomorrow's",
    Reason.FROM_FUTURE,
    lambda chance: WHOLE_DAY,
    lambda chance: chance.randrange(1, WHOLE_DAY),
)
timed(
    "a second too early",
    Reason.FROM_FUTURE,
    lambda chance: TOLERATED + 1,
    lambda chance: chance.randrange(1, WHOLE_DAY),
)
timed(
    "a life too long",
    Reason.LIFE,
    lambda chance: -chance.randrange(HOUR),
    lambda chance: WHOLE_DAY + chance.randrange(1, 100 * WHOLE_DAY),
)
timed("a second too long", Reason.LIFE, lambda chance: 0, lambda chance: WHOLE_DAY + 1)
timed(
    "ended before it began",
    Reason.LIFE,
    lambda chance: chance.randrange(60, TOLERATED + 1),
    lambda chance: -chance.randrange(60),
)


@kind
def shown_to_a_slow_clock(chance: Chance) -> Forgery:
    """The verifier's clock shows less than when its list of keys was made."""
    draft, _ = honest(chance)
    now = MORNING - DAY - timedelta(seconds=TOLERATED + 1 + chance.randrange(10**6))
    return Forgery("shown to a slow clock", draft.text, Reason.CLOCK, now)


@kind
def a_revoked_code(chance: Chance) -> Forgery:
    """Genuine, and withdrawn since."""
    draft, now = honest(chance, code_id=chance.choice(REVOKED) + chance.randbytes(4))
    return Forgery("revoked", draft.text, Reason.REVOKED, now, document=draft.document)


@kind
def a_revoked_code_that_is_over(chance: Chance) -> Forgery:
    """Revoked, borrowed, and first of all expired."""
    draft, _ = honest(chance, code_id=chance.choice(REVOKED) + chance.randbytes(4))
    late = draft.expires_at + SECOND
    return Forgery("revoked and over", draft.text, Reason.EXPIRED, late, document=DOCUMENT)


@kind
def a_borrowed_code(chance: Chance) -> Forgery:
    """Genuine, and another person's, or the same number of another kind of document."""
    draft, now = honest(chance)
    while True:
        other = ("0", f"B{chance.randrange(10**7):07}"), ("3", draft.document[1])
        borrowed = chance.choice(other)
        tied = hashlib.sha256(draft.claims[CTI] + "".join(borrowed).encode()).digest()[:2]
        if tied != draft.private[BINDING]:
            return Forgery("borrowed", draft.text, Reason.OTHER_DOCUMENT, now, document=borrowed)


@kind
def a_screenshot(chance: Chance) -> Forgery:
    """Genuine, and not made for the digits on the officer's screen."""
    asked = chance.randrange(10_000)
    shown = chance.choice((None, (asked + 1 + chance.randrange(9_999)) % 10_000))
    draft, now = honest(chance, challenge=shown)
    return Forgery(
        "a screenshot",
        draft.text,
        Reason.OTHER_CHALLENGE,
        now,
        document=draft.document,
        challenge=f"{asked:04}",
    )


@kind
def a_borrowed_screenshot(chance: Chance) -> Forgery:
    """Neither the document nor the digits fit: the document is looked at first."""
    return replace(
        a_borrowed_code(chance),
        name="a borrowed screenshot",
        challenge=f"{chance.randrange(10_000):04}",
    )


@kind
def a_test_code_at_a_gate(chance: Chance) -> Forgery:
    """A code of the test issuer, shown where only Hong Kong's count."""
    draft, now = honest(chance, TEST)
    return Forgery("a test code", draft.text, Reason.OTHER_REALM, now)


@kind
def a_code_at_a_test(chance: Chance) -> Forgery:
    """A code of Hong Kong's, shown where only those of the test issuer count."""
    draft, now = honest(chance)
    return Forgery("a code at a test", draft.text, Reason.OTHER_REALM, now, keys="test")


@kind
def a_test_code_in_disguise(chance: Chance) -> Forgery:
    """A test code under Hong Kong's prefix: the key is not in the list."""
    draft, now = honest(chance, TEST)
    disguised = written(draft.message, "HK1:")
    return Forgery("a test code in disguise", disguised, Reason.UNKNOWN_KEY, now)


@kind
def a_test_code_in_disguise_where_both_count(chance: Chance) -> Forgery:
    """The key is in the list, and is another realm's."""
    signer, prefix = chance.choice(((TEST, "HK1:"), (LIVE, "HKT:")))
    draft, now = honest(chance, signer)
    disguised = written(draft.message, prefix)
    return Forgery("in disguise where both count", disguised, Reason.OTHER_REALM, now, keys="both")


@kind
def a_test_issuer_that_says_hong_kong(chance: Chance) -> Forgery:
    """The test issuer's key and prefix, and Hong Kong's name in the claims."""
    draft, now = honest(chance, TEST)
    draft.claims[ISS] = "HK"
    return Forgery("a test issuer's lie", draft.text, Reason.CONTENT, now, keys="both")
