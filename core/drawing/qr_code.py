"""The modules of a QR code, under the mask that leaves its data least like a finder pattern.

A scanner finds a code by its three finder patterns: dark and light runs of 1:1:3:1:1, along and
across. Where the data happen to look like a fourth, one that takes three points for granted finds
nothing: OpenCV's first detector missed one code in twenty under a fixed mask. ISO/IEC 18004 §7.8.3
has the masks compared for this among much else, at many times the time that making the code takes.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import zxingcpp
from numpy.typing import NDArray

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
    """Return the matrix of a text at error correction M. Raise ValueError for too long a text."""
    try:
        code = _encoded(text, VERSION, MASKS[0])
    except ValueError:
        code = _encoded(text, 0, MASKS[0])
    masked = code ^ _masks(len(code))
    best: Matrix = masked[int(_differences(masked).argmax())]
    return best


def _encoded(text: str, version: int, mask: int) -> Matrix:
    """Return the matrix of a text; version 0 is the smallest that holds it."""
    code = zxingcpp.create_barcode(
        text, zxingcpp.BarcodeFormat.QRCode, ec_level="M", version=version, data_mask=mask
    )
    dark: Matrix = np.array(code.to_image(add_quiet_zones=False)) == 0
    return dark


@cache
def _masks(side: int) -> Matrix:
    """Return what turns a code of the first mask into one of each: masks × rows × columns."""
    version = (side - 17) // 4
    matrices = np.array([_encoded("0", version, mask) for mask in MASKS])
    turned: Matrix = matrices ^ matrices[0]
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
