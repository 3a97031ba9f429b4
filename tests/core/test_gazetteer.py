"""The district that an address lies in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.district import District
from core.gazetteer import _PLACES, district_in, is_place


@pytest.mark.parametrize("district", District)
def test_every_place_is_in_its_own_district_in_both_languages(district: District) -> None:
    english, chinese = _PLACES[district]
    for name in (*english.split(","), *chinese.split()):
        assert district_in(f"Flat 5, {name}") == district, name
    assert district_in(f"{district.name_in('en')} District") == district
    for language in ("zh_Hant_HK", "zh_Hans"):
        assert district_in(district.name_in(language)) == district


def test_no_place_is_listed_twice() -> None:
    for language in (0, 1):
        names = [
            name.strip()
            for places in _PLACES.values()
            for name in (places[0].split(",") if language == 0 else places[1].split())
        ]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("Flat A, 5/F, 100 Nathan Road, Mong Kok", "YTM"),
        ("Mongkok", "YTM"),
        ("SHATIN", "ST"),
        ("九龍觀塘淘大花園H座3樓", "KT"),
        ("九龙观塘淘大花园H座3楼", "KT"),
        ("元朗天水圍天耀邨耀豐樓", "YL"),
        ("新界沙田新田圍邨", "ST"),
        ("沙田坳邨", "WTS"),
        ("荃灣柴灣角街8號", "TW"),
        ("Tai Po Road 100, Sham Shui Po", "SSP"),
        ("大埔道100號", None),
        ("10 Tai Po Road", None),
        ("Room 3, Central", "CW"),
        ("Jordan Valley", "KT"),
        ("Kwai Chung, Tsuen Wan", None),
        ("Flat 3, Nowhere House", None),
        ("", None),
    ],
)
def test_addresses_are_placed(text: str, district: str | None) -> None:
    assert district_in(text) == district


def test_names_of_places_are_known_from_names_of_people() -> None:
    assert is_place("黃大仙")
    assert is_place("黄大仙区")
    assert is_place("元朗")
    assert is_place("離島")
    assert not is_place("陳大文")


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert district_in(text) in (None, *District)
