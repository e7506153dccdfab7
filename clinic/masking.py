"""What log lines must not repeat."""

import logging
import re
from typing import Any

# The address is the key: whoever reads it in a log could read the calendar. And who is searched for is a patient, by her name or number.
SECRET = re.compile(r"(/calendar/|[?&](?:q|term|_changelist_filters)=)[^\s\"'?&]+")


class SecretAddresses(logging.Filter):
    """Writes /calendar/… for /calendar/<token>.ics, and ?q=… for what was searched for, in a message and in what is put into it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(masked(value) for value in record.args)
        return True


def masked(value: Any) -> Any:
    return SECRET.sub(r"\1…", value) if isinstance(value, str) else value
