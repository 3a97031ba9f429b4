"""An export that a spreadsheet has saved is read as it was, or not at all: no day for a month."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.answer import Invalid
from core.days import HONG_KONG, hong_kong_day
from core.sample import sample_export
from core.visits import Export, VisitPolicy, read_export
from tests.corpus import CSV_HEAD, CSV_ROW, NOW

POLICY = VisitPolicy()
TABLE = CSV_HEAD + CSV_ROW + CSV_ROW.replace("12-09T", "11-25T").replace("gxr8l5A6", "AAAAAAAA")
"""The second visit is of the 25th: no month."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+\+08:00")
DAY = re.compile(r"\d{4}-\d\d-\d\d(?=\n)")


def half(moment: datetime) -> int:
    return (moment.hour - 1) % 12 + 1


SAVED: dict[str, Callable[[datetime], str]] = {
    "Hong Kong": lambda at: f"{at.day}/{at.month}/{at.year} {at.hour}:{at.minute:02}",
    "Britain": lambda at: f"{at:%d/%m/%Y %H:%M:%S}",
    "Germany": lambda at: f"{at:%d.%m.%Y %H:%M}",
    "the Netherlands": lambda at: f"{at.day}-{at.month}-{at.year} {at.hour}:{at.minute:02}",
    "America": lambda at: f"{at.month}/{at.day}/{at.year} {half(at)}:{at:%M %p}",
    "Taiwan": lambda at: (
        f"{at.year}/{at.month}/{at.day}  {'下午' if at.hour > 11 else '上午'} {half(at):02}:{at:%M}"
    ),
    "the Mainland": lambda at: f"{at.year}年{at.month}月{at.day}日 {at.hour}:{at.minute:02}",
    "Google": lambda at: f"{at:%Y-%m-%d} {at.hour}:{at:%M:%S}",
}
DAY_FIRST = ("Hong Kong", "Britain", "Germany", "the Netherlands")


def read(text: str, encoding: str = "utf-8", now: datetime = NOW) -> Export:
    return read_export(text.encode(encoding), name="", now=now, policy=POLICY)


def refusal(text: str, encoding: str = "utf-8") -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(text, encoding)
    return caught.value


def saved(text: str, how: Callable[[datetime], str]) -> str:
    """Return a table as a spreadsheet saves it, its days too."""
    text = TIME.sub(lambda found: how(datetime.fromisoformat(found[0])), text)
    return DAY.sub(lambda found: how(datetime.fromisoformat(found[0])).split()[0], text)


@pytest.mark.parametrize("where", list(SAVED))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "big5", "gb18030"])
def test_what_a_spreadsheet_saved_is_read_as_it_was(where: str, encoding: str) -> None:
    text = saved(TABLE, SAVED[where])
    assert not TIME.search(text)
    if "年" in text and encoding in ("big5", "gb18030"):
        # Of all that is Chinese in these, only the half of the day is read.
        assert refusal(text, encoding).code == "field"
        return
    found, whole = read(text, encoding), read(TABLE)
    assert found.installed == whole.installed
    assert found.exported_at == whole.exported_at
    times = [(visit.place, visit.entered, visit.left) for visit in whole.visits]
    assert [(visit.place, visit.entered, visit.left) for visit in found.visits] == times


@pytest.mark.parametrize("where", list(SAVED))
def test_never_is_a_day_taken_for_a_month(where: str) -> None:
    """Files of many days, with few visits and many, are read as they were or asked for again."""
    read_as_they_were = 0
    for seed in range(60):
        now = NOW + timedelta(days=seed)
        text = sample_export(seed % 31 + 1, seed % 7 + 1, seed, now, name="a.csv").decode()
        whole = read(text, now=now)
        try:
            found = read(saved(text.replace("\r", ""), SAVED[where]), now=now)
        except Invalid as invalid:
            assert invalid.code == "day_or_month"
            continue
        assert [hong_kong_day(visit.entered) for visit in found.visits] == [
            hong_kong_day(visit.entered) for visit in whole.visits
        ]
        assert (found.covered_from > hong_kong_day(now)) == (
            whole.covered_from > hong_kong_day(now)
        )
        read_as_they_were += 1
    assert read_as_they_were > 30


