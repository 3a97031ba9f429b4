"""The person whom a code is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from core.masked_name import MaskedName, masked_name


def called(english_name: str, chinese_name: str, language: str) -> str:
    """Return the name that is read in a language: the Chinese one in Chinese, if there is one."""
    return (language.startswith("zh") and chinese_name) or english_name


class Holder(msgspec.Struct):
    """A registered person, as he declared himself. Sealed as a whole in the store.

    Days are ISO dates; `mobile` is E.164; answers that were not asked are empty.
    """

    document: str
    number: str
    issued_on: str
    english_name: str
    born_on: str
    housing: str
    mobile: str
    language: str
    chinese_name: str = ""
    country: str = ""
    district: str = ""
    address: str = ""
    hotel: str = ""
    room: str = ""
    last_night: str = ""
    proof_issued_on: str = ""

    @classmethod
    def from_answers(cls, answers: Mapping[str, str], *, language: str) -> Holder:
        """Return the holder whom a registration's answers describe."""
        names = cls.__struct_fields__
        return cls(language=language, **{k: v for k, v in answers.items() if k in names})

    def called(self, language: str) -> str:
        """Return what he is called in a language."""
        return called(self.english_name, self.chinese_name, language)

    @property
    def masked(self) -> MaskedName:
        """What he is called where others may read it."""
        return masked_name(self.english_name, self.chinese_name)

    def has_left_hotel(self, today: date) -> bool:
        """Tell whether the stay that he registered is over. The day after the last night is a part
        of it: he leaves on it, and may cross the boundary."""
        return bool(self.last_night) and (
            date.fromisoformat(self.last_night) < today - timedelta(days=1)
        )

    def answers(self) -> dict[str, str]:
        """Return the answers that describe this holder, by the names of the questions."""
        return {n: getattr(self, n) for n in self.__struct_fields__ if n != "language"}

    def to_bytes(self) -> bytes:
        """Return the holder as he is kept."""
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Holder:
        """Read a holder as he was kept."""
        return msgspec.json.decode(data, type=cls)
