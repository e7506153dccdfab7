from clinic.models.operating import Heartbeat, Tally
from clinic.models.second_factor import Phone, RecoveryCodes
from clinic.models.trail import Entry

__all__ = ["Entry", "Heartbeat", "Phone", "RecoveryCodes", "Tally"]
