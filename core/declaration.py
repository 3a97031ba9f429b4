"""What a person declares about his health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Self

import msgspec


class Condition(StrEnum):
    """What may be declared. None of them is the answer of most people."""

    SYMPTOMS = "symptoms"
    POSITIVE = "positive"
    CONTACT = "contact"
    HOUSEHOLD_CONTACT = "household_contact"
    QUARANTINE = "quarantine"
    DISCHARGED = "discharged"
    ARRIVED = "arrived"


class Scheme(StrEnum):
    """How a person came into Hong Kong; the first two spare arrivals the quarantine."""

    RETURN2HK = "return2hk"
    COME2HK = "come2hk"
    OTHER = "other"


class Origin(StrEnum):
    """Where a person came from. The two schemes are for arrivals from the Mainland and Macao."""

    MAINLAND = "mainland"
    MACAO = "macao"
    ELSEWHERE = "elsewhere"


class Arrival(msgspec.Struct, frozen=True):
    """An arrival in Hong Kong on a Hong Kong day."""

    day: date
    origin: Origin = Origin.ELSEWHERE
    scheme: Scheme = Scheme.OTHER

    @property
    def exempt(self) -> bool:
        """Tell whether it does not count, as it was under a scheme and from where that is for."""
        return self.scheme != Scheme.OTHER and self.origin != Origin.ELSEWHERE


class Declaration(msgspec.Struct, frozen=True):
    """A health declaration, made on the day that is assessed.

    `discharged_on` and `arrival` are None where that was not declared; `chat` is the one in which
    it was made, empty where that is not known.
    """

    conditions: frozenset[Condition] = frozenset()
    discharged_on: date | None = None
    arrival: Arrival | None = None
    chat: str = ""

    @classmethod
    def from_answers(cls, answers: Mapping[str, Any], chat: str = "") -> Self:
        """Build it from the answers `conditions`, `discharged_on`, `arrived_on`, `arrived_from`
        and `scheme`; those of conditions that are not declared are passed over.

        Raise KeyError for what a declared condition needs and lacks, ValueError for other values.
        """
        conditions = frozenset(map(Condition, answers.get("conditions", ())))
        discharged_on = arrival = None
        if Condition.DISCHARGED in conditions:
            discharged_on = date.fromisoformat(answers["discharged_on"])
        if Condition.ARRIVED in conditions:
            arrival = Arrival(
                day=date.fromisoformat(answers["arrived_on"]),
                origin=Origin(answers["arrived_from"]),
                scheme=Scheme(answers.get("scheme", Scheme.OTHER)),
            )
        return cls(conditions, discharged_on, arrival, chat)

    def only(self, conditions: Iterable[Condition]) -> Declaration:
        """Return what it says of these conditions, whoever declared them."""
        kept = frozenset(conditions)
        return Declaration(
            kept,
            self.discharged_on if Condition.DISCHARGED in kept else None,
            self.arrival if Condition.ARRIVED in kept else None,
        )

    def along_with(self, earlier: Declaration) -> Declaration:
        """Return it with what an earlier one says besides."""
        return Declaration(
            self.conditions | earlier.conditions,
            self.discharged_on or earlier.discharged_on,
            self.arrival or earlier.arrival,
            self.chat,
        )
