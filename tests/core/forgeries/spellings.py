"""The text of a genuine code, spelled in another way."""

from __future__ import annotations

from collections.abc import Callable

from core.credential import Reason
from tests.core.forgeries.kinds import ALPHABET, Chance, spelled


def replaced(text: str, chance: Chance, into: Callable[[str], str]) -> str:
    """Return the text with one character after the prefix changed."""
    at = chance.randrange(4, len(text))
    return text[:at] + into(text[at]) + text[at + 1 :]


LOOKALIKES = str.maketrans("ABCEHIKMOPTXY0", "АВСЕНІКМОРТХУО")


def full_width(letter: str) -> str:
    """Return the character as East Asian typing has it."""
    return "\u3000" if letter == " " else chr(ord(letter) + 0xFEE0)


spelled("in small letters", Reason.MALFORMED, lambda text, _: text[:4] + text[4:].lower())
spelled("a small prefix", Reason.NOT_A_CODE, lambda text, _: text[:3].lower() + text[3:])
spelled(
    "a full-width character",
    Reason.MALFORMED,
    lambda text, chance: replaced(text, chance, full_width),
)
spelled("a full-width prefix", Reason.NOT_A_CODE, lambda text, _: full_width(text[0]) + text[1:])
spelled(
    "Cyrillic letters", Reason.MALFORMED, lambda text, _: text[:4] + text[4:].translate(LOOKALIKES)
)
spelled(
    "a Cyrillic prefix",
    Reason.NOT_A_CODE,
    lambda text, _: text[:4].translate(LOOKALIKES) + text[4:],
)
spelled(
    "an invisible character",
    Reason.MALFORMED,
    lambda text, chance: replaced(
        text, chance, lambda letter: letter + chance.choice("\u200b\u200d\u2060\ufeff\u00ad")
    ),
)
spelled(
    "a combining mark",
    Reason.MALFORMED,
    lambda text, chance: replaced(
        text, chance, lambda letter: letter + chance.choice("\u0301\u0338")
    ),
)
spelled(
    "a space that is another",
    Reason.MALFORMED,
    lambda text, chance: replaced(text, chance, lambda _: chance.choice("\u00a0\u2003\u3000\t")),
)
spelled(
    "a digit of another script",
    Reason.MALFORMED,
    lambda text, chance: replaced(text, chance, lambda _: chance.choice("٣৩३๓𝟛³")),
)
spelled(
    "a line end",
    Reason.MALFORMED,
    lambda text, chance: replaced(text, chance, lambda letter: letter + chance.choice("\r\n")),
)
spelled("a line end after it", Reason.MALFORMED, lambda text, chance: text + chance.choice("\r\n"))
spelled("a nought after it", Reason.MALFORMED, lambda text, _: text + "\0")
spelled(
    "space before it", Reason.NOT_A_CODE, lambda text, chance: chance.choice(" \n\t\ufeff") + text
)
spelled(
    "letters after it",
    Reason.MALFORMED,
    lambda text, chance: text + "".join(chance.choices(ALPHABET, k=chance.randrange(1, 20))),
)
spelled("cut short", Reason.MALFORMED, lambda text, chance: text[: chance.randrange(4, len(text))])
spelled("cut into the prefix", Reason.NOT_A_CODE, lambda text, chance: text[: chance.randrange(4)])
spelled("the prefix twice", Reason.MALFORMED, lambda text, _: text[:4] + text)
spelled("no prefix", Reason.NOT_A_CODE, lambda text, _: text[4:])
spelled(
    "another prefix",
    Reason.NOT_A_CODE,
    lambda text, chance: chance.choice(("HK2:", "HK1;", "HC1:", "CN1:", "HKX:", "HK1")) + text[4:],
)
spelled(
    "the text of noise",
    Reason.MALFORMED,
    lambda text, chance: text[:4] + "0" + "".join(chance.choices(ALPHABET, k=len(text) - 5)),
)
spelled(
    "groups that no encoder writes",
    Reason.MALFORMED,
    lambda text, chance: text[:4] + text[4:7].replace(text[6], ":") + ":::" + text[10:],
)
spelled("a percent sign for a space", Reason.MALFORMED, lambda text, _: text + "%20")
spelled("twice", Reason.TOO_LONG, lambda text, _: text + text)
spelled(
    "more than 400 characters",
    Reason.TOO_LONG,
    lambda text, chance: text + "0" * (401 - len(text) + chance.randrange(2000)),
)
