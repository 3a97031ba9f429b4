from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.operator.verify import GOOD, REFUSED, UNUSABLE, WHY, verify
from core.colour import Colour
from core.credential import Reason, check
from core.gate.sighting import code_in, is_other
from tests.core.forgeries import KEYS, KINDS, Forgery, forgeries, genuine

pytestmark = pytest.mark.no_cover

SEED, COUNT = 20211210, 10_000
COMMANDS = 2_000
"""So many are given to the command as well, which reads the keys anew for each."""


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


COPIED = {
    "a full-width character",
    "a full-width prefix",
    "a line end",
    "a nought after it",
    "a small prefix",
    "an invisible character",
    "in small letters",
    "space before it",
}
"""What a genuine code suffers where its text is copied: a person who gives it means that code."""


def test_none_is_good_on_the_command_line_but_a_copy(
    attempts: list[Forgery], tmp_path: Path
) -> None:
    for name, keys in KEYS.items():
        (tmp_path / name).write_bytes(keys.to_json())
    mistaken = []
    for attempt in attempts[:COMMANDS]:
        # The command is given a code only, without a document or digits; what a copy brings along
        # at its ends, it leaves away.
        other = attempt.reason in (Reason.OTHER_DOCUMENT, Reason.OTHER_CHALLENGE)
        if other or attempt.text != attempt.text.strip():
            continue
        status, words = verify(attempt.text, tmp_path / attempt.keys, attempt.now)
        code = code_in(attempt.text)
        if code is None and not is_other(attempt.text):
            told = status == UNUSABLE and "neither a picture that exists nor a code" in words
        else:
            verdict = check(code or attempt.text, KEYS[attempt.keys], attempt.now)
            if verdict.reason is None:
                green = verdict.claims is not None and verdict.claims.colour is Colour.GREEN
                told = attempt.name in COPIED and status == (GOOD if green else REFUSED)
            else:
                told = status == REFUSED and WHY[verdict.reason] in words
        if not told:
            mistaken.append((attempt.name, status, words))
    assert not mistaken


def test_codes_made_in_the_same_ways_are_accepted() -> None:
    for code in genuine(SEED, 300):
        verdict = check(code.text, KEYS["live"], code.now, document=code.document)
        assert (verdict.reason, verdict.binding) == (None, True)
