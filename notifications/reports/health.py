"""What should have gone by now, and hasn't."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

# What waits on purpose has a `send_at` yet to come: for the end of the quiet hours, for its turn, for tomorrow. So has what the provider
# refused for now, by an hour at most; but that could have gone when it was first tried. So could what is in doubt, for as long as the
# provider can't be asked either. Both are found by indexes that hold little else.
BACKLOG = """
WITH due AS (
    SELECT count(*) AS number, min(send_at) AS since FROM notifications_message WHERE status = 'scheduled' AND send_at <= {now}
), in_vain AS (
    SELECT id, error_code FROM notifications_message
     WHERE status = 'scheduled' AND attempts > 0 AND send_at > {now} AND send_at <= {now} + interval '1 hour'
       AND starts_with(reason, 'to be tried again')
     UNION ALL
    SELECT id, error_code FROM notifications_message WHERE status IN ('sending', 'uncertain') AND lookups = 0
), tried AS (
    SELECT count(*) AS number, min(since) AS since, mode() WITHIN GROUP (ORDER BY nullif(error_code, '')) AS error_code
      FROM in_vain, LATERAL (SELECT min(started_at) AS since FROM notifications_attempt WHERE message_id = in_vain.id) AS first
)
SELECT due.number, extract(epoch FROM {now} - due.since)::float, tried.number, extract(epoch FROM {now} - tried.since)::float,
       coalesce(tried.error_code, '')
  FROM due, tried
""".format(now="coalesce(%(now)s::timestamptz, now())")  # nosec B608 # our own words


class Backlog(NamedTuple):
    """Ages are in seconds; None where there is nothing."""

    due: int  # nobody has taken them yet
    due_for: float | None  # the one that has waited longest
    tried: int  # the provider refuses them for now, or nobody knows, or they are under way
    tried_for: float | None  # since the first try of the one that was tried first
    error_code: str  # what most of those were refused with

    @property
    def oldest(self) -> float:
        """How many seconds ago the oldest message that still has to go should have gone; 0 where none has to."""
        return max(self.due_for or 0, self.tried_for or 0)


def backlog(now: datetime | None = None) -> Backlog:
    """On the database's clock, unless `now` is given."""
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG, {"now": now})
        return Backlog(*cursor.fetchone())
