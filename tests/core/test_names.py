"""Names in English and in Chinese."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer import Context, Invalid, Kind
from core.names import ChineseName, EnglishName

CONTEXT = Context(date(2021, 12, 10), {})
SURE, ASKED = replace(CONTEXT, sure=True), replace(CONTEXT, asked=True)


def refused(kind: type[Kind], text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        kind.parse(text, CONTEXT)
    assert caught.value.code in kind.errors
    return caught.value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CHAN Tai Man", "CHAN Tai Man"),
        ("Chan, Tai Man", "Chan, Tai Man"),
        ("Ｃｈａｎ　Tai   Man", "Chan Tai Man"),
        ("RAJU A/L MUTHU", "RAJU A/L MUTHU"),
        ("Siti d/o Rahman", "Siti d/o Rahman"),
        ("TAN AH KOW @ CHEN AH KOW", "TAN AH KOW @ CHEN AH KOW"),
        ("O’Brien–Smith, Séan Jr.", "O'Brien-Smith, Séan Jr."),
        ("Se\u0301an Ng", "Séan Ng"),
        ("Q\u0301a Ng", "Q\u0301a Ng"),
        ("My name is Chan Tai Man", "Chan Tai Man"),
        ("Name: name: CHAN LAI", "CHAN LAI"),
        ("I am Chan Tai Man,", "Chan Tai Man"),
        ("Ng Ng", "Ng Ng"),
        ("Mr Chan Tai Man", "Chan Tai Man"),
        ("Mrs. WONG Mei Lan, my mother", "WONG Mei Lan"),
        ("WONG Mei Lan she is my mother", "WONG Mei Lan"),
        ("WONG Mei Lan, that's my mother.", "WONG Mei Lan"),
        ("Wong Mei Lan is my grandmother.", "Wong Mei Lan"),
        ("Nguyen Thanh Son", "Nguyen Thanh Son"),
        ("PERSON What", "PERSON What"),
    ],
)
def test_an_english_name_is_kept_as_it_was_written(text: str, name: str) -> None:
    assert EnglishName.parse(text, CONTEXT) == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("X", "too_short"),
        ("-'.", "too_short"),
        ("A" * 81, "too_long"),
        ("Chan 2", "digits"),
        ("陳大文", "not_latin"),
        ("Сhan", "not_latin"),
        ("chan@home", "characters"),
        ("CHAN Tai Man @", "characters"),
        ("n/a", "characters"),
        ("CHAN/WONG", "characters"),
        ("=HYPERLINK()", "characters"),
        ("CHAN\u202e", "hidden"),
        ("CHAN\x00", "hidden"),
        ("CHAN\ue000", "private_use"),
        ("My mother", "not_a_name"),
        ("what do you mean", "not_a_name"),
        ("I made a mistake", "not_a_name"),
        ("Thank you.", "not_a_name"),
        ("it's on my passport", "not_a_name"),
        ("same as above", "not_a_name"),
        ("no surname. Suharti", "not_a_name"),
        ("Surname Rigby", "not_a_name"),
        ("the second one", "not_a_name"),
        ("my son Peter", "not_a_name"),
        ("his wife", "not_a_name"),
    ],
)
def test_what_is_wrong_with_an_english_name_is_told_apart(text: str, code: str) -> None:
    assert refused(EnglishName, text).code == code


def test_the_bounds_are_told() -> None:
    assert refused(EnglishName, "X").params == {"least": 2}
    assert refused(EnglishName, "A" * 81).params == {"most": 80}
    assert refused(ChineseName, "陳" * 21).params == {"most": 20}


@pytest.mark.parametrize(
    ("text", "value", "span"),
    [
        ("A123456(3) CHAN Tai Man 1990-01-02", "CHAN Tai Man", "CHAN Tai Man"),
        ("I am CHAN, Tai-man born 1990", "CHAN, Tai-man", "I am CHAN, Tai-man"),
        ("my name is chan tai man and", "chan tai man", "my name is chan tai man"),
        ("full name: Chan, Tai Man born", "Chan, Tai Man", "full name: Chan, Tai Man"),
        ("FLAT Tai, AU-YEUNG Siu Ming", "AU-YEUNG Siu Ming", "AU-YEUNG Siu Ming"),
    ],
)
def test_an_english_name_is_found(text: str, value: str, span: str) -> None:
    found = EnglishName.find(text, CONTEXT)
    assert found is not None
    assert (found.value, text[found.start : found.end]) == (value, span)


@pytest.mark.parametrize(
    "text",
    [
        "FLAT Tai Man",
        "MONG Kok Road",
        "I am happy to help",
        "chan tai man",
        "ABC",
        "name is a.",
    ],
)
def test_what_might_be_something_else_is_no_english_name(text: str) -> None:
    assert EnglishName.find(text, CONTEXT) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("陳大文", "陳大文"),
        ("陳 大　文", "陳大文"),
        ("我叫陳大文", "陳大文"),
        ("中文姓名：陳大文", "陳大文"),
        ("我的名字是陈大文", "陈大文"),
        ("阿凡提・買買提", "阿凡提·買買提"),
        ("陳\U00020b9f", "陳\U00020b9f"),
        ("\uf9d1\ufa0c", "\uf9d1\ufa0c"),
        ("陳\U000e0100大文", "陳\U000e0100大文"),
        ("陳\ufe00", "陳\ufe00"),
        ("陳", "陳"),
    ],
)
def test_a_chinese_name_is_kept_in_its_own_characters(text: str, name: str) -> None:
    assert ChineseName.parse(text, SURE) == name
    assert ChineseName.show(name, "zh_Hans") == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Chan", "not_chinese"),
        ("陳大文1", "not_chinese"),
        ("···", "not_chinese"),
        ("\ufe00陳", "not_chinese"),
        ("たなか", "not_chinese"),
        ("", "not_chinese"),
        ("陳\u200b大文", "hidden"),
        ("陳\u202e大文", "hidden"),
        ("陳\U000e0041大文", "hidden"),
        ("\ud800", "hidden"),
        ("陳\ue000", "private_use"),
        ("陳" * 21, "too_long"),
        ("陳" + "\ufe00" * 200, "too_long"),
    ],
)
def test_what_is_wrong_with_a_chinese_name_is_told_apart(text: str, code: str) -> None:
    assert refused(ChineseName, text).code == code


@pytest.mark.parametrize(
    ("text", "value", "span"),
    [
        ("A123456(3) 陳大文 1990-01-02", "陳大文", "陳大文"),
        ("我叫陳大文，1990年生", "陳大文", "我叫陳大文"),
        ("姓名：陈大文 出生日期：", "陈大文", "姓名：陈大文"),
        ("歐陽震華", "歐陽震華", "歐陽震華"),
        ("張陳美玲", "張陳美玲", "張陳美玲"),
        ("陳大文 陳大文", "陳大文", "陳大文"),
        ("Maria SANTOS, no Chinese name", "", "no Chinese name"),
        ("Maria Santos but I have no chinese name", "", "but I have no chinese name"),
        ("Santos Maria，冇中文名", "", "冇中文名"),
    ],
)
def test_a_chinese_name_is_found(text: str, value: str, span: str) -> None:
    found = ChineseName.find(text, CONTEXT)
    assert found is not None
    assert (found.value, text[found.start : found.end]) == (value, span)


@pytest.mark.parametrize(
    "text",
    [
        "我唔知",
        "黃大仙",
        "黃大仙區",
        "馬鞍山",
        "金鐘道",
        "簡體",
        "何時開放",
        "安全吗",
        "陳太",
        "陳大文 李小明",
        "姓名",
        "2021年12月10日",
        "香港身份證",
        "CHAN",
    ],
)
def test_what_might_be_something_else_is_no_chinese_name(text: str) -> None:
    assert ChineseName.find(text, CONTEXT) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("歐陽修文 AU YEUNG Sau Man", "AU YEUNG Sau Man"),
        ("HKID CHAN Tai Man", "CHAN Tai Man"),
        ("MY NAME IS CHAN Tai Man", "CHAN Tai Man"),
    ],
)
def test_a_surname_may_have_two_words(text: str, name: str) -> None:
    found = EnglishName.find(text, CONTEXT)
    assert found is not None
    assert (found.value, text[found.end - len(name) : found.end]) == (name, name)


@pytest.mark.parametrize("text", ["拼音WANG XIAOMING", "中文王小明，英文WANG XIAOMING（護照）"])
def test_the_only_latin_words_amid_chinese_ones_are_the_name_that_is_asked_for(text: str) -> None:
    found = EnglishName.find(text, ASKED)
    assert found is not None
    assert found.value == text[found.start : found.end] == "WANG XIAOMING"
    for other in (
        "Wang Xiaoming",
        "我用 Face Book 同 You Tube",
        "梁 Leung 嘉欣 Ka Yan",
        "我用Zoom",
    ):
        assert EnglishName.find(other, ASKED) is None, other


@given(st.text(), st.sampled_from([EnglishName, ChineseName]))
def test_whatever_is_taken_is_canonical_and_visible(text: str, kind: type[Kind]) -> None:
    kind.find(text, CONTEXT)
    try:
        name = kind.parse(text, CONTEXT)
    except Invalid as wrong:
        assert wrong.code in kind.errors
        return
    assert kind.parse(name, CONTEXT) == name
    assert not {unicodedata.category(c)[0] for c in name} & {"C"}
    assert kind.show(name, "en") == name


@given(st.text("name is: Name我叫姓名中文是，,·. 陳A"))
def test_introductions_are_taken_away_once_and_for_all(text: str) -> None:
    for kind in (EnglishName, ChineseName):
        try:
            name = kind.parse(text, CONTEXT)
        except Invalid:
            continue
        assert kind.parse(name, CONTEXT) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("陳大文先生", "陳大文"),
        ("王美玲女士", "王美玲"),
        ("我叫陳大文", "陳大文"),
        ("小姐", "小姐"),
        ("係陳大文", "陳大文"),
        ("姓陳名大文", "陳大文"),
        ("姓王，名小明", "王小明"),
        ("鄒小文", "鄒小文"),
    ],
)
def test_a_chinese_name_is_kept_without_a_title(text: str, name: str) -> None:
    assert ChineseName.parse(text, SURE) == name


@pytest.mark.parametrize(
    "text",
    [
        "同上",
        "已經講咗",
        "幾時有得過關",
        "我是外国人",
        "刚才写了",
        "不用",
        "陳生",
        "佐藤健",
        "陳我",
    ],
)
def test_what_is_more_likely_no_chinese_name_is_asked_about(text: str) -> None:
    assert refused(ChineseName, text).code == "unlikely"
    assert ChineseName.parse(text, SURE) in text


@pytest.mark.parametrize(
    "text",
    [
        "唔知",
        "佢冇中文名",
        "我媽媽",
        "多謝",
        "谢谢",
        "你好",
        "返轉頭",
        "點解要問",
        "怎么写",
        "沒有",
    ],
)
def test_words_of_a_sentence_are_no_chinese_name(text: str) -> None:
    assert refused(ChineseName, text).code == "not_a_name"


def test_a_title_behind_a_name_is_no_part_of_it() -> None:
    found = ChineseName.find("Chan Tai Man 陳大文先生", CONTEXT)
    assert found is not None
    assert (found.value, found.end) == ("陳大文", len("Chan Tai Man 陳大文先生"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Surname: SMITH Given names: JOHN WILLIAM", "SMITH, JOHN WILLIAM"),
        ("First name Maria, last name Dela Cruz", "Dela Cruz, Maria"),
        ("my surname is Smith and my first name is John", "Smith, John"),
        ("姓 CHAN 名 TAI MAN", "CHAN, TAI MAN"),
        ("It's John Smith", "John Smith"),
        ("Hi, Rosalinda Bautista", "Rosalinda Bautista"),
        ("Good morning ma'am, my name is Rosalinda Bautista ma'am", "Rosalinda Bautista"),
        ("I am called Budi", "Budi"),
        ("Nama saya Dewi Lestari", "Dewi Lestari"),
        ("Pangalan ko po ay Rosalinda Bautista", "Rosalinda Bautista"),
        ("Ahmad Yani, I come from Indonesia.", "Ahmad Yani"),
        ("Jean Dupont from France", "Jean Dupont"),
        ("Wong Chan Siu-ling (Mrs)", "Wong Chan Siu-ling"),
        ("Ahmad.", "Ahmad"),
        ("yes Chan Tai Man", "Chan Tai Man"),
        ("sure, CHAN Tai Man", "CHAN Tai Man"),
        ("ok Chan Tai Man", "Chan Tai Man"),
        ("Ok Ju-hyun", "Ok Ju-hyun"),
        ("OK TAEC YEON", "OK TAEC YEON"),
        ("kim min ok", "kim min ok"),
        ("Muhammad Ali s/o Abdul Rehman", "Muhammad Ali s/o Abdul Rehman"),
        ("my mother Wong Lai Kuen", "Wong Lai Kuen"),
        ("John Smith Jr.", "John Smith Jr."),
        ("CHAN Siu-po", "CHAN Siu-po"),
        ("Saya Tanaka", "Saya Tanaka"),
        ("John Little", "John Little"),
        ("Will You", "Will You"),
        ("to so han", "to so han"),
        ("you long", "you long"),
    ],
)
def test_what_is_said_around_a_name_is_no_part_of_it(text: str, name: str) -> None:
    assert EnglishName.parse(text, SURE) == name


@pytest.mark.parametrize(
    "text",
    [
        *("wait", "Wait", "Hold on", "WHO ARE YOU", "my eyes are bad", "can't read this"),
        *("will I be arrested", "start over", "I give up", "Siti only", "Chan Tai Man ok"),
        *("Chan Tai Man male", "Rosalinda Bautista po", "c h a n"),
    ],
)
def test_words_of_a_sentence_are_a_name_only_if_he_says_so(text: str) -> None:
    assert refused(EnglishName, text).code == "unlikely"
    assert EnglishName.parse(text, SURE)


@pytest.mark.parametrize("text", ["Ng", "Chan", "My name is Sulastri", "Q\u0301a"])
def test_one_word_is_a_name_only_if_he_says_so(text: str) -> None:
    assert refused(EnglishName, text).code == "unlikely"
    assert EnglishName.parse(text, SURE) == text.split()[-1]


def test_one_word_is_found_where_it_is_introduced() -> None:
    found = EnglishName.find("My name is Sulastri, born 2 May 1985", CONTEXT)
    assert found is not None
    assert found.value == "Sulastri"


@pytest.mark.parametrize(
    "text",
    [
        "You Long",
        "Do Thi Hong",
        "do thi hong",
        "to so han",
        "John Little",
        "See Wan May",
        "OR SIU MING",
        "chan can man",
        "Maria de los Santos y Cruz",
        "Siti binti Abdullah al Hadi",
        "Will Smith",
        "will smith",
        "Mercy Grace Joy",
    ],
)
def test_a_name_that_sounds_like_words_is_taken(text: str) -> None:
    assert EnglishName.parse(text, CONTEXT) == text


def test_a_name_in_two_parts_is_found_amid_other_words() -> None:
    text = "Surname: SMITH\nGiven names: JOHN WILLIAM\nNationality: British"
    found = EnglishName.find(text, CONTEXT)
    assert found is not None
    assert found.value == "SMITH, JOHN WILLIAM"
    assert text[found.end :] == "\nNationality: British"
    assert EnglishName.find("Surname: SM1TH Given names: JOHN", CONTEXT) is None


def test_a_company_is_nobody() -> None:
    found = EnglishName.find("T: 2345 6789 ACME Ltd, CHAN Tai Man", CONTEXT)
    assert found is not None
    assert found.value == "CHAN Tai Man"


def test_a_surname_is_said_before_the_name() -> None:
    for text in ("我姓陳，大文", "我姓陳名大文", "姓陳名叫大文"):
        assert ChineseName.parse(text, CONTEXT) == "陳大文"
    assert ChineseName.parse("我姓歐陽，大文", CONTEXT) == "歐陽大文"
