"""Answers to another question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.answer import Context
from core.words.misplaced import is_misplaced

CONTEXT = Context(date(2021, 12, 10), {})


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "係",
        "2/1/1958",
        "１９５８年１月２日",
        "TR 1234567",
        "A123456(3)",
        "+852 91234567",
        "Inn, phone 91234567",
    ],
)
def test_a_reply_a_day_or_a_number_is_an_answer_to_something_else(text: str) -> None:
    assert is_misplaced(text, CONTEXT)


def test_who_sends_his_name_twice_does_not_live_in_it() -> None:
    named = replace(CONTEXT, answers={"english_name": "CHAN Tai Man", "chinese_name": None})
    assert is_misplaced(" CHAN Tai Man", named)
    assert not is_misplaced("CHAN Tai Man", CONTEXT)


@pytest.mark.parametrize(
    "text", ["", "Hotel 1936", "1208", "12-08", "12A", "8 Nathan Road", "YMCA"]
)
def test_any_other_words_may_be_what_is_asked(text: str) -> None:
    assert not is_misplaced(text, CONTEXT)
