"""What is put before a person: a question with its place and its ways out, or an aside.

An aside is asked instead of the question in hand: the language, whether to stop, whether to go
on, which answer to change.
"""

from __future__ import annotations

from itertools import takewhile

from core.conversation.fields import Confirm, Field, Words
from core.conversation.form import Form
from core.conversation.session import Session
from core.conversation.texts import Language
from core.conversation.turn import Turn
from core.conversation.uploads import Upload

Rows = list[list[tuple[str, str]]]

BACK, SKIP, KEEP, WHY, HELP, LANGUAGE, CANCEL, MEANT = (
    "_back",
    "_skip",
    "_keep",
    "_why",
    "_help",
    "_language",
    "_cancel",
    "_meant",
)
"""The ways around an answer, as options; behind the stroke, what their labels and words are called.
"""
NAVIGATION = (BACK, SKIP, KEEP, WHY, HELP, LANGUAGE, CANCEL, MEANT)

NAMES = {
    Language.ENGLISH: "English",
    Language.TRADITIONAL: "繁體中文",
    Language.SIMPLIFIED: "简体中文",
}


def show(turn: Turn, form: type[Form], field: Field, text: str) -> None:
    """Show a question in that text of it, with where one is and what can be done."""
    session = turn.session
    if session.awaits(field.name):
        turn.reply(turn.text("engine.reading"), ways_out(turn, form, field))
        return
    asked = [f for f in form.asked(session.answers) if not isinstance(f, Confirm)]
    text, place = question(turn, form, field, text), form.heading(turn)
    if isinstance(field, Confirm):
        text = f"{summary(turn, form)}\n\n{text}"
    elif form.numbered and len(asked) > 1:
        progress = turn.text("engine.progress", number=asked.index(field) + 1, of=len(asked))
        place = turn.text("engine.place", whom=place, progress=progress) if place else progress
    if place:
        text = f"{place}\n{text}"
    offer(turn, form, field, text)


def question(turn: Turn, form: type[Form], field: Field, what: str) -> str:
    """Return a question's text (`ask` or `why`), in the words for another person if about one."""
    name = form.concerns(turn) or turn.about_name
    return turn.text_about(name, f"{field.key}.{what}", **form.values(turn, field))


def offer(turn: Turn, form: type[Form], field: Field, text: str, *, same: bool = False) -> None:
    """Send a text that offers the answers to a question and the ways out of it."""
    wants_contact = isinstance(field, Words) and field.contact
    turn.reply(
        text,
        [*field.options(turn), *ways_out(turn, form, field)],
        same=same,
        contact=turn.text("engine.share_contact") if wants_contact else "",
        file_wanted=isinstance(field, Upload),
    )


def ways_out(turn: Turn, form: type[Form], field: Field) -> Rows:
    """Return the ways out of a question."""
    session = turn.session
    first = [
        *([BACK] if previous(form, session) else []),
        *([SKIP] if field.optional else []),
        *([KEEP] if field.answered(session.answers) else []),
    ]
    why = [WHY] if turn.texts.has(turn.language, f"{field.key}.why") else []
    meant = [MEANT] if session.meant else []
    rows = [meant, first, [*why, HELP], [LANGUAGE, CANCEL]]

    def label(name: str) -> str:
        return turn.text(f"engine.option.{name[1:]}", word=session.meant)

    return [[(name, label(name)) for name in row] for row in rows if row]


def previous(form: type[Form], session: Session) -> Field | None:
    """Return the question before the one in hand, of those that the person answered."""
    before = None
    for field in takewhile(lambda field: field.name != session.field, form.fields.values()):
        if field.name in session.asked and field.applies(session.answers):
            before = field
    return before


def summary(turn: Turn, form: type[Form]) -> str:
    """Return all answers in words; those that were found by the way are marked."""
    session = turn.session
    lines = [turn.text(f"{form.name}.summary")]
    for field in form.asked(session.answers):
        value = session.answers.get(field.name)
        if field.summed and value is not None:
            mark = turn.text("engine.please_check") if field.name in session.noted else ""
            name = turn.text(f"{field.key}.name")
            line = turn.text("engine.summary_line", name=name, value=field.show(value, turn))
            lines.append(line + mark)
    return "\n".join(lines)


def choices(turn: Turn, form: type[Form] | None) -> list[tuple[str, str]]:
    """Return the answers to the aside: (option, label)."""
    session = turn.session
    match session.aside:
        case "language":
            return [(str(language), NAMES[language]) for language in Language]
        case "edit" if form is not None:
            names = [
                (f.name, turn.text(f"{f.key}.name"))
                for f in form.asked(session.answers)
                if f.summed and f.name in session.answers
            ]
            return [*names, ("_none", turn.text("engine.option.edit_none"))]
        case aside:
            return [(o, turn.text(f"engine.option.{aside}_{o}")) for o in ("yes", "no")]


def show_aside(turn: Turn, form: type[Form] | None, *, same: bool = False) -> None:
    """Ask the aside."""
    turn.reply(
        turn.text(f"engine.aside.{turn.session.aside}"),
        [[choice] for choice in choices(turn, form)],
        same=same,
    )
