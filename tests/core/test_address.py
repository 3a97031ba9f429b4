"""Addresses, hotels, rooms, and high-risk places to live."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.address import Address, HighRiskPlace, Hotel, Room, lives_at
from core.answer import Context, Invalid, Kind

TODAY = date(2021, 12, 10)
CONTEXT = Context(TODAY, {})


def refused(kind: type[Kind], text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        kind.parse(text, CONTEXT)
    assert caught.value.code in kind.errors
    return caught.value


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Flat A, 5/F, Amoy Gardens", "Flat A, 5/F, Amoy Gardens"),
        (" Flat  A\n 5/F,\r\nAmoy　Gardens \n", "Flat A, 5/F, Amoy Gardens"),
        ("深水埗南昌邨，\n昌逸樓\n12樓1203室", "深水埗南昌邨昌逸樓12樓1203室"),
        ("南昌邨 Block 5\n昌逸樓\nRoom 3", "南昌邨 Block 5, 昌逸樓, Room 3"),
        ("九龍觀塘淘大花園H座三樓", "九龍觀塘淘大花園H座三樓"),
        ("新界大埔林村十二號", "新界大埔林村十二號"),
        ("Ｎｏ．８ Nathan Road", "No.8 Nathan Road"),
        ("My address: I live at 8 Nathan Road", "8 Nathan Road"),
        ("住址：美林邨5座1203室", "美林邨5座1203室"),
        ("我住址係美林邨5座1203室", "美林邨5座1203室"),
    ],
)
def test_an_address_is_taken_in_one_line(text: str, address: str) -> None:
    assert Address.parse(text, CONTEXT) == address


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("5 AB", "too_short", {"least": 5}),
        ("", "no_number", {}),
        ("5 A", "no_name", {}),
        ("美林邨", "no_number", {}),
        ("我住美林邨", "no_number", {}),
        ("A 1" + "x" * 198, "too_long", {"most": 200}),
        ("Nathan Road, Kowloon", "no_number", {}),
        ("九龍旺角彌敦道", "no_number", {}),
        ("12345678", "no_name", {}),
        ("12樓3室", "no_name", {}),
        ("5座十二樓A室", "no_name", {}),
        ("Rm 1203 5/F", "no_name", {}),
        ("P.O. Box 123", "no_name", {}),
        ("8 Nathan\u202e Road", "hidden", {}),
        ("8 Nathan\x00 Road", "hidden", {}),
        ("8 Nathan\ue000 Road", "private_use", {}),
    ],
)
def test_what_is_wrong_with_an_address_is_told_apart(
    text: str, code: str, params: dict[str, int]
) -> None:
    wrong = refused(Address, text)
    assert (wrong.code, wrong.params) == (code, params)


def test_a_hotel_has_a_name() -> None:
    assert Hotel.parse("  The  Peninsula ", CONTEXT) == "The Peninsula"
    assert Hotel.parse("半島酒店", CONTEXT) == "半島酒店"
    for text in ("X", "88"):
        wrong = refused(Hotel, text)
        assert (wrong.code, wrong.params) == ("too_short", {"least": 2})
    assert Hotel.parse("係半島酒店呀", CONTEXT) == "半島酒店"
    assert Hotel.parse("酒店名字是湾景酒店吧", CONTEXT) == "湾景酒店"
    assert Hotel.parse("我住在天悅酒店", CONTEXT) == "天悅酒店"
    for text in ("hotel", "a quarantine hotel", "嗰間酒店", "which hotel?", "住三晚，湾景酒店"):
        assert refused(Hotel, text).code == "no_name", text
    asked = replace(CONTEXT, asked=True)
    assert Hotel.find("酒店住到禮拜五", asked) is None
    wrong = refused(Hotel, "H" * 101)
    assert (wrong.code, wrong.params) == ("too_long", {"most": 100})
    assert refused(Hotel, "Hotel\u200b").code == "hidden"


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("1208", "1208"),
        ("room 1208", "1208"),
        ("Rm. No. 12b", "12B"),
        ("1208號房", "1208"),
        ("房間１２０８", "1208"),
        ("#1208", "1208"),
        ("十二樓八號房", "十二樓八"),
    ],
)
def test_a_room_is_taken_without_the_word_for_it(text: str, room: str) -> None:
    assert Room.parse(text, CONTEXT) == room


def test_what_is_wrong_with_a_room_is_told_apart() -> None:
    for text in ("", "room", "房", "#"):
        assert refused(Room, text).code == "format"
    for text in (
        "no room yet",
        "I don't have it yet",
        "未定",
        "not checked in",
        "冇房號",
        "没有",
        "聽日先知",
        "Harbour Suite",
    ):
        assert refused(Room, text).code == "unlikely", text
    sure = replace(CONTEXT, sure=True)
    assert Room.parse("Harbour Suite", sure) == "HARBOUR SUITE"
    wrong = refused(Room, "1" * 21)
    assert (wrong.code, wrong.params) == ("too_long", {"most": 20})
    assert refused(Room, "1\u200b").code == "hidden"


@pytest.mark.parametrize("kind", [Address, Hotel, Room])
def test_free_texts_are_shown_as_they_are(kind: type[Kind]) -> None:
    assert kind.show("12 A", "en") == "12 A"


@pytest.mark.parametrize("kind", [Hotel, Room])
def test_where_a_guest_stays_is_not_found_in_an_address(kind: type[Kind]) -> None:
    assert kind.find("Flat 12, A House, 3 B Road", CONTEXT) is None


@given(st.text(), st.sampled_from([Address, Hotel, Room]))
def test_whatever_is_taken_is_canonical(text: str, kind: type[Kind]) -> None:
    try:
        value = kind.parse(text, CONTEXT)
    except Invalid as wrong:
        assert wrong.code in kind.errors
        return
    assert "\n" not in value
    assert kind is Room or kind.parse(value, CONTEXT) == value


def place(
    name_en: str = "", name_zh: str = "", district: str = "KT", starts: int = 1, ends: int = 5
) -> HighRiskPlace:
    return HighRiskPlace(
        district=district,
        name_en=name_en,
        name_zh=name_zh,
        starts=datetime(2021, 12, starts, tzinfo=UTC),
        ends=datetime(2021, 12, ends, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("address", "listed", "lives"),
    [
        ("Flat 3, Block H, Amoy Gardens", place("Amoy Gardens"), True),
        ("flat 3, blk. h, AMOY GARDEN", place("Amoy Gardens"), True),
        ("Flat 3, Amoy Gardens Annex", place("Amoy Gardens"), True),
        ("Flat 3, Amoyville", place("Amoy"), False),
        ("Block 12, Amoy Gardens", place("Block 1"), False),
        ("Block 1, Amoy Gardens", place("Block 1"), True),
        ("Flat A, Block 12, Laguna City", place("Laguna City Block 12", "麗港城12座"), True),
        ("Flat A, Blk 12, Laguna City", place("Laguna City, Block 12"), True),
        ("Flat A, Laguna City Block 12", place("Block 12 of Laguna City"), True),
        ("Flat A, Block 1, Laguna City", place("Laguna City Block 12", "麗港城12座"), False),
        ("Flat 12, Block 1, Laguna City", place("Laguna City (Block 12)"), False),
        ("Flat A, Block 12, Amoy Gardens", place("Laguna City Block 12"), False),
        ("Mei Fung House, Mei Lam Estate", place("Mei Lam Estate, Mei Fung House"), True),
        ("Mei Fung House, Mei Lam Estate", place("Mei Lam Estate, Mei Wai House"), False),
        ("House 8, Fairview Park", place("Fairview Park House 8"), True),
        ("8 Long Lane", place("No. 8 Long Lane"), True),
        ("藍田麗港城第12座20樓", place("", "麗港城12座"), True),
        ("藍田麗港城十二座20樓", place("", "麗港城第十二座"), True),
        ("藍田麗港城十二座20樓", place("", "麗港城2座"), False),
        ("九龍觀塘淘大花園H座3樓", place("Amoy Gardens", "淘大花園"), True),
        ("九龙观塘淘大花园H座3楼", place("", "淘大花園"), True),
        ("淘大花園 1 座", place("", "淘大花園1座"), True),
        ("淘大花園 11 座", place("", "淘大花園1座"), False),
        ("淘大花園 11 座", place("", "1座"), False),
        ("Flat 3, Telford Gardens", place("Amoy Gardens", "淘大花園"), False),
        ("Flat 3, Anything", place("", ""), False),
        ("Flat 3, Amoy Gardens", place("Amoy Gardens", district="ST"), False),
        ("Flat 3, Amoy Gardens", place("Amoy Gardens", district=""), True),
        ("Flat 3, Amoy Gardens", place("Amoy Gardens", starts=12, ends=13), False),
    ],
)
def test_a_place_is_known_by_its_name(address: str, listed: HighRiskPlace, lives: bool) -> None:
    assert lives_at(address, "KT", [listed], TODAY) == ([listed] if lives else [])


def test_an_unknown_district_is_in_no_places_way() -> None:
    listed = place("Amoy Gardens")
    assert lives_at("Flat 3, Amoy Gardens", "", [listed], TODAY) == [listed]


def test_a_place_counts_from_the_hong_kong_day_on_which_its_time_begins() -> None:
    listed = HighRiskPlace(
        "KT",
        "Amoy Gardens",
        "",
        datetime(2021, 12, 9, 16, tzinfo=UTC),
        datetime(2021, 12, 10, 16, tzinfo=UTC),
    )
    assert (listed.first_day, listed.last_day) == (TODAY, TODAY)
    assert lives_at("Amoy Gardens", "KT", [listed], date(2021, 12, 9)) == []
    assert lives_at("Amoy Gardens", "KT", [listed], TODAY) == [listed]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("我同我老婆住喺美林邨美楓樓1203室", "美林邨美楓樓1203室"),
        ("阿媽住美林邨美楓樓1203室", "美林邨美楓樓1203室"),
        ("本人住址為美林邨美楓樓1203室", "美林邨美楓樓1203室"),
        ("唔該 美林邨美楓樓1203室 唔該晒", "美林邨美楓樓1203室"),
        ("Flat 5, 12 Nathan Road, thanks", "Flat 5, 12 Nathan Road"),
        ("Flat 5, 12 Nathan Road please", "Flat 5, 12 Nathan Road"),
        ("安住里2號", "安住里2號"),
        ("我以前住美林邨，而家住長巷12號5室", "我以前住美林邨,而家住長巷12號5室"),
        ("Please House, 12 Nathan Road", "Please House, 12 Nathan Road"),
        ("12 It Street, Flat 3", "12 It Street, Flat 3"),
        ("2/F 1 Po Lam Rd", "2/F 1 Po Lam Rd"),
        ("Sha Tin Centre 12/F", "Sha Tin Centre 12/F"),
        ("北角大廈3樓", "北角大廈3樓"),
        ("12/1234 Wah Fu", "12/1234 Wah Fu"),
    ],
)
def test_what_is_said_around_an_address_is_no_part_of_it(text: str, address: str) -> None:
    assert Address.parse(text, CONTEXT) == address


@pytest.mark.parametrize(
    "text",
    [
        *("flat a 12f blk b", "Flat A, Block B, 12/F", "12樓A座", "Flat A 3rd floor Hong Kong"),
        *("12/F, Sha Tin, New Territories", "沙田12樓A室", "香港九龍觀塘3樓"),
    ],
)
def test_a_district_is_not_where_somebody_lives(text: str) -> None:
    assert refused(Address, text).code == "no_name"


@pytest.mark.parametrize("text", ["沙田美林邨美楓樓", "Mei Fung House, Mei Lam Estate", "旺角"])
def test_where_many_live_a_number_is_needed_even_if_he_is_sure(text: str) -> None:
    for context in (CONTEXT, replace(CONTEXT, sure=True)):
        with pytest.raises(Invalid) as caught:
            Address.parse(text, context)
        assert caught.value.code == "no_number"


@pytest.mark.parametrize(
    "text",
    [
        *("Boat Sea Breeze, Aberdeen South Typhoon Shelter", "香港仔避風塘漁船", "大埔汀角村"),
        *("保良局葵涌護老院", "Ting Kok Village, Tai Po", "南丫島榕樹灣後街，冇門牌"),
        *("Back Street, Yung Shue Wan, no house number", "give me 5 minutes", "I will do it at 9"),
    ],
)
def test_an_address_without_a_number_is_taken_if_he_is_sure(text: str) -> None:
    assert refused(Address, text).code == "unlikely"
    assert Address.parse(text, replace(CONTEXT, sure=True))


@pytest.mark.parametrize(
    "text",
    [
        *("not booked yet", "I haven't decided", "I stay with a friend", "my friend's place"),
        *(
            "same as my husband",
            "airbnb",
            "https://hotel.example/",
            "还没订",
            "住朋友家",
            "佐敦嗰間",
        ),
        *("唔住酒店，住屋企", "我家", "民宿", "係咪收費㗎", "上面打错了", "call me please"),
    ],
)
def test_what_is_no_hotel_is_one_only_if_he_says_so(text: str) -> None:
    assert refused(Hotel, text).code == "unlikely"
    assert Hotel.parse(text, replace(CONTEXT, sure=True))


@pytest.mark.parametrize(
    "text",
    [
        *("The Pen", "Hotel 108", "Just Inn", "如家酒店", "Inn and Suites", "東方文華", "YMCA"),
        *(
            "Over Easy Hotel",
            "Stay Hotel",
            "Penny's Bay",
            "君怡酒店",
            "家樂酒店",
            "Hotel Ease Access",
        ),
    ],
)
def test_a_hotel_may_be_called_by_words(text: str) -> None:
    assert Hotel.parse(text, CONTEXT) == text


def test_a_guest_in_isolation_names_his_hotel() -> None:
    for text in ("我们现在隔离在富豪酒店", "我入住富豪酒店", "我隔離緊喺富豪酒店"):
        assert Hotel.parse(text, CONTEXT) == "富豪酒店"


def test_a_room_beside_another_is_asked_about() -> None:
    for text in ("my wife is in 1209 and I'm in 1208", "1208 and 1209", "1208 or 1209"):
        assert refused(Room, text).code == "unlikely"
    for text in ("1208号房间", "1208號房"):
        assert Room.parse(text, CONTEXT) == "1208"
    assert Room.parse("Inland Wing 12", CONTEXT) == "INLAND WING 12"
