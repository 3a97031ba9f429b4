"""Who looks after whom, and by whose word."""

from __future__ import annotations

from enum import StrEnum


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
