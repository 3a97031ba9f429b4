"""The menu: commands as buttons, which stay good for ever."""

from __future__ import annotations

from collections.abc import Sequence

from core.conversation.turn import MENU, Turn

AFTER_CODE = ("why_colour", "today", "details", "help", "live_code", "register_other")
"""What can be done with a code in hand."""

REGISTERED = ("today", "details", "help", "register_other")
"""What can be done while one is registered, and has had no code yet."""

BEFORE = ("register", "link_chat", "register_other", "help")
"""What can be done before one is registered."""

OFFICER = ("live_challenge", "officer_help")
"""What an officer can do beside sending a picture."""

TOPICS = (
    "help_steps",
    "help_colours",
    "help_valid",
    "help_show",
    "help_visits",
    "help_proof",
    "help_conversion",
    "help_family",
    "help_check",
    "help_privacy",
    "help_person",
)
"""What people ask."""


def buttons(turn: Turn, commands: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Return buttons for commands, two in a row, about the person whom the turn is about."""
    whom = f".{turn.about}" if turn.about else ""
    labelled = [(f"{MENU}.{name}{whom}", turn.text(f"menu.option.{name}")) for name in commands]
    return [labelled[start : start + 2] for start in range(0, len(labelled), 2)]
