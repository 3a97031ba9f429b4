"""Visit records: what a resident's phone knows about where he was, and how it reaches us."""

from core.visits.policy import VisitPolicy
from core.visits.reading import ENDINGS, Reading, mistaken, read_export, read_exports
from core.visits.record import Export, Visit, VisitKind

__all__ = [
    "ENDINGS",
    "Export",
    "Reading",
    "Visit",
    "VisitKind",
    "VisitPolicy",
    "mistaken",
    "read_export",
    "read_exports",
]
