"""Visit records: what a resident's phone knows about where he was, and how it reaches us."""

from core.visits.policy import VisitPolicy
from core.visits.reading import mistaken, read_export
from core.visits.record import Export, Visit, VisitKind

__all__ = ["Export", "Visit", "VisitKind", "VisitPolicy", "mistaken", "read_export"]
