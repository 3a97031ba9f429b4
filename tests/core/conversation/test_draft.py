"""What becomes of an answer that is taken."""

from __future__ import annotations

import msgspec

from core.conversation.draft import drop, erase, keep
from core.conversation.messages import Text
from core.conversation.session import Session
from core.store.store import Store
from handlers.registration import Registration
from tests.core.conversation.turns import turn_in


async def test_the_same_answer_again_changes_nothing(store: Store) -> None:
    session = Session(answers={"housing": "other", "proof": "x"}, noted=["housing"])
    async with store.reading() as tx:
        keep(turn_in(tx, Text("other"), session=session), Registration.housing, "other")
    assert session.answers == {"housing": "other", "proof": "x"}
    assert (session.asked, session.noted) == (["housing"], [])


async def test_what_depended_on_another_answer_falls(store: Store) -> None:
    session = Session(
        answers={"mobile": "+85291234567", "passcode": "+85291234567"},
        asked=["mobile", "passcode"],
        challenge="c",
    )
    async with store.reading() as tx:
        turn = turn_in(tx, Text("6123 4567"), session=session)
        keep(turn, Registration.mobile, "+85261234567")
    assert session.answers == {"mobile": "+85261234567"}
    assert (session.asked, session.challenge) == (["mobile"], "")


def test_what_depended_on_an_answer_that_is_dropped_falls() -> None:
    session = Session(
        answers={"housing": "public", "mobile": "+85291234567", "passcode": "+85291234567"},
        asked=["housing", "mobile", "passcode"],
        challenge="c",
    )
    drop(session, Registration.mobile)
    assert session.answers == {"housing": "public"}
    assert (session.asked, session.challenge) == (["housing"], "")


async def test_a_message_is_deleted_once_and_only_where_it_has_a_name(store: Store) -> None:
    async with store.reading() as tx:
        turn = turn_in(tx, Text("A123456(3)"), session=Session(erase=True))
        for field in (Registration.number, Registration.number, Registration.english_name):
            erase(turn, field)
        assert turn.forget == ["9"]
        turn = turn_in(tx, Text("A123456(3)"), session=Session(erase=True))
        turn.incoming = msgspec.structs.replace(turn.incoming, message="")
        erase(turn, Registration.number)
        assert turn.forget == []
