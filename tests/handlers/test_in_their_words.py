"""Answers as people type and dictate them: what is around them, left out of them, or figures in
Chinese."""

from __future__ import annotations

import pytest

from core.conversation.texts import Language
from core.dates import show_day
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.handlers.people import is_registered
from tests.reading import expect, expect_error, expect_question, says
from tests.stories.questions import PLACES, Place
from tests.talk import Talk, Talker
from tests.world import TAGS


def place(name: str, document: str = "hkid") -> Place:
    """Return the first question of that name, of somebody with that document."""
    mine = [p for p in PLACES if p.field.name == name]
    return next((p for p in mine if p.known.get("document") == document), mine[0])


async def keeps(talk: Talk, where: Place, words: str) -> object:
    """Answer a question in these words; return what the draft keeps of them."""
    await talk.reach(where.journey.form, where.field.name, where.known)
    await talk.says(words)
    return talk.session.answers.get(where.field.name)


@pytest.mark.parametrize(
    "words",
    [
        "係2019年3月15號",
        "It's 15/3/2019 🙏",
        "我2019年3月15日發嘅",
        "15 March 2019 I think",
        "係二零一九年三月十五號呀",
        "15號3月2019年",
        "唔係16/3/2019,係15/3/2019",
        "15/3/2019. Yes, 15 March 2019",
        "民國一百零八年三月十五日",
        "15,3,2019",
        "15-03-19",
        "(06-96)15-03-19",
        "150319",
    ],
)
async def test_the_only_date_in_a_sentence_is_taken(talk: Talk, words: str) -> None:
    assert await keeps(talk, place("issued_on"), words) == "2019-03-15"


async def test_a_date_of_long_ago_is_what_is_asked(talk: Talk) -> None:
    assert await keeps(talk, place("issued_on"), "係1990年3月15號") == "1990-03-15"
    assert "born_on" not in talk.session.answers


async def test_other_answers_around_a_date_are_taken_too(talk: Talk) -> None:
    assert await keeps(talk, place("issued_on"), "CHAN Tai Man, 15/3/2019") == "2019-03-15"
    assert talk.session.answers["english_name"] == "CHAN Tai Man"


