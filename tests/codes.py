"""Codes as they are issued, for tests that look at what becomes of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.colour import Colour
from core.credential import expiry, issue
from core.signing.issuer_keys import IssuerKey


def a_code(key: IssuerKey, at: datetime, **other: Any) -> str:
    """Return the text of a green code that a key has signed at an instant; `other` values of it."""
    values: dict[str, Any] = {
        "name": "C*** T** M**",
        "colour": Colour.GREEN,
        "document": ("0", "A1234563"),
        "issued_at": at,
        "expires_at": expiry(key, at),
        "code_id": bytes(8),
    }
    return issue(key, **{**values, **other})
