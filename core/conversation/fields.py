"""Questions. A field says what kind of answer it takes; its words stand in `locales/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from core.answer import InParts, Invalid, Kind
from core.conversation.messages import Contact, File, Finished, Text
from core.conversation.texts import plain
from core.conversation.turn import Turn
from core.dates import Day
from core.words.ordinals import by_place
from core.words.spoken import affirms, as_labels_begin, core_of, without_ending

Answers = Mapping[str, Any]
When = Callable[[Answers], bool]


class Waiting:
    """The answer is not complete yet: the same question goes on."""


WAITING: Final = Waiting()


class More:
    """The answer has been put where it belongs: what is asked next may be the same once more."""


MORE: Final = More()

KEPT: Final = "kept"
"""In place of an answer that was given in an earlier form and still holds."""


@dataclass(frozen=True)
class Chosen:
    """One of the offered options was chosen, by button, number or word."""

    option: str


Said = Chosen | Text | File | Contact | Finished


class Field:
    """One question of a form.

    `wanted` is the code of the error that says in which way it is answered: in words, by a button.
    `when` tells from the answers so far whether it is asked; `resets` names the answers that fall
    when this one changes, `renews` those that fall with it unless they were given in this form;
    `optional` questions can be skipped. `words` names the form under which its texts stand, where
    that is not its own.
    """

    errors: tuple[str, ...] = ()
    wanted: str = "words_wanted"
    name: str = ""
    form: str = ""
    summed: bool = True

    def __init__(
        self,
        *,
        optional: bool = False,
        when: When | None = None,
        resets: Sequence[str] = (),
        renews: Sequence[str] = (),
        words: str = "",
    ) -> None:
        self.optional = optional
        self.when = when
        self.resets = resets
        self.renews = renews
        self.form = words

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def key(self) -> str:
        """The prefix of this question's texts."""
        return f"{self.form}.{self.name}"

    def only(self, when: When) -> Self:
        """Return the same question for another form, where it is asked only then."""
        other = copy(self)
        other.when = when
        return other

    def applies(self, answers: Answers) -> bool:
        """Tell whether the question is asked at all."""
        return self.when is None or self.when(answers)

    def answered(self, answers: Answers) -> bool:
        """Tell whether the question has an answer that still holds."""
        return self.name in answers

    def options(self, turn: Turn) -> list[list[tuple[str, str]]]:
        """Return the rows of answers that can be chosen: (option, label)."""
        return []

    async def asked(self, turn: Turn) -> str:
        """Do what must happen before the question is shown; return which of its texts asks it."""
        return "ask"

    async def take(self, turn: Turn, said: Said) -> Any:
        """Return the answer, or WAITING or MORE, or raise Invalid."""
        raise Invalid("file_not_now" if isinstance(said, File) else self.wanted)

    def mentioned(self, turn: Turn, said: Said) -> str:
        """Return the option that is meant in a sentence, empty for none."""
        return ""

    def taken(self, turn: Turn, said: Said, value: Any) -> None:
        """Note what must be said of an answer that was taken."""

    def show(self, value: Any, turn: Turn) -> str:
        """Return the answer as the summary shows it."""
        raise NotImplementedError

    def error(self, turn: Turn, code: str) -> str:
        """Return the name of the text that explains an error."""
        key = f"{self.key}.error.{code}"
        return key if turn.texts.has(turn.language, key) else f"error.{code}"

    def example(self, turn: Turn) -> str:
        """Return an example, where there is one."""
        key = f"{self.key}.example"
        return turn.text(key) if turn.texts.has(turn.language, key) else ""


def veiled(text: str) -> str:
    """Return an answer as its owner knows it again and others do not: `A1••••6(3)`."""
    return text[:2] + "•" * max(len(text) - 6, 3) + text[-4:]


