"""Any reader of PNG must see the same pixels in the same colours."""

from __future__ import annotations

import io
import random

import cv2
import numpy
import pytest
from PIL import Image

from core.png import png


@pytest.mark.parametrize("size", [(2, 1), (6, 5), (820, 1160)])
def test_a_picture_comes_back_as_it_was(size: tuple[int, int]) -> None:
    chance = random.Random(4)
    image = Image.frombytes("P", size, bytes(chance.choices(range(16), k=size[0] * size[1])))
    image.putpalette(chance.randbytes(48))
    data = png(image)
    again = Image.open(io.BytesIO(data))
    assert (again.format, again.mode, again.size) == ("PNG", "P", size)
    wanted = numpy.array(image.convert("RGB"))
    assert (numpy.array(again.convert("RGB")) == wanted).all()
    other = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
    assert other is not None
    assert (other[:, :, ::-1] == wanted).all()
