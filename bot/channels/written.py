"""What somebody wrote in a chat: words, or a command, which begins with a stroke."""

from __future__ import annotations

import re

from core.conversation.messages import Command, Start, Text

START_PARAMETER = 64
"""Characters of a deep link's parameter: what Telegram allows, so that one link serves all."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
"""`/name`, `/name@bot` and what follows; 32 characters as the Bot API's BotCommand says."""


def written(text: str) -> Text | Command | Start:
    """Return what the conversation is told of a text."""
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return Text(text)
    name, rest = command.group(1).lower(), (command.group(2) or "").strip()
    return Start(rest[:START_PARAMETER]) if name == "start" else Command(name)
