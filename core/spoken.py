"""What people say around an answer: 我用…, I have a …, …呀, … please."""

from __future__ import annotations

import re

from core.characters import narrow

_BEFORE = re.compile(
    r"^(?:(?:i|we)(?:'m| am)? (?:(?:come|have|use|got|live|living|stay|staying)\b ?)?"
    r"|(?:it|he|she)(?:['’]s| is) )?"
    r"(?:(?:in|from) )?(?:(?:an?|my|the) )?"
    r"|^我?(?:而家|現在|现在)?[係系是用有得住攞拿揀拣要](?:[喺在咗]|[張张個个本])?\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s*[呀啊喇啦囉呢㗎喎吖]|[\s,]+(?:please|la|lah|thanks?|thank you|thx))+$", re.IGNORECASE
)

_DOUBT = re.compile(
    r"[唔不冇沒没無无未嗎吗咩?？]|如果|n['’]t\b"
    r"|\b(?:no|not|nor|never|neither|without|if|dont|doesnt|didnt|isnt|cant|wont)\b",
    re.IGNORECASE,
)


def affirms(text: str, word: str) -> bool:
    """Tell whether a text says that something is, in whatever surrounds a word of it: nothing is
    denied, asked or supposed there."""
    folded = " ".join(narrow(text).casefold().split())
    return _DOUBT.search(folded.replace(word, " ", 1)) is None


def without_ending(words: str) -> str:
    """Return words without the particles and the thanks at their end."""
    return _AFTER.sub("", words)


def core_of(words: str) -> str:
    """Return words without what is said before and after an answer; never nothing."""
    ended = without_ending(words)
    return _BEFORE.sub("", ended) or ended