async def test_a_date_that_is_called_another_is_not_taken(talk: Talk) -> None:
    assert await keeps(talk, place("issued_on"), "我1958年1月2號出世") is None
    assert talk.session.answers["born_on"] == "1958-01-02"
    expect_error(await talk.says("我1958年1月2號出世"), Registration.issued_on, "format")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("issued_on", "15/3/2019 or 16/3/2019", "several_days"),
        ("issued_on", "係三月十五號", "no_year"),
        ("issued_on", "二零一九年三月", "no_day"),
        ("issued_on", "March 2019 I think", "no_day"),
        ("born_on", "我1958年出世", "no_day"),
        ("arrived_on", "November 2021", "no_day"),
        ("issued_on", "It was 15/3/2050", "future"),
        ("born_on", "係5月4號呀", "no_year"),
        ("born_on", "5/4/58 thanks", "two_digit_year"),
        ("born_on", "30/2/1958 la", "no_such_day"),
        ("born_on", "農曆1958年1月2日", "lunar"),
        ("born_on", "今日唔得閒", "format"),
        ("last_night", "10號至24號", "several_days"),
        ("last_night", "24 or 25 Dec", "several_days"),
        ("last_night", "廿四定係廿五號", "several_days"),
        ("last_night", "下個月5號", "format"),
        ("last_night", "3日前", "past"),
        ("last_night", "12號房", "format"),
        ("last_night", "next week", "format"),
        ("last_night", "Friday 24", "format"),
        ("last_night", "下個月星期五", "format"),
        ("last_night", "Friday or Saturday", "several_days"),
        ("last_night", "last Monday", "past"),
        ("last_night", "next Sunday", "which_day"),
        ("last_night", "Friday", "which_day"),
        ("last_night", "星期五走", "which_day"),
        ("address", "我住美林邨", "no_number"),
        ("address", "12", "no_name"),
        ("document", "E12345678", "other_document"),
        ("number", "EA1234567", "other_document"),
        ("document", "TR1234567", "other_document"),
        ("english_name", "yes", "not_a_name"),
        ("english_name", "No.", "not_a_name"),
        ("mobile", "my phone is +44 7700 900123", "foreign"),
        ("mobile", "我屋企電話２３４５６７８９", "not_mobile"),
        ("mobile", "我得內地號碼 13812345678", "mainland"),
        ("mobile", "call me on 9123 456", "format"),
        ("mobile", "mine is 91234567, my wife's is 61234568", "several_numbers"),
        ("mobile", "91234567同61234568", "several_numbers"),
        ("mobile", "it's not 91234567", "format"),
        ("number", "440301195801021234", "other_document"),
    ],
)
async def test_what_is_wrong_is_told(
    talker: Talker, language: str, name: str, words: str, code: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    where = place(name)
    assert await keeps(talk, where, words) is None
    field = Registration.number if name == "document" else where.field
    expect_error(talk.heard, field, code, language)


@pytest.mark.parametrize(
    ("name", "words", "day"),
    [
        ("last_night", "15 December", "2021-12-15"),
        ("last_night", "住到十二月廿四號", "2021-12-24"),
        ("last_night", "1月5號走", "2022-01-04"),
        ("last_night", "12/24", "2021-12-24"),
        ("last_night", "24/12/21", "2021-12-24"),
        ("last_night", "my last night is the 24th", "2021-12-24"),
        ("last_night", "5號", "2022-01-05"),
        ("last_night", "tomorrow", "2021-12-11"),
        ("last_night", "聽日走", "2021-12-10"),
        ("last_night", "3日後", "2021-12-13"),
        ("last_night", "in 3 days", "2021-12-13"),
        ("arrived_on", "2 December", "2021-12-02"),
        ("arrived_on", "琴日返嚟", "2021-12-09"),
        ("arrived_on", "兩日前", "2021-12-08"),
        ("discharged_on", "尋日出院", "2021-12-09"),
        ("discharged_on", "1/12", "2021-12-01"),
        ("proof_issued_on", "28 October", "2021-10-28"),
        ("proof_issued_on", "issued 28 Oct 2021", "2021-10-28"),
        ("proof_issued_on", "28號", "2021-11-28"),
        ("last_night", "next Friday", "2021-12-17"),
        ("last_night", "this Friday", "2021-12-10"),
        ("last_night", "Until Sunday, I think", "2021-12-12"),
        ("last_night", "this coming Wed.", "2021-12-15"),
        ("last_night", "Wednesday next week", "2021-12-15"),
        ("last_night", "next week Wednesday", "2021-12-15"),
        ("last_night", "星期日走", "2021-12-11"),
        ("last_night", "下星期五", "2021-12-17"),
        ("last_night", "下下個禮拜二", "2021-12-21"),
        ("last_night", "住到下周三", "2021-12-15"),
        ("last_night", "Friday, 24 December", "2021-12-24"),
        ("last_night", "聽日，即係星期六", "2021-12-11"),
        ("arrived_on", "上星期五", "2021-12-03"),
        ("arrived_on", "last Friday", "2021-12-03"),
        ("arrived_on", "on Monday", "2021-12-06"),
        ("arrived_on", "今個禮拜一返嚟", "2021-12-06"),
        ("arrived_on", "this past Saturday", "2021-12-04"),
        ("proof_issued_on", "上個禮拜三", "2021-12-01"),
    ],
)
async def test_a_near_day_needs_no_year(talk: Talk, name: str, words: str, day: str) -> None:
    where = place(name)
    if where.journey.form is not Registration:
        await is_registered(talk)
    assert await keeps(talk, where, words) == day


@pytest.mark.parametrize("words", ["yesterday", "I came back last Friday", "琴日", "上星期五"])
async def test_a_day_that_is_reckoned_from_today_is_said_back(talk: Talk, words: str) -> None:
    await is_registered(talk)
    day = await keeps(talk, place("arrived_on"), words)
    expect(talk.heard, "engine.reckoned")
    assert show_day(str(day), "en") in talk.heard.text


@pytest.mark.parametrize("words", ["I check out on 24 December", "24號退房", "24号走"])
async def test_who_says_when_he_leaves_hears_which_night_is_his_last(
    talk: Talk, words: str
) -> None:
    assert await keeps(talk, place("last_night"), words) == "2021-12-23"
    expect(talk.heard, "engine.reckoned")
    assert "23 December 2021" in talk.heard.text


@pytest.mark.parametrize("words", ["2021-12-05", "arrived on 5 December", "5/12"])
async def test_a_date_is_not_said_back(talk: Talk, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("arrived_on"), words) == "2021-12-05"
    assert "5 December" not in talk.heard.text


async def test_of_two_days_that_a_weekday_may_mean_he_chooses(talk: Talk) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("arrived_on"), "last Tuesday") is None
    assert "7 December 2021 or 30 November 2021?" in talk.heard.text
    await talk.says("30 November")
    assert talk.session.answers["arrived_on"] == "2021-11-30"


