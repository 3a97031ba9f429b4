"""Questions that are answered with files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any

from core.answer import Invalid
from core.conversation.fields import MORE, WAITING, Answers, Chosen, Field, Said
from core.conversation.messages import File, Finished, Text
from core.conversation.texts import plain
from core.conversation.turn import Job, Turn
from core.policy import UploadPolicy


class Upload(Field):
    """A question that is answered with a file. It is fetched and read in the background.

    `kind` names the reader, `errors` are its codes. The answer is the id of the stored upload.
    `not_for` are endings of names of files that are meant for something else.
    """

    wanted = "file_wanted"

    def __init__(
        self, kind: str, errors: Sequence[str], *, not_for: Sequence[str] = (), **more: Any
    ) -> None:
        super().__init__(**more)
        self.kind = kind
        self.not_for = not_for
        self.errors = (
            *errors,
            "file_wanted",
            "too_many_files",
            "too_many_this_week",
            "unavailable",
        )

    def fits(self, file: File) -> bool:
        """Tell whether a file that comes while another question is asked may be meant for this."""
        return PurePath(file.name).suffix.lower() not in self.not_for

    def begin(self, turn: Turn, file: File) -> None:
        """Have the file read; the answer comes in as Finished.

        Raise Invalid `too_many_files` or `too_many_this_week`.
        """
        turn.session.spare = []
        turn.session.sent = _one_more(turn.session.sent, turn.today, turn.policy.uploads)
        job = f"{turn.chat}:{turn.incoming.id}"
        self._wait(turn, job)
        turn.effects.append(
            Job(id=job, kind=self.kind, ref=file.ref, name=file.name, mime=file.mime)
        )

    def begin_next(self, turn: Turn) -> bool:
        """Have the next file of an album read, as the one before was no good; tell whether there is
        one. What comes later of the album is a file like any other."""
        if not turn.session.spare:
            turn.session.album = ""
            return False
        file, *others = turn.session.spare
        try:
            self.begin(turn, file)
        except Invalid:
            return False
        turn.session.spare = others
        return True

    def _wait(self, turn: Turn, job: str) -> None:
        """Wait for this file alone: it takes the place of one that came before, if it is good."""
        jobs = turn.session.jobs
        others = {known: name for known, name in jobs.items() if name != self.name}
        turn.session.jobs = {**others, job: self.name}

    def uploads(self, answers: Answers) -> set[str]:
        """Return the ids of the uploads that the answers hold."""
        return {answers[self.name]} if answers.get(self.name) else set()

    async def take(self, turn: Turn, said: Said) -> Any:
        match said:
            case File():
                self.begin(turn, said)
                return WAITING
            case Finished(error=""):
                return said.upload
            case Finished():
                raise Invalid(said.error, **said.params)
        return await super().take(turn, said)

    def show(self, value: Any, turn: Turn) -> str:
        return turn.text("engine.received")


class Uploads(Upload):
    """A question that is answered with any number of files, and all parts of an album.

    Each is read by itself, and `receive`d. When all that came have been read, what is wanted still
    is asked, until he is DONE.
    """

    DONE = "done"

    def _wait(self, turn: Turn, job: str) -> None:
        turn.session.jobs = {**turn.session.jobs, job: self.name}

    def begin_next(self, turn: Turn) -> bool:
        return False

    def uploads(self, answers: Answers) -> set[str]:
        return set()

    def options(self, turn: Turn) -> list[list[tuple[str, str]]]:
        return [[(self.DONE, turn.text(f"{self.key}.option.{self.DONE}"))]]

    async def receive(self, turn: Turn, finished: Finished) -> None:
        """Put what was read from a file where it belongs; tell what is wrong with it."""
        raise NotImplementedError

    async def take(self, turn: Turn, said: Said) -> Any:
        match said:
            case Chosen(option=self.DONE):
                return True
            case Text(text=text):
                wholes, _ = turn.texts.meanings(f"{self.key}.option.{self.DONE}")
                if plain(text) in ("1", *wholes):
                    return True
            case Finished():
                await self.receive(turn, said)
                return WAITING if turn.session.awaits(self.name) else MORE
        return await super().take(turn, said)


def _one_more(sent: Mapping[str, int], today: date, most: UploadPolicy) -> dict[str, int]:
    """Count a file of today; return the counts of a week, or raise Invalid."""

    def week_to(last: date) -> dict[str, int]:
        before = (last - timedelta(days=7)).isoformat()
        return {day: files for day, files in sent.items() if day > before}

    week, day = week_to(today), today.isoformat()
    if week.get(day, 0) >= most.per_day:
        raise Invalid("too_many_files", most=most.per_day)
    if sum(week.values()) >= most.per_week:
        coming = (today + timedelta(days=days) for days in range(1, 8))
        free = next(d for d in coming if sum(week_to(d).values()) < most.per_week)
        raise Invalid("too_many_this_week", most=most.per_week, day=free)
    return {**week, day: week.get(day, 0) + 1}
