"""Bundles to try a verifier with: what is expected is known from how each is made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from core.signing.cose_key import to_cose
from core.signing.issuer_keys import IssuerKey
from docs.code_vectors import codes
from docs.vector_keys import (
    BUNDLE,
    CODE_KEYS,
    DAY,
    FIRST,
    MINUTE,
    OLD_BUNDLE,
    PUBLISHED,
    REVOKED,
    SECOND,
    STRANGER,
    Vector,
)
from tests.core.forge import ALG, EXP, IAT, ISS, ISSUED, KID, dumps, signature, wrap
from tests.core.forgeries.kinds import flip


def bundle(
    name: str,
    made: bytes,
    reason: str | None = None,
    *,
    now: datetime = ISSUED,
    codes: tuple[Vector, ...] = (),
    **expect: Any,
) -> Vector:
    """Describe one bundle, and what codes are to one who holds it."""
    vector = {"name": name, "bundle": made.hex(), "now": int(now.timestamp())}
    said = {"reason": reason, **expect}
    return {**vector, "expect": said, **({"codes": list(codes)} if codes else {})}


def signed_bundle(
    signer: IssuerKey = BUNDLE,
    *,
    claims: dict[Any, Any] | None = None,
    private: dict[Any, Any] | None = None,
    header: dict[Any, Any] | None = None,
) -> bytes:
    """Sign a bundle; what is given takes the place of what should be there."""
    inside = {0: 1, 1: 7, 2: [to_cose(each) for each in CODE_KEYS], 3: b"".join(REVOKED)}
    payload = dumps(
        {
            ISS: "HT",
            EXP: int((PUBLISHED + 2 * DAY).timestamp()),
            IAT: int(PUBLISHED.timestamp()),
            -65538: {**inside, **(private or {})},
            **(claims or {}),
        }
    )
    protected = dumps({ALG: -7, KID: signer.kid, **(header or {})})
    return wrap(protected, payload, signature(signer.private, protected, payload))


def bundles() -> Iterator[Vector]:
    """Make the bundles, those that are good first."""
    good = signed_bundle()
    says: dict[str, Any] = {
        "sequence": 7,
        "issued": int(PUBLISHED.timestamp()),
        "expires": int((PUBLISHED + 2 * DAY).timestamp()),
        "keys": sorted(each.kid.hex() for each in CODE_KEYS),
        "revoked": [prefix.hex() for prefix in REVOKED],
    }
    shown = tuple(
        each
        for each in codes()
        if each["name"]
        in ("a green code", "a withdrawn key", "revoked", "a key that signs bundles")
    )
    yield bundle("a bundle", good, codes=shown, **says)
    yield bundle("nothing revoked", signed_bundle(private={3: b""}), **{**says, "revoked": []})
    yield bundle("an extension", signed_bundle(private={32: "x"}), **says)
    yield bundle("one that is old, and says so", good, now=ISSUED + 9 * DAY, **says)
    yield bundle("two minutes before its issue", good, now=PUBLISHED - 2 * MINUTE, **says)
    yield bundle("a byte after it", good + b"\0", "malformed")
    yield bundle("a byte missing", good[:-1], "malformed")
    yield bundle("no tag", good[1:], "malformed")
    yield bundle("a content type in the header", signed_bundle(header={3: 0}), "malformed")
    yield bundle("another algorithm", signed_bundle(header={ALG: -35}), "algorithm")
    yield bundle("signed by a key for codes", signed_bundle(FIRST), "unknown_key")
    yield bundle("signed by a withdrawn key", signed_bundle(OLD_BUNDLE), "withdrawn_key")
    stranger = signed_bundle(STRANGER, header={KID: BUNDLE.kid})
    yield bundle("signed by a stranger", stranger, "forged")
    yield bundle("a bit of the signature", flip(good, len(good) - 5, 0), "forged")
    early = PUBLISHED - 2 * MINUTE - SECOND
    yield bundle("from the future", good, "from_future", now=early)
    for name, claims in (
        ("another issuer", {ISS: "HK"}),
        ("a claim more", {2: "x"}),
        ("a life of more than 48 hours", {EXP: says["expires"] + 1}),
        ("a life of no time", {EXP: says["issued"]}),
        ("made before its key", {IAT: int(BUNDLE.not_before.timestamp()) - 1}),
        ("a private map that is none", {-65538: []}),
    ):
        yield bundle(name, signed_bundle(claims=claims), "content")
    first, second = (to_cose(each) for each in CODE_KEYS[:2])
    for name, private in (
        ("a version to come", {0: 2}),
        ("a sequence below nought", {1: -1}),
        ("a member that must be understood", {4: 0}),
        ("a key twice", {2: [first, first]}),
        ("a key under another's name", {2: [{**first, 2: second[2]}]}),
        ("a point that is on no curve", {2: [{**first, -3: first[-2]}]}),
        ("a key that may sign", {2: [{**first, 4: [1]}]}),
        ("a key with its secret", {2: [{**first, -4: bytes(32)}]}),
        ("keys that are none", {2: b""}),
        ("a revoked code cut short", {3: REVOKED[0] + b"\0"}),
        ("revoked codes out of order", {3: REVOKED[1] + REVOKED[0]}),
        ("a revoked code twice", {3: REVOKED[0] * 2}),
    ):
        yield bundle(name, signed_bundle(private=private), "content")
