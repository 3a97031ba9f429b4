"""Identity documents: their kinds and their numbers."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from enum import StrEnum

from core.answer import AsWritten, Context, Found, Invalid, fold
from core.words.characters import in_figures, is_han, narrow
from core.words.documents import BNO, IDENTITY_CARD, OF_THE_MAINLAND, PASSPORT

LEAST_NUMBER = 5
MOST_NUMBER = 20
"""Characters of a number whose form is not known; a Mainland identity card has 18."""
MOST_LETTERS = 3
"""Letters with which a number begins, where they are written apart."""
TAIL = 4
FIRST_OF_TWO = "WX"
"""Of two letters, the first of an identity card's is mostly one of these (WX, XA to XH). Of any
others, one number of a passport or permit in eleven would pass for a card's without brackets."""


class DocumentType(StrEnum):
    """The kinds of identity document with which one can register."""

    HKID = "hkid"
    BIRTH_CERTIFICATE = "birth_certificate"
    PASSPORT = "passport"
    CONSULAR = "consular"
    ACKNOWLEDGEMENT = "acknowledgement"
    VISA_IDENTITY = "visa_identity"
    REENTRY_PERMIT = "reentry_permit"

    @property
    def code(self) -> str:
        """The one character by which the Hong Kong Health Code knew this kind."""
        return _CODES[self]

    @property
    def checked(self) -> bool:
        """Tell whether its number ends in a check character, as HKIDs do."""
        return self in (DocumentType.HKID, DocumentType.BIRTH_CERTIFICATE)


_CODES = {
    DocumentType.HKID: "0",
    DocumentType.BIRTH_CERTIFICATE: "1",
    DocumentType.PASSPORT: "3",
    DocumentType.CONSULAR: "4",
    DocumentType.ACKNOWLEDGEMENT: "5",
    DocumentType.VISA_IDENTITY: "A",
    DocumentType.REENTRY_PERMIT: "B",
}
_OF_CARD_HOLDERS = (DocumentType.BIRTH_CERTIFICATE, DocumentType.ACKNOWLEDGEMENT)
_SEPARATORS = re.compile(
    r"(?:[\s()\[\]{}<>【】〔〕「」《》_/.,:'’‘*·•\-‐‑‒–—−]|括[號号弧]|\bbrackets?\b)+"
)
_OTHERS_NUMBER = re.compile(r"[A-Z]{1,3}[0-9]{7,10}|[0-9]{9,18}X?")
"""Numbers of passports and Mainland documents as they are most often built."""
_BRACKETED = re.compile(r"[(\[（【［〔]\s*\w")
_SAID_BRACKET = re.compile("括[號号弧]")
_HKID = re.compile(r"([A-Z]{1,2}[0-9]{6})([0-9A])?")
_HKID_ANYWHERE = re.compile(
    r"(?P<card>\b(?:HKID|ID)(?: ?card)?(?: ?(?:no|number)\b\.?)?(?: is)?[\s:]*"
    rf"|{IDENTITY_CARD}(?:號碼|号码)?[\s:是係系為为]*)?"
    r"(?<![A-Z0-9])(?P<body>[A-Z]{1,2} ?[0-9]{3} ?[0-9]{3}) {0,2}"
    r"(?:[(\[] ?(?P<check>[0-9A])(?: ?[)\]])?|(?P<bare>[0-9A]))(?![A-Z0-9])",
    re.ASCII | re.IGNORECASE,
)
_DOCUMENT = r"(?:passport|permit|document|hk ?id(?: card)?|id card|identity card)"
_LABEL = re.compile(
    rf"^(?:(?:it['’]s|(?:it|this|that|id|(?:{_DOCUMENT} ?)?(?:number|no\.?)|{_DOCUMENT}) is"
    rf"|sorry|my|the|{_DOCUMENT}|number|no)\b"
    rf"|我[嘅的個个]?|[嗰呢][張张]|[張张]|護照|护照|{IDENTITY_CARD}|[證证証]件|號碼|号码|[係系是]|[\s.,:])+",
    re.IGNORECASE,
)
_WORD_WITH_DIGITS = re.compile(
    r"(?<![^\W一-鿿])(?:(?-i:(?!NO|IS|MY|ID)[A-Z]{1,2}) )?"
    rf"(?=(?:[A-Z]*[0-9]){{4}})[A-Z0-9]{{{LEAST_NUMBER},{MOST_NUMBER}}}(?![A-Z0-9])",
    re.IGNORECASE,
)
_LETTERS_AND_DIGITS = re.compile(r"[A-Z]{1,2}[0-9]{6,9}")
"""As most passports are numbered; a phone, a day, a room and a one-time code are not so long, or
begin with no letter."""
_DAY = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}|\d{4}([-/.])\d{1,2}\2\d{1,2}", re.ASCII)
"""A date in figures, which is what is asked next."""
_DIGITS_BESIDE = re.compile(r"\d[A-Z0-9]* +$", re.ASCII | re.IGNORECASE)
"""Right before a number, more of it: where that begins cannot be told."""
_OTHER_DOCUMENT = re.compile(
    rf"{PASSPORT}|permit|{BNO}|[證证証]件|{OF_THE_MAINLAND}|回港[證证証卡咭]",
    re.IGNORECASE,
)


