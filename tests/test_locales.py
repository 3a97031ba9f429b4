"""The catalogues: the same texts in every language, every one used, none too long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.app import COMMANDS
from core.conversation.fields import Choice, Confirm, Field, Several
from core.conversation.form import Form
from core.conversation.one_time_code import OneTimeCode
from core.conversation.prompt import NAVIGATION
from core.conversation.texts import Language
from core.conversation.uploads import Uploads
from core.earlier import SAME
from handlers.commands import conversation
from handlers.everyone import Exports
from handlers.family import Answerer, TheirPhone
from handlers.health_code import Conditions
from handlers.my_chats import CareEnding, ChatEnding
from handlers.registration import Issued, LatinName
from tests.world import TEXTS

TALK = conversation()
FIELDS = [field for form in TALK.forms.values() for field in form.fields.values()]
SOURCES = [
    path.read_text("utf-8")
    for folder in ("core", "handlers", "bot")
    for path in (Path(__file__).parents[1] / folder).rglob("*.py")
]
JOINED = ("engine.please_check", "engine.comma", "why.until")
"""Texts that are joined to others, and bring their own space."""

REFUSED = ("wait", "phone", "chat", "numbers", "busy", "failures", "locked")
"""Why a one-time code is not sent."""

ASKED: dict[type, list[str]] = {
    ChatEnding: ["ask_here", "ask_last"],
    Conditions: ["ask_again"],
    CareEnding: ["ask_phone", "ask_alone"],
    Exports: ["ask_all"],
    Issued: ["ask_certificate", "ask_other"],
    LatinName: ["ask_only"],
}
"""Texts that ask a question where it is another case than the common one."""

BESIDE: dict[type, list[str]] = {TheirPhone: [TheirPhone.NONE], Conditions: [SAME, Conditions.DONE]}
"""Options beside the choices."""

LINK_SMS = ("link_chat.sms", "link_chat.sms_asked", "stop_care.sms")

BUTTON = 40
"""Characters that a phone of 320 px shows of a button."""


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", [Language.TRADITIONAL, Language.SIMPLIFIED])
def test_every_language_has_the_same_texts_with_the_same_values(language: Language) -> None:
    english, other = TEXTS.catalogues[Language.ENGLISH], TEXTS.catalogues[language]
    assert list(other) == list(english)
    for key, text in english.items():
        assert placeholders(other[key]) == placeholders(text), key


@pytest.mark.parametrize("language", list(Language))
def test_texts_are_clean(language: Language) -> None:
    for key, text in TEXTS.catalogues[language].items():
        assert text, key
        assert text.strip() == text or key in JOINED, key
        assert not re.search(r"<[a-z/]|https?:", text), key
        assert not re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text), key


@pytest.mark.parametrize("language", [Language.TRADITIONAL, Language.SIMPLIFIED])
def test_chinese_texts_are_chinese_in_their_own_script(language: Language) -> None:
    simplified = set("证码龙门边发这时说请")
    traditional = set("證碼龍門邊發這時說請")
    wrong = simplified if language is Language.TRADITIONAL else traditional
    for key, text in TEXTS.catalogues[language].items():
        if not key.startswith("welcome.language."):
            assert not wrong & set(text), key


OTHER_WORDS = {
    Language.ENGLISH: ("anew", "helpdesk", "the bot", "address proof", "«", " ‹", "data are"),
    Language.TRADITIONAL: (
        *("按鍵", "撤回", "今天", "明天", "毋須", "聊天中", "電話號碼", "否，", "“", "‘"),
    ),
    Language.SIMPLIFIED: (
        *("「", "『", "致电", "资料", "撤回", "按键", "聊天里", "的士", "等候", "写全", "否，"),
    ),
}
"""What is called by another word everywhere else, and signs that the language does not use."""

TYPED = (".word.", ".about.", ".also.", ".wanted.")
"""Words that people write, whatever they are."""


@pytest.mark.parametrize("language", list(Language))
def test_one_thing_has_one_word(language: Language) -> None:
    for key, text in TEXTS.catalogues[language].items():
        if not any(typed in key for typed in TYPED):
            assert not [word for word in OTHER_WORDS[language] if word in text], key


NUMBERS = (
    *("number", "of", "most", "least", "limit", "side", "days", "kept_days", "wanted", "hours"),
    *("limit_hours", "minutes", "years", "count", "line", "row"),
    *("arrival_days", "discharge_days", "symptom_days"),
    *("visit_days", "proof_days", "registration_days"),
)
"""Values that are numbers: with a measure word behind them, as 14天, not with spaces around."""


@pytest.mark.parametrize("language", [Language.TRADITIONAL, Language.SIMPLIFIED])
def test_chinese_is_spaced_alike_everywhere(language: Language) -> None:
    han, number = "[一-鿿]", rf"(?:\d|{{(?:{'|'.join(NUMBERS)})}})"
    for key, text in TEXTS.catalogues[language].items():
        if any(typed in key for typed in TYPED):
            continue
        assert not re.search(rf"{han}[A-Za-z]|[A-Za-z]{han}", text), key
        assert not re.search(rf"{number} {han}", text), key
        assert not re.search(rf"{han}[,:;!?]|[,:;!?]{han}|[，。：；！？、] ", text), key


def needed(form: type[Form], field: Field) -> list[str]:
    """Return the names of all texts that a question can need."""
    keys = [f"{field.key}.ask"]
    if field.summed:
        keys.append(f"{field.key}.name")
    if isinstance(field, Choice):
        keys += [f"{field.key}.option.{option}" for option in field.choices]
    if isinstance(field, Answerer):
        keys.append(f"{field.key}.ask_child")
    keys += [f"{field.key}.{ask}" for ask in ASKED.get(type(field), [])]
    keys += [f"{field.key}.option.{option}" for option in BESIDE.get(type(field), [])]
    if isinstance(field, Uploads):
        keys.append(f"{field.key}.option.done")
    if isinstance(field, Several):
        keys += [f"{field.key}.option.none", f"{field.key}.option.done", f"{field.key}.noted"]
    if isinstance(field, Confirm):
        keys += [f"{field.key}.option.yes", f"{field.key}.option.edit", f"{form.name}.summary"]
    if isinstance(field, OneTimeCode):
        keys += [f"{field.key}.refused.{why}" for why in REFUSED]
        keys += [
            f"{field.key}.{text}" for text in ("sms", "sent_again", "earlier", "enter", "unsent")
        ]
    return keys


@pytest.mark.parametrize("language", list(Language))
def test_every_question_has_all_its_texts(language: Language) -> None:
    for form in TALK.forms.values():
        for field in form.fields.values():
            for key in needed(form, field):
                assert key in TEXTS.catalogues[language], key
            for code in field.errors:
                key = f"{field.key}.error.{code}"
                assert key in TEXTS.catalogues[language] or (
                    f"error.{code}" in TEXTS.catalogues[language]
                ), key
    for command in TALK.commands:
        assert f"menu.option.{command}" in TEXTS.catalogues[language], command
    for command in COMMANDS:
        assert f"menu.command.{command}" in TEXTS.catalogues[language], command


def test_no_word_for_a_choice_means_two_of_them() -> None:
    for field in FIELDS:
        if not isinstance(field, Choice):
            continue
        meant: dict[str, str] = {}
        for option in (*field.choices, *BESIDE.get(type(field), [])):
            wholes, _ = TEXTS.meanings(f"{field.key}.option.{option}")
            for how in ("also", "about"):
                wholes |= TEXTS.words(f"{field.key}.{how}.{option}")
            for word in wholes:
                assert meant.setdefault(word, option) == option, f"{field.key}: {word}"


def test_every_text_is_used() -> None:
    structural = {
        key for form in TALK.forms.values() for f in form.fields.values() for key in needed(form, f)
    }
    for text in TEXTS.catalogues[Language.ENGLISH]:
        key = text.removesuffix("_for")
        assert key in TEXTS.catalogues[Language.ENGLISH], f"{text} has nothing to stand for"
        if key in structural:
            continue
        parts = key.split(".")
        candidates = [".".join(parts[:n]) for n in range(2, len(parts) + 1)]
        fields = [f for f in FIELDS if key.startswith(f"{f.key}.")]
        if fields:
            rest = key.removeprefix(f"{fields[0].key}.")
            errors = {f"error.{code}" for field in fields for code in field.errors}
            options = {o for field in fields for o in getattr(field, "choices", ())}
            options |= {o for f in fields for o in BESIDE.get(type(f), [])}
            also = {f"{how}.{option}" for how in ("also", "about") for option in options}
            assert rest in {"why", "example", *errors, *also}, f"{key} is not used"
            continue
        if parts[0] == "error":
            assert any(parts[1] in f.errors for f in FIELDS), f"{key} is not used"
            continue
        if parts[0] == "help":
            assert parts[1] == "ask" or f"help_{parts[1]}" in TALK.commands, f"{key} is not used"
            continue
        if key.startswith("engine.option."):
            assert f"_{parts[2]}" in NAVIGATION or parts[2].split("_")[0] in (
                "edit",
                "cancel",
                "resume",
            ), f"{key} is not used"
            continue
        found = any(
            f'"{c}"' in s or f'f"{c}.' in s or f'"{parts[0]}.{{' in s
            for c in candidates
            for s in SOURCES
        )
        dynamic = parts[0] in ("menu", "why") or ".".join(parts[:2]) in (
            "engine.other",
            "engine.aside",
            "engine.undelivered",
        )
        assert found or dynamic, f"{key} is not used"


@pytest.mark.parametrize("language", list(Language))
def test_button_labels_are_short(language: Language) -> None:
    for key, text in TEXTS.catalogues[language].items():
        if ".option." in key and not key.startswith("health_code.conditions."):
            assert len(text) <= BUTTON, key
        if key.startswith("menu.command."):
            assert len(text) <= 256, key


@pytest.mark.parametrize("language", list(Language))
def test_an_sms_is_one_segment(language: Language) -> None:
    values = {"minutes": 10, "hours": 24, "hotline": "3142 2330", "reference": "HC-VEKDF-VDZCF"}
    who = "C*** T** M**" if language == Language.ENGLISH else "陳*文"
    for key in ("registration.passcode.sms", "dependant.sms_ask", "dependant.sms_told", *LINK_SMS):
        text = TEXTS.say(language, key, code="123456", who=who, **values)
        assert len(text) <= (160 if text.isascii() else 70), key


@pytest.mark.parametrize("language", list(Language))
def test_long_messages_fit_one_message_of_telegram(language: Language) -> None:
    for key, text in TEXTS.catalogues[language].items():
        assert len(text) <= (700 if key.startswith("health_code.caption.") else 3500), key
