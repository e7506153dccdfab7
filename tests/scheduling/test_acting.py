"""Acting on the report: a call is logged, somebody is snoozed, or put back on the list."""

from datetime import date, timedelta
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from scheduling import services
from scheduling.domain import lots
from scheduling.domain.outcomes import OF_A_CALL, Outcome
from scheduling.errors import NothingToRecall
from scheduling.models import Appointment, Patient, RecallAction, Standing
from scheduling.reports import maintenance_due
from scheduling.services import Snoozed, booking, differences
from scheduling.services.recalls import acting
from scheduling.signals import taken_off_the_list
from tests.clinic_world import FIRST, WEEK, Clinic, at, wait_until, waiting_for_a_lock

NOW = at("2026-12-18", "10:00")  # a Friday: Ana was due on 15 December
TODAY = NOW.date()


@pytest.fixture
def mia(db) -> User:
    return User.objects.create_user("mia", first_name="Mia", last_name="Moore")


@pytest.fixture
def first(clinic: Clinic) -> Appointment:
    """Ana's first session, of 3 November; a recall may go to her."""
    clinic.agrees_to_recalls(clinic.ana)
    return clinic.treat(clinic.ana)


@pytest.fixture
def heard() -> list[list[int]]:
    """The sessions of those who were taken off the list, each time that somebody was."""
    found: list[list[int]] = []

    def hear(actions, **kwargs):
        found.append([action.session_id for action in actions])

    taken_off_the_list.connect(hear)
    yield found
    taken_off_the_list.disconnect(hear)


def call(first: Appointment, outcome: Outcome, **how) -> RecallAction:
    return services.log_call(first.patient, outcome, **{"session": first.pk, "now": NOW} | how)


def stands(patient, as_of: date = TODAY) -> tuple[str, int, str]:
    """Her bucket, how often she was called or told, and what came of it last."""
    (row,) = [row for row in maintenance_due(as_of, today=TODAY) if row.patient_id == patient.pk]
    return row.bucket.value, row.attempts, row.last_outcome


def nothing_was_done(*, but: int = 0) -> bool:
    return RecallAction.objects.count() == but and list(differences()) == []


