"""How a person is reached: a Hong Kong mobile number that can take an SMS."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberType

from core.answer import Context, Found, Invalid, fold
from core.words.characters import in_figures, narrow
from core.words.spoken import denied

HONG_KONG_CODE = "852"
FIRST_DIGITS = "456789"
"""Mobile numbers begin with these (Office of the Communications Authority, since 2018)."""

PHONE = r"(?:my )?(?:mobile|phone|tel(?:ephone)?|whatsapp)\b"
PHONE_IN_CHINESE = "(?:電話|电话|手機|手机)"
"""What a phone is called before its number, as patterns."""

_ELSEWHERE = {"86": "mainland", "853": "macao"}
DIGITS = 8
"""Of a number in Hong Kong."""
LEAST_DIGITS = 7
"""Of what is taken for a phone number, if not a right one, among other words."""
_NUMBER = re.compile(r"(?<![\w/.-])(?:(?:\+|00) ?)?\d+(?:[ -]\d+)*(?![\w/])", re.ASCII)
_SEPARATORS = re.compile(r"[\s()\[\].,，、/·\-‐‑‒–—−]+")
_ANYWHERE = re.compile(
    rf"(?:\b{PHONE}(?: ?(?:no|number)\b\.?)?"
    r"(?: is\b)?[\s.:]*"
    rf"|我?[嘅的個个]?(?:手提|流動|流动)?{PHONE_IN_CHINESE}(?:號碼|号码)?[\s:是係系為为]*)?"
    r"(?<![\w+/.-])(?<!\+\d )(?<!\+\d\d )(?<!\+\d{3} )"
    r"(?P<number>(?:(?:\+|00)? ?852[ -]?)?[4-9]\d{3}[ -]?\d{4})(?![\w/]|[.-]\d)",
    re.ASCII | re.IGNORECASE,
)


class HongKongMobile:
    """A Hong Kong mobile number, as E.164: `+85291234567`."""

    errors: tuple[str, ...] = (
        "format",
        "several_numbers",
        "not_mobile",
        "mainland",
        "macao",
        "foreign",
    )

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the number in E.164.

        Numbers that no operator is known to use are taken too, as they are allotted all the time:
        the one-time code shows whether somebody has them.
        Raise Invalid: `format`, `several_numbers`, `not_mobile` (fixed line, pager, personal
        number, …), `mainland`, `macao`, `foreign`.
        """
        written = _SEPARATORS.sub("", in_figures(fold(text)))
        match = re.fullmatch(r"(\+|00)?(\d{5,18})", written, re.ASCII)
        may_be_several = match is None or len(match[2]) >= 2 * DIGITS
        if may_be_several and len({each.value for each in HongKongMobile._all(text, context)}) > 1:
            raise Invalid("several_numbers")
        if match is None:
            return HongKongMobile.parse(_only_number(in_figures(narrow(text))), context)
        digits = match[2]
        if match[1] or re.fullmatch(r"(?:852|853)\d{8}|861[3-9]\d{9}", digits):
            digits = _local(digits)
        elif re.fullmatch(r"1[3-9]\d{9}", digits):
            raise Invalid("mainland")
        if len(digits) != DIGITS or digits[0] in "01":
            raise Invalid("format")
        kind = _kind(digits)
        if digits[0] not in FIRST_DIGITS or kind not in _TAKEN:
            raise Invalid("not_mobile")
        return f"+{HONG_KONG_CODE}{digits}"

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return the first number that an operator is known to use, its label included; where it
        is asked, the only one."""
        found = HongKongMobile._all(text, context)
        several = len({number.value for number in found}) > 1
        return found[0] if found and not (several and context.asked) else None

    @staticmethod
    def show(value: str, language: str) -> str:
        """Return the number as it is read: `+852 9123 4567`."""
        return f"{value[:4]} {value[4:8]} {value[8:]}"

    @staticmethod
    def _all(text: str, context: Context) -> list[Found]:
        """Return the numbers in a text that an operator is known to use, and that nobody denies."""
        folded = in_figures(narrow(text))
        found = []
        for match in _ANYWHERE.finditer(folded):
            number = HongKongMobile._taken(match["number"], context)
            known = number and _kind(number[-8:]) == PhoneNumberType.MOBILE
            if number and known and not denied(folded, match.start()):
                found.append(Found(number, match.start(), match.end()))
        return found

    @staticmethod
    def _taken(text: str, context: Context) -> str | None:
        try:
            return HongKongMobile.parse(text, context)
        except Invalid:
            return None


_TAKEN = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.UNKNOWN,
)


def _only_number(text: str) -> str:
    """Return the only number among words, if it is as long as a phone's, or raise Invalid."""
    numbers = list(_NUMBER.finditer(text))
    if len(numbers) != 1 or numbers[0][0] == text or denied(text, numbers[0].start()):
        raise Invalid("format")
    beside = text[: numbers[0].start()] + text[numbers[0].end() :]
    if sum(map(str.isdigit, numbers[0][0])) < LEAST_DIGITS or any(map(str.isdigit, beside)):
        raise Invalid("format")
    return numbers[0][0]


def masked(number: str) -> str:
    """Return a number of which only its owner knows the rest: `9••• •567`."""
    return f"{number[-8]}••• •{number[-3:]}"


def _local(digits: str) -> str:
    """Return the digits after Hong Kong's code, or raise Invalid with where the number belongs."""
    if digits.startswith(HONG_KONG_CODE):
        return digits.removeprefix(HONG_KONG_CODE)
    for code, place in _ELSEWHERE.items():
        if digits.startswith(code):
            raise Invalid(place)
    raise Invalid("foreign")


def _kind(digits: str) -> int:
    return int(phonenumbers.number_type(phonenumbers.parse(digits, "HK")))
