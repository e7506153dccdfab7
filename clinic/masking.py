"""What log lines must not repeat."""

import logging
import re
from typing import Any

# Who is searched for is a patient, by her name or number. Where somebody must sign in first, the page that was asked for stands in
# another one's address, percent-encoded, as often as that happens. All up to the address's end: an address in a path is decoded.
BEGINS = r"(?:[?&]|%(?:25)*(?:3f|26))"
EQUALS = r"(?:=|%(?:25)*3d)"
SEARCHED = rf"({BEGINS}(?:q|term|_changelist_filters|phone){EQUALS})[^&\"\r\n]+?(?=\s+HTTP/|[&\"\r\n]|$)"
# The address is the key: whoever reads it in a log could read the calendar, or end a patient's emails.
KEYS = r"(/(?:calendar|emails)/)[^\s\"'?&]+"
SECRETS = (re.compile(SEARCHED, re.IGNORECASE), re.compile(KEYS))


class SecretAddresses(logging.Filter):
    """Writes /calendar/… for /calendar/<token>.ics, /emails/… likewise, and ?q=… for what was searched for, in a message and in what is put
    into it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(masked(value) for value in record.args)
        return True


def masked(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for secret in SECRETS:
        value = secret.sub(r"\1…", value)
    return value
