"""An officer's digits: fresh each minute, good for three, another officer's not his."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import msgspec
import pytest
from PIL import Image, ImageChops

from core.answer import Context, Invalid
from core.colour import Colour
from core.conversation.messages import Card
from core.conversation.texts import Language
from core.gate.live import MINUTES, Digits, accepted, digits_of
from core.gate.scanning import read_codes
from core.picture import LIVE_TOP, draw
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


@pytest.mark.parametrize("colour", list(Colour))
@pytest.mark.parametrize("language", [*Language, "xx"])
def test_a_card_shows_the_digits_plainly_and_is_read_as_before(
    colour: Colour, language: str
) -> None:
    plain = Card(colour, "HK1:" + "A" * 212, ["C***"], "456(3)", NOON, NOON, language)
    live = msgspec.structs.replace(plain, challenge="4822")
    without, drawn = (Image.open(BytesIO(draw(card))).convert("L") for card in (plain, live))
    assert [each.text for each in read_codes(draw(live))] == [plain.code]
    left, top, right, bottom = ImageChops.difference(without, drawn).getbbox()
    assert top > LIVE_TOP
    assert bottom - top > 40, "as large as a finger is wide"
    other = msgspec.structs.replace(plain, challenge="4821")
    digit = ImageChops.difference(drawn, Image.open(BytesIO(draw(other))).convert("L")).getbbox()
    assert left < digit[0] < digit[2] <= right
