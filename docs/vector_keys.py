"""The keys of the test vectors, and what is published of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.signing.issuer_keys import PublicKeys, Realm
from tests.core.forge import ISSUED, key

SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)

FIRST, SECOND_KEY, WITHDRAWN, MENDED, COMING, STRANGER, BUNDLE, OLD_BUNDLE = (
    key(f"vectors: {name}", Realm.TEST)
    for name in (
        "first",
        "second",
        "withdrawn",
        "mended",
        "coming",
        "stranger",
        "bundle",
        "old bundle",
    )
)
LATER = replace(COMING, not_before=ISSUED + DAY)
REVOKED = (bytes.fromhex("0badc0de"), bytes.fromhex("c0ffee00"))
PUBLISHED = ISSUED - HOUR
CODE_KEYS = (
    FIRST.public,
    SECOND_KEY.public,
    replace(WITHDRAWN.public, withdrawn=True),
    replace(MENDED.public, iat_min=ISSUED),
    LATER.public,
)
KEYS = replace(
    PublicKeys.of(*CODE_KEYS, issued_at=PUBLISHED),
    revoked=frozenset(REVOKED),
    bundle_keys={
        BUNDLE.kid: BUNDLE.public,
        OLD_BUNDLE.kid: replace(OLD_BUNDLE.public, withdrawn=True),
    },
)

Vector = dict[str, Any]
