"""A proof of address made harmless: its pages drawn anew, and nothing else of the file kept.

What was sent is never shown to anybody. It is to be opened in a process that may come to harm.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from core.answer import Invalid
from core.clean_proof import MAX_BYTES, CleanProof

MAX_PIXELS = 25_000_000
MAX_SIDE = 10_000
"""The photo of a large phone, and far below the 89 million pixels at which Pillow warns."""
LONGEST_SIDE = 2_600
"""Pixels of a page that is kept. A4 at 150 dots an inch has 1,754; a photo wants a margin."""
SHORTEST_SIDE = 300
"""Pixels that the longer side of a photo has at least: a page on a thumbnail cannot be read."""
FAINTEST = 16
"""Of 255 shades of grey, so many are between the darkest and the lightest part of a photo at least.
What stays below is the inside of a pocket or a bag."""
QUALITY = 82
MAX_JPEG_PIXELS = 64_000_000
"""A JPEG is decoded at a half, a quarter or an eighth of its size: it takes no more memory."""
_PHOTOS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_PDF = b"%PDF-"
_PDF_WITHIN = 1024
"""Bytes among which a viewer looks for its beginning: some servers put a blank line before it."""


def is_pdf(data: bytes) -> bool:
    """Tell whether a file is a PDF."""
    return not data.startswith(_PHOTOS) and _PDF in data[:_PDF_WITHIN]


def clean(data: bytes) -> CleanProof:
    """Return the pages of a JPEG, PNG or PDF drawn anew, or raise Invalid with one of
    `core.clean_proof.ERRORS`."""
    if not data:
        raise Invalid("empty")
    if len(data) > MAX_BYTES:
        raise Invalid("too_large", limit_mb=MAX_BYTES // 1_000_000)
    try:
        if data.startswith(_PHOTOS):
            return CleanProof([_jpeg(_seen(_photo(data)))])
        if is_pdf(data):
            # Not at the top: a photo needs none of it, and a process is started for each proof.
            from core.drawing.pdf import draw_pages

            whole = data[data.index(_PDF) :]
            return CleanProof([_jpeg(page) for page in draw_pages(whole, LONGEST_SIDE)])
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        # Decoders raise whatever their parts raise: OSError, struct.error, SyntaxError, …
        raise Invalid("unreadable") from error
    raise Invalid("file_type")


def _photo(data: bytes) -> Image.Image:
    """Return the first picture in the file, upright, on white, in 8 bits a channel."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as file:
        if file.width * file.height <= MAX_JPEG_PIXELS:
            shrink = max(*file.size, LONGEST_SIDE) / LONGEST_SIDE
            file.draft(None, (int(file.width / shrink) or 1, int(file.height / shrink) or 1))
        if file.width * file.height > MAX_PIXELS or max(file.size) > MAX_SIDE:
            raise _too_many_pixels()
        image: Image.Image = file
        if image.mode.startswith("I"):
            image = image.point(lambda value: value / 256).convert("L")
        elif image.mode in ("1", "P"):
            image = image.convert("RGBA")
        # Smaller first: each step after it holds another copy.
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        image = ImageOps.exif_transpose(image)
        if not image.has_transparency_data:
            return image.convert("RGB")
        page = Image.new("RGB", image.size, "white")
        page.paste(image, mask=image.convert("RGBA").getchannel("A"))
        return page


def _seen(image: Image.Image) -> Image.Image:
    """Return a photo, or raise Invalid `too_small` or `blank` where nobody could read it."""
    if max(image.size) < SHORTEST_SIDE:
        raise Invalid("too_small")
    # Smaller by far, so that the noise of a camera in the dark is no shade.
    shades = image.convert("L").resize((64, 64), Image.Resampling.BOX)
    if max(shades.tobytes()) - min(shades.tobytes()) < FAINTEST:
        raise Invalid("blank")
    return image


def _jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    # From the pixels alone: save() would copy comments and profiles that the image carries.
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    bare.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def _too_many_pixels() -> Invalid:
    return Invalid("pixels", limit=MAX_PIXELS // 1_000_000, side=MAX_SIDE)
