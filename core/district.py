"""The 18 districts of Hong Kong, under the codes of the Government's Address Lookup Service."""

from __future__ import annotations

from enum import StrEnum


class District(StrEnum):
    """A district."""

    CENTRAL_AND_WESTERN = "CW"
    WAN_CHAI = "WC"
    EASTERN = "EST"
    SOUTHERN = "STH"
    YAU_TSIM_MONG = "YTM"
    SHAM_SHUI_PO = "SSP"
    KOWLOON_CITY = "KLC"
    WONG_TAI_SIN = "WTS"
    KWUN_TONG = "KT"
    TSUEN_WAN = "TW"
    TUEN_MUN = "TM"
    YUEN_LONG = "YL"
    NORTH = "NTH"
    TAI_PO = "TP"
    SAI_KUNG = "SK"
    SHA_TIN = "ST"
    KWAI_TSING = "KC"
    ISLANDS = "ILD"

    def name_in(self, language: str) -> str:
        """Return the district's name in `en`, `zh_Hant_HK` or `zh_Hans`."""
        return _NAMES[self][("en", "zh_Hant_HK", "zh_Hans").index(language)]


_NAMES = {
    District.CENTRAL_AND_WESTERN: ("Central and Western", "中西區", "中西区"),
    District.WAN_CHAI: ("Wan Chai", "灣仔區", "湾仔区"),
    District.EASTERN: ("Eastern", "東區", "东区"),
    District.SOUTHERN: ("Southern", "南區", "南区"),
    District.YAU_TSIM_MONG: ("Yau Tsim Mong", "油尖旺區", "油尖旺区"),
    District.SHAM_SHUI_PO: ("Sham Shui Po", "深水埗區", "深水埗区"),
    District.KOWLOON_CITY: ("Kowloon City", "九龍城區", "九龙城区"),
    District.WONG_TAI_SIN: ("Wong Tai Sin", "黃大仙區", "黄大仙区"),
    District.KWUN_TONG: ("Kwun Tong", "觀塘區", "观塘区"),
    District.TSUEN_WAN: ("Tsuen Wan", "荃灣區", "荃湾区"),
    District.TUEN_MUN: ("Tuen Mun", "屯門區", "屯门区"),
    District.YUEN_LONG: ("Yuen Long", "元朗區", "元朗区"),
    District.NORTH: ("North", "北區", "北区"),
    District.TAI_PO: ("Tai Po", "大埔區", "大埔区"),
    District.SAI_KUNG: ("Sai Kung", "西貢區", "西贡区"),
    District.SHA_TIN: ("Sha Tin", "沙田區", "沙田区"),
    District.KWAI_TSING: ("Kwai Tsing", "葵青區", "葵青区"),
    District.ISLANDS: ("Islands", "離島區", "离岛区"),
}
