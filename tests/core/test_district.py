"""The 18 districts."""

from __future__ import annotations

import pytest

from core.district import District

LANGUAGES = ["en", "zh_Hant_HK", "zh_Hans"]


def test_there_are_18_under_the_address_lookup_services_codes() -> None:
    codes = "CW WC EST STH YTM SSP KLC WTS KT TW TM YL NTH TP SK ST KC ILD"
    assert " ".join(District) == codes


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_name_of_its_own(language: str) -> None:
    assert len({district.name_in(language) for district in District}) == 18


def test_names_are_written_in_the_language() -> None:
    assert [District.YAU_TSIM_MONG.name_in(language) for language in LANGUAGES] == [
        "Yau Tsim Mong",
        "油尖旺區",
        "油尖旺区",
    ]
