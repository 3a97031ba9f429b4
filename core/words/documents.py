"""What people call identity documents, as patterns."""

from __future__ import annotations

PASSPORT = "passport|護照|护照"

BNO = r"\bBN\(?O\)?(?!\w)"
"""The passport of British nationals overseas."""

IDENTITY_CARD = "身[份分][證证証]"

OF_THE_MAINLAND = "通行[證证証]|[雙双單单]程[證证証]|回[鄉乡][證证証卡咭]|台胞[證证証]"
"""What the Mainland issues to travellers, in Chinese."""
