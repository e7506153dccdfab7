"""What aftercare tells its own edge, and the clinic's. Sent inside the transaction that made it happen."""

from django.dispatch import Signal

recalls_wanted = Signal()  # somebody is to be asked back, perhaps at once
patient_exported = Signal()  # patient, by, now: all that is held of her leaves the house
# patient_id, concerns (numbers of those from addresses that only she had), reason, by, now: nothing of hers is written after it
patient_erased = Signal()
