"""Draw the pages of a PDF that asks nobody to do anything."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdfium2
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject

from core.answer import Invalid

MAX_PAGES = 10
DOTS_PER_INCH = 150
MAX_OBJECTS = 20_000
"""What pypdf walks through in about two seconds; a bill has a few hundred."""

FONTS = (
    "/usr/share/fonts",
    "/usr/share/X11/fonts/Type1",
    "/usr/share/X11/fonts/TTF",
    "/usr/local/share/fonts",
)
"""Where PDFium looks on Linux for a font that a PDF names and does not bring along."""

_POINTS_PER_INCH = 72
_ACTIVE_KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/EF", "/EmbeddedFiles"}
_ACTIVE_ACTIONS = {"/JavaScript", "/Launch"}


def draw_pages(data: bytes, longest_side: int) -> Iterator[Image.Image]:
    """Yield each page at 150 dots an inch, or less where a side would have too many pixels.

    Raise Invalid `encrypted`, `active` (scripts, actions, files inside) or `pages`. Whatever is
    wrong otherwise is raised as pypdf and pypdfium2 raise it.
    """
    refuse_active(data)
    with pypdfium2.PdfDocument(data) as document:
        if len(document) > MAX_PAGES:
            raise Invalid("pages", limit=MAX_PAGES, count=len(document))
        for page in document:
            scale = min(DOTS_PER_INCH / _POINTS_PER_INCH, longest_side / max(page.get_size()))
            yield page.render(scale=scale).to_pil().convert("RGB")


def refuse_active(data: bytes) -> None:
    """Raise Invalid for a PDF that asks for a password or would act by itself when it is opened.

    The objects are followed from the trailer, as a viewer would, through compressed streams and
    escaped names.
    """
    reader = PdfReader(io.BytesIO(data))
    # Many statements only forbid to print or to change them: whoever has them can read them.
    if reader.is_encrypted and not reader.decrypt(""):
        raise Invalid("encrypted")
    seen: set[int] = set()
    found: list[PdfObject | None] = [reader.trailer]
    while found:
        item = found.pop()
        if isinstance(item, IndirectObject):
            if item.idnum in seen:
                continue
            seen.add(item.idnum)
            if len(seen) > MAX_OBJECTS:
                raise Invalid("unreadable")
            item = item.get_object()
        if isinstance(item, DictionaryObject):
            if _acts(item):
                raise Invalid("active")
            found.extend(dict.values(item))
        elif isinstance(item, ArrayObject):
            found.extend(list.__iter__(item))


def _acts(item: DictionaryObject) -> bool:
    if any(key in _ACTIVE_KEYS for key in item) or _value(item, "/S") in _ACTIVE_ACTIONS:
        return True
    # Most writers say with it on which page to open: that is an array, or an action to go there.
    opening = _value(item, "/OpenAction")
    return isinstance(opening, DictionaryObject) and _value(opening, "/S") != "/GoTo"


def _value(item: DictionaryObject, key: str) -> object:
    value: PdfObject | None = item.get(key)
    return value.get_object() if value is not None else None
