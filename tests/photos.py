"""Photos of cards as phones take them and platforms pass them on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

SURROUND = 25
"""The grey of what is around a phone at the gate."""


HELD = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera turns what it stores, by how it says that it was held (Exif's orientation)."""


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Return a picture as a camera stores it that was held in this way."""
    turn = HELD[orientation]
    return upright if turn is None else upright.transpose(turn)


def photo(
    cards: Sequence[bytes],
    *,
    size: tuple[int, int] = (960, 1280),
    share: float = 0.8,
    tilt: float = 0.0,
    turn: float = 0.0,
    blur: float = 0.0,
    motion: int = 0,
    glare: float = 0.0,
    light: float = 1.0,
    noise: float = 0.0,
    quality: int = 80,
    seed: int = 1,
) -> bytes:
    """Return a JPEG of `size` pixels with these cards (PNG) in rows, on a dark surround.

    `share` of its room is a card's; `tilt` moves each corner by up to so much of the card;
    `turn` is in degrees either way; `blur` the sigma and `motion` the length in pixels; `glare`
    the size of a reflection in parts of the card; `light` what is left of it; `noise` the sigma
    of each pixel; `quality` the JPEG's.
    """
    chance = np.random.default_rng(seed)
    width, height = size
    scene = np.full((height, width, 3), SURROUND, np.uint8)
    columns = max(math.ceil(math.sqrt(len(cards))), 1)
    room = width / columns, height / max(math.ceil(len(cards) / columns), 1)
    for number, card in enumerate(cards):
        middle = (number % columns + 0.5) * room[0], (number // columns + 0.5) * room[1]
        picture = np.asarray(Image.open(BytesIO(card)).convert("RGB"))
        tall, wide = picture.shape[:2]
        scale = share * min(room[0] / wide, room[1] / tall)
        corners = np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)]) / 2 * scale
        corners = corners * (1 + chance.uniform(-tilt, tilt, (4, 2)))
        angle = math.radians(chance.uniform(-turn, turn))
        spin = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        scene = _held(scene, (picture * light).astype(np.uint8), corners @ spin + middle, scale)
        if glare:
            spot = middle + chance.uniform(-0.3, 0.3, 2) * (wide * scale, tall * scale)
            scene = _lit(scene, spot, glare * wide * scale)
    return _taken(scene, chance, blur, motion, noise, quality)


def _held(scene: Pixels, picture: Pixels, corners: NDArray[np.float64], scale: float) -> Pixels:
    tall, wide = picture.shape[:2]
    size = scene.shape[1], scene.shape[0]
    if scale < 0.5:
        # A lens does what a mere choice of pixels would not.
        picture = cv2.GaussianBlur(picture, (0, 0), 0.35 / scale).astype(np.uint8)
    flat = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    way = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    seen = cv2.warpPerspective(picture, way, size, flags=cv2.INTER_LINEAR)
    where = cv2.warpPerspective(np.full((tall, wide), 255, np.uint8), way, size)
    return np.where(where[..., None] > 127, seen, scene).astype(np.uint8)


def _lit(scene: Pixels, spot: NDArray[np.float64], radius: float) -> Pixels:
    rows, columns = np.mgrid[0 : scene.shape[0], 0 : scene.shape[1]]
    distance = ((columns - spot[0]) / radius) ** 2 + ((rows - spot[1]) / radius / 1.5) ** 2
    return np.clip(scene + 200 * np.exp(-distance)[..., None], 0, 255).astype(np.uint8)


def _taken(
    scene: Pixels, chance: np.random.Generator, blur: float, motion: int, noise: float, quality: int
) -> bytes:
    if motion:
        streak = np.zeros((motion, motion))
        streak[motion // 2] = 1 / motion
        scene = cv2.filter2D(scene, -1, streak).astype(np.uint8)
    if blur:
        scene = cv2.GaussianBlur(scene, (0, 0), blur).astype(np.uint8)
    if noise:
        scene = np.clip(scene + chance.normal(0, noise, scene.shape), 0, 255).astype(np.uint8)
    jpeg = BytesIO()
    Image.fromarray(scene).save(jpeg, "JPEG", quality=quality)
    return jpeg.getvalue()
