"""Proofs of address that go wrong, and good ones that hide something; made rather than kept."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from tests.corpus import Upload, zipped

CANARY = b"CANARY-22.3193N-114.1694E"
"""What must not be found in a proof that was made clean."""


def image(
    form: str, size: tuple[int, int] = (360, 240), mode: str = "RGB", **options: object
) -> bytes:
    """Return a picture with two halves: what is transparent stands left."""
    half = Image.new("L", size)
    half.paste(255, (size[0] // 2, 0, *size))
    if mode in ("LA", "RGBA"):
        drawn = Image.new(mode, size)
        drawn.putalpha(half)
    elif mode == "I;16":
        drawn = half.convert("I").point(lambda shade: shade * 257).convert(mode)
    else:
        drawn = half.convert(mode)
    stream = io.BytesIO()
    drawn.save(stream, form, **options)
    return stream.getvalue()


def plain(form: str, colour: str, noise: float = 0.0) -> bytes:
    """Return a picture of one colour, or what a camera makes of it in the dark."""
    drawn = Image.new("L", (1200, 900), colour)
    if noise:
        drawn = Image.blend(drawn, Image.effect_noise(drawn.size, noise), 0.5)
    stream = io.BytesIO()
    drawn.save(stream, form)
    return stream.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """Return a small file that unpacks to an enormous picture of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


Change = Callable[[PdfWriter], None]


def pdf(*changes: Change, pages: int = 1, size: tuple[float, float] = (595, 842)) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(*size)
    for change in changes:
        change(writer)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def pdf_without_its_fonts() -> bytes:
    """Return a page in Arial and in MingLiU, as old bills name them and do not bring them."""
    text = b"BT /F1 40 Tf 50 700 Td (Hello) Tj ET BT /F2 40 Tf 50 500 Td <adbbb4e4> Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/TrueType/BaseFont/Arial/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type0/BaseFont/MingLiU/Encoding/ETen-B5-H/DescendantFonts[7 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/MingLiU/FontDescriptor 8 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(CNS1)/Supplement 0>>>>",
        b"<</Type/FontDescriptor/FontName/MingLiU/Flags 4/FontBBox[0 0 1000 1000]"
        b"/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>",
    ]
    parts, begins = [b"%PDF-1.4\n"], []
    for number, content in enumerate(objects, 1):
        begins.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = b"".join(b"%010d 00000 n \n" % begin for begin in begins)
    end = sum(map(len, parts))
    parts.append(b"xref\n0 9\n0000000000 65535 f \n%s" % table)
    parts.append(b"trailer<</Size 9/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % end)
    return b"".join(parts)


def named(**entries: object) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in entries.items()})


def in_root(key: str, value: object, writer: PdfWriter) -> None:
    writer.root_object[NameObject(key)] = value


def in_page(key: str, value: object, writer: PdfWriter) -> None:
    writer.pages[0][NameObject(key)] = value


def script() -> DictionaryObject:
    return named(S=NameObject("/JavaScript"), JS=TextStringObject("app.alert(1)"))


def launch() -> DictionaryObject:
    return named(S=NameObject("/Launch"), F=TextStringObject("calc.exe"))


def link_that_launches(writer: PdfWriter) -> None:
    area = ArrayObject(NumberObject(n) for n in (0, 0, 100, 100))
    link = named(Type=NameObject("/Annot"), Subtype=NameObject("/Link"), Rect=area, A=launch())
    in_page("/Annots", ArrayObject([writer._add_object(link)]), writer)


def attachment(writer: PdfWriter) -> None:
    writer.add_attachment("notes.exe", b"MZ")


def flate_bomb(writer: PdfWriter) -> None:
    """Give the page a content stream of 300 MB, packed twice to about a kilobyte."""
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(b"q Q " * 250_000) for _ in range(300)) + packer.flush()
    stream = DecodedStreamObject()
    stream.set_data(zlib.compress(once, 9))
    twice = ArrayObject([NameObject("/FlateDecode")] * 2)
    stream[NameObject("/Filter")] = twice
    in_page("/Contents", writer._add_object(stream), writer)


def many_objects(writer: PdfWriter) -> None:
    references = ArrayObject(writer._add_object(NumberObject(n)) for n in range(21_000))
    in_root("/PieceInfo", writer._add_object(references), writer)


def loop(writer: PdfWriter) -> None:
    item = named()
    reference = writer._add_object(item)
    item[NameObject("/Next")] = reference
    in_root("/PieceInfo", reference, writer)


def locked(owner_only: bool, writer: PdfWriter, algorithm: str = "AES-256") -> None:
    writer.encrypt("" if owner_only else "secret", "owner", algorithm=algorithm)


def proof_uploads() -> Iterator[Upload]:
    """Yield files sent as proofs of address."""
    yield from _taken()
    yield from bad_proofs()


def bad_proofs() -> Iterator[Upload]:
    """Yield those of them that are refused."""
    yield from _bad_pictures()
    yield from _bad_pdfs()


