"""What the program remembers of one chat between two messages."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from core.conversation.messages import File
from core.gate.inspection import Inspection


class Session(msgspec.Struct, omit_defaults=True):
    """The state of one chat. Plain JSON, sealed in the store.

    `form` and `field` are the question in hand (empty: none), `begun` the Hong Kong day on which
    the form was put in hand; `answers` its draft, where None means skipped; `asked` the fields that
    the person answered himself; `noted` those that were taken out of an answer to another question;
    `prompt` counts the questions shown, `since` is its count from which on the field was in hand,
    and `options` are the answers that the newest one offers, in order; `aside` is what the newest
    one asks instead of the field (language, cancel, resume, edit); `meant` what was written and
    taken for a command or an unlikely answer, where it could be the answer all the same; `pieces`
    what was refused at the question in hand, the last one last; `partial` the choices so far where
    several may be chosen; `jobs` the background work that is awaited, by its id, and the question
    that it answers; `album` the newest one of which a file was taken, and `spare` its files behind
    the one that is being read; `unreadable` the newest of which a part could not be read; `wrong`
    the message whose answer was not taken, or that was not understood; `about` is the holder whom
    the form in hand concerns, and `about_name` what he is called, where that is not the chat's own
    person; `sent` how many files came on each day (ISO) of the last week; `inspection` what an
    officer is checking, beside the form in hand; `wanted` the form that was asked for before
    something else had to be answered; `sharing`: the chat shows a button that shares the person's
    phone number. `failures` counts what was no answer to the question in hand; `challenge` is the
    one-time code that was sent for the form; `erase`: he agreed that messages with sensitive
    answers are deleted from the chat.
    """

    language: str = ""
    form: str = ""
    field: str = ""
    begun: date | None = None
    answers: dict[str, Any] = {}
    asked: list[str] = []
    noted: list[str] = []
    partial: list[str] = []
    prompt: int = 0
    since: int = 0
    options: list[str] = []
    aside: str = ""
    meant: str = ""
    pieces: list[str] = []
    failures: int = 0
    challenge: str = ""
    jobs: dict[str, str] = {}
    wrong: str = ""
    album: str = ""
    unreadable: str = ""
    spare: list[File] = []
    erase: bool = False
    sent: dict[str, int] = {}
    about: str = ""
    about_name: str = ""
    inspection: Inspection | None = None
    wanted: str = ""
    sharing: bool = False

    def to_bytes(self) -> bytes:
        """Return the session as it is kept."""
        return _encoder.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Session:
        """Read a session as it was kept."""
        return _decoder.decode(data)

    def begin(
        self, form: str, day: date | None = None, *, about: str = "", about_name: str = ""
    ) -> None:
        """Put a form in hand on a Hong Kong day, with nothing answered."""
        self.about, self.about_name = about, about_name
        self.form, self.field, self.begun = form, "", day
        self.answers, self.asked, self.noted, self.partial = {}, [], [], []
        self.failures, self.since, self.challenge, self.wrong, self.aside = 0, 0, "", "", ""
        self.options, self.meant, self.pieces = [], "", []
        self.jobs, self.spare = {}, []

    def awaits(self, field: str) -> bool:
        """Tell whether a file is being read that answers a question."""
        return field in self.jobs.values()

    def forget(self) -> None:
        """Put the form away, with its answers."""
        self.begin("")


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Session)
