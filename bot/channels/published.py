"""What verifiers fetch: the issuer's keys in two forms, and the newest bundle.

As files in the data folder, and under `/.well-known/health-code/` of the web server (RFC 8615), for
pages and programs of any origin.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from aiohttp import web

from core.signing.cose_key import key_set
from core.signing.issuer_keys import PublicKeys

PLACE = "/.well-known/health-code"

JWKS, KEYS, BUNDLE = "jwks.json", "keys.cbor", "bundle.cbor"
TYPES = {
    JWKS: "application/jwk-set+json",  # RFC 7517 §8.5.2
    KEYS: "application/cose-key-set",  # RFC 9052 §11.4.2
    BUNDLE: "application/cose",  # RFC 9052 §11.3.1
}
FILES = {JWKS: "issuer-keys.json", KEYS: KEYS, BUNDLE: BUNDLE}
"""What each is called in the data folder."""

HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=300"}


@dataclass(frozen=True)
class Published:
    """One state of all three, which belong together. `documents`: contents by name."""

    sequence: int
    documents: Mapping[str, bytes]

    @classmethod
    def of(cls, sequence: int, bundle: bytes, opened: PublicKeys) -> Self:
        """Return what is published with a bundle, which says what was `opened`."""
        # In a set of keys the life of the bundle would be nothing but old.
        keys = replace(opened, sequence=None, expires_at=None)
        return cls(sequence, {JWKS: keys.to_json(), KEYS: key_set(keys), BUNDLE: bundle})

    def save(self, folder: Path) -> None:
        """Write the files, each whole or not at all. Raise OSError that names the file."""
        for name, content in self.documents.items():
            file = folder / FILES[name]
            draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
            try:
                draft.write_bytes(content)
                draft.replace(file)
            except OSError as error:
                with suppress(OSError):
                    draft.unlink()
                raise OSError(error.errno, error.strerror, str(file)) from error


def routes(newest: Callable[[], Published]) -> list[web.RouteDef]:
    """Return what the web server serves: the documents of the state that is the newest then."""

    def serve(name: str) -> web.RouteDef:
        async def answer(_: web.Request) -> web.Response:
            body = newest().documents[name]
            return web.Response(body=body, content_type=TYPES[name], headers=HEADERS)

        return web.get(f"{PLACE}/{name}", answer)

    return [serve(name) for name in TYPES]
