"""Codes to try a verifier with: what is expected is known from how each is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import cbor2

from core.colour import Colour
from core.credential import Reason
from core.signing.issuer_keys import IssuerKey
from docs.vector_keys import (
    BUNDLE,
    COMING,
    DAY,
    FIRST,
    MENDED,
    MINUTE,
    PUBLISHED,
    REVOKED,
    SECOND,
    SECOND_KEY,
    STRANGER,
    WITHDRAWN,
    Vector,
)
from tests.core.forge import (
    ALG,
    CHALLENGE,
    CODE_ID,
    COLOURS,
    CTI,
    DOCUMENT,
    EXP,
    IAT,
    ISS,
    ISSUED,
    KID,
    NAME,
    PRIVATE,
    STATUS,
    VERSION,
    Draft,
    dumps,
    ordered,
    written,
)
from tests.core.forgeries.kinds import flip, other_s


def code(
    name: str,
    shown: Draft | str,
    reason: Reason | None = None,
    *,
    now: datetime = ISSUED + 3 * MINUTE,
    genuine: Draft | None = None,
    document: tuple[str, str] | None = None,
    challenge: str | None = None,
    binding: bool | None = None,
    answered: bool | None = None,
) -> Vector:
    """Describe one code. `genuine`: the draft that a verifier must have understood, if any."""
    understood = shown if reason is None and isinstance(shown, Draft) else genuine
    said: dict[str, Any] = {"reason": None if reason is None else reason.value}
    if understood is not None:
        said["colour"] = COLOURS[understood.private[STATUS]].value
        said["name"] = understood.private[NAME]
    given = {"document": document, "challenge": challenge}
    said |= _there({"binding": binding, "challenge": answered})
    text = shown.text if isinstance(shown, Draft) else shown
    vector: Vector = {"name": name, "text": text, "now": int(now.timestamp())}
    return {**vector, **_there(given), "expect": said}


def _there(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def draft(signer: IssuerKey = FIRST, **changes: Any) -> Draft:
    """Draft a code that is good."""
    return Draft.genuine(signer, **changes)


def changed(
    change: Callable[[Draft], object],
    *,
    after: bool = False,
    signer: IssuerKey = FIRST,
    **made: Any,
) -> Draft:
    """Draft a code and change it, before it is signed or after."""
    one = draft(signer, **made)
    if after:
        one.sign()
    change(one)
    return one


def codes() -> Iterator[Vector]:
    """Make the codes, in the order of the checks."""
    yield from good_codes()
    yield from texts()
    yield from forms()
    yield from keys_and_signatures()
    yield from contents()
    yield from moments()
    yield from documents()


def good_codes() -> Iterator[Vector]:
    """Make what must be accepted, though not all of it is green."""
    for colour in Colour:
        yield code(f"a {colour.value} code", draft(colour=colour))
    yield code("a Chinese name", draft(name="陳*文"))
    yield code("a name of 24 bytes", draft(name="陳" * 8))
    yield code("a name of one letter", draft(name="Ó"))
    yield code("another key of the same issuer", draft(SECOND_KEY))
    live = draft(challenge=42)
    yield code(
        "a live code", live, challenge="0042", document=DOCUMENT, binding=True, answered=True
    )
    yield code("a live code, and nobody asked", live)
    yield code("the holder's document", draft(), document=DOCUMENT, binding=True)
    passport = ("3", "K12345678")
    yield code("the holder's passport", draft(document=passport), document=passport, binding=True)
    extended = changed(lambda one: one.private.update({32: 1, 2**32: {"x": [True, None]}}))
    yield code("extensions that a verifier passes over", extended)
    malleable = draft()
    malleable.parts["signature"] = other_s(malleable.signature)
    yield code("the other s of the signature", malleable)
    yield code("the last moment of its life", draft(), now=draft().expires_at)
    yield code("two minutes before its issue", draft(), now=ISSUED - 2 * MINUTE)
    whole = draft(issued_at=ISSUED, expires_at=ISSUED + DAY)
    yield code("a life of 24 hours", whole)
    yield code("issued when its key was mended", draft(MENDED, issued_at=ISSUED))


def texts() -> Iterator[Vector]:
    """Make texts that are no codes."""
    text, rest = draft().text, draft().text[4:]
    yield code("nothing", "", Reason.NOT_A_CODE)
    yield code("a web address", "HTTPS://EXAMPLE.COM/HKT:", Reason.NOT_A_CODE)
    yield code("another country's certificate", "HC1:" + rest, Reason.NOT_A_CODE)
    yield code("a long certificate of another country", "HC1:" + rest * 2, Reason.NOT_A_CODE)
    yield code("a prefix in small letters", "hkt:" + rest, Reason.NOT_A_CODE)
    yield code("a space before the prefix", " " + text, Reason.NOT_A_CODE)
    yield code("401 characters", text + "0" * (401 - len(text)), Reason.TOO_LONG)
    yield code("400 characters", text + "0" * (400 - len(text)), Reason.MALFORMED)
    yield code("a realm of which no key is held", "HK1:" + rest, Reason.OTHER_REALM)
    yield code("the prefix alone", "HKT:", Reason.MALFORMED)
    yield code("small letters", "HKT:" + rest.lower(), Reason.MALFORMED)
    yield code("a line end after it", text + "\n", Reason.MALFORMED)
    yield code("the last character missing", text[:-1], Reason.MALFORMED)
    yield code("a group above 65,535", "HKT::::" + rest[3:], Reason.MALFORMED)
    yield code("a full-width letter", text[:9] + "Ａ" + text[10:], Reason.MALFORMED)


def forms() -> Iterator[Vector]:
    """Make messages of another form, all signed by a good key."""
    one = draft()

    def framed(name: str, item: Any) -> Vector:
        return code(name, written(dumps(item), "HKT:"), Reason.MALFORMED)

    def changed_to(name: str, **parts: bytes) -> Vector:
        return code(name, changed(lambda made: made.parts.update(parts)), Reason.MALFORMED)

    items = [one.protected, {}, one.payload, one.signature]
    message, payload, issued = one.message, one.payload, one.claims[IAT].to_bytes(4, "big")
    yield framed("no tag", items)
    yield framed("tag 61 around it", cbor2.CBORTag(61, cbor2.CBORTag(18, items)))
    yield framed("a COSE_Sign", cbor2.CBORTag(98, items))
    yield framed("five items", cbor2.CBORTag(18, [*items, b""]))
    yield framed("a payload that is elsewhere", cbor2.CBORTag(18, [*items[:2], None, items[3]]))
    yield framed(
        "a kid that is not signed", cbor2.CBORTag(18, [items[0], {4: FIRST.kid}, *items[2:]])
    )
    yield code("a byte after the item", written(message + b"\0", "HKT:"), Reason.MALFORMED)
    yield code("a byte missing", written(message[:-1], "HKT:"), Reason.MALFORMED)
    long = b"\xd8\x12" + message[1:]
    yield code("a tag in two bytes", written(long, "HKT:"), Reason.MALFORMED)
    yield changed_to("an empty header", protected=b"\xa0")
    yield changed_to("no algorithm", protected=dumps({KID: FIRST.kid}))
    yield changed_to("no kid", protected=dumps({ALG: -7}))
    yield changed_to("a kid of 7 bytes", protected=dumps({ALG: -7, KID: FIRST.kid[:7]}))
    yield changed_to("a critical header", protected=dumps({ALG: -7, 2: [1], KID: FIRST.kid}))
    twice = ordered((ALG, -7), (ALG, -35), (KID, FIRST.kid))
    yield changed_to("the algorithm twice", protected=twice)
    backwards = ordered((KID, FIRST.kid), (ALG, -7))
    yield changed_to("the header in another order", protected=backwards)
    wide = payload.replace(b"\x1a" + issued, b"\x1b" + bytes(4) + issued)
    yield changed_to("a time in eight bytes", payload=wide)
    yield changed_to("a map without a length", payload=b"\xbf" + payload[1:] + b"\xff")
    doubled = ordered(*((name, one.claims[name]) for name in (ISS, EXP, EXP, IAT, CTI, PRIVATE)))
    yield changed_to("a claim twice", payload=doubled)
    yield changed_to("a time with a fraction", payload=dumps({**one.claims, IAT: 1.5}))
    yield changed_to(
        "a text that is not UTF-8", payload=payload.replace(b"\x62HT", b"\x62\xc3\x28")
    )
    deep = {**one.claims, PRIVATE: {**one.private, 32: [[[0]]]}}
    yield changed_to("nested five deep", payload=dumps(deep))
    dated = payload.replace(b"\x06\x1a" + issued, b"\x06\xc1\x1a" + issued)
    yield changed_to("a time under a tag", payload=dated)
    tagged = {**one.claims, PRIVATE: {**one.private, 32: cbor2.CBORTag(2, b"\1")}}
    yield changed_to("a tag in an extension", payload=dumps(tagged))
    yield changed_to("claims in a list", payload=dumps([one.claims]))


def keys_and_signatures() -> Iterator[Vector]:
    """Make codes whose algorithm, key or signature is wrong."""

    def under(signer: IssuerKey, name: IssuerKey) -> Draft:
        return changed(lambda one: one.header.update({KID: name.kid}), signer=signer)

    def algorithm(number: Any) -> Draft:
        return changed(lambda one: one.header.update({ALG: number}))

    def signed(raw: bytes) -> Draft:
        return changed(lambda one: one.parts.update(signature=raw))

    for called, number in (("ES384", -35), ("EdDSA", -8), ("HS256", 5), ("ESP256", -9)):
        yield code(f"the algorithm {called}", algorithm(number), Reason.ALGORITHM)
    yield code("the algorithm «none»", algorithm("none"), Reason.ALGORITHM)
    yield code("the algorithm null, no signature", unsigned(), Reason.ALGORITHM)
    yield code("a key that is not known", draft(STRANGER), Reason.UNKNOWN_KEY)
    yield code("a key that signs bundles", draft(BUNDLE), Reason.UNKNOWN_KEY)
    yield code("a withdrawn key", draft(WITHDRAWN), Reason.WITHDRAWN_KEY)
    yield code("a forgery under a withdrawn key", under(STRANGER, WITHDRAWN), Reason.WITHDRAWN_KEY)
    yield code("before the life of its key", draft(COMING), Reason.KEY_LIFE)
    ends = {EXP: int((FIRST.not_after + SECOND).timestamp())}
    yield code(
        "after the life of its key", changed(lambda one: one.claims.update(ends)), Reason.KEY_LIFE
    )
    yield code("no end", changed(lambda one: one.claims.pop(EXP)), Reason.KEY_LIFE)
    truth = changed(lambda one: one.claims.update({IAT: True}))
    yield code("a time that is none", truth, Reason.KEY_LIFE)
    yield code("a stranger under a good name", under(STRANGER, FIRST), Reason.FORGED)
    yield code("one key under another's name", under(SECOND_KEY, FIRST), Reason.FORGED)
    yield code("a signature of noughts", signed(bytes(64)), Reason.FORGED)
    yield code("a signature of 63 bytes", signed(draft().signature[:63]), Reason.FORGED)
    yield code("no signature", signed(b""), Reason.FORGED)
    yield code("a bit of the signature", signed(flip(draft().signature, 40, 3)), Reason.FORGED)
    green = changed(lambda one: one.private.update({STATUS: 1}), after=True, colour=Colour.RED)
    yield code("a red code painted green", green, Reason.FORGED)
    longer = {EXP: draft().claims[EXP] + 86_400}
    late = changed(lambda one: one.claims.update(longer), after=True)
    yield code("a day longer", late, Reason.FORGED)


def unsigned() -> Draft:
    """Draft a code that says it needs no signature."""

    def change(one: Draft) -> None:
        one.header[ALG] = None
        one.parts["signature"] = b""

    return changed(change)


def contents() -> Iterator[Vector]:
    """Make content that no issuer may sign, signed all the same."""

    def claimed(name: str, change: dict[Any, Any]) -> Vector:
        return code(name, changed(lambda one: one.claims.update(change)), Reason.CONTENT)

    def stated(name: str, change: dict[Any, Any]) -> Vector:
        return code(name, changed(lambda one: one.private.update(change)), Reason.CONTENT)

    yield claimed("another issuer", {ISS: "HK"})
    yield claimed("a subject", {2: "somebody"})
    yield claimed("an id of 7 bytes", {CTI: CODE_ID[:7]})
    yield code("no id", changed(lambda one: one.claims.pop(CTI)), Reason.CONTENT)
    yield claimed("a private map that is none", {PRIVATE: 1})
    yield stated("a version to come", {VERSION: 2})
    yield stated("true for a version", {VERSION: True})
    yield stated("a fourth colour", {STATUS: 4})
    yield stated("a binding of 3 bytes", {2: bytes(3)})
    yield stated("an empty name", {NAME: ""})
    yield stated("a name of 25 bytes", {NAME: "x" * 25})
    yield stated("a name with a control character", {NAME: "\x1b[2J"})
    yield stated("a name that is written backwards", {NAME: "A\u202eB"})
    yield stated("a name that is not in NFC", {NAME: "O\u0301"})
    yield stated("a challenge of five digits", {CHALLENGE: 10_000})
    yield stated("a member that must be understood", {5: 0})
    yield stated("a member with a name in letters", {"x": 0})


def moments() -> Iterator[Vector]:
    """Make genuine codes at the wrong moment."""
    one = draft()
    slow = PUBLISHED - 2 * MINUTE - SECOND
    yield code("a clock that is slow", one, Reason.CLOCK, now=slow, genuine=one)
    early = ISSUED - 2 * MINUTE - SECOND
    yield code("two minutes and a second early", one, Reason.FROM_FUTURE, now=early, genuine=one)
    over = one.expires_at + SECOND
    yield code("a second too late", one, Reason.EXPIRED, now=over, genuine=one)
    yield code("yesterday's", one, Reason.EXPIRED, now=ISSUED + DAY, genuine=one)
    long = draft(expires_at=ISSUED + DAY + SECOND)
    yield code("a second longer than 24 hours", long, Reason.LIFE, genuine=long)
    none = draft(expires_at=ISSUED)
    yield code("a life of no time", none, Reason.LIFE, now=ISSUED, genuine=none)
    withdrawn = draft(code_id=REVOKED[0] + b"\1\2\3\4")
    yield code("revoked", withdrawn, Reason.REVOKED, genuine=withdrawn)
    before = draft(MENDED, issued_at=ISSUED - SECOND)
    yield code("issued before its key was mended", before, Reason.REVOKED, genuine=before)
    late = withdrawn.expires_at + SECOND
    yield code("revoked, and over", withdrawn, Reason.EXPIRED, now=late, genuine=withdrawn)


def documents() -> Iterator[Vector]:
    """Make genuine codes in the wrong hands."""
    one, live = draft(), draft(challenge=1234)

    def shown(name: str, which: Draft, reason: Reason, **given: Any) -> Vector:
        return code(name, which, reason, genuine=which, **given)

    refused = Reason.OTHER_DOCUMENT
    other = ("0", "A1234571")
    yield shown("another document", one, refused, document=other, binding=False)
    passport = ("3", DOCUMENT[1])
    yield shown("another kind of document", one, refused, document=passport, binding=False)
    old = Reason.EXPIRED
    over = one.expires_at + SECOND
    yield shown("its document, too late", one, old, now=over, document=DOCUMENT, binding=True)
    refused = Reason.OTHER_CHALLENGE
    yield shown("no live code", one, refused, challenge="1234", answered=False)
    yield shown("other digits", live, refused, challenge="1235", answered=False)
