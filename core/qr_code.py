"""The modules of a QR code, under the mask that leaves its data least like a finder pattern.

A scanner finds a code by its three finder patterns: dark and light runs of 1:1:3:1:1, along and
across. Where the data happen to look like a fourth, one that takes three points for granted finds
nothing: OpenCV's first detector missed one code in twenty under a fixed mask. ISO/IEC 18004 §7.8.3
has the masks compared for this among much else, at five times the time that making the code takes.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

VERSION = 8  # 49 modules: what an issued code needs; a longer text takes the next that holds it
MASKS = (4, 5, 6, 1)  # those with the fewest such places; a fifth is rarely better
BORDER = 4  # modules of quiet zone, ISO/IEC 18004 §6.3.8

FINDER = (1, 1, 3, 1, 1)
FINDER_CENTRE = 3  # modules from two of the code's edges
FAR = 9.0
"""A difference larger than any: there is no pattern here, or it is a finder's own."""

Matrix = NDArray[np.bool_]
"""Rows of modules, true for dark."""


def modules(text: str) -> Matrix:
    """Return the matrix of a text at error correction M."""
    code = QRCode(VERSION, ERROR_CORRECT_M, mask_pattern=MASKS[0])
    code.add_data(text, optimize=0)
    code.make()
    masked = np.array(code.modules, bool) ^ _masks(code.version)
    best: Matrix = masked[int(_differences(masked).argmax())]
    return best


@cache
def _masks(version: int) -> Matrix:
    """Return what turns a code of the first mask into one of each: masks × rows × columns."""
    matrices = []
    for mask in MASKS:
        code = QRCode(version, ERROR_CORRECT_M, mask_pattern=mask)
        code.add_data("0", optimize=0)
        code.make()
        matrices.append(np.array(code.modules, bool))
    turned: Matrix = np.array(matrices) ^ matrices[0]
    return turned


def _differences(codes: Matrix) -> NDArray[np.float32]:
    """Return how far from a finder pattern the most similar place in each code's data is.

    At every place the differences of its runs along and across from 1:1:3:1:1 are added.
    """
    count, side, _ = codes.shape
    along = _runs_unlike_a_finder(np.concatenate((codes, codes.transpose(0, 2, 1))))
    both = along[:count] + along[count:].transpose(0, 2, 1)
    near, far = FINDER_CENTRE, side - 1 - FINDER_CENTRE
    both[:, [near, near, far], [near, far, near]] = FAR
    nearest: NDArray[np.float32] = both.reshape(count, -1).min(axis=1)
    return nearest


def _runs_unlike_a_finder(codes: Matrix) -> NDArray[np.float32]:
    """Return, at the middle of each five runs from a dark one on, how far they are from a finder's.

    That is the sum of the differences of their shares in the whole, as scanners reckon it.
    """
    # A light margin at both ends keeps the rows apart, and makes every first run a light one.
    cells = np.pad(codes, ((0, 0), (0, 0), (BORDER, BORDER)))
    row = cells.ravel()
    edges = np.flatnonzero(row[1:] != row[:-1]) + 1
    starts = [edges[first : len(edges) - 5 + first : 2] for first in range(6)]
    whole = starts[5] - starts[0]
    difference = np.zeros(len(whole), np.float32)
    for first, share in enumerate(FINDER):
        run = (starts[first + 1] - starts[first]) / whole
        difference += np.abs(run - share / sum(FINDER))
    result = np.full(row.size, FAR, np.float32)
    # The middle of an even run lies between two modules, and counts for both.
    middle = starts[2] + starts[3]
    result[(middle - 1) // 2] = difference
    result[middle // 2] = difference
    return result.reshape(cells.shape)[:, :, BORDER:-BORDER]
