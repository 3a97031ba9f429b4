"""The picture must read in scanners that are not ours, after what platforms do to pictures."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image, ImageChops

from bench.reading import READERS, REQUIRED, cards, drawn
from core.colour import Colour
from core.conversation.messages import Card
from core.credential import expiry, issue
from core.drawing.lettering import font
from core.drawing.qr_code import BORDER, modules
from core.picture import (
    COLOURS,
    HEIGHT,
    MARGIN,
    NAME_TOP,
    PANEL,
    PANEL_TOP,
    WIDTH,
    WORDS,
    draw,
    prepare,
)
from core.signing.issuer_keys import IssuerKey, Realm

NOW = datetime(2021, 12, 10, 4, 0, tzinfo=UTC)
# A fixed key, so that the pictures are the same each time.
PRIVATE = ec.derive_private_key(20211210, ec.SECP256R1())
KEY = IssuerKey(PRIVATE, NOW, NOW + timedelta(days=1), Realm.HONG_KONG)
LONG = "W****************** A************** D* S************ M**********"


def card(colour: Colour = Colour.GREEN, code_id: bytes = bytes(8), **changes: Any) -> Card:
    code = issue(
        KEY,
        name="C*** T** M**",
        colour=colour,
        document=("0", "A1234563"),
        issued_at=NOW,
        expires_at=expiry(KEY, NOW),
        code_id=code_id,
        challenge="4711",
    )
    plain = Card(colour, code, ["C*** T** M**", "陳*文"], "456(3)", NOW, expiry(KEY, NOW), "en")
    return msgspec.structs.replace(plain, **changes)


def rows(image: Image.Image, top: int, bottom: int) -> bytes:
    return image.crop((0, top, WIDTH, bottom)).tobytes()


def colours(image: Image.Image) -> dict[Any, int]:
    return {pixel: count for count, pixel in image.getcolors() or []}


# What scanners make of it


@pytest.fixture(scope="module")
def people() -> dict[str, Image.Image]:
    """Random cards, the same each time, by their codes."""
    return {each.code: drawn(each) for each in cards(12, seed=2)}


@pytest.mark.parametrize("condition", REQUIRED)
@pytest.mark.parametrize("reader", ["zxing-cpp", "OpenCV", "zbar"])
def test_cards_read_after_what_platforms_do(
    people: dict[str, Image.Image], reader: str, condition: str
) -> None:
    for code, image in people.items():
        assert READERS[reader](REQUIRED[condition](image)) == [code]


@pytest.mark.parametrize("reader", READERS)
def test_a_text_beyond_version_8_reads_too(reader: str) -> None:
    what = card(code="HK1:" + "0123456789AB" * 20)
    assert READERS[reader](drawn(what)) == [what.code]


def test_what_is_written_on_one_card_is_on_no_other() -> None:
    plain = draw(card())
    later = NOW + timedelta(minutes=1)
    others = [card(tail="789(0)"), card(challenge="4711"), card(name=["L* S*"])]
    assert len({plain, *map(draw, others), draw(card(issued_at=later))}) == 5
    assert draw(card()) == plain


@pytest.mark.parametrize("length", [10, 221, 222, 300, 400])
def test_a_code_of_any_length_has_four_modules_of_quiet(length: int) -> None:
    panel = drawn(card(code="H" * length)).convert("L")
    panel = panel.crop((MARGIN, PANEL_TOP, MARGIN + PANEL, PANEL_TOP + PANEL))
    corner = 24  # the panel's own corners are round
    inner = ImageChops.invert(panel.crop((corner, corner, PANEL - corner, PANEL - corner)))
    left, top, right, bottom = inner.getbbox() or (0, 0, 0, 0)
    quiet = corner + min(left, top, PANEL - 2 * corner - max(right, bottom))
    assert quiet >= BORDER * (right - left) // len(modules("H" * length))


# What it looks like


def test_a_card_is_a_small_png_of_sixteen_colours() -> None:
    data = draw(card())
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode, image.size) == ("PNG", "P", (WIDTH, HEIGHT))
    assert len(data) < 30_000
    assert data == draw(card())


@pytest.mark.parametrize("colour", Colour)
def test_dark_modules_are_black_on_white_with_four_modules_of_quiet(colour: Colour) -> None:
    panel = drawn(card(colour)).crop((MARGIN, PANEL_TOP, MARGIN + PANEL, PANEL_TOP + PANEL))
    code = panel.crop((40, 40, PANEL - 40, PANEL - 40))
    assert set(colours(code)) == {(0, 0, 0), (255, 255, 255)}
    left, top, right, bottom = ImageChops.invert(code.convert("L")).getbbox() or (0, 0, 0, 0)
    module = (right - left) // 49
    assert (right - left, bottom - top) == (49 * module, 49 * module)
    assert min(left, top) + 40 >= 4 * module
    assert PANEL - 40 - max(right, bottom) + 40 >= 4 * module
    assert (49 + 8) * module > 500


def luminance(rgb: tuple[int, int, int]) -> float:
    """Return relative luminance as WCAG 2.2 defines it."""
    parts = [channel / 255 for channel in rgb]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", Colour)
def test_words_stand_out_from_the_card(colour: Colour) -> None:
    ground, ink = (luminance(rgb) for rgb in COLOURS[colour])
    assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 6
    shares = colours(drawn(card(colour)))
    assert shares[COLOURS[colour][0]] > WIDTH * HEIGHT * 0.35
    assert max(shares, key=lambda pixel: shares[pixel]) in (COLOURS[colour][0], (255, 255, 255))


def test_each_colour_has_words_and_a_shape_of_its_own() -> None:
    shapes = set()
    for colour in Colour:
        image = drawn(card(colour))
        ground = COLOURS[colour][0]
        header = image.crop((0, 0, MARGIN + 140, PANEL_TOP)).get_flattened_data()
        shapes.add(tuple(pixel == ground for pixel in header))
    assert len(shapes) == 3
    for words in WORDS.values():
        for word, english in zip(words.colours.values(), ("GREEN", "YELLOW", "RED"), strict=True):
            assert word.endswith(f" {english}")


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("colour", Colour)
@pytest.mark.parametrize(
    "names", [[LONG, "𨋢*𠮟"], [LONG], [LONG, "迪*** 迪**** 迪**** 迪****"], []]
)
def test_nothing_runs_into_the_margin(colour: Colour, language: str, names: list[str]) -> None:
    image = drawn(card(colour, language=language, name=names, tail="0123456789ABCDEF"))
    ground = COLOURS[colour][0]
    edge = 32
    for box in (
        (0, 0, edge, HEIGHT),
        (WIDTH - edge, 0, WIDTH, HEIGHT),
        (0, 0, WIDTH, edge),
        (0, HEIGHT - 24, WIDTH, HEIGHT),
        (0, PANEL_TOP + PANEL + 1, WIDTH, NAME_TOP - 2),
    ):
        assert list(colours(image.crop(box))) == [ground]


def test_two_names_never_touch() -> None:
    image = drawn(card(name=[LONG, "歐**文"]))
    band = image.crop((MARGIN, NAME_TOP, MARGIN + PANEL, NAME_TOP + 56)).convert("L")
    ink = numpy.array(band).min(axis=0) < 80
    gaps = numpy.diff(numpy.flatnonzero(ink))
    assert gaps.max() >= 24


def test_a_rare_letter_is_drawn_and_one_that_no_font_has_is_left_out() -> None:
    romanised = draw(card(name=["C*** T** M**"]))
    for rare in ("𨋢*文", "\U00020b9f*", "陳*𠮟"):
        assert draw(card(name=["C*** T** M**", rare])) != romanised
    for unwritable in ("\ue000*文", "陳*\ue000"):
        assert draw(card(name=["C*** T** M**", unwritable])) == romanised
    assert draw(card(name=["\ue000*文"])) == draw(card(name=[]))


def test_times_are_those_of_hong_kong() -> None:
    # 16:30 UTC is half past midnight of the next day there.
    late = datetime(2021, 12, 10, 16, 30, tzinfo=UTC)
    same = late.astimezone(tz=None)
    assert draw(card(issued_at=late)) == draw(card(issued_at=same))
    assert draw(card(issued_at=late)) != draw(card(issued_at=late.replace(hour=15)))


def test_each_language_has_its_own_card_and_an_unknown_one_is_english() -> None:
    assert len({draw(card(language=language)) for language in WORDS}) == 3
    assert draw(card(language="fr")) == draw(card(language="en"))


@pytest.mark.parametrize("language", WORDS)
def test_once_prepared_no_typeface_is_opened_any_more(language: str) -> None:
    prepare()
    opened = font.cache_info().misses
    for colour in Colour:
        for names in ([], [LONG, "陳*文"], ["C*"], [LONG, "陳" * 30]):
            for challenge in ("", "4711"):
                draw(card(colour, language=language, name=names, challenge=challenge))
    assert font.cache_info().misses == opened


def test_a_test_code_says_that_it_is_one() -> None:
    code = card().code
    header = [
        rows(drawn(card(code=prefix + code[4:])), 0, PANEL_TOP)
        for prefix in (Realm.HONG_KONG.prefix, Realm.TEST.prefix)
    ]
    assert header[0] != header[1]
