"""The person whom a code is about."""

from __future__ import annotations

from core.holder import Holder, called

ANSWERS = {
    "document": "hkid",
    "number": "A123456(3)",
    "issued_on": "2019-03-15",
    "english_name": "CHAN Tai Man",
    "born_on": "1958-01-02",
    "housing": "public",
    "mobile": "+85291234567",
}


def test_a_holder_is_what_was_answered_and_nothing_else() -> None:
    holder = Holder.from_answers({**ANSWERS, "passcode": "x", "truth": "yes"}, language="en")
    answers = holder.answers()
    assert {name: value for name, value in answers.items() if value} == ANSWERS
    assert "language" not in answers
    assert "passcode" not in answers


def test_a_holder_is_kept_whole() -> None:
    holder = Holder.from_answers({**ANSWERS, "chinese_name": "陳大文"}, language="zh_Hant_HK")
    assert Holder.from_bytes(holder.to_bytes()) == holder


def test_he_is_called_by_the_name_that_is_read_in_the_language() -> None:
    chan = called("CHAN Tai Man", "陳大文", "zh_Hant_HK"), called("CHAN Tai Man", "陳大文", "en")
    assert chan == ("陳大文", "CHAN Tai Man")
    assert called("SMITH John", "", "zh_Hans") == "SMITH John"
    assert called("", "陳大文", "en") == ""
