"""Codes in photos: all of them are read, in every light that leaves enough of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import qrcode
from PIL import Image

from core.answer import Invalid
from core.colour import Colour
from core.conversation.messages import Card
from core.gate.scanning import MOST, read_codes
from core.gate.sighting import ERRORS, MAX_BYTES, Sighting, pack, unpack
from core.picture import draw
from tests.clock import NOON
from tests.photos import photo, stored
from tests.speed import seconds

SECONDS = 2.0
"""Of computing, for a photo of 12 megapixels."""


def text(number: int = 0) -> str:
    """Return a text as long as a code's, another for each number."""
    return f"HK1:{number:03}" + "6BFOXN%TS3DH0YOJ58S S-W5HDC *M0II5XHC9B5G2+$N IOP-IA%NF" * 4


def card(number: int = 0, colour: Colour = Colour.GREEN) -> bytes:
    return draw(Card(colour, text(number)[:216], ["C*** T**"], "456(3)", NOON, NOON, "en"))


CARDS = [card(number, list(Colour)[number % 3]) for number in range(4)]


def texts(picture: bytes) -> list[str]:
    return [each.text for each in read_codes(picture)]


@pytest.mark.parametrize(
    "taken",
    [
        {},
        {"share": 0.35},
        {"tilt": 0.3, "turn": 45, "blur": 2},
        {"turn": 180},
        {"blur": 5},
        {"blur": 4, "noise": 10, "quality": 60},
        {"motion": 13},
        {"glare": 0.15, "quality": 50},
        {"light": 0.1, "noise": 5},
        {"noise": 35, "quality": 30},
        {"quality": 10},
        {"size": (480, 640), "share": 0.3, "quality": 40},
        {"size": (3000, 4000), "blur": 10, "noise": 20},
        {"size": (3000, 4000), "share": 0.15},
    ],
    ids=str,
)
def test_a_code_is_read_as_phones_take_it(taken: dict[str, Any]) -> None:
    for seed in range(1 if "size" in taken else 2):
        picture = photo(CARDS[:1], **taken, seed=seed)
        assert texts(picture) == [text()[:216]], seed


def test_all_codes_of_a_picture_are_read_row_by_row() -> None:
    picture = photo(CARDS, size=(1280, 1280), tilt=0.1, turn=10)
    seen = read_codes(picture)
    assert [each.text for each in seen] == [text(number)[:216] for number in range(4)]
    assert [each.third for each in seen] == [(0, 0), (0, 2), (2, 0), (2, 2)]


def test_a_code_that_stays_unread_beside_others_is_told() -> None:
    image = Image.open(BytesIO(photo(CARDS[:2], size=(1600, 1000), quality=95)))
    left, top = 1050, 380
    image.paste((250, 250, 250), (left, top, left + 300, top + 130))
    seen = read_codes(encoded(image))
    assert [(each.text, each.third) for each in seen] == [(text(0)[:216], (1, 0)), ("", (1, 2))]


def test_a_code_that_is_there_twice_is_one() -> None:
    assert texts(photo([CARDS[0], CARDS[0]], size=(1280, 800))) == [text()[:216]]


def test_other_codes_count_only_where_no_health_code_is() -> None:
    menu = encoded(qrcode.make("HTTPS://EXAMPLE.COM/MENU").get_image())
    assert texts(menu) == ["HTTPS://EXAMPLE.COM/MENU"]
    assert texts(photo([CARDS[0], menu], size=(1280, 800))) == [text()[:216]]


def test_no_more_codes_are_told_than_anybody_looks_at() -> None:
    many = [encoded(qrcode.make(f"{number}").get_image()) for number in range(MOST + 1)]
    assert len(read_codes(photo(many, size=(2400, 2400)))) == MOST


def encoded(image: Image.Image, form: str = "PNG", **more: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **more)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_seen_as_it_was_held(orientation: int) -> None:
    upright = Image.open(BytesIO(photo(CARDS[:2], size=(1600, 1000), quality=95)))
    exif = Image.Exif()
    exif[274] = orientation
    seen = read_codes(encoded(stored(upright, orientation), "JPEG", exif=exif, quality=95))
    assert [(each.text, each.third[1]) for each in seen] == [(text(0)[:216], 0), (text(1)[:216], 2)]


def test_a_broken_note_of_what_is_up_does_no_harm() -> None:
    whole = Image.open(BytesIO(CARDS[0])).convert("RGB")
    says_up = b"MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\3up\0\0"
    for note in (b"Exif\0\0nothing of the kind", b"Exif\0\0II*", b"Exif\0\0" + says_up):
        assert texts(encoded(whole, "JPEG", exif=note)) == [text()[:216]]


