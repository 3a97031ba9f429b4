"""The country or region that issued a passport."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import pycountry
from babel import Locale

from core.answer import Context, Found, Invalid, fold
from core.words.characters import narrow
from core.words.documents import BNO, IDENTITY_CARD, OF_THE_MAINLAND, PASSPORT
from core.words.spoken import REPLIES, core_of

MOST_SUGGESTIONS = 5
LEAST_LETTERS = 4
"""Letters of a name that is looked for in other names; of fewer, too many contain them."""

LONGEST_NAME = 100
"""Characters of an answer that are looked at; the longest official name has 52."""

_LANGUAGES = ("en", "zh_Hant_HK", "zh_Hant", "zh_Hans")
_ALSO_KNOWN_AS = {
    "ARE": "uae, emirates, dubai",
    "AUS": "australian",
    "BGD": "bangladeshi",
    "CAN": "canadian",
    "CHN": "china, chinese, prc, mainland china, 內地, 内地, 中國內地, 中国内地, 大陸, 大陆"
    ", 中國大陸, 中国大陆, 中華人民共和國, 中华人民共和国",
    "CZE": "czech republic",
    "DEU": "german",
    "FRA": "french",
    "GBR": "uk, britain, great britain, england, scotland, wales, northern ireland, british, bno"
    ", bn(o), british national overseas, british national (overseas), 英格蘭, 英格兰",
    "HKG": "hong kong, hksar, 香港",
    "IDN": "indonesian",
    "IND": "indian",
    "JPN": "japanese",
    "KOR": "south korea, rok, 南韓, 南韩, 韓國, 韩国",
    "MAC": "macau, macao, 澳門, 澳门",
    "MKD": "macedonia",
    "MMR": "burma, 緬甸, 缅甸",
    "NLD": "holland",
    "NPL": "nepali, nepalese",
    "PAK": "pakistani",
    "PHL": "philippine, filipino, filipina, pilipinas",
    "PRK": "north korea, dprk, 北韓, 朝鲜",
    "PRT": "portuguese, 葡國, 葡国",
    "RUS": "russia",
    "SWZ": "swaziland",
    "THA": "thai",
    "TUR": "turkey",
    "TWN": "taiwan, taiwanese, roc, 臺灣, 台湾, 中華民國, 中华民国",
    "USA": "america, american, us, u.s., u.s.a.",
    "VAT": "vatican",
    "VNM": "vietnam, vietnamese",
}
_SHARED = {"korea": ("KOR", "PRK"), "congo": ("COD", "COG")}
_PASSPORT = re.compile(PASSPORT, re.IGNORECASE)
_ISSUED_BY_ONE = re.compile(
    rf"(?P<GBR>{BNO})"
    rf"|(?P<CHN>{OF_THE_MAINLAND}|(?:大[陸陆]|[內内]地|[國国][內内]){IDENTITY_CARD}"
    r"|\b(?:(?:one|two)[- ]way|exit[- ]entry|home (?:return|visit)) permit"
    r"|\b(?:mainland|chinese) (?:travel permit|id(?:entity)? card))",
    re.IGNORECASE,
)
"""Documents that are issued by one country or region alone."""
_BREAK = re.compile(r"[\d_,;，；。\n]")
_OF = re.compile(r"\s*(?:(?:is|was) )?(?:of|from|issued (?:by|in))\s+", re.IGNORECASE)
_BELONGING = re.compile(r"(?<=.)[的嘅人籍]+$")
REACH = 60
"""Characters on either side of "passport" in which its country is looked for."""


class Country:
    """An issuing country or region, as its ISO 3166-1 alpha-3 code."""

    errors: tuple[str, ...] = ("unknown", "ambiguous")

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the code that a name (English, Traditional or Simplified) or a code means.

        Raise Invalid: `unknown`; `ambiguous` (suggestions: names in the context's language) where
        several countries, or none but similar ones, are called so.
        """
        words = fold(text[:LONGEST_NAME])
        if words.casefold().strip(".!") in REPLIES:
            raise Invalid("unknown")  # NO is Norway's code.
        wanted = _key(words)
        codes = _names().get(wanted, ())
        if not codes:
            wanted = _key(_BELONGING.sub("", _PASSPORT.sub("", core_of(words))))
            codes = _names().get(wanted, ())
        if not codes and len(wanted) >= (LEAST_LETTERS if wanted.isascii() else 2):
            edge = r"\b" if wanted.isascii() else ""
            word = re.compile(edge + re.escape(wanted))
            codes = _codes(name for name in _names() if word.search(name))
        if len(codes) == 1:
            return codes[0]
        codes = codes or _codes(difflib.get_close_matches(wanted, _names(), MOST_SUGGESTIONS, 0.75))
        if not codes:
            raise Invalid("unknown")
        names = [Country.show(code, context.language) for code in codes[:MOST_SUGGESTIONS]]
        separator = ", " if context.language == "en" else "、"
        raise Invalid("ambiguous", suggestions=separator.join(names))

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return the country whose passport is spoken of, or that alone issues what is.

        Of such a document nothing is taken out of the text: its name is no country's.
        """
        folded = narrow(text)
        if document := _ISSUED_BY_ONE.search(folded):
            return Found(str(document.lastgroup), document.start(), document.start())
        for passport in _PASSPORT.finditer(folded):
            before = folded[max(0, passport.start() - REACH) : passport.start()]
            clause = _BREAK.split(before)[-1]
            words = list(re.finditer(r"\S+", clause))
            # "I hold a United Kingdom passport": the words next to it, four at the most.
            nearest = [
                (words[-n].start(), words[-1].end()) for n in range(min(4, len(words)), 0, -1)
            ]
            found = _named(clause, nearest, passport.start() - len(clause))
            if found is None and (of := _OF.match(folded, passport.end())):
                clause = _BREAK.split(folded[of.end() : of.end() + REACH])[0]
                words = list(re.finditer(r"\S+", clause))
                nearest = [(0, words[n - 1].end()) for n in range(min(4, len(words)), 0, -1)]
                found = _named(clause, nearest, of.end())
            if found is not None:
                return found
        return None

    @staticmethod
    def show(value: str, language: str) -> str:
        """Return the country's name in the language."""
        country = pycountry.countries.get(alpha_3=value)
        if country is None:
            return value
        return str(Locale.parse(language).territories.get(country.alpha_2, country.name))


