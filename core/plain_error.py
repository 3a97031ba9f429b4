"""What cannot be done, in words for whoever runs the program."""

from __future__ import annotations


class PlainError(Exception):
    """It cannot be done. The message is plain sentences, which the command line shows as they
    are."""
