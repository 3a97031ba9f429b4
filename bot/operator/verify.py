"""Check one code on the command line, from its text or from a picture of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from core.answer import Invalid
from core.colour import Colour
from core.credential import Document, Reason, Verdict, check
from core.days import clock_time
from core.gate.scanning import read_codes
from core.gate.sighting import MAX_BYTES, code_in, is_other
from core.identity import DocumentType
from core.lists import read_number
from core.signing.bundle import LONGEST_LIFE, BundleError, newer, open_bundle
from core.signing.issuer_keys import KeysError, PublicKeys

GOOD, REFUSED, UNUSABLE = 0, 1, 2
"""Exit codes: genuine, valid and green; anything else; nothing that could be checked."""

PICTURE = {
    "empty": "is empty",
    "file_type": "is not a picture that can be read (PNG, JPEG or WebP)",
    "pixels": "has more than {limit} megapixels",
    "too_large": "is larger than {limit_mb} MB",
    "unreadable": "is not a picture that can be read: it is damaged",
}
"""What is said of a picture that is refused, by the code of the refusal."""

WHY = {
    Reason.TOO_LONG: "the text is longer than any code",
    Reason.NOT_A_CODE: "it is not a Hong Kong Health Code",
    Reason.OTHER_REALM: "it is a code of another issuer (test codes count nowhere else)",
    Reason.MALFORMED: "it is damaged, or only looks like a code",
    Reason.ALGORITHM: "it is signed in a way that is not allowed",
    Reason.UNKNOWN_KEY: "it is signed by a key that is not in the file of keys",
    Reason.WITHDRAWN_KEY: "it is signed by a key that was withdrawn",
    Reason.KEY_LIFE: "its times are outside the life of its key",
    Reason.FORGED: "the signature does not fit: it was altered or forged",
    Reason.CONTENT: "what is signed is not of the right form",
    Reason.CLOCK: "this device's clock is wrong: check it",
    Reason.FROM_FUTURE: "it was issued in the future: check this device's clock",
    Reason.EXPIRED: "its time is over",
    Reason.LIFE: "it would be valid for too long",
    Reason.REVOKED: "it was revoked",
    Reason.OTHER_DOCUMENT: "it belongs to another document",
    Reason.OTHER_CHALLENGE: "it does not answer the challenge",
}

NO_CODE = frozenset((Reason.NOT_A_CODE, Reason.OTHER_REALM))
"""What nobody has forged: it only is something else."""

BINDING = {
    True: "the one that the code was issued for",
    False: "another one",
    None: "not compared, so the code may be borrowed",
}
CHALLENGE = {
    True: "answered",
    False: "not answered",
    None: "not asked, so this may be a copy of the code",
}

SHOWN = {Colour.GREEN: "GREEN", Colour.AMBER: "YELLOW", Colour.RED: "RED"}


class _Refused(Exception):
    """The picture has not just one code to judge; the message says so."""


class _Unusable(Exception):
    """The picture, the bundle or the document is none; the message is one plain sentence."""


def verify(
    picture_or_text: str,
    keys_file: Path,
    now: datetime,
    *,
    bundle: Path | None = None,
    document: tuple[DocumentType, str] | None = None,
    challenge: str | None = None,
) -> tuple[int, str]:
    """Judge a code at `now` (UTC); return the exit code and a few plain lines.

    The argument is a picture's path (PNG, JPEG or WebP) or the code's text. With a bundle its keys
    and its withdrawn codes count; those of the file only check who signed it. The exit code is 0
    only for a genuine, valid, green code; 2 if a file of keys, the picture or the number of the
    document cannot be used.
    """
    try:
        keys = PublicKeys.load(keys_file)
        if bundle is not None:
            keys = newer(keys, _bundle(bundle, keys, now))
        compared = None if document is None else _compared(*document)
        text = _text(picture_or_text)
    except (KeysError, _Unusable) as error:
        return UNUSABLE, str(error)
    except _Refused as refused:
        return REFUSED, f"REFUSED: {refused}"
    verdict = check(text, keys, now, document=compared, challenge=challenge)
    green = verdict.claims is not None and verdict.claims.colour is Colour.GREEN
    lines = [*_words(verdict, keys), *_old(keys, now)]
    return (GOOD if verdict.accepted and green else REFUSED), "\n".join(lines)


def _bundle(path: Path, trusted: PublicKeys, now: datetime) -> PublicKeys:
    try:
        return open_bundle(path.read_bytes(), trusted, now)
    except OSError as error:
        raise _Unusable(f"{path} cannot be read: {error.strerror}.") from None
    except BundleError as error:
        raise _Unusable(f"{path} cannot be used: the bundle {error}.") from None


def _compared(kind: DocumentType, number: str) -> Document:
    try:
        return kind.code, read_number(kind, number)
    except ValueError as error:
        raise _Unusable(str(error)) from None


def _list(keys: PublicKeys) -> str:
    """Say by which list of withdrawn codes a code was checked: that of a bundle alone expires."""
    if keys.issued_at is None:
        return "not checked, as there is no --bundle"
    made = _moment(keys.issued_at)
    if keys.expires_at is None:
        return f"only those of {made}, when the file of keys was made; with --bundle, those of now"
    return f"by the list of {made}"


def _old(keys: PublicKeys, now: datetime) -> list[str]:
    """Say how old the list of withdrawn codes is, where its time is over."""
    if keys.issued_at is None or now <= (keys.expires_at or keys.issued_at + LONGEST_LIFE):
        return []
    hours = (now - keys.issued_at) // timedelta(hours=1)
    age = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    return [f"Careful: this list of withdrawn codes is {age} old. Fetch a new one."]


def _text(picture_or_text: str) -> str:
    path = Path(picture_or_text)
    try:
        exists, folder = path.is_file(), bool(picture_or_text) and path.is_dir()
    except (OSError, ValueError):
        exists = folder = False  # a text that is too long for a path, or has a zero byte in it
    if exists:
        return _scan(path)
    if folder:
        raise _Unusable(f"{path} is a folder: give one picture in it.")
    code = code_in(picture_or_text)
    if code is None and not is_other(picture_or_text):
        raise _Unusable(
            f"{picture_or_text[:80]!r} is neither a picture that exists nor a code: give the path "
            "of a picture, or the text that begins with HK1:."
        )
    return code or picture_or_text


def _scan(path: Path) -> str:
    """Return the text of the one Health Code in the picture."""
    try:
        with path.open("rb") as file:
            seen = read_codes(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise _Unusable(f"{path} cannot be read: {error.strerror}.") from None
    except Invalid as invalid:
        raise _Unusable(f"{path} {PICTURE[invalid.code].format(**invalid.params)}.") from None
    if len(seen) > 1:
        raise _Refused("more than one code is in the picture: give one with a single code")
    # One that was seen and could not be read has no text.
    if not seen or not seen[0].text:
        raise _Refused(
            "no code could be read in the picture: take it closer and sharper, the whole code with "
            "its white border"
        )
    return seen[0].text


def _words(verdict: Verdict, keys: PublicKeys) -> list[str]:
    claims, why = verdict.claims, verdict.reason and WHY[verdict.reason]
    if verdict.reason in NO_CODE:
        return [f"REFUSED: {why}"]
    if claims is None:
        return [f"FORGED, damaged or foreign, so REFUSED: {why}"]
    if verdict.expired:
        headline = f"Genuine, but EXPIRED, so REFUSED: {why}"
    elif not verdict.accepted:
        headline = f"Genuine, but REFUSED: {why}"
    else:
        headline = "Genuine and valid"
    return [
        headline,
        f"Colour: {SHOWN[claims.colour]}",
        f"Holder: {claims.name}",
        f"Issued: {_moment(claims.issued_at)}",
        f"Valid until: {_moment(claims.expires_at)}",
        f"Document: {BINDING[verdict.binding]}",
        f"Live challenge: {CHALLENGE[verdict.challenge]}",
        f"Withdrawn codes: {_list(keys)}",
    ]


def _moment(instant: datetime) -> str:
    return f"{clock_time(instant)} Hong Kong time"
