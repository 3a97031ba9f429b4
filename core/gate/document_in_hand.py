"""The document in an officer's hand, from what he types of it: never kept, only compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.answer import Context, Invalid, fold
from core.credential import Document, binding
from core.identity import DocumentNumber, DocumentType, normalise
from core.words.mrz import read_zone

ERRORS = (*DocumentNumber.errors, "mrz")
"""Every code with which what was typed is refused."""

_BRACKET = re.compile(r"[(\[]")


@dataclass(frozen=True)
class InHand:
    """A document: the number that it has under each kind that it may be.

    `kind` is what it is by the look of its number, None where that tells nothing; not `sure`
    where the look is chance for some: one in eleven passports with such a number.
    """

    kind: DocumentType | None
    sure: bool
    numbers: Mapping[DocumentType, str] = field(repr=False)

    def document(self, kind: DocumentType) -> Document:
        """Return it as a code is bound to it."""
        return kind.code, self.numbers[kind]

    def matches(self, kind: DocumentType, code_id: bytes, bound: bytes) -> bool:
        """Tell whether a code was issued for it, if it is of this kind."""
        return kind in self.numbers and binding(code_id, self.document(kind)) == bound


def in_hand(text: str, today: date) -> InHand:
    """Read a number, or a machine-readable zone. Raise Invalid with one of `ERRORS`."""
    zone = read_zone(text)
    if zone is not None:
        return InHand(DocumentType.PASSPORT, True, _unchecked(zone.number))
    card = Context(today=today, answers={"document": str(DocumentType.HKID)})
    other = Context(today=today, answers={"document": str(DocumentType.PASSPORT)})
    found = DocumentNumber.find(text, card)
    try:
        number = found.value if found else DocumentNumber.parse(text, card)
    except Invalid as invalid:
        if invalid.code == "no_check_digit":
            # It follows from the rest, and a document that is no identity card is asked for below.
            number = fold(text)
        elif invalid.code == "not_latin" or _BRACKET.search(fold(text)):
            raise
        else:
            return InHand(None, False, _unchecked(DocumentNumber.parse(text, other)))
    checked = {kind: normalise(kind, number) for kind in DocumentType if kind.checked}
    others = _unchecked(DocumentNumber.parse(number, other))
    bracketed = _BRACKET.search(fold(text)) is not None
    return InHand(DocumentType.HKID, bracketed, {**checked, **others})


def _unchecked(number: str) -> dict[DocumentType, str]:
    return {kind: normalise(kind, number) for kind in DocumentType if not kind.checked}
