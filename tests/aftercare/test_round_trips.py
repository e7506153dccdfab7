"""What a session changes among its messages is written in one round trip, however many messages there are."""

from datetime import timedelta

import pytest

from aftercare.models import CareMessage, Plan
from aftercare.services.plans import starting
from notifications.models import Message
from notifications.services import Draft, claim_due, schedule
from scheduling import services as scheduling
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox
from tests.wire import round_trips

HOUR = timedelta(hours=1)
OURS = ("aftercare_plan", "aftercare_caremessage", "notifications_message")


def writes(trips: list[str]) -> list[str]:
    """Those in which something of ours is written."""
    ways = [f"{verb} {table}" for verb in ("INSERT INTO", "UPDATE") for table in OURS]
    return [trip for trip in trips if any(way in trip.replace('"', "") for way in ways)]


@pytest.fixture
def booked(clinic):
    return clinic.book(clinic.consents(clinic.ana))


def queue_more(appointment, up_to: int) -> None:
    """As many queued messages about the appointment as that."""
    now = TODAY + HOUR
    drafts = [
        Draft(f"more-{number}", "sms", "+12125550101", "Hello.", now + HOUR, now + 2 * HOUR) for number in range(up_to - len(outbox()))
    ]
    for message in schedule(drafts, now=now):
        CareMessage.objects.create(
            patient=appointment.patient, appointment=appointment, kind="reminder", channel="sms", planned_for=now, message=message
        )
    assert len(outbox()) == up_to


class TestPlanning:
    def test_a_plan_its_messages_and_its_lines_are_one_round_trip(self, booked):
        with round_trips() as trips:
            scheduling.complete(booked, now=FIRST + HOUR)
        back, plan = writes(trips)
        assert "'the session is completed'" in back
        assert all(f"INSERT INTO {table}" in plan for table in OURS)
        assert (len(outbox()), len(ledger(plan=Plan.objects.get()))) == (32, 32)

    def test_control_written_the_usual_way_it_would_be_three(self, booked, monkeypatch):
        def write(lines, patient, *, appointment, plan, now):
            plan.save(force_insert=True)
            drafts = [line.draft for line in lines]
            messages = Message.objects.bulk_create(
                Message(dedupe_key=draft.dedupe_key, due_at=now, send_at=draft.send_at, expires_at=draft.expires_at) for draft in drafts
            )
            CareMessage.objects.bulk_create(
                CareMessage(patient=patient, appointment=appointment, plan=plan, planned_for=now, message=message) for message in messages
            )

        monkeypatch.setattr("aftercare.services.telling.tellings.write", write)
        with round_trips() as trips:
            scheduling.complete(booked, now=FIRST + HOUR)
        assert len(writes(trips)) == 1 + 3

    def test_the_plans_number_is_its_own(self, booked):
        scheduling.complete(booked, now=FIRST + HOUR)
        plan = Plan.objects.get()
        assert plan.pk < starting.next_plan_number()
        assert {message.dedupe_key.split("-")[1] for message in outbox()} == {str(plan.pk)}

    def test_a_session_whose_protocol_says_nothing_has_a_plan_all_the_same(self, booked, monkeypatch):
        monkeypatch.setattr(starting, "expand", lambda *args: [])
        scheduling.complete(booked, now=FIRST + HOUR)
        assert Plan.objects.get().appointment == booked
        assert outbox() == []

    def test_the_ledgers_lines_are_in_the_order_of_the_plan(self, booked):
        scheduling.complete(booked, now=FIRST + HOUR)
        lines = CareMessage.objects.filter(plan__isnull=False).order_by("pk").select_related("message")
        assert [line.planned_for for line in lines] == sorted(line.planned_for for line in lines)
        assert all((line.message.send_at, line.message.channel) == (line.planned_for, line.channel) for line in lines)


class TestTakingBack:
    def test_moving_an_appointment_takes_thirty_messages_back_in_one_statement(self, booked):
        queue_more(booked, 30)
        with round_trips() as trips:
            scheduling.move(booked, starts_at=at("2026-11-04"), now=TODAY + HOUR)
        back, told = writes(trips)
        assert "'the appointment was moved'" in back
        assert "INSERT INTO aftercare_caremessage" in told
        assert (len(outbox("cancelled")), len(outbox())) == (30, 3)

    def test_so_does_cancelling_it(self, booked):
        queue_more(booked, 30)
        with round_trips() as trips:
            scheduling.cancel(booked, reason="ill", now=TODAY + HOUR)
        assert len(writes(trips)) == 1
        assert (len(outbox("cancelled")), len(outbox())) == (30, 0)

    def test_what_is_being_sent_is_worthless_from_now_on_and_nothing_else_is_touched(self, clinic, booked):
        """Both in that one statement: the confirmation is on its way, the reminders wait, and Ben has nothing to do with it."""
        clinic.book(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
        bens = Message.objects.filter(reference=f"patient-{clinic.ben.pk}")
        bens.update(send_at=TODAY + HOUR)
        before = list(bens.values())
        claim_due(now=TODAY)
        (sending,) = Message.objects.filter(status="sending")
        scheduling.cancel(booked, reason="ill", now=TODAY + HOUR)
        sending.refresh_from_db()
        assert (sending.status, sending.reason) == ("sending", "")
        assert sending.expires_at == sending.send_at + timedelta(microseconds=1)
        assert [message.reason for message in outbox("cancelled")] == ["the appointment is cancelled"] * 2
        assert list(bens.values()) == before
