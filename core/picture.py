"""The picture of a code: the colour is the card, the code black on white within it.

What never changes is drawn once for each colour and language and kept. A card is 16 colours, so
that a PNG of it is small and quickly made: index 0 is the card's colour, 9 the ink, those between
their blend; 10 to 14 go from the colour to white, 15 is black.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from core.colour import Colour
from core.conversation.messages import Card
from core.days import clock_time
from core.drawing.lettering import PROBE, Weight, covers, fitted, font
from core.drawing.png import encode
from core.drawing.qr_code import BORDER, modules
from core.signing.issuer_keys import Realm

WIDTH, HEIGHT, MARGIN = 820, 1160, 64
PANEL = WIDTH - 2 * MARGIN
PANEL_TOP = 206
MODULE = 11
"""Pixels a module: with 12, zbar misses one card in five after JPEG 40."""

BLOCK, ROW = 8, 6
"""The code begins in this row of JPEG's blocks. Others cost zbar up to one card in ten after JPEG
30 or a scaling to 400 or 1280, or OpenCV one in twenty at a width of 200 (`bench/reading.py`)."""

GROUND, INK, WHITE, BLACK = 0, 9, 14, 15
SOFT = 4  # ink at less than half strength, for lines that only divide
EDGE = 4  # steps from the colour to white
SMOOTHING = 4  # shapes are drawn this many times larger

RGB = tuple[int, int, int]

# The smallest difference between two of them is ΔE2000 24, in normal and in colour-blind sight.
COLOURS: dict[Colour, tuple[RGB, RGB]] = {
    Colour.GREEN: ((0x00, 0x9E, 0x73), (0, 0, 0)),
    Colour.AMBER: ((0xFF, 0xC4, 0x00), (0, 0, 0)),
    Colour.RED: ((0x8B, 0x00, 0x00), (255, 255, 255)),
}
"""Ground and ink of each card; ink on ground has a contrast of at least 6:1."""


class Words(NamedTuple):
    """What a card says in one language."""

    colours: dict[Colour, str]
    title: str
    test: str
    document: str
    issued: str
    expires: str
    notice: str
    live: str


ENGLISH = "en"
WORDS = {
    ENGLISH: Words(
        {Colour.GREEN: "綠碼 GREEN", Colour.AMBER: "黃碼 YELLOW", Colour.RED: "紅碼 RED"},
        "Hong Kong Health Code",
        "Test only: not a Health Code",
        "Document ends in",
        "Issued (HK time)",
        "Valid until (HK time)",
        "Valid only when scanned: the colour alone proves nothing",
        "Live code",
    ),
    "zh_Hant_HK": Words(
        {Colour.GREEN: "綠碼 GREEN", Colour.AMBER: "黃碼 YELLOW", Colour.RED: "紅碼 RED"},
        "香港健康碼",
        "測試用：並非健康碼",
        "證件號碼末尾",
        "發出時間（香港）",
        "有效至（香港時間）",
        "掃描核實後才有效　不能只看顏色",
        "即時碼",
    ),
    "zh_Hans": Words(
        {Colour.GREEN: "绿码 GREEN", Colour.AMBER: "黄码 YELLOW", Colour.RED: "红码 RED"},
        "香港健康码",
        "测试用：并非健康码",
        "证件号码末尾",
        "签发时间（香港）",
        "有效期至（香港时间）",
        "扫描核实后才有效　不能只看颜色",
        "实时码",
    ),
}

SHAPE = 128  # pixels, each way
SHAPE_TOP = 46
WORD_LEFT = MARGIN + SHAPE + 28
NAME_TOP = PANEL_TOP + PANEL + 24
FIELDS_TOP = NAME_TOP + 70
COLUMNS = (MARGIN, MARGIN + 200, MARGIN + 454)
WORD_SIZES, NAME_SIZES, VALUE_SIZES = (84, 76, 68), (42, 36, 30, 26, 22), (28, 24, 20)
TITLE_SIZE, LABEL_SIZE, NOTICE_SIZE, LIVE_SIZE = 30, 20, 24, 56
VALUE_WIDTH = 238
LIVE_TOP = FIELDS_TOP + 86

DATED = 6
"""So many cards are kept with their times, a megabyte each."""


def prepare() -> None:
    """Read all that drawing needs of files: the typefaces in each size, what is imported late."""
    for size in (*WORD_SIZES, *NAME_SIZES, *VALUE_SIZES, LIVE_SIZE, PROBE):
        font(Weight.BOLD, size)
    for size in (TITLE_SIZE, LABEL_SIZE, NOTICE_SIZE):
        font(Weight.REGULAR, size)
    begun = datetime.fromtimestamp(0, UTC)
    draw(Card(Colour.GREEN, Realm.TEST.prefix, ["T*", "試*"], "000", begun, begun, ENGLISH, "0000"))


def draw(card: Card) -> bytes:
    """Draw a card as a PNG of 820 × 1160 pixels.

    A name that the typeface cannot write is left out: an empty box would be nobody's name.
    """
    test = card.code.startswith(Realm.TEST.prefix)
    language = card.language if card.language in WORDS else ENGLISH
    times = clock_time(card.issued_at), clock_time(card.expires_at)
    image = _dated(card.colour, language, test, *times).copy()
    code = _code(card.code)
    margin = (PANEL - code.width) // 2
    top = PANEL_TOP + margin
    image.paste(code, (MARGIN + margin, top - (top - ROW) % BLOCK))
    pen = ImageDraw.Draw(image)
    _write_names(pen, [line for line in card.name if covers(line)])
    _write_value(pen, 0, card.tail)
    if card.challenge:
        _write_challenge(pen, language, card.challenge)
    return encode(np.asarray(image), _palette(card.colour))


def _code(text: str) -> Image.Image:
    """Return the QR code of a text; its border is what it leaves of the panel."""
    matrix = modules(text)
    scale = min(MODULE, (PANEL - 2 * BLOCK) // (len(matrix) + 2 * BORDER))
    shades = np.where(matrix, np.uint8(BLACK), np.uint8(WHITE))
    return Image.fromarray(shades.repeat(scale, axis=0).repeat(scale, axis=1))


def _write_names(pen: ImageDraw.ImageDraw, lines: list[str]) -> None:
    """Write the romanised name at the left, the Chinese one at the right of the same line."""
    room, baseline = PANEL, NAME_TOP + 42
    for line in lines[1:2]:
        text, face = fitted(line, Weight.BOLD, NAME_SIZES, PANEL // 3)
        pen.text((MARGIN + PANEL, baseline), text, INK, face, anchor="rs")
        room -= int(face.getlength(text)) + 32
    for line in lines[:1]:
        text, face = fitted(line, Weight.BOLD, NAME_SIZES, room)
        pen.text((MARGIN, baseline), text, INK, face, anchor="ls")


def _write_value(pen: ImageDraw.ImageDraw, column: int, value: str) -> None:
    """Write a value under its label."""
    text, face = fitted(value, Weight.BOLD, VALUE_SIZES, VALUE_WIDTH)
    pen.text((COLUMNS[column], FIELDS_TOP + 70), text, INK, face, anchor="ls")


def _write_challenge(pen: ImageDraw.ImageDraw, language: str, challenge: str) -> None:
    """Write an officer's digits, large, where the notice else stands."""
    text = f"{WORDS[language].live}  {' '.join(challenge)}"
    pen.rectangle((0, LIVE_TOP, WIDTH, HEIGHT), GROUND)
    pen.text((WIDTH // 2, HEIGHT - 24), text, INK, font(Weight.BOLD, LIVE_SIZE), anchor="ms")


@cache
def _palette(colour: Colour) -> list[int]:
    ground, ink = COLOURS[colour]
    inks = [_blend(ground, ink, step / INK) for step in range(INK + 1)]
    whites = [_blend(ground, (255, 255, 255), step / EDGE) for step in range(EDGE + 1)]
    return [channel for rgb in (*inks, *whites, (0, 0, 0)) for channel in rgb]


def _blend(low: RGB, high: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue


@lru_cache(maxsize=DATED)
def _dated(colour: Colour, language: str, test: bool, *times: str) -> Image.Image:
    """Draw what cards share that are issued in the same minute."""
    image = _ground(colour, language, test).copy()
    pen = ImageDraw.Draw(image)
    for column, time in enumerate(times, 1):
        _write_value(pen, column, time)
    return image


@cache
def _ground(colour: Colour, language: str, test: bool) -> Image.Image:
    """Draw what all cards of a colour, language and realm share."""
    words = WORDS[language]
    image = Image.new("L", (WIDTH, HEIGHT), GROUND)
    image.paste(_smooth((SHAPE, SHAPE), SHAPES[colour]), (MARGIN, SHAPE_TOP))
    panel = _smooth((PANEL, PANEL), _panel).point(
        [0, *range(WHITE - EDGE + 1, WHITE + 1)] + [0] * 251
    )
    image.paste(panel, (MARGIN, PANEL_TOP))
    pen = ImageDraw.Draw(image)
    word, face = fitted(words.colours[colour], Weight.BOLD, WORD_SIZES, WIDTH - WORD_LEFT - 40)
    pen.text((WORD_LEFT, SHAPE_TOP + 74), word, INK, face, anchor="ls")
    title = words.test if test else words.title
    pen.text(
        (WORD_LEFT + 3, SHAPE_TOP + 122), title, INK, font(Weight.REGULAR, TITLE_SIZE), anchor="ls"
    )
    pen.line((MARGIN, FIELDS_TOP, MARGIN + PANEL, FIELDS_TOP), SOFT, 2)
    for left, label in zip(COLUMNS, (words.document, words.issued, words.expires), strict=True):
        pen.text((left, FIELDS_TOP + 34), label, INK, font(Weight.REGULAR, LABEL_SIZE), anchor="ls")
    pen.text(
        (WIDTH // 2, HEIGHT - 32), words.notice, INK, font(Weight.REGULAR, NOTICE_SIZE), anchor="ms"
    )
    return image


def _smooth(
    size: tuple[int, int], paint: Callable[[ImageDraw.ImageDraw, int], None]
) -> Image.Image:
    """Paint at a larger scale and reduce, so that slanted and round edges are smooth."""
    large = Image.new("L", (size[0] * SMOOTHING, size[1] * SMOOTHING), GROUND)
    paint(ImageDraw.Draw(large), large.width)
    return large.reduce(SMOOTHING)


def _panel(pen: ImageDraw.ImageDraw, side: int) -> None:
    pen.rounded_rectangle((0, 0, side - 1, side - 1), side // 28, EDGE)


def _tick_in_circle(pen: ImageDraw.ImageDraw, side: int) -> None:
    pen.ellipse((0, 0, side - 1, side - 1), INK)
    _stroke(pen, side, [(0.27, 0.53), (0.44, 0.69), (0.74, 0.34)], GROUND)


def _mark_in_triangle(pen: ImageDraw.ImageDraw, side: int) -> None:
    corners = [(0.5, 0.1), (0.94, 0.88), (0.06, 0.88), (0.5, 0.1), (0.94, 0.88)]
    pen.polygon(_scaled(corners, side), INK)
    _stroke(pen, side, corners, INK)
    _stroke(pen, side, [(0.5, 0.38), (0.5, 0.6)], GROUND)
    _stroke(pen, side, [(0.5, 0.775), (0.5, 0.776)], GROUND)


def _cross_in_octagon(pen: ImageDraw.ImageDraw, side: int) -> None:
    near, far = 0.293, 0.707
    corners = [(near, 0), (far, 0), (1, near), (1, far), (far, 1), (near, 1), (0, far), (0, near)]
    pen.polygon(_scaled(corners, side - 1), INK)
    _stroke(pen, side, [(0.31, 0.31), (0.69, 0.69)], GROUND)
    _stroke(pen, side, [(0.69, 0.31), (0.31, 0.69)], GROUND)


SHAPES = {
    Colour.GREEN: _tick_in_circle,
    Colour.AMBER: _mark_in_triangle,
    Colour.RED: _cross_in_octagon,
}


def _scaled(points: list[tuple[float, float]], side: int) -> list[tuple[float, float]]:
    return [(x * side, y * side) for x, y in points]


def _stroke(
    pen: ImageDraw.ImageDraw, side: int, points: list[tuple[float, float]], fill: int
) -> None:
    """Draw a thick line with round ends and corners."""
    width = side * 0.12
    scaled = _scaled(points, side)
    pen.line(scaled, fill, round(width))
    for x, y in scaled:
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill)
