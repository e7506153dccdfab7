"""What Prometheus is told. PostgreSQL has it all, so it doesn't matter which process is asked, or that it was started just now."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from aftercare.models import Concern
from clinic.ops.hearts import hearts
from clinic.ops.tallies import BOUNDS, Totals, totals
from notifications.models import Alarm
from notifications.models.messages import CHANNELS
from notifications.reports import backlog

Metric = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Clinic())
    return generate_latest(registry)


class Clinic(Collector):
    def collect(self) -> Iterator[Metric]:
        counted = totals()
        yield from _messages(counted)
        yield _lateness(counted)
        yield _errors(counted)
        yield from _queue()
        yield _refused(counted)
        yield _hearts()
        yield from _seen_to()

    def describe(self) -> list[Metric]:
        return []  # registering it asks nobody


def _messages(counted: Totals) -> Iterator[Metric]:
    messages = GaugeMetricFamily("afterglow_messages", "Messages in the outbox, by where they stand.", labels=["channel", "state"])
    for (channel, state), number in sorted(counted.get("messages", {}).items()):
        messages.add_metric([channel, state], number)
    yield messages


def _lateness(counted: Totals) -> Metric:
    lateness = HistogramMetricFamily(
        "afterglow_message_lateness_seconds",
        "From when a message could go until a provider took it; quiet hours and caps are no lateness.",
        labels=["channel"],
    )
    counts = counted.get("lateness", {})
    for channel, _name in CHANNELS:
        running, buckets = 0, []
        for bound in (*BOUNDS, float("inf")):
            running += counts.get((channel, _label(bound)), 0)
            buckets.append((floatToGoString(bound), running))
        lateness.add_metric([channel], buckets, counted.get("lateness ms", {}).get((channel, ""), 0) / 1000)
    return lateness


def _label(bound: float) -> str:
    """As PostgreSQL writes it."""
    return "Infinity" if bound == float("inf") else f"{bound:g}"


def _errors(counted: Totals) -> Metric:
    errors = CounterMetricFamily(
        "afterglow_provider_errors", "Tries that a provider refused, and messages that it couldn't deliver.", labels=["channel", "code"]
    )
    for (channel, code), number in sorted(counted.get("errors", {}).items()):
        errors.add_metric([channel, code], number)
    return errors


def _queue() -> Iterator[Metric]:
    now = backlog()
    yield GaugeMetricFamily("afterglow_queue_messages", "Messages that are due, and that no worker has taken yet.", value=now.due)
    yield GaugeMetricFamily("afterglow_queue_age_seconds", "For how long the first of them has waited.", value=now.due_for or 0)
    yield GaugeMetricFamily("afterglow_tried_messages", "Messages tried in vain so far, or under way.", value=now.tried)
    yield GaugeMetricFamily(
        "afterglow_oldest_due_seconds", "How late the oldest message is that still has to go, tried or not.", value=now.oldest
    )


def _refused(counted: Totals) -> Metric:
    refused = CounterMetricFamily("afterglow_bookings_refused", "What the desk was refused, by the reason.", labels=["reason"])
    for (_channel, reason), number in sorted(counted.get("bookings refused", {}).items()):
        refused.add_metric([reason], number)
    return refused


def _hearts() -> Metric:
    ages = GaugeMetricFamily("afterglow_heartbeat_age_seconds", "Since a process last showed life.", labels=["kind", "name"])
    for heart in hearts():
        ages.add_metric([heart.kind, heart.name], heart.seconds)
    return ages


def _seen_to() -> Iterator[Metric]:
    concerns = GaugeMetricFamily("afterglow_concerns_open", "Patients' concerns that nobody has resolved.", labels=["severity"])
    open_ones = Concern.objects.filter(resolved_at=None).order_by().values_list("severity").annotate(Count("pk"))
    found = dict.fromkeys(Concern.Severity.values, 0) | dict(open_ones)
    for severity, number in found.items():
        concerns.add_metric([severity], number)
    yield concerns
    alarms = Alarm.objects.filter(cleared_at=None).count()
    yield GaugeMetricFamily("afterglow_alarms_open", "What only an operator can mend.", value=alarms)