class TestCalls:
    @pytest.mark.parametrize(
        ("outcome", "until", "bucket", "after"),
        [
            (Outcome.AGREED, date(2027, 1, 17), "snoozed", "next_session_overdue"),
            (Outcome.CALL_LATER, date(2026, 12, 25), "snoozed", "next_session_overdue"),
            (Outcome.NO_ANSWER, None, "next_session_overdue", "next_session_overdue"),
            (Outcome.DECLINED, None, "declined", "declined"),
        ],
    )
    def test_what_came_of_it_says_how_long_she_is_off_the_list(self, first, mia, heard, outcome, until, bucket, after):
        assert stands(first.patient) == ("next_session_overdue", 0, "")

        action = call(first, outcome, reason="Too expensive" if outcome == "declined" else "", by=mia)

        assert (action.way, action.outcome, action.hidden_until, action.at, action.by) == ("call", outcome, until, NOW, mia)
        assert stands(first.patient) == (bucket, 1, outcome)
        last = until or TODAY
        assert stands(first.patient, last)[0] == bucket
        assert stands(first.patient, last + timedelta(days=1))[0] == after
        assert heard == ([] if outcome == "no_answer" else [[first.pk]])
        assert list(differences()) == []

    def test_declining_takes_a_reason(self, first):
        with pytest.raises(Exception, match="declining_has_a_reason"):
            call(first, Outcome.DECLINED)

    def test_something_else_than_a_call_is_no_call(self, first):
        for outcome in (Outcome.TOLD, Outcome.SNOOZED, Outcome.RESUMED, Outcome.WAITING):
            with pytest.raises(ValueError, match="no outcome of a call"):
                call(first, outcome)
        assert nothing_was_done()

    def test_she_is_off_the_list_by_the_clinics_day(self, first):
        """At 11 PM in New York it is tomorrow in UTC."""
        assert call(first, Outcome.CALL_LATER, now=at("2026-12-18", "23:00")).hidden_until == date(2026, 12, 25)

    def test_the_last_call_decides(self, first):
        call(first, Outcome.AGREED)
        call(first, Outcome.CALL_LATER, now=NOW + timedelta(days=1))
        assert stands(first.patient, date(2026, 12, 26))[:2] == ("snoozed", 2)
        assert stands(first.patient, date(2026, 12, 27))[:2] == ("next_session_overdue", 2)

    def test_no_answer_leaves_her_where_she_was(self, first):
        call(first, Outcome.AGREED)
        call(first, Outcome.NO_ANSWER, now=NOW + timedelta(days=1))
        assert stands(first.patient) == ("snoozed", 2, "no_answer")

    def test_she_who_declined_stays_declined_until_she_comes_back(self, clinic, first):
        call(first, Outcome.DECLINED, reason="Moved away")
        with pytest.raises(NothingToRecall, match=r"^Ana Alvarez declined on December 18, 2026\. Put Ana on the list again first\.$"):
            call(first, Outcome.AGREED, now=NOW + WEEK)
        assert stands(first.patient, date(2027, 11, 1))[0] == "declined"

        booked = clinic.book(clinic.ana, at("2027-01-12"), now=NOW + WEEK)
        assert stands(first.patient)[0] == "next_session_booked"
        services.cancel(booked, reason="she called", now=NOW + WEEK)
        assert stands(first.patient)[0] == "declined"

        clinic.treat(clinic.ana, at("2027-01-13"))
        assert stands(first.patient, date(2027, 3, 1)) == ("next_session_overdue", 0, "")
        assert nothing_was_done(but=1)

    def test_a_call_belongs_to_the_treatment_that_it_was_about(self, clinic, first):
        other = clinic.treat(clinic.ana, FIRST + timedelta(days=1), treatment=clinic.scalp)

        call(first, Outcome.DECLINED, reason="Too expensive")

        (row,) = maintenance_due(TODAY, today=TODAY)
        assert (row.treatment, row.bucket, row.attempts) == ("Microneedling, scalp", "next_session_overdue", 0)
        call(other, Outcome.AGREED)
        assert stands(first.patient) == ("snoozed", 1, "agreed")


class TestRefused:
    def test_she_was_booked_meanwhile(self, clinic, first, heard):
        clinic.book(clinic.ana, at("2026-12-22"), now=NOW)
        with pytest.raises(NothingToRecall) as refusal:
            call(first, Outcome.NO_ANSWER)
        assert str(refusal.value) == "Ana Alvarez is booked for December 22, 2026, so there is nothing to call about. Nothing was logged."
        assert nothing_was_done()
        assert heard == []

    def test_booked_for_today_is_booked_and_for_yesterday_is_not(self, clinic, first):
        clinic.book(clinic.ana, at("2026-12-18"), now=NOW)
        with pytest.raises(NothingToRecall, match="booked for December 18"):
            call(first, Outcome.NO_ANSWER, now=at("2026-12-18", "22:00"))
        assert call(first, Outcome.NO_ANSWER, now=at("2026-12-19", "09:00")).outcome == "no_answer"

    def test_another_treatments_booking_is_no_answer(self, clinic, first):
        clinic.book(clinic.ana, at("2026-12-22"), now=NOW, treatment=clinic.scalp)
        assert call(first, Outcome.NO_ANSWER).outcome == "no_answer"

    def test_she_came_back_meanwhile(self, clinic, first):
        clinic.treat(clinic.ana, at("2026-12-17"))
        with pytest.raises(NothingToRecall, match=r"^Ana Alvarez came back on December 17, 2026\. Nothing was changed\.$"):
            call(first, Outcome.AGREED)
        assert nothing_was_done()

    def test_the_session_was_reopened_and_what_was_done_comes_back_with_it(self, first):
        call(first, Outcome.AGREED)
        reopened = services.reopen(first, now=NOW)
        with pytest.raises(NothingToRecall, match="it may have been reopened"):
            call(first, Outcome.NO_ANSWER)
        services.complete(reopened, completed_at=first.completed_at, now=NOW)
        assert stands(first.patient) == ("snoozed", 1, "agreed")

    def test_anothers_session_is_none_of_hers(self, clinic, first):
        with pytest.raises(NothingToRecall):
            services.log_call(clinic.ben, Outcome.NO_ANSWER, session=first.pk, now=NOW)
        assert nothing_was_done()

    def test_what_hangs_on_it_fails_and_nothing_was_logged(self, first):
        def fails(**kwargs):
            raise ZeroDivisionError

        taken_off_the_list.connect(fails)
        try:
            with pytest.raises(ZeroDivisionError):
                call(first, Outcome.AGREED)
        finally:
            taken_off_the_list.disconnect(fails)
        assert nothing_was_done()
        assert stands(first.patient) == ("next_session_overdue", 0, "")


