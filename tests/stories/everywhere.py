"""Where stories happen: on every channel, in every language."""

from __future__ import annotations

import itertools

import pytest

from core.conversation.texts import Language

EVERYWHERE = pytest.mark.parametrize(
    ("channel", "language"), [*itertools.product(("telegram", "web"), Language)]
)
"""Tell the story on every channel in every language."""
