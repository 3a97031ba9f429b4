"""The reason that staff give on the command line, for their colleagues."""

from __future__ import annotations

from core.plain_error import PlainError

LONGEST = 500
"""Letters of a reason."""


class ReasonError(PlainError):
    """What was given is no reason; the message is one plain sentence."""


def reason_of(given: str) -> str:
    """Return a reason as it is kept, in one line. Raise ReasonError."""
    reason = " ".join(given.split())
    if not reason or len(reason) > LONGEST or not reason.isprintable():
        raise ReasonError(f"--reason must be a text of up to {LONGEST} letters.")
    return reason
