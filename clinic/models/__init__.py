from clinic.models.second_factor import Phone, RecoveryCodes
from clinic.models.trail import Entry

__all__ = ["Entry", "Phone", "RecoveryCodes"]