def _taken() -> Iterator[Upload]:
    for mode in ("1", "L", "RGB", "CMYK"):
        yield Upload(f"JPEG {mode}", image("JPEG", mode=mode), "")
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield Upload(f"PNG {mode}", image("PNG", mode=mode), "")
    yield Upload("progressive", image("JPEG", progressive=True), "")
    yield Upload("as small as can be", image("PNG", (300, 200)), "")
    yield Upload("25 million pixels", image("JPEG", (5_000, 5_000)), "")
    yield Upload("48 million pixels", image("JPEG", (8_064, 5_952)), "")
    yield Upload("a panorama", image("JPEG", (16_000, 2_000)), "")
    yield Upload("long and thin", image("PNG", (10_000, 3)), "")
    yield Upload("animated", animated(), "")
    yield Upload("EXIF", image("JPEG", exif=exif(1)), "")
    yield Upload("comment", image("JPEG", comment=CANARY), "")
    yield Upload("profile", image("JPEG", icc_profile=CANARY * 9), "")
    yield Upload("XMP", image("JPEG", xmp=b"<x>" + CANARY + b"</x>"), "")
    text = PngImagePlugin.PngInfo()
    text.add_text("where", CANARY.decode())
    yield Upload("PNG text", image("PNG", pnginfo=text), "")
    for tail in (zipped(("a.txt", CANARY)), b"<html><script>" + CANARY, CANARY):
        for form in ("JPEG", "PNG"):
            yield Upload(f"{form} and {tail[:6]!r}", image(form) + tail, "")
    yield Upload("PDF", pdf(), "")
    yield Upload("ten pages", pdf(pages=10), "")
    yield Upload("enormous page", pdf(size=(14_400, 14_400)), "")
    yield Upload("pages as long as a receipt", pdf(size=(10, 14_400)), "")
    yield Upload("PDF and more", pdf() + CANARY, "")
    for before in (b"\r\n", b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\n\r\n", b" " * 1_019):
        yield Upload(f"PDF after {before[:6]!r}", before + pdf(), "")
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256"):
        forbids = pdf(partial(locked, True, algorithm=algorithm))
        yield Upload(f"PDF that only forbids, {algorithm}", forbids, "")
    yield Upload("a loop of objects", pdf(loop), "")
    opens_at = ArrayObject([NumberObject(0), NameObject("/Fit")])
    yield Upload("opens at a page", pdf(partial(in_root, "/OpenAction", opens_at)), "")
    goes_to = named(S=NameObject("/GoTo"), D=opens_at)
    yield Upload("opens by going there", pdf(partial(in_root, "/OpenAction", goes_to)), "")


def exif(orientation: int) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = CANARY.decode()
    return data


def animated() -> bytes:
    stream = io.BytesIO()
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "blue")]
    frames[0].paste("white", (0, 0, 200, 300))
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def _bad_pictures() -> Iterator[Upload]:
    yield Upload("empty", b"", "empty")
    yield Upload("25 MB", b"\xff\xd8\xff" + bytes(25_000_000), "too_large")
    for form in ("GIF", "BMP", "TIFF", "WEBP", "ICO"):
        yield Upload(form, image(form), "file_type")
    for content in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe", b"MZ", b"hello"):
        yield Upload(f"{content[:5]!r}", content, "file_type")
    yield Upload("HEIC", b"\0\0\0\x18ftypheic" + bytes(40), "file_type")
    yield Upload("ZIP", zipped(("a.jpg", image("JPEG"))), "file_type")
    for width, height in ((20_000, 20_000), (12_000, 12_000), (65_535, 1), (10_001, 1)):
        yield Upload(f"bomb {width}x{height}", png_claiming(width, height), "pixels")
    yield Upload("one pixel", image("PNG", (1, 1)), "too_small")
    yield Upload("a thumbnail", image("JPEG", (160, 299)), "too_small")
    for colour in ("black", "white"):
        for form in ("JPEG", "PNG"):
            yield Upload(f"{form} all {colour}", plain(form, colour), "blank")
    yield Upload("taken in a pocket", plain("JPEG", "black", noise=20), "blank")
    yield Upload("80 million pixels", image("JPEG", (10_000, 8_000)), "pixels")
    for form in ("JPEG", "PNG"):
        whole = image(form, (200, 200), "RGB")
        for percent in range(3, 90, 6):
            cut = whole[: max(12, len(whole) * percent // 100)]
            yield Upload(f"{form} cut at {percent} %", cut, "unreadable")
    broken = bytearray(image("PNG"))
    broken[broken.index(b"IHDR") + 6] ^= 0xFF
    yield Upload("PNG with a wrong checksum", bytes(broken), "unreadable")


def _bad_pdfs() -> Iterator[Upload]:
    yield Upload("PDF with a password", pdf(partial(locked, False)), "encrypted")
    with_script = pdf(partial(in_root, "/OpenAction", script()), partial(locked, True))
    yield Upload("PDF that only forbids, with a script", with_script, "active")
    yield Upload("PDF after 1,020 bytes", b" " * 1_020 + pdf(), "file_type")
    yield Upload("eleven pages", pdf(pages=11), "pages")
    yield Upload("no pages", pdf(pages=0), "unreadable")
    yield Upload("only the first bytes", b"%PDF-1.7\n", "unreadable")
    yield Upload("half a PDF", pdf(pages=10)[:500], "unreadable")
    yield Upload("21,000 objects", pdf(many_objects), "unreadable")
    for name, change in (
        ("script on opening", partial(in_root, "/OpenAction", script())),
        ("launch on opening", partial(in_root, "/OpenAction", launch())),
        ("unknown on opening", partial(in_root, "/OpenAction", named(S=NameObject("/URI")))),
        ("actions of a page", partial(in_page, "/AA", named(O=script()))),
        (
            "script by name",
            partial(in_root, "/Names", named(JavaScript=named(Names=ArrayObject()))),
        ),
        ("link that launches", link_that_launches),
        ("attachment", attachment),
        ("XFA", partial(in_root, "/AcroForm", named(XFA=TextStringObject("<x/>")))),
    ):
        yield Upload(f"PDF: {name}", pdf(change), "active")
    escaped = pdf(partial(in_root, "/OpenAction", script()))
    escaped = escaped.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4aS")
    yield Upload("PDF: script under escaped names", escaped, "active")


def flate_bomb_pdf() -> bytes:
    """Return a PDF of a few kilobytes whose page is 300 MB of instructions."""
    return pdf(flate_bomb)
