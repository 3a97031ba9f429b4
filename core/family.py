"""Who looks after whom, and by whose word."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from core.dates import months_before


class Relation(StrEnum):
    """What the person looked after is to the guardian."""

    CHILD = "child"
    PARENT = "parent"
    OTHER = "other"


class Way(StrEnum):
    """How the person looked after has agreed, or who answers for it.

    `PHONE`: by a one-time code that came to his own phone. `STAFF`: the guardian declares the
    relation, and staff confirm it. `LETTER`: by a code in a letter to his address.
    """

    PHONE = "phone"
    STAFF = "staff"
    LETTER = "letter"


CARD_AGE = 11
"""From this age on one must have an identity card (Registration of Persons Regulations); a younger
child is known by his birth certificate, whose number is built alike."""


def before_card_age(born_on: date, day: date) -> bool:
    """Tell whether somebody was too young for an identity card on a day."""
    return born_on > months_before(day, 12 * CARD_AGE)
