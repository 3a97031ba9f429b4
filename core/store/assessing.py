"""Assess a holder by all that the store knows: his visit records, and the authority's lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.address import lives_at, lives_in, stays_at
from core.assessment import assess
from core.days import hong_kong_day, start_of_day
from core.declaration import Declaration
from core.exposure import matches
from core.store.codes import Assessed
from core.store.people import Known
from core.visits import Export

if TYPE_CHECKING:
    from core.store.store import Transaction


async def lives_as_registered(tx: Transaction, known: Known) -> bool:
    """Tell whether the register of tenants has the holder in an estate that his address names."""
    estates = await tx.lists.estates_of(_listed_index(tx, known))
    return lives_in(known.holder.address, estates)


async def assess_holder(
    tx: Transaction, known: Known, export: Export | None, declaration: Declaration, now: datetime
) -> Assessed:
    """Return the assessment of a holder who declared this today; no export: no visits."""
    holder, lists, policy = known.holder, tx.lists, tx.policy
    # First: what is loaded while we read makes the assessment one of an older version.
    version = await lists.version()
    today = hong_kong_day(now)
    since = start_of_day(today - timedelta(days=policy.visits.assess_days))
    visits = export.visits if export is not None else []
    exposures = await lists.exposures_at({visit.place for visit in visits}, since)
    listed = {exposure.place for exposure in exposures}
    exposed = [visit for visit in visits if visit.place in listed] if listed else []
    places = await lists.places_in(holder.district)
    address = stays_at(holder.hotel) if holder.hotel else holder.address
    assessment = assess(
        declaration,
        matches(exposed, exposures, now=now, policy=policy.visits),
        lives_at(address, holder.district, places, today),
        await lists.cases_of(_listed_index(tx, known)),
        today=today,
        windows=policy.windows,
    )
    return Assessed(assessment, declaration, version)


def _listed_index(tx: Transaction, known: Known) -> bytes:
    """Return the blind index by which lists know a holder's document."""
    # The lists name no issuing country: who has the number is asked to be careful.
    return tx.people.document_index(known.holder.document, known.holder.number)
