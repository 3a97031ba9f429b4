"""Today's code for all: each one's declaration in a row, the files of all at once, all the codes.

The round is handed from form to form. A file is kept with its person as soon as it is known whose
it is: leaving in between loses none. Whoever is in the chat's care no longer falls out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from core.conversation.fields import MORE, Answers, Field, Listed, Said
from core.conversation.form import Form
from core.conversation.messages import Finished
from core.conversation.turn import EXPORTS, VISITS, Turn
from core.conversation.uploads import Uploads
from core.earlier import EARLIER
from core.round import Asked, Note, Round, Unclaimed
from core.store.people import Known
from core.visits import Export, Reading
from core.visits.reading import ERRORS as EXPORT_ERRORS
from handlers.declared_before import declared_before
from handlers.health_code import (
    HealthCode,
    code_of_today,
    has_fresh_records,
    waits_for_address,
)

NAMELESS = "…"
"""What a file is called that came without a name."""


class Declaring(Form):
    """Declare the health of one of the round, and then of the next."""

    wants_file = True

    conditions = HealthCode.conditions
    still = HealthCode.still
    discharged_on = HealthCode.discharged_on
    arrived_on = HealthCode.arrived_on
    arrived_from = HealthCode.arrived_from
    scheme = HealthCode.scheme

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        if not turn.handed:
            found = await _new_round(turn)
            if found is None or not await _declare_next(turn, found):
                return None
        return turn.handed

    @classmethod
    def heading(cls, turn: Turn) -> str:
        people = Round.of(turn.session.answers).people
        number = next(n for n, asked in enumerate(people, 1) if asked.declared is None)
        asked = people[number - 1]
        key = "everyone.yourself" if asked.own else "everyone.place"
        return turn.text(key, name=asked.name, number=number, of=len(people))

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        return HealthCode.values(turn, field)

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        answers = turn.session.answers
        current = Round.of(answers)
        asked = next(each for each in current.people if each.declared is None)
        names = [field.name for field in cls.asked(answers)]
        asked.declared = {name: answers[name] for name in (*names, EARLIER) if name in answers}
        return await _go_on(turn, current)

    @classmethod
    async def ended(cls, turn: Turn) -> type[Form] | None:
        current = Round.of(turn.session.answers)
        current.people = [a for a in current.people if a.holder != turn.session.about]
        return await _go_on(turn, current)


async def everyone(turn: Turn) -> type[Form] | None:
    """Get today's code for everyone who has none."""
    turn.to_oneself()
    return Declaring


async def _new_round(turn: Turn) -> Round | None:
    """Begin with everyone who has no code of today; who has one is named, and not asked."""
    own = await turn.tx.people.of_chat(turn.chat)
    asked, done, left, waiting = [], [], [], []
    for known in await turn.tx.family.everyone(turn.chat, turn.now):
        name = known.holder.called(turn.language)
        if await turn.tx.codes.live(known, turn.now) is not None:
            done.append(name)
            continue
        if known.holder.has_left_hotel(turn.today):
            left.append(name)
            continue
        if await waits_for_address(turn, known):
            waiting.append(name)
            continue
        asked.append(Asked(known.id, name, own is not None and known.id == own.id))
    if done and (asked or left or waiting):
        turn.note("everyone.have_one", names=turn.text("engine.comma").join(done))
    if left:
        turn.note("everyone.stay_over", names=turn.text("engine.comma").join(left))
    if waiting:
        turn.note("everyone.unconfirmed", names=turn.text("engine.comma").join(waiting))
    if not (asked or left or waiting):
        turn.note("everyone.nobody")
    return Round(turn.today, asked) if asked else None


