"""What was declared earlier: what of it may hold today, and what becomes of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.assessment import DEFAULT_WINDOWS, Windows
from core.declaration import Arrival, Condition, Declaration, Origin, Scheme
from core.earlier import Earlier, declared, lacking, may_hold, took_back

TODAY = date(2021, 12, 10)
ARRIVAL = Arrival(date(2021, 12, 1), Origin.MACAO, Scheme.COME2HK)
ALL = Declaration(frozenset(Condition), date(2021, 12, 2), ARRIVAL, "telegram:1")


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("condition", "window"),
    [
        *((each, 14) for each in Condition if each not in ("discharged", "arrived")),
        (Condition.DISCHARGED, 14),
        (Condition.ARRIVED, 21),
    ],
)
def test_everything_holds_as_long_as_it_counts(condition: Condition, window: int) -> None:
    for ago, holds in ((0, True), (window - 1, True), (window, False), (-1, False)):
        day = days_ago(ago)
        declaration = Declaration(frozenset({condition}), day, Arrival(day))
        # An arrival and a discharge count from their own day, whenever they were declared.
        dated = condition in ("discharged", "arrived")
        made_on = days_ago(3) if dated else day
        found = may_hold(declaration, made_on, TODAY, DEFAULT_WINDOWS)
        assert (found is not None) is holds, ago
        assert found is None or (found.day, found.declaration.conditions) == (made_on, {condition})


def test_the_windows_are_those_of_the_policy() -> None:
    windows = Windows(symptom_days=3, discharge_days=4, arrival_days=5)
    declaration = Declaration(frozenset(Condition), days_ago(3), Arrival(days_ago(4)))
    found = may_hold(declaration, days_ago(3), TODAY, windows)
    assert found is not None
    assert found.declaration.conditions == {Condition.DISCHARGED, Condition.ARRIVED}


def test_nothing_is_kept_of_what_no_longer_holds_nor_of_the_chat() -> None:
    found = may_hold(ALL, days_ago(1), date(2021, 12, 18), DEFAULT_WINDOWS)
    assert found is not None
    assert found.declaration == Declaration(ALL.conditions - {Condition.DISCHARGED}, None, ARRIVAL)
    assert may_hold(Declaration(), TODAY, TODAY, DEFAULT_WINDOWS) is None


def test_it_stands_among_the_answers_as_plain_json() -> None:
    earlier = Earlier(TODAY, ALL)
    assert Earlier.of(earlier.answers()) == earlier
    assert earlier.answers()["earlier"]["day"] == "2021-12-10"
    assert Earlier.of({"conditions": []}) is None


SICK = Earlier(
    TODAY, Declaration(frozenset({Condition.SYMPTOMS, Condition.ARRIVED}), None, ARRIVAL)
)


def test_what_the_answers_of_today_leave_out_is_lacking() -> None:
    before = SICK.answers()
    assert lacking({**before, "conditions": ["arrived"]}) == {Condition.SYMPTOMS}
    assert lacking({**before, "conditions": []}) == {Condition.SYMPTOMS, Condition.ARRIVED}
    assert lacking({**before, "conditions": ["same", "contact"]}) == frozenset()
    assert lacking(before) == frozenset()
    assert lacking({"conditions": []}) == frozenset()


def test_what_holds_still_is_declared_with_what_is_new() -> None:
    given = {"arrived_on": "2021-12-09", "arrived_from": "elsewhere"}
    before = SICK.answers()
    same = declared({**before, "conditions": ["same", "contact"]}, "web:2")
    assert same == Declaration(
        SICK.declaration.conditions | {Condition.CONTACT}, None, ARRIVAL, "web:2"
    )
    newer = declared({**before, "conditions": ["arrived"], "still": "yes", **given}, "")
    assert newer.conditions == {Condition.SYMPTOMS, Condition.ARRIVED}
    assert newer.arrival == Arrival(date(2021, 12, 9))
    over = {**before, "conditions": ["contact"], "still": "no"}
    assert declared(over, "") == Declaration(frozenset({Condition.CONTACT}))
    assert took_back(over)
    assert not took_back({"conditions": []})
    assert declared({"conditions": ["arrived"], **given}, "") == Declaration.from_answers(
        {"conditions": ["arrived"], **given}
    )
