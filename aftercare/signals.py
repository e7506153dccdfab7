"""What aftercare tells its own edge. Sent inside the transaction that made it happen."""

from django.dispatch import Signal

recalls_wanted = Signal()  # somebody is to be asked back, perhaps at once
