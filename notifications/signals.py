"""What notifications tell the other apps. Sent inside the transaction that made it happen."""

from django.dispatch import Signal

messages_due = Signal()  # something was scheduled that is due at once
message_failed = Signal()  # message_id, reference, reason: no more tries
address_opted_out = Signal()  # channel, address
