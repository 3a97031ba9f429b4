"""One renderer for all platforms: what a platform cannot show becomes what it can."""

from __future__ import annotations

import msgspec

from core.conversation.messages import Button, Capabilities, Reply


def render(reply: Reply, can: Capabilities) -> Reply:
    """Return the reply as a platform of these capabilities can show it.

    Buttons beyond the platform's number become a numbered list in the text (numbers are taken as
    answers everywhere); labels are shortened; what the platform does not have is left out.
    """
    text, buttons = reply.text, reply.buttons
    if sum(map(len, buttons)) > can.buttons:
        labels = [button.label for row in buttons for button in row]
        lines = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
        text, buttons = "\n".join([text, "", *lines]), []
    return msgspec.structs.replace(
        reply,
        text=text,
        buttons=[[_short(button, can.label) for button in row] for row in buttons],
        notice=reply.notice and can.toast,
        contact=reply.contact if can.share_contact else "",
        put_away=reply.put_away and can.share_contact,
        forget=reply.forget if can.delete else [],
    )


def _short(button: Button, length: int) -> Button:
    if len(button.label) <= length:
        return button
    return Button(button.id, button.label[: length - 1] + "…")
