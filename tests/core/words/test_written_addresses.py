"""Addresses in the middle of a message."""

from __future__ import annotations

import time
from datetime import date

import pytest

from core.address import Address
from core.answer import Context
from core.words.written_addresses import address_in

CONTEXT = Context(date(2021, 12, 10), {})


def found(text: str) -> str | None:
    address = Address.find(text, CONTEXT)
    return address.value if address else None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("flat 1203 block 5 mei lam estate shatin", "flat 1203 block 5 mei lam estate shatin"),
        ("1203 Mei Fung House, Mei Lam Estate", "1203 Mei Fung House, Mei Lam Estate"),
        (
            "A123456(3), CHAN Tai Man, Flat 3, Block 5, Mei Lam Estate, Sha Tin, 97000003",
            "Flat 3, Block 5, Mei Lam Estate, Sha Tin",
        ),
        (
            "I live at Flat 5A, 12 Nathan Road, Tsim Sha Tsui and my phone is 9700 0003",
            "Flat 5A, 12 Nathan Road, Tsim Sha Tsui",
        ),
        ("public housing, Flat 3, Block 5, Mei Lam Estate", "Flat 3, Block 5, Mei Lam Estate"),
        ("born 2 May 1958, 3A, 25 Robinson Road", "3A, 25 Robinson Road"),
        (
            "My address is: 3/F, Kam Tin Road, Yuen Long, NT. Thanks",
            "3/F, Kam Tin Road, Yuen Long, NT",
        ),
        ("No. 5, Tai Po Tau Village, Tai Po, N.T.", "No. 5, Tai Po Tau Village, Tai Po, N.T"),
        ("2 May, Flat 1203\nBlock 5\nMei Lam Estate", "Flat 1203, Block 5, Mei Lam Estate"),
        ("陳大文 沙田美林邨美楓樓5座1203室 97000003", "沙田美林邨美楓樓5座1203室"),
        ("我住喺沙田美林邨5座1203室，電話97000003", "沙田美林邨5座1203室"),
        ("我住沙田美林邨美槐樓12樓3室", "沙田美林邨美槐樓12樓3室"),
        ("我哋而家住沙田美林邨5座1203室", "沙田美林邨5座1203室"),
        ("我叫陳大文，住沙田美林邨5座1203室", "沙田美林邨5座1203室"),
        ("12月20號，大埔 大埔頭村 5號 地下", "大埔 大埔頭村 5號 地下"),
        ("九龙旺角弥敦道688号10楼A室", "九龙旺角弥敦道688号10楼A室"),
    ],
)
def test_a_full_address_is_found_among_other_words(text: str, address: str) -> None:
    assert found(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "Mei Lam Estate",
        "美林邨",
        "Flat 1203, Block 5",
        "Tower 3, Residence Bel-Air",
        "public rental housing",
        "Regal Hotel, 88 Yee Wo Street, Causeway Bay",
        "帝豪酒店，銅鑼灣怡和街88號1203室",
        "I have been to 5 Nathan Road yesterday",
        "我去過旺角彌敦道688號",
        "I know my way along the road",
        "2 May 1958, 15 March 2019, A123456(3)",
        "12月20號",
    ],
)
def test_what_is_no_full_address_is_not_taken_for_one(text: str) -> None:
    assert found(text) is None


def test_what_would_not_be_taken_where_it_is_asked_is_not_found() -> None:
    assert found("Flat 3, Block 5, Mei Lam Estate" + ", Sha Tin" * 30) is None


@pytest.mark.parametrize("sign", ["一", "1 ", "中 ", "flat ", "我住", "a"])
def test_a_long_message_takes_no_longer_than_its_length(sign: str) -> None:
    def seconds(size: int) -> float:
        text, took = (sign * size)[:size], []
        for _ in range(5):
            begun = time.process_time()
            assert address_in(text) is None
            took.append(time.process_time() - begun)
        return min(took)

    # Eight times the length: were each place looked at from each other, 64 times as long.
    assert seconds(4096) < 24 * seconds(512)