class DocumentNumber(AsWritten):
    """The number of the document that the answer `document` names (an HKID where it is silent)."""

    errors: tuple[str, ...] = (
        "format",
        "not_latin",
        "no_check_digit",
        "check_digit",
        "other_document",
        "characters",
        "length",
    )

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the number in capitals; one with a check character as `A123456(3)`.

        Raise Invalid: `not_latin` (a letter that only looks like A to Z); with a check character
        `format`, `no_check_digit`, `check_digit`, `other_document` (it looks like that of a
        passport); without one `characters`, or `length` (least, most).
        """
        written = _SEPARATORS.sub("", in_figures(_LABEL.sub("", fold(text))))
        if any(c.isalpha() and not c.isascii() and not is_han(c) for c in written):
            raise Invalid("not_latin")
        if not _type(context).checked:
            return _unchecked(fold(text))
        match = _HKID.fullmatch(written.upper())
        bracketed = _BRACKETED.search(text) is not None
        if match is None:
            other = _OTHERS_NUMBER.search(written.upper()) and not bracketed
            raise Invalid("other_document" if other else "format")
        body, check = match.groups()
        if check is None:
            raise Invalid("format" if bracketed else "no_check_digit")
        # Few identity cards have two letters, and many passports.
        doubtful = body[1].isalpha() and not bracketed
        if check != check_character(body):
            raise Invalid("other_document" if doubtful else "check_digit")
        # Who has said that it is an identity card's is believed.
        if doubtful and body[0] not in FIRST_OF_TWO and "document" not in context.answers:
            raise Invalid("other_document")
        return f"{body}({check})"

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return an HKID with the right check character, its label included.

        Without brackets only where no other document is spoken of: of the numbers with a letter
        and seven digits one in eleven looks like an HKID. Where the number of another document is
        asked, the only word that could be one; else the one that is called so, or is all of the
        text and looks like nothing else, an HKID included.
        """
        folded = in_figures(narrow(text))
        if not _type(context).checked:
            if context.asked or _is_number(folded.strip().upper()):
                return _only_number(folded)
            return _named_number(folded)
        for match in _HKID_ANYWHERE.finditer(_SAID_BRACKET.sub(" (", folded)):
            body = match["body"].replace(" ", "").upper()
            check = (match["check"] or match["bare"]).upper()
            two = body[1].isalpha() and body[0] not in FIRST_OF_TWO
            if match["card"] and _type(context) is DocumentType.BIRTH_CERTIFICATE:
                continue  # Who registers a child tells his own, too.
            if match["bare"] and (two or _OTHER_DOCUMENT.search(folded)):
                continue
            if check == check_character(body):
                return Found(f"{body}({check})", match.start(), match.end())
        return None


