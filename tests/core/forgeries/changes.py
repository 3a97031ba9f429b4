"""A genuine code, changed after it was signed: one bit, a claim, the signature."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384

from core.credential import Reason
from tests.core.forge import (
    BINDING,
    CHALLENGE,
    CTI,
    EXP,
    IAT,
    KID,
    NAME,
    ORDER,
    STATUS,
    Draft,
    pair,
)
from tests.core.forgeries.kinds import altered, flip, flipped, honest, recoded

altered(
    "a bit of the signature",
    Reason.FORGED,
    lambda draft, chance: draft.parts.update(signature=flipped(draft.signature, chance)),
)
altered(
    "a bit of the kid",
    Reason.UNKNOWN_KEY,
    lambda draft, chance: draft.header.update({KID: flipped(draft.signer.kid, chance)}),
)
altered(
    "a bit of the algorithm",
    Reason.ALGORITHM,
    lambda draft, chance: draft.parts.update(
        protected=flip(draft.protected, 2, chance.randrange(6))
    ),
)
altered(
    "a bit of the header's form",
    Reason.MALFORMED,
    lambda draft, chance: draft.parts.update(
        protected=flip(draft.protected, chance.choice((0, 1, 3, 4)), chance.randrange(8))
    ),
)
altered(
    "a bit of the payload's form",
    Reason.MALFORMED,
    lambda draft, chance: draft.parts.update(payload=flip(draft.payload, 0, chance.randrange(8))),
)
altered(
    "a bit of the code's id",
    Reason.FORGED,
    lambda draft, chance: draft.claims.update({CTI: flipped(draft.claims[CTI], chance)}),
)
altered(
    "a bit of the binding",
    Reason.FORGED,
    lambda draft, chance: draft.private.update({BINDING: flipped(draft.private[BINDING], chance)}),
)
altered(
    "a bit of the colour",
    Reason.FORGED,
    lambda draft, chance: draft.private.update(
        {STATUS: draft.private[STATUS] ^ 1 << chance.randrange(4)}
    ),
)
for claim, called in ((IAT, "issue"), (EXP, "end")):
    altered(
        f"a low bit of the {called}",
        Reason.FORGED,
        lambda draft, chance, claim=claim: draft.claims.update(  # type: ignore[misc]
            {claim: draft.claims[claim] ^ 1 << chance.randrange(18)}
        ),
    )
    altered(
        f"a high bit of the {called}",
        Reason.KEY_LIFE,
        lambda draft, chance, claim=claim: draft.claims.update(  # type: ignore[misc]
            {claim: draft.claims[claim] ^ 1 << chance.randrange(25, 31)}
        ),
    )
recoded(
    "a bit of the frame",
    Reason.MALFORMED,
    lambda data, chance: flip(data, chance.randrange(2), chance.randrange(8)),
)


altered(
    "a red code made green",
    Reason.FORGED,
    lambda draft, chance: draft.private.update({STATUS: draft.private[STATUS] % 3 + 1}),
)
altered(
    "another name",
    Reason.FORGED,
    lambda draft, chance: draft.private.update({NAME: "X*** " + draft.private[NAME][:8]}),
)
altered(
    "a day longer",
    Reason.FORGED,
    lambda draft, chance: draft.claims.update({EXP: draft.claims[EXP] + 86_400}),
)
altered(
    "issued anew",
    Reason.FORGED,
    lambda draft, chance: draft.claims.update({IAT: draft.claims[IAT] + 60}),
)
altered(
    "a challenge put in, or taken out",
    Reason.FORGED,
    lambda draft, chance: (
        draft.private.update({CHALLENGE: chance.randrange(10_000)})
        if CHALLENGE not in draft.private
        else draft.private.pop(CHALLENGE)
    ),
)
altered(
    "the signature of another code",
    Reason.FORGED,
    lambda draft, chance: draft.parts.update(signature=honest(chance)[0].signature),
)
altered(
    "a signature of noughts",
    Reason.FORGED,
    lambda draft, chance: draft.parts.update(signature=bytes(64)),
)
altered(
    "a signature of numbers that are none",
    Reason.FORGED,
    lambda draft, chance: draft.parts.update(
        signature=chance.choice(
            (
                pair(ORDER, ORDER),
                pair(0, 1 + chance.randrange(ORDER - 1)),
                pair(1 + chance.randrange(ORDER - 1), 0),
                pair(2**256 - 1, 2**256 - 1),
                draft.signature[32:] + draft.signature[:32],
                draft.signature[::-1],
            )
        )
    ),
)
altered(
    "a signature of another length",
    Reason.FORGED,
    lambda draft, chance: draft.parts.update(
        signature=chance.choice(
            (
                b"",
                draft.signature[: chance.randrange(1, 64)],
                b"\0" + draft.signature,
                draft.signature + b"\0",
                draft.signature[:32] + b"\0" + draft.signature[32:],
                _der(draft),
            )
        )
    ),
)


def _der(draft: Draft) -> bytes:
    return draft.signer.private.sign(draft.payload, ec.ECDSA(SHA384(), deterministic_signing=True))