def _named(clause: str, spans: Iterable[tuple[int, int]], offset: int) -> Found | None:
    """Return the first of the spans that is a country's name; `offset` is where the clause is."""
    for start, end in spans:
        name = clause[start:end]
        codes = _names().get(_key(name), ())
        # "my passport" is not one of Malaysia: codes count in capitals only.
        if len(codes) == 1 and not (name.islower() and len(name) < LEAST_LETTERS):
            return Found(codes[0], offset + start, offset + end)
    return None


def _key(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words = re.sub(r"[^\w()]+", " ", plain.casefold().replace("&", " and "))
    return re.sub(r"^the ", "", words.strip())


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Return every name and code, as `_key` writes it, with the countries that it may mean."""
    names: dict[str, tuple[str, ...]] = {_key(name): codes for name, codes in _SHARED.items()}
    territories = [Locale.parse(language).territories for language in _LANGUAGES]
    for country in pycountry.countries:
        called = [country.alpha_2, country.alpha_3, country.name]
        called += [getattr(country, kind, "") for kind in ("official_name", "common_name")]
        called += [territory.get(country.alpha_2, "") for territory in territories]
        called += _ALSO_KNOWN_AS.get(country.alpha_3, "").split(", ")
        for name in filter(None, map(_key, called)):
            names.setdefault(name, (country.alpha_3,))
    return names


def _codes(names: Iterable[str]) -> tuple[str, ...]:
    """Return the countries of these names, each once, in order."""
    return tuple(dict.fromkeys(code for name in names for code in _names()[name]))
