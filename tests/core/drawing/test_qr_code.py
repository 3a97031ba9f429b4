"""Nothing in the data of a code may look like a fourth finder pattern."""

from __future__ import annotations

import random
from itertools import groupby

import numpy
import zxingcpp
from PIL import Image
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from core.drawing.qr_code import MASKS, Matrix, modules

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # ISO/IEC 18004 §7.3.4


def texts(count: int, length: int) -> list[str]:
    chance = random.Random(8)
    return ["".join(chance.choices(ALPHANUMERIC, k=length)) for _ in range(count)]


def middles(line: list[bool]) -> set[int]:
    """Return the middle cells of runs that OpenCV takes for a finder's: 1:1:3:1:1, within 0.2."""
    runs = [(dark, len(list(cells))) for dark, cells in groupby(line)]
    found, start = set(), 0
    for first, (dark, length) in enumerate(runs):
        lengths = [run for _, run in runs[first : first + 5]]
        if dark and len(lengths) == 5:
            shares = [run / sum(lengths) for run in lengths]
            ideal = (1 / 7, 1 / 7, 3 / 7, 1 / 7, 1 / 7)
            if sum(abs(a - b) for a, b in zip(shares, ideal, strict=True)) < 0.2:
                middle = start + sum(lengths[:2])
                found |= {middle + (lengths[2] - 1) // 2, middle + lengths[2] // 2}
        start += length
    return found


def look_alikes(matrix: Matrix) -> int:
    """Count the places that are a finder's centre along, and exactly so across."""
    along = {(y, x) for y, row in enumerate(matrix.tolist()) for x in middles(row)}
    columns = [[False, *column, False] for column in matrix.T.tolist()]
    exact = [False, True, False, True, True, True, False, True, False]
    across = {
        (y, x)
        for x, column in enumerate(columns)
        for y in range(3, len(column) - 5)
        if column[y - 3 : y + 6] == exact
    }
    return len(along & across)


def by_another_encoder(text: str, mask: int) -> Matrix:
    code = QRCode(8, ERROR_CORRECT_M, mask_pattern=mask)
    code.add_data(text, optimize=0)
    code.make()
    return numpy.array(code.modules, bool)


def test_only_the_finders_look_like_finders() -> None:
    for length in (216, 240):
        assert {look_alikes(modules(text)) for text in texts(60, length)} == {3}
    assert any(look_alikes(by_another_encoder(text, MASKS[0])) > 3 for text in texts(60, 216))


def test_another_encoder_makes_the_same_code() -> None:
    for length in (1, 100, 215, 216, 221, 222):
        for text in texts(10, length):
            matrix = modules(text)
            number = tuple(matrix[8, 2:5] ^ (True, False, True))  # ISO/IEC 18004 §7.9.1
            mask = sum(int(bit) << place for bit, place in zip(number, (2, 1, 0), strict=True))
            assert mask in MASKS
            assert (matrix == by_another_encoder(text, mask)).all()


def test_every_mask_that_is_chosen_says_which_it_is() -> None:
    chosen = set()
    for text in texts(30, 216):
        matrix = modules(text)
        pixels = numpy.pad(numpy.where(matrix, 0, 255).astype(numpy.uint8), 4, constant_values=255)
        large = Image.fromarray(pixels).resize((570, 570), Image.Resampling.NEAREST)
        assert [found.text for found in zxingcpp.read_barcodes(large)] == [text]
        chosen.add(tuple(matrix[8, 2:5]))  # the mask's number, in the format information
    assert len(chosen) == len(MASKS)


def test_221_characters_are_version_8_and_one_more_is_not() -> None:
    assert [len(modules("A" * length)) for length in (1, 221, 222)] == [49, 49, 53]
