"""What an officer is checking just now: the codes in his newest picture, and what he has asked for.

It says nothing of anybody's document: of one that was compared only stays which codes belong to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

LASTS = timedelta(minutes=15)
"""How long a document may be compared after the code was seen."""

ASKED = timedelta(minutes=10)
"""How long pictures must hold the live answer, once one has been asked for."""


class Scan(msgspec.Struct, omit_defaults=True):
    """A picture that is being read: which batch it belongs to, and its place in an album."""

    batch: str
    picture: int = 0


class Seen(msgspec.Struct, omit_defaults=True):
    """A code that was seen.

    `row` and `column` are thirds of the picture, `picture` its place in an album (0: it came
    alone), `number` the code's place in it. `live`: whether it holds the digits that were asked
    for, None where none were.
    """

    text: str
    row: int = 1
    column: int = 1
    picture: int = 0
    number: int = 0
    live: bool | None = None


class Inspection(msgspec.Struct, omit_defaults=True):
    """The state of an officer's chat.

    `scans` are the pictures being read, by job; `seen` the codes of the newest `batch` (a picture
    or an album), seen at `seen_at`; `asked_at` when a live answer was asked for (epoch seconds, 0
    for never); `matches` which of `seen` belong to the document that was typed, by the kind of
    document that it may be.
    """

    scans: dict[str, Scan] = {}
    batch: str = ""
    album: str = ""
    pictures: int = 0
    seen: list[Seen] = []
    seen_at: int = 0
    asked_at: int = 0
    matches: dict[str, list[int]] = {}

    def begin(self, job: str, album: str) -> None:
        """Note that a picture is being read; those of one album are one batch."""
        if not album or album != self.album:
            self.album, self.pictures = album, 0
        self.pictures += 1
        self.scans[job] = Scan(album or job, self.pictures if album else 0)

    def see(self, scan: Scan, seen: list[Seen], now: datetime) -> None:
        """Take the codes of a picture, beside those of the same batch."""
        if scan.batch != self.batch:
            self.batch, self.seen = scan.batch, []
        self.seen += seen
        self.seen_at, self.matches = int(now.timestamp()), {}
        if any(each.live for each in seen):
            self.asked_at = 0

    def lapse(self, now: datetime) -> None:
        """Forget codes that were seen too long ago for a document to be compared with them."""
        if now.timestamp() - self.seen_at > LASTS.total_seconds():
            self.seen, self.matches = [], {}

    def asked(self, now: datetime) -> bool:
        """Tell whether a live answer is awaited."""
        return now.timestamp() - self.asked_at <= ASKED.total_seconds()
