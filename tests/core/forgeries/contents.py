"""Content that no issuer may sign, signed all the same: by an office that went wrong."""

from __future__ import annotations

from typing import Any

from core.credential import Reason
from tests.core.forge import (
    BINDING,
    CHALLENGE,
    CTI,
    EXP,
    IAT,
    ISS,
    NAME,
    PRIVATE,
    STATUS,
    VERSION,
    Draft,
)
from tests.core.forgeries.kinds import Chance, drafted


def claimed(name: str, reason: Reason, *changes: dict[Any, Any]) -> None:
    """Add a kind: one of some changes to the claims; `...` takes a claim out."""

    def change(draft: Draft, chance: Chance) -> None:
        _put(draft.claims, chance.choice(changes))

    drafted(name, reason, change)


def stated(name: str, *changes: dict[Any, Any]) -> None:
    """Add a kind: one of some changes to the private map; `...` takes a member out."""

    def change(draft: Draft, chance: Chance) -> None:
        _put(draft.private, chance.choice(changes))

    drafted(name, Reason.CONTENT, change)


def _put(into: dict[Any, Any], change: dict[Any, Any]) -> None:
    for name, value in change.items():
        if value is ...:
            into.pop(name)
        else:
            into[name] = value


claimed("another issuer", Reason.CONTENT, {ISS: "HT"}, {ISS: "CN"}, {ISS: "hk"}, {ISS: b"HK"})
claimed("no issuer", Reason.CONTENT, {ISS: ...})
claimed("no id", Reason.CONTENT, {CTI: ...})
claimed("another id", Reason.CONTENT, {CTI: bytes(7)}, {CTI: bytes(9)}, {CTI: "ABCDEFGH"}, {CTI: 7})
claimed("a claim more", Reason.CONTENT, {2: "x"}, {3: "x"}, {5: 0}, {-260: {1: {}}}, {"x": 1})
claimed("no content", Reason.CONTENT, {PRIVATE: ...}, {PRIVATE: {}}, {PRIVATE: []}, {PRIVATE: 1})
claimed("no times", Reason.KEY_LIFE, {EXP: ...}, {IAT: ...})
claimed("times that are none", Reason.KEY_LIFE, {EXP: None}, {IAT: True}, {EXP: "2021-12-10"})
claimed("times out of the world", Reason.KEY_LIFE, {EXP: 2**63}, {IAT: -1}, {EXP: 2**64 - 1})
stated("another version", {VERSION: 0}, {VERSION: 2}, {VERSION: True}, {VERSION: ...})
stated("another colour", {STATUS: 0}, {STATUS: 4}, {STATUS: -1}, {STATUS: "green"}, {STATUS: ...})
stated("another binding", {BINDING: b""}, {BINDING: bytes(3)}, {BINDING: "ab"}, {BINDING: ...})
stated("no name", {NAME: ""}, {NAME: ...}, {NAME: b"X*"}, {NAME: None})
stated("a name too long", {NAME: "x" * 25}, {NAME: "陳" * 8 + "*"})
stated("a name that moves the screen", {NAME: "\x1b[2J"}, {NAME: "A\nB"}, {NAME: "A\u202eB"})
stated("a name in another form", {NAME: "O\u0301*"}, {NAME: "\ufa10*"})
stated("another challenge", {CHALLENGE: 10_000}, {CHALLENGE: -1}, {CHALLENGE: "0001"})
stated("a critical extension", {5: 0}, {31: True}, {-1: 0}, {"x": 0})
