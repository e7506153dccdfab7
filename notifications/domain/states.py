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
    FAILED = "failed"


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
