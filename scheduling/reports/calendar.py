"""A practitioner's days as an iCalendar file (RFC 5545), in which nothing points to a patient."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max
from django.urls import reverse
from icalendar import Calendar, Event, vText

from scheduling.models import Absence, Appointment, CalendarFeed

PAST, AHEAD = timedelta(days=30), timedelta(days=180)
REFRESH = timedelta(minutes=15)


def calendar_of(feed: CalendarFeed, now: datetime) -> bytes:
    """From 30 days back to 180 ahead. What was cancelled or moved to somebody else is absent, and so leaves the calendar that subscribes.

    The same bytes as long as nothing changed, within a day: each event's stamp is the appointment's last change, not the moment of asking.
    """
    # From midnight UTC, or every minute would have a window, and a file, of its own.
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = DateTimeTZRange(today - PAST, today + AHEAD)
    practitioner = feed.practitioner
    calendar = Calendar()
    calendar.add("prodid", "-//Afterglow//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, vText(f"Sessions, {practitioner.name}"))  # icalendar escapes what it knows to be text
    calendar.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for event in (*_sessions(practitioner.pk, window), *_absences(feed, window)):
        calendar.add_component(event)
    return calendar.to_ical()


def _sessions(practitioner: int, window: DateTimeTZRange) -> Iterator[Event]:
    appointments = Appointment.objects.blocking().filter(practitioner=practitioner, during__overlap=window)
    moved = appointments.annotate(last_moved_at=Max("moves__moved_at")).select_related("room", "location")
    for appointment in moved.order_by("during", "pk"):
        changed_at = max(filter(None, (appointment.booked_at, appointment.status_at, appointment.last_moved_at)))
        event = _event(f"appointment-{appointment.pk}", f"Session, {appointment.room.name}", changed_at)
        event.add("dtstart", appointment.starts_at.astimezone(UTC))
        event.add("dtend", appointment.ends_at.astimezone(UTC))
        event.add("sequence", appointment.revision)
        event.add("status", "CONFIRMED")
        event.add("location", ", ".join(filter(None, (appointment.location.name, appointment.location.address))))
        # Who it is and what for is behind the sign-in.
        event.add("url", settings.PUBLIC_BASE_URL + reverse("admin:scheduling_appointment_change", args=[appointment.pk]))
        yield event


def _absences(feed: CalendarFeed, window: DateTimeTZRange) -> Iterator[Event]:
    """Without the reason, which may be nobody's business."""
    for absence in Absence.objects.filter(practitioner=feed.practitioner_id, during__overlap=window).order_by("during", "pk"):
        event = _event(f"absence-{absence.pk}", "Away", feed.created_at)
        event.add("dtstart", absence.during.lower.astimezone(UTC))
        event.add("dtend", absence.during.upper.astimezone(UTC))
        yield event


def _event(what: str, summary: str, changed_at: datetime) -> Event:
    event, stamp = Event(), changed_at.astimezone(UTC).replace(microsecond=0)
    event.add("uid", f"{what}@{urlsplit(settings.PUBLIC_BASE_URL).hostname or 'afterglow'}")
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("summary", summary)
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    return event
