"""Canaries: values that nobody else has, and a search for them in everything that was written."""

from __future__ import annotations

import base64
import html
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

SHORT = 8
"""Canaries of fewer characters might stand by chance inside of a longer number."""

HEAD = 4
"""Bytes by which a place is found that is worth a closer look."""

Canaries = Mapping[str, Iterable[str | bytes]]
"""Values by what they are."""


def forms(canary: str | bytes) -> Iterator[tuple[str, bytes]]:
    """Yield how a value may stand in a file: the encoding's name and the bytes."""
    raw = canary.encode() if isinstance(canary, str) else canary
    yield "raw", raw
    yield "hex", raw.hex().encode()
    for shift in range(3):
        # Base64 depends on what comes before; characters that are shared with it are left out.
        whole = base64.b64encode(bytes(shift) + raw)
        inner = whole[(0, 2, 3)[shift] : len(whole) - (0, 3, 2)[(shift + len(raw)) % 3]]
        yield f"base64+{shift}", inner
        yield f"base64url+{shift}", inner.replace(b"+", b"-").replace(b"/", b"_")
    yield "percent", quote(raw, safe="").encode()
    if isinstance(canary, str):
        yield "UTF-16-LE", canary.encode("utf-16-le")
        yield "UTF-16-BE", canary.encode("utf-16-be")
        yield "JSON", json.dumps(canary)[1:-1].encode()
        yield "escaped", canary.encode("unicode_escape")
        yield "HTML", html.escape(canary).encode()


@dataclass(frozen=True)
class Trace:
    """One form of one canary. Capitals count where `exact`, what stands beside it where `alone`."""

    name: str
    form: bytes
    exact: bool
    alone: bool

    def stands_at(self, place: int, content: bytes, small: bytes) -> bool:
        """Tell whether it stands at a place; `small` is the content in small letters."""
        text, form = (content, self.form) if self.exact else (small, self.form.lower())
        end = place + len(form)
        beside = small[max(place - 1, 0) : place], small[end : end + 1]
        return text[place:end] == form and not (self.alone and any(b.isalnum() for b in beside))


def _traces(canaries: Canaries) -> dict[bytes, list[Trace]]:
    found: defaultdict[bytes, list[Trace]] = defaultdict(list)
    for name, values in canaries.items():
        for canary in values:
            for how, form in forms(canary):
                exact = isinstance(canary, bytes) or how.startswith("base64")
                trace = Trace(f"{name} as {how}", form, exact, len(canary) < SHORT)
                found[form[:HEAD].lower()].append(trace)
    return found


def sightings(canaries: Canaries, texts: Mapping[str, bytes]) -> list[str]:
    """Return where canaries were seen: `mobile as hex in log.txt`; `texts` are by name."""
    traces = _traces(canaries)
    heads = np.frombuffer(b"".join(traces), "<u4")
    return [
        f"{trace.name} in {name}"
        for name, content in texts.items()
        for small in [content.lower()]
        for place in _places(small, heads)
        for trace in traces[small[place : place + HEAD]]
        if trace.stands_at(place, content, small)
    ]


def _places(content: bytes, heads: np.ndarray) -> list[int]:
    """Return where in the content one of the heads stands."""
    places: list[int] = []
    for shift in range(min(HEAD, len(content))):
        words = np.frombuffer(content[shift : len(content) - (len(content) - shift) % HEAD], "<u4")
        places += (np.flatnonzero(np.isin(words, heads)) * HEAD + shift).tolist()
    return places


def files_in(*folders: Path) -> dict[str, bytes]:
    """Return the content of every file below some folders."""
    return {
        str(file): file.read_bytes()
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
