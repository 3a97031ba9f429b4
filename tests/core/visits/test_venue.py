from __future__ import annotations

import pytest

from core.answer import Invalid
from core.visits.venue import Venue, make_qr, parse_qr, venue_hash

PUBLISHED = (
    "HKEN:0gxr8l5A6eyJtZXRhZGF0YSI6bnVsbCwibmFtZVpoIjoi6Imv55Sw6auU6IKy6aSoIiwibmFtZUVuIjoiTGV1bm"
    "cgVGluIFNwb3J0cyBDZW50cmUiLCJ0eXBlIjoiU1BPUlRTQ1VMVFVSQUxSRUNSRUFUSU9OQUwiLCJoYXNoIjoiZTczODE"
    "4YjFjN2U4MDUzM2E4MjI3NjE5NzZhMmMwNTJmMWUwNTQzZTQ2ODM0MDk1ODZmZDg5OTRhM2MxZmU3NiJ9"
)
"""The sample in the README of github.com/Victorlauni/LeaveHomeSafe-QR-decoder."""
LEUNG_TIN = Venue("gxr8l5A6", "Leung Tin Sports Centre", "良田體育館", "SPORTSCULTURALRECREATIONAL")


def test_a_real_code_is_read_and_made() -> None:
    assert parse_qr(PUBLISHED) == LEUNG_TIN
    assert make_qr(LEUNG_TIN) == PUBLISHED


def test_names_may_be_absent_and_padding_too() -> None:
    bare = Venue("AAAAAAAA")
    assert parse_qr(make_qr(bare).rstrip("=")) == bare


def test_a_damaged_code_is_told_from_something_else() -> None:
    with pytest.raises(Invalid) as caught:
        parse_qr(PUBLISHED.replace("gxr8l5A6", "gxr8l5A9"))
    assert caught.value.code == "qr_hash"
    with pytest.raises(Invalid) as caught:
        parse_qr("https://www.leavehomesafe.gov.hk")
    assert caught.value.code == "qr"


def test_the_hash_is_of_the_venue_alone() -> None:
    assert venue_hash("gxr8l5A6").startswith("e73818b1")
    assert venue_hash("gxr8l5A6") != venue_hash("gxr8l5A7")