def _unchecked(written: str) -> str:
    """Return a number of a form that is not known, or raise Invalid."""
    unlabelled = _LABEL.sub("", written)
    if _DAY.fullmatch(unlabelled):
        raise Invalid("characters")
    groups = unlabelled.upper().split()
    # A number may begin with a group of letters; a longer word leads to it, and further ones are a
    # name that follows it.
    words = [group for group in groups[1:] if group.isalpha()]
    words += [group for group in groups[:1] if group.isalpha() and len(group) > MOST_LETTERS]
    number = _SEPARATORS.sub("", "".join(groups))
    if words or not re.fullmatch(r"(?=.*[0-9])[A-Z0-9]+", number):
        raise Invalid("characters")
    if not LEAST_NUMBER <= len(number) <= MOST_NUMBER:
        raise Invalid("length", least=LEAST_NUMBER, most=MOST_NUMBER)
    return number


def _only_number(folded: str) -> Found | None:
    """Return the only word of a text that could be the number of a document."""
    words = list(_WORD_WITH_DIGITS.finditer(folded))
    if len(words) == 1 and not _DIGITS_BESIDE.search(folded, 0, words[0].start()):
        with suppress(Invalid):
            return Found(_unchecked(words[0][0]), *words[0].span())
    return None


def _is_number(text: str) -> bool:
    """Tell whether a text, in capitals, is the number of a document and nothing else."""
    return _LETTERS_AND_DIGITS.fullmatch(text) is not None and not _is_hkid(text)


def _is_hkid(number: str) -> bool:
    """Tell whether a normalised number ends in the check character of an HKID."""
    match = _HKID.fullmatch(number)
    return match is not None and match[2] == check_character(match[1])


def _named_number(folded: str) -> Found | None:
    """Return a number that follows the name of a document: "passport no. K1234567"."""
    for document in _OTHER_DOCUMENT.finditer(folded):
        label = _LABEL.match(folded[document.end() :])
        start = document.end() + (label.end() if label else 0)
        if word := _WORD_WITH_DIGITS.match(folded, start):
            with suppress(Invalid):
                return Found(_unchecked(word[0]), *word.span())
    return None


def check_character(body: str) -> str:
    """Return the check character of one or two letters and six digits, all in capitals.

    Values A=10 … Z=35, a missing first letter 36; weights 9 to 2; modulo 11 (Immigration
    Department). The older formula with A=1 agrees for one letter only.
    """
    values = [36 if c == " " else int(c, 36) for c in body.rjust(8)]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return "0123456789A"[-total % 11]


def normalise(document: DocumentType, number: str) -> str:
    """Return a number as indexes and bindings know it: capitals and digits alone.

    A number of a kind that has a check character gets it where it was left out.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", number).upper() if c.isalnum())
    match = _HKID.fullmatch(plain)
    if document.checked and match and match[2] is None:
        return plain + check_character(plain)
    return plain


def as_on_card(document: DocumentType, number: str) -> DocumentType:
    """Return the kind under which a normalised number is that of one person: an identity card's is
    on its holder's birth certificate (from 1980 on) and on the receipt for an application too."""
    is_card = document in _OF_CARD_HOLDERS and _is_hkid(number)
    return DocumentType.HKID if is_card else document


def tail(number: str) -> str:
    """Return the end of a canonical number for the card: four characters, of a short one fewer."""
    plain = number.replace("(", "").replace(")", "")
    end = plain[-min(TAIL, len(plain) // 2) :]
    return f"{end[:-1]}({end[-1]})" if number.endswith(")") else end


def _type(context: Context) -> DocumentType:
    return DocumentType(context.answers.get("document", DocumentType.HKID))
