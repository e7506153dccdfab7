"""Who has confirmed, and who waits for an earlier time: cancel an appointment at the desk, and a phone of the demo is offered it."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from aftercare.models import Consent
from scheduling import services
from scheduling.domain.states import Status
from scheduling.models import Appointment, Location, Patient

CONFIRMED_WITHIN = timedelta(days=4)
# Without an appointment, and with a later one that would be given up.
TREATED_BEFORE = (timedelta(days=36), timedelta(days=90))  # longer ago than the catalogue's longest interval
GIVE_UP = (timedelta(days=6), timedelta(days=14))
MOST_OF_EACH = 2  # at a location
AN_HOUR = timedelta(hours=1)


def let_some_confirm(now: datetime) -> None:
    """Every other one of the next days, one an hour, so that tomorrow's list has both. Who booked just now has hardly read of it."""
    coming = Appointment.objects.filter(
        status=Status.BOOKED, during__startswith__gt=now, during__startswith__lt=now + CONFIRMED_WITHIN, booked_at__lt=now - 12 * AN_HOUR
    )
    for number, appointment in enumerate(coming.order_by("during", "pk")[:20:2]):
        services.confirm(appointment, now=max(now - (number + 1) * AN_HOUR, appointment.booked_at + AN_HOUR))


def put_some_on_the_waitlist(now: datetime, by: User) -> None:
    for location in Location.objects.order_by("pk"):
        here = {"location": location, "patient__in": _who_can_be_texted(), "during__startswith__gt": now - TREATED_BEFORE[1]}
        treated = Appointment.objects.fulfilled().filter(**here, during__startswith__lt=now - TREATED_BEFORE[0])
        lately = Appointment.objects.blocking().filter(during__startswith__gte=now - TREATED_BEFORE[0])
        last_of_each = treated.exclude(patient__in=lately.values("patient")).order_by("patient_id", "-during").distinct("patient_id")
        for number, last in enumerate(last_of_each.select_related("course__treatment", "patient")[:MOST_OF_EACH]):
            _wait(last, now, now - timedelta(days=3 + number), by)
        booked = Appointment.objects.filter(
            **here, status=Status.BOOKED, during__startswith__range=(now + GIVE_UP[0], now + GIVE_UP[1]), booked_at__lt=now - 12 * AN_HOUR
        )
        for number, own in enumerate(booked.select_related("course__treatment", "patient").order_by("-during", "pk")[:MOST_OF_EACH]):
            _wait(own, now, now - timedelta(hours=7 + 2 * number), by, gives_up=True)


def _wait(about: Appointment, now: datetime, since: datetime, by: User, *, gives_up: bool = False) -> None:
    today = about.day_of(now)
    services.wait(
        patient=about.patient,
        treatment=about.course.treatment,
        location=about.location,
        appointment=about if gives_up else None,
        first_on=today,
        last_on=about.local_day - timedelta(days=1) if gives_up else today + timedelta(days=21),
        by=by,
        now=since,
    )


def _who_can_be_texted() -> QuerySet[Patient]:
    texts = Consent.objects.filter(patient=OuterRef("pk"), purpose="care", channel="sms").order_by("-given_at", "-pk")
    withdrawn = texts.filter(is_granted=False)
    return Patient.objects.filter(Exists(texts)).exclude(Exists(withdrawn))