class TestTwice:
    def test_the_same_press_twice_is_one_call(self, first, mia, heard):
        once = call(first, Outcome.AGREED, seen=0, by=mia)
        assert call(first, Outcome.AGREED, seen=0, by=mia, now=NOW + timedelta(minutes=1)) == once
        assert (stands(first.patient), heard) == (("snoozed", 1, "agreed"), [[first.pk]])

    def test_declined_twice_too(self, first, mia):
        once = call(first, Outcome.DECLINED, reason="Moved away", seen=0, by=mia)
        assert call(first, Outcome.DECLINED, reason="Moved away", seen=0, by=mia) == once

    def test_whoever_saw_the_first_has_called_twice(self, first, mia):
        once = call(first, Outcome.NO_ANSWER, seen=0, by=mia)
        again = call(first, Outcome.NO_ANSWER, seen=once.pk, by=mia, now=NOW + timedelta(minutes=1))
        assert (again != once, stands(first.patient)) == (True, ("next_session_overdue", 2, "no_answer"))

    def test_what_a_colleague_did_meanwhile_is_told_first(self, first, mia):
        call(first, Outcome.AGREED, by=mia, now=NOW)
        with pytest.raises(NothingToRecall) as refusal:
            call(first, Outcome.NO_ANSWER, seen=0, by=User.objects.create_user("noa"), now=NOW + timedelta(minutes=2))
        assert str(refusal.value) == ("Mia Moore was faster, at 10:00 AM: agreed to come. If your call was another one, log it once more.")
        assert nothing_was_done(but=1)


class TestSnoozing:
    UNTIL = date(2027, 1, 17)

    def test_off_the_list_until_a_day_that_is_the_last(self, clinic, first, mia, heard):
        done = services.snooze([clinic.ana.pk], until=self.UNTIL, by=mia, now=NOW)

        assert done == Snoozed(count=1)
        assert stands(clinic.ana) == ("snoozed", 0, "snoozed")  # it is no attempt
        assert stands(clinic.ana, self.UNTIL)[0] == "snoozed"
        assert stands(clinic.ana, self.UNTIL + timedelta(days=1))[0] == "next_session_overdue"
        assert heard == [[first.pk]]
        (action,) = RecallAction.objects.all()
        assert (action.session, action.way, action.hidden_until, action.at, action.by) == (first, "snooze", self.UNTIL, NOW, mia)

    def test_the_same_day_again_changes_nothing_and_another_does(self, clinic, first):
        for until in (self.UNTIL, self.UNTIL, date(2026, 12, 20)):
            assert services.snooze([clinic.ana.pk], until=until, now=NOW).count == 1
        assert RecallAction.objects.count() == 2
        assert stands(clinic.ana, date(2026, 12, 21))[0] == "next_session_overdue"

    def test_many_at_once_but_for_those_for_whom_there_is_nothing_to_do(self, clinic, first, heard, monkeypatch):
        monkeypatch.setattr(lots, "AT_ONCE", 2)
        hers = clinic.treat(clinic.ben, FIRST + timedelta(hours=2))
        declined = clinic.treat(clinic.chloe, FIRST + timedelta(hours=4))
        call(declined, Outcome.DECLINED, reason="Moved away")
        clinic.book(clinic.ben, at("2026-12-22"), now=NOW)
        heard.clear()

        done = services.snooze([clinic.chloe.pk, clinic.ben.pk, clinic.ana.pk, clinic.ana.pk, 0], until=self.UNTIL, now=NOW)

        assert done == Snoozed(count=1, booked=1, declined=1)
        assert [stands(who)[0] for who in (clinic.ana, clinic.ben, clinic.chloe)] == ["snoozed", "next_session_booked", "declined"]
        assert (heard, hers.recall_actions.count(), list(differences())) == ([[first.pk]], 0, [])

    def test_who_was_never_treated_is_counted_too(self, clinic):
        assert services.snooze([clinic.ana.pk], until=self.UNTIL, now=NOW) == Snoozed(not_due=1)

    @pytest.mark.parametrize("until", [date(2026, 12, 17), date(2026, 12, 18), date(2027, 12, 19), date(9999, 12, 31)])
    def test_for_a_year_at_the_most(self, clinic, first, until):
        with pytest.raises(NothingToRecall, match=r"^Please choose a day after today, and December 18, 2027 at the latest\.$"):
            services.snooze([clinic.ana.pk], until=until, now=NOW)
        assert nothing_was_done()

    def test_hundreds_take_a_handful_of_queries(self, clinic, first, django_assert_max_num_queries):
        clinic.treat(clinic.ben, FIRST + timedelta(hours=2))
        with django_assert_max_num_queries(25):
            services.snooze([clinic.ana.pk, clinic.ben.pk], until=self.UNTIL, now=NOW)


