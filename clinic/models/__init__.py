from clinic.models.trail import Entry

__all__ = ["Entry"]
