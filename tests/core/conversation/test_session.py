"""What is remembered between two messages."""

from __future__ import annotations

from datetime import date

import msgspec

from core.conversation.messages import File
from core.conversation.session import Session
from core.gate.inspection import Inspection, Scan, Seen

FULL = Session(
    language="zh_Hans",
    form="registration",
    field="number",
    begun=date(2021, 12, 10),
    answers={"document": "hkid", "chinese_name": None, "conditions": ["symptoms"]},
    asked=["document"],
    noted=["born_on"],
    partial=["symptoms"],
    prompt=7,
    since=2,
    options=["_back"],
    aside="cancel",
    meant="English",
    pieces=["A123456"],
    failures=2,
    challenge="c",
    jobs={"j": "proof"},
    wrong="12",
    album="a",
    unreadable="b",
    spare=[File("f", album="a")],
    erase=True,
    sent={"2021-12-10": 2},
    about="h",
    about_name="CHAN Mei",
    inspection=Inspection(
        scans={"j": Scan("b", 2)},
        batch="b",
        album="b",
        pictures=2,
        seen=[Seen("HK1:", 0, 2, 1, 3, False)],
        seen_at=1,
        asked_at=2,
        matches={"hkid": [0]},
    ),
    wanted="link_chat",
    sharing=True,
)


def test_a_session_is_kept_whole() -> None:
    for name in Session.__struct_fields__:
        assert getattr(FULL, name) != getattr(Session(), name), f"{name} is not in this test"
    assert Session.from_bytes(FULL.to_bytes()) == FULL
    assert Session.from_bytes(Session().to_bytes()) == Session()


def test_a_session_of_a_later_program_can_be_read() -> None:
    later = msgspec.json.encode({**msgspec.to_builtins(FULL), "new": 1})
    assert Session.from_bytes(later) == FULL


def test_two_sessions_share_nothing() -> None:
    Session().answers["a"] = 1
    assert Session().answers == {}


def test_a_form_put_away_leaves_nothing_but_what_is_the_chats() -> None:
    session = Session.from_bytes(FULL.to_bytes())
    session.forget()
    kept = Session(
        language="zh_Hans",
        prompt=7,
        album="a",
        unreadable="b",
        erase=True,
        sent={"2021-12-10": 2},
        inspection=FULL.inspection,
        wanted="link_chat",
        sharing=True,
    )
    assert session == kept
    session.begin("health_code", date(2021, 12, 11))
    assert (session.form, session.begun) == ("health_code", date(2021, 12, 11))
