"""The code itself: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052), issued here and checked anywhere.

The format is written down in docs/credential.md, for those who write a verifier of their own.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import base45
import cbor2

from core.colour import Colour
from core.days import end_of_day, hong_kong_day
from core.signing import strict_base45
from core.signing.cose_sign1 import ES256, Sign1, sign
from core.signing.deterministic_cbor import Malformed, read
from core.signing.issuer_keys import REVOKED_BYTES, IssuerKey, PublicKey, PublicKeys, Realm

ISS, EXP, IAT, CTI = 1, 4, 6, 7  # RFC 8392 §3.1
PRIVATE = -65537  # the first claim key for private use, RFC 8392 §9.1.1
VERSION, STATUS, BINDING, NAME, CHALLENGE = range(5)
EXTENSION = 32
"""Unknown keys of the private map from here on are ignored, below they are refused."""

FORMAT = 1
STATUSES = {1: Colour.GREEN, 2: Colour.AMBER, 3: Colour.RED}
CODE_ID_BYTES = 8
BINDING_BYTES = 2  # fits about 10,700 possible numbers: it proves a match, and reveals no number
NAME_BYTES = 24
CHALLENGE_DIGITS = 4

REALMS = {realm.prefix: realm for realm in Realm}
PREFIX_LENGTH = 4
TEXT_LENGTH = 400
DEPTH = 4
CLOCK_TOLERANCE = timedelta(seconds=120)
LONGEST_LIFE = timedelta(hours=24)

Document = tuple[str, str]
"""An identity document: its type's one-character code, and its number in canonical form."""


class Reason(StrEnum):
    """Why a code is refused, in the order of the checks."""

    NOT_A_CODE = "not_a_code"
    TOO_LONG = "too_long"
    OTHER_REALM = "other_realm"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    WITHDRAWN_KEY = "withdrawn_key"
    KEY_LIFE = "key_life"
    FORGED = "forged"
    CONTENT = "content"
    CLOCK = "clock"
    FROM_FUTURE = "from_future"
    EXPIRED = "expired"
    LIFE = "life"
    REVOKED = "revoked"
    OTHER_DOCUMENT = "other_document"
    OTHER_CHALLENGE = "other_challenge"


@dataclass(frozen=True)
class Claims:
    """What a genuine code says. Instants are UTC; `binding` is salted by `code_id`."""

    colour: Colour
    name: str
    issued_at: datetime
    expires_at: datetime
    code_id: bytes
    binding: bytes
    challenge: str | None


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check: accepted only if there is no reason to refuse.

    `claims` is there once the signature holds, also when the code is refused for what follows.
    `binding` says whether the document is the holder's, `challenge` whether the officer's digits
    were answered; each is None when there was none to compare.
    """

    reason: Reason | None
    claims: Claims | None = None
    binding: bool | None = None
    challenge: bool | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether every check was passed. It says nothing of the colour."""
        return self.reason is None

    @property
    def genuine(self) -> bool:
        """Tell whether the issuer signed it, whether or not it is still good."""
        return self.claims is not None

    @property
    def expired(self) -> bool:
        """Tell whether its time is over."""
        return self.reason is Reason.EXPIRED


def expiry(key: IssuerKey, issued_at: datetime, rests_until: datetime | None = None) -> datetime:
    """Return when a code must end: with the Hong Kong day, with what it rests on, with its key."""
    ends = [end_of_day(hong_kong_day(issued_at)), key.not_after]
    return min(ends if rests_until is None else [*ends, rests_until])


def binding(code_id: bytes, document: Document) -> bytes:
    """Return the two bytes that tie a code to a document; a borrowed code passes 1 in 65,536."""
    kind, number = document
    salted = code_id + f"{kind}{number}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(salted).digest()[:BINDING_BYTES]


def issue(
    key: IssuerKey,
    *,
    name: str,
    colour: Colour,
    document: Document,
    issued_at: datetime,
    expires_at: datetime,
    code_id: bytes,
    challenge: str | None = None,
) -> str:
    """Sign a code and return its text, the same for the same arguments.

    `name` is masked (`MaskedName.claim`), `code_id` 8 random bytes, `challenge` an officer's 4
    digits. Raise ValueError for what no verifier would accept.
    """
    private: dict[int, Any] = {
        VERSION: FORMAT,
        STATUS: next(status for status, each in STATUSES.items() if each is colour),
        BINDING: binding(code_id, document),
        NAME: name,
    }
    if challenge is not None:
        private[CHALLENGE] = int(challenge)
    claims: dict[int | str, Any] = {
        ISS: key.realm.value,
        EXP: int(expires_at.timestamp()),
        IAT: int(issued_at.timestamp()),
        CTI: code_id,
        PRIVATE: private,
    }
    content = _content(claims, key.realm)
    if (
        content is None
        or content.challenge != challenge
        or not timedelta(0) < content.expires_at - content.issued_at <= LONGEST_LIFE
        or not _within_life(key.public, claims)
    ):
        raise ValueError("a code that no verifier would accept")
    message = sign(key.private, key.kid, cbor2.dumps(claims, canonical=True))
    encoded: bytes = base45.b45encode(message)
    return key.realm.prefix + encoded.decode()


