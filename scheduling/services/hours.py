"""Whether a location is open and a practitioner at work: what no constraint holds, because hours change under standing appointments."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.formats import date_format, time_format
from django.utils.timezone import localtime

from scheduling.domain.opening import Hours, after_open_time, open_spans
from scheduling.errors import Closed, NoSuchTime, NotOffered, PractitionerBusy
from scheduling.models import Location, Practitioner, Treatment
from scheduling.models.places import WeeklyHours


def require_on_the_clock(at: datetime) -> None:
    """Raises NoSuchTime where `at` is a time that its own clock skips: taken for an hour later, it would surprise everybody."""
    shown = at.astimezone(UTC).astimezone(at.tzinfo)
    if shown.replace(tzinfo=None) != at.replace(tzinfo=None):
        raise NoSuchTime(
            f"There is no {short_time(at.time())} on {long_day(at)}: the clocks are put forward over it. "
            f"Please choose another time, such as {short_time(shown.time())}."
        )


def require_open(location: Location, starts_at: datetime, ends_at: datetime) -> None:
    """Raises Closed. The turnaround may run past closing time, the session may not."""
    start, end = localtime(starts_at, location.zone), localtime(ends_at, location.zone)
    closure = location.closures.filter(starts_on__lte=start.date(), ends_on__gte=start.date()).first()
    if closure:
        raise Closed(f"{location} is closed on {long_day(start)}: {closure.reason}.")
    hours = list(location.opening_hours.all())
    if hours and not _within(hours, start, end):
        spans = _spans(hours, start.weekday())
        raise Closed(f"{location} is {f'open from {spans}' if spans else 'closed'} on {start:%A}s.")


def opens_at(location: Location, at: datetime) -> datetime | None:
    """`at` itself while it is open, or else when it opens next; None where it is shut for good."""
    hours = _hours_of(location)
    if not hours:
        return at
    return next((opens for opens, _closes in open_spans(hours, _closures_of(location), location.zone, at)), None)


def is_open(location: Location, at: datetime) -> bool:
    """Shut for good, it is not."""
    return opens_at(location, at) == at


def after_open_hours(location: Location, since: datetime, length: timedelta) -> datetime:
    """When it has been open for `length` since then: hours in which it is shut don't count. Shut for good, they do."""
    hours = _hours_of(location)
    if not hours:
        return since + length
    return after_open_time(open_spans(hours, _closures_of(location), location.zone, since), length) or since + length


def require_at_work(practitioner: Practitioner, treatment: Treatment, location: Location, starts_at: datetime, ends_at: datetime) -> None:
    """Raises NotOffered or PractitionerBusy."""
    if not practitioner.is_active:
        raise NotOffered(f"{practitioner} doesn't work here any more.")
    if not practitioner.treatments.filter(pk=treatment.pk).exists():
        raise NotOffered(f"{practitioner} doesn't perform {treatment}.")
    if not practitioner.locations.filter(pk=location.pk).exists():
        raise NotOffered(f"{practitioner} doesn't work at {location}.")
    away = practitioner.absences.filter(during__overlap=DateTimeTZRange(starts_at, ends_at)).first()
    if away:
        back = localtime(away.during.upper, location.zone)
        raise PractitionerBusy(f"{practitioner} is away until {long_day(back)}, {short_time(back.time())}.")
    start, end = localtime(starts_at, location.zone), localtime(ends_at, location.zone)
    hours = list(practitioner.working_hours.filter(location=location))
    if hours and not _within(hours, start, end):
        spans = _spans(hours, start.weekday())
        when = f"works at {location} from {spans}" if spans else f"doesn't work at {location}"
        raise PractitionerBusy(f"{practitioner} {when} on {start:%A}s.")


def _hours_of(location: Location) -> list[Hours]:
    return [Hours(span.weekday, span.opens_at, span.closes_at) for span in location.opening_hours.all()]


def _closures_of(location: Location) -> list[tuple[date, date]]:
    return list(location.closures.values_list("starts_on", "ends_on"))


def _within(hours: Iterable[WeeklyHours], start: datetime, end: datetime) -> bool:
    return start.date() == end.date() and any(
        span.weekday == start.weekday() and span.opens_at <= start.time() and end.time() <= span.closes_at for span in hours
    )


def _spans(hours: Iterable[WeeklyHours], weekday: int) -> str:
    return " and ".join(f"{short_time(span.opens_at)} to {short_time(span.closes_at)}" for span in hours if span.weekday == weekday)


def long_day(at: datetime) -> str:
    return date_format(at, "l, F j")


def short_time(at: time) -> str:
    return time_format(at, "g:i A")
