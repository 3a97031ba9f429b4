"""Check one code on the command line, from its text or from a picture of it."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from pathlib import Path

import zxingcpp
from PIL import Image

from core.assessment import Colour
from core.bundle import BundleError, newer, open_bundle
from core.credential import Reason, Verdict, check
from core.days import HONG_KONG
from core.identity import DocumentType, normalise
from core.issuer_keys import KeysError, PublicKeys, Realm

GOOD, REFUSED, UNUSABLE = 0, 1, 2
"""Exit codes: genuine, valid and green; anything else; nothing that could be checked."""

PICTURE_BYTES = 20_000_000  # the largest file that a chat platform hands over
PICTURE_PIXELS = 25_000_000  # three times a phone's screen; more is a decompression bomb
FORMATS = ("PNG", "JPEG", "WEBP")
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

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


class _Unusable(Exception):
    """The picture or the bundle cannot be opened; the message says why."""


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
    only for a genuine, valid, green code; 2 if a file of keys or the picture cannot be used.
    """
    try:
        keys = PublicKeys.load(keys_file)
        if bundle is not None:
            keys = newer(keys, _bundle(bundle, keys, now))
        text = _text(picture_or_text)
    except (KeysError, _Unusable) as error:
        return UNUSABLE, str(error)
    if text is None:
        return REFUSED, "REFUSED: no code, or more than one, could be read in the picture"
    compared = None
    if document is not None:
        kind, number = document
        compared = kind.code, normalise(kind, number)
    verdict = check(text, keys, now, document=compared, challenge=challenge)
    green = verdict.claims is not None and verdict.claims.colour is Colour.GREEN
    lines = [*_words(verdict), *_old(keys, now)]
    return (GOOD if verdict.accepted and green else REFUSED), "\n".join(lines)


def _bundle(path: Path, trusted: PublicKeys, now: datetime) -> PublicKeys:
    try:
        return open_bundle(path.read_bytes(), trusted, now)
    except OSError as error:
        raise _Unusable(f"{path} cannot be read: {error.strerror}") from None
    except BundleError as error:
        raise _Unusable(f"{path} cannot be used: the bundle {error}") from None


def _old(keys: PublicKeys, now: datetime) -> list[str]:
    """Say how old the bundle is, where its time is over."""
    if keys.issued_at is None or keys.expires_at is None or now <= keys.expires_at:
        return []
    hours = (now - keys.issued_at) // timedelta(hours=1)
    age = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    return [f"Careful: this list of withdrawn codes is {age} old. Fetch a new one."]


def _text(picture_or_text: str) -> str | None:
    path = Path(picture_or_text)
    try:
        exists = path.is_file()
    except (OSError, ValueError):
        exists = False  # a text that is too long for a path, or has a zero byte in it
    if exists:
        return _scan(path)
    if picture_or_text.startswith("HK"):
        return picture_or_text
    raise _Unusable(f"{picture_or_text[:80]!r} is neither a picture that exists nor a code")


def _scan(path: Path) -> str | None:
    """Return the text of the one Health Code in the picture, None if there is not just one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if path.stat().st_size > PICTURE_BYTES:
                raise _Unusable(f"{path} is larger than {PICTURE_BYTES // 1_000_000} MB")
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > PICTURE_PIXELS:
                    raise _Unusable(f"{path} has more than {PICTURE_PIXELS // 10**6} megapixels")
                grey = image.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        raise _Unusable(f"{path} is not a picture that can be read: {error}") from None
    found = zxingcpp.read_barcodes(grey, formats=QR)
    prefixes = tuple(realm.prefix for realm in Realm)
    texts = {each.text for each in found if each.text.startswith(prefixes)}
    others = {each.text for each in found} - texts
    candidates = texts or others
    return candidates.pop() if len(candidates) == 1 else None


def _words(verdict: Verdict) -> list[str]:
    claims, why = verdict.claims, verdict.reason and WHY[verdict.reason]
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
    ]


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(HONG_KONG):%Y-%m-%d %H:%M} Hong Kong time"
