"""The engine: takes what came in, finds the answer in it, asks the next question.

Every form gets from it, for nothing: progress, back, skip, why, help, language, cancel, resume,
change of any answer from the summary, answers that hold more than was asked, stale buttons,
edited messages, an example and a person's number after some failures.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from core.conversation.answering import Answering
from core.conversation.draft import erase_if_found
from core.conversation.fields import Words
from core.conversation.flow import Hook
from core.conversation.form import Form
from core.conversation.messages import (
    Body,
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
from core.conversation.orders import COURTESIES, LANGUAGES, may_answer, named_option, named_order
from core.conversation.prompt import CANCEL, LANGUAGE, MEANT, NAVIGATION, SKIP, show_aside
from core.conversation.session import Session
from core.conversation.texts import guess, plain
from core.conversation.turn import MENU, Job, Turn
from core.conversation.uploads import Upload
from core.words.characters import seen
from core.words.spoken import correction, fluent

SPARE = 9
"""Files of an album that are kept behind its first: an album of Telegram has ten."""

LONGEST = 1_000
"""Characters of a message: all that a card and a letter say has room in them. What is longer is no
answer, and to look for one in it would take everybody else's time."""

Tell = Callable[[Turn, Any], Awaitable[None]]
"""Tells news of one kind, in messages of its own, if they still matter."""

Desk = Callable[[Turn], Awaitable[bool]]
"""Takes what is meant for it, whatever is in hand; tells whether it did."""


