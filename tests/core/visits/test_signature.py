from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.answer import Invalid
from core.visits import VisitPolicy, read_export
from tests.corpus import CSV_HEAD, CSV_ROW, NOW, as_json, export, visit

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POLICY = VisitPolicy(signing_key=base64.b64encode(KEY.public_key().public_bytes_raw()).decode())


def signature(signed: bytes, key: Ed25519PrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(signed)).decode()


# What RFC 8785 makes of it, written out by hand.
CANONICAL = (
    '{"app":{"installed":"2021-11-01","version":"3.1.0"},"exported":"2021-12-10T08:00:00+08:00",'
    '"format":"leavehomesafe-visits","notifications":[],"taxis":[],"version":1,"visits":[{"in":'
    '"2021-12-09T18:00:00+08:00","name_en":"Leung Tin Sports Centre","name_zh":"良田體育館",'
    '"out":"2021-12-09T19:30:00+08:00","type":"SPORTSCULTURALRECREATIONAL","venue":"gxr8l5A6"}]}'
).encode()
TABLE = CSV_HEAD + CSV_ROW


def code_of(data: bytes, policy: VisitPolicy = POLICY) -> str:
    try:
        read_export(data, name="", now=NOW, policy=policy)
    except Invalid as error:
        return error.code
    return ""


def signed_table(text: str, made: str) -> bytes:
    return f"{text}signature,{made}\n".encode()


def test_a_signed_export_is_taken_however_it_is_laid_out() -> None:
    document = export(signature=signature(CANONICAL))
    assert code_of(as_json(document)) == ""
    assert code_of(json.dumps(document, indent=4).encode()) == ""
    assert code_of(signed_table(TABLE, signature(TABLE.encode()))) == ""
    windows = TABLE.replace("\n", "\r\n")
    assert code_of(signed_table(windows, signature(windows.encode()))) == ""
    text = signed_table(TABLE, signature(TABLE.encode())).decode()
    assert code_of(text.encode("utf-16")) == ""


@pytest.mark.parametrize("data", [as_json(export()), TABLE.encode()])
def test_an_unsigned_export_is_refused_where_a_key_is_set(data: bytes) -> None:
    assert code_of(data) == "unsigned"
    assert code_of(data, VisitPolicy()) == ""


def test_another_key_or_another_content_is_refused() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    made = signature(CANONICAL)
    forged = [
        as_json(export(signature=signature(CANONICAL, other))),
        as_json(export(signature=made, visits=[visit(name_en="Elsewhere")])),
        as_json(export(signature=made, extra=1)),
        as_json(export(signature=made[:-4])),
        as_json(export(signature="not base64")),
        as_json(export(signature=made, visits=[visit(name_en="half \ud800")])).replace(
            b"\xed\xa0\x80", b"\\ud800"
        ),
        signed_table(TABLE + CSV_ROW, signature(TABLE.encode())),
        signed_table(TABLE, signature(TABLE.encode())[:-1]),
        TABLE.encode() + b"signature\n",
    ]
    for data in forged:
        assert code_of(data) == "forged", data
        assert code_of(data, VisitPolicy()) == ""


def test_a_row_cannot_be_hidden_behind_the_signed_part() -> None:
    made = signature(TABLE.encode())
    assert code_of(signed_table(TABLE, made) + CSV_ROW.encode()) == "broken"
    within = CSV_ROW.replace("Leung Tin Sports Centre", f'"x\nsignature,{made}\n"')
    assert code_of((TABLE + within).encode()) == "unsigned"
    assert code_of(signed_table(TABLE + within, made)) == "forged"
