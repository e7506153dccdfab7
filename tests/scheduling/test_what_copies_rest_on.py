"""What appointments were counted by can't be changed under them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from notifications.services import dispatch
from scheduling import services
from scheduling.models import Appointment, Location, Treatment
from tests.clinic_world import FIRST, TODAY, Clinic, outbox


def elsewhere(clinic: Clinic) -> Location:
    return Location.objects.create(name="Harbor Clinic", address="2 Harbor Road", phone="+12125550177", time_zone="America/New_York")


def test_a_treatments_skin_area_stays_once_it_has_courses(clinic):
    clinic.book(clinic.ana)
    clinic.face.skin_area = "scalp"

    with pytest.raises(ValidationError, match="Courses of this treatment count on its skin area"):
        clinic.face.full_clean()


def test_a_treatments_currency_stays_once_it_has_courses(clinic):
    """Its sessions keep the prices that they were booked at, and outcomes add them up in that currency."""
    clinic.face.currency = "MXN"
    clinic.face.full_clean()
    clinic.face.save()
    clinic.book(clinic.ana)
    clinic.face.currency, clinic.face.list_price = "USD", Decimal(40)

    with pytest.raises(ValidationError, match=r"Sessions of this treatment have prices in its currency\. Add another treatment instead\."):
        clinic.face.full_clean()
    with pytest.raises(IntegrityError, match="sessions of this treatment have prices in MXN"), transaction.atomic():
        clinic.face.save()

    clinic.face.currency = "MXN"
    clinic.face.full_clean()
    clinic.face.save()
    assert Treatment.objects.get(pk=clinic.face.pk).list_price == Decimal(40)


def test_a_room_stays_where_its_appointments_are(clinic):
    clinic.book(clinic.ana)
    clinic.room.location = elsewhere(clinic)

    with pytest.raises(ValidationError, match="This room has appointments where it is"):
        clinic.room.full_clean()


def test_a_no_show_who_comes_back_keeps_the_interval_that_her_course_has_by_now(clinic):
    booked = clinic.book(clinic.ana)
    services.mark_no_show(booked, now=FIRST)
    services.set_minimum_interval(booked.course, 42)

    services.arrive(booked, now=FIRST)

    assert Appointment.objects.get(pk=booked.pk).minimum_interval_days == 42


def test_a_session_moved_to_another_clinic_at_the_same_time_is_news(clinic):
    harbor = elsewhere(clinic)
    clinic.dana.locations.add(harbor)
    booked = clinic.book(clinic.consents(clinic.ana))
    dispatch(now=TODAY)  # she has the confirmation; without it the new time would just be confirmed

    services.move(booked, starts_at=FIRST, room=harbor.room_set.create(name="Room 9"), now=FIRST.replace(day=1))

    assert {message.body.split(":")[0] for message in outbox()} == {"Harbor Clinic"}
    assert any("your session is moved to" in message.body for message in outbox())
