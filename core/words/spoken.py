"""What people say around an answer: um, 我用…, I have a …, …呀, … please, sorry, I meant …"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.words.characters import narrow

GREETING = r"(?:hi|hello|good (?:morning|afternoon|evening|day))"
SIR = r"(?:ma['’]?a?m|sir)"
PLEASE = r"(?:please|thanks?|thank you|thx)"
THANKS = "(?:多[謝谢]|[謝谢]{2})"
"""What people say to be polite, as patterns; the last two behind an answer."""

_UM = r"(?:u+h*m+|u+h+|e+r+m*|h+m+)"
_HESITATION = re.compile(
    rf"(?<![\w'’-])(?:{_UM}[\s,，.…。]*[,，.…。]\s*|(?-i:{_UM}\s+(?=[A-Z0-9])))"
    r"|^[呃嗯][\s,，、.…。]+",
    re.IGNORECASE,
)
"""Set off by a sign, or small before a capital or a figure: Um and Er are surnames too."""
_BEFORE = re.compile(
    rf"^(?:(?:{_UM}|well)\b[\s,]*|(?:ok(?:ay)?|yes|yeah|sure|{SIR}|{GREETING})\b[\s,.!]+(?=\S))*"
    r"(?:(?:i|we)(?:(?:'m| am)(?! \d))? (?:(?:come|have|use|got|live|living|stay|staying)\b ?)?"
    r"|it(?:['’]s| is) |(?:he|she)(?:['’]s| is) (?!\d))?"
    r"(?:(?:in|from) )?(?:(?:an?|my|the) )?"
    r"|^(?:(?:好的?|[對对係是][呀的]?)[\s,、!]+)?我?(?:而家|現在|现在)?"
    r"(?:[係系是用有得住攞拿揀拣要](?:[喺在咗]|[張张個个本])?\s*)?",
    re.IGNORECASE,
)
"""Before an answer. A figure after "he's" or "I'm" is an age, and no answer's number."""
_AFTER = re.compile(
    r"(?:\s*[呀啊喇啦囉呢㗎喎吖]"
    rf"|(?<=.)[\s,.。!！]*(?:唔該|{THANKS})[晒您你嗮]*[.。!！]*"
    rf"|[\s,.!]+(?:la|lah|po|{SIR}|{PLEASE})[.!]*)+$",
    re.IGNORECASE,
)

_DOUBT = re.compile(
    r"唔(?!該)|[不冇沒没無无未嗎吗咩?？怎哪]|如果|點[解樣]|為[何甚什]|为[何什]|[幾几]時|邊[個度間種樣]|n['’]t\b"
    r"|^\W*(?:why|how|what|which|when|where|who|do|does|did|can|could|may|should|is|are|will)\b"
    r"|\b(?:no(?!\W{1,3}[a-z]{0,3} ?\d{3})|not|nor|never|neither|without|if|dont|doesnt|didnt|isnt"
    r"|cant|wont)\b",
    re.IGNORECASE,
)
"""Also of who asks or supposes something. "Passport no. K123…" denies nothing."""

_LABELS = {
    "yes": frozenset(["yes", "yes it is", "yep", "yeah", "是", "是的", "係", "係嘅", "對", "对"]),
    "no": frozenset(["no", "nope", "不", "不是", "唔係"]),
}
"""What people say for the yes or no of an English label."""
_OTHERS = "ok okay sure right correct true 係呀 啱 得 好 好的 none nothing 冇 沒有 没有 無 无"
REPLIES = frozenset(_OTHERS.split()).union(*_LABELS.values())
"""Answers to a question that asks whether something is so."""

_DENIED = re.compile(r"(?:唔係|不是|不係|並非|并非|\bnot(?: on)?)\s*$", re.IGNORECASE)
_DENIAL = 8
"""Characters before something in which a denial of it stands."""

_ANSWERED = re.compile(r"^\W*(?:no|nope|唔係|不是|不)[,，.。!！]+")
"""An answer by itself, before more is said: "No, she lives alone"."""

_SORRY = r"(?:(?:sorry|oops|pardon|actually)\b|[唔不]好意思|對唔住|[對对]不起|抱歉|哎呀)"
_NO = r"(?:(?:oh|no|wait)\b|唔係|不是)"
_MEANT = (
    r"(?:(?:i mean(?:t)?(?: to (?:say|write|type))?|i wanted to (?:say|write|type)"
    r"|correction|typo)\b|我?[打寫写搞填][錯错][咗了]?|我意思[係系是]|我想[講讲說说]|更正)"
)
_SHOULD = r"(?:(?:(?:it|that) )?should (?:be|have been|read)\b|[應应][該该][係系是])"
_SIGNS = r"[\s,.:!，。：！…]*"
_CORRECTION = re.compile(
    rf"^(?P<no>{_NO}{_SIGNS})*(?P<sorry>{_SORRY}{_SIGNS})*(?:{_NO}{_SIGNS})*"
    rf"(?P<meant>{_MEANT}{_SIGNS})*(?P<should>{_SHOULD}{_SIGNS})?"
    rf"(?P<rather>(?:it['’]s|it is)\b{_SIGNS}|[係系是](?![咪不否]){_SIGNS})?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Correction:
    """What somebody says instead of what he said before. Not `sure`: he only says sorry, or no."""

    rest: str
    sure: bool


def correction(text: str) -> Correction | None:
    """Return what follows the words with which people correct themselves, None without such words,
    or if nothing follows."""
    folded = narrow(text).strip()
    match = _CORRECTION.match(folded)
    # "It should be 4 May" by itself may be said of any answer: he is not quite certain of it.
    said = match and (match["sorry"] or match["meant"] or (match["no"] and match["rather"]))
    if match is None or not said:
        return None
    rest = folded[match.end() :]
    return Correction(rest, bool(match["meant"] or match["should"])) if rest else None


def fluent(text: str) -> str:
    """Return a text without the sounds of somebody who thinks; never nothing."""
    return _HESITATION.sub("", text) or text


def affirms(text: str, word: str) -> bool:
    """Tell whether a text says that something is, in whatever surrounds a word of it: nothing is
    denied, asked or supposed there."""
    folded = _ANSWERED.sub("", " ".join(narrow(text).casefold().split()))
    return _DOUBT.search(folded.replace(word, " ", 1)) is None


def as_labels_begin(words: str) -> str:
    """Return a plain yes or no in the word with which English labels begin, other words as they
    are."""
    said = without_ending(words)
    return next((label for label, ways in _LABELS.items() if said in ways), words)


def denied(text: str, position: int) -> bool:
    """Tell whether what begins at a position of a text is just said not to be: "not 9123 4567"."""
    return _DENIED.search(text, max(0, position - _DENIAL), position) is not None


def without_ending(words: str) -> str:
    """Return words without the particles and the thanks at their end."""
    return _AFTER.sub("", words)


def core_of(words: str) -> str:
    """Return words without what is said before and after an answer; never nothing."""
    ended = without_ending(words)
    return _BEFORE.sub("", ended) or ended
