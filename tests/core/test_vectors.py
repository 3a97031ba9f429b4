"""The vectors that others try their verifiers with: ours holds to them too."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import base45
import cbor2
import pytest

from core.credential import DEPTH, Reason, check
from core.signing.bundle import BundleError, open_bundle
from core.signing.cose_sign1 import Sign1
from core.signing.issuer_keys import PublicKeys, Realm
from docs import vectors

DOCUMENT = (Path(vectors.__file__).parent / "credential.md").read_text()
FOLDER = Path(vectors.__file__).parent / "vectors"
CODES, BUNDLES = (
    json.loads((FOLDER / f"{name}.json").read_text()) for name in ("codes", "bundles")
)

SAID = {
    "malformed": "damaged",
    "algorithm": "not allowed",
    "unknown_key": "not trusted",
    "withdrawn_key": "withdrawn",
    "forged": "forged",
    "content": "not of the right form",
    "from_future": "in the future",
}
"""How the words of the vectors stand in our sentences."""


def named(vector: Any) -> str:
    return str(vector["name"])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> PublicKeys:
    path = tmp_path_factory.mktemp("vectors") / "jwks.json"
    path.write_text(json.dumps(CODES["keys"]))
    return PublicKeys.load(path)


def holds(vector: Any, keys: PublicKeys) -> None:
    document = vector.get("document")
    verdict = check(
        vector["text"],
        keys,
        datetime.fromtimestamp(vector["now"], UTC),
        document=None if document is None else tuple(document),
        challenge=vector.get("challenge"),
    )
    said: dict[str, Any] = {"reason": verdict.reason}
    if verdict.claims is not None:
        said |= {"colour": verdict.claims.colour, "name": verdict.claims.name}
    compared = {"binding": verdict.binding, "challenge": verdict.challenge}
    said |= {name: value for name, value in compared.items() if value is not None}
    assert said == vector["expect"]


@pytest.mark.parametrize("vector", CODES["vectors"], ids=named)
def test_a_code(vector: Any, keys: PublicKeys) -> None:
    holds(vector, keys)


@pytest.mark.parametrize("vector", BUNDLES["vectors"], ids=named)
def test_a_bundle(vector: Any, keys: PublicKeys) -> None:
    data, now = bytes.fromhex(vector["bundle"]), datetime.fromtimestamp(vector["now"], UTC)
    expect = vector["expect"]
    if expect["reason"] is not None:
        with pytest.raises(BundleError, match=SAID[expect["reason"]]):
            open_bundle(data, keys, now)
        return
    opened = open_bundle(data, keys, now)
    assert opened.issued_at is not None
    assert opened.expires_at is not None
    assert expect == {
        "reason": None,
        "sequence": opened.sequence,
        "issued": int(opened.issued_at.timestamp()),
        "expires": int(opened.expires_at.timestamp()),
        "keys": sorted(kid.hex() for kid in opened.keys),
        "revoked": sorted(prefix.hex() for prefix in opened.revoked),
    }
    for code in vector.get("codes", ()):
        holds(code, opened)


def test_each_reason_is_there_and_each_name_once() -> None:
    reasons = {vector["expect"]["reason"] for vector in CODES["vectors"]}
    assert reasons == {None, *Reason}
    assert {vector["expect"]["reason"] for vector in BUNDLES["vectors"]} == {None, *SAID}
    for file in (CODES, BUNDLES):
        names = [vector["name"] for vector in file["vectors"]]
        assert len(set(names)) == len(names)


def test_the_document_takes_its_example_from_them_byte_by_byte(keys: PublicKeys) -> None:
    (example,) = (each for each in CODES["vectors"] if each["name"] == "the holder's document")
    data = bytes(base45.b45decode(example["text"][4:]))
    message = Sign1.read(data, DEPTH)
    signed = cbor2.dumps(["Signature1", message.protected, b"", message.payload])
    _, kid = message.header()
    x, y = keys.keys[kid].coordinates
    shown, dumped, to_be_signed, point = re.findall(r"```\n(.*?)\n```", DOCUMENT, re.DOTALL)
    assert shown == example["text"]
    hexadecimal = (re.sub(r"  .*", "", line.strip()) for line in dumped.splitlines())
    assert bytes.fromhex("".join(line for line in hexadecimal if '"' not in line)) == data
    assert bytes.fromhex(to_be_signed) == signed
    assert point.splitlines() == [f"x = {x.hex()}", f"y = {y.hex()}"]
    assert f"{len(shown)} characters, {len(data)} bytes" in DOCUMENT
    assert f"`{kid.hex()}`" in DOCUMENT


def test_the_document_names_each_reason() -> None:
    for reason in (*Reason, *SAID):
        assert f"`{reason}`" in DOCUMENT


def test_the_same_files_are_made_again() -> None:
    assert vectors.files() == {path.name: path.read_text() for path in FOLDER.iterdir()}


def test_no_key_of_the_vectors_speaks_for_hong_kong(keys: PublicKeys) -> None:
    assert keys.realms == {Realm.TEST}
    assert {key.realm for key in keys.bundle_keys.values()} == {Realm.TEST}
