"""Other countries' certificates, and what else stands in QR codes."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import base45

from core.credential import Reason
from tests.core.forge import ALG, KID, dumps, signature, wrap
from tests.core.forgeries.kinds import LIVE, STRANGER, Chance, drafted, foreign, recoded


def eu_certificate(chance: Chance) -> bytes:
    """Return a COSE_Sign1 in the form of the EU's Digital COVID Certificate, version 1.3."""
    day = f"2021-{chance.randrange(6, 12):02}-{chance.randrange(1, 29):02}"
    vaccination = {
        "tg": "840539006",
        "vp": "1119349007",
        "mp": "EU/1/20/1528",
        "ma": "ORG-100030215",
        "dn": 2,
        "sd": 2,
        "dt": day,
        "co": "DE",
        "is": "Robert Koch-Institut",
        "ci": f"URN:UVCI:01DE/{chance.randrange(16**10):010X}#S",
    }
    certificate = {
        "v": [vaccination],
        "dob": "1964-08-12",
        "nam": {"fn": "Mustermann", "fnt": "MUSTERMANN", "gn": "Erika", "gnt": "ERIKA"},
        "ver": "1.3.0",
    }
    claims = {1: "DE", 4: 1670000000, 6: 1638300000, -260: {1: certificate}}
    protected, payload = dumps({ALG: -7, KID: STRANGER.kid}), dumps(claims)
    return wrap(protected, payload, signature(STRANGER.private, protected, payload))


foreign(
    "an EU certificate",
    lambda chance: "HC1:" + base45.b45encode(zlib.compress(eu_certificate(chance), 9)).decode(),
)
recoded(
    "an EU certificate's COSE as ours", Reason.TOO_LONG, lambda _, chance: eu_certificate(chance)
)
recoded(
    "a compressed certificate as ours",
    Reason.MALFORMED,
    lambda _, chance: zlib.compress(chance.randbytes(60) + b"DE" * 99, 9),
)
drafted(
    "a certificate's claims",
    Reason.CONTENT,
    lambda draft, chance: draft.claims.update({-260: {1: {"ver": "1.3.0"}}}),
)


def b64(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jws(header: dict[str, Any], payload: bytes, chance: Chance) -> str:
    """Return a compact JSON Web Signature."""
    return ".".join(map(b64, (json.dumps(header).encode(), payload, chance.randbytes(64))))


def smart_health_card(chance: Chance) -> str:
    """Return a text in the form of a SMART Health Card."""
    deflate = zlib.compressobj(9, wbits=-15)
    payload = deflate.compress(b'{"iss":"https://x.example","vc":{}}') + deflate.flush()
    token = jws({"zip": "DEF", "alg": "ES256", "kid": b64(LIVE.kid)}, payload, chance)
    return "shc:/" + "".join(f"{ord(letter) - 45:02}" for letter in token)


def code_jwt(chance: Chance) -> str:
    """Return our claims as a JSON Web Token."""
    claims = {"iss": "HK", "exp": 1639151999, "iat": 1639108800, "status": 1}
    return jws({"alg": "ES256", "kid": b64(LIVE.kid)}, json.dumps(claims).encode(), chance)


foreign("a SMART Health Card", smart_health_card)
foreign("a web token", code_jwt)
foreign(
    "a New Zealand pass",
    lambda chance: "NZCP:/1/" + base64.b32encode(chance.randbytes(230)).decode().rstrip("="),
)
foreign(
    "a seal of the ICAO",
    lambda chance: json.dumps(
        {"data": {"hdr": {"is": "AUS", "t": "icao.vacc", "v": 1}}, "sig": {"alg": "ES256"}}
    )[: 120 + chance.randrange(9)],
)
foreign(
    "a venue's code",
    lambda chance: "HKEN:0gxr8l5A6" + base64.b64encode(chance.randbytes(120)).decode(),
)
foreign(
    "a vaccination record",
    lambda chance: f"HKSARG|VAC|{chance.randrange(10**7):07}|{b64(chance.randbytes(90))}",
)
foreign("a web address", lambda chance: f"HTTPS://EXAMPLE.COM/HK1:{chance.randrange(10**9)}")
foreign("a Wi-Fi", lambda chance: f"WIFI:T:WPA;S:HK1;P:{b64(chance.randbytes(9))};;")
foreign("a payment", lambda chance: f"00020101021126{chance.randrange(10**40):040}6304ABCD")
foreign("a number", lambda chance: str(chance.randrange(10**12)))
foreign("a colour", lambda chance: chance.choice(("GREEN", "綠碼", "绿码 GREEN", "HK", "HK1", "")))
foreign("a long text", lambda chance: "A" * chance.randrange(401, 3000))