@pytest.mark.parametrize(
    ("name", "words", "kept"),
    [
        ("born_on", "民國47年1月2日", "1958-01-02"),
        ("born_on", "我係民國四十七年一月二號出世", "1958-01-02"),
        ("born_on", "民國 47/1/2", "1958-01-02"),
        ("born_on", "民國元年十二月卅一日", "1912-12-31"),
        ("number", "a一二三四五六（三）", "A123456(3)"),
        ("number", "A123456 括號3", "A123456(3)"),
        ("english_name", "英文名係CHAN Tai Man", "CHAN Tai Man"),
        ("english_name", "Chan Tai Man 🙏", "Chan Tai Man"),
        ("english_name", "sorry, CHAN Tai Man", "CHAN Tai Man"),
        ("english_name", "No Myung Hee", "No Myung Hee"),
        ("english_name", "my mum's name is WONG Lai Kuen", "WONG Lai Kuen"),
        ("english_name", "she is called WONG Lai Kuen", "WONG Lai Kuen"),
        ("english_name", "He Jiankui", "He Jiankui"),
        ("english_name", "CHAN TAI MAN，中文陳大文", "CHAN TAI MAN"),
        ("english_name", "我個名係CHAN LAI", "CHAN LAI"),
        ("english_name", "My name Chan Tai Man", "Chan Tai Man"),
        ("english_name", "姓 CHAN 名 TAI MAN", "CHAN, TAI MAN"),
        ("english_name", "Surname: SMITH\nGiven names: JOHN", "SMITH, JOHN"),
        ("english_name", "John Smith\nManager, ACME Ltd\nT: 2345 6789 M: 9123 4567", "John Smith"),
        ("chinese_name", "我個名係陳大文", "陳大文"),
        ("chinese_name", "陳大文呀", "陳大文"),
        ("address", "I live at Flat 5, 12 Long Lane", "Flat 5, 12 Long Lane"),
        ("address", "my address is: Flat 5, 12 Nathan Rd.", "Flat 5, 12 Nathan Rd."),
        ("address", "我住喺長巷12號5室呀", "長巷12號5室"),
        ("address", "我嘅地址係:長巷12號5室。", "長巷12號5室"),
        ("address", "地址是長巷12號5室 🙏", "長巷12號5室"),
        ("address", "住宅路12號5室", "住宅路12號5室"),
        ("hotel", "我住灣景酒店", "灣景酒店"),
        ("room", "my room number is 1208", "1208"),
        ("room", "我間房係一二零八號房", "1208"),
        ("mobile", "我電話係九一二三四五六七", "+85291234567"),
        ("mobile", "唔係61234568，係91234567", "+85291234567"),
        ("chinese_name", "冇㗎", None),
        ("chinese_name", "沒有呀", None),
        ("country", "我攞日本護照㗎", "JPN"),
        ("country", "I am from the UK", "GBR"),
        ("country", "我係法國人", "FRA"),
        ("country", "美国的", "USA"),
        ("country", "my passport is from Japan", "JPN"),
        ("document", "我用身份証呀", "hkid"),
        ("document", "I have a passport", "passport"),
        ("document", "ok, yes, I have a passport", "passport"),
        ("document", "好的，護照", "passport"),
        ("housing", "我住公屋㗎", "public"),
        ("housing", "I live in public housing please", "public"),
    ],
)
async def test_what_is_around_an_answer_is_no_matter(
    talk: Talk, name: str, words: str, kept: str
) -> None:
    assert await keeps(talk, place(name), words) == kept


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("my passport number is K12345678", "K12345678"),
        ("護照號碼係K12345678呀", "K12345678"),
        ("It's 123456789", "123456789"),
        ("It is TR 1234567", "TR1234567"),
        ("no. is TR 1234567", "TR1234567"),
        ("my number is 123456789", "123456789"),
        ("係123456789", "123456789"),
        ("this is AB 1234567 thanks", "AB1234567"),
        ("sorry 123456789", "123456789"),
        ("E一二三四五六七八 🙏", "E12345678"),
        ("H12345678 or K12345678", None),
        ("12ab 34567 France", None),
        ("15/3/2019", None),
        ("2019-3-15", None),
        ("code 2019, 12AB34567", "12AB34567"),
    ],
)
async def test_the_only_number_of_another_document_is_taken(
    talk: Talk, words: str, number: str | None
) -> None:
    assert await keeps(talk, place("number", "passport"), words) == number


