from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.operator.verify import PICTURE, WHY, verify
from core.colour import Colour
from core.conversation.messages import Card
from core.credential import Reason, expiry, issue
from core.gate.sighting import ERRORS
from core.identity import DocumentType
from core.picture import draw
from core.signing.cose_key import key_set
from core.signing.issuer_keys import IssuerKey, PublicKeys
from core.vault import KeyRing
from tests.codes import a_code

NOW = datetime(2021, 12, 10, 4, 0, tzinfo=UTC)
RING = KeyRing.generate(NOW - timedelta(hours=1))
KEY = IssuerKey.current(RING, NOW)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_bytes(PublicKeys.published(RING, NOW - timedelta(hours=1)).to_json())
    return path


def code(colour: Colour = Colour.GREEN, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "name": "C*** T** M**",
        "colour": colour,
        "document": ("0", "A1234563"),
        "issued_at": NOW,
        "expires_at": expiry(KEY, NOW),
        "code_id": bytes(8),
    }
    return issue(KEY, **{**arguments, **changes})


def picture(path: Path, text: str, colour: Colour = Colour.GREEN) -> str:
    card = Card(colour, text, ["C*** T** M**"], "456(3)", NOW, expiry(KEY, NOW), "en")
    path.write_bytes(draw(card))
    return str(path)


def test_a_green_code_is_good_as_text_and_as_picture(keys: Path, tmp_path: Path) -> None:
    text = code()
    assert " " in text
    for given in (
        text,
        f" {text}\r\n",
        text.lower(),
        f"{text[:80]}\r\n{text[80:]}",
        f'My code: "{text}".',
        text.replace(" ", "\N{NO-BREAK SPACE}"),
        f"\ufeff{text}",
        picture(tmp_path / "card.png", text),
    ):
        status, words = verify(given, keys, NOW)
        assert status == 0
        assert words.splitlines() == [
            "Genuine and valid",
            "Colour: GREEN",
            "Holder: C*** T** M**",
            "Issued: 2021-12-10 12:00 Hong Kong time",
            "Valid until: 2021-12-10 23:59 Hong Kong time",
            "Document: not compared, so the code may be borrowed",
            "Live challenge: not asked, so this may be a copy of the code",
            "Withdrawn codes: only those of 2021-12-10 11:00 Hong Kong time, when the file of keys "
            "was made; with --bundle, those of now",
        ]


@pytest.mark.parametrize(("colour", "word"), [(Colour.AMBER, "YELLOW"), (Colour.RED, "RED")])
def test_a_code_of_another_colour_is_genuine_and_not_good(
    keys: Path, tmp_path: Path, colour: Colour, word: str
) -> None:
    status, words = verify(picture(tmp_path / "card.png", code(colour), colour), keys, NOW)
    assert status == 1
    assert words.startswith(f"Genuine and valid\nColour: {word}\n")


def test_a_card_painted_green_does_not_help(keys: Path, tmp_path: Path) -> None:
    repainted = picture(tmp_path / "card.png", code(Colour.RED), Colour.GREEN)
    status, words = verify(repainted, keys, NOW)
    assert status == 1
    assert "Colour: RED" in words


def test_yesterdays_code_is_expired(keys: Path) -> None:
    status, words = verify(code(), keys, NOW + timedelta(days=1))
    assert status == 1
    assert "EXPIRED" in words
    assert "Holder: C*** T** M**" in words


def test_a_code_from_the_future_is_refused(keys: Path) -> None:
    status, words = verify(code(issued_at=NOW + timedelta(hours=1)), keys, NOW)
    assert status == 1
    assert words.startswith("Genuine, but REFUSED: it was issued in the future")


def test_a_forged_code_is_refused(keys: Path) -> None:
    stranger = IssuerKey.current(KeyRing.generate(NOW), NOW)
    other = a_code(stranger, NOW, name="X* Y*")
    for forged in (other, code()[:-6] + "000000", code()[:100], "HK1:HELLO", "HK1:" * 500):
        status, words = verify(forged, keys, NOW)
        assert status == 1
        assert words.startswith("FORGED")
        assert "Holder" not in words


@pytest.mark.parametrize(
    "given",
    ["HKEN:0gxr8l5A6", "HC1:NCFOXN%TS3DH", "https://example.com/?HK1", "shc:/567", "HK2:RRQT"],
)
def test_what_is_another_kind_of_code_is_called_so_and_not_forged(keys: Path, given: str) -> None:
    assert verify(given, keys, NOW) == (1, "REFUSED: it is not a Hong Kong Health Code")


