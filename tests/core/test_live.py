"""An officer's digits: fresh each minute, good for three, another officer's not his."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.answer import Context, Invalid
from core.live import MINUTES, Digits, accepted, digits_of
from core.vault import KeyRing
from tests.clock import NOON

RING = KeyRing.generate(NOON)
ANYTHING = Context(today=NOON.date(), answers={})


def test_digits_are_of_the_minute_and_the_chat() -> None:
    minutes = [NOON + timedelta(minutes=number) for number in range(200)]
    shown = [digits_of(RING, "telegram:1", minute) for minute in minutes]
    assert all(len(digits) == 4 and digits.isdigit() for digits in shown)
    assert len(set(shown)) > 190
    assert shown[0] == digits_of(RING, "telegram:1", NOON + timedelta(seconds=59))
    others = [digits_of(RING, "telegram:2", minute) for minute in minutes]
    assert sum(a == b for a, b in zip(shown, others, strict=True)) < 3
    assert shown[0] != digits_of(KeyRing.generate(NOON), "telegram:1", NOON)


@pytest.mark.parametrize("second", [0, 59])
def test_they_are_good_for_three_minutes_and_then_no_more(second: int) -> None:
    asked = NOON + timedelta(seconds=second)
    digits = digits_of(RING, "web:1", asked)
    for later in range(MINUTES * 60 + 1):
        assert digits in accepted(RING, "web:1", asked + timedelta(seconds=later))
    assert accepted(RING, "web:1", asked)[0] == digits
    assert digits not in accepted(RING, "web:1", asked + timedelta(minutes=MINUTES + 1))
    assert digits not in accepted(RING, "web:1", asked - timedelta(minutes=1))
    assert digits not in accepted(RING, "web:2", asked)


@pytest.mark.parametrize("typed", ["0482", " 0 4 8 2 ", "0-4-8-2", "０４８２", "0482."])
def test_digits_may_be_written_in_many_ways(typed: str) -> None:
    assert Digits.parse(typed, ANYTHING) == "0482"


@pytest.mark.parametrize("typed", ["", "482", "04821", "482a", "٠٤٨٢", "four", "²482x"])
def test_what_are_not_four_digits_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="digits"):
        Digits.parse(typed, ANYTHING)
