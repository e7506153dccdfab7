"""The week's numbers go to managers on Monday at eight, once, and hold nobody's name."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from aftercare import services
from aftercare.services import send_digest, set_recall_policy
from aftercare.services.recalls import digest
from notifications.models import Message
from scheduling.models import Appointment
from tests.clinic_world import FIRST, Clinic, at, outbox
from tests.staff import group

MONDAY = at("2026-12-21", "08:00")


@pytest.fixture
def week(clinic: Clinic) -> Clinic:
    """Ana and Ben were asked back in the week before; Ana booked. Ben is late, and Chloe, whom no recall reaches."""
    clinic.agrees_to_recalls(clinic.ana, clinic.ben)
    for hours, who in enumerate((clinic.ana, clinic.ben, clinic.chloe)):
        clinic.treat(who, FIRST - timedelta(hours=2 * hours))
    now = at("2026-12-15", "11:00")
    services.want_recalls([clinic.ana.pk, clinic.ben.pk], by=None, now=now)
    services.tell_recalls(now)
    clinic.book(clinic.ana, at("2026-12-22"), now=at("2026-12-17", "09:00"))
    Message.objects.all().delete()
    for name in ("maya", "moira"):
        User.objects.create_user(name, f"{name}@example.org", is_staff=True).groups.add(group("Manager"))
    User.objects.create_user("desk", "desk@example.org", is_staff=True).groups.add(group("Front desk"))
    User.objects.create_user("gone", "gone@example.org", is_active=False).groups.add(group("Manager"))
    return clinic


def test_it_goes_to_each_manager_once_with_the_numbers_and_a_link(week):
    assert send_digest(MONDAY) == 2
    assert send_digest(MONDAY + timedelta(minutes=1)) == 0
    emails = outbox(channel="email")
    assert [email.address for email in emails] == ["maya@example.org", "moira@example.org"]
    (body,) = {email.body for email in emails}
    assert "To call now: 2, of them late: 2. What their sessions cost at list prices: 1,280 USD.\n" in body
    assert (
        "From December 14 to December 20:\nRecalls by text and email: 2, answered: 0\nSessions booked within 60 days after one: 1\n"
        "Patients who came back: 0\n"
    ) in body
    assert "/admin/maintenance-due/" in body
    assert all(name not in body for name in ("Ana", "Ben", "Chloe", "Alvarez", "Brooks", "Chen"))
    assert "prefers-color-scheme: dark" in emails[0].html


def test_a_session_counts_as_it_does_in_the_outcomes(week):
    """Not that of another treatment, and not one that was entered in error."""
    week.book(week.ben, at("2026-12-22", "15:00"), treatment=week.scalp, now=at("2026-12-17", "10:00"))
    Appointment.objects.filter(patient=week.ana, status="booked").update(status="entered-in-error")
    send_digest(MONDAY)
    assert "Sessions booked within 60 days after one: 0\n" in outbox(channel="email")[0].body


@pytest.mark.parametrize(
    ("now", "number"),
    [
        (MONDAY - timedelta(minutes=1), 0),
        (MONDAY + timedelta(hours=35), 2),  # after an outage
        (MONDAY + timedelta(hours=37), 0),
    ],
)
def test_not_before_eight_and_not_later_than_tuesday(week, now, number):
    assert send_digest(now) == number


class TestWhatTakesTooLong:
    """PostgreSQL is busy with something else on Monday morning."""

    HOUR = timedelta(hours=1)

    def is_slow(self, monkeypatch, part: str) -> None:
        monkeypatch.setattr(digest, part, lambda *about: connection.cursor().execute("SELECT pg_sleep(5)"))

    @pytest.fixture(autouse=True)
    def patience(self, settings):
        settings.PAGE_SECONDS = 0.5

    def test_is_tried_again_for_an_hour_and_goes_once_it_can_be_counted(self, week, monkeypatch):
        self.is_slow(monkeypatch, "_week")
        assert send_digest(MONDAY) == 0
        assert outbox(channel="email") == []
        monkeypatch.undo()
        assert send_digest(MONDAY + self.HOUR / 2) == 2
        assert "Recalls by text and email: 2" in outbox(channel="email")[0].body

    def test_is_left_out_then_which_is_said_and_nobody_gets_a_second_one(self, week, monkeypatch):
        self.is_slow(monkeypatch, "_week")
        assert send_digest(MONDAY + self.HOUR) == 2
        (body,) = {email.body for email in outbox(channel="email")}
        assert "To call now: 2, of them late: 2." in body
        assert "What came of the week from December 14 to December 20 couldn't be counted in time: please see the outcomes" in body
        assert "Recalls by text and email" not in body
        monkeypatch.undo()
        assert send_digest(MONDAY + 2 * self.HOUR) == 0

    def test_so_is_who_is_due(self, week, monkeypatch):
        self.is_slow(monkeypatch, "_due")
        assert send_digest(MONDAY + self.HOUR) == 2
        body = outbox(channel="email")[0].body
        assert "How many are to be called couldn't be counted in time: please see the report." in body
        assert "Recalls by text and email: 2, answered: 0" in body


def test_next_week_it_goes_again(week):
    send_digest(MONDAY)
    assert send_digest(MONDAY + timedelta(weeks=1)) == 2


def test_switched_off_it_doesnt_go(week):
    set_recall_policy({"sends_digest": False}, now=MONDAY)
    assert send_digest(MONDAY) == 0
    assert outbox() == []
