from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core.signing.issuer_keys import IssuerKey, KeysError, PublicKeys, Realm, thumbprint
from core.vault import Key, KeyRing, Purpose

NOW = datetime(2021, 12, 10, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return KeyRing.generate(NOW)


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    # RFC 9679 §6
    public = ec.EllipticCurvePublicNumbers(
        0x65EDA5A12577C2BAE829437FE338701A10AAA375E1BB5B5DE108DE439C08551D,
        0x1E52ED75701163F7F9E40DDF9F341B3DC9BA860AF7E0CA7CA7E9EECD0084D19C,
        ec.SECP256R1(),
    ).public_key()
    assert thumbprint(public).hex() == (
        "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"
    )


def test_the_newest_key_that_is_in_its_life_signs(ring: KeyRing) -> None:
    first = IssuerKey.current(ring, NOW)
    private = KeyRing.generate(NOW).of(Purpose.SIGN)[0].key
    later = Key("00000002", Purpose.SIGN, NOW + DAY, private, NOW + 2 * DAY, NOW + 30 * DAY)
    both = KeyRing([later, *ring.keys])
    assert IssuerKey.current(both, NOW + DAY).kid == first.kid
    second = IssuerKey.current(both, NOW + 2 * DAY)
    assert second.kid != first.kid
    assert IssuerKey.current(both, NOW + 30 * DAY).kid == first.kid
    assert set(PublicKeys.published(both, NOW).keys) == {first.kid, second.kid}


def test_a_key_before_or_after_its_life_does_not_sign(ring: KeyRing) -> None:
    (entry,) = ring.of(Purpose.SIGN)
    assert entry.not_after is not None
    for moment in (NOW - timedelta(seconds=1), entry.not_after):
        with pytest.raises(KeysError, match="valid now"):
            IssuerKey.current(ring, moment)
    assert IssuerKey.current(ring, entry.not_after - timedelta(seconds=1)).not_before == NOW


def test_a_ring_with_an_unusable_signing_key_is_refused(ring: KeyRing) -> None:
    (entry,) = ring.of(Purpose.SIGN)
    others = [key for key in ring.keys if key is not entry]
    with pytest.raises(KeysError, match="no life"):
        IssuerKey.current(KeyRing([*others, Key(entry.id, Purpose.SIGN, NOW, entry.key)]), NOW)
    strange = ed25519.Ed25519PrivateKey.generate().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(KeysError, match="no P-256 key"):
        IssuerKey.current(
            KeyRing([*others, Key(entry.id, Purpose.SIGN, NOW, strange, NOW, NOW + DAY)]), NOW
        )


def test_a_private_key_never_shows_itself(ring: KeyRing) -> None:
    assert "private" not in repr(IssuerKey.current(ring, NOW))


def test_keys_that_were_saved_are_loaded_again(ring: KeyRing, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    published = PublicKeys.published(ring, NOW)
    test = IssuerKey.current(KeyRing.generate(NOW), NOW, Realm.TEST).public
    keys = PublicKeys({**published.keys, test.kid: test}, NOW, frozenset({b"abcd"}))
    path.write_bytes(keys.to_json())
    loaded = PublicKeys.load(path)
    assert loaded == keys
    assert loaded.realms == {Realm.HONG_KONG, Realm.TEST}
    bare = PublicKeys.of(test)
    path.write_bytes(bare.to_json())
    assert PublicKeys.load(path) == bare


def test_the_file_is_a_key_set_without_private_parts(ring: KeyRing, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(PublicKeys.published(ring, NOW).to_json())
    jwks = json.loads((tmp_path / "keys.json").read_text())["keys"]
    assert [jwk.get("signs") for jwk in jwks] == [None, "bundles"]
    for jwk in jwks:
        assert {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}.items() <= jwk.items()
        assert "d" not in jwk


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("keys"),
        lambda content: content.update(issued=10**30),
        lambda content: content.update(issued=2**62),
        lambda content: content.update(revoked=["xyz"]),
        lambda content: content["keys"][0].update(alg="EdDSA"),
        lambda content: content["keys"][0].update(kid="AAAAAAAAAAA"),
        lambda content: content["keys"][0].update(y=content["keys"][0]["x"]),
        lambda content: content["keys"][0].update(x="ä"),
        lambda content: content["keys"][0].update(realm="XX"),
        lambda content: content["keys"][0].pop("exp"),
    ],
)
def test_a_damaged_file_is_refused_in_words(ring: KeyRing, tmp_path: Path, change: Any) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(PublicKeys.published(ring, NOW).to_json())
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(KeysError, match="not a set of public keys"):
        PublicKeys.load(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="cannot be read"):
        PublicKeys.load(tmp_path / "none.json")


def test_codes_of_the_two_realms_begin_differently() -> None:
    assert (Realm.HONG_KONG.prefix, Realm.TEST.prefix) == ("HK1:", "HKT:")


def test_a_withdrawn_key_does_not_sign_and_stays_published(ring: KeyRing) -> None:
    (entry,) = ring.of(Purpose.SIGN)
    others = [key for key in ring.keys if key is not entry]
    gone = msgspec.structs.replace(entry, withdrawn=NOW)
    with pytest.raises(KeysError, match="valid now"):
        IssuerKey.current(KeyRing([*others, gone]), NOW)
    (key,) = PublicKeys.published(KeyRing([*others, gone]), NOW).keys.values()
    assert key.withdrawn


def test_of_the_keys_in_their_life_the_last_to_begin_signs(ring: KeyRing) -> None:
    private = KeyRing.generate(NOW).of(Purpose.SIGN)[0].key
    later = Key("00000002", Purpose.SIGN, NOW, private, NOW + 2 * DAY, NOW + 30 * DAY)
    filling = msgspec.structs.replace(
        KeyRing.generate(NOW).of(Purpose.SIGN)[0], created=NOW + DAY, not_before=NOW + DAY
    )
    all_three = KeyRing([*ring.keys, later, filling])
    assert IssuerKey.current(all_three, NOW + DAY).kid == IssuerKey.of(filling).kid
    assert IssuerKey.current(all_three, NOW + 2 * DAY).kid == IssuerKey.of(later).kid


def test_bundles_are_signed_by_a_key_of_their_own(ring: KeyRing) -> None:
    bundling = IssuerKey.current(ring, NOW, purpose=Purpose.BUNDLE)
    published = PublicKeys.published(ring, NOW)
    assert set(published.bundle_keys) == {bundling.kid}
    assert not set(published.keys) & set(published.bundle_keys)


def test_a_key_that_is_over_is_published_no_more(ring: KeyRing) -> None:
    (entry,) = ring.of(Purpose.SIGN)
    assert entry.not_after is not None
    assert PublicKeys.published(ring, entry.not_after).keys
    assert not PublicKeys.published(ring, entry.not_after + timedelta(seconds=1)).keys


def test_times_are_published_and_signed_by_in_whole_seconds(ring: KeyRing) -> None:
    (entry,) = ring.of(Purpose.SIGN)
    moment = timedelta(microseconds=7)
    fine = msgspec.structs.replace(entry, not_before=NOW + moment, not_after=NOW + DAY + moment)
    key = IssuerKey.of(fine)
    assert (key.not_before, key.not_after) == (NOW, NOW + DAY)
    assert (key.public.not_before, key.public.not_after) == (NOW, NOW + DAY)


def test_all_that_is_said_of_a_key_is_saved(ring: KeyRing, tmp_path: Path) -> None:
    published = PublicKeys.published(ring, NOW)
    (key,) = published.keys.values()
    told = replace(key, withdrawn=True, iat_min=NOW + DAY)
    keys = replace(published, keys={key.kid: told})
    (tmp_path / "keys.json").write_bytes(keys.to_json())
    assert PublicKeys.load(tmp_path / "keys.json") == keys


def test_of_what_two_say_of_a_key_the_stricter_holds(ring: KeyRing) -> None:
    (key,) = PublicKeys.published(ring, NOW).keys.values()
    strict = replace(
        key, withdrawn=True, iat_min=NOW, not_before=NOW + DAY, not_after=NOW + 2 * DAY
    )
    assert key.joined(strict) == strict.joined(key) == strict
    assert key.joined(key) == key
    assert strict.joined(replace(strict, iat_min=NOW + DAY)).iat_min == NOW + DAY
    other = IssuerKey.current(KeyRing.generate(NOW), NOW).public
    mine, theirs = PublicKeys.of(key, issued_at=NOW), PublicKeys.of(strict, other)
    joined = mine.joined(theirs)
    assert joined == PublicKeys.of(strict, other, issued_at=NOW)