class Words(Field):
    """A question that is answered in words. `contact`: a shared phone number is an answer too.

    `implies` are the answers that follow where this one was found inside a longer message.
    A `sensitive` answer is shown veiled, and its message deleted from the chat if he agreed.
    """

    def __init__(
        self,
        kind: type[Kind],
        *,
        contact: bool = False,
        implies: Mapping[str, str] | None = None,
        sensitive: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.kind = kind
        self.contact = contact
        self.implies = implies or {}
        self.sensitive = sensitive
        self.errors = (
            *kind.errors,
            "file_not_now",
            "not_own" if contact else "words_wanted",
        )

    async def take(self, turn: Turn, said: Said) -> str:
        match said:
            case Text(text=text):
                return self.kind.parse(text, turn.context)
            case Contact(phone=phone, own=own) if self.contact:
                if not own:
                    raise Invalid("not_own")
                return self.kind.parse(phone, turn.context)
        return str(await super().take(turn, said))

    def show(self, value: Any, turn: Turn) -> str:
        shown = self.kind.show(value, turn.language)
        return veiled(shown) if self.sensitive else shown


class InTwo(Words):
    """A question whose answer may have begun just before, as one that was refused: what the two are
    together is said back."""

    def __init__(self, kind: type[InParts], **more: Any) -> None:
        super().__init__(kind, **more)
        self.parts = kind

    async def take(self, turn: Turn, said: Said) -> str:
        answer = await super().take(turn, said)
        pieces = turn.session.pieces
        if pieces and self.parts.lacks(answer, pieces[-1], turn.context):
            with suppress(Invalid):
                together = f"{pieces[-1]}{self.parts.between}{answer}"
                answer = self.kind.parse(together, turn.context)
                turn.note("engine.reckoned", answer=self.show(answer, turn))
        return answer


class NearDay(Words):
    """A question for a day near today. One that was reckoned from today is said back, to be sure.

    Its `kind` is one of `core.dates`.
    """

    def __init__(self, kind: type[Day], **more: Any) -> None:
        super().__init__(kind, **more)
        self.day = kind

    def taken(self, turn: Turn, said: Said, value: Any) -> None:
        if isinstance(said, Text) and self.day.is_reckoned(said.text, turn.context):
            turn.note("engine.reckoned", answer=self.show(value, turn))


YES = "✓ "
"""The mark of a button that says yes; an answer that is shown needs none."""


_SIGNS = "[,，、.。!！;；]"
"""Between the parts of an answer."""


class Choice(Field):
    """A question with a few answers. The ids never depend on the language."""

    errors: tuple[str, ...] = ("not_offered", "file_not_now")
    wanted = "not_offered"

    def __init__(self, options: type[StrEnum], *, per_row: int = 1, **more: Any) -> None:
        super().__init__(**more)
        self.choices = [str(option) for option in options]
        self.per_row = per_row

    def label(self, turn: Turn, option: str) -> str:
        """Return an option's label."""
        return turn.text(f"{self.key}.option.{option}")

    def offered(self, turn: Turn) -> list[str]:
        """Return the options that are open to this person."""
        return self.choices

    def options(self, turn: Turn) -> list[list[tuple[str, str]]]:
        buttons = [(option, self.label(turn, option)) for option in self.offered(turn)]
        return [buttons[i : i + self.per_row] for i in range(0, len(buttons), self.per_row)]

    def recognise(self, turn: Turn, text: str) -> str | None:
        """Return the option that a text means: its number, its label in any language, or one of
        the words that people have for it (`<field>.also.<option>`), as a whole first, or said
        twice: "All true, yes"."""
        if option := self._meant(turn, plain(text)):
            return option
        parts = [plain(part) for part in re.split(_SIGNS, without_ending(plain(text)))]
        meant = {self._meant(turn, part) for part in parts if part}
        return meant.pop() if len(meant) == 1 else None

    def _meant(self, turn: Turn, words: str) -> str | None:
        core = core_of(words)
        ways = (words, core, _unmarked(words), as_labels_begin(words), by_place(core))
        return next(filter(None, (self._named(turn, way) for way in ways)), None)

    def mentioned(self, turn: Turn, said: Said) -> str:
        return mentioned(turn, self.key, self.offered(turn), said)

    def _named(self, turn: Turn, wanted: str) -> str | None:
        beginning = None
        for number, option in enumerate(self.offered(turn), 1):
            wholes, beginnings = turn.texts.meanings(f"{self.key}.option.{option}")
            if wanted in (str(number), option) or wanted in wholes:
                return option
            if wanted in turn.texts.words(f"{self.key}.also.{option}"):
                return option
            if beginning is None and wanted in beginnings:
                beginning = option
        return beginning

    async def take(self, turn: Turn, said: Said) -> Any:
        match said:
            case Chosen(option=option) if option in self.offered(turn):
                return option
            case Text(text=text):
                recognised = self.recognise(turn, text)
                if recognised is not None:
                    return recognised
        return await super().take(turn, said)

    def show(self, value: Any, turn: Turn) -> str:
        return self.label(turn, value).removeprefix(YES)


class Listed(Choice):
    """A question whose answers are listed anew each time, and have no words but their labels."""

    def recognise(self, turn: Turn, text: str) -> str | None:
        wanted = plain(text)
        place = by_place(core_of(wanted))
        for number, option in enumerate(self.offered(turn), 1):
            if place == str(number) or wanted == plain(self.label(turn, option)):
                return option
        return None


def _unmarked(words: str) -> str:
    """Return words without the marks between them: "yes, I agree" is "yes I agree"."""
    return " ".join(re.sub("[,，、!！]", " ", words).split())


def mentioned(turn: Turn, key: str, options: Iterable[str], said: Said) -> str:
    """Return the only option of which a sentence has a word (`<key>.about.<option>`), where nothing
    is denied or asked in it; empty for none. A word in a longer one counts for that: 內地身份證 is
    not 身份證."""
    if not isinstance(said, Text):
        return ""
    words = {o: turn.texts.mention(f"{key}.about.{o}", said.text) for o in options}
    found = set(words.values()) - {""}
    longest = {word for word in found if not any(word in other for other in found - {word})}
    meant = [option for option, word in words.items() if word in longest]
    return meant[0] if len(meant) == 1 and affirms(said.text, words[meant[0]]) else ""


class Several(Choice):
    """A question with any number of answers: one tap says none, others are collected."""

    NONE = "none"
    DONE = "done"

    def alone(self, turn: Turn) -> dict[str, list[str]]:
        """Return the options that are a whole answer in one tap, with what it is."""
        return {self.NONE: []}

    def offered(self, turn: Turn) -> list[str]:
        chosen = turn.session.partial
        rest = [option for option in self.choices if option not in chosen]
        return [*rest, self.DONE] if chosen else [*self.alone(turn), *rest]

    def _meant(self, turn: Turn, words: str) -> str | None:
        if without_ending(_unmarked(words)) in turn.texts.words("engine.word.none"):
            return self.DONE if turn.session.partial else self.NONE
        return super()._meant(turn, words)

    async def take(self, turn: Turn, said: Said) -> Any:
        partial = turn.session.partial
        if isinstance(said, Text) and self.recognise(turn, said.text) is None:
            # "1, 3" or "1 3" or two labels: every part must be understood.
            parts = re.split(r"[,，、;；&＆]|\band\b|同埋?|和|及", said.text)
            if len(parts) == 1 and re.fullmatch(r"[\d\s]+", said.text):
                parts = said.text.split()
            named = {self.recognise(turn, part) for part in parts}
            if len(parts) > 1 and not named & {None, self.NONE}:
                turn.session.partial = []
                return sorted({*partial, *map(str, named)} - {self.DONE})
        option: str = await super().take(turn, said)
        alone = self.alone(turn)
        if option in alone:
            return alone[option]
        if option == self.DONE:
            chosen, turn.session.partial = sorted(partial), []
            return chosen
        turn.session.partial = [*partial, option]
        turn.note(f"{self.key}.noted", choice=self.label(turn, option))
        return WAITING

    def show(self, value: Any, turn: Turn) -> str:
        comma = turn.text("engine.comma")
        return comma.join(self.label(turn, v) for v in value) or self.label(turn, self.NONE)


class Decision(StrEnum):
    """What can be done with the summary."""

    YES = "yes"
    EDIT = "edit"


class Confirm(Choice):
    """The last question: the summary of all answers, each of which can be changed first."""

    summed = False

    def __init__(self, **more: Any) -> None:
        super().__init__(Decision, **more)

    def recognise(self, turn: Turn, text: str) -> str | None:
        # What is else an order to change what is registered means the answers that stand here.
        orders = turn.texts.words("engine.word.change")
        first = plain(re.split(_SIGNS, text)[0])
        # No, … : whatever follows, something is not right yet.
        if plain(text) in orders or self._meant(turn, first) == Decision.EDIT:
            return Decision.EDIT
        return super().recognise(turn, text)

    async def take(self, turn: Turn, said: Said) -> Any:
        if await super().take(turn, said) == Decision.EDIT:
            turn.session.aside = "edit"
            return WAITING
        return True
