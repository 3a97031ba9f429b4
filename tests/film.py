"""A film of codes that are held before a camera, as Chromium's pretended camera plays it."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1280, 720)
RATE = 30
"""Frames a second at which Chromium plays a film of JPEG pictures."""
DRAWN = 15
"""Frames a second that are drawn; each is shown twice."""
MARK = 40
"""Pixels of the square in the corner that is white while a card is in view: a test reads it."""
TALL = 560
"""Pixels of a card's height at its nearest."""
QUALITY = 85
DESK = (28, 34, 40)


def film(file: Path, cards: Sequence[bytes], *, shown: float, between: float) -> None:
    """Write a film: each card (a PNG) is in view for so many seconds, then nothing is.

    It begins with nothing, and is played over and over.
    """
    empty = _jpeg(_desk(white=False))
    frames = []
    for card in cards:
        frames += [empty] * round(between * RATE)
        picture = Image.open(io.BytesIO(card)).convert("RGBA")
        picture = picture.resize((picture.width * TALL // picture.height, TALL))
        picture = picture.filter(ImageFilter.GaussianBlur(0.8))
        for number in range(round(shown * DRAWN)):
            frames += [_jpeg(_held(picture, number / DRAWN))] * (RATE // DRAWN)
    draft = file.with_suffix(".draft")
    draft.write_bytes(b"".join(frames))
    draft.replace(file)


def still(file: Path, seconds: float) -> None:
    """Write a film in which nothing is held up."""
    file.write_bytes(_jpeg(_desk(white=False)) * round(seconds * RATE))


def _held(card: Image.Image, at: float) -> Image.Image:
    """Hold a card as a hand does, `at` seconds after it came: nearer, turning, never still."""
    swing = math.sin(at * 5)
    scale = 0.86 + 0.14 * math.sin(at * 3)
    turned = card.resize((int(card.width * scale), int(card.height * scale)))
    turned = turned.rotate(9 * swing, expand=True, resample=Image.Resampling.BILINEAR)
    frame = _desk(white=True)
    left = SIZE[0] // 2 - turned.width // 2 + int(90 * swing)
    top = SIZE[1] // 2 - turned.height // 2 + int(30 * math.cos(at * 4))
    frame.paste(turned, (left, top), turned)
    return frame


def _desk(*, white: bool) -> Image.Image:
    frame = Image.new("RGB", SIZE, DESK)
    ImageDraw.Draw(frame).rectangle((0, 600, *SIZE), fill=(62, 52, 40))
    _mark(frame, white=white)
    return frame


def _mark(frame: Image.Image, *, white: bool) -> None:
    ImageDraw.Draw(frame).rectangle((0, 0, MARK, MARK), fill=("black", "white")[white])


def _jpeg(frame: Image.Image) -> bytes:
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