class TestASlip:
    """A call that was logged by mistake."""

    @pytest.mark.parametrize("outcome", OF_A_CALL)
    def test_taken_back_all_is_as_if_it_had_never_been_and_it_can_still_be_read(self, first, mia, outcome):
        slip = call(first, outcome, reason="Moved away")
        assert stands(first.patient)[1:] == (1, outcome)

        assert services.take_back_call(slip, by=mia, now=NOW + timedelta(minutes=2)) is True

        assert stands(first.patient) == ("next_session_overdue", 0, "")
        assert list(differences()) == []
        slip.refresh_from_db()
        assert (slip.outcome, slip.reason, slip.at) == (outcome, "Moved away", NOW)
        assert (slip.taken_back_at, slip.taken_back_by) == (NOW + timedelta(minutes=2), mia)

    def test_what_was_said_before_it_holds_again(self, first):
        call(first, Outcome.AGREED)
        slip = call(first, Outcome.CALL_LATER, now=NOW + timedelta(days=1))
        services.take_back_call(slip, now=NOW + timedelta(days=1))
        assert stands(first.patient, date(2027, 1, 17)) == ("snoozed", 1, "agreed")
        assert services.resume(first.patient, session=first.pk, now=NOW + timedelta(days=1)).outcome == "resumed"

    def test_she_who_never_declined_can_be_called(self, first):
        services.take_back_call(call(first, Outcome.DECLINED, reason="Moved away"), now=NOW)
        assert call(first, Outcome.AGREED).outcome == "agreed"
        assert stands(first.patient) == ("snoozed", 1, "agreed")

    def test_twice_is_once_and_whoever_did_it_first_stays_the_one(self, first, mia):
        slip = call(first, Outcome.NO_ANSWER)
        services.take_back_call(slip, by=mia, now=NOW)
        assert services.take_back_call(slip, by=User.objects.create_user("noa"), now=NOW + timedelta(days=1)) is False
        slip.refresh_from_db()
        assert (slip.taken_back_at, slip.taken_back_by) == (NOW, mia)

    def test_logged_once_more_it_is_another_call(self, first, mia):
        slip = call(first, Outcome.NO_ANSWER, seen=0, by=mia)
        services.take_back_call(slip, by=mia, now=NOW)
        assert call(first, Outcome.NO_ANSWER, seen=0, by=mia) != slip
        assert stands(first.patient)[1:] == (1, "no_answer")

    def test_only_a_call_is_taken_back(self, clinic, first):
        services.snooze([clinic.ana.pk], until=date(2027, 1, 17), now=NOW)
        snoozed = RecallAction.objects.get()
        with pytest.raises(ValueError, match="is no call"):
            services.take_back_call(snoozed, now=NOW)
        with pytest.raises(IntegrityError, match="only_a_call_is_taken_back"), transaction.atomic():
            RecallAction.objects.update(taken_back_at=NOW)
        assert stands(clinic.ana)[0] == "snoozed"