async def _go_on(turn: Turn, current: Round, *, complete: bool = False) -> type[Form] | None:
    """Go to the next declaration, then to the files, unless they are `complete`; then send all
    codes."""
    if current.day != turn.today:
        turn.note("health_code.new_day")
        return Declaring
    if await _declare_next(turn, current):
        return Declaring
    for asked in [] if complete else list(current.people):
        known = await _turn_to(turn, current, asked)
        asked.file = known is not None and await has_fresh_records(turn, known)
    turn.to_oneself()
    if current.lacking() and not complete:
        turn.handed = current.answers()
        return Records
    for left in current.unclaimed:
        await turn.tx.uploads.drop(left.upload)
        turn.note("everyone.left_over", file=left.name)
    await _send_codes(turn, current)
    return None


async def _declare_next(turn: Turn, current: Round) -> bool:
    """Turn to the next one who is to be declared, and hand on the round with what was declared of
    him before; tell whether there is one."""
    while asked := current.undeclared():
        known = await _turn_to(turn, current, asked)
        if known is not None:
            before = declared_before(turn, await turn.tx.codes.newest(known))
            turn.handed = {**current.answers(), **before}
            return True
    return False


async def _turn_to(turn: Turn, current: Round, asked: Asked) -> Known | None:
    """Turn to one of the round; who is in the chat's care no longer falls out, and that is told."""
    known = await turn.turn_to(asked.holder)
    if known is None:
        current.people.remove(asked)
        turn.note("everyone.ended", name=asked.name)
    return known


async def _only_those_in_care(turn: Turn, current: Round) -> None:
    for asked in list(current.people):
        await _turn_to(turn, current, asked)
    turn.to_oneself()


# The files


class Nobody(StrEnum):
    """The answer beside the people."""

    NONE = "none"


class Owner(Listed):
    """Whose a file is: one of those whose records are missing, or nobody's here."""

    def offered(self, turn: Turn) -> list[str]:
        lacking = Round.of(turn.session.answers).lacking()
        return [*(asked.holder for asked in lacking), *self.choices]

    def label(self, turn: Turn, option: str) -> str:
        asked = Round.of(turn.session.answers).asked(option)
        return asked.name if asked else super().label(turn, option)

    async def take(self, turn: Turn, said: Said) -> Any:
        holder = await super().take(turn, said)
        answers = turn.session.answers
        current = Round.of(answers)
        unclaimed = current.unclaimed.pop(0)
        await _only_those_in_care(turn, current)
        asked = current.asked(holder)
        body = await turn.tx.uploads.read(unclaimed.upload, chat=turn.chat)
        if body is None:
            turn.note("health_code.records_gone")
        elif asked is None:
            turn.note("everyone.put_aside", file=unclaimed.name)
        else:
            _tell(turn, [await _keep(turn, asked, Export.from_bytes(body), unclaimed.name)])
        answers.update(current.answers())
        return MORE


class Exports(Uploads):
    """The exports of all: files, albums, ZIPs. Each finds its person by the app that made it."""

    async def asked(self, turn: Turn) -> str:
        return "ask_all"

    def uploads(self, answers: Answers) -> set[str]:
        return {unclaimed.upload for unclaimed in Round.of(answers).unclaimed}

    async def receive(self, turn: Turn, finished: Finished) -> None:
        answers = turn.session.answers
        current = Round.of(answers)
        await _only_those_in_care(turn, current)
        for reading in await _readings(turn, finished):
            current.notes += await self._sort(turn, current, reading)
        if not turn.session.awaits(self.name):
            _tell(turn, current.notes)
            current.notes = []
        answers.update(current.answers())

    async def _sort(self, turn: Turn, current: Round, reading: Reading) -> list[Note]:
        """Give an export to its person, or keep it until somebody says whose it is."""
        file, export = {"file": reading.name or NAMELESS}, reading.export
        if export is None:
            return [
                Note("everyone.file", file),
                Note(self.error(turn, reading.error), reading.params),
            ]
        owner = await turn.tx.installations.holder_of(export)
        if owner is None:
            upload = await turn.tx.uploads.keep(turn.chat, VISITS, export.to_bytes(), turn.now)
            first, last = export.first_day, export.last_day
            current.unclaimed.append(
                Unclaimed(upload, file["file"], len(export.visits), first, last)
            )
            return []
        if asked := current.asked(owner):
            return [await _keep(turn, asked, export, file["file"])]
        known = await turn.tx.family.person(turn.chat, owner, turn.now)
        if known is None:
            return [Note("everyone.stranger", file)]
        return [Note("everyone.not_needed", {**file, "name": known.holder.called(turn.language)})]


