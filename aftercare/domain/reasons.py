"""Why something isn't told, as the ledger says it. Of what can't go out at all, that which is still to come is told once that is mended."""

NO_CONSENT = "no consent for texts or emails"
NO_ADDRESS = "no phone number and no email address"
SAID_STOP = "the number said STOP"
UNREACHABLE = (NO_CONSENT, NO_ADDRESS, SAID_STOP)
NO_CONSENT_FOR_EMAILS = "not by email either: no consent for emails"
NO_EMAIL_ADDRESS = "not by email either: no email address"
NOT_BY_EMAIL_EITHER = (NO_CONSENT_FOR_EMAILS, NO_EMAIL_ADDRESS)
ALREADY_TOLD = "told before, and not again"
IN_THE_ANSWER = "the answer to the patient's text says it"
