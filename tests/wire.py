"""What goes over the wire to PostgreSQL, as libpq itself writes it down."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg.pq import Trace

READY = re.compile(r"^B\t\d+\tReadyForQuery\t.*\n", re.MULTILINE)


@contextmanager
def round_trips() -> Iterator[list[str]]:
    """Filled at the end: all that was sent and answered, an entry a round trip. Django's own list of queries knows only statements."""
    connection.ensure_connection()
    trips: list[str] = []
    with tempfile.TemporaryFile("w+") as log:
        pgconn = connection.connection.pgconn
        pgconn.trace(log.fileno())
        pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield trips
        finally:
            pgconn.untrace()
        log.seek(0)
        trips += READY.split(log.read())[:-1]
