from __future__ import annotations

import json
import os
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import private_file
from core.vault import Key, KeyRing, KeyRingError, Purpose, Sealer, Tampered

NOW = datetime(2021, 12, 10, 1, 0, tzinfo=UTC)
WHERE = "holders|record|h1"


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return KeyRing.generate(NOW)


@pytest.fixture
def owner(ring: KeyRing) -> Sealer:
    return ring.owner(ring.new_key())


def rewritten(path: Path, change: Any) -> None:
    """Change the ring's file as an operator's editor would, keeping its mode."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


# Sealing


@pytest.mark.no_cover
@given(plain=st.binary(max_size=300), where=st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_is_sealed_opens_at_its_place(plain: bytes, where: str) -> None:
    ring = KeyRing.generate(NOW)
    owner = ring.owner(ring.new_key())
    assert owner.open(owner.seal(plain, where), where) == plain
    assert ring.transit().open(ring.transit().seal(plain, where), where) == plain


def test_nothing_sealed_is_twice_the_same_or_legible(owner: Sealer) -> None:
    cells = {owner.seal(b"A123456(3)", WHERE) for _ in range(100)}
    assert len(cells) == 100
    assert not any(b"A123456" in cell for cell in cells)


def test_every_flipped_bit_and_every_cut_is_noticed(owner: Sealer) -> None:
    cell = owner.seal(b"A123456(3)", WHERE)
    for place in range(len(cell) * 8):
        altered = bytearray(cell)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(Tampered):
            owner.open(bytes(altered), WHERE)
    for length in range(len(cell)):
        with pytest.raises(Tampered):
            owner.open(cell[:length], WHERE)
    with pytest.raises(Tampered):
        owner.open(cell + b"\0", WHERE)
    assert owner.open(cell, WHERE) == b"A123456(3)"


def test_cells_exchanged_between_rows_columns_or_tables_do_not_open(owner: Sealer) -> None:
    cell = owner.seal(b"red", WHERE)
    for elsewhere in ("holders|record|h2", "holders|phone|h1", "codes|record|h1", ""):
        with pytest.raises(Tampered):
            owner.open(cell, elsewhere)


def test_one_owners_key_does_not_open_anothers_cells(ring: KeyRing, owner: Sealer) -> None:
    other = ring.owner(ring.new_key())
    with pytest.raises(Tampered):
        other.open(owner.seal(b"mine", WHERE), WHERE)


def test_a_wrapped_key_is_bound_to_its_ring(ring: KeyRing) -> None:
    wrapped = ring.new_key()
    with pytest.raises(Tampered):
        KeyRing.generate(NOW).owner(wrapped)
    for place in range(len(wrapped)):
        altered = bytearray(wrapped)
        altered[place] ^= 1
        with pytest.raises(Tampered):
            ring.owner(bytes(altered))


def test_a_row_in_transit_is_no_data_key(ring: KeyRing) -> None:
    with pytest.raises(Tampered):
        ring.owner(ring.transit().seal(bytes(32), "inbox|body|1"))


def test_an_unwrapped_key_is_kept_at_hand(ring: KeyRing) -> None:
    wrapped = ring.new_key()
    assert ring.owner(wrapped) is ring.owner(wrapped)


def test_a_new_epoch_seals_and_the_old_one_still_opens(ring: KeyRing) -> None:
    wrapped, row = ring.new_key(), ring.transit().seal(b"hello", WHERE)
    cell = ring.owner(wrapped).seal(b"mine", WHERE)
    epoch = Key("00000001", Purpose.SEAL, NOW + timedelta(days=7), bytes(range(32)))
    # The order in the file does not decide which is the newest.
    later = KeyRing([epoch, *ring.keys])
    assert later.owner(wrapped).open(cell, WHERE) == b"mine"
    assert later.transit().open(row, WHERE) == b"hello"
    assert later.new_key()[1:5] == later.transit().seal(b"", WHERE)[1:5] == b"\0\0\0\1"
    with pytest.raises(Tampered):
        ring.owner(later.new_key())


# Blind index and one-time code


def test_an_index_is_equal_for_equals_only(ring: KeyRing) -> None:
    index = ring.index("document", "0A1234563")
    assert len(index) == 32
    assert index == ring.index("document", "0A1234563")
    assert index != ring.index("document", "0A1234564")
    assert index != ring.index("phone", "0A1234563")
    assert index != KeyRing.generate(NOW).index("document", "0A1234563")


def test_a_passcode_is_the_same_for_a_challenge_and_is_not_known_without_the_ring(
    ring: KeyRing,
) -> None:
    assert ring.passcode("c1") == ring.passcode("c1")
    codes = [KeyRing.generate(NOW).passcode("c1") for _ in range(5)]
    assert len(set(codes)) > 1


def test_passcodes_are_six_digits_spread_evenly(ring: KeyRing) -> None:
    codes = [ring.passcode(f"challenge-{number}") for number in range(20_000)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    for digit in (0, 5):
        counts = Counter(code[digit] for code in codes)
        assert set(counts) == set("0123456789")
        assert all(1_750 < count < 2_250 for count in counts.values())  # 6 sigma
    assert len(set(codes)) > 19_000


# The file


def test_the_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys.json"
    first = KeyRing.open(path, NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]
    second = KeyRing.open(path, NOW + timedelta(days=1))
    assert second.keys == first.keys
    assert (
        second.owner(wrapped := first.new_key()).open(first.owner(wrapped).seal(b"x", WHERE), WHERE)
        == b"x"
    )
    assert second.index("a", "b") == first.index("a", "b")
    assert second.passcode("c") == first.passcode("c")


def test_the_loser_of_a_race_takes_the_winners_ring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    winner: list[KeyRing] = []
    link = os.link

    def late(draft: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        winner.append(KeyRing.open(path, NOW))
        link(draft, target)

    monkeypatch.setattr(os, "link", late)
    loser = KeyRing.open(path, NOW)
    assert loser.keys == winner[0].keys
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_until_it_is_closed(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "keys.json"
    first = KeyRing.open(path, NOW)
    path.chmod(mode)
    with pytest.raises(KeyRingError, match="chmod 600"):
        KeyRing.open(path, NOW)
    path.chmod(0o600)
    assert KeyRing.open(path, NOW).keys == first.keys


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content.update(format=2), "format 2"),
        (lambda content: content["keys"].pop(0), "no key for 'seal'"),
        (lambda content: content["keys"][0].update(key="AAAA"), "wrong length"),
        (lambda content: content["keys"][0].update(purpose="party"), "not a key ring"),
        (lambda content: content["keys"][0].update(id="x"), "not a key ring"),
        (lambda content: content.pop("keys"), "not a key ring"),
    ],
)
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, change: Any, words: str) -> None:
    path = tmp_path / "keys.json"
    KeyRing.open(path, NOW)
    secret = json.loads(path.read_text())["keys"][1]["key"]
    rewritten(path, change)
    with pytest.raises(KeyRingError, match=words) as refusal:
        KeyRing.open(path, NOW)
    assert secret not in str(refusal.value)


def test_a_place_that_cannot_be_written_or_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyRingError, match="cannot be written"):
        KeyRing.open(tmp_path / "file" / "keys.json", NOW)
    (tmp_path / "folder").mkdir(mode=0o700)
    with pytest.raises(KeyRingError, match="cannot be read"):
        KeyRing.open(tmp_path / "folder", NOW)


def test_a_key_never_shows_itself(ring: KeyRing) -> None:
    for key in ring.keys:
        assert repr(key.key) not in repr(key)
        assert key.key.hex() not in f"{key!r} {key}"


def test_signing_keys_come_oldest_first(ring: KeyRing) -> None:
    (first,) = ring.of(Purpose.SIGN)
    second = Key("00000002", Purpose.SIGN, NOW + timedelta(days=1), first.key)
    assert KeyRing([second, *ring.keys]).of(Purpose.SIGN) == (first, second)


# Keys that come and go while the program runs


def without(path: Path, purpose: str) -> None:
    """Leave a ring as it was made before there were keys for a purpose."""

    def change(content: Any) -> None:
        content["keys"] = [key for key in content["keys"] if key["purpose"] != purpose]

    rewritten(path, change)


def added(ring: KeyRing, name: str = "00000002") -> Key:
    """Add a signing key to a ring."""
    key = Key(name, Purpose.SIGN, NOW + timedelta(days=1), ring.of(Purpose.SIGN)[0].key)
    ring.change(lambda keys: [*keys, key])
    return key


@pytest.mark.parametrize("purpose", [Purpose.BUNDLE, Purpose.AUDIT])
def test_a_ring_from_before_a_purpose_gets_a_key_for_it(tmp_path: Path, purpose: Purpose) -> None:
    path = tmp_path / "keys.json"
    first = KeyRing.open(path, NOW)
    without(path, purpose)
    later = NOW + timedelta(days=1, microseconds=7)
    second = KeyRing.open(path, later)
    (key,) = second.of(purpose)
    assert key.not_before == NOW + timedelta(days=1)
    assert set(second.keys) - set(first.keys) == {key}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]
    assert KeyRing.open(path, later).keys == second.keys


def test_two_that_complete_a_ring_at_once_agree_on_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    KeyRing.open(path, NOW)
    without(path, "bundle")
    winner: list[KeyRing] = []
    held = private_file.held

    def late(target: Path) -> Any:
        monkeypatch.setattr(private_file, "held", held)
        winner.append(KeyRing.open(path, NOW))
        return held(target)

    monkeypatch.setattr(private_file, "held", late)
    assert KeyRing.open(path, NOW).keys == winner[0].keys


def test_what_one_process_changes_another_takes_up_in_the_ring_that_it_holds(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    mine, other = KeyRing.open(path, NOW), KeyRing.open(path, NOW)
    wrapped = mine.new_key()
    cell = mine.owner(wrapped).seal(b"mine", WHERE)
    assert not mine.refresh()
    key = added(other)
    assert key not in mine.keys
    assert mine.refresh()
    assert mine.of(Purpose.SIGN)[-1] == key
    assert not mine.refresh()
    assert mine.owner(wrapped).open(cell, WHERE) == b"mine"
    # A change is made to what is in the file, not to what was read long ago.
    added(mine, "00000003")
    added(other, "00000004")
    assert [key.id for key in other.of(Purpose.SIGN)][1:] == ["00000002", "00000003", "00000004"]
    assert mine.refresh()
    assert mine.keys == other.keys


def test_a_ring_in_memory_is_changed_there() -> None:
    ring = KeyRing.generate(NOW)
    assert added(ring) in ring.keys
    assert not ring.refresh()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_text("{"), "not a key ring"),
        (lambda path: path.chmod(0o644), "chmod 600"),
        (lambda path: path.unlink(), "cannot be read"),
        (
            lambda path: rewritten(path, lambda content: content["keys"].pop(1)),
            "lacks keys that are in use",
        ),
    ],
)
def test_a_ring_stays_as_it_is_while_its_file_cannot_be_used(
    tmp_path: Path, damage: Any, words: str
) -> None:
    path = tmp_path / "keys.json"
    ring = KeyRing.open(path, NOW)
    ring.refresh()
    keys, whole = ring.keys, path.read_bytes()
    damage(path)
    path.touch() if path.exists() else None
    with pytest.raises(KeyRingError, match=words):
        ring.refresh()
    assert not ring.refresh(), "it is said once for each change"
    assert ring.keys == keys
    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    path.chmod(0o600)
    assert not ring.refresh()
    added(KeyRing.open(path, NOW))
    assert ring.refresh()


def test_a_change_that_cannot_be_written_is_said_and_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing.open(tmp_path / "keys.json", NOW)
    before = ring.keys

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private_file, "replace", full)
    with pytest.raises(KeyRingError, match="cannot be written: No space"):
        added(ring)
    assert ring.keys == before


def test_a_ring_that_opens_one_of_the_keys_fits(tmp_path: Path, ring: KeyRing) -> None:
    kept = KeyRing.open(tmp_path / "keys.json", NOW)
    kept.fits([])
    kept.fits([ring.new_key(), kept.new_key()])
    KeyRing.generate(NOW).fits([kept.new_key()])


def test_a_ring_made_in_the_place_of_one_that_is_gone_is_refused_and_taken_away(
    tmp_path: Path, ring: KeyRing
) -> None:
    made = KeyRing.open(tmp_path / "keys.json", NOW)
    with pytest.raises(KeyRingError, match="is gone"):
        made.fits([ring.new_key()])
    assert list(tmp_path.iterdir()) == []


def test_the_ring_of_another_database_is_refused_and_kept(tmp_path: Path, ring: KeyRing) -> None:
    path = tmp_path / "keys.json"
    first = KeyRing.open(path, NOW)
    with pytest.raises(KeyRingError, match="is not the key ring of this database"):
        KeyRing.open(path, NOW).fits([ring.new_key()])
    assert KeyRing.open(path, NOW).keys == first.keys
