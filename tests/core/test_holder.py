"""The person whom a code is about."""

from __future__ import annotations

from core.holder import Holder

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
