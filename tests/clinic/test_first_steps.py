"""A clinic that has just been installed says what comes first, to whoever can do it, and is quiet once a session can be booked."""

from datetime import time

import pytest
from django.test import Client
from django.urls import reverse

from aftercare.models import OnCallContact
from clinic.first_steps import first_steps
from scheduling.models import Location, Practitioner, Room, Treatment
from tests.clinic_world import FIRST, Clinic
from tests.staff import member

HEADING = "Before the first session"


def missing(role: str = "Manager") -> list[str]:
    return [step.name for step in first_steps(member(role), list(Location.objects.all())) or () if not step.is_done]


def page_of(role: str) -> str:
    client = Client()
    client.force_login(member(role))
    return client.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db
class TestAnEmptyClinic:
    def test_one_step_after_the_other_until_a_session_can_be_booked(self):
        everything = ["A location", "A room", "A treatment", "A practitioner", "Somebody on call"]
        assert missing() == everything
        location = Location.objects.create(name="Maple Street Clinic", phone="+12125550100", time_zone="America/New_York")
        assert missing() == everything[1:]
        room = Room.objects.create(location=location, name="Room 1")
        assert missing() == everything[2:]
        face = Treatment.objects.create(name="Microneedling, face", skin_area="face")
        assert missing() == everything[3:]
        dana = Practitioner.objects.create(name="Dana Diaz")
        dana.locations.add(location)
        dana.treatments.add(face)
        assert missing() == everything[3:]  # at any hour of the night
        hours = dana.working_hours.create(location=location, weekday=0, opens_at=time(9), closes_at=time(17))
        assert missing() == everything[4:]
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550190")
        assert first_steps(member("Manager"), [location]) is None
        assert HEADING not in page_of("Manager")

        hours.delete()
        assert missing() == ["A practitioner"]
        location.opening_hours.create(weekday=0, opens_at=time(9), closes_at=time(17))
        assert missing() == []
        elsewhere = Location.objects.create(name="Saguaro Clinic", phone="+12125550102", time_zone="America/Phoenix")
        dana.working_hours.create(location=elsewhere, weekday=0, opens_at=time(9), closes_at=time(17))
        assert missing() == ["A practitioner"]  # her hours are where she doesn't treat
        room.is_active = False
        room.save()
        assert missing() == ["A room", "A practitioner"]

    def test_each_leads_to_where_it_is_added(self):
        page = page_of("Manager")
        assert HEADING in page
        for model in (
            "scheduling_location",
            "scheduling_room",
            "scheduling_treatment",
            "scheduling_practitioner",
            "aftercare_oncallcontact",
        ):
            assert f'<a class="name" href="{reverse(f"admin:{model}_add")}">' in page
        assert 'class="is-done"' not in page

    def test_what_is_done_is_ticked_and_a_practitioner_who_lacks_something_is_led_to(self):
        Location.objects.create(name="Maple Street Clinic", phone="+12125550100", time_zone="America/New_York")
        dana = Practitioner.objects.create(name="Dana Diaz")

        page = page_of("Manager")

        assert page.count('<li class="is-done"><span class="name">A location</span>') == 1
        assert f'<a class="name" href="{reverse("admin:scheduling_practitioner_change", args=[dana.pk])}">' in page

    @pytest.mark.parametrize("role", ["Front desk", "Clinician"])
    def test_others_are_told_whom_to_ask(self, role):
        page = page_of(role)
        assert HEADING not in page
        assert "The clinic isn’t set up yet. Ask the clinic’s manager, whose first page says what is missing." in page

    def test_whoever_has_no_role_is_told_that_alone(self):
        page = page_of("")
        assert "Nobody has given you a role yet." in page
        assert "isn’t set up" not in page


def test_a_clinic_that_has_booked_is_past_it(clinic: Clinic):
    assert missing() == ["A practitioner", "Somebody on call"]
    clinic.book(clinic.ana, FIRST)
    assert first_steps(member("Manager"), [clinic.location]) is None
    assert first_steps(member("Front desk"), [clinic.location]) is None
