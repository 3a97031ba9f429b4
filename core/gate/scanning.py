"""Read the codes in a photo: all of them, as phones take photos and platforms pass them on.

The picture is looked at as it is, and only where that leaves something unread, again: sharper
against blur, with the greys spread against darkness and glare, larger where it is small. Each look
costs a bounded number of pixels, so the whole needs no clock.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from typing import NamedTuple, Self

import zxingcpp
from PIL import ExifTags, Image, ImageFilter, ImageOps

from core.answer import Invalid
from core.gate.sighting import MAX_BYTES, PREFIXES, Sighting

MAX_PIXELS = 25_000_000
"""Of a picture that must be unpacked whole; a screenshot has a tenth of it."""
MAX_JPEG_PIXELS = 80_000_000
"""Of a photo, which a JPEG decoder can unpack at half or a quarter of its size; below the 89
million at which Pillow warns."""
LARGE, MIDDLE, SMALL = 3_000, 1_600, 800
"""Sides of what is looked at, in pixels: a code of 49 modules needs about 150."""
MOST = 24
"""Codes of one picture that are told: nobody looks at more."""
FORMATS = ("PNG", "JPEG", "WEBP")
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")

QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
CUBED = [round(255 * (value / 255) ** 3) for value in range(256)]
"""Tells what is nearly white from white, as in a reflection."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture as one held the phone, by its Exif orientation (CIPA DC-008 §4.6.5)."""


def read_codes(picture: bytes) -> list[Sighting]:
    """Return the codes in a PNG, JPEG or WebP, row by row; others only if none is a health code.

    Each text is there once. Raise Invalid with one of `core.gate.sighting.ERRORS`.
    """
    if not picture:
        raise Invalid("empty")
    if len(picture) > MAX_BYTES:
        raise Invalid("too_large", limit_mb=MAX_BYTES // 1_000_000)
    if not picture.startswith(SIGNATURES):
        raise Invalid("file_type")
    try:
        with warnings.catch_warnings():
            # What a decoder warns of (size, a broken note) is refused here, or does no harm.
            warnings.simplefilter("ignore")
            image = _grey(picture)
    except Invalid:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise _too_many_pixels(MAX_PIXELS) from error
    except Exception as error:
        # Decoders raise whatever their parts raise: OSError, struct.error, SyntaxError, …
        raise Invalid("unreadable") from error
    seen = _scan(image)
    ours = [each for each in seen if each.text.startswith(PREFIXES) or not each.text]
    chosen = ours if any(each.text for each in ours) else seen
    return sorted(chosen, key=lambda each: (each.third[0], each.x))[:MOST]


def _grey(picture: bytes) -> Image.Image:
    """Return the picture in grey, on white, upright, and no larger than it must be."""
    with Image.open(io.BytesIO(picture), formats=FORMATS) as file:
        most = MAX_JPEG_PIXELS if picture.startswith(b"\xff") else MAX_PIXELS
        if file.width * file.height > most:
            raise _too_many_pixels(most)
        # A JPEG is unpacked at the smallest of its sizes whose sides are both that long.
        file.draft("L", (LARGE, LARGE))
        grey = _flat(file)
        turn = UPRIGHT.get(_orientation(file))
        return grey if turn is None else grey.transpose(turn)


def _flat(image: Image.Image) -> Image.Image:
    """Return a picture in 8 bits of grey, its transparent parts white."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("L")
    image = image.convert("RGBA")
    page = Image.new("L", image.size, "white")
    page.paste(image.convert("L"), mask=image.getchannel("A"))
    return page


def _orientation(file: Image.Image) -> int:
    try:
        return int(file.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        # It only tells which side is up; a code is read from all sides.
        return 1


def _too_many_pixels(most: int) -> Invalid:
    return Invalid("pixels", limit=most // 1_000_000)


def _scan(image: Image.Image) -> list[Sighting]:
    """Look until nothing that was seen at first is left unread."""
    read: dict[str, _Place] = {}
    unread: list[_Place] = []
    for number, look in enumerate(_looks(image)):
        for code in zxingcpp.read_barcodes(look, formats=QR, return_errors=True):
            place = _Place.of(code.position, look)
            if code.valid:
                read.setdefault(code.text, place)
            elif number == 0 and not any(map(place.same, unread)):
                unread.append(place)
        unread = [place for place in unread if not any(map(place.same, read.values()))]
        if read and not unread:
            break
    found = [*read.items(), *(("", place) for place in unread)]
    return [Sighting(text, place.x, place.y) for text, place in found]


class _Place(NamedTuple):
    """Where a code is, as shares of the picture's width and height."""

    x: float
    y: float
    reach: float

    @classmethod
    def of(cls, position: zxingcpp.Position, look: Image.Image) -> Self:
        corners = (
            position.top_left,
            position.top_right,
            position.bottom_right,
            position.bottom_left,
        )
        points = [(corner.x / look.width, corner.y / look.height) for corner in corners]
        x, y = (sum(each) / len(points) for each in zip(*points, strict=True))
        return cls(x, y, math.dist(points[0], points[2]) / 2)

    def same(self, other: _Place) -> bool:
        """Tell whether two are so near that they can only be the same code."""
        return math.dist(self[:2], other[:2]) <= max(self.reach, other.reach)


def _looks(image: Image.Image) -> Iterator[Image.Image]:
    """Return the picture as it is, and then as it may be read better."""
    yield image
    middle, small = _fitted(image, MIDDLE), _fitted(image, SMALL)
    yield middle.filter(ImageFilter.UnsharpMask(4, 300, 0))
    yield middle.filter(ImageFilter.UnsharpMask(8, 400, 0))
    yield ImageOps.equalize(middle)
    yield middle.point(CUBED)
    yield small.filter(ImageFilter.UnsharpMask(4, 300, 0))
    yield image.filter(ImageFilter.UnsharpMask(3, 300, 0))


def _fitted(image: Image.Image, side: int) -> Image.Image:
    if max(image.size) <= side:
        return image
    scale = side / max(image.size)
    width, height = (max(1, round(edge * scale)) for edge in image.size)
    return image.resize((width, height), Image.Resampling.BOX)
