"""Somebody to keep in the store."""

from __future__ import annotations

from datetime import UTC, datetime

from core.holder import Holder
from core.identity import DocumentType, normalise
from core.store.people import Known
from core.store.store import Transaction

NOON = datetime(2021, 12, 10, 4, tzinfo=UTC)
ROOM = {"web": 9, "telegram": 9, "sms": 9, "work": 9}
"""So many rows of each route may be taken from the outbox."""


def holder(**changes: str) -> Holder:
    """Return a resident, but for the changes."""
    answers = {
        "document": "hkid",
        "number": "A123456(3)",
        "issued_on": "2019-03-15",
        "english_name": "CHAN Tai Man",
        "chinese_name": "陳大文",
        "born_on": "1958-01-02",
        "housing": "public",
        "mobile": "+85291234567",
        "address": "Flat 1203, Block 5, Mei Lam Estate",
        "district": "ST",
    }
    return Holder.from_answers({**answers, **changes}, language="en")


def index_of(tx: Transaction, who: Holder) -> bytes:
    """Return the blind index of his document."""
    number = normalise(DocumentType(who.document), who.number)
    return tx.people.document_index(who.document, number, who.country)


async def register(tx: Transaction, chat: str = "web:1", **changes: str) -> Known:
    """Keep him."""
    who = holder(**changes)
    return await tx.people.register(who, index_of(tx, who), chat=chat, now=NOON)
