"""Check-points: what was signed opens with its key ring, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import cbor2
import pytest

from core.signing.checkpoint import Checkpoint, CheckpointError, open_checkpoint, sign_checkpoint
from core.signing.cose_sign1 import KID, sign
from core.signing.issuer_keys import IssuerKey, KeysError
from core.vault import AUDIT_LIFE, KeyRing, Purpose
from tests.clock import NOON

RING = KeyRing.generate(NOON)
KEY = IssuerKey.current(RING, NOON, purpose=Purpose.AUDIT)
CHECKPOINT = Checkpoint(1_234, b"h" * 32, NOON)
GOOD = {0: 1, 1: 1_234, 2: b"h" * 32, 3: int(NOON.timestamp()), 4: False}


@pytest.mark.parametrize("begins", [False, True])
def test_it_opens_as_it_was_signed(begins: bool) -> None:
    checkpoint = Checkpoint(1_234, b"h" * 32, NOON, begins)
    data = sign_checkpoint(RING, checkpoint)
    assert open_checkpoint(data, RING) == checkpoint
    assert len(data) < 160


def test_its_instant_is_in_whole_seconds() -> None:
    data = sign_checkpoint(RING, Checkpoint(1, b"h" * 32, NOON + timedelta(milliseconds=900)))
    assert open_checkpoint(data, RING).at == NOON


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    data = sign_checkpoint(RING, CHECKPOINT)
    for bit in range(len(data) * 8):
        other = bytearray(data)
        other[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CheckpointError):
            open_checkpoint(bytes(other), RING)
    for length in range(len(data)):
        with pytest.raises(CheckpointError, match="is damaged, or is none"):
            open_checkpoint(data[:length], RING)


def test_another_ring_and_the_keys_of_codes_sign_none() -> None:
    with pytest.raises(CheckpointError, match="is not signed by a key of this key ring"):
        open_checkpoint(sign_checkpoint(KeyRing.generate(NOON), CHECKPOINT), RING)
    for purpose in (Purpose.SIGN, Purpose.BUNDLE):
        key = IssuerKey.current(RING, NOON, purpose=purpose)
        with pytest.raises(CheckpointError, match="is not signed by a key of this key ring"):
            open_checkpoint(sign(key.private, key.kid, cbor2.dumps(GOOD)), RING)
        with pytest.raises(CheckpointError, match="is altered or forged"):
            open_checkpoint(sign(key.private, KEY.kid, cbor2.dumps(GOOD)), RING)


def test_another_algorithm_is_refused() -> None:
    protected = cbor2.dumps({1: -8, KID: KEY.kid})
    other = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, cbor2.dumps(GOOD), bytes(64)]))
    with pytest.raises(CheckpointError, match="is not signed by a key"):
        open_checkpoint(other, RING)


@pytest.mark.parametrize(
    "content",
    [{}, [], {**GOOD, 0: 2}, {**GOOD, 1: "1"}, {**GOOD, 2: "h"}, {**GOOD, 3: None}, {**GOOD, 4: 1}],
)
def test_a_signed_one_of_another_form_is_refused(content: Any) -> None:
    with pytest.raises(CheckpointError, match="not of the right form"):
        open_checkpoint(sign(KEY.private, KEY.kid, cbor2.dumps(content)), RING)


def test_beyond_the_life_of_its_key_none_is_signed() -> None:
    with pytest.raises(KeysError):
        sign_checkpoint(RING, Checkpoint(1, b"h" * 32, NOON + AUDIT_LIFE))