def check(
    text: str,
    keys: PublicKeys,
    now: datetime,
    *,
    document: Document | None = None,
    challenge: str | None = None,
) -> Verdict:
    """Judge a code's text at `now` (UTC), comparing document and challenge where given.

    Never raises: whatever is not understood is refused, with the reason.
    """
    # 1 to 3: prefix, length, base45, one CBOR item of the right form. The prefix is first: other
    # countries' certificates are long, and should be called what they are.
    realm = REALMS.get(text[:PREFIX_LENGTH])
    if realm is None:
        return Verdict(Reason.NOT_A_CODE)
    if len(text) > TEXT_LENGTH:
        return Verdict(Reason.TOO_LONG)
    if keys.keys and realm not in keys.realms:
        return Verdict(Reason.OTHER_REALM)
    try:
        message, algorithm, kid, claims = _opened(text[PREFIX_LENGTH:])
    except ValueError:
        return Verdict(Reason.MALFORMED)
    # 4 and 5: the algorithm, and the key with its life
    if algorithm != ES256:
        return Verdict(Reason.ALGORITHM)
    key = keys.keys.get(kid)
    if key is None:
        return Verdict(Reason.UNKNOWN_KEY)
    if key.realm is not realm:
        return Verdict(Reason.OTHER_REALM)
    if key.withdrawn:
        return Verdict(Reason.WITHDRAWN_KEY)
    if not _within_life(key, claims):
        return Verdict(Reason.KEY_LIFE)
    # 6 and 7: the signature, and only then what it says
    if not message.signed_by(key.key):
        return Verdict(Reason.FORGED)
    content = _content(claims, realm)
    if content is None:
        return Verdict(Reason.CONTENT)
    # 8 to 11: time, revocation, document, challenge
    same_document = (
        None if document is None else binding(content.code_id, document) == content.binding
    )
    answered = None if challenge is None else challenge == content.challenge
    reason = _untimely(content, keys, now)
    if reason is None and _revoked(content, key, keys):
        reason = Reason.REVOKED
    if reason is None and same_document is False:
        reason = Reason.OTHER_DOCUMENT
    if reason is None and answered is False:
        reason = Reason.OTHER_CHALLENGE
    return Verdict(reason, content, same_document, answered)


def _opened(text: str) -> tuple[Sign1, Any, bytes, dict[int | str, Any]]:
    """Return message, algorithm, kid and claims of what follows the prefix, or raise ValueError."""
    message = Sign1.read(strict_base45.read(text), DEPTH)
    algorithm, kid = message.header()
    claims = read(message.payload, DEPTH)
    if not isinstance(claims, dict):
        raise Malformed("no claims")
    return message, algorithm, kid, claims


def _within_life(key: PublicKey, claims: dict[int | str, Any]) -> bool:
    iat, exp = claims.get(IAT), claims.get(EXP)
    if type(iat) is not int or type(exp) is not int:
        return False
    begins, ends = int(key.not_before.timestamp()), int(key.not_after.timestamp())
    return begins <= iat <= ends and begins <= exp <= ends


def _content(claims: dict[int | str, Any], realm: Realm) -> Claims | None:
    """Return the claims if their set, types, lengths and versions are ours."""
    private = claims.get(PRIVATE)
    if claims.keys() != {ISS, EXP, IAT, CTI, PRIVATE} or not isinstance(private, dict):
        return None
    known = {key for key in private if not (isinstance(key, int) and key >= EXTENSION)}
    if known - {CHALLENGE} != {VERSION, STATUS, BINDING, NAME}:
        return None
    name, challenge = private[NAME], private.get(CHALLENGE, 0)
    right = (
        claims[ISS] == realm.value
        and _sized(claims[CTI], CODE_ID_BYTES)
        and _number(private[VERSION], [FORMAT])
        and _number(private[STATUS], STATUSES)
        and _sized(private[BINDING], BINDING_BYTES)
        and _name(name)
        and _number(challenge, range(10**CHALLENGE_DIGITS))
    )
    if not right:
        return None
    return Claims(
        STATUSES[private[STATUS]],
        name,
        datetime.fromtimestamp(claims[IAT], UTC),
        datetime.fromtimestamp(claims[EXP], UTC),
        claims[CTI],
        private[BINDING],
        f"{challenge:0{CHALLENGE_DIGITS}}" if CHALLENGE in known else None,
    )


def _sized(value: Any, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length


def _number(value: Any, among: Container[int]) -> bool:
    # Python takes True for 1; the format does not.
    return type(value) is int and value in among


def _name(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value.encode()) <= NAME_BYTES
        and value.isprintable()
        and unicodedata.is_normalized("NFC", value)
    )


def _untimely(claims: Claims, keys: PublicKeys, now: datetime) -> Reason | None:
    if keys.issued_at is not None and now + CLOCK_TOLERANCE < keys.issued_at:
        return Reason.CLOCK
    if claims.issued_at > now + CLOCK_TOLERANCE:
        return Reason.FROM_FUTURE
    if claims.expires_at < now:
        return Reason.EXPIRED
    if not timedelta(0) < claims.expires_at - claims.issued_at <= LONGEST_LIFE:
        return Reason.LIFE
    return None


def _revoked(claims: Claims, key: PublicKey, keys: PublicKeys) -> bool:
    too_early = key.iat_min is not None and claims.issued_at < key.iat_min
    return too_early or claims.code_id[:REVOKED_BYTES] in keys.revoked
