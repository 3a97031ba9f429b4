"""Languages are guessed, texts found and filled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation.texts import Language, MissingText, Texts, guess, written

EN, HANT, HANS = Language
TEXTS = Texts(
    {
        EN: {"a.b": "Hello {name}", "n.one": "{count} visit", "n.other": "{count} visits"},
        HANT: {"a.b": "您好{name}", "n.other": "{count}次到訪"},
        HANS: {},
    }
)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("", None),
        ("-", None),
        ("en", EN),
        ("en-GB", EN),
        ("fr", EN),
        ("tlh", EN),
        ("x-private", EN),
        ("😀", EN),
        ("zh", HANS),
        ("ZH_cn", HANS),
        ("zh-SG", HANS),
        ("zh-hk", HANT),
        ("zh_TW", HANT),
        ("zh-MO", HANT),
        ("zh-Hant", HANT),
        ("zh-hans-HK", HANS),
        ("zh-Hant-CN", HANT),
        ("yue", HANT),
        ("yue-CN", HANS),
        ("yue-Hans", HANS),
        ("zh-XX", HANS),
        ("zh-", HANS),
        ("zh-no-such-thing", HANS),
        ("zh-Hant-HK-x-very-private", HANT),
    ],
)
def test_the_language_is_guessed_from_the_tag(tag: str, language: Language | None) -> None:
    assert guess(tag) == language


@given(
    st.one_of(st.text(max_size=30), st.from_regex(r"(zh|yue)([-_]\w{1,8}){0,4}", fullmatch=True))
)
def test_no_tag_is_too_strange(tag: str) -> None:
    assert guess(tag) in (None, *Language)


def test_a_text_is_filled() -> None:
    assert TEXTS.say(EN, "a.b", name="Chan", more="unused") == "Hello Chan"
    assert TEXTS.say(EN, "a.b", name="{name} {0.__class__}") == "Hello {name} {0.__class__}"
    assert TEXTS.say(HANT, "a.b", name="陳") == "您好陳"


def test_the_count_chooses_the_form_where_the_language_has_two() -> None:
    said = [TEXTS.say(EN, "n", count=count) for count in (0, 1, 2)]
    assert said == ["0 visits", "1 visit", "2 visits"]
    assert TEXTS.say(HANT, "n", count=1) == "1次到訪"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingText, match=r"zh_Hans: a\.b"):
        TEXTS.say(HANS, "a.b", name="x")
    with pytest.raises(MissingText, match=r"en: a\.b wants {name}"):
        TEXTS.say(EN, "a.b")
    assert TEXTS.has(EN, "a.b")
    assert TEXTS.has(HANT, "n")
    assert not TEXTS.has(HANS, "a.b")
    assert TEXTS.everywhere("a.b") == ["Hello {name}", "您好{name}"]


def test_days_and_instants_are_written_as_the_language_does() -> None:
    late = datetime(2021, 12, 9, 16, 5, tzinfo=UTC)
    assert written(late, EN) == "10 December 2021, 00:05"
    assert written(late, HANT) == written(late, HANS) == "2021年12月10日 00:05"
    assert written(date(2021, 12, 9), EN) == "9 December 2021"
    assert written(date(2021, 12, 9), HANS) == "2021年12月9日"
    assert written(5, EN) == "5"


def test_catalogues_are_read_from_toml(tmp_path: Path) -> None:
    for language in Language:
        (tmp_path / f"{language}.toml").write_text(f'[a.b]\nc = """\n{language} text\n"""\n')
    assert Texts.load(tmp_path).say(HANT, "a.b.c") == "zh_Hant_HK text"
