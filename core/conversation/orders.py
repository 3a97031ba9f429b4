"""What people write that is an order rather than an answer: a way out, a command, a kind word, or a
question that a command answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.answer import Invalid
from core.conversation.fields import Choice, Field, Words
from core.conversation.form import Form
from core.conversation.prompt import MEANT, NAVIGATION, SKIP, choices
from core.conversation.texts import Language, meanings, plain
from core.conversation.turn import Turn
from core.words.ordinals import by_place
from core.words.spoken import as_labels_begin, core_of, without_ending

LANGUAGES = tuple(Language)
ORDERS = (
    *LANGUAGES,
    "language",
    "help",
    "cancel",
    "restart",
    "back",
    "skip",
    "why",
    "menu",
    "hello",
    "thanks",
    "wait",
)
"""What can be written at every question, in the words of `engine.word`; so can a command that has
words there."""

CLOSING = "ok"
"""What ends a talk while nothing is asked; at a question it may be meant for an answer."""

COURTESIES = ("hello", "thanks", "wait", CLOSING)
"""What is answered with a kind word."""


def named_option(turn: Turn, form: type[Form] | None, text: str) -> str | None:
    """Return the option that a text names: the ways out, what an aside asks, and that what was
    asked about is meant."""
    session = turn.session
    wanted = plain(text)
    if session.aside:
        place, begun = by_place(core_of(wanted)), as_labels_begin(wanted)
        for number, (option, label) in enumerate(choices(turn, form), 1):
            whole, beginning = meanings(label)
            if place == str(number) or wanted == whole or begun == as_labels_begin(beginning):
                return option
    # Asked whether an unlikely answer is his, he says yes, or just that once more.
    asked = bool(session.meant) and session.pieces[-1:] == [session.meant]
    if asked and (wanted == plain(session.meant) or as_labels_begin(wanted) == "yes"):
        return MEANT
    for option in NAVIGATION:
        if option in session.options:
            wholes, _ = turn.texts.meanings(f"engine.option.{option[1:]}")
            if wanted in wholes:
                return option
    none = turn.texts.words("engine.word.none")
    if SKIP in session.options and not none.isdisjoint((wanted, without_ending(wanted))):
        return SKIP
    return None


def named_order(turn: Turn, field: Field | None, commands: Iterable[str], text: str) -> str:
    """Return the command, courtesy or language that a text names, unless the question in hand
    offers it as an answer; empty for none."""
    wanted, named, aside = plain(text), tuple(commands), turn.session.aside
    if not wanted and field and not {"?", "？", "❓"}.isdisjoint(text):
        return "help"
    if isinstance(field, Choice) and not aside and field.recognise(turn, text) is not None:
        return ""
    said = {wanted, without_ending(wanted)}
    orders = ORDERS if turn.session.form else (*ORDERS, CLOSING)
    for order in (*orders, *named):
        if not said.isdisjoint(turn.texts.words(f"engine.word.{order}")):
            return order
    labels = ((name, turn.texts.meanings(f"menu.option.{name}")) for name in named)
    return next((name for name, (wholes, _) in labels if wanted in wholes), "")


def may_answer(turn: Turn, field: Field | None, text: str) -> bool:
    """Tell whether a text could be an answer in words to the question in hand."""
    if not isinstance(field, Words):
        return False
    try:
        field.kind.parse(text, replace(turn.context, sure=True))
    except Invalid:
        return False
    return True


def asked_about(turn: Turn, commands: Iterable[str], text: str) -> str:
    """Return the command whose `engine.about` has the longest of a text's words, empty for none;
    while nothing is asked else the one of whose `engine.wanted` it has."""
    named = tuple(commands)
    ways = ("about",) if turn.session.form else ("about", "wanted")
    for way in ways:
        found = {name: turn.texts.mention(f"engine.{way}.{name}", text) for name in named}
        name = max(found, key=lambda name: len(found[name]))
        if found[name]:
            return name
    return ""
