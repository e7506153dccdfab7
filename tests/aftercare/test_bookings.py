"""What a patient hears about her appointments: it changes in the transaction that changes them."""

from datetime import timedelta

import pytest
from django.db import transaction
from freezegun import freeze_time

from notifications.models import Message
from notifications.services import dispatch
from scheduling import services as scheduling
from scheduling.errors import BookingRefused
from scheduling.models import Appointment
from tests.clinic_world import FIRST, TODAY, at, ledger, local, outbox

HOUR = timedelta(hours=1)
PHONE = "(212) 555-0100"


@pytest.fixture(autouse=True)
def _ana_agreed(clinic):
    clinic.consents(clinic.ana)


def queued() -> list[tuple[str, str]]:
    return [(local(message.send_at), message.body) for message in outbox()]


class TestBooking:
    def test_a_confirmation_at_once_and_reminders_48_and_3_hours_before(self, clinic):
        clinic.book(clinic.ana, FIRST)
        assert queued() == [
            (
                "Mon 26 Oct 09:00",
                f"Maple Street Clinic: you are booked for Tue, Nov 3 at 1:00 PM. To change it, call {PHONE}. Reply STOP to opt out.",
            ),
            ("Sun 1 Nov 13:00", f"Maple Street Clinic: see you Tue, Nov 3 at 1:00 PM. If you can't come, please call {PHONE}."),
            ("Tue 3 Nov 10:00", f"Maple Street Clinic: see you Tue, Nov 3 at 1:00 PM. If you can't come, please call {PHONE}."),
        ]
        assert [line.kind for line in ledger()] == ["confirmation", "reminder", "reminder"]
        assert all(message.quiet_from and message.expires_at <= FIRST for message in outbox())

    def test_a_session_at_nine_is_reminded_of_at_eight_the_evening_before(self, clinic):
        clinic.book(clinic.ana, at("2026-11-03", "09:00"))
        assert [when for when, _ in queued()] == ["Mon 26 Oct 09:00", "Sun 1 Nov 09:00", "Mon 2 Nov 20:00"]

    def test_booked_shortly_before_only_what_is_still_ahead(self, clinic):
        clinic.book(clinic.ana, FIRST, now=FIRST - 24 * HOUR)
        assert [when for when, _ in queued()] == ["Mon 2 Nov 13:00", "Tue 3 Nov 10:00"]

    def test_booked_for_the_same_hour_only_the_confirmation(self, clinic):
        clinic.book(clinic.ana, FIRST, now=FIRST - HOUR)
        assert [line.kind for line in ledger()] == ["confirmation"]

    def test_a_walk_in_needs_no_confirmation(self, clinic):
        clinic.book(clinic.ana, FIRST, now=FIRST + timedelta(minutes=5))
        assert ledger() == []
        assert not Message.objects.exists()

    def test_in_spanish(self, clinic):
        clinic.ana.language = "es"
        clinic.ana.save()
        clinic.book(clinic.ana, FIRST)
        assert (
            queued()[0][1] == f"Maple Street Clinic: su cita es el mar 3 nov, 1:00 PM. Para cambiarla, llame al {PHONE}. STOP para salir."
        )
        assert queued()[1][1] == f"Maple Street Clinic: le esperamos el mar 3 nov, 1:00 PM. Si no puede venir, llame al {PHONE}."

    def test_the_time_is_the_clinics_wherever_she_lives(self, clinic):
        clinic.ana.time_zone = "America/Los_Angeles"
        clinic.ana.save()
        clinic.book(clinic.ana, FIRST)
        assert "Tue, Nov 3 at 1:00 PM" in queued()[0][1]

    def test_by_email_where_she_agreed_to_that_only(self, clinic):
        clinic.consents(clinic.ben, "email")
        clinic.book(clinic.ben, FIRST)
        email = outbox()[0]
        assert (email.channel, email.subject) == ("email", "You are booked for Tue, Nov 3")
        assert "at Maple Street Clinic, 1 Maple Street, New York." in email.body

    def test_without_consent_the_ledger_says_why_she_hears_nothing(self, clinic):
        clinic.book(clinic.chloe, FIRST)
        assert [(line.kind, line.message, line.reason) for line in ledger()] == [
            ("confirmation", None, "no consent for texts or emails"),
            *[("reminder", None, "no consent for texts or emails")] * 2,
        ]
        assert not Message.objects.exists()

    def test_a_refusal_tells_nobody_anything(self, clinic):
        clinic.book(clinic.ana, FIRST)
        before = queued()
        with pytest.raises(BookingRefused):
            clinic.book(clinic.ana, FIRST + timedelta(days=27))
        assert queued() == before

    def test_a_booking_that_is_rolled_back_tells_nobody_anything(self, clinic):
        def book_and_fail():
            with transaction.atomic():
                clinic.book(clinic.ana, FIRST)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            book_and_fail()
        assert not Message.objects.exists()
        assert not Appointment.objects.exists()


