"""What a platform cannot show becomes what it can."""

from __future__ import annotations

import msgspec
import pytest

from core.conversation.messages import Button, Capabilities, Reply
from core.conversation.rendering import render

CAN = Capabilities(
    buttons=3, label=8, text=4096, caption=1024, share_contact=True, toast=True, delete=True
)
REPLY = Reply(
    "Where?",
    [[Button("1.a", "Here"), Button("1.b", "Somewhere else")], [Button("1.c", "Nowhere!")]],
    notice=True,
    contact="Share",
    put_away=True,
    forget=["5"],
)


def test_what_a_platform_can_show_stays_and_labels_are_shortened() -> None:
    shown = render(REPLY, CAN)
    labels = [[button.label for button in row] for row in shown.buttons]
    assert labels == [["Here", "Somewhe…"], ["Nowhere!"]]
    assert [button.id for row in shown.buttons for button in row] == ["1.a", "1.b", "1.c"]
    assert msgspec.structs.replace(shown, buttons=REPLY.buttons) == REPLY


@pytest.mark.parametrize("buttons", [0, 2])
def test_too_many_buttons_become_a_numbered_list(buttons: int) -> None:
    shown = render(REPLY, msgspec.structs.replace(CAN, buttons=buttons))
    assert shown.text == "Where?\n\n1. Here\n2. Somewhere else\n3. Nowhere!"
    assert shown.buttons == []


def test_what_a_platform_does_not_have_is_left_out() -> None:
    bare = Capabilities(buttons=0, label=20, text=4096, caption=1024)
    shown = render(REPLY, bare)
    assert (shown.notice, shown.contact, shown.put_away, shown.forget) == (False, "", False, [])
    assert render(Reply("Hello"), bare) == Reply("Hello")
