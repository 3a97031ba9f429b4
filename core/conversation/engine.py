"""The engine: takes what came in, finds the answer in it, asks the next question.

Every form gets from it, for nothing: progress, back, skip, why, help, language, cancel, resume,
change of any answer from the summary, answers that hold more than was asked, stale buttons,
edited messages, an example and a person's number after some failures.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from core.answer import UNLIKELY, Invalid
from core.characters import narrow
from core.conversation.corrections import corrected
from core.conversation.draft import erase, erase_if_found, keep, keep_found
from core.conversation.fields import (
    MORE,
    WAITING,
    Choice,
    Chosen,
    Confirm,
    Decision,
    Field,
    Said,
    Words,
)
from core.conversation.form import Form
from core.conversation.messages import (
    Command,
    Contact,
    Edited,
    File,
    Finished,
    Left,
    News,
    Other,
    Press,
    Start,
    Text,
    Undelivered,
)
from core.conversation.orders import (
    COURTESIES,
    LANGUAGES,
    asked_about,
    may_answer,
    named_option,
    named_order,
)
from core.conversation.prompt import (
    BACK,
    CANCEL,
    HELP,
    LANGUAGE,
    NAVIGATION,
    SKIP,
    WHY,
    offer,
    previous,
    question,
    show,
    show_aside,
)
from core.conversation.session import Session
from core.conversation.texts import guess, plain
from core.conversation.turn import MENU, Turn
from core.conversation.uploads import Upload, Uploads
from core.conversation.volunteer import attempted, in_figures, volunteered
from core.spoken import Correction, correction, fluent

Hook = Callable[[Turn], Awaitable[type[Form] | None]]
"""Answers a command: notes what is to be said, or returns the form that is to be begun."""

Tell = Callable[[Turn, Any], Awaitable[None]]
"""Tells news of one kind, in messages of its own, if they still matter."""

Desk = Callable[[Turn], Awaitable[bool]]
"""Takes what is meant for it, whatever is in hand; tells whether it did."""

HELPLESS = 3
"""After so many failures at one question an example and a person's number are offered."""