def grey16(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def ink_on_nothing(image: Image.Image) -> Image.Image:
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    grey = image.convert("L")
    clear.putalpha(grey.point(lambda value: 255 - value))
    return clear


@pytest.mark.parametrize(
    "form",
    [
        lambda image: encoded(image),
        lambda image: encoded(image.convert("RGB"), "WEBP", quality=60),
        lambda image: encoded(image.convert("CMYK"), "JPEG"),
        lambda image: encoded(image.convert("RGB"), "JPEG", progressive=True),
        lambda image: encoded(grey16(image)),
        lambda image: encoded(ink_on_nothing(image)),
        lambda image: encoded(image.convert("1")),
    ],
    ids=["png", "webp", "cmyk", "progressive", "16-bit", "transparent", "1-bit"],
)
def test_every_form_of_picture_is_read(form: Callable[[Image.Image], bytes]) -> None:
    assert texts(form(Image.open(BytesIO(CARDS[0])))) == [text()[:216]]


def test_a_large_photo_is_unpacked_at_a_part_of_its_size() -> None:
    small = Image.open(BytesIO(photo(CARDS[:1], size=(1000, 1250))))
    large = encoded(small.resize((8000, 9_990)), "JPEG", quality=50)
    read: list[str] = []
    assert seconds(lambda: read.extend(texts(large))) < 2 * SECONDS
    assert read == [text()[:216]]


@pytest.mark.parametrize("kind", ["noise", "nothing", "blurred"])
def test_it_ends_in_time_where_there_is_nothing_to_read(kind: str) -> None:
    if kind == "noise":
        grain = np.random.default_rng(1).integers(0, 255, (3000, 4000, 3), dtype=np.uint8)
        picture = encoded(Image.fromarray(grain), "JPEG", quality=70)
    elif kind == "nothing":
        picture = encoded(Image.new("L", (4000, 3000), 90), "JPEG")
    else:
        small = Image.open(BytesIO(photo(CARDS[:1], size=(1000, 750), blur=15)))
        picture = encoded(small.resize((4000, 3000)), "JPEG")
    read: list[str] = []
    assert seconds(lambda: read.extend(texts(picture))) < SECONDS
    assert not any(read)


def refused(picture: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_codes(picture)
    assert caught.value.code in ERRORS
    return caught.value.code


def png_of(width: int, height: int) -> bytes:
    """Return the head of a PNG that says it is so large."""
    head = struct.pack(">II5B", width, height, 1, 0, 0, 0, 0)
    whole = encoded(Image.new("1", (1, 1)))
    return whole[:16] + head + whole[29:]


def test_what_is_no_picture_or_too_large_a_one_is_refused() -> None:
    assert refused(b"") == "empty"
    assert refused(b"\xff\xd8\xff" + bytes(MAX_BYTES)) == "too_large"
    for other in (b"hello", b"%PDF-1.7", b"PK\3\4", b"GIF89a", b"<svg/>", b"\0\0\0\x18ftypheic"):
        assert refused(other) == "file_type"
    assert refused(encoded(Image.new("1", (6_000, 5_000)))) == "pixels"
    assert refused(encoded(Image.new("1", (10_000, 9_500)))) == "pixels"
    assert refused(encoded(Image.new("1", (20_000, 20_000)))) == "pixels"
    assert refused(encoded(Image.new("L", (10_000, 9_000)), "JPEG")) == "pixels"


def test_a_damaged_picture_is_refused_or_read() -> None:
    whole = encoded(Image.open(BytesIO(CARDS[0])).convert("RGB"), "JPEG")
    for length in range(3, len(whole) - 2, len(whole) // 40):
        assert refused(whole[:length]) in ("unreadable", "file_type")
    assert refused(b"RIFF" + bytes(100)) == "unreadable"
    chance = np.random.default_rng(7)
    for _ in range(60):
        broken = bytearray(whole)
        broken[chance.integers(len(broken))] ^= 1 << chance.integers(8)
        try:
            assert set(texts(bytes(broken))) <= {text()[:216], ""}
        except Invalid as invalid:
            assert invalid.code in ERRORS


def test_sightings_go_through_bytes() -> None:
    seen = [Sighting("HK1:A", 0.25, 0.75), Sighting("", 0.999, 1.2), Sighting("B", -0.1, 0.5)]
    assert unpack(pack(seen)) == seen
    assert [each.third for each in seen] == [(2, 0), (2, 2), (1, 0)]
