"""What an officer is checking: which codes belong together, and for how long."""

from __future__ import annotations

from datetime import timedelta

from core.gate.inspection import ASKED, LASTS, Inspection, Scan, Seen
from tests.clock import NOON


def test_the_pictures_of_an_album_are_numbered_and_belong_together() -> None:
    inspection = Inspection()
    for job, album in (("1", "a"), ("2", "a"), ("3", ""), ("4", ""), ("5", "b"), ("6", "a")):
        inspection.begin(job, album)
    assert inspection.scans == {
        "1": Scan("a", 1),
        "2": Scan("a", 2),
        "3": Scan("3", 0),
        "4": Scan("4", 0),
        "5": Scan("b", 1),
        "6": Scan("a", 1),
    }


def test_only_the_codes_of_the_newest_picture_or_album_are_compared() -> None:
    inspection = Inspection()
    inspection.see(Scan("a", 1), [Seen("A")], NOON)
    inspection.see(Scan("a", 2), [Seen("B")], NOON)
    assert [each.text for each in inspection.seen] == ["A", "B"]
    inspection.matches = {"hkid": [0]}
    inspection.see(Scan("3"), [Seen("C")], NOON)
    assert [each.text for each in inspection.seen] == ["C"]
    assert not inspection.matches
    inspection.see(Scan("4"), [], NOON)
    assert inspection.seen == []


def test_a_code_is_kept_for_a_while_only() -> None:
    inspection = Inspection()
    inspection.see(Scan("1"), [Seen("A")], NOON)
    inspection.matches = {"hkid": [0]}
    inspection.lapse(NOON + LASTS)
    assert inspection.seen
    assert inspection.matches
    inspection.lapse(NOON + LASTS + timedelta(seconds=1))
    assert not inspection.seen
    assert not inspection.matches


def test_a_live_answer_is_awaited_until_it_comes_or_the_time_is_over() -> None:
    inspection = Inspection()
    assert not inspection.asked(NOON)
    inspection.asked_at = int(NOON.timestamp())
    inspection.see(Scan("1"), [Seen("A", live=False)], NOON)
    assert inspection.asked(NOON + ASKED)
    assert not inspection.asked(NOON + ASKED + timedelta(seconds=1))
    inspection.see(Scan("2"), [Seen("B", live=True)], NOON)
    assert not inspection.asked(NOON)
