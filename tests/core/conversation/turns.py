"""A turn by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from core.conversation.messages import Body, Incoming
from core.conversation.session import Session
from core.conversation.turn import Turn
from core.store.store import Transaction
from tests.talk import CAN
from tests.world import TEXTS

NOON = datetime(2021, 12, 10, 4, tzinfo=UTC)


def turn_in(
    tx: Transaction, body: Body, *, session: Session | None = None, language: str = ""
) -> Turn:
    """Return a turn in which this came in."""
    return Turn(
        session=session or Session(),
        incoming=Incoming("web:1", "1", body, NOON, message="9", language=language),
        now=NOON,
        texts=TEXTS,
        policy=tx.policy,
        tx=tx,
        capabilities=CAN,
    )