HOTEL_SENTENCES = [
    (
        "湾景国际酒店 1203房 24号走",
        {"hotel": "湾景国际酒店", "room": "1203", "last_night": "2021-12-23"},
    ),
    (
        "灣景國際酒店1203房12月24日退房",
        {"hotel": "灣景國際酒店", "room": "1203", "last_night": "2021-12-23"},
    ),
    ("灣景國際酒店，12月24日退房", {"hotel": "灣景國際酒店", "last_night": "2021-12-23"}),
    (
        "灣景國際酒店 1203室 住到24號",
        {"hotel": "灣景國際酒店", "room": "1203", "last_night": "2021-12-24"},
    ),
    ("Cordis\n1203", {"hotel": "Cordis", "room": "1203"}),
    ("半島酒店18樓1803號房", {"hotel": "半島酒店", "room": "1803"}),
    ("龍堡國際賓館 502", {"hotel": "龍堡國際賓館", "room": "502"}),
    ("Cordis, 1203", {"hotel": "Cordis", "room": "1203"}),
    (
        "Hotel ICON until 24 December, 2021",
        {"hotel": "Hotel ICON", "last_night": "2021-12-24"},
    ),
    ("Rosewood rm1203", {"hotel": "Rosewood", "room": "1203"}),
    ("灣景國際酒店 12月24日 退房", {"hotel": "灣景國際酒店", "last_night": "2021-12-23"}),
    ("帝京酒店 最後一晚12月24日", {"hotel": "帝京酒店", "last_night": "2021-12-24"}),
    ("Hotel ICON, last night 24 Dec", {"hotel": "Hotel ICON", "last_night": "2021-12-24"}),
    ("灣景國際酒店，12月24號朝早走", {"hotel": "灣景國際酒店", "last_night": "2021-12-23"}),
    (
        "We are staying at the Mandarin Oriental until next Friday, room 1203",
        {"hotel": "the Mandarin Oriental", "room": "1203", "last_night": "2021-12-17"},
    ),
    (
        "我住旺角嘅康得思酒店，1208房，住到下周三",
        {"hotel": "旺角嘅康得思酒店", "room": "1208", "last_night": "2021-12-15"},
    ),
    (
        "I'm at Dorsett Mongkok (Room No. 12A), checking out on 15 December",
        {"hotel": "Dorsett Mongkok", "room": "12A", "last_night": "2021-12-14"},
    ),
    ("灣景酒店 房號1208", {"hotel": "灣景酒店", "room": "1208"}),
    ("The Peninsula for 3 nights", {"hotel": "The Peninsula"}),
    ("Hotel ICON, till the 15th", {"hotel": "Hotel ICON", "last_night": "2021-12-15"}),
    ("Room Mate Hotel 101", {"hotel": "Room Mate Hotel 101"}),
    ("Hotel 1936", {"hotel": "Hotel 1936"}),
    ("帝京酒店，24號走", {"hotel": "帝京酒店", "last_night": "2021-12-23"}),
    ("Hotel ICON until I go home", {"hotel": "Hotel ICON"}),
]


