"""What becomes of an answer, and the ways around one: back, skip, why, help, language, cancel."""

from __future__ import annotations

from typing import Any

from core.answer import UNLIKELY, Invalid
from core.conversation.corrections import corrected, mended, repeated
from core.conversation.draft import erase, keep, keep_found
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
from core.conversation.flow import Flow
from core.conversation.form import Form
from core.conversation.messages import File, Finished, Text
from core.conversation.orders import asked_about
from core.conversation.pieces import in_one, keep_piece
from core.conversation.prompt import (
    BACK,
    CANCEL,
    HELP,
    KEEP,
    LANGUAGE,
    MEANT,
    NAVIGATION,
    SKIP,
    WHY,
    previous,
    question,
    show_aside,
)
from core.conversation.turn import Turn
from core.conversation.uploads import Upload, Uploads
from core.conversation.volunteer import attempted, has_figures, volunteered
from core.words.characters import narrow
from core.words.spoken import Correction

HELPLESS = 3
"""After so many failures at one question an example and a person's number are offered."""


class Answering(Flow):
    """Finds in what was said the answer to the question in hand, and to others."""

    async def _option(self, turn: Turn, option: str) -> None:
        """Take one of the options that the newest question offers."""
        if turn.session.aside:
            await self._aside_answered(turn, option)
        elif option in NAVIGATION:
            await self._navigate(turn, option)
        else:
            await self._answer(turn, self.field(turn), Chosen(option))

    async def _answer(self, turn: Turn, field: Field, said: Said) -> None:
        """Take what was said as the answer to a question, and go on."""
        session = turn.session
        form = self.forms[session.form]
        another = isinstance(said, File) and isinstance(field, Uploads)
        if session.awaits(field.name) and not (another or isinstance(said, Finished)):
            turn.note("engine.still_reading")
            await self.again(turn)
            return
        # The last piece of a number looks like the number of an option.
        if not isinstance(field, Words) and await self._completed(turn, form, field, said):
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
            keep(turn, field, value)
            erase(turn, field)
            field.taken(turn, said, value)
        await self.go(turn)

    async def _waiting(self, turn: Turn, form: type[Form], field: Field) -> None:
        """Go on where the answer to a question is not known yet, as its file is being read."""
        session = turn.session
        following = form.next(session.answers)
        if session.awaits(field.name):
            return
        if session.aside:
            show_aside(turn, self.form(turn))
        elif following not in (None, field) and not field.answered(session.answers):
            await self.ask(turn, following)
        else:
            await self.again(turn)

    async def _wrong(
        self, turn: Turn, form: type[Form], field: Field, said: Said, invalid: Invalid
    ) -> None:
        """Look in what is no answer to the question for answers to others; say what is wrong."""
        session = turn.session
        if repeated(turn, form, field, said):
            turn.note("engine.have_that")
            await self.resume(turn)
            # Who says it a third time means something else by it.
            session.failures = 1
            return
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
            keep(turn, field, value)
        reading = session.jobs
        taken = volunteered(turn, form, field, said)
        found = [turn.text(f"{other.key}.name") for other in keep_found(turn, form, field, taken)]
        if found:
            turn.note("engine.noted", names=turn.text("engine.comma").join(found))
        if session.jobs != reading:
            turn.note("engine.file_noted")
            if not taken:
                await self.again(turn)
                return
        if field.name in taken:
            field.taken(turn, said, taken[field.name])
        if taken or option:
            await self.go(turn)
            return
        if otherwise := mended(turn, form, field, said):
            await self._change(turn, *otherwise)
            return
        tried, invalid = attempt or (field, invalid)
        erase(turn, tried)
        if attempt is None and (await self._told(turn, said) or await self._guided(turn, said)):
            return
        # Where no words are asked for, it was looked for before.
        if isinstance(field, Words) and await self._completed(turn, form, field, said):
            return
        await self._refused(turn, form, field, said, tried, invalid)

    async def _refused(
        self,
        turn: Turn,
        form: type[Form],
        field: Field,
        said: Said,
        tried: Field,
        invalid: Invalid,
    ) -> None:
        """Say what is wrong with what was said as the answer to the question that was `tried`, and
        offer the one in hand again; after some failures an example, and a person."""
        session = turn.session
        keep_piece(turn, said)
        turn.step(field.name, "wrong")
        session.failures += 1
        session.wrong = turn.incoming.message
        if invalid.code == UNLIKELY and isinstance(said, Text):
            session.meant = said.text.strip()
        if invalid.code == "file_not_now":
            self._refuse_file(turn, form, field)
        else:
            name = form.concerns(turn) or turn.about_name
            why = turn.text_about(name, tried.error(turn, invalid.code), **invalid.params)
            turn.lead.append(why)
        if session.failures >= HELPLESS:
            self._example(turn, field)
            if not any(turn.policy.hotline in line for line in turn.lead):
                turn.note("engine.person")
        await self.again(turn)

    async def _completed(self, turn: Turn, form: type[Form], field: Field, said: Said) -> bool:
        """Take what was said for the last piece of an answer, and say that back; tell whether it
        is."""
        whole = in_one(turn, form, field, said)
        if whole:
            keep_found(turn, form, field, whole)
            name = next(reversed(whole))
            turn.note("engine.reckoned", answer=form.fields[name].show(whole[name], turn))
            await self.go(turn)
        return bool(whole)

    async def _finished(self, turn: Turn, body: Finished) -> None:
        """Take the answer that a file is, now that it has been read."""
        session = turn.session
        name = session.jobs.pop(body.job, None)
        if name is None:
            return
        field = self.forms[session.form].fields[name]
        if body.error and isinstance(field, Upload) and field.begin_next(turn):
            return
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
                turn.step(name, "answered")
                session.answers[name] = value
        if not self.field(turn).applies(session.answers):
            await self.go(turn)
        elif turn.lead:
            await self.again(turn)

    async def _corrected(self, turn: Turn, field: Field, said: Correction) -> bool:
        """Change an earlier answer that somebody takes back; tell whether he did. Where all of
        them can be seen, he chooses."""
        form = self.forms[turn.session.form]
        if isinstance(field, Confirm) and said.sure:
            await self._option(turn, Decision.EDIT)
            return True
        found = corrected(turn, form, field, said)
        if found is None:
            return False
        await self._change(turn, *found)
        return True

    async def _change(self, turn: Turn, earlier: Field, value: Any) -> None:
        """Take another answer to an earlier question, say it, and go on."""
        keep(turn, earlier, value)
        erase(turn, earlier)
        name = turn.text(f"{earlier.key}.name")
        turn.note("engine.corrected", name=name, answer=earlier.show(value, turn))
        await self.go(turn)

    def _takes_several(self, turn: Turn) -> bool:
        return bool(turn.session.form) and isinstance(self.field(turn), Uploads)

    async def _told(self, turn: Turn, said: Said) -> bool:
        """Answer a question by the command that is about it; tell whether there was one."""
        if not isinstance(said, Text):
            return False
        wanted = self.field(turn) if turn.session.form else None
        question = narrow(said.text).rstrip().endswith("?")
        if isinstance(wanted, Words) and has_figures(said.text) and not question:
            return False
        name = asked_about(turn, self.commands, said.text)
        if not name:
            return False
        await self.menu(turn, name, "")
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

    def _example(self, turn: Turn, field: Field) -> None:
        if example := field.example(turn):
            turn.note("engine.example", example=example)

    async def _navigate(self, turn: Turn, option: str) -> None:
        """Take one of the ways around an answer."""
        session = turn.session
        if session.form:
            turn.step(session.field, option[1:])
        if option in (LANGUAGE, CANCEL):
            session.aside = option[1:]
            show_aside(turn, self.form(turn))
            return
        field = self.field(turn)
        form = self.forms[session.form]
        if option == WHY:
            await self.again(turn, question(turn, form, field, "why"))
        elif option == HELP:
            if isinstance(field, Upload):
                turn.note(field.error(turn, field.wanted))
            self._example(turn, field)
            turn.note("engine.help")
            await self.again(turn)
        elif option == MEANT:
            turn.sure = True
            await self._answer(turn, field, Text(session.meant))
        elif option == SKIP:
            keep(turn, field, None)
            await self.go(turn)
        elif option == KEEP and field.answered(session.answers):
            # A newer file that is being read is not wanted any more.
            session.jobs = {j: name for j, name in session.jobs.items() if name != field.name}
            keep(turn, field, session.answers[field.name])
            await self.go(turn)
        else:
            # Back; or Keep, by an older button, where the answer has fallen meanwhile.
            before = previous(form, session) if option == BACK else None
            await self.ask(turn, before or field)

    async def _aside_answered(self, turn: Turn, option: str) -> None:
        """Take the answer to what was asked instead of the question in hand."""
        session = turn.session
        aside, session.aside = session.aside, ""
        if aside == "language":
            await self._speak(turn, option)
            return
        if aside == "edit" and option != "_none":
            await self.ask(turn, self.forms[session.form].fields[option])
            return
        if (aside, option) == ("resume", "no"):
            turn.step(session.field, "restarted")
            form = self.forms[session.form]
            session.forget()
            await self.begin(turn, form)
            return
        if (aside, option) == ("cancel", "yes"):
            turn.step(session.field, "left")
            session.forget()
            turn.to_oneself()
            turn.note("engine.cancelled")
            await self.rest(turn)
            return
        await self.resume(turn)

    async def _speak(self, turn: Turn, language: str) -> None:
        """Go on in a language; where the question in hand is just that, it is answered."""
        session = turn.session
        session.language, session.aside, session.options = language, "", []
        field = self.field(turn) if session.form else None
        if isinstance(field, Choice) and language in field.offered(turn):
            await self._answer(turn, field, Chosen(language))
            return
        turn.note("engine.language_chosen")
        await self.resume(turn)
