"""What came of it: what recalls brought back, and how well sessions, intervals and maintenance are kept."""

from scheduling.reports.outcomes.asked import Asked, Cell, by_location, by_practitioner, total
from scheduling.reports.outcomes.keeping import Kept, kept
from scheduling.reports.outcomes.winning import Brought, Won, brought

__all__ = ["Asked", "Brought", "Cell", "Kept", "Won", "brought", "by_location", "by_practitioner", "kept", "total"]