@pytest.mark.parametrize("where", [*DAY_FIRST, "America"])
def test_where_nothing_tells_the_day_from_the_month_it_is_asked_for_again(where: str) -> None:
    error = refusal(saved(CSV_HEAD + CSV_ROW, SAVED[where]))
    assert error.code == "day_or_month"
    assert error.params == {"found": SAVED[where](datetime(2021, 12, 10, 8, tzinfo=HONG_KONG))}


def test_days_that_contradict_each_other_tell_nothing() -> None:
    head = CSV_HEAD.replace("2021-12-10T08:00:00+08:00", "10/12/2021 8:00")
    rows = CSV_ROW.replace("2021-12-09T18:00:00+08:00", "25/11/2021 18:00")
    rows += CSV_ROW.replace("2021-12-09T18:00:00+08:00", "11/25/2021 18:00")
    assert refusal(head + rows).params == {"found": "10/12/2021 8:00"}


def installed(day: str) -> str:
    return (CSV_HEAD + CSV_ROW).replace("2021-11-01", day)


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        ("1/11/2021", "2021-11-01"),  # Or 11 January: both are long enough ago.
        ("11/1/2021", "2021-11-01"),
        ("12/11/2021", "2021-11-12"),  # 11 December is to come.
        ("13/11/2021", "2021-11-13"),
        ("2021/11/1", "2021-11-01"),
        ("1/11/2021 0:00", "2021-11-01"),
    ],
)
def test_the_day_of_the_installation_alone_is_read_where_it_comes_to_the_same(
    day: str, taken: str
) -> None:
    assert str(read(installed(day)).installed) == taken


@pytest.mark.parametrize("day", ["1/12/2021", "12/1/2021", "3/12/2021", "11/12/2022"])
def test_an_installation_that_may_be_too_new_or_not_is_asked_for_again(day: str) -> None:
    assert refusal(installed(day)).code == "day_or_month"


@pytest.mark.parametrize(
    "time",
    [
        "9/12/21 18:00",
        "31/11/2021 18:00",
        "30/2/2021 18:00",
        "25/11/2021",
        "25/11/2021 25:00",
        "25/11/2021 下午 18:00",
        "25/11/2021 下午 6:00 PM",
        "25/11/2021 18:00 GMT",
        "44539.75",
        "########",
        "25/11/2021" + " " * 100_000 + "18:00",
    ],
)
def test_what_is_no_time_for_certain_is_refused_with_its_row(time: str) -> None:
    error = refusal((CSV_HEAD + CSV_ROW).replace("2021-12-09T18:00:00+08:00", time))
    assert error.code == "time"
    assert error.params["row"] == 5


def test_names_in_the_letters_of_a_spreadsheet_are_left_out_and_nothing_else() -> None:
    for encoding in ("big5", "gb18030"):
        [visit] = read(CSV_HEAD + CSV_ROW, encoding).visits
        assert (visit.name_en, visit.name_zh) == ("Leung Tin Sports Centre", "")
    assert read(CSV_HEAD + CSV_ROW).visits[0].name_zh == "良田體育館"


@pytest.mark.parametrize("encoding", ["big5", "gb18030"])
@pytest.mark.parametrize("cell", ["gxr8l5A6", "2021-12-09T18:00:00+08:00", "2021-11-01"])
def test_what_is_no_name_may_hold_no_such_letter(encoding: str, cell: str) -> None:
    text = (CSV_HEAD + CSV_ROW).replace(cell, f"{cell}良")
    assert refusal(text, encoding).code in ("venue", "time", "field")