@pytest.mark.parametrize(("words", "kept"), HOTEL_SENTENCES)
async def test_what_stands_beside_the_hotel_is_taken_too(
    talk: Talk, words: str, kept: dict[str, str]
) -> None:
    await keeps(talk, place("hotel"), words)
    answers = talk.session.answers
    assert {k: answers[k] for k in ("hotel", "room", "last_night") if k in answers} == kept


async def test_the_name_of_the_hotel_is_asked_where_only_the_rest_is_said(talk: Talk) -> None:
    assert await keeps(talk, place("hotel"), "room 1203, until next Friday") is None
    expect_question(talk.heard, Registration.hotel)
    expect_error(await talk.says("until I go home"), Registration.hotel, "no_name")
    expect_question(await talk.says("Hotel ICON"), Registration.mobile)
    assert talk.session.answers["room"] == "1203"
    assert talk.session.answers["last_night"] == "2021-12-17"


async def test_what_stands_beside_the_room_is_taken_too(talk: Talk) -> None:
    assert await keeps(talk, place("room"), "1203, until Sunday") == "1203"
    assert talk.session.answers["last_night"] == "2021-12-12"


@pytest.mark.parametrize(
    ("name", "words", "kept"),
    [
        ("chinese_name", "佐藤健", "佐藤健"),
        ("english_name", "who are you", "who are you"),
        ("room", "Harbour suite", "HARBOUR SUITE"),
    ],
)
async def test_what_is_an_unlikely_answer_is_asked_about(
    talk: Talk, name: str, words: str, kept: str
) -> None:
    question = place(name).field
    assert await keeps(talk, place(name), words) is None
    heard = expect_error(talk.heard, question, "unlikely")
    assert heard.buttons["_meant"] == f"“{words}” is my answer"
    await talk.presses("_meant")
    assert talk.session.answers[name] == kept
    assert "_meant" not in talk.heard.buttons


@pytest.mark.parametrize("words", ["Sulastri", "sulastri!", "yes", "Yes it is", "係呀", "是的"])
async def test_who_is_asked_whether_one_word_is_his_name_may_say_yes_or_say_it_again(
    talk: Talk, words: str
) -> None:
    question = place("english_name").field
    assert await keeps(talk, place("english_name"), "Sulastri") is None
    expect_error(talk.heard, question, "unlikely")
    assert not says(await talk.says(words), "engine.reckoned")
    assert talk.session.answers["english_name"] == "Sulastri"


@pytest.mark.parametrize(
    ("before", "words"),
    [("chan", "CHAN Tai Man"), ("me", "CHAN Tai Man"), ("Mary", "CHAN Tai Man, Mary")],
)
async def test_who_writes_all_of_his_name_after_one_word_is_called_so(
    talk: Talk, before: str, words: str
) -> None:
    assert await keeps(talk, place("english_name"), before) is None
    await talk.says(words)
    assert talk.session.answers["english_name"] == words
    assert not says(talk.heard, "engine.reckoned")


async def test_an_order_that_could_be_a_name_stays_an_order_when_it_is_given_again(
    talk: Talk,
) -> None:
    where = place("english_name")
    await talk.reach(where.journey.form, "english_name", where.known)
    for _ in range(2):
        expect(await talk.says("help"), "engine.help")
    assert "english_name" not in talk.session.answers


@pytest.mark.parametrize("name", ["address", "hotel", "room"])
@pytest.mark.parametrize("words", ["2 January 1958", "TR1234567", "A123456(3)", "9123 4567"])
async def test_an_answer_to_another_question_is_not_taken(
    talk: Talk, name: str, words: str
) -> None:
    assert await keeps(talk, place(name), words) is None
    assert "_meant" not in talk.heard.buttons