class Conversation(Answering):
    """All that can be talked about in a chat.

    `forms`, `commands`, `idle` and `rest` as in Flow. `unasked` answers what was said while no form
    is in hand, and names no command. `news` tell what has happened outside the chat. `words` answer
    what begins with them, written or brought by a deep link, whatever is in hand; `desk` is asked
    next, before anything here.
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
        super().__init__(forms, commands, idle, rest)
        fields = [field for form in self.forms.values() for field in form.fields.values()]
        self.sensitive = {f.kind for f in fields if isinstance(f, Words) and f.sensitive}
        self.unasked = unasked
        self.words = dict(words)
        self.news = dict(news)
        self.desk = desk

    async def take(self, turn: Turn) -> None:
        """Run one turn; erase the files that no answer refers to any more, and name those that
        nobody is going to read."""
        body = _as_seen(turn.incoming.body)
        turn.incoming = replace(turn.incoming, body=body)
        uploads, files = self._uploads(turn.session), _files(turn.session)
        if isinstance(body, Finished) and body.upload:
            uploads.add(body.upload)
        sent = body.file if isinstance(body, Edited) else body
        if isinstance(sent, File):
            files.add(sent.ref)
        await self._take(turn)
        for upload in sorted(uploads - self._uploads(turn.session)):
            await turn.tx.uploads.drop(upload)
        read = {effect.ref for effect in turn.effects if isinstance(effect, Job)}
        turn.unread = sorted(files - _files(turn.session) - read)

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
            case Edited():
                await self._edited(turn, body)
            case Other(album=album) if album and album in (session.album, session.unreadable):
                return
            case Other(kind=kind, album=album):
                session.unreadable = album
                key = f"engine.other.{kind}"
                turn.note(key if turn.texts.has(turn.language, key) else "engine.other.other")
                self._say_how(turn)
                await self.again(turn)
            case Undelivered(what=what):
                turn.note(f"engine.undelivered.{what}")
                # The reply may have been the question itself.
                asks = what == "reply" and not session.aside
                await (self.resume(turn) if asks else self.again(turn))
            case _:
                await self._said(turn, body)

    def _worded(self, text: str) -> Hook | None:
        said = plain(text)
        return next((hook for word, hook in self.words.items() if said.startswith(word)), None)

    async def _start(self, turn: Turn) -> None:
        if turn.session.form and turn.session.asked:
            turn.note("engine.welcome_back")
        await self._restart(turn)

    async def _restart(self, turn: Turn) -> None:
        """Ask whether to start over, where something was answered."""
        if turn.session.form and turn.session.asked:
            turn.session.aside = "resume"
            show_aside(turn, self.form(turn))
        else:
            await self.resume(turn)

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
            await self.menu(turn, name, "")
        elif name == "menu":
            await self.resume(turn)
        elif name == "restart":
            await self._restart(turn)
        elif way in NAVIGATION:
            if way == SKIP and session.form and not self.field(turn).optional:
                turn.note("engine.no_skip")
            await self.resume(turn)
        # Many bots know a command that is a word here: /stop, /english.
        elif not await self._ordered(turn, name.replace("_", " ")):
            turn.note("engine.unknown_command")
            self._say_how(turn)
            await self.again(turn)

    async def _press(self, turn: Turn, button: str) -> None:
        session = turn.session
        serial, _, option = button.partition(".")
        command, _, whom = option.partition(".")
        if serial == MENU and command in self.commands:
            await self.menu(turn, command, whom)
        elif serial == str(session.prompt) and option in session.options:
            await self._option(turn, option)
        elif option in LANGUAGES and option != session.language:
            # However old the button is, it says in which language he wants to go on.
            await self._speak(turn, option)
        else:
            turn.notice("engine.stale")
            # A second tap on what was just answered needs no more than the notice.
            if serial != str(session.prompt - 1) and option not in session.partial:
                await self.resume(turn)

    async def _news(self, turn: Turn, news: News) -> None:
        """Tell them, and ask the question in hand again below: they may be about somebody else."""
        session = turn.session
        await self.news[type(news)](turn, news)
        turn.about, turn.about_name = session.about, session.about_name
        if session.form and turn.replies and not await self._has_ended(turn):
            await self.resume(turn)

    async def _edited(self, turn: Turn, edited: Edited) -> None:
        session = turn.session
        if edited.file and session.form and isinstance(self.field(turn), Upload):
            await self._said(turn, edited.file)
        elif edited.text and session.wrong and turn.incoming.message == session.wrong:
            await self._said(turn, Text(edited.text))
        else:
            turn.note("engine.edited" if session.form else "engine.edited_at_rest")
            await self.again(turn)

    async def _said(self, turn: Turn, said: Text | File | Contact) -> None:
        session = turn.session
        if isinstance(said, File) and said.album:
            # The rest of an album whose first file was taken needs no answer of its own.
            if said.album == session.album and not self._takes_several(turn):
                session.spare = [*session.spare, said][:SPARE] if session.jobs else []
                return
            session.album = said.album
        if isinstance(said, Text):
            if len(said.text) > LONGEST:
                session.wrong = turn.incoming.message
                turn.note("error.too_long", most=LONGEST)
                await self.again(turn)
                return
            said = Text(fluent(said.text))
            if await self._ordered(turn, said.text):
                return
        if not session.form:
            if not await self._told(turn, said):
                session.wrong = turn.incoming.message
                await self.follow(turn, await self.unasked(turn))
            return
        session.aside = ""
        field = self.field(turn)
        if isinstance(said, Text) and (instead := correction(said.text)):
            if await self._corrected(turn, field, instead):
                return
            said = Text(instead.rest)
        body = turn.incoming.body
        if isinstance(body, Text) and 0 < body.under < session.since:
            turn.note("engine.replied")
            await self.resume(turn)
            return
        await self._answer(turn, field, said)

    async def _ordered(self, turn: Turn, text: str) -> bool:
        """Do what a text says that is an order rather than an answer; tell whether it was one.

        Where it may be the answer after all (somebody is called English), that can be chosen.
        """
        session = turn.session
        field = self.field(turn) if session.form else None
        option = named_option(turn, self.form(turn), text)
        order = "" if option else named_order(turn, field, self.commands, text)
        if not session.aside and option != MEANT:
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

    async def _courtesy(self, turn: Turn, order: str) -> None:
        """Return a kind word; who says hello is asked again, or what he wants."""
        # Before a language is known, the first words greet in all of them.
        if turn.session.language:
            turn.note(f"engine.{order}")
        await (self.resume(turn) if order == "hello" else self.rest(turn))

    def _say_how(self, turn: Turn) -> None:
        """Say in which way the question in hand is answered, where that is what is waited for."""
        session = turn.session
        if session.form and not session.aside and not session.awaits(session.field):
            field = self.field(turn)
            turn.note(field.error(turn, field.wanted))


def _as_seen(body: Body) -> Body:
    """Return what came in without the marks that nobody sees."""
    match body:
        case Text(text=text, under=under):
            return Text(seen(text), under)
        case File(caption=caption):
            return replace(body, caption=seen(caption))
        case Edited(text=text, file=file):
            return Edited(seen(text), file and replace(file, caption=seen(file.caption)))
    return body


def _files(session: Session) -> set[str]:
    """Return the files that are kept to be read later."""
    return {file.ref for file in session.spare}
