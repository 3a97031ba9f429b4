"""Days as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer import Invalid
from core.words.written_dates import BACK, ERRORS, FORWARD, Sense, days_in, only_day, read_day

TODAY = date(2021, 12, 10)
SENSE = Sense(TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "2021-12-10",
        "2021/12/10",
        "2021.12.10.",
        "20211210",
        "10/12/2021",
        "10.12.2021",
        "10-12-2021",
        "10 12 2021",
        "10122021",
        "10 Dec 2021",
        "10-Dec-2021",
        "10Dec2021",
        "10th of December, 2021",
        "December 10 2021",
        "Dec. 10th, 2021",
        "2021 Dec 10",
        "Fri, 10 Dec 2021",
        "Friday 10 DECEMBER 2021",
        "2021年12月10日",
        "2021 年 12 月 10 號",
        "２０２１年１２月１０日",
        "民國110年12月10日",
        "110年12月10日",
        "110/12/10",
        "110.12.10",
        "二零二一 十二月 十",
        "二千零二十一年十二月十日",
        "10-12-21 2021",
        "21年12月10日 2021",
        "2021年12月10日（星期五）",
        "二〇二一年十二月十日",
        "二零二一年十二月十号",
        "today",
        "今日",
        " 今天。",
    ],
)
def test_a_day_is_understood_however_it_is_written(text: str) -> None:
    assert read_day(text, SENSE) == TODAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", date(2021, 12, 9)),
        ("琴日", date(2021, 12, 9)),
        ("昨天", date(2021, 12, 9)),
        ("前日", date(2021, 12, 8)),
        ("大前日", date(2021, 12, 7)),
        ("大前天", date(2021, 12, 7)),
        ("1958年元月2日", date(1958, 1, 2)),
        ("二千零三年二月一號", date(2003, 2, 1)),
        ("二千年二月一號", date(2000, 2, 1)),
        ("一千九百五十八年一月二日", date(1958, 1, 2)),
        ("民國一百零八年三月十五日", date(2019, 3, 15)),
        ("民國一百年三月十五日", date(2011, 3, 15)),
        ("聽日", date(2021, 12, 11)),
        ("1/2/1990", date(1990, 2, 1)),
        ("12/25/1990", date(1990, 12, 25)),
        ("29 Feb 2020", date(2020, 2, 29)),
        ("一九五〇年五月廿五日", date(1950, 5, 25)),
        ("一九五〇年十月卅一日", date(1950, 10, 31)),
        ("Sept 5, 1960", date(1960, 9, 5)),
        ("5 may 1960", date(1960, 5, 5)),
        ("19101920", date(1920, 10, 19)),
        ("10" + " " * 9000 + "Dec 2021", date(2021, 12, 10)),
    ],
)
def test_words_and_order_decide(text: str, day: date) -> None:
    assert read_day(text, SENSE) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "format"),
        ("hello", "format"),
        ("soon", "format"),
        ("10 Dec 2021" + " or so" * 9, "format"),
        ("一九五〇年廿五月", "format"),
        ("10/12/110", "format"),
        ("10號", "format"),
        ("2021/12/2021", "format"),
        ("Marching 5 2021", "format"),
        ("2021-12-10 2021-12-11", "format"),
        ("10 Dec", "no_year"),
        ("Dec 10", "no_year"),
        ("12月10日", "no_year"),
        ("10/12", "no_year"),
        ("10/12/21", "two_digit_year"),
        ("10-12-90", "two_digit_year"),
        ("101290", "two_digit_year"),
        ("10 Dec 21", "two_digit_year"),
        ("21年12月10日", "two_digit_year"),
        ("31/2/2021", "no_such_day"),
        ("29 Feb 2021", "no_such_day"),
        ("2021-13-01", "no_such_day"),
        ("13/13/2021", "no_such_day"),
        ("99999999", "no_such_day"),
        ("20219999", "no_such_day"),
        ("0000-01-01", "no_such_day"),
    ],
)
def test_what_is_wrong_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_day(text, SENSE)
    assert caught.value.code == code


def test_what_a_near_day_leaves_out_is_filled_in() -> None:
    ahead, back = Sense(TODAY, FORWARD, 1971), Sense(TODAY, BACK, 1971)
    assert read_day("10 Nov", ahead) == date(2021, 11, 10)
    assert read_day("9 Nov", ahead) == date(2022, 11, 9)
    assert read_day("8 Jan", back) == date(2022, 1, 8)
    assert read_day("9 Jan", back) == date(2021, 1, 9)
    assert read_day("10號", ahead) == read_day("10號", back) == TODAY
    assert read_day("the 9th", ahead) == date(2022, 1, 9)
    assert read_day("11號", back) == date(2021, 11, 11)
    assert read_day("1/1/22", ahead) == date(2022, 1, 1)
    for text, code in {"29/2": "no_such_day", "32號": "no_such_day", "1/1/220": "format"}.items():
        with pytest.raises(Invalid) as caught:
            read_day(text, ahead)
        assert caught.value.code == code


def test_a_year_of_two_digits_may_stand_first() -> None:
    ahead, back = Sense(TODAY, FORWARD, 1971), Sense(TODAY, BACK, 1971)
    for text in ("24-12-21", "21-12-24", "211224", "21.12.24", "12/24/21"):
        assert read_day(text, ahead) == date(2021, 12, 24), text
    assert read_day("21-12-1", back) == date(2021, 12, 1)
    past, card = Sense(TODAY, hundred=1949), Sense(TODAY, hundred=1949, day_first=True)
    for text in ("19-03-28", "190328", "28-03-19"):
        assert read_day(text, past) == read_day(text, card) == date(2019, 3, 28), text
    for text in ("19-03-15", "190315"):
        assert read_day(text, card) == date(2015, 3, 19)
        with pytest.raises(Invalid, match="two_digit_year"):
            read_day(text, past)
    with pytest.raises(Invalid, match="no_such_day"):
        read_day("31-31-31", past)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("係二零一九年三月十五號", "2019-03-15"),
        ("yes 15/3/2019, 15 March 2019", "2019-03-15"),
        ("not 14/3/2019 but 15/3/2019", "2019-03-15"),
        ("民國一百零八年三月十五日發嘅", "2019-03-15"),
        ("第一次係2019年3月15日", "2019-03-15"),
        ("the 15th", None),
        ("it was 15/3/220", None),
        ("today", None),
        ("nothing", None),
    ],
)
def test_the_only_day_of_a_sentence(text: str, value: str | None) -> None:
    found = only_day(text, SENSE)
    assert (found and found.value) == value


def test_a_day_of_a_sentence_stands_where_it_was_written() -> None:
    text = "係二零一九年三月十五號，唔該"
    found = only_day(text, SENSE)
    assert found is not None
    assert text[found.start : found.end] == "二零一九年三月十五號"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("15/3/2019 or 16/3/2019", "several_days"),
        ("15/3/2019 or 16/3", "several_days"),
        ("農曆2019年3月15日", "lunar"),
        ("it was 30/2/2019", "no_such_day"),
        ("it was 15/3", "no_year"),
        ("it was 15/3/19", "two_digit_year"),
    ],
)
def test_what_is_wrong_in_a_sentence_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        only_day(text, SENSE)
    assert caught.value.code == code
    assert "lunar" not in text or not list(days_in(text))


@given(
    st.dates(), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%B %d, %Y", "%Y年%m月%d日"])
)
def test_every_day_is_read_back(day: date, form: str) -> None:
    text = day.strftime(form).replace(str(day.year), f"{day.year:04}", 1)
    if day.year >= 1000:
        assert read_day(text, SENSE) == day
        assert [found.value for found in days_in(f"on {text} it was")] == [day.isoformat()]


@given(st.text())
def test_nothing_but_invalid_is_raised(text: str) -> None:
    list(days_in(text))
    for way in (0, FORWARD, BACK):
        with suppress(Invalid):
            only_day(text, Sense(TODAY, way))
    try:
        read_day(text, SENSE)
    except Invalid as wrong:
        assert wrong.code in (*ERRORS, "no_year", "two_digit_year")


def test_dates_are_found_in_a_longer_text_in_order() -> None:
    text = (
        "on １０ Dec ２０２１, or 2021年12月11日, not 31/2/2021, 10/12/21 or 1.2.3.2021; 12/12/2021"
    )
    found = list(days_in(text))
    assert [f.value for f in found] == ["2021-12-10", "2021-12-11", "2021-12-12"]
    assert [text[f.start : f.end] for f in found] == [
        "１０ Dec ２０２１",
        "2021年12月11日",
        "12/12/2021",
    ]


def test_dates_do_not_overlap() -> None:
    assert [found.value for found in days_in("10 Dec 2021 Dec 11")] == ["2021-12-10"]


def test_figures_that_only_a_space_parts_are_no_date_in_a_longer_text() -> None:
    assert not list(days_in("Flat 1 2 2021 Road"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15日早上退房", 15),
        ("住到15日", 15),
        ("15日離開", 15),
        ("住15日", None),
        ("15日", None),
        ("15日內", None),
    ],
)
def test_a_number_of_days_is_no_day_of_the_month(text: str, day: int | None) -> None:
    found = only_day(text, Sense(TODAY, FORWARD, 1971))
    assert (found and found.value) == (day and f"2021-12-{day}")


@pytest.mark.parametrize("text", ["15/3/108", "10-12-21 2020 1", "1108年3月15日"])
def test_a_year_of_three_digits_stands_first(text: str) -> None:
    with suppress(Invalid):
        assert read_day(text, SENSE).year == 1108
