"""The issuer's public keys as COSE_Key (RFC 9052 §7), one by one and as a set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import cbor2

from core.signing.cose_sign1 import COORDINATE_BYTES, ES256, KID_BYTES
from core.signing.deterministic_cbor import Malformed
from core.signing.issuer_keys import PublicKey, PublicKeys, Realm

KTY, KID, ALG, KEY_OPS = 1, 2, 3, 4  # RFC 9052 §7.1, table 4
CRV, X, Y = -1, -2, -3  # RFC 9053 §7.1.1, table 19
EC2, P256, VERIFY = 2, 1, 2  # RFC 9053 §7.1, RFC 9052 table 5
NBF, EXP, WITHDRAWN, IAT_MIN, SIGNS_BUNDLES = range(-65537, -65542, -1)
"""Ours, from the range for private use (RFC 9052 §11.2): epoch seconds, true, epoch seconds, 1."""

ALWAYS = {KTY, KID, ALG, KEY_OPS, CRV, X, Y, NBF, EXP}


def key_set(keys: PublicKeys) -> bytes:
    """Return the COSE_KeySet of all keys, those for bundles last."""
    bundling = [{**to_cose(key), SIGNS_BUNDLES: 1} for key in keys.bundle_keys.values()]
    items = [*map(to_cose, keys.keys.values()), *bundling]
    data: bytes = cbor2.dumps(items, canonical=True)
    return data


def to_cose(key: PublicKey) -> dict[int, Any]:
    """Return the map of a key."""
    x, y = key.coordinates
    item: dict[int, Any] = {
        KTY: EC2,
        KID: key.kid,
        ALG: ES256,
        KEY_OPS: [VERIFY],
        CRV: P256,
        X: x,
        Y: y,
        NBF: _seconds(key.not_before),
        EXP: _seconds(key.not_after),
    }
    if key.withdrawn:
        item[WITHDRAWN] = True
    if key.iat_min is not None:
        item[IAT_MIN] = _seconds(key.iat_min)
    return item


def from_cose(item: Any, realm: Realm) -> PublicKey:
    """Return the key of a map that `to_cose` could have made, or raise ValueError."""
    if not isinstance(item, dict) or not ALWAYS <= item.keys() <= ALWAYS | {WITHDRAWN, IAT_MIN}:
        raise Malformed("a key of another form")
    kind = [item[KTY], item[ALG], item[KEY_OPS], item[CRV]]
    times = [item[NBF], item[EXP], item.get(IAT_MIN, 0)]
    right = (
        kind == [EC2, ES256, [VERIFY], P256]
        and all(isinstance(item[part], bytes) for part in (KID, X, Y))
        and [len(item[part]) for part in (KID, X, Y)]
        == [KID_BYTES, COORDINATE_BYTES, COORDINATE_BYTES]
        and all(type(seconds) is int for seconds in times)
        and item.get(WITHDRAWN, True) is True
    )
    if not right:
        raise Malformed("a key with a value of another form")
    return PublicKey.at(
        (item[X], item[Y]),
        item[KID],
        life=(item[NBF], item[EXP]),
        realm=realm,
        withdrawn=WITHDRAWN in item,
        iat_min=item.get(IAT_MIN),
    )


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