def test_a_picture_with_no_code_two_codes_or_a_strange_one(keys: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("L", (500, 500), 255).save(blank)
    status, words = verify(str(blank), keys, NOW)
    assert status == 1
    assert words.startswith("REFUSED: no code could be read in the picture: take it closer")
    cards = [
        Image.open(picture(tmp_path / f"{number}.png", code(code_id=bytes([number]) * 8)))
        for number in range(2)
    ]
    pair = Image.new("RGB", (1640, 1160))
    for number, card in enumerate(cards):
        pair.paste(card.convert("RGB"), (820 * number, 0))
    pair.save(tmp_path / "pair.png")
    status, words = verify(str(tmp_path / "pair.png"), keys, NOW)
    assert status == 1
    assert words.startswith("REFUSED: more than one code is in the picture")
    status, words = verify(picture(tmp_path / "menu.png", "HTTPS://EXAMPLE.COM"), keys, NOW)
    assert status == 1
    assert "not a Hong Kong Health Code" in words


@pytest.mark.parametrize("given", ["", "hello", "no/such/file.png", "x" * 5000, "a\0b", "\udcff"])
def test_an_argument_that_is_neither_picture_nor_code(keys: Path, given: str) -> None:
    status, words = verify(given, keys, NOW)
    assert status == 2
    assert "neither" in words


def test_a_folder_is_called_one(keys: Path, tmp_path: Path) -> None:
    assert verify(str(tmp_path), keys, NOW) == (
        2,
        f"{tmp_path} is a folder: give one picture in it.",
    )


def test_files_that_are_no_pictures(keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "file.png"
    chance = random.Random(7)
    whole = draw(Card(Colour.GREEN, code(), [], "", NOW, NOW, "en"))
    bombs = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(bombs)
    large = tmp_path / "large.png"
    Image.new("1", (6_000, 5_000)).save(large)
    long = tmp_path / "long.png"
    with long.open("wb") as file:
        file.truncate(20_000_001)
    assert verify(str(bombs), keys, NOW)[0] == 2
    assert "megapixels" in verify(str(large), keys, NOW)[1]
    assert "20 MB" in verify(str(long), keys, NOW)[1]
    # Without its last bytes, which end the file and say no more of the picture, it can be read.
    cut = (whole[:n] for n in range(0, len(whole) - 64, 997))
    for content in (b"", b"hello", b"%PDF-1.7", *cut, whole[:-64]):
        path.write_bytes(content)
        assert verify(str(path), keys, NOW)[0] == 2
    for _ in range(100):
        broken = bytearray(whole)
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        path.write_bytes(broken)
        assert verify(str(path), keys, NOW)[0] in (0, 1, 2)


def test_a_file_of_keys_that_cannot_be_used(keys: Path, tmp_path: Path) -> None:
    assert verify(code(), tmp_path / "none.json", NOW)[0] == 2
    keys.write_text("[]")
    status, words = verify(code(), keys, NOW)
    assert status == 2
    assert "public keys" in words


def test_without_any_list_it_says_that_withdrawn_codes_were_not_checked(
    keys: Path, tmp_path: Path
) -> None:
    published = replace(PublicKeys.published(RING, NOW), issued_at=None)
    keys.write_bytes(published.to_json())
    status, words = verify(code(), keys, NOW)
    assert status == 0
    assert words.endswith("\nWithdrawn codes: not checked, as there is no --bundle")


def test_an_old_file_of_keys_is_used_and_its_age_said(keys: Path) -> None:
    later = NOW + timedelta(days=3)
    text = code(issued_at=later, expires_at=expiry(KEY, later))
    status, words = verify(text, keys, later)
    assert status == 0
    assert words.endswith("\nCareful: this list of withdrawn codes is 3 days old. Fetch a new one.")


@pytest.mark.parametrize(
    ("kind", "number", "why"),
    [
        ("hkid", "A123456(4)", "The number's check character is wrong."),
        ("birth_certificate", "A123456(4)", "The number's check character is wrong."),
        ("hkid", "A12", "The number cannot be one of that document."),
        ("hkid", "А123456(3)", "The number has a letter that only looks like one of A to Z."),
        ("passport", "", "The number cannot be one of that document."),
    ],
)
def test_a_number_that_no_document_has_is_one_sentence(
    keys: Path, kind: str, number: str, why: str
) -> None:
    assert verify(code(), keys, NOW, document=(DocumentType(kind), number)) == (2, why)


def test_the_check_character_of_a_document_may_be_left_out(keys: Path) -> None:
    status, words = verify(code(), keys, NOW, document=(DocumentType.HKID, "a123456"))
    assert status == 0
    assert "Document: the one that the code was issued for" in words


@pytest.mark.parametrize("name", ["keys.cbor", "bundle.cbor", "keys.json"])
def test_another_file_in_the_place_of_the_keys_is_told_what_is_wanted(
    tmp_path: Path, name: str
) -> None:
    now = NOW
    ring = KeyRing.open(tmp_path / "keys.json", now)
    published = PublicKeys.published(ring, now)
    (tmp_path / "keys.cbor").write_bytes(key_set(published))
    (tmp_path / "bundle.cbor").write_bytes(b"\xd2\x84")
    status, words = verify(code(), tmp_path / name, now)
    assert status == 2
    assert words == (
        f"{tmp_path / name} is not a set of public keys: give issuer-keys.json of the data folder, "
        "or jwks.json of the web server."
    )


def test_every_reason_has_words() -> None:
    assert set(WHY) == set(Reason)
    assert set(PICTURE) == set(ERRORS)
