"""Arrive, complete, reopen, cancel, no-show: only along the arrows, and judged on the row as it is."""

from datetime import date, timedelta

import pytest

from scheduling import services
from scheduling.domain.states import ARROWS, Status
from scheduling.errors import BookingRefused, IllegalMove
from scheduling.models import Appointment
from tests.clinic_world import FIRST, TODAY, Clinic, at, outbox

END = FIRST + timedelta(hours=1)

STEPS = {
    Status.BOOKED: lambda appointment: services.undo_arrival(appointment, now=FIRST),
    Status.ARRIVED: lambda appointment: services.arrive(appointment, now=FIRST),
    Status.FULFILLED: lambda appointment: services.complete(appointment, now=END),
    Status.CANCELLED: lambda appointment: services.cancel(appointment, reason="she called", now=FIRST),
    Status.NOSHOW: lambda appointment: services.mark_no_show(appointment, now=END),
}

# From completed back to arrived leads `reopen`, not `arrive`.
TAKEN_BY_ITS_STEP = ARROWS | {Status.FULFILLED: frozenset()}


def appointment_that_is(clinic: Clinic, status: Status) -> Appointment:
    booked = clinic.book(clinic.ana, FIRST)
    completed_at = END if status is Status.FULFILLED else None
    Appointment.objects.filter(pk=booked.pk).update(status=status.value, completed_at=completed_at)
    return Appointment.objects.get(pk=booked.pk)


@pytest.mark.parametrize(
    ("status", "target"), [(status, target) for status in Status for target in STEPS if target not in TAKEN_BY_ITS_STEP[status]]
)
def test_an_illegal_step_is_refused_and_changes_nothing(clinic, status, target):
    appointment = appointment_that_is(clinic, status)
    before = Appointment.objects.values().get()
    with pytest.raises(IllegalMove) as refusal:
        STEPS[target](appointment)
    labels = {status.value: Appointment(status=status.value).get_status_display() for status in Status}
    said = f"This appointment is {labels[status.value]}, so it can't become {labels[target.value]}."
    if (status, target) == (Status.ARRIVED, Status.NOSHOW):
        said = "The patient was checked in. If that was a mistake, press “Not here yet” first, and then “No-show”."
    assert str(refusal.value) == said
    assert refusal.value.code == "illegal_move"
    assert Appointment.objects.values().get() == before


@pytest.mark.parametrize(
    ("status", "target"), [(status, target) for status in Status for target in STEPS if target in TAKEN_BY_ITS_STEP[status]]
)
def test_a_legal_step_is_taken(clinic, status, target):
    STEPS[target](appointment_that_is(clinic, status))
    assert Appointment.objects.get().status == target.value


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.CANCELLED, Status.NOSHOW, Status.ENTERED_IN_ERROR])
def test_what_is_treated_or_closed_cant_be_moved(clinic, status):
    appointment = appointment_that_is(clinic, status)
    with pytest.raises(IllegalMove) as refusal:
        services.move(appointment, starts_at=FIRST + timedelta(days=1), now=TODAY)
    assert str(refusal.value) == f"This appointment is {appointment.get_status_display()}, so it can't be moved."
    assert Appointment.objects.get().starts_at == FIRST


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.FULFILLED])
def test_only_a_completed_appointment_can_be_reopened(clinic, status):
    appointment = appointment_that_is(clinic, status)
    with pytest.raises(IllegalMove, match="Only a completed appointment can be reopened"):
        services.reopen(appointment, now=END)
    assert Appointment.objects.get().status == status.value


