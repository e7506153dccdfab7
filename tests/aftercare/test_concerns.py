"""A concern is raised, joined, acknowledged and resolved, and somebody on call hears of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from aftercare.errors import NothingToSay
from aftercare.models import Concern, ConcernEvent, OnCallContact
from aftercare.services import nobody_on_call, raise_concern
from notifications.models import Alarm, Message
from scheduling.models import Closure, Location, OpeningHours
from tests.clinic_world import at, local, outbox

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = at("2026-10-28", "23:30")  # a Wednesday


@pytest.fixture
def on_call(clinic) -> list[OnCallContact]:
    return [
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120", email="dana@example.org", position=1),
        OnCallContact.objects.create(name="Eli Evans", phone="+12125550121", position=2),
    ]


@pytest.fixture
def staff(db) -> User:
    return User.objects.create_user("desk", first_name="Flo", last_name="Desk")


def open_from_nine_to_six(clinic) -> None:
    OpeningHours.objects.bulk_create(
        OpeningHours(location=clinic.location, weekday=day, opens_at="09:00", closes_at="18:00") for day in range(5)
    )


def urgent(clinic, now=NIGHT, said="My cheek won't stop bleeding.", **more) -> Concern:
    return raise_concern(patient=clinic.ana, severity="urgent", said=said, now=now, **{"flags": ["bleeding"]} | more)


def soon(clinic, now=NIGHT, said="Not sure about this.", **more) -> Concern:
    return raise_concern(patient=clinic.ana, severity="soon", said=said, now=now, **more)


def steps(concern: Concern) -> list[tuple[str, str]]:
    return [(event.what, event.contact.name if event.contact else "") for event in concern.events.select_related("contact")]


def told(**about) -> list[tuple[str, str]]:
    return [
        (message.address, message.status) for message in Message.objects.filter(reference__startswith="concern-", **about).order_by("pk")
    ]


class TestRaising:
    def test_an_urgent_one_has_a_quarter_of_an_hour_at_any_hour(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        concern = urgent(clinic)
        assert (concern.severity, concern.flags, concern.said) == ("urgent", ["bleeding"], "My cheek won't stop bleeding.")
        assert (concern.location, concern.raised_at, concern.raised_by) == (clinic.location, NIGHT, None)
        assert local(concern.acknowledge_by) == local(concern.escalate_at) == "Wed 28 Oct 23:45"

    def test_another_one_has_two_hours_in_which_the_location_is_open(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        assert local(soon(clinic).acknowledge_by) == "Thu 29 Oct 11:00"

    def test_hours_go_on_the_next_day_and_closures_and_weekends_are_passed_over(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        Closure.objects.create(location=clinic.location, starts_on="2026-11-02", ends_on="2026-11-02", reason="moving")
        assert local(soon(clinic, at("2026-10-30", "17:00")).acknowledge_by) == "Tue 3 Nov 10:00"

    def test_the_first_on_call_is_told_by_text_at_once_without_her_name_or_words(self, clinic, on_call, settings):
        settings.PUBLIC_BASE_URL = "https://clinic.example.org"
        concern = urgent(clinic)
        [alert] = outbox()
        assert (alert.channel, alert.address, alert.send_at, alert.quiet_from) == ("sms", "+12125550120", NIGHT, None)
        assert alert.body == (
            "Maple Street Clinic: a patient's message needs you (urgent). Please acknowledge it by 11:45 PM: "
            f"https://clinic.example.org/admin/inbox/{clinic.ana.pk}/"
        )
        assert alert.reference == f"concern-{concern.pk}"
        assert steps(concern) == [("raised", ""), ("told", "Dana Diaz")]

    def test_of_one_that_can_wait_the_first_is_told_by_email_and_nobody_by_text(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        soon(clinic)
        [alert] = outbox()
        assert (alert.channel, alert.address) == ("email", "dana@example.org")
        assert "Please acknowledge it by Thu 11:00 AM" in alert.body

    def test_by_hand_it_says_who_took_her_call(self, clinic, on_call, staff):
        assert urgent(clinic, by=staff).raised_by == staff
        assert ConcernEvent.objects.get(what="raised").by == staff

    def test_without_words_there_is_none(self, clinic, on_call):
        with pytest.raises(NothingToSay, match="Write down what she said"):
            urgent(clinic, said=" \n")
        assert not Concern.objects.exists()
        assert not outbox()

    def test_where_nobody_is_on_call_an_operator_hears_at_once(self, clinic):
        concern = urgent(clinic)
        alarm = Alarm.objects.get()
        assert (alarm.code, alarm.explanation) == (
            "nobody on call",
            "a concern was raised and nobody is on call, at Maple Street Clinic",
        )
        assert nobody_on_call(clinic.location)
        assert concern.escalate_at is None
        assert steps(concern) == [("raised", ""), ("nobody", "")]

    def test_it_is_where_she_was_treated_last(self, clinic, on_call):
        oak = Location.objects.create(name="Oak Street Clinic", phone="+12125550107", time_zone="America/New_York")
        clinic.treat(clinic.ana)
        assert urgent(clinic, at("2026-11-04")).location == clinic.location
        assert raise_concern(patient=clinic.ben, severity="soon", said="?", location=oak, now=NIGHT).location == oak
