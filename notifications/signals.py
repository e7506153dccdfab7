"""What notifications tell the other apps. Sent inside the transaction that made it happen."""

from django.dispatch import Signal

messages_due = Signal()  # something was scheduled that is due at once
message_failed = Signal()  # message_id, reference, code, now: no more tries, or the provider couldn't deliver it
address_opted_out = Signal()  # channel, address, source, now: nothing more goes there
address_opted_in = Signal()  # channel, address, source, now: she asked for messages again
reply_received = Signal()  # reply, is_settled (a STOP or START and nothing else: nobody needs to read it), now
