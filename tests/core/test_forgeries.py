from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.verify import GOOD, REFUSED, WHY, verify
from core.credential import Reason, check
from tests.core.forgeries import KEYS, KINDS, Forgery, forgeries, genuine

SEED, COUNT = 20211210, 10_000


@pytest.fixture(scope="module")
def attempts() -> list[Forgery]:
    return list(forgeries(SEED, COUNT))


def test_there_are_ten_thousand_for_every_reason(attempts: list[Forgery]) -> None:
    assert len({attempt.text for attempt in attempts}) == COUNT
    assert len({attempt.name for attempt in attempts}) > 150
    assert {attempt.reason for attempt in attempts} == set(Reason)
    assert list(forgeries(SEED, 2 * len(KINDS))) == attempts[: 2 * len(KINDS)]
    assert list(forgeries(SEED + 1, len(KINDS))) != attempts[: len(KINDS)]


def test_none_is_accepted_and_each_is_refused_for_its_reason(attempts: list[Forgery]) -> None:
    mistaken: Counter[tuple[str, str]] = Counter()
    for attempt in attempts:
        verdict = check(
            attempt.text,
            KEYS[attempt.keys],
            attempt.now,
            document=attempt.document,
            challenge=attempt.challenge,
        )
        if verdict.accepted or verdict.reason is not attempt.reason:
            mistaken[attempt.name, str(verdict.reason)] += 1
    assert not mistaken


def test_none_is_good_on_the_command_line(attempts: list[Forgery], tmp_path: Path) -> None:
    for name, keys in KEYS.items():
        (tmp_path / name).write_bytes(keys.to_json())
    mistaken = []
    for attempt in attempts:
        # The command is given a code only, without a document or digits; what a copy brings along
        # at its ends, it leaves away.
        other = attempt.reason in (Reason.OTHER_DOCUMENT, Reason.OTHER_CHALLENGE)
        if not other and attempt.text == attempt.text.strip():
            status, words = verify(attempt.text, tmp_path / attempt.keys, attempt.now)
            if attempt.text.startswith("HK"):
                assert attempt.reason is not None
                told = status == REFUSED and WHY[attempt.reason] in words
            else:
                told = status != GOOD and "neither a picture that exists nor a code" in words
            if not told:
                mistaken.append((attempt.name, status, words))
    assert not mistaken


def test_codes_made_in_the_same_ways_are_accepted() -> None:
    for code in genuine(SEED, 300):
        verdict = check(code.text, KEYS["live"], code.now, document=code.document)
        assert (verdict.reason, verdict.binding) == (None, True)
