"""What a turn says."""

from __future__ import annotations

from datetime import date

import pytest

from core.conversation.messages import Button, Press, Reply, Text
from core.conversation.session import Session
from core.store.store import Store
from tests.core.conversation.turns import turn_in


@pytest.mark.parametrize(
    ("chosen", "hint", "language"),
    [("zh_Hans", "zh-hk", "zh_Hans"), ("", "zh-hk", "zh_Hant_HK"), ("", "", "en")],
)
async def test_the_language_is_the_chosen_one_or_the_guessed_one(
    store: Store, chosen: str, hint: str, language: str
) -> None:
    async with store.reading() as tx:
        turn = turn_in(tx, Text(""), session=Session(language=chosen), language=hint)
        assert turn.language == turn.context.language == language
        assert (turn.today, turn.chat) == (date(2021, 12, 10), "web:1")


async def test_notes_lead_the_next_message_and_buttons_carry_the_prompts_number(
    store: Store,
) -> None:
    async with store.reading() as tx:
        turn = turn_in(tx, Press("1.a", acknowledge="handle"))
        turn.forget = ["9"]
        turn.note("error.empty")
        turn.reply("Question", [[("a", "A")], [("b", "B")]])
        turn.reply("", [[("a", "A")]], same=True, contact="Share")
        turn.send("")
    first, second, third = turn.replies
    assert first == Reply(
        f"{turn.text('error.empty')}\n\nQuestion",
        [[Button("1.a", "A")], [Button("1.b", "B")]],
        acknowledge="handle",
        forget=["9"],
        language="en",
    )
    assert (second.text, second.contact, second.buttons) == ("", "Share", [[Button("1.a", "A")]])
    assert (second.acknowledge, second.forget, third.text) == ("", [], "")
    assert turn.session.options == ["a"]
    assert [reply.put_away for reply in turn.replies] == [False, False, True]


async def test_a_button_that_shares_the_number_is_put_away_once_by_whichever_turn_follows(
    store: Store,
) -> None:
    session = Session()
    async with store.reading() as tx:
        turn_in(tx, Text(""), session=session).reply("Your number?", [], contact="Share")
        later = turn_in(tx, Text(""), session=Session.from_bytes(session.to_bytes()))
        later.notice("engine.stale")
        later.send("Thank you")
        later.send("Your name?")
    assert [reply.put_away for reply in later.replies] == [False, True, False]


async def test_a_notice_acknowledges_the_press(store: Store) -> None:
    async with store.reading() as tx:
        turn = turn_in(tx, Press("1.a", acknowledge="handle"))
        turn.notice("engine.stale")
        turn.send("more")
    assert turn.replies[0].notice
    assert [reply.acknowledge for reply in turn.replies] == ["handle", ""]
