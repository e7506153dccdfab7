"""Reads the provider's log against the table: what was lost, what came twice, what came when it mustn't."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from notifications.models import Attempt, Message, Receipt
from tests.faults import settings as fast
from tests.faults.log import Event, Log

UNSETTLED = ("scheduled", "sending", "uncertain")
SENT = ("accepted", "delivered", "undelivered", "unconfirmed")
# A try under way when the clock strikes: its request is on the wire.
ON_THE_WIRE = timedelta(seconds=fast.TWILIO_TIMEOUT_SECONDS)
# One that is claimed may still go out while its lease runs.
LEASE = timedelta(seconds=fast.DISPATCH_LEASE_SECONDS)
STORIES = 3


@dataclass
class Verdict:
    messages: int = 0
    taken: int = 0
    doubled: int = 0  # texts taken twice, emails taken three times or under another Message-ID
    lost: int = 0  # without an end, or “sent” and never taken, or without a reason
    emails_twice: int = 0
    out_of_window: int = 0
    in_quiet_hours: int = 0
    to_the_silenced: int = 0
    for_people: int = 0  # failed, and a person is asked to look
    expired: int = 0
    look_ups: int = 0
    resends: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    wrong: dict[int, list[str]] = field(default_factory=dict)  # message → what is wrong with it

    def figures(self) -> dict[str, Any]:
        misplaced = self.out_of_window + self.in_quiet_hours + self.to_the_silenced
        return {name: value for name, value in asdict(self).items() if name != "wrong"} | {"misplaced": misplaced}


def judge(log: Log, silenced: dict[str, datetime], slowness: float = 0) -> Verdict:
    """`slowness`, in seconds: how late the provider may have noticed what came in."""
    allowed = ON_THE_WIRE + timedelta(seconds=slowness)
    verdict, taken = Verdict(), log.taken()
    for message in Message.objects.all():
        times = taken.get(message.body.strip(), [])
        wrong = [*_about_its_end(message, times), *_about_its_number(message, times), *_about_its_times(message, times, silenced, allowed)]
        for kind in wrong:
            setattr(verdict, kind, getattr(verdict, kind) + 1)
        if wrong:
            verdict.wrong[message.pk] = wrong
        verdict.messages += 1
        verdict.taken += len(times)
        verdict.emails_twice += message.channel == "email" and len(times) == 2
        verdict.for_people += message.status == "failed" and "check with the patient" in message.reason
        verdict.expired += message.status == "expired"
    verdict.statuses = dict(Counter(Message.objects.values_list("status", flat=True)))
    verdict.look_ups = log.count("look-up")
    verdict.resends = log.count("request") - len({event.key for event in log.all("request")}) - log.count("throttles")
    return verdict


def _about_its_end(message: Message, times: list[Event]) -> Iterable[str]:
    if message.status in UNSETTLED or (message.status in SENT and not times) or (message.status not in SENT and not message.reason):
        yield "lost"


def _about_its_number(message: Message, times: list[Event]) -> Iterable[str]:
    most = 2 if message.channel == "email" else 1
    if len(times) > most or (message.channel == "email" and len({event.provider_id for event in times}) > 1):
        yield "doubled"


def _about_its_times(message: Message, times: list[Event], silenced: dict[str, datetime], allowed: timedelta) -> Iterable[str]:
    last_at = message.expires_at if message.expires_at > message.send_at + timedelta(milliseconds=1) else None  # it was called back
    if any(event.at < message.due_at or (last_at and event.at > last_at + allowed) for event in times):
        yield "out_of_window"
    if any(is_quiet(message, event.at) and is_quiet(message, event.at - allowed) for event in times):
        yield "in_quiet_hours"
    silenced_at = silenced.get(message.address)
    if silenced_at and any(event.at > silenced_at + LEASE + allowed for event in times):
        yield "to_the_silenced"


def is_quiet(message: Message, at: datetime) -> bool:
    if message.quiet_from is None or message.quiet_until is None:
        return False
    clock = timezone.localtime(at, ZoneInfo(message.time_zone)).time()
    if message.quiet_from <= message.quiet_until:
        return message.quiet_from <= clock < message.quiet_until
    return clock >= message.quiet_from or clock < message.quiet_until


def bursts(late_texts: dict[str, list[datetime]]) -> list[str]:
    """The numbers that got a late text less than an hour after another, or a fourth within a day."""
    return [
        number
        for number, times in late_texts.items()
        if any(later - earlier < timedelta(hours=1) - ON_THE_WIRE for earlier, later in pairwise(sorted(times)))
        or any(later - earlier < timedelta(days=1) - ON_THE_WIRE for earlier, later in zip(sorted(times), sorted(times)[3:], strict=False))
    ]


def stories(verdict: Verdict, log: Log) -> str:
    """Of those with which something is wrong, everything that is known."""
    return "\n\n".join(story(pk, wrong, log) for pk, wrong in list(verdict.wrong.items())[:STORIES])


def story(pk: int, wrong: Iterable[str], log: Log) -> str:
    message = Message.objects.get(pk=pk)
    lines = [f"Message {pk}: {', '.join(wrong)}"]
    lines += [f"  {name}: {value}" for name, value in Message.objects.filter(pk=pk).values()[0].items() if value not in ("", None)]
    for rows in (Attempt.objects.filter(message=pk).order_by("started_at"), Receipt.objects.filter(message=pk).order_by("received_at")):
        lines += [f"  {rows.model.__name__}: {values}" for values in rows.values()]
    lines += ["  what the provider saw:", *(f"    {event}" for event in log.about(message.body.strip(), message.address))]
    return "\n".join(lines)
