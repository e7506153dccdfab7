"""What is counted: added where it happens, summed up now and then."""

from django.db import connection

BOUNDS = (1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400)  # of lateness, in seconds, as the fourth migration has them

# A row that somebody else is summing up is in that sum. Sums that were summed up before are rows like any other.
SUM_UP = """
WITH summed AS (
    DELETE FROM clinic_tally WHERE id = ANY (SELECT id FROM clinic_tally FOR UPDATE SKIP LOCKED) RETURNING metric, channel, label, number
)
INSERT INTO clinic_tally (metric, channel, label, number)
SELECT metric, channel, label, sum(number) FROM summed GROUP BY metric, channel, label
"""

Totals = dict[str, dict[tuple[str, str], int]]


def count(metric: str, label: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO clinic_tally (metric, channel, label, number) VALUES (%s, '', left(%s, 40), 1)", [metric, label])


def totals() -> Totals:
    """Metric → (channel, label) → how much of it."""
    found: Totals = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT metric, channel, label, sum(number)::bigint FROM clinic_tally GROUP BY metric, channel, label")
        for metric, channel, label, number in cursor.fetchall():
            found.setdefault(metric, {})[channel, label] = number
    return found


def sum_up() -> None:
    """One row for what were many. Any number of processes may do so at once."""
    with connection.cursor() as cursor:
        cursor.execute(SUM_UP)
