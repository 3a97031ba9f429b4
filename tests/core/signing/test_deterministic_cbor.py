from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signing.deterministic_cbor import Malformed, Tagged, read

integers = st.integers(-(2**64), 2**64 - 1)
leaves = st.one_of(
    integers,
    st.binary(max_size=300),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.booleans(),
    st.none(),
)
items = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=30),
        st.dictionaries(st.one_of(integers, st.text(max_size=5)), inner, max_size=30),
    ),
    max_leaves=40,
)


def sorted_bytewise(item: Any) -> Any:
    """Order maps as RFC 8949 §4.2.1 asks; cbor2 then keeps that order."""
    if isinstance(item, list):
        return [sorted_bytewise(each) for each in item]
    if isinstance(item, dict):
        pairs = sorted(item.items(), key=lambda pair: cbor2.dumps(pair[0]))
        return {key: sorted_bytewise(value) for key, value in pairs}
    return item


@pytest.mark.no_cover
@given(items)
def test_what_another_encoder_writes_is_read_back(item: Any) -> None:
    assert read(cbor2.dumps(sorted_bytewise(item)), depth=50) == item


@given(st.binary(max_size=40))
def test_what_is_read_has_one_encoding_only(data: bytes) -> None:
    try:
        item = read(data, depth=8)
    except Malformed:
        return

    def with_tags(item: Any) -> Any:
        if isinstance(item, Tagged):
            return cbor2.CBORTag(item.tag, with_tags(item.value))
        if isinstance(item, list):
            return [with_tags(each) for each in item]
        if isinstance(item, dict):
            return {key: with_tags(value) for key, value in item.items()}
        return item

    assert cbor2.dumps(with_tags(item)) == data


@pytest.mark.parametrize(
    "data",
    [
        "",  # nothing
        "0101",  # bytes after the item
        "1801",  # not the shortest form
        "190001",
        "1a00000001",
        "1b0000000000000001",
        "18",  # cut short in the head
        "1a0000",
        "4201",  # cut short in a string
        "62c3",
        "61c3",  # not UTF-8
        "8201",  # cut short in an array
        "a101",  # and in a map
        "9b7fffffffffffffff",  # a length that no memory holds
        "5b7fffffffffffffff",
        "9f01ff",  # indefinite lengths
        "5f4101ff",
        "1c",  # reserved
        "f90000",  # floats
        "fb0000000000000000",
        "f7",  # undefined
        "f814",
        "a201010102",  # a key twice
        "a202010101",  # out of order
        "a1f501",  # keys that are no names
        "a1410001",
        "a1800001",
        "a1c00001",
        "81c100",  # a tag inside
        "c1c100",
        "a101c24101",
    ],
)
def test_anything_else_is_malformed(data: str) -> None:
    with pytest.raises(Malformed):
        read(bytes.fromhex(data), depth=4)


def test_depth_is_bounded() -> None:
    assert read(bytes.fromhex("8181818101"), depth=4) == [[[[1]]]]
    assert read(bytes.fromhex("d281a10101"), depth=3) == Tagged(18, [{1: 1}])
    for data in (
        b"\x81" * 5 + b"\x01",
        b"\x81" * 400,
        b"\xc1" + b"\x81" * 4 + b"\x01",
        b"\xa1\x01" * 400,
    ):
        with pytest.raises(Malformed, match="deep"):
            read(data, depth=4)