class TestCompleting:
    def test_now_on_the_day_itself(self, clinic):
        arrived = services.arrive(clinic.book(clinic.ana), now=FIRST)
        completed = services.complete(arrived, now=FIRST + timedelta(minutes=55))
        assert (completed.status, completed.completed_at) == ("fulfilled", FIRST + timedelta(minutes=55))

    def test_at_the_planned_end_when_it_is_marked_the_next_day(self, clinic):
        completed = services.complete(clinic.book(clinic.ana), now=END + timedelta(days=1))
        assert (completed.completed_at, completed.status_at) == (END, END + timedelta(days=1))

    def test_at_the_end_that_is_given(self, clinic):
        completed = services.complete(clinic.book(clinic.ana), completed_at=END - timedelta(minutes=10), now=END)
        assert completed.completed_at == END - timedelta(minutes=10)

    @pytest.mark.parametrize(
        ("completed_at", "now", "sentence"),
        [
            (END + timedelta(minutes=1), END, "A session can't be completed before it is over. Please check the end time."),
            (None, FIRST - timedelta(days=1), "A session can't be completed before it is over. Please check the end time."),
            (FIRST - timedelta(minutes=1), END, "The end of the session can't be before its start. Please check the end time."),
            (
                None,
                FIRST - timedelta(minutes=5),
                "This session hasn't started yet. If it was brought forward, mark the patient as arrived, then complete it.",
            ),
        ],
    )
    def test_not_in_the_future_and_not_before_its_start(self, clinic, completed_at, now, sentence):
        booked = clinic.book(clinic.ana)
        with pytest.raises(IllegalMove) as refusal:
            services.complete(booked, completed_at=completed_at, now=now)
        assert str(refusal.value) == sentence
        booked.refresh_from_db()
        assert (booked.status, booked.completed_at) == ("booked", None)

    def test_brought_forward_it_ends_before_its_booked_start(self, clinic):
        arrived = services.arrive(clinic.book(clinic.ana), now=FIRST - timedelta(hours=2))
        completed = services.complete(arrived, now=FIRST - timedelta(hours=1))
        assert (completed.status, completed.completed_at) == ("fulfilled", FIRST - timedelta(hours=1))

    def test_entered_later_it_may_have_ended_once_she_had_arrived(self, clinic):
        arrived = services.arrive(clinic.book(clinic.ana), now=FIRST - timedelta(hours=2))
        with pytest.raises(IllegalMove, match="can't be before its start"):
            services.complete(arrived, completed_at=FIRST - timedelta(hours=2, minutes=1), now=END)
        completed = services.complete(arrived, completed_at=FIRST - timedelta(hours=1), now=END)
        assert completed.completed_at == FIRST - timedelta(hours=1)

    def test_not_on_the_day_before_even_so(self, clinic):
        arrived = services.arrive(clinic.book(clinic.ana), now=FIRST - timedelta(hours=2))
        with pytest.raises(IllegalMove, match="can't be before its start"):
            services.complete(arrived, completed_at=FIRST - timedelta(days=1), now=FIRST - timedelta(hours=1))
        arrived.refresh_from_db()
        assert (arrived.status, arrived.completed_at) == ("arrived", None)

    def test_it_is_the_row_that_counts_not_what_the_caller_once_read(self, clinic):
        """Somebody completes from an old page a session that a colleague has moved to next week."""
        as_read = clinic.book(clinic.ana, FIRST)
        services.move(as_read, starts_at=FIRST + timedelta(days=7), now=TODAY)
        with pytest.raises(IllegalMove):
            services.complete(as_read, now=END)
        with pytest.raises(IllegalMove):
            services.mark_no_show(as_read, now=END)
        assert Appointment.objects.get().status == "booked"

    def test_reopening_what_the_caller_still_holds_as_booked(self, clinic):
        as_read = clinic.book(clinic.ana, FIRST)
        services.complete(as_read, now=END)
        assert services.reopen(as_read, now=END).status == "arrived"


def test_reopened_and_completed_again(clinic):
    completed = services.complete(clinic.book(clinic.ana), now=END)
    reopened = services.reopen(completed, now=END + timedelta(minutes=5))
    assert (reopened.status, reopened.completed_at) == ("arrived", None)
    again = services.complete(reopened, completed_at=END - timedelta(minutes=5), now=END + timedelta(minutes=6))
    assert (again.status, again.completed_at) == ("fulfilled", END - timedelta(minutes=5))


