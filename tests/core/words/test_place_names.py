"""How names of places are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.words.place_names import fold_place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amoy Gardens", "AMOY  GARDEN"),
        ("Blk. 5, Kwai Chung Est.", "block 5 kwai chung estate"),
        ("1 Queen's Rd Central", "1 Queens Road, Central"),
        ("Ｆｌａｔ　１２", "flat 12"),
        ("美孚新邨 3 座", "美孚新村3座"),
        ("美孚新邨第三座", "美孚新村3座"),
        ("美孚新邨二十座", "美孚新村20座"),
        ("十一樓", "第11樓"),
        ("十室", "10室"),
        ("長巷二十五號", "長巷25號"),
        ("一二〇三室", "1203室"),
        ("No. 8 Long Lane", "8 Long Lane"),
        ("葵涌邨", "葵涌村"),
        ("觀塘區", "观塘区"),
        ("尖沙嘴", "尖沙咀"),
        ("鰂魚涌", "鲗鱼涌"),
        ("藍田", "蓝田"),
    ],
)
def test_one_place_is_written_one_way(one: str, other: str) -> None:
    assert fold_place(one) == fold_place(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Block 1", "Block 12"),
        ("藍田", "藍地"),
        ("Kwai Fong", "Kwai Hing"),
        ("十八鄉", "18鄉"),
        ("第一城", "第1城"),
        ("一百二十座", "20座"),
    ],
)
def test_two_places_stay_two(one: str, other: str) -> None:
    assert fold_place(one) != fold_place(other)


@given(st.text())
def test_what_is_folded_has_single_spaces_only(text: str) -> None:
    folded = fold_place(text)
    assert folded == " ".join(folded.split())
