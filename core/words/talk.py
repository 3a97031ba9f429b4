"""The words of which sentences are made, and names of people and places are not."""

from __future__ import annotations

import re

_TALK = (
    "about address afraid after again ago all already also always am another any anyone anything"
    " are arrest arrested ask bad because been before being birth birthday blind booked both busy"
    " call cannot come contact could date dead decided details did different does doing done each"
    " else email enough every everything expires expiry eyes family female few find finish"
    " finished first forget forgot free friend friends fuck fucking gender get give glasses going"
    " gonna got had has help here hkid hold how husband id immigration into issue issued it its"
    " just keep know language last later let like little look lost made make male many maybe mine"
    " minute minutes mobile moment month more morning most much must nationality near never next"
    " nobody nothing now number off often okay only opposite other our out over pardon permit"
    " phone police possible problem question questions quick read ready really relative relatives"
    " repeat right same save say says scared sec second seconds send sex shall shit should show"
    " since some someone something speak start stay staying still stop stupid such surname take"
    " tel tell than that their them then there these they thing think this those tomorrow too type"
    " until use used useless using very voice wait was week were when where which while who whom"
    " whose why wife with without work would write wrong year years yesterday yet your yours"
)
"""The commonest words that are no name anywhere, in small letters: you, will, so and do are."""
_WORDS = frozenset(_TALK.split())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SHORTENED = re.compile(r"n['’]t$", re.IGNORECASE)


def talks(text: str) -> bool:
    """Tell whether a text in Latin letters has a word of a sentence.

    Such a word is written in small letters, unless it begins the sentence, or all of it is in
    capitals: John Little is a name, and Wait is none.
    """
    words = _WORD.findall(text)
    if words and (text.isupper() or all(map(str.islower, words[1:]))):
        words = [word.lower() for word in words]
    return any(word in _WORDS or _SHORTENED.search(word) for word in words)