def _tell(turn: Turn, notes: list[Note]) -> None:
    for note in notes:
        turn.note(note.key, **note.values)


async def _readings(turn: Turn, finished: Finished) -> list[Reading]:
    """Return what was read from a file."""
    if finished.error:
        return [Reading(finished.name, None, finished.error, finished.params)]
    body = await turn.tx.uploads.read(finished.upload, chat=turn.chat)
    if body is None:
        return [Reading(finished.name, None, "unavailable")]
    return Reading.from_bytes(body)


async def _keep(turn: Turn, asked: Asked, export: Export, file: str) -> Note:
    """Keep an export with its person, and his app from now on; return what is told of it."""
    known = await turn.tx.family.person(turn.chat, asked.holder, turn.now)
    if known is None or not await turn.tx.installations.claim(export, known.id, turn.now):
        return Note("everyone.stranger", {"file": file})
    # Of two files of his in one album the newer counts, whichever was read first.
    newest = await turn.tx.people.exported_at(known) if asked.file else None
    if newest is None or newest <= export.exported_at:
        await turn.tx.people.keep_export(known, export, turn.now)
    asked.file = True
    return Note("everyone.received", {"name": asked.name, "count": len(export.visits)})


def lacks_files(answers: Answers) -> bool:
    """Somebody's visit records are missing."""
    return bool(Round.of(answers).lacking())


def has_unclaimed(answers: Answers) -> bool:
    """A file may be that of somebody whose records are missing."""
    return lacks_files(answers) and bool(Round.of(answers).unclaimed)


class Records(Form):
    """Take the visit records of all of the round who have no fresh ones."""

    numbered = False

    owner = Owner(Nobody, when=has_unclaimed)
    visits = Exports(EXPORTS, (*EXPORT_ERRORS, "unreadable"), when=lacks_files, words="health_code")

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        return turn.handed

    @classmethod
    def values(cls, turn: Turn, field: Field) -> dict[str, Any]:
        current = Round.of(turn.session.answers)
        names = [turn.text("everyone.bullet", name=asked.name) for asked in current.lacking()]
        values = {**HealthCode.values(turn, field), "names": "\n".join(names)}
        for unclaimed in current.unclaimed[:1]:
            shown = msgspec.structs.asdict(unclaimed)
            content = "everyone.content" if unclaimed.visits else "everyone.no_content"
            visits = turn.text("health_code.visits_count", count=unclaimed.visits)
            text = turn.text(content, **{**shown, "visits": visits})
            values |= {"file": unclaimed.name, "content": text}
        return values

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        return await _go_on(turn, Round.of(turn.session.answers), complete=True)


# The codes


async def _send_codes(turn: Turn, current: Round) -> None:
    """Send a code for each of the round, and say last who has none, and why."""
    if turn.lead and current.people:
        turn.send("")
    missing = [line for asked in current.people if (line := await _send_code(turn, asked))]
    turn.to_oneself()
    if missing:
        turn.note("everyone.missing", lines="\n".join(missing))
    elif current.people:
        turn.note("everyone.done", count=len(current.people))


async def _send_code(turn: Turn, asked: Asked) -> str:
    """Send one's code; return why there is none, empty where there is."""
    known = await turn.turn_to(asked.holder)
    if known is None:
        return turn.text("everyone.ended", name=asked.name)
    export = await turn.tx.people.export_of(known) if asked.file else None
    if export is None:
        return turn.text("everyone.no_records", name=asked.name)
    if export.covered_from > turn.today:
        days = turn.policy.visits.assess_days
        return turn.text("everyone.too_new", name=asked.name, day=export.covered_from, wanted=days)
    await code_of_today(turn, known, export, asked.declared or {})
    return ""
