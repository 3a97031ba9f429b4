"""What people say around an answer: 我用…, I have a …, …呀, … please."""

from __future__ import annotations

import re

_BEFORE = re.compile(
    r"^(?:(?:i|we)(?:'m| am)? (?:(?:come|have|use|got|live|living|stay|staying)\b ?)?"
    r"|it(?:'s| is) )?"
    r"(?:(?:in|from) )?(?:(?:an?|my|the) )?"
    r"|^我?(?:而家|現在|现在)?[係系是用有得住攞拿揀拣要](?:[喺在咗]|[張张個个本])?\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s*[呀啊喇啦囉呢㗎喎吖]|[\s,]+(?:please|la|lah|thanks?|thank you|thx))+$", re.IGNORECASE
)


def without_ending(words: str) -> str:
    """Return words without the particles and the thanks at their end."""
    return _AFTER.sub("", words)


def core_of(words: str) -> str:
    """Return words without what is said before and after an answer; never nothing."""
    ended = without_ending(words)
    return _BEFORE.sub("", ended) or ended
