"""A visit, and the export that carries a phone's visits."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from core.days import hong_kong_day


class VisitKind(StrEnum):
    """Where a visit was made."""

    VENUE = "venue"
    TAXI = "taxi"


class Visit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stay at one place, from `entered` to `left` (both UTC).

    `place` is the venue's eight characters or the taxi's registration mark. It holds nothing that
    could hold it in turn: of thousands, the garbage collector need not look at one.
    """

    kind: VisitKind
    place: str
    entered: datetime
    left: datetime
    name_en: str = ""
    name_zh: str = ""


class Export(msgspec.Struct, frozen=True, array_like=True):
    """What was read from an export: the visits in order of entry.

    `dropped` counts the visits that were too old to keep, `overlaps` those that began before one
    elsewhere had ended. `covered_from` is the first Hong Kong day on which the app has been
    recording for the whole of the days that are assessed. `installation` is the name that the app
    gave itself on this phone, empty where the file has none.
    """

    visits: list[Visit]
    installed: date
    covered_from: date
    exported_at: datetime
    dropped: int = 0
    notifications: int = 0
    overlaps: int = 0
    installation: str = ""

    @property
    def places(self) -> int:
        """Count the different places."""
        return len({(visit.kind, visit.place) for visit in self.visits})

    @property
    def first_day(self) -> date | None:
        """Return the Hong Kong day of the first visit, None for an empty record."""
        return hong_kong_day(self.visits[0].entered) if self.visits else None

    @property
    def last_day(self) -> date | None:
        """Return the Hong Kong day of the last visit, None for an empty record."""
        return hong_kong_day(self.visits[-1].entered) if self.visits else None

    def to_bytes(self) -> bytes:
        """Return the export as MessagePack, to be sealed."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Export:
        """Return what `to_bytes` wrote, or raise msgspec.DecodeError."""
        return msgspec.msgpack.decode(data, type=cls)
