"""Where a message stands."""

from enum import StrEnum


class MessageStatus(StrEnum):
    SCHEDULED = "scheduled"
    SENDING = "sending"  # claimed under a lease
    ACCEPTED = "accepted"  # the provider has it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNCONFIRMED = "unconfirmed"
    UNCERTAIN = "uncertain"  # it may have gone out: look before sending again
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"  # the address said stop
    EXPIRED = "expired"
    FAILED = "failed"  # nobody tries it again: refused for good, or in doubt for too long


# What a status says, one name for each question that is asked of it. Lookups take the members as they are.

# It may yet go out, or go out once more: taking it back is of use.
NOT_OVER = frozenset({MessageStatus.SCHEDULED, MessageStatus.SENDING, MessageStatus.UNCERTAIN})
# Nothing of it goes out any more, and as far as we know nothing has: it takes up no room, and says nothing to anybody.
CAME_TO_NOTHING = frozenset({MessageStatus.CANCELLED, MessageStatus.SUPPRESSED, MessageStatus.EXPIRED, MessageStatus.FAILED})
# It left us, or may have; whether it arrived or not.
WENT_OUT = frozenset(MessageStatus) - CAME_TO_NOTHING - {MessageStatus.SCHEDULED}
# It is there, is on its way, or may be: to say it again may be to say it twice.
MAY_HAVE_ARRIVED = WENT_OUT - {MessageStatus.UNDELIVERED}
# The provider has it, and nobody has said that it didn't arrive: that is as much as is known of most texts.
TAKEN = MAY_HAVE_ARRIVED - NOT_OVER
# Nobody called it back, and yet it didn't reach anybody and won't.
IN_VAIN = CAME_TO_NOTHING - {MessageStatus.CANCELLED} | {MessageStatus.UNDELIVERED}
# Somebody should look: it didn't arrive, or may not have. Who said stop wants it so.
WENT_WRONG = IN_VAIN - {MessageStatus.SUPPRESSED} | {MessageStatus.UNCERTAIN}
# It was settled whether such an address takes messages: by a provider's last word.
SETTLED = frozenset({MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.FAILED})


class Verdict(StrEnum):
    """What a try to send came to."""

    ACCEPTED = "accepted"
    REFUSED_FOR_NOW = "refused for now"  # certain not to have been taken
    REFUSED_FOR_GOOD = "refused for good"
    OPTED_OUT = "opted out"
    UNCERTAIN = "uncertain"


class Meaning(StrEnum):
    """What a reply asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WORDS = "words"  # for somebody to read
