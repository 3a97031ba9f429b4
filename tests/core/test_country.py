"""Countries and regions that issue passports."""

from __future__ import annotations

from datetime import date

import pycountry
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from core.answer import Context, Invalid
from core.country import Country
from tests.speed import seconds

CONTEXT = Context(date(2021, 12, 10), {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GBR", "GBR"),
        ("gb", "GBR"),
        ("ＵＫ", "GBR"),
        ("Britain", "GBR"),
        ("the United Kingdom", "GBR"),
        ("BN(O)", "GBR"),
        ("英國", "GBR"),
        ("英国", "GBR"),
        ("China", "CHN"),
        ("中國", "CHN"),
        ("Mainland China", "CHN"),
        ("香港", "HKG"),
        ("Macau", "MAC"),
        ("Taiwan", "TWN"),
        ("臺灣", "TWN"),
        ("Viet Nam", "VNM"),
        ("cote d'ivoire", "CIV"),
        ("Islamic Republic of Iran", "IRN"),
        ("Russian", "RUS"),
        ("南韓", "KOR"),
        ("韩国", "KOR"),
        ("South Korea", "KOR"),
        ("Guinea", "GIN"),
        ("日本", "JPN"),
        ("US", "USA"),
        ("Trinidad & Tobago", "TTO"),
    ],
)
def test_a_country_is_understood_by_name_or_code(text: str, code: str) -> None:
    assert Country.parse(text, CONTEXT) == code


@pytest.mark.parametrize("language", ["en", "zh_Hant_HK", "zh_Hans"])
def test_every_country_is_understood_as_it_is_shown(language: str) -> None:
    for country in pycountry.countries:
        shown = Country.show(country.alpha_3, language)
        assert Country.parse(shown, CONTEXT) == country.alpha_3
        assert shown == Locale.parse(language).territories[country.alpha_2]


def test_several_countries_of_a_name_are_offered_in_the_language() -> None:
    for language, names in (("en", "South Korea, North Korea"), ("zh_Hant_HK", "南韓、北韓")):
        with pytest.raises(Invalid) as caught:
            Country.parse("Korea", Context(CONTEXT.today, {}, language))
        assert (caught.value.code, caught.value.params) == ("ambiguous", {"suggestions": names})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Frnace", "France"),
        ("Virgin Islands", "British Virgin Islands, U.S. Virgin Islands"),
        ("congo", "Congo - Kinshasa, Congo - Brazzaville"),
    ],
)
def test_similar_names_are_offered(text: str, names: str) -> None:
    with pytest.raises(Invalid) as caught:
        Country.parse(text, CONTEXT)
    assert (caught.value.code, caught.value.params) == ("ambiguous", {"suggestions": names})


def test_no_more_than_five_are_offered() -> None:
    with pytest.raises(Invalid) as caught:
        Country.parse("Republic of", CONTEXT)
    assert caught.value.params["suggestions"].count(", ") == 4


@pytest.mark.parametrize("text", ["", "zzzz", "123", "國", "?"])
def test_what_is_no_country_is_unknown(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        Country.parse(text, CONTEXT)
    assert caught.value.code == "unknown"


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        ("I hold a United Kingdom passport 123456789", "GBR", "United Kingdom"),
        ("日本護照 TR1234567", "JPN", "日本"),
        ("US passport", "USA", "US"),
        ("passport of France, 12AB", "FRA", "France"),
        ("passport issued by the Netherlands", "NLD", "the Netherlands"),
        ("not my passport but a German one; Germany passport", "DEU", "Germany"),
    ],
)
def test_a_country_is_found_by_its_passport(text: str, code: str, span: str) -> None:
    found = Country.find(text, CONTEXT)
    assert found is not None
    assert (found.value, text[found.start : found.end]) == (code, span)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("往來港澳通行證", "CHN"),
        ("双程证 C12345678", "CHN"),
        ("我用回鄉咭", "CHN"),
        ("台胞證", "CHN"),
        ("內地身份證", "CHN"),
        ("a Two-way Permit", "CHN"),
        ("home return permit", "CHN"),
        ("my Mainland identity card", "CHN"),
        ("BNO", "GBR"),
        ("a BN(O) passport", "GBR"),
    ],
)
def test_some_documents_are_issued_by_one_country_alone(text: str, code: str) -> None:
    found = Country.find(text, CONTEXT)
    assert found is not None
    assert found.value == code
    assert found.start == found.end, "what stands there is needed to find the number"


@pytest.mark.parametrize("text", ["re-entry permit", "回港證", "香港身份證", "BNOC", "旅行證"])
def test_other_documents_do_not_tell_their_country(text: str) -> None:
    assert Country.find(text, CONTEXT) is None


@pytest.mark.parametrize("text", ["my passport", "I live in Japan", "passport 1234", "passport"])
def test_other_words_are_no_country(text: str) -> None:
    assert Country.find(text, CONTEXT) is None


@pytest.mark.parametrize("text", ["我叫", "a passport of ", "1 "])
def test_a_long_text_is_looked_through_in_no_time(text: str) -> None:
    assert seconds(lambda: Country.find(text * 4000, CONTEXT)) < 1


def test_a_code_that_is_no_country_is_shown_as_it_is() -> None:
    assert Country.show("XXX", "en") == "XXX"


@pytest.mark.no_cover
@given(st.text())
def test_nothing_but_invalid_is_raised(text: str) -> None:
    Country.find(text, CONTEXT)
    try:
        assert len(Country.parse(text, CONTEXT)) == 3
    except Invalid as wrong:
        assert wrong.code in Country.errors
