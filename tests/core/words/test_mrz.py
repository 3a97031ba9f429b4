"""The machine-readable zone: ICAO's own specimens, and each of their characters mistyped."""

from __future__ import annotations

import pytest

from core.answer import Invalid
from core.words.mrz import Zone, check_digit, read_zone

PASSPORT = """
P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L898902C36UTO7408122F1204159ZE184226B<<<<<10"""
"""Doc 9303 part 4, appendix B."""
CARD = """
I<UTOD231458907<<<<<<<<<<<<<<<
7408122F1204159UTO<<<<<<<<<<<6
ERIKSSON<<ANNA<MARIA<<<<<<<<<<"""
"""Doc 9303 part 5, appendix B."""
LONG = """
I<UTOD23145890<7349<<<<<<<<<<<
3407127M9507122UTO<<<<<<<<<<<2
STEVENSON<<PETER<<<<<<<<<<<<<<"""
"""Part 5, §4.2.2.2: a number of more than nine characters goes on in the optional data."""


def test_the_specimens_are_read() -> None:
    assert read_zone(PASSPORT) == Zone("P", "UTO", "L898902C3")
    assert read_zone(CARD) == Zone("I", "UTO", "D23145890")
    assert read_zone(LONG) == Zone("I", "UTO", "D23145890734")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (PASSPORT.strip().splitlines()[1], "L898902C3"),
        (CARD.strip().splitlines()[0], "D23145890"),
        ("".join(CARD.strip().splitlines()[:2]), "D23145890"),
        (PASSPORT.lower(), "L898902C3"),
        (PASSPORT.replace("\n", "  "), "L898902C3"),
        (PASSPORT.replace("<<", "«"), "L898902C3"),
        (CARD.replace("<", "‹"), "D23145890"),
        (
            PASSPORT.translate({ord(c): ord(c) + 0xFEE0 for c in "<ABCDEFLOTUZ0123456789"}),
            "L898902C3",
        ),
    ],
)
def test_a_part_of_it_is_enough_and_may_be_written_in_many_ways(typed: str, number: str) -> None:
    zone = read_zone(typed)
    assert zone is not None
    assert zone.number == number


def test_optional_data_that_is_empty_may_have_no_check_digit() -> None:
    line = "L898902C36UTO7408122F1204159<<<<<<<<<<<<<<"
    for check in ("0", "<"):
        whole = line + check
        composite = check_digit(whole[0:10] + whole[13:20] + whole[21:43])
        assert read_zone(whole + composite) == Zone("P", "UTO", "L898902C3")


@pytest.mark.parametrize(
    "text", ["", "A123456(3)", "L898902C3", "P<UTO", "<" * 43, PASSPORT + "<", "P<Ü" + "<" * 41]
)
def test_other_texts_are_none(text: str) -> None:
    assert read_zone(text) is None


def mistyped(line: str) -> list[str]:
    """Return the line with each of its digits another one."""
    return [
        f"{line[:place]}{(int(character) + 1) % 10}{line[place + 1 :]}"
        for place, character in enumerate(line)
        if character.isdigit()
    ]


def test_a_wrong_digit_is_found_wherever_it_is() -> None:
    head, line = PASSPORT.strip().splitlines()
    first, second, third = CARD.strip().splitlines()
    wrong = [
        *(f"{head}{each}" for each in mistyped(line)),
        *(f"{each}{second}{third}" for each in mistyped(first)),
        *(f"{first}{each}" for each in mistyped(second)),
        *(LONG.replace(LONG.split()[0], each) for each in mistyped(LONG.split()[0])),
        "I<UTOD23145890<" + "<" * 15,
    ]
    for zone in wrong:
        with pytest.raises(Invalid, match="mrz"):
            read_zone(zone)
