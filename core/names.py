"""The names of a person, in English and in Chinese."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

from core.answer import UNLIKELY, AsWritten, Context, Found, Invalid
from core.gazetteer import is_place
from core.words.characters import is_han, is_latin, narrow, tidy
from core.words.ordinals import by_place
from core.words.spoken import GREETING, PLEASE, REPLIES, SIR, THANKS, without_ending
from core.words.talk import talks

LEAST_ENGLISH = 2
MOST_ENGLISH = 80
MOST_CHINESE = 20

_PUNCTUATION = str.maketrans(
    {**dict.fromkeys("’‘`´ʼ", "'"), **dict.fromkeys("‐‑‒–—−", "-"), "，": ",", "。": "."}
)
_DOTS = str.maketrans(dict.fromkeys("・‧•∙⋅●．.", "·"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OF_PASSPORTS = re.compile(r"(?<=\w) @ (?=\w)|(?<= [A-Za-z])/(?=[A-Za-z] )")
"""Signs in names: RAJU A/L MUTHU (son of), TAN AH KOW @ CHEN (also called)."""
_NOT_A_SURNAME = _words(
    "BLK BLOCK DOB FLAT FLOOR FLT FT HK HKID HOUSE HOTEL ID KLN MR MRS MS NO NT PHASE RM ROOM TEL"
    " TOWER UNIT"
)
_NOT_OF_PEOPLE = _words(
    "Avenue Building Bay Centre Court Estate Garden Gardens Hotel House Lane Mansion Path Road"
    " Street Terrace Tower Village Company Corporation Inc Limited Ltd"
)
_STOPS = ("and", "born", "dob", "hkid", "id", "my", "passport", "phone", "mobile", "tel", "i")
_NAME_IS = r"(?:my |full |english ){0,3}name(?: is\b|[ ]*:)[\s:]*"
_MY_NAME = r"my (?:full |english )*name\b|我?[個嘅的]?(?:英文)?(?:姓名|名字|名)[叫是係]?"
_INTRODUCTION = (
    rf"(?:{_NAME_IS}|{_MY_NAME}|i(?: am|'m)\b(?: called\b)?|it(?:'?s| is)\b|this is\b"
    r"|nama saya\b|(?:ang )?pangalan ko\b(?: po\b)?(?: ay\b)?|我?[叫是係])[\s:]*"
)
_GREETING = (
    rf"(?:{GREETING}|hey)\b"
    rf"(?:[ /]+(?:po|{SIR}|madam|there)\b)*\s*[,.!-]+\s*"
)
_YES = r"(?:yes|yeah)[ ,.!]+|(?:ok(?:ay)?|sure)[,.!]+ *|(?-i:ok(?:ay)? (?=[A-Z]))"
_INTRODUCTIONS = re.compile(rf"^(?:{_GREETING}|{_YES})?(?:[ ,]*{_INTRODUCTION})*", re.IGNORECASE)
_TITLES_OF_ADDRESS = r"(?:mr|mrs|ms|miss|mdm|madam)\b\.?"
_TITLE = re.compile(rf"^{_TITLES_OF_ADDRESS}\s+|[\s,(]+{_TITLES_OF_ADDRESS}$", re.IGNORECASE)
_ORIGIN = re.compile(r"[,.]?\s+(?:i(?: am|'m)? )?(?:come )?from [\w ]+\.?$", re.IGNORECASE)
_COURTESY = re.compile(rf"(?:[\s,]+(?:{SIR}|{PLEASE}))+$")
_PARTICLE = re.compile(r"[A-Z].* (?:po|ok|okay|la|lah|lol)$")
"""A small word at the end: polite in Tagalog, and part of a name in Cantonese, CHAN Siu-po."""
_STOP = re.compile(r"(?<=[^\W\d_]{4})\.$")
"""A full stop behind more than an abbreviation."""
_SURNAME_IS = r"(?:my )?(?:(?:sur|last[ -]?|family[ -]?)name|姓氏?)(?: is\b)?[\s:]*"
_GIVEN_IS = r"(?:and )?(?:my )?(?:(?:given|first|fore)[ -]?names?|名字?)(?: is\b)?[\s:]*"
_LATIN = r"[A-Za-z][^\n;]{0,60}"
_IN_TWO_PARTS = re.compile(
    rf"{_SURNAME_IS}(?P<surname>{_LATIN}?)[\s,;/|]{{1,3}}{_GIVEN_IS}(?P<given>{_LATIN})"
    rf"|{_GIVEN_IS}(?P<given_first>{_LATIN}?)[\s,;/|]{{1,3}}{_SURNAME_IS}(?P<surname_last>{_LATIN})",
    re.IGNORECASE,
)
"""As forms and passports have it: Surname: SMITH Given names: JOHN WILLIAM."""
_PRONOUNS = _words("i me my we our you your he his she her they their who and the of")
"""By themselves what is left of a sentence, not a name."""
_KIN = "mother|father|mum|mom|dad|parent|son|daughter|child|wife|husband|sister|brother|aunt|uncle"
_IS = r"(?:,?\s*\b(?:s?he|this|that)(?: is|['’]s)\b|,|\bis\b|-)"
_RELATION = re.compile(rf"\s*{_IS}\s*(?:my|his|her)\s+(?:grand)?(?:{_KIN})\.?$", re.IGNORECASE)
_HIS_KIN = rf"^(?:my|our|his|her)\s+(?:grand)?(?:{_KIN})\b"
_SOMEBODY = re.compile(_HIS_KIN, re.IGNORECASE)
_SOMEBODY_CALLED = re.compile(
    rf"{_HIS_KIN}(?:['’]s name)?(?: is)?[\s,:]+(?=(?-i:[A-Z][\w'-]*,? [A-Z]))", re.IGNORECASE
)
# One of these makes a sentence, unless it has capitals beside a surname that is written in them.
_TALK = _words(
    "mother father mum mom dad daughter wife husband sister brother what why please thank thanks"
    " sorry mistake mean means person people understand know because don't dont your have want need"
    " not name named surname called is and from same above before already it's call passport card"
    " document"
)
_GOES_ON = r"(?:[^\W\u3400-\u9fff]|['-])"
"""What stands beside a part of a Latin word: a Chinese character does not."""
_CAPITAL_SURNAME = re.compile(
    rf"(?:\b(?i:{_INTRODUCTION}))?(?<!{_GOES_ON})"
    r"(?P<name>(?:[A-Z]{2,} )?[A-Z]{2,}(?:-[A-Z]{2,})?,?"
    r" [A-Z][a-z]+(?:(?: [A-Z]|-[A-Za-z])[a-z]+){0,3})"
    rf"(?!{_GOES_ON})"
)
_LATIN_WORDS = re.compile(rf"{_GOES_ON}+(?P<more>[ ,.]+{_GOES_ON}+)*")
_INTRODUCED = re.compile(
    rf"(?:\b{_NAME_IS}|叫做?\s*|英文(?:姓名|名字?)[係是叫:]?\s*)"
    rf"(?P<name>[a-z][a-z'.-]*,?(?: (?!(?:{'|'.join(_STOPS)})\b)[a-z'.-]+){{0,5}})",
    re.IGNORECASE | re.ASCII,
)

_HAN_RUN = re.compile("[〇々\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_CHINESE_INTRODUCTION = re.compile(
    "(?:我(?:[叫是係系]|[的嘅個个]?(?:中文)?(?:姓名|名字|名)(?:[叫是係系])?)"
    "|(?:中文)?(?:姓名|名字)[是係系為为叫]?|中文名[是係系為为叫]?|叫)[ :]*"
)
_CHINESE_MARKS = "·,、:"
_CHINESE_INTRODUCTIONS = re.compile(
    rf"^(?:[{_CHINESE_MARKS}]*(?:{_CHINESE_INTRODUCTION.pattern}|[係系是](?=..)))+"
)
_SURNAME_AND_NAME = re.compile(
    r"^我?姓(?P<surname>[^氏名].??),?(?:名字?)?[叫係系是]?(?P<name>.{1,2})$"
)
_HAS_NONE = re.compile(
    r"\b(?:(?:but|and|i|s?he|have|has|there is|with) )*"
    r"(?:no|without an?|do(?:es)?n['’]?t have an?y?) chinese name\b"
    r"|[我佢她他]?(?:冇|沒有|没有|無|无)中文(?:姓名|名字?)",
    re.IGNORECASE,
)
_COMPOUND_SURNAMES = _words(
    "歐陽 欧阳 司徒 司馬 司马 上官 諸葛 诸葛 皇甫 尉遲 尉迟 公孫 公孙 慕容 令狐 端木 夏侯 東方 东方"
)
_SURNAMES = frozenset(
    "陳陈黃黄李梁張张林吳吴王何劉刘楊杨郭鄧邓周葉叶羅罗鄭郑曾蔡謝谢許许胡馮冯朱趙赵蘇苏潘徐余馬马"
    "盧卢高麥麦簡简溫温鍾钟方莫江譚谭彭廖蕭萧袁唐孫孙沈呂吕伍韓韩關关姚任區区崔范莊庄曹魏湯汤董石戴"
    "蔣蒋賴赖甘錢钱洪施嚴严丁龍龙杜田姜白金宋賈贾尹康邱丘秦史陸陆顏颜程汪傅鄺邝文侯詹翁霍邵屈歐欧"
    "倫伦勞劳古成連连凌阮龔龚孔尤毛卓倪俞藍蓝涂雷巫符柯岑佘鮑鲍柳韋韦招談谈郝童冼利辛容陶裴包尚單单"
    "項项盛祝樂乐游駱骆向車车苗顧顾薛夏葛孟熊萬万段常武易喬乔龐庞樊梅季安聶聂焦左"
)
# Words in their own right, too: enough in an answer, not to find a name in passing.
_MORE_SURNAMES = frozenset(
    "鄒邹甄賀贺翟殷邢祁靳寧宁應应閻阎華华畢毕卜官冉滕路牛申管艾房裘戚植禤幸練练敖揭麻強强鄔邬聞闻竇窦卞褚桂"
    "查繆缪岳穆柴封耿鞠遲迟苑晏婁娄池佟巢粟仇仲牟"
)
_ENDING = re.compile("(?:先生|女士|小姐|太太)?[呀啦囉㗎]?$")
_CHINESE_TALK = re.compile(
    "[我你您佢他她的嘅咩乜唔冇嗎吗呢吧啦喇請请]|沒有|没有|什[麼么]|甚麼|怎[麼么樣样]|點解|[為为][何什甚]|返轉頭"
)
_CHINESE_PHRASE = re.compile(rf"{THANKS}|你好|不知道?|不要|好的|知道")
_ORDINARY_WORDS = _words(
    "簡單 简单 簡體 简体 方便 高興 高兴 何時 何时 何處 何处 何解 文件 文字 成功 成人 安全 連接"
    " 连接 黃色 黄色 黃碼 黄码 常見 常见 單位 单位 項目 项目 容易 尚未 程序 溫度 温度 關於 关于"
    " 任何 萬一 万一 白天 金色 游客"
)
_TITLES = "生太"
"""陳生 and 陳太 are Mr and Mrs Chan."""
_PLACE_ENDS = frozenset("道街路邨村苑樓楼座室區区號号里徑径灣湾廈厦園园院校城閣阁臺台段市省縣县站")


class EnglishName(AsWritten):
    """The name in Latin letters, as on the document: "CHAN Tai Man" or "Chan, Tai Man"."""

    between = " "
    errors: tuple[str, ...] = (
        "hidden",
        "private_use",
        "digits",
        "not_latin",
        "characters",
        "not_a_name",
        "too_short",
        "too_long",
        UNLIKELY,
    )

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the name in NFC, capitals and small letters as they were written, without a title.

        Raise Invalid: `hidden`, `private_use` (see `tidy`), `digits`, `not_latin`, `characters`,
        `not_a_name` for words of a sentence, `too_short` (least), `too_long` (most), `unlikely` for
        what is more likely said than called so, and for one word: few people have no other name.
        """
        name = _parsed(text, context)
        if not context.sure and len(_split(name)) == 1:
            raise Invalid(UNLIKELY)
        return name

    @staticmethod
    def lacks(answer: str, piece: str, context: Context) -> bool:
        """Tell whether a name lacks what was said just before it: one word, as a surname is. Who
        writes all of it once more says that again."""
        with suppress(Invalid):
            [word, *more] = _split(_parsed(piece, context))
            said = {each.casefold() for each in _split(answer)}
            return not more and word.casefold() not in said
        return False

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return a name with its surname in capitals, or one that is introduced as a name."""
        folded = narrow(text)
        for match in _IN_TWO_PARTS.finditer(folded):
            with suppress(Invalid):
                return Found(_parsed(_in_one(match), context), *match.span())
        for match in (*_CAPITAL_SURNAME.finditer(folded), *_INTRODUCED.finditer(folded)):
            start, name = match.start(), match["name"]
            words = re.findall(r"\w+", name)
            if words[1:2] and words[1].isupper() and _is_no_surname(words[0]):
                start, name, words = match.start("name"), name[len(words[0]) :].lstrip(), words[1:]
                start += match["name"].index(name)
            if words[0].upper() in _NOT_A_SURNAME or not _NOT_OF_PEOPLE.isdisjoint(words):
                continue
            try:
                return Found(_parsed(name, context), start, match.end())
            except Invalid:
                continue
        return _only_latin_words(folded, context) if context.asked else None


class ChineseName(AsWritten):
    """The name in Chinese characters, kept as they were written."""

    errors: tuple[str, ...] = (
        "hidden",
        "private_use",
        "not_chinese",
        "not_a_name",
        "too_long",
        UNLIKELY,
    )

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the name without spaces; characters are not normalised, dots become `·`.

        NFC would change compatibility characters into others (U+F9D1 into U+516D), so that the
        name would no longer be the document's.
        Raise Invalid: `hidden`, `private_use` (see `tidy`), `not_chinese`, `not_a_name` for words
        of a sentence, `too_long` (most), `unlikely` where neither a surname nor a dot is in it, or
        a word of a sentence behind a surname.
        """
        name = tidy(text).replace(" ", "").translate(_DOTS)
        name = _SURNAME_AND_NAME.sub(r"\g<surname>\g<name>", name)
        name = _CHINESE_INTRODUCTIONS.sub("", name).strip(_CHINESE_MARKS)
        name = _ENDING.sub("", name) or name
        bare = "".join(filter(is_han, name))
        for position, character in enumerate(name):
            if is_han(character):
                continue
            if not (position and (character == "·" or _is_variation(character))):
                raise Invalid("not_chinese")
        if not bare:
            raise Invalid("not_chinese")
        surnames = _SURNAMES | _MORE_SURNAMES
        if _CHINESE_TALK.search(name):
            if not _begins_with_one(bare, surnames):
                raise Invalid("not_a_name")
            if not context.sure:
                raise Invalid(UNLIKELY)
        if _CHINESE_PHRASE.fullmatch(name):
            raise Invalid("not_a_name")
        if len(bare) > MOST_CHINESE or len(name) > 2 * MOST_CHINESE:
            raise Invalid("too_long", most=MOST_CHINESE)
        if not (context.sure or "·" in name or _could_be_a_name(bare, surnames)):
            raise Invalid(UNLIKELY)
        return name

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return the only stand-alone run of 2 to 4 characters that begins with a surname, or the
        empty name of who says that he has none."""
        folded = narrow(text)
        if none := _HAS_NONE.search(folded):
            return Found("", none.start(), none.end())
        found = []
        for run in _HAN_RUN.finditer(folded):
            introduction = _CHINESE_INTRODUCTION.match(folded, run.start())
            start = introduction.end() if introduction else run.start()
            name = _HAN_RUN.match(folded, start)
            if name and _could_be_a_name(bare := _ENDING.sub("", name[0])):
                found.append(Found(text[start : start + len(bare)], run.start(), name.end()))
        return found[0] if len({f.value for f in found}) == 1 else None


def _parsed(text: str, context: Context) -> str:
    """Return an English name, be it of one word."""
    name = _alone(unicodedata.normalize("NFC", tidy(text)).translate(_PUNCTUATION))
    for character in _OF_PASSPORTS.sub(" ", name):
        if is_latin(character) or character in " -',.":
            continue
        # A mark that no single character combines with its letter is part of the letter.
        if unicodedata.category(character) == "Mn":
            continue
        if character.isdigit():
            raise Invalid("digits")
        raise Invalid("not_latin" if character.isalpha() else "characters")
    if sum(map(is_latin, name)) < LEAST_ENGLISH:
        raise Invalid("too_short", least=LEAST_ENGLISH)
    words = _split(name)
    surname = any(word.isupper() and len(word) > 1 for word in words)
    said = (word.lower().removesuffix("'s") for word in words if word.islower() or not surname)
    talk = _SOMEBODY.match(name) or not _TALK.isdisjoint(said)
    plain = without_ending(name.strip(".").lower())
    if talk or plain in REPLIES or by_place(plain) != plain:
        raise Invalid("not_a_name")
    if len(name) > MOST_ENGLISH:
        raise Invalid("too_long", most=MOST_ENGLISH)
    spelt = len(words) > 2 and all(len(word) == 1 for word in words)
    left_over = plain in _PRONOUNS or spelt or _PARTICLE.search(name)
    if not context.sure and (left_over or talks(name)):
        raise Invalid(UNLIKELY)
    return name


def _split(name: str) -> list[str]:
    return name.replace(",", " ").replace(".", " ").split()


def _alone(said: str) -> str:
    """Return a name in Latin letters without what is said before and after it."""
    name = _SOMEBODY_CALLED.sub("", _INTRODUCTIONS.sub("", said)).strip(" ,")
    if parts := _IN_TWO_PARTS.fullmatch(name):
        name = _in_one(parts)
    name = name.rstrip("".join(filter(_is_sign, name)))
    name = _RELATION.sub("", _TITLE.sub("", _ORIGIN.sub("", name)))
    return _STOP.sub("", _COURTESY.sub("", name)).strip(" ,")


def _in_one(parts: re.Match[str]) -> str:
    """Return a name whose two parts were given one by one."""
    surname, given = parts["surname"] or parts["surname_last"], parts["given"]
    return f"{surname.strip(' ,.')}, {(given or parts['given_first']).strip(' ,.')}"


def _is_sign(character: str) -> bool:
    """Tell whether a character at the end of a name is no part of it: a mark or an emoji."""
    return unicodedata.category(character)[0] in "PSZ" and character not in ".@"


def _is_no_surname(word: str) -> bool:
    """Tell whether a word in capitals leads to a name rather than begins it: ID CHAN, IS CHAN."""
    return word in _NOT_A_SURNAME or word.lower() in {*_STOPS, *_TALK}


def _only_latin_words(text: str, context: Context) -> Found | None:
    """Return the only words in Latin letters amid Chinese ones, if they are a name."""
    runs = list(_LATIN_WORDS.finditer(text))
    if len(runs) == 1 and runs[0]["more"] and any(map(is_han, text)):
        with suppress(Invalid):
            return Found(EnglishName.parse(runs[0][0], context), *runs[0].span())
    return None


def _could_be_a_name(run: str, surnames: frozenset[str] = _SURNAMES) -> bool:
    return (
        _begins_with_one(run, surnames)
        and not (len(run) == 4 and run[:2] not in _COMPOUND_SURNAMES and run[1] not in _SURNAMES)
        and run not in _ORDINARY_WORDS
        and not (len(run) == 2 and run[1] in _TITLES)
        and not _CHINESE_TALK.search(run)
        and not _CHINESE_PHRASE.fullmatch(run)
        and not is_place(run)
        and run[-1] not in _PLACE_ENDS
    )


def _begins_with_one(run: str, surnames: frozenset[str]) -> bool:
    """Tell whether characters are as many as a name has, a surname first."""
    return 2 <= len(run) <= 4 and (run[0] in surnames or run[:2] in _COMPOUND_SURNAMES)


def _is_variation(character: str) -> bool:
    """Tell whether a character only chooses the form of the one before it (Unicode, IVS)."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
