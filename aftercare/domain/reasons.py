"""Why she can't be written to at all, as the ledger says it. What is still to come is told after all once that is mended."""

NO_CONSENT = "no consent for texts or emails"
NO_ADDRESS = "no phone number and no email address"
SAID_STOP = "the number said STOP"
UNREACHABLE = (NO_CONSENT, NO_ADDRESS, SAID_STOP)
