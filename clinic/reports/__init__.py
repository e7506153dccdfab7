from clinic.reports.trail import Asked, entries, stream
from clinic.reports.trail_words import Change, Line, told

__all__ = ["Asked", "Change", "Line", "entries", "stream", "told"]
