"""Read CBOR that strangers wrote: one item, deterministically encoded, or nothing at all.

A general decoder builds dates, fractions and patterns out of tags, and takes the last of two
equal keys. A code is read before its signature can be checked, so here nothing is built that a
code does not use, and two different texts never mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SHORTEST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
"""The smallest argument that may take 1, 2, 4 or 8 bytes (RFC 8949 §4.2.1)."""

SIMPLE = {20: False, 21: True, 22: None}


class Malformed(ValueError):
    """Not one deterministic CBOR item of the few types that are read."""


@dataclass(frozen=True)
class Tagged:
    """An item under a tag, unexplained."""

    tag: int
    value: Any


def read(data: bytes, depth: int) -> Any:
    """Return the one item that `data` is, or raise Malformed.

    Integers, byte and text strings, arrays, maps in the order of RFC 8949 §4.2.1, true, false and
    null, one tag around it all; nested at most `depth` deep (a tag or a container counts one).
    """
    value, end = _item(data, 0, depth)
    if end != len(data):
        raise Malformed("bytes after the item")
    return value


def _item(data: bytes, start: int, depth: int) -> tuple[Any, int]:
    major, argument, at = _head(data, start)
    match major:
        case 0:
            return argument, at
        case 1:
            return -1 - argument, at
        case 2 | 3:
            return _string(data, at, argument, text=major == 3)
        case 7:
            if argument not in SIMPLE:
                raise Malformed("a simple value or a float")
            return SIMPLE[argument], at
    if depth == 0:
        raise Malformed("nested too deeply")
    if major == 4:
        items = []
        for _ in range(argument):
            item, at = _item(data, at, depth - 1)
            items.append(item)
        return items, at
    if major == 5:
        return _map(data, at, argument, depth - 1)
    if start:
        raise Malformed("a tag inside")
    item, at = _item(data, at, depth - 1)
    return Tagged(argument, item), at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return major type, argument and where the content begins (RFC 8949 §3)."""
    if at >= len(data):
        raise Malformed("cut short")
    major, short = divmod(data[at], 32)
    at += 1
    if short < 24:
        return major, short, at
    if short not in SHORTEST or major == 7:
        raise Malformed("an indefinite length, a reserved one, or a float")
    end = at + (1 << short - 24)
    argument = int.from_bytes(data[at:end], "big")
    if end > len(data) or argument < SHORTEST[short]:
        raise Malformed("cut short, or not the shortest form")
    return major, argument, end


def _string(data: bytes, at: int, length: int, *, text: bool) -> tuple[bytes | str, int]:
    end = at + length
    if end > len(data):
        raise Malformed("cut short")
    try:
        return data[at:end].decode() if text else data[at:end], end
    except UnicodeDecodeError:
        raise Malformed("a text that is not UTF-8") from None


def _map(data: bytes, at: int, length: int, depth: int) -> tuple[dict[int | str, Any], int]:
    items: dict[int | str, Any] = {}
    previous = b""
    for _ in range(length):
        start = at
        key, at = _item(data, at, 0)
        encoded = data[start:at]
        if not isinstance(key, int | str) or isinstance(key, bool) or encoded <= previous:
            raise Malformed("a key twice, out of order, or of an odd type")
        previous = encoded
        items[key], at = _item(data, at, depth)
    return items, at