class Conversation:
    """All that can be talked about in a chat: the forms, and the commands between them.

    `idle` goes on while no form is in hand; `unasked` answers what was said then and names no
    command; `rest` says what was noted, where nothing follows, and offers what can be done next.
    `news` tell what has happened outside the chat.
    `words` answer what begins with them, written or brought by a deep link, whatever is in hand;
    `desk` is asked next, before anything here.
    """

    def __init__(
        self,
        forms: Iterable[type[Form]],
        commands: Mapping[str, Hook],
        idle: Hook,
        unasked: Hook,
        rest: Hook,
        words: Mapping[str, Hook],
        news: Mapping[type[News], Tell],
        desk: Desk,
    ) -> None:
        self.forms = {form.name: form for form in forms}
        fields = [field for form in self.forms.values() for field in form.fields.values()]
        self.sensitive = {f.kind for f in fields if isinstance(f, Words) and f.sensitive}
        self.commands = dict(commands)
        self.idle = idle
        self.unasked = unasked
        self.at_rest = rest
        self.words = dict(words)
        self.news = dict(news)
        self.desk = desk

    async def take(self, turn: Turn) -> None:
        """Run one turn; erase the files that no answer refers to any more."""
        body = turn.incoming.body
        uploads = self._uploads(turn.session)
        if isinstance(body, Finished) and body.upload:
            uploads.add(body.upload)
        await self._take(turn)
        for upload in sorted(uploads - self._uploads(turn.session)):
            await turn.tx.uploads.drop(upload)

    def _uploads(self, session: Session) -> set[str]:
        """Return the uploads in the draft."""
        fields = self.forms[session.form].fields if session.form else {}
        found = [f.uploads(session.answers) for f in fields.values() if isinstance(f, Upload)]
        return set().union(*found)

    async def _take(self, turn: Turn) -> None:
        body = turn.incoming.body
        session = turn.session
        session.language = session.language or guess(turn.incoming.language) or ""
        if isinstance(body, News):
            await self._news(turn, body)
            return
        if isinstance(body, Text | Edited):
            erase_if_found(turn, self.sensitive, body.text)
        elif isinstance(body, File):
            erase_if_found(turn, self.sensitive, body.caption)
        if await self._has_ended(turn):
            return
        match body:
            case Left():
                return
            case Start(payload=word) | Text(text=word) if hook := self._worded(word):
                await self.follow(turn, await hook(turn))
            case _ if await self.desk(turn):
                return
            case Finished():
                await self._finished(turn, body)
            case Start():
                await self._start(turn)
            case Command(name=name):
                await self._command(turn, name)
            case Press(button=button):
                await self._press(turn, button)
            case Edited(text=text):
                await self._edited(turn, text)
            case Other(kind=kind):
                key = f"engine.other.{kind}"
                turn.note(key if turn.texts.has(turn.language, key) else "engine.other.other")
                self._say_how(turn)
                await self.again(turn)
            case Undelivered(what=what):
                turn.note(f"engine.undelivered.{what}")
                await self.again(turn)
            case _:
                await self._said(turn, body)

    # Forms

    async def begin(self, turn: Turn, form: type[Form]) -> None:
        """Put a form in hand and ask its first question; a form in hand is not dropped for it."""
        session = turn.session
        if session.form:
            turn.about, turn.about_name = session.about, session.about_name
            turn.note("engine.unfinished")
            await self._resume(turn)
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
        session.failures, session.wrong, session.aside = 0, "", ""
        show(turn, self.forms[session.form], field, await field.asked(turn))

    async def again(self, turn: Turn, text: str = "") -> None:
        """Say what was noted and offer the question in hand again, without repeating it."""
        session = turn.session
        if session.aside:
            show_aside(turn, self._form(turn), same=True)
        elif session.form:
            offer(turn, self.forms[session.form], self._field(turn), text, same=True)
        else:
            await self.follow(turn, await self.idle(turn))

    def _form(self, turn: Turn) -> type[Form] | None:
        """Return the form in hand, None while nothing is asked."""
        return self.forms.get(turn.session.form)

    def _field(self, turn: Turn) -> Field:
        return self.forms[turn.session.form].fields[turn.session.field]

    def _worded(self, text: str) -> Hook | None:
        said = plain(text)
        return next((hook for word, hook in self.words.items() if said.startswith(word)), None)

    # What comes in

    async def _start(self, turn: Turn) -> None:
        if turn.session.form and turn.session.asked:
            turn.session.aside = "resume"
            turn.note("engine.welcome_back")
            show_aside(turn, self._form(turn))
        else:
            await self._resume(turn)

    async def _has_ended(self, turn: Turn) -> bool:
        """Put away what was asked about somebody for whom this chat speaks no longer."""
        if not turn.session.about or await turn.person() is not None:
            return False
        turn.note("engine.ended", name=turn.about_name)
        turn.to_oneself()
        following = await self.forms[turn.session.form].ended(turn)
        turn.session.forget()
        if following is None:
            # What came was meant for that person: nothing else begins with it.
            await self.rest(turn)
        else:
            await self.begin(turn, following)
        return True

    async def _command(self, turn: Turn, name: str) -> None:
        session, way = turn.session, f"_{name}"
        offered = session.form and way in NAVIGATION and way in session.options
        if way == LANGUAGE or (way == CANCEL and session.form) or offered:
            await self._navigate(turn, way)
        elif name in self.commands:
            await self._menu(turn, name, "")
        elif name == "menu":
            await self._resume(turn)
        elif way in NAVIGATION:
            if way == SKIP and session.form and not self._field(turn).optional:
                turn.note("engine.no_skip")
            await self._resume(turn)
        else:
            turn.note("engine.unknown_command")
            await self.again(turn)

    async def _press(self, turn: Turn, button: str) -> None:
        session = turn.session
        serial, _, option = button.partition(".")
        command, _, whom = option.partition(".")
        if serial == MENU and command in self.commands:
            await self._menu(turn, command, whom)
        elif serial == str(session.prompt) and option in session.options:
            await self._option(turn, option)
        else:
            turn.notice("engine.stale")
            # A second tap on what was just answered needs no more than the notice.
            if serial != str(session.prompt - 1) and option not in session.partial:
                await self._resume(turn)

    async def _menu(self, turn: Turn, command: str, whom: str) -> None:
        """Run a command of the menu, about the holder whom the button names or the chat's own."""
        turn.to_oneself()
        if whom and await turn.turn_to(whom) is None:
            turn.notice("engine.not_yours")
            await self._resume(turn)
            return
        await self.follow(turn, await self.commands[command](turn))

    async def _news(self, turn: Turn, news: News) -> None:
        """Tell them, and ask the question in hand again below: they may be about somebody else."""
        session = turn.session
        await self.news[type(news)](turn, news)
        turn.about, turn.about_name = session.about, session.about_name
        if session.form and turn.replies and not await self._has_ended(turn):
            await self._resume(turn)

    async def _edited(self, turn: Turn, text: str) -> None:
        session = turn.session
        if session.wrong and turn.incoming.message == session.wrong:
            await self._said(turn, Text(text))
        else:
            turn.note("engine.edited" if session.form else "engine.edited_at_rest")
            await self.again(turn)

    async def _finished(self, turn: Turn, body: Finished) -> None:
        session = turn.session
        name = session.jobs.pop(body.job, None)
        if name is None:
            return
        field = self.forms[session.form].fields[name]
        if session.field == name:
            await self._answer(turn, field, body)
            return
        # It came before it was asked for: only what is wrong with it is said.
        try:
            value = await field.take(turn, body)
        except Invalid as invalid:
            turn.note(field.error(turn, invalid.code), **invalid.params)
        else:
            if value not in (WAITING, MORE):
                session.answers[name] = value
        if not self._field(turn).applies(session.answers):
            await self.go(turn)
        elif turn.lead:
            await self.again(turn)

    async def _said(self, turn: Turn, said: Text | File | Contact) -> None:
        session = turn.session
        if isinstance(said, File) and said.album:
            # The rest of an album whose first file was taken needs no answer of its own.
            if said.album == session.album and not self._takes_several(turn):
                return
            session.album = said.album
        if isinstance(said, Text):
            said = Text(fluent(said.text))
            if await self._ordered(turn, said.text):
                return
        if not session.form:
            if not await self._told(turn, said):
                session.wrong = turn.incoming.message
                await self.follow(turn, await self.unasked(turn))
            return
        session.aside = ""
        field = self._field(turn)
        if isinstance(said, Text) and (instead := correction(said.text)):
            if await self._corrected(turn, field, instead):
                return
            said = Text(instead.rest)
        await self._answer(turn, field, said)

    async def _corrected(self, turn: Turn, field: Field, said: Correction) -> bool:
        """Change an earlier answer that somebody takes back; tell whether he did. Where all of
        them can be seen, he chooses."""
        session, form = turn.session, self.forms[turn.session.form]
        if isinstance(field, Confirm) and said.sure:
            await self._option(turn, Decision.EDIT)
            return True
        found = corrected(turn, form, field, said)
        if found is None:
            return False
        earlier, value = found
        keep(session, earlier, value)
        erase(turn, earlier)
        name = turn.text(f"{earlier.key}.name")
        turn.note("engine.corrected", name=name, answer=earlier.show(value, turn))
        await self.go(turn)
        return True

    def _takes_several(self, turn: Turn) -> bool:
        return bool(turn.session.form) and isinstance(self._field(turn), Uploads)

    async def _ordered(self, turn: Turn, text: str) -> bool:
        """Do what a text says that is an order rather than an answer; tell whether it was one.

        Where it may be the answer after all (somebody is called English), that can be chosen.
        """
        session = turn.session
        field = self._field(turn) if session.form else None
        option = named_option(turn, self._form(turn), text)
        order = "" if option else named_order(turn, field, self.commands, text)
        if not session.aside:
            meant = bool(option or order) and may_answer(turn, field, text)
            session.meant = text.strip() if meant else ""
        if option:
            await self._option(turn, option)
        elif order in LANGUAGES:
            await self._speak(turn, order)
        elif order in COURTESIES:
            await self._courtesy(turn, order)
        elif order:
            await self._command(turn, order)
        return bool(option or order)

    async def _told(self, turn: Turn, said: Said) -> bool:
        """Answer a question by the command that is about it; tell whether there was one."""
        if not isinstance(said, Text):
            return False
        wanted = self._field(turn) if turn.session.form else None
        question = narrow(said.text).rstrip().endswith("?")
        if isinstance(wanted, Words) and in_figures(said.text) and not question:
            return False
        name = asked_about(turn, self.commands, said.text)
        if not name:
            return False
        await self._menu(turn, name, "")
        return True

    async def _guided(self, turn: Turn, said: Said) -> bool:
        """Help who says that he does not know or remember, and tell who asks why; tell whether
        either was said."""
        if not isinstance(said, Text):
            return False
        for about, way in (("unsure", HELP), ("why", WHY)):
            mentioned = turn.texts.mention(f"engine.about.{about}", said.text)
            if mentioned and way in turn.session.options:
                await self._navigate(turn, way)
                return True
        return False

    async def _courtesy(self, turn: Turn, order: str) -> None:
        """Return a kind word; who says hello is asked again, or what he wants."""
        # Before a language is known, the first words greet in all of them.
        if turn.session.language:
            turn.note(f"engine.{order}")
        await (self._resume(turn) if order == "hello" else self.rest(turn))

    async def _speak(self, turn: Turn, language: str) -> None:
        """Go on in a language; where the question in hand is just that, it is answered."""
        session = turn.session
        session.language, session.aside = language, ""
        field = self._field(turn) if session.form else None
        if isinstance(field, Choice) and language in field.offered(turn):
            await self._answer(turn, field, Chosen(language))
            return
        turn.note("engine.language_chosen")
        await self._resume(turn)

    async def _option(self, turn: Turn, option: str) -> None:
        if turn.session.aside:
            await self._aside_answered(turn, option)
        elif option in NAVIGATION:
            await self._navigate(turn, option)
        else:
            await self._answer(turn, self._field(turn), Chosen(option))

    # Answers

    async def _answer(self, turn: Turn, field: Field, said: Said) -> None:
        session = turn.session
        form = self.forms[session.form]
        another = isinstance(said, File) and isinstance(field, Uploads)
        if session.awaits(field.name) and not (another or isinstance(said, Finished)):
            turn.note("engine.still_reading")
            await self.again(turn)
            return
        try:
            value = await field.take(turn, said)
        except Invalid as invalid:
            await self._wrong(turn, form, field, said, invalid)
            return
        if value is WAITING:
            await self._waiting(turn, form, field)
            return
        if value is not MORE:
            keep(session, field, value)
            erase(turn, field)
            field.taken(turn, said, value)
        await self.go(turn)

    async def _waiting(self, turn: Turn, form: type[Form], field: Field) -> None:
        session = turn.session
        following = form.next(session.answers)
        if session.awaits(field.name):
            return
        if session.aside:
            show_aside(turn, self._form(turn))
        elif following is not None and following is not field and field.name not in session.answers:
            await self.ask(turn, following)
        else:
            await self.again(turn)

    async def _wrong(
        self, turn: Turn, form: type[Form], field: Field, said: Said, invalid: Invalid
    ) -> None:
        session = turn.session
        attempt = attempted(turn, form, field, said)
        option = field.mentioned(turn, said)
        # A mistyped number of the document that is mentioned says which it is, too.
        if attempt and attempt[0].implies[field.name] == option:
            option = ""
        if option:
            value = await field.take(turn, Chosen(option))
            if value is WAITING:
                await self._waiting(turn, form, field)
                return
            keep(session, field, value)
        reading = session.jobs
        taken = volunteered(turn, form, field, said)
        found = [turn.text(f"{other.key}.name") for other in keep_found(turn, form, field, taken)]
        if found:
            turn.note("engine.noted", names=turn.text("engine.comma").join(found))
        if session.jobs != reading:
            turn.note("engine.file_noted")
            await self.again(turn)
            return
        if field.name in taken:
            field.taken(turn, said, taken[field.name])
        if taken or option:
            await self.go(turn)
            return
        tried, invalid = attempt or (field, invalid)
        erase(turn, tried)
        if attempt is None and (await self._told(turn, said) or await self._guided(turn, said)):
            return
        session.failures += 1
        session.wrong = turn.incoming.message
        if invalid.code == UNLIKELY and isinstance(said, Text):
            session.meant = said.text.strip()
        if invalid.code == "file_not_now":
            self._refuse_file(turn, form, field)
        else:
            turn.note(tried.error(turn, invalid.code), **invalid.params)
        if session.failures >= HELPLESS:
            self._example(turn, field)
            turn.note("engine.person")
        await self.again(turn)

    def _refuse_file(self, turn: Turn, form: type[Form], field: Field) -> None:
        """Say that no file is wanted at a question, what is, and that a file will be, if so."""
        turn.note(field.error(turn, "file_not_now"))
        turn.note(field.error(turn, field.wanted))
        if form.wants_file:
            turn.note("engine.file_later")

    def _say_how(self, turn: Turn) -> None:
        """Say in which way the question in hand is answered, where that is what is waited for."""
        session = turn.session
        if session.form and not session.aside and not session.awaits(session.field):
            field = self._field(turn)
            turn.note(field.error(turn, field.wanted))

    def _example(self, turn: Turn, field: Field) -> None:
        if example := field.example(turn):
            turn.note("engine.example", example=example)

    # The ways out

    async def _navigate(self, turn: Turn, option: str) -> None:
        session = turn.session
        if option in (LANGUAGE, CANCEL):
            session.aside = option[1:]
            show_aside(turn, self._form(turn))
            return
        field = self._field(turn)
        form = self.forms[session.form]
        match option:
            case "_why":
                await self.again(turn, question(turn, form, field, "why"))
            case "_help":
                turn.note("engine.help")
                self._example(turn, field)
                await self.again(turn)
            case "_meant":
                turn.sure = True
                await self._answer(turn, field, Text(session.meant))
            case "_skip":
                keep(session, field, None)
                await self.go(turn)
            case "_keep" if field.name in session.answers:
                # A newer file that is being read is not wanted any more.
                session.jobs = {j: name for j, name in session.jobs.items() if name != field.name}
                keep(session, field, session.answers[field.name])
                await self.go(turn)
            case _:
                # Back; or Keep, by an older button, where the answer has fallen meanwhile.
                before = previous(form, session) if option == BACK else None
                await self.ask(turn, before or field)

    async def _aside_answered(self, turn: Turn, option: str) -> None:
        session = turn.session
        aside, session.aside = session.aside, ""
        if aside == "language":
            await self._speak(turn, option)
            return
        if aside == "edit" and option != "_none":
            await self.ask(turn, self.forms[session.form].fields[option])
            return
        if (aside, option) == ("resume", "no"):
            form = self.forms[session.form]
            session.forget()
            await self.begin(turn, form)
            return
        if (aside, option) == ("cancel", "yes"):
            session.forget()
            turn.to_oneself()
            turn.note("engine.cancelled")
            await self.rest(turn)
            return
        await self._resume(turn)

    async def _resume(self, turn: Turn) -> None:
        if turn.session.form:
            await self.ask(turn, self._field(turn))
        else:
            await self.follow(turn, await self.idle(turn))