class TestBackOnTheList:
    @pytest.mark.parametrize("outcome", [Outcome.AGREED, Outcome.DECLINED])
    def test_whatever_was_said(self, first, mia, heard, outcome):
        call(first, outcome, reason="Moved away")
        heard.clear()

        action = services.resume(first.patient, session=first.pk, by=mia, now=NOW + timedelta(minutes=2))

        assert (action.outcome, action.by, action.hidden_until) == ("resumed", mia, None)
        assert stands(first.patient) == ("next_session_overdue", 1, "resumed")
        assert (heard, RecallAction.objects.count(), list(differences())) == ([], 2, [])

    def test_who_is_on_it_stays_there(self, first):
        assert services.resume(first.patient, session=first.pk, now=NOW) is None
        call(first, Outcome.CALL_LATER)
        assert services.resume(first.patient, session=first.pk, now=at("2026-12-26")) is None  # it was over on the 25th
        assert services.resume(first.patient, session=first.pk, now=at("2026-12-25")).outcome == "resumed"
        assert services.resume(first.patient, session=first.pk, now=at("2026-12-25")) is None

    def test_not_for_a_session_that_she_came_back_from(self, clinic, first):
        call(first, Outcome.DECLINED, reason="Moved away")
        clinic.treat(clinic.ana, at("2026-12-22"), now=NOW)
        with pytest.raises(NothingToRecall, match="came back on December 22, 2026"):
            services.resume(first.patient, session=first.pk, now=at("2026-12-23"))

    def test_a_call_after_it_counts_as_ever(self, first):
        call(first, Outcome.DECLINED, reason="Moved away")
        services.resume(first.patient, session=first.pk, now=NOW)
        call(first, Outcome.AGREED, now=NOW)
        assert stands(first.patient) == ("snoozed", 2, "agreed")


class TestRace:
    """A call is logged while the desk books her."""

    @pytest.fixture
    def clinic(self, committed_clinic):
        return committed_clinic

    @pytest.fixture
    def both(self, clinic, first, at_once, monkeypatch):
        """She is booked, and not yet committed, when the call is logged."""
        is_booked = Event()
        usual = booking.refresh

        def waits_for_the_other(patients):
            usual(patients)
            is_booked.set()
            wait_until(lambda: waiting_for_a_lock() or RecallAction.objects.exists())

        def logs():
            assert is_booked.wait(20)
            return call(first, Outcome.DECLINED, reason="Moved away")

        monkeypatch.setattr(booking, "refresh", waits_for_the_other)
        return lambda: at_once([lambda: clinic.book(clinic.ana, at("2026-12-22"), now=NOW), logs])

    def test_the_call_waits_for_the_booking_and_is_refused(self, clinic, both):
        booked, refused = both()
        assert (type(booked), str(refused)[:45]) == (Appointment, "Ana Alvarez is booked for December 22, 2026, ")
        assert nothing_was_done()
        assert stands(clinic.ana)[0] == "next_session_booked"

    def test_control_without_the_patients_lock_she_is_booked_and_declines(self, clinic, both, monkeypatch):
        monkeypatch.setattr(acting, "locked_patients", lambda pks: list(Patient.objects.filter(pk__in=pks)))
        monkeypatch.setattr(acting, "refresh", lambda patients: None)  # which locks her, too
        booked, declined = both()
        assert (type(booked), type(declined)) == (Appointment, RecallAction)

    def test_a_button_pressed_twice_at_the_same_moment_is_one_call(self, clinic, first, at_once):
        results = at_once([lambda: call(first, Outcome.NO_ANSWER, seen=0)] * 4)
        assert set(results) == {RecallAction.objects.get()}
        assert Standing.objects.get(patient=clinic.ana).attempts == 1
