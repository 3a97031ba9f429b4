from __future__ import annotations

import io

import msgspec
import pytest
from PIL import Image

from core.answer import Invalid
from core.clean_proof import ERRORS, CleanProof
from core.proof import LONGEST_SIDE, clean
from tests.corpus import Upload
from tests.corpus_proofs import CANARY, exif, image, proof_uploads
from tests.photos import stored

CORPUS = list(proof_uploads())


def opened(page: bytes) -> Image.Image:
    return Image.open(io.BytesIO(page))


@pytest.mark.parametrize("upload", CORPUS, ids=lambda upload: ascii(upload.name))
def test_a_proof_is_drawn_anew_or_refused(upload: Upload) -> None:
    if upload.code:
        with pytest.raises(Invalid) as caught:
            clean(upload.data)
        assert caught.value.code == upload.code
        return
    proof = clean(upload.data)
    assert proof.pages
    for page in proof.pages:
        picture = opened(page)
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert max(picture.size) <= LONGEST_SIDE
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert CANARY not in page
        assert page.endswith(b"\xff\xd9")
        assert b"PK\x03\x04" not in page
        assert b"<html" not in page


def test_every_code_is_in_the_corpus() -> None:
    assert {upload.code for upload in CORPUS} - {""} == set(ERRORS)


def test_a_long_picture_is_told_how_long_it_may_be() -> None:
    with pytest.raises(Invalid) as caught:
        clean(image("PNG", (1, 30_000)))
    assert (caught.value.code, caught.value.params) == ("pixels", {"limit": 25, "side": 10_000})


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright(orientation: int) -> None:
    # A bright corner, moved as a camera held that way would have stored it.
    upright = Image.new("RGB", (800, 400))
    upright.paste("white", (0, 0, 300, 150))
    stream = io.BytesIO()
    stored(upright, orientation).save(stream, "JPEG", exif=exif(orientation), quality=95)
    [page] = clean(stream.getvalue()).pages
    picture = opened(page).convert("L")
    assert picture.size == (800, 400)
    assert picture.getpixel((5, 5)) > 200
    assert picture.getpixel((750, 350)) < 50


def test_what_is_transparent_becomes_white() -> None:
    [page] = clean(image("PNG", mode="RGBA")).pages
    assert opened(page).getpixel((5, 5)) == (255, 255, 255)


def test_grey_in_16_bits_keeps_its_shades() -> None:
    stream = io.BytesIO()
    picture = Image.new("I;16", (400, 300), 0x8000)
    picture.paste(0xFFFF, (200, 0, 400, 300))
    picture.save(stream, "PNG")
    [page] = clean(stream.getvalue()).pages
    assert 120 < opened(page).convert("L").getpixel((5, 5)) < 136


def test_a_proof_is_sealed_and_comes_back() -> None:
    proof = clean(image("JPEG"))
    assert CleanProof.from_bytes(proof.to_bytes()) == proof
    with pytest.raises(msgspec.DecodeError):
        CleanProof.from_bytes(b"x")
