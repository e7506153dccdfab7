"""The claim of a hundred, by how many are scheduled: three databases in turn, so that a busy minute is everybody's. And a scrape."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from tests.bench.databases import database, using, without
from tests.bench.figures import Figure, say
from tests.bench.sizes import Sizes

BATCH = 100
SCRAPES = 20
DAYS_AHEAD = 183
NAMES = {10_000: "10k", 1_000_000: "1m", 10_000_000: "10m"}

# As the outbox of a chain of clinics is: thirty texts a plan. Among the last that were planned, every tenth is due.
FILL = """
INSERT INTO notifications_message (
       dedupe_key, reference, is_urgent, pause_key, channel, address, address_hash, subject, body, html, from_name, unsubscribe_url,
       due_at, send_at, expires_at, quiet_from, quiet_until, time_zone, status, reason, attempts, lookups, provider_id, error_code,
       created_at)
SELECT 'plan-' || plan || '-' || number %% 30, 'patient-' || plan, false, 'routine-of-patient-' || plan, 'sms',
       '+1' || 200 + plan / 100 %% 800 || '55501' || lpad((plan %% 100)::text, 2, '0'), md5(plan::text) || md5((plan + 1)::text), '',
       'Maple Street Clinic: time for your hyaluronic acid serum. Clean hands, a thin layer. Reply STOP to opt out.', '', '', '',
       at, at, at + interval '2 hours', NULL, NULL, 'America/New_York', 'scheduled', '', 0, 0, '', '', now()
  FROM (SELECT number, number / 30 AS plan,
               CASE WHEN number >= %(rows)s - %(due)s * %(step)s AND number %% %(step)s = 0
                    THEN now() - interval '10 minutes' + random() * interval '1 minute'
                    ELSE now() + interval '1 hour' + random() * %(days)s * interval '1 day' END AS at
          FROM generate_series(0, %(rows)s - 1) AS number) AS numbered
"""


def claim(sizes: Sizes) -> Iterator[Figure]:
    filled = {rows: _database(rows, sizes) for rows in sizes.scheduled}
    milliseconds: dict[int, list[float]] = {rows: [] for rows in filled}
    try:
        for _ in range(sizes.claims):
            for rows, wrapper in filled.items():
                with using(wrapper):
                    milliseconds[rows].append(_claim())
        with using(filled[max(filled)]):
            scrapes = [_scrape() for _ in range(SCRAPES)]
    finally:
        for wrapper in filled.values():
            wrapper.close()
    medians = {rows: median(times[1:] or times) for rows, times in milliseconds.items()}
    least, most = min(medians), max(medians)
    for rows, ours in medians.items():
        goal = "ratio <= 1.3" if rows == most != least else ""
        reference = (medians[least], f"at {least:,} rows") if rows != least else (None, "")
        yield Figure(f"claim.{NAMES.get(rows, rows)}", f"ms for {BATCH}, median", ours, *reference, goal)
    yield Figure("claim.scrape", f"ms for /metrics, {max(filled):,} scheduled", median(scrapes), goal="ours <= 50")


def _claim() -> float:
    from notifications.services import claim_due

    started_at = time.perf_counter()
    claimed = claim_due(BATCH)
    seconds = time.perf_counter() - started_at
    assert len(claimed.to_send) == BATCH
    return seconds * 1000


def _scrape() -> float:
    from clinic.ops.metrics import exposition

    started_at = time.perf_counter()
    exposition()
    return (time.perf_counter() - started_at) * 1000


def _database(rows: int, sizes: Sizes) -> Any:
    """One with so many scheduled messages, a few of them due."""
    started_at, due = time.monotonic(), BATCH * sizes.claims

    def fill(cursor: Any) -> None:
        with without(cursor, "notifications_message"):
            cursor.execute("ALTER TABLE notifications_message DISABLE TRIGGER counted_when_written")
            cursor.execute(FILL, {"rows": rows, "due": due, "step": min(rows // due, 10), "days": DAYS_AHEAD})
            cursor.execute("ALTER TABLE notifications_message ENABLE TRIGGER counted_when_written")
        cursor.execute("VACUUM ANALYZE notifications_message")
        cursor.execute("CHECKPOINT")
        cursor.execute("SET enable_seqscan = off; SELECT count(dedupe_key) FROM notifications_message; RESET enable_seqscan")  # warm

    wrapper = database(f"scheduled_{rows}", fill)
    say(f"  {rows:,} messages are scheduled ({time.monotonic() - started_at:.0f} s)")
    return wrapper
