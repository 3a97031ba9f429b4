"""Somebody who waits to look after another."""

from __future__ import annotations

from datetime import datetime

from core.family import Relation, Way
from core.store.people import Known
from core.store.store import Transaction
from tests.core.store.people import NOON, holder, index_of

MOTHER = {
    "number": "G123456(A)",
    "english_name": "WONG Mei",
    "chinese_name": "王美",
    "mobile": "",
}


async def waits(
    tx: Transaction,
    way: Way = Way.STAFF,
    *,
    chat: str = "web:1",
    language: str = "en",
    at: datetime = NOON,
    **changes: str,
) -> Known:
    """Let a chat wait to look after the person, who is registered for it if he is not yet."""
    who = holder(**{**MOTHER, **changes})
    who.language = language
    index = index_of(tx, who)
    known = await tx.people.of_document(index)
    if known is None:
        known = await tx.people.register(who, index, chat=None, now=at)
    relation = Relation.PARENT if way is Way.STAFF else None
    await tx.family.look_after(chat, known.id, relation=relation, way=way, starts_at=None, now=at)
    return known
