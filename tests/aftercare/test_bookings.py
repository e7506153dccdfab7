"""What a patient hears about her appointments: it changes in the transaction that changes them."""

from datetime import timedelta

import pytest
from django.db import transaction

from aftercare.models import CareMessage
from aftercare.services import tell_by_email
from notifications.models import Message
from notifications.services import dispatch
from scheduling import services as scheduling
from scheduling.errors import BookingRefused
from scheduling.models import Appointment, Move
from tests.clinic_world import FIRST, TODAY, at, ledger, local, outbox
from tests.clock import freeze_time

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PHONE = "(212) 555-0100"
HOW = f"Reply C to confirm, R to move it, or call {PHONE}."


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
                f"Maple Street Clinic: you are booked for Tue, Nov 3 at 1:00 PM. {HOW} Reply STOP to opt out.",
            ),
            ("Sun 1 Nov 13:00", f"Maple Street Clinic: see you Tue, Nov 3 at 1:00 PM. {HOW}"),
            ("Tue 3 Nov 10:00", f"Maple Street Clinic: see you Tue, Nov 3 at 1:00 PM. {HOW}"),
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
        confirmation, reminder, _ = [body.removeprefix("Maple Street Clinic: ") for _, body in queued()]
        how = f"Responda C para confirmar, R para cambiarla o llame al {PHONE}."
        assert confirmation == f"su cita es el mar 3 nov, 1:00 PM. {how} Responda STOP para salir."
        assert reminder == f"le esperamos el mar 3 nov, 1:00 PM. {how.replace('cambiarla', 'cambiar la cita')}"

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
        assert [when for when, _ in queued()] == ["Mon 26 Oct 10:03", "Tue 3 Nov 15:00", "Thu 5 Nov 12:00"]
        assert queued()[0][1].startswith("Maple Street Clinic: your session is moved to Thu, Nov 5 at 3:00 PM.")
        assert {message.reason for message in outbox("cancelled")} == {"the appointment was moved"}
        assert len(outbox("cancelled")) == 2

    def test_what_she_never_heard_of_isnt_moved_but_confirmed(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        scheduling.move(booked, starts_at=at("2026-11-05", "15:00"), now=TODAY + HOUR)
        assert queued()[0][1].startswith("Maple Street Clinic: you are booked for Thu, Nov 5 at 3:00 PM.")
        assert len(outbox("cancelled")) == 3
        dispatch(now=TODAY + HOUR + 3 * MINUTE)
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

    @pytest.mark.parametrize(("first", "says_it_again"), [("undelivered", True), ("accepted", False)])
    def test_nor_has_she_read_it_where_that_text_couldnt_be_delivered(self, clinic, first, says_it_again):
        booked = clinic.book(clinic.ana, FIRST)
        Message.objects.filter(caremessage__kind="confirmation").update(status=first)
        scheduling.move(booked, starts_at=FIRST + timedelta(days=1), now=TODAY)
        assert ("Reply STOP to opt out." in queued()[0][1]) is says_it_again


class TestWhatIsNewsToHer:
    """It hangs on what she last heard, and nothing goes out for three minutes."""

    THERE = at("2026-11-05", "15:00")

    @pytest.fixture
    def heard(self, clinic) -> Appointment:
        booked = clinic.book(clinic.ana, FIRST)
        dispatch(now=TODAY)
        return booked

    def move(self, booked: Appointment, starts_at, now) -> Move:
        [move] = scheduling.make_moves(scheduling.Change(booked, starts_at), by=None, now=now)
        return move

    def test_nothing_goes_out_for_three_minutes_and_then_the_news_does(self, heard):
        self.move(heard, self.THERE, TODAY + HOUR)
        assert dispatch(now=TODAY + HOUR + 3 * MINUTE - timedelta(seconds=1)).accepted == 0
        assert dispatch(now=TODAY + HOUR + 3 * MINUTE).accepted == 1

    def test_taken_back_she_is_told_nothing_and_reminded_as_before(self, heard):
        before = queued()
        scheduling.undo_move(self.move(heard, self.THERE, TODAY + HOUR), now=TODAY + HOUR + MINUTE)
        assert queued() == before
        assert [line.key for line in ledger(kind="confirmation")] == [f"appointment-{heard.pk}-{n}-confirmation" for n in (0, 1)]

    def test_dragged_back_by_hand_it_is_the_same(self, heard):
        before = queued()
        self.move(heard, self.THERE, TODAY + HOUR)
        self.move(heard, FIRST, TODAY + HOUR + MINUTE)
        assert queued() == before

    def test_two_moves_within_three_minutes_are_one_message_about_the_last(self, heard):
        self.move(heard, self.THERE, TODAY + HOUR)
        self.move(heard, self.THERE + HOUR, TODAY + HOUR + 2 * MINUTE)
        assert dispatch(now=TODAY + HOUR + 4 * MINUTE).accepted == 0
        dispatch(now=TODAY + 2 * HOUR)
        assert [message.body for message in outbox("accepted")][1:] == [
            f"Maple Street Clinic: your session is moved to Thu, Nov 5 at 4:00 PM. {HOW}"
        ]

    def test_moved_back_once_she_has_heard_of_it_is_news_again(self, heard):
        self.move(heard, self.THERE, TODAY + HOUR)
        dispatch(now=TODAY + 2 * HOUR)
        self.move(heard, FIRST, TODAY + 3 * HOUR)
        assert queued()[0] == (
            "Mon 26 Oct 12:03",
            f"Maple Street Clinic: your session is moved to Tue, Nov 3 at 1:00 PM. {HOW}",
        )

    @pytest.mark.parametrize("status", ["sending", "uncertain"])
    def test_what_she_may_not_have_heard_is_said_again(self, heard, status):
        Message.objects.filter(status="accepted").update(status=status)
        scheduling.undo_move(self.move(heard, self.THERE, TODAY + MINUTE), now=TODAY + 2 * MINUTE)
        assert queued()[0][0] == "Mon 26 Oct 09:05"
        assert "you are booked for Tue, Nov 3 at 1:00 PM" in queued()[0][1]

    def test_never_confirmed_it_is_confirmed_where_it_is_in_the_end(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        scheduling.undo_move(self.move(booked, self.THERE, TODAY), now=TODAY + MINUTE)
        assert [when for when, _ in queued()] == ["Mon 26 Oct 09:04", "Sun 1 Nov 13:00", "Tue 3 Nov 10:00"]
        assert "you are booked for Tue, Nov 3" in queued()[0][1]

    def test_a_reminder_that_fell_due_while_it_was_elsewhere_goes_out_when_it_is_back(self, heard):
        due_at = FIRST - 48 * HOUR
        move = self.move(heard, self.THERE, due_at - MINUTE)
        assert dispatch(now=due_at).accepted == 0
        scheduling.undo_move(move, now=due_at + MINUTE)
        assert [when for when, _ in queued()] == ["Sun 1 Nov 13:01", "Tue 3 Nov 10:00"]
        assert dispatch(now=due_at + MINUTE).accepted == 1

    def test_no_reminder_overtakes_the_news(self, heard):
        """It would tell her of a move that can still be taken back."""
        now = FIRST - 48 * HOUR
        self.move(heard, FIRST + 2 * MINUTE, now)
        assert [when for when, _ in queued()] == ["Sun 1 Nov 13:03", "Tue 3 Nov 10:02"]

    def test_moved_to_within_three_minutes_nobody_is_told(self, heard):
        self.move(heard, FIRST - HOUR, FIRST - HOUR - 2 * MINUTE)
        assert queued() == []

    def test_sessions_that_went_along_are_told_as_well(self, clinic, heard):
        later = clinic.book(clinic.ana, at("2026-12-01"))
        dispatch(now=TODAY)
        scheduling.move(heard, starts_at=at("2026-11-10"), along=[scheduling.Change(later, at("2026-12-08"))], now=TODAY + HOUR)
        news = [(when, body.partition(": ")[2][:53]) for when, body in queued() if "moved" in body]
        assert sorted(news) == [
            ("Mon 26 Oct 10:03", "your session is moved to Tue, Dec 8 at 1:00 PM. Reply"),
            ("Mon 26 Oct 10:03", "your session is moved to Tue, Nov 10 at 1:00 PM. Repl"),
        ]
        assert len(queued()) == 6

    def test_another_language_meanwhile_doesnt_bring_it_forward(self, clinic, heard):
        move = self.move(heard, self.THERE, TODAY + HOUR)
        with freeze_time(TODAY + HOUR + MINUTE):
            clinic.ana.language = "es"
            clinic.ana.save()
        assert queued()[0][0] == "Mon 26 Oct 10:03"
        assert queued()[0][1].startswith("Maple Street Clinic: su cita pasa al jue 5 nov, 3:00 PM.")
        scheduling.undo_move(move, now=TODAY + HOUR + 2 * MINUTE)
        assert [when for when, _ in queued()] == ["Sun 1 Nov 13:00", "Tue 3 Nov 10:00"]

    def test_back_at_what_she_knows_a_change_of_language_tells_her_nothing_either(self, clinic, heard):
        scheduling.undo_move(self.move(heard, self.THERE, TODAY + HOUR), now=TODAY + HOUR + MINUTE)
        with freeze_time(TODAY + 2 * HOUR):
            clinic.ana.language = "es"
            clinic.ana.save()
        assert [when for when, _ in queued()] == ["Sun 1 Nov 13:00", "Tue 3 Nov 10:00"]
        assert all("le esperamos" in body for _, body in queued())

    def test_news_that_cant_be_delivered_goes_by_email(self, clinic, heard):
        self.move(heard, self.THERE, TODAY + HOUR)
        dispatch(now=TODAY + HOUR + 3 * MINUTE)
        news = CareMessage.objects.get(key=f"appointment-{heard.pk}-1-confirmation")
        Message.objects.filter(pk=news.message_id).update(status="undelivered")
        tell_by_email(TODAY + HOUR + 4 * MINUTE)
        [email] = outbox(channel="email")
        assert email.subject == "Your session is moved to Thu, Nov 5"

    def test_cancelled_before_she_heard_of_the_move_what_is_called_off_is_the_time_that_she_knows(self, heard):
        self.move(heard, self.THERE, TODAY + HOUR)
        scheduling.cancel(heard, reason="ill", now=TODAY + HOUR + MINUTE)
        [(_, body)] = queued()
        assert body.startswith("Maple Street Clinic: your session on Tue, Nov 3 at 1:00 PM is cancelled.")

    def test_cancelled_after_news_that_couldnt_be_delivered_too(self, heard):
        self.move(heard, self.THERE, TODAY + HOUR)
        dispatch(now=TODAY + HOUR + 3 * MINUTE)
        Message.objects.filter(caremessage__key=f"appointment-{heard.pk}-1-confirmation").update(status="undelivered")
        scheduling.cancel(heard, reason="ill", now=TODAY + 2 * HOUR)
        [(_, body)] = queued()
        assert body.startswith("Maple Street Clinic: your session on Tue, Nov 3 at 1:00 PM is cancelled.")

    def test_without_a_way_to_reach_her_the_ledger_says_so(self, clinic):
        booked = clinic.book(clinic.chloe, FIRST)
        self.move(booked, self.THERE, TODAY + HOUR)
        line = CareMessage.objects.get(key=f"appointment-{booked.pk}-1-confirmation")
        assert (line.message, line.reason) == (None, "no consent for texts or emails")


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

    def test_moved_at_night_to_an_early_hour_and_cancelled_the_time_that_she_knows_is_called_off(self, clinic):
        """The early hour is over before anybody may be texted; her own is a week away."""
        booked = clinic.book(clinic.ana, FIRST)
        dispatch(now=TODAY)
        night = at("2026-10-26", "21:30")
        scheduling.move(booked, starts_at=at("2026-10-27", "07:30"), now=night)
        scheduling.cancel(booked, reason="a slip", now=night + MINUTE)
        assert dispatch(now=at("2026-10-27", "08:00")).accepted == 1
        last = Message.objects.filter(status="accepted").latest("pk")
        assert last.body == f"Maple Street Clinic: your session on Tue, Nov 3 at 1:00 PM is cancelled. For a new time, call {PHONE}."

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
