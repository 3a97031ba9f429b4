"""The app's signature under an export."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature

from core.answer import Invalid
from core.visits.policy import VisitPolicy
from core.visits.written import Written


def check_signature(written: Written, policy: VisitPolicy) -> None:
    """Raise Invalid `unsigned` or `forged` where the policy asks for a signature."""
    if not policy.signing_key:
        return
    if not written.signature:
        raise Invalid("unsigned")
    try:
        signature = base64.b64decode(written.signature, validate=True)
        policy.public_key().verify(signature, written.signed())
    except (InvalidSignature, ValueError, RecursionError) as error:
        raise Invalid("forged") from error
