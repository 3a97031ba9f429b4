"""A PNG that others read as it was meant."""

import io

import numpy as np
import pytest
from PIL import Image

from core.drawing.png import encode

PALETTE = [channel for shade in range(16) for channel in (shade, 2 * shade, 255 - shade)]


@pytest.mark.parametrize("size", [(1, 2), (3, 4), (200, 100), (1160, 820)])
def test_every_pixel_has_its_colour(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(7).integers(0, 16, size, np.uint8)
    with Image.open(io.BytesIO(encode(pixels, PALETTE))) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "P", size[::-1])
        expected = np.array(PALETTE, np.uint8).reshape(16, 3)[pixels]
        assert np.array_equal(np.asarray(image.convert("RGB")), expected)


def test_what_repeats_takes_no_room() -> None:
    assert len(encode(np.zeros((1160, 820), np.uint8), PALETTE)) < 5_000