@pytest.mark.parametrize(
    ("name", "words", "kept"),
    [
        ("hotel", "半島酒店 我電話91234567", "半島酒店"),
        ("address", "Flat 5, 12 Long Lane, my phone is 9123 4567", "Flat 5, 12 Long Lane"),
        ("address", "長巷12號5室 電話91234567", "長巷12號5室"),
    ],
)
async def test_a_phone_number_beside_it_is_no_part_of_a_place(
    talk: Talk, name: str, words: str, kept: str
) -> None:
    assert await keeps(talk, place(name), words) == kept
    assert talk.session.answers["mobile"] == "+85291234567"


@pytest.mark.parametrize("words", ["yes", "No.", "ok", "係呀", "唔係"])
async def test_a_reply_is_neither_hotel_nor_country(talk: Talk, words: str) -> None:
    for name in ("hotel", "country"):
        assert await keeps(talk, place(name), words) is None


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("係", "same"),
        ("係呀", "same"),
        ("yep", "same"),
        ("是的", "same"),
        ("with me", "same"),
        ("唔係", "other"),
        ("不是", "other"),
        ("nope", "other"),
        ("not with me", "other"),
    ],
)
async def test_yes_and_no_are_said_in_many_ways(talk: Talk, words: str, kept: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("same_home"), words) == kept


@pytest.mark.parametrize(("words", "stops"), [("係", True), ("係呀", True), ("唔係", False)])
async def test_whoever_is_asked_whether_to_stop_says_so_in_his_words(
    talker: Talker, words: str, stops: bool
) -> None:
    talk = talker(language="zh-hant")
    await keeps(talk, place("chinese_name"), "取消")
    await talk.says(words)
    assert talk.session.form == ("" if stops else "registration")
    assert not talk.session.answers.get("chinese_name")


@pytest.mark.parametrize("words", ["why", "Chan", "多謝"])
async def test_what_was_no_answer_at_all_is_not_offered_as_one(talk: Talk, words: str) -> None:
    assert await keeps(talk, place("chinese_name"), words) is None
    assert "_meant" not in talk.heard.buttons


@pytest.mark.parametrize(
    ("words", "district"),
    [
        ("Shatin", "ST"),
        ("係沙田呀", "ST"),
        ("大围", "ST"),
        ("Tuen Mun, I think", "TM"),
        ("TST", "YTM"),
        ("香港仔", "STH"),
        ("九龍", None),
        ("Sha Tin or Tai Po", None),
        ("not Sha Tin", None),
        ("係咪沙田？", None),
    ],
)
async def test_a_place_names_its_district(talk: Talk, words: str, district: str | None) -> None:
    assert await keeps(talk, place("district"), words) == district


@pytest.mark.parametrize(
    "words", ["點解要問我攞身份證號碼", "為什麼要身份證", "do I need a passport", "邊個要護照"]
)
async def test_a_question_is_no_choice(talk: Talk, words: str) -> None:
    assert await keeps(talk, place("document"), words) is None


@pytest.mark.parametrize("words", ["號碼係A123456，括號3", "A-123456-(3)", "A 1 2 3 4 5 6 (3)"])
async def test_the_number_says_which_document_it_is_however_it_is_written(
    talk: Talk, words: str
) -> None:
    assert await keeps(talk, place("document"), words) == "hkid"
    assert talk.session.answers["number"] == "A123456(3)"


@pytest.mark.parametrize("words", ["改地址", "change my phone", "更改手机号"])
async def test_what_is_to_be_changed_is_chosen_among_the_answers_that_stand_there(
    talk: Talk, words: str
) -> None:
    await keeps(talk, place("truth"), words)
    expect(talk.heard, "engine.aside.edit")


@pytest.mark.parametrize("words", ["no", "唔係", "都不是"])
async def test_who_came_under_neither_scheme_says_no(talk: Talk, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("scheme"), words) == "other"


@pytest.mark.parametrize("words", ["冇呀", "都冇喎", "nope"])
async def test_no_condition_in_everyday_words(talk: Talk, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("conditions"), words) == []


@pytest.mark.parametrize("words", ["2同3", "2 and 3", "發燒同陽性"])
async def test_several_conditions_at_once(talk: Talk, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("conditions"), words) == ["positive", "symptoms"]


