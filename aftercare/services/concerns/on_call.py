"""Who is told of a concern, by text or email. Without the patient's name and words: they stay with whoever signs in."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from aftercare.models import Concern, ConcernEvent, OnCallContact
from aftercare.services.concerns.deadlines import clock_from
from aftercare.services.concerns.ladder import next_rung, rungs_at
from aftercare.services.telling.tellings import values_of
from aftercare.wording import ALERT, render
from notifications import services as notifications
from notifications.domain.states import NOT_OVER
from notifications.models import Alarm, Message
from notifications.services import Draft
from scheduling.models import Location

# Worthless before the claim takes it for late: it never waits for the turn of a late one. By then the next one is told anyhow.
ALERT_IS_OF_USE_FOR = timedelta(minutes=15)
NOBODY_LEFT = "nobody on call"
NOBODY_REMINDED = "nobody to remind"

What = ConcernEvent.What


def contacts_of(location: Location) -> QuerySet[OnCallContact]:
    """Those on call there, in their turn. Who has no location is on call for all."""
    of_it = Q(pk__in=OnCallContact.objects.filter(locations=location)) | Q(locations=None)
    return OnCallContact.objects.filter(of_it, is_active=True).order_by("position", "pk")


def nobody_on_call(location: Location) -> bool:
    return not contacts_of(location).exists()


def is_on_call(number: str) -> bool:
    """Whether a text from there is a colleague's."""
    return OnCallContact.objects.filter(phone=number, is_active=True).exists()


def tell_next(concern: Concern, *, now: datetime, by_email: bool = False) -> bool:
    """Tell whoever was told least often, in their turn. False, and an operator's alarm, where nobody is left. Requires the concern's lock.

    `by_email`: only the first one, and only where that is possible; it can wait for them to look.
    """
    rungs = rungs_at(concern.location)
    rung = next_rung(concern, rungs)
    if rung is None:
        _nobody(concern, is_set_up=bool(rungs), now=now)
        return False
    contact, channel = rung.contact, "email" if by_email else next(iter(rung.ways))
    if channel not in rung.ways:
        return True
    event = ConcernEvent.objects.create(concern=concern, what=What.TOLD, at=now, contact=contact, detail=BY[channel])
    _write_to(rung.ways[channel], channel, concern, event, now)
    return True


BY = {"sms": "by text", "email": "by email"}


def clear_alarm(concern: Concern, *, now: datetime) -> None:
    """No operator need see to it any more; should nobody be left once more, they hear of it once more."""
    notifications.clear_alarms(Alarm.objects.filter(code__in=[code_of(NOBODY_LEFT, concern), code_of(NOBODY_REMINDED, concern)]), now=now)


def cancel_alerts(concern: Concern) -> None:
    """Those that haven't left yet, and reminders of it."""
    told = concern.events.filter(what__in=[What.TOLD, What.REMINDED])
    keys = [key_of(concern, event) for event in told]
    alerts = Message.objects.filter(dedupe_key__in=keys, status__in=NOT_OVER)
    notifications.cancel(alerts.values_list("pk", flat=True), reason="somebody has seen to it")


def last_alert_of(concern: Concern) -> Message | None:
    event = concern.events.filter(what=What.TOLD).order_by("-pk").first()
    return Message.objects.filter(dedupe_key=key_of(concern, event)).first() if event else None


def key_of(concern: Concern, event: ConcernEvent) -> str:
    return f"{reference_of(concern)}-{event.pk}"


def reference_of(concern: Concern) -> str:
    return f"concern-{concern.pk}"


def _write_to(address: str, channel: str, concern: Concern, event: ConcernEvent, now: datetime) -> None:
    location, by = concern.location, concern.acknowledge_by
    values = values_of(location, "en") | {
        "severity": concern.get_severity_display(),
        "by": _clock(by if by > now else clock_from(concern.severity, location, now), location, now),
        "link": link_to(concern),
    }
    letter = render(ALERT, "en", values, frame="staff")
    is_text = channel == "sms"
    is_urgent = concern.severity == Concern.Severity.URGENT
    alert = Draft(
        dedupe_key=key_of(concern, event),
        reference=reference_of(concern),
        channel=channel,
        address=address,
        **letter.over(channel),
        is_urgent=is_urgent,
        send_at=now,
        expires_at=now + ALERT_IS_OF_USE_FOR if is_text or is_urgent else max(concern.acknowledge_by, now + ALERT_IS_OF_USE_FOR),
    )
    notifications.schedule([alert], now=now)


def link_to(concern: Concern) -> str:
    """Her conversation, or that with a number that nobody has."""
    if concern.patient_id:
        return f"{settings.PUBLIC_BASE_URL}/admin/inbox/{concern.patient_id}/"
    line = concern.lines.exclude(reply=None).order_by("pk").first()
    return f"{settings.PUBLIC_BASE_URL}/admin/inbox/{f'unknown/{line.reply_id}/' if line else ''}"


def _clock(at: datetime, location: Location, now: datetime) -> str:
    """On the location's own clock; with the day, where that is another one."""
    there = timezone.localtime(at, location.zone)
    is_today = there.date() == timezone.localtime(now, location.zone).date()
    return date_format(there, "g:i A" if is_today else "D g:i A")


def when(at: datetime, location: Location) -> str:
    """“on October 28 at 11:31 PM”, on the location's own clock."""
    return date_format(timezone.localtime(at, location.zone), "\\o\\n F j \\a\\t g:i A")


def _nobody(concern: Concern, *, is_set_up: bool, now: datetime) -> None:
    said = "nobody has acknowledged a concern" if is_set_up else "a concern was raised and nobody is on call"
    ConcernEvent.objects.create(concern=concern, what=What.NOBODY, at=now, detail="" if is_set_up else "nobody is on call")
    notifications.raise_alarm("sms", code_of(NOBODY_LEFT, concern), f"{said}, at {concern.location}", now=now)


def code_of(trouble: str, concern: Concern) -> str:
    """An alarm's: one for each concern, or an operator would hear of the first one only."""
    return f"{trouble}, concern {concern.pk}"
