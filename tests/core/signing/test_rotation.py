"""Keys come and go: there is always one that signs, and no code dies before its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.credential import Reason, check
from core.days import HONG_KONG
from core.signing.issuer_keys import IssuerKey, KeysError, PublicKeys
from core.signing.rotation import (
    NOTICE,
    State,
    distrust,
    named,
    rotate,
    signs_until,
    state,
    withdraw,
)
from core.vault import Key, KeyRing, Purpose
from tests.codes import a_code

NOW = datetime(2021, 12, 10, 12, 0, tzinfo=HONG_KONG).astimezone(UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
LIFE = 45 * DAY


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.generate(NOW - 30 * DAY, LIFE)


def current(ring: KeyRing, now: datetime) -> str:
    return IssuerKey.current(ring, now).kid.hex()


def kid(key: Key) -> str:
    return IssuerKey.of(key).kid.hex()


def code(ring: KeyRing, now: datetime) -> str:
    return a_code(IssuerKey.current(ring, now), now)


def test_the_next_key_signs_after_its_notice_and_the_old_one_ends_with_its_last_code(
    ring: KeyRing,
) -> None:
    (old,) = ring.of(Purpose.SIGN)
    new = rotate(ring, NOW + timedelta(microseconds=7), NOTICE, LIFE)
    begins = NOW + DAY
    assert (new.created, new.not_before, new.not_after) == (NOW, begins, begins + LIFE)
    assert current(ring, begins - timedelta(seconds=1)) == kid(old)
    assert current(ring, begins) == kid(new)
    ended = ring.of(Purpose.SIGN)[0]
    assert ended.not_after == datetime(2021, 12, 11, 23, 59, 59, tzinfo=HONG_KONG)
    assert set(PublicKeys.published(ring, NOW).keys) == {
        IssuerKey.of(key).kid for key in (old, new)
    }


def test_every_code_around_a_rotation_is_accepted_until_it_expires(ring: KeyRing) -> None:
    rotate(ring, NOW, NOTICE, LIFE)
    for minutes in range(0, 3 * 24 * 60, 7):
        now = NOW + timedelta(minutes=minutes)
        issued = code(ring, now)
        last = now.astimezone(HONG_KONG).replace(hour=23, minute=59, second=59).astimezone(UTC)
        assert check(issued, PublicKeys.published(ring, last), last).accepted
        over = last + timedelta(seconds=1)
        assert not check(issued, PublicKeys.published(ring, now), over).accepted


def test_at_midnight_the_old_key_ends_with_the_day_before(ring: KeyRing) -> None:
    midnight = datetime(2021, 12, 12, tzinfo=HONG_KONG)
    rotate(ring, midnight - DAY, NOTICE, LIFE)
    assert ring.of(Purpose.SIGN)[0].not_after == midnight - timedelta(seconds=1)


def test_while_one_waits_there_is_no_next(ring: KeyRing) -> None:
    new = rotate(ring, NOW, 48 * HOUR, LIFE)
    before = ring.keys
    with pytest.raises(KeysError, match=f"{kid(new)} waits already"):
        rotate(ring, NOW + HOUR, NOTICE, LIFE)
    assert ring.keys == before
    third = rotate(ring, NOW + 48 * HOUR, NOTICE, LIFE)
    assert current(ring, NOW + 72 * HOUR) == kid(third)


def test_the_end_of_an_older_key_hastens_no_new_one(ring: KeyRing) -> None:
    second = rotate(ring, NOW, NOTICE, LIFE)
    now = NOW + NOTICE
    ends = IssuerKey.of(ring.of(Purpose.SIGN)[0]).not_after
    assert second.not_before == now < ends < now + NOTICE
    assert rotate(ring, now, NOTICE, LIFE).not_before == now + NOTICE


def test_a_key_begins_sooner_where_no_other_may_sign_until_then(ring: KeyRing) -> None:
    end = ring.of(Purpose.SIGN)[0].not_after
    assert end is not None
    new = rotate(ring, end - HOUR, NOTICE, LIFE)
    assert new.not_before == end
    assert current(ring, end - timedelta(seconds=1)) != current(ring, end) == kid(new)
    late = KeyRing.generate(NOW - 100 * DAY, LIFE)
    assert rotate(late, NOW, NOTICE, LIFE).not_before == NOW


def test_the_states_of_keys(ring: KeyRing) -> None:
    new = rotate(ring, NOW, NOTICE, LIFE)

    def states(now: datetime) -> list[State]:
        return [state(ring, key, now) for key in ring.of(Purpose.SIGN)]

    assert states(NOW) == [State.SIGNS, State.WAITS]
    assert states(NOW + DAY) == [State.ACCEPTED, State.SIGNS]
    assert states(NOW + 2 * DAY) == [State.OVER, State.SIGNS]
    withdraw(ring, kid(new), NOW + 2 * DAY, LIFE)
    assert states(NOW + 2 * DAY) == [State.OVER, State.WITHDRAWN, State.SIGNS]
    assert [state(ring, key, NOW) for key in ring.of(Purpose.BUNDLE)] == [State.SIGNS]


def test_until_when_codes_can_be_signed(ring: KeyRing) -> None:
    assert signs_until(ring, NOW) == NOW + 15 * DAY
    new = rotate(ring, NOW, NOTICE, LIFE)
    assert signs_until(ring, NOW) == new.not_after == NOW + DAY + LIFE
    assert signs_until(ring, NOW - 31 * DAY) is None
    assert signs_until(ring, NOW + DAY + LIFE) is None
    withdraw(ring, kid(new), NOW, LIFE)
    assert signs_until(ring, NOW) == ring.of(Purpose.SIGN)[0].not_after


def test_a_withdrawn_key_is_replaced_at_once_and_its_codes_are_refused(ring: KeyRing) -> None:
    (old,) = ring.of(Purpose.SIGN)
    issued = code(ring, NOW)
    gone, new = withdraw(ring, old.id, NOW, LIFE)
    assert new is not None
    assert (new.not_before, new.not_after) == (NOW, NOW + LIFE)
    assert current(ring, NOW) == kid(new)
    assert (gone.withdrawn, gone.not_after) == (
        NOW,
        datetime(2021, 12, 10, 23, 59, 59, tzinfo=HONG_KONG),
    )
    published = PublicKeys.published(ring, NOW)
    assert check(issued, published, NOW).reason is Reason.WITHDRAWN_KEY
    assert check(code(ring, NOW), published, NOW).accepted


def test_withdrawn_is_withdrawn(ring: KeyRing) -> None:
    (old,) = ring.of(Purpose.SIGN)
    gone, _ = withdraw(ring, kid(old).upper(), NOW, LIFE)
    keys = ring.keys
    assert withdraw(ring, kid(old), NOW + DAY, LIFE) == (gone, None)
    assert ring.keys == keys


def test_of_a_distrusted_key_only_later_codes_count_and_it_goes_on_signing(ring: KeyRing) -> None:
    (key,) = ring.of(Purpose.SIGN)
    since = NOW - HOUR
    before, after = code(ring, since - SECOND), code(ring, since)
    assert distrust(ring, kid(key).upper(), since, NOW).iat_min == since
    held = PublicKeys.published(ring, NOW)
    assert check(before, held, NOW).reason is Reason.REVOKED
    assert check(after, held, NOW).accepted
    assert check(code(ring, NOW), held, NOW).accepted
    assert state(ring, ring.of(Purpose.SIGN)[0], NOW) is State.SIGNS
    assert IssuerKey.current(ring, NOW).void_before == since


def test_distrust_never_steps_back(ring: KeyRing) -> None:
    (key,) = ring.of(Purpose.SIGN)
    distrust(ring, key.id, NOW, NOW)
    assert distrust(ring, key.id, NOW - DAY, NOW).iat_min == NOW
    assert distrust(ring, key.id, NOW + DAY, NOW + DAY).iat_min == NOW + DAY


def test_what_cannot_be_distrusted_is_said_and_changes_nothing(ring: KeyRing) -> None:
    (key,), (bundler,) = ring.of(Purpose.SIGN), ring.of(Purpose.BUNDLE)
    new = rotate(ring, NOW, NOTICE, LIFE)
    withdraw(ring, key.id, NOW, LIFE)
    keys = ring.keys
    for name, before, why in (
        (new.id, NOW + SECOND, "still to come"),
        (new.id, NOW, "had signed nothing before then"),
        (bundler.id, NOW, "signs no codes"),
        (key.id, NOW, "is withdrawn: none of its codes counts"),
        ("0" * 16, NOW, "No key that signs is called"),
    ):
        with pytest.raises(KeysError, match=why):
            distrust(ring, name, before, NOW)
    assert ring.keys == keys
    (gone,) = (IssuerKey.of(each) for each in keys if each.id == key.id)
    assert gone.void_before == gone.not_after + SECOND
    assert IssuerKey.of(new).void_before is None


def test_a_key_that_waits_can_be_withdrawn_and_the_next_be_made(ring: KeyRing) -> None:
    waiting = rotate(ring, NOW, 48 * HOUR, LIFE)
    gone, new = withdraw(ring, waiting.id, NOW, LIFE)
    assert new is None
    assert gone.not_after == gone.not_before == NOW + 48 * HOUR
    assert rotate(ring, NOW, NOTICE, LIFE) in ring.keys


def test_until_the_waiting_key_begins_another_fills_the_time(ring: KeyRing) -> None:
    (old,) = ring.of(Purpose.SIGN)
    waiting = rotate(ring, NOW, 48 * HOUR, LIFE)
    _, filling = withdraw(ring, old.id, NOW, LIFE)
    assert filling is not None
    assert current(ring, NOW) == kid(filling)
    assert current(ring, NOW + 48 * HOUR) == kid(waiting)
    assert filling.not_after == datetime(2021, 12, 12, 23, 59, 59, tzinfo=HONG_KONG)


def test_where_the_other_key_ends_this_very_second_a_new_one_is_made(ring: KeyRing) -> None:
    new = rotate(ring, NOW, 48 * HOUR, LIFE)
    end = IssuerKey.of(ring.of(Purpose.SIGN)[0]).not_after
    _, filling = withdraw(ring, new.id, end, LIFE)
    assert filling is not None
    assert current(ring, end) == kid(filling)


def test_a_bundle_key_is_withdrawn_and_replaced_likewise(ring: KeyRing) -> None:
    (old,) = ring.of(Purpose.BUNDLE)
    signing = ring.of(Purpose.SIGN)
    _, new = withdraw(ring, kid(old), NOW, LIFE)
    assert new is not None
    assert new.not_after is not None
    assert new.not_after - NOW > 3650 * DAY
    assert IssuerKey.current(ring, NOW, purpose=Purpose.BUNDLE).kid.hex() == kid(new)
    assert ring.of(Purpose.SIGN) == signing
    assert rotate(ring, NOW, NOTICE, LIFE).purpose is Purpose.SIGN
    assert len(ring.of(Purpose.BUNDLE)) == 2


def test_only_keys_that_sign_are_withdrawn(ring: KeyRing) -> None:
    seal = ring.of(Purpose.SEAL)[0]
    for name in (seal.id, "", "0123456789abcdef"):
        with pytest.raises(KeysError, match="No key that signs"):
            withdraw(ring, name, NOW, LIFE)
    with pytest.raises(KeysError, match="No key that signs"):
        named(ring.keys, "x")


def test_the_key_of_the_audit_log_stays(ring: KeyRing) -> None:
    (key,) = ring.of(Purpose.AUDIT)
    assert state(ring, key, NOW) is State.SIGNS
    with pytest.raises(KeysError, match="signs the audit log, and is not withdrawn"):
        withdraw(ring, key.id, NOW, LIFE)


def test_two_that_rotate_at_once_make_one_key(tmp_path: Path) -> None:
    first, second = (KeyRing.open(tmp_path / "keys.json", NOW - 30 * DAY, LIFE) for _ in range(2))
    rotate(first, NOW, NOTICE, LIFE)
    with pytest.raises(KeysError, match="waits already"):
        rotate(second, NOW, NOTICE, LIFE)
    assert second.refresh()
    assert second.keys == first.keys
