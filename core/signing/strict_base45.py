"""Read base45 (RFC 9285) that strangers wrote: as an encoder writes it, or not at all.

A general decoder forgives line ends, and is the slowest step of a check but for the signature.
"""

from __future__ import annotations

import struct

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
NONE = 255
_DIGITS = bytes(ALPHABET.find(bytes([letter])) % 256 for letter in range(256))
"""The digit for each byte, NONE where it is no character of the alphabet."""


def read(text: str) -> bytes:
    """Return the bytes that a text stands for; raise ValueError where no bytes are written so."""
    digits = text.encode("ascii").translate(_DIGITS)
    if NONE in digits or len(digits) % 3 == 1:
        raise ValueError("a character of another alphabet, or one too many")
    triples = zip(digits[::3], digits[1::3], digits[2::3], strict=False)
    values = [low + 45 * middle + 2025 * high for low, middle, high in triples]
    try:
        data = struct.pack(f">{len(values)}H", *values)
    except struct.error:
        raise ValueError("three characters for more than two bytes") from None
    if len(digits) % 3:
        data += bytes([digits[-2] + 45 * digits[-1]])
    return data