class TestArrivedByMistake:
    def test_she_isnt_here_yet(self, clinic, django_user_model):
        desk = django_user_model.objects.create_user("desk")
        arrived = services.arrive(clinic.book(clinic.ana), now=FIRST)
        back = services.undo_arrival(arrived, by=desk, now=FIRST + timedelta(minutes=2))
        assert (back.status, back.status_by, back.status_at) == ("booked", desk, FIRST + timedelta(minutes=2))

    def test_and_then_she_comes_or_doesnt(self, clinic):
        booked = clinic.book(clinic.ana)
        services.undo_arrival(services.arrive(booked, now=FIRST), now=FIRST)
        assert services.arrive(booked, now=FIRST).status == "arrived"
        services.undo_arrival(booked, now=FIRST)
        assert services.mark_no_show(booked, now=FIRST + timedelta(minutes=20)).status == "noshow"

    def test_what_was_to_be_told_about_the_appointment_still_is(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana))
        before = outbox()
        services.undo_arrival(services.arrive(booked, now=FIRST), now=FIRST)
        assert outbox() == before


class TestNoShow:
    def test_nobody_has_missed_what_hasnt_started(self, clinic):
        booked = clinic.book(clinic.ana)
        with pytest.raises(IllegalMove) as refusal:
            services.mark_no_show(booked, now=FIRST - timedelta(minutes=1))
        assert str(refusal.value) == "The appointment hasn't started yet, so nobody has missed it. Cancel it instead."
        booked.refresh_from_db()
        assert booked.status == "booked"

    def test_she_comes_after_all(self, clinic):
        missed = services.mark_no_show(clinic.book(clinic.ana), now=FIRST + timedelta(minutes=20))
        assert services.arrive(missed, now=FIRST + timedelta(minutes=25)).status == "arrived"

    def test_she_comes_after_all_but_the_room_was_given_away(self, clinic):
        missed = services.mark_no_show(clinic.book(clinic.ana), now=FIRST + timedelta(minutes=20))
        late = FIRST + timedelta(minutes=20)
        clinic.book(clinic.ben, late, practitioner=clinic.eli, now=late)
        with pytest.raises(BookingRefused) as refusal:
            services.arrive(missed, now=FIRST + timedelta(minutes=25))
        assert refusal.value.code == "room_busy"
        assert str(refusal.value) == ("Room 1 is taken from 1:20 PM to 2:35 PM on November 3, 2026, turnaround included.")
        missed.refresh_from_db()
        assert missed.status == "noshow"

    def test_she_comes_after_all_but_has_another_session_in_the_meantime(self, clinic):
        missed = services.mark_no_show(clinic.book(clinic.ana), now=FIRST + timedelta(minutes=20))
        clinic.book(clinic.ana, FIRST + timedelta(days=2), now=FIRST + timedelta(minutes=21))
        with pytest.raises(BookingRefused) as refusal:
            services.arrive(missed, now=FIRST + timedelta(minutes=25))
        assert refusal.value.code == "too_soon"
        assert refusal.value.earliest == date(2026, 12, 3)


def test_a_cancellation_keeps_its_reason_and_who_did_it(clinic, django_user_model):
    desk = django_user_model.objects.create_user("desk")
    cancelled = services.cancel(clinic.book(clinic.ana), reason="she has a cold", by=desk, now=TODAY)
    assert (cancelled.status_reason, cancelled.status_by, cancelled.status_at) == ("she has a cold", desk, TODAY)


def test_what_is_said_about_an_appointment_in_a_log_names_nobody(clinic):
    assert str(clinic.book(clinic.ana, at("2026-11-03"))) == f"Tue, Nov 3, 2026, 1:00 PM, patient {clinic.ana.pk}"