@pytest.mark.parametrize("words", ["有冇", "冇發燒", "唔係發燒"])
async def test_what_is_not_said_of_conditions_is_not_taken(talk: Talk, words: str) -> None:
    await is_registered(talk)
    assert await keeps(talk, place("conditions"), words) is None


@pytest.mark.parametrize(
    "words",
    ["唔記得", "I forgot", "不记得了", "我都唔記得幾時攞㗎喇", "I really don't remember when"],
)
async def test_who_does_not_remember_is_helped(talk: Talk, words: str) -> None:
    for name in ("issued_on", "hotel", "address", "room"):
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, "engine.help")


@pytest.mark.parametrize(
    "words",
    [
        "why my name?",
        "what do you need that for",
        "點解要問我呢樣",
        "為甚麼要填呢個",
        "为什么要这个",
    ],
)
async def test_whoever_asks_why_is_told(talk: Talk, words: str) -> None:
    for name in ("number", "english_name", "chinese_name", "room"):
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, f"registration.{name}.why")
    await is_registered(talk)
    await talk.commands("live_code")
    assert not says(await talk.says("9 why do you ask me"), "live_code.digits.error.digits")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("is it safe to send it here?", "help.privacy"),
        ("安唔安全㗎", "help.privacy"),
        ("安全吗", "help.privacy"),
        ("幾時有得過關", "help.steps"),
        ("什么时候可以过关", "help.steps"),
    ],
)
async def test_a_question_instead_of_a_name_is_answered(
    talk: Talk, words: str, answer: str
) -> None:
    for name in ("number", "chinese_name"):
        assert await keeps(talk, place(name), words) is None
        expect(talk.heard, answer)


@pytest.mark.parametrize("words", ["valid until 15 March 2029", "有效期至2029年3月15日"])
async def test_an_answer_that_holds_the_words_of_a_question_is_explained(
    talk: Talk, words: str
) -> None:
    assert await keeps(talk, place("issued_on"), words) is None
    expect_error(talk.heard, Registration.issued_on, "future")


@pytest.mark.parametrize(
    "words",
    [
        *("今日嘅碼", "攞今日嘅碼呀", "我要今日嘅碼", "俾個碼我", "我個碼呢", "新碼"),
        *("今天的码", "我要领码", "给我健康码", "code please", "Can I have my code?"),
        *("today's code", "my QR code", "I need a new code", "get today's code"),
    ],
)
async def test_todays_code_is_asked_for_in_everyday_words(talk: Talk, words: str) -> None:
    await is_registered(talk)
    expect_question(await talk.says(words), HealthCode.conditions)


@pytest.mark.parametrize("words", ["new code", "send my code", "code", "俾個碼我", "给我码"])
async def test_who_asks_for_a_code_where_one_is_typed_means_that_of_the_sms(
    talk: Talk, words: str
) -> None:
    where = place("passcode")
    await talk.reach(where.journey.form, "passcode", where.known)
    talk.clock.jump(minutes=2)
    before = len(talk.sms)
    await talk.says(words)
    assert talk.session.field == "passcode"
    assert len(talk.sms) == before + 1


@pytest.mark.parametrize("language", list(Language))
async def test_a_message_of_pages_is_no_answer_and_can_be_made_shorter(
    talker: Talker, language: str
) -> None:
    talk = talker(language=TAGS[Language(language)])
    where = place("english_name")
    await talk.reach(Registration, "english_name", where.known)
    expect(await talk.says("CHAN Tai Man " * 100), "error.too_long", language)
    assert talk.session.field == "english_name"
    assert "english_name" not in talk.session.answers
    await talk.edits(talk.session.wrong, "CHAN Tai Man")
    assert talk.session.answers["english_name"] == "CHAN Tai Man"


async def test_a_message_of_pages_while_nothing_is_asked_is_answered_with_the_menu(
    talk: Talk,
) -> None:
    await is_registered(talk)
    heard = expect(await talk.says("今日嘅碼" * 300), "error.too_long")
    assert "today" in heard.buttons