class TestMoving:
    def test_the_old_times_messages_go_and_the_new_time_has_its_own(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        dispatch(now=TODAY)
        scheduling.move(booked, starts_at=at("2026-11-05", "15:00"), now=TODAY + HOUR)
        assert [when for when, _ in queued()] == ["Mon 26 Oct 10:00", "Tue 3 Nov 15:00", "Thu 5 Nov 12:00"]
        assert queued()[0][1].startswith("Maple Street Clinic: your session is moved to Thu, Nov 5 at 3:00 PM.")
        assert {message.reason for message in outbox("cancelled")} == {"the appointment was moved"}
        assert len(outbox("cancelled")) == 2

    def test_what_she_never_heard_of_isnt_moved_but_confirmed(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        scheduling.move(booked, starts_at=at("2026-11-05", "15:00"), now=TODAY + HOUR)
        assert queued()[0][1].startswith("Maple Street Clinic: you are booked for Thu, Nov 5 at 3:00 PM.")
        assert len(outbox("cancelled")) == 3
        dispatch(now=TODAY + HOUR)
        scheduling.move(booked, starts_at=at("2026-11-06", "15:00"), now=TODAY + 2 * HOUR)
        assert queued()[0][1].startswith("Maple Street Clinic: your session is moved to Fri, Nov 6 at 3:00 PM.")

    def test_the_news_of_a_move_stays_that_in_her_new_language(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        dispatch(now=TODAY)
        scheduling.move(booked, starts_at=at("2026-11-05", "15:00"), now=TODAY + HOUR)
        with freeze_time(TODAY + HOUR):
            clinic.ana.language = "es"
            clinic.ana.save()
        assert queued()[0][1].startswith("Maple Street Clinic: su cita pasa al jue 5 nov, 3:00 PM.")

    def test_another_room_at_the_same_time_is_no_news(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        before = queued()
        scheduling.move(booked, starts_at=FIRST, room=clinic.other_room, now=TODAY)
        assert queued() == before

    def test_moved_there_and_back_again(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        scheduling.move(booked, starts_at=FIRST + timedelta(days=1), now=TODAY)
        scheduling.move(booked, starts_at=FIRST, now=TODAY)
        assert [when for when, _ in queued()] == ["Mon 26 Oct 09:00", "Sun 1 Nov 13:00", "Tue 3 Nov 10:00"]
        assert len(outbox("cancelled")) == 6

    def test_a_move_that_is_refused_leaves_her_messages_as_they_are(self, clinic):
        clinic.book(clinic.ben, FIRST + 3 * HOUR)
        booked = clinic.book(clinic.ana, FIRST)
        before = queued()
        with pytest.raises(BookingRefused):
            scheduling.move(booked, starts_at=FIRST + 3 * HOUR, now=TODAY)
        assert queued() == before
        assert outbox("cancelled") == []

    def test_the_first_text_says_how_to_stop_even_when_the_very_first_was_taken_back(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        scheduling.move(booked, starts_at=FIRST + timedelta(days=1), now=TODAY)
        assert "Reply STOP to opt out." in queued()[0][1]


class TestCancelling:
    def test_what_she_never_heard_of_goes_without_a_word(self, clinic):
        scheduling.cancel(clinic.book(clinic.ana, FIRST), reason="typed twice", now=TODAY)
        assert queued() == []
        assert {message.reason for message in outbox("cancelled")} == {"the appointment is cancelled"}
        assert "cancellation" not in {line.kind for line in ledger()}

    def test_what_she_had_heard_of_is_called_off(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        dispatch(now=TODAY)
        scheduling.cancel(booked, reason="Dana is ill", now=TODAY + HOUR)
        assert queued() == [
            (
                "Mon 26 Oct 10:00",
                f"Maple Street Clinic: your session on Tue, Nov 3 at 1:00 PM is cancelled. For a new time, call {PHONE}.",
            )
        ]
        assert dispatch(now=TODAY + HOUR).accepted == 1

    def test_no_show_and_what_is_over_are_not_called_off(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        dispatch(now=TODAY)
        scheduling.mark_no_show(booked, now=FIRST + HOUR)
        assert queued() == []

    @pytest.mark.parametrize("status", ["sending", "uncertain"])
    def test_what_is_on_its_way_out_is_not_tried_again_afterwards(self, clinic, status):
        """The provider was busy just when the appointment was cancelled: “you are booked” must not follow “it is cancelled”."""
        from notifications.channels import Outcome
        from notifications.domain.states import Verdict
        from notifications.services import claim_due, reconcile
        from notifications.services.recording import record

        booked = clinic.book(clinic.ana, FIRST)
        claimed = claim_due(now=TODAY).to_send
        if status == "uncertain":
            record(claimed, [Outcome(Verdict.UNCERTAIN)], now=TODAY)
        scheduling.cancel(booked, reason="ill", now=TODAY + timedelta(seconds=5))
        if status == "sending":
            record(claimed, [Outcome(Verdict.REFUSED_FOR_NOW)], now=TODAY + timedelta(seconds=6))
        for minute in (2, 12, 24):
            reconcile(now=TODAY + timedelta(minutes=minute))
        dispatch(now=TODAY + HOUR)
        confirmation = Message.objects.get(pk=claimed[0].message_id)
        assert (confirmation.status, confirmation.attempts) == ("expired", 1)
        assert "is cancelled" in Message.objects.get(status="accepted").body
