"""What is in hand in a chat: a form and the question that is asked, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from core.conversation.fields import Field
from core.conversation.form import Form
from core.conversation.messages import File
from core.conversation.prompt import offer, show, show_aside
from core.conversation.turn import Turn
from core.conversation.volunteer import volunteered

Hook = Callable[[Turn], Awaitable[type[Form] | None]]
"""Answers a command: notes what is to be said, or returns the form that is to be begun."""


class Flow:
    """The forms, the commands between them, and the way from one question to the next.

    `idle` goes on while no form is in hand; `rest` says what was noted, where nothing follows, and
    offers what can be done next.
    """

    def __init__(
        self, forms: Iterable[type[Form]], commands: Mapping[str, Hook], idle: Hook, rest: Hook
    ) -> None:
        self.forms = {form.name: form for form in forms}
        self.commands = dict(commands)
        self.idle = idle
        self.at_rest = rest

    async def begin(self, turn: Turn, form: type[Form]) -> None:
        """Put a form in hand and ask its first question. A form in hand is not dropped for it, but
        for one that is passing."""
        session = turn.session
        if session.form and self.forms[session.form].passing:
            session.forget()
        if session.form:
            turn.about, turn.about_name = session.about, session.about_name
            turn.note("engine.unfinished")
            await self.resume(turn)
            return
        known = await form.begin(turn)
        if known is None:
            await self.rest(turn)
            return
        session.begin(form.name, turn.today, about=turn.about, about_name=turn.about_name)
        session.answers = known
        if isinstance(turn.incoming.body, File):
            self._early(turn, form, turn.incoming.body)
        await self.go(turn)

    def _early(self, turn: Turn, form: type[Form], file: File) -> None:
        """Keep the file with which a chat begins for the form that it has begun."""
        field = form.asked(turn.session.answers)[0]
        volunteered(turn, form, field, file)
        if turn.session.jobs:
            turn.note("engine.file_noted")
        else:
            self._refuse_file(turn, form, field)

    async def go(self, turn: Turn) -> None:
        """Ask the next question; finish the form when there is none."""
        session = turn.session
        form = self.forms[session.form]
        field = form.next(session.answers)
        if field is not None:
            await self.ask(turn, field)
            return
        session.form, session.field = "", ""
        following = await form.finish(turn)
        session.forget()
        await self.follow(turn, following)

    async def follow(self, turn: Turn, form: type[Form] | None) -> None:
        """Begin what follows, or say what was noted and rest."""
        if form is not None:
            await self.begin(turn, form)
        elif turn.lead or not turn.replies:
            await self.rest(turn)

    async def rest(self, turn: Turn) -> None:
        """Say what was noted: with the question in hand, or with the menu."""
        if turn.session.form:
            await self.again(turn)
        else:
            await self.at_rest(turn)

    async def ask(self, turn: Turn, field: Field) -> None:
        """Ask one question of the form in hand."""
        session = turn.session
        if session.field != field.name:
            session.field, session.partial, session.meant = field.name, [], ""
            session.since = session.prompt + 1
        session.failures, session.wrong, session.aside, session.pieces = 0, "", "", []
        turn.step(field.name, "asked")
        show(turn, self.forms[session.form], field, await field.asked(turn))

    async def again(self, turn: Turn, text: str = "") -> None:
        """Say what was noted and offer the question in hand again, without repeating it."""
        session = turn.session
        if session.aside:
            show_aside(turn, self.form(turn), same=True)
        elif session.form:
            offer(turn, self.forms[session.form], self.field(turn), text, same=True)
        else:
            await self.follow(turn, await self.idle(turn))

    async def resume(self, turn: Turn) -> None:
        """Say what was noted, and ask the question in hand once more."""
        if turn.session.form:
            await self.ask(turn, self.field(turn))
        else:
            await self.follow(turn, await self.idle(turn))

    async def menu(self, turn: Turn, command: str, whom: str) -> None:
        """Run a command of the menu, about the holder whom the button names or the chat's own."""
        turn.to_oneself()
        if whom and await turn.turn_to(whom) is None:
            turn.notice("engine.not_yours")
            await self.resume(turn)
            return
        await self.follow(turn, await self.commands[command](turn))

    def _refuse_file(self, turn: Turn, form: type[Form], field: Field) -> None:
        """Say that no file is wanted at a question, that one may be later, and what is now."""
        turn.note(field.error(turn, "file_not_now"))
        if form.wants_file:
            turn.note("engine.file_later")
        turn.note(field.error(turn, field.wanted))

    def form(self, turn: Turn) -> type[Form] | None:
        """Return the form in hand, None while nothing is asked."""
        return self.forms.get(turn.session.form)

    def field(self, turn: Turn) -> Field:
        """Return the question in hand, of the form in hand."""
        return self.forms[turn.session.form].fields[turn.session.field]
