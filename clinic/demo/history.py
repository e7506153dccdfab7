"""The visits, lived through the services at their own times, so that plans, recalls and the ledger come about as they do in earnest."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from clinic.demo.journeys import Visit
from clinic.demo.settling import mark_sent
from scheduling import services
from scheduling.domain.states import Status
from scheduling.models import Appointment, Patient


def live_through(patient: Patient, visits: list[Visit], *, front_desk: User, clinician: User) -> None:
    for visit in visits:
        place = visit.place
        appointment = services.book(
            patient=patient,
            treatment=place.treatment,
            practitioner=place.practitioner,
            room=place.room,
            starts_at=place.starts_at,
            by=front_desk,
            now=visit.booked_at,
        )
        if visit.arrived_at:
            appointment = services.arrive(appointment, by=front_desk, now=visit.arrived_at)
        if visit.closed_at:
            mark_sent(appointment, until=visit.closed_at)
            _close(appointment, visit.status, visit.closed_at, front_desk, clinician)


def _close(appointment: Appointment, status: Status, at: datetime, front_desk: User, clinician: User) -> None:
    match status:
        case Status.FULFILLED:
            services.complete(appointment, completed_at=at, by=clinician, now=at + timedelta(minutes=1))
        case Status.CANCELLED:
            services.cancel(appointment, reason="a trip came up", by=front_desk, now=at)
        case Status.NOSHOW:
            services.mark_no_show(appointment, by=front_desk, now=at)
