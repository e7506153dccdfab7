"""What came of the recalls, and how well sessions, intervals and maintenance are kept."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling import services
from scheduling.domain.outcomes import Way
from scheduling.models import Appointment, Location, Patient, RecallAction, Room
from scheduling.reports.outcomes import Asked, Kept, Won, brought, by_location, by_practitioner, kept, total
from tests.clinic_world import FIRST, TODAY, WEEK, Clinic, at

DAY = timedelta(days=1)
LONG_AFTER = at("2028-01-01")
PRICE = Decimal(640)
RECALLED = at("2026-12-20", "10:00")  # after Ana's session of 3 November


def asked(first: str = "2026-01", end: str = "2028-01", now: datetime = LONG_AFTER, **who: int) -> Asked:
    """Both are months, written as 2026-11; `end` isn't part of it."""
    return Asked(date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{end}-01"), now, **who)


def recall(session: Appointment, when: datetime = RECALLED, way: str = "sms", outcome: str = "told", **about: object) -> RecallAction:
    return RecallAction.objects.create(session=session, patient=session.patient, way=way, outcome=outcome, at=when, **about)


def won(asked_for: Asked | None = None) -> Won:
    return brought(asked_for or asked()).total


def money(amount: int | Decimal, currency: str = "USD") -> Counter[str]:
    return Counter({currency: Decimal(amount)})


NOTHING = Counter()


@pytest.fixture
def first(clinic: Clinic) -> Appointment:
    """Ana's first session, completed."""
    return clinic.treat(clinic.ana)


class TestBrought:
    def test_without_a_recall_there_is_nothing(self, clinic, first):
        assert (brought(asked()).cells, won()) == ({}, Won())

    def test_what_nobody_answers_brings_nothing(self, first):
        recall(first)
        assert won() == Won(recalls=1)

    @pytest.mark.parametrize(("days", "counts"), [(0, 1), (60, 1), (61, 0)])
    def test_a_session_counts_if_it_was_booked_within_sixty_days(self, clinic, first, days, counts):
        recall(first)
        clinic.book(clinic.ana, at("2027-06-01"), now=at("2026-12-20", "23:30") + days * DAY)

        assert won() == Won(recalls=1, booked=counts, expected=money(640) if counts else NOTHING)

    def test_what_was_booked_before_the_recall_counts_for_none(self, clinic, first):
        clinic.book(clinic.ana, at("2027-01-05"), now=RECALLED - timedelta(seconds=1))
        recall(first)

        assert won() == Won(recalls=1)

    def test_booked_in_the_moment_of_the_call_it_counts(self, clinic, first):
        recall(first, way="call", outcome="agreed")
        clinic.book(clinic.ana, at("2027-01-05"), now=RECALLED)

        assert won() == Won(recalls=1, answered=1, booked=1, expected=money(640))

    def test_of_two_recalls_it_counts_for_the_last_one_before_the_booking(self, clinic, first):
        recall(first, at("2026-12-20"), wording="first")
        recall(first, at("2027-01-03"), wording="second", way="email")
        clinic.treat(clinic.ana, at("2027-01-20"), now=at("2027-01-10"))
        recall(first, at("2027-01-11"), wording="too late")

        by_wording = brought(asked()).by_wording()

        assert by_wording == {
            (Way.SMS, "first"): Won(recalls=1),
            (Way.EMAIL, "second"): Won(recalls=1, booked=1, completed=1, value=money(640)),
            (Way.SMS, "too late"): Won(recalls=1),
        }

    def test_of_two_in_the_same_moment_only_one_has_it(self, clinic, first):
        recall(first)
        recall(first, way="email")
        clinic.book(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)

        assert won() == Won(recalls=2, booked=1, expected=money(640))

    def test_a_call_that_nobody_took_is_the_last_recall_too(self, clinic, first):
        recall(first, at("2026-12-20"))
        recall(first, at("2026-12-22"), way="call", outcome="no_answer")
        clinic.book(clinic.ana, at("2027-01-20"), now=at("2026-12-23"))

        assert brought(asked()).by_way() == {
            Way.SMS: Won(recalls=1),
            Way.CALL: Won(recalls=1, booked=1, expected=money(640)),
        }

    @pytest.mark.parametrize(("way", "outcome"), [("snooze", "snoozed"), ("snooze", "resumed"), ("sms", "waiting"), ("sms", "not_told")])
    def test_what_reached_nobody_is_no_recall_and_takes_nothing_from_one(self, clinic, first, way, outcome):
        recall(first, at("2026-12-20"))
        recall(first, at("2026-12-22"), way=way, outcome=outcome)
        clinic.book(clinic.ana, at("2027-01-20"), now=at("2026-12-23"))

        assert won() == Won(recalls=1, booked=1, expected=money(640))

    def test_a_session_of_another_treatment_counts_for_that_ones_recall_only(self, clinic, first):
        scalp = clinic.treat(clinic.ana, at("2026-11-05"), treatment=clinic.scalp)
        recall(scalp, at("2026-12-19"), wording="scalp")
        recall(first, at("2026-12-20"), wording="face")
        clinic.treat(clinic.ana, at("2027-01-20"), now=at("2026-12-23"), treatment=clinic.scalp)

        assert brought(asked()).by_wording() == {
            (Way.SMS, "scalp"): Won(recalls=1, booked=1, completed=1, value=money(640)),
            (Way.SMS, "face"): Won(recalls=1),
        }

    def test_a_session_of_somebody_else_counts_for_nothing(self, clinic, first):
        recall(first)
        clinic.book(clinic.ben, at("2027-01-20"), now=RECALLED + DAY)

        assert won() == Won(recalls=1)

    def test_cancelled_and_missed_it_was_booked_and_brought_nothing(self, clinic, first):
        recall(first)
        cancelled = clinic.book(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)
        services.cancel(cancelled, reason="a trip", now=RECALLED + 2 * DAY)
        assert won() == Won(recalls=1, booked=1)

        missed = clinic.book(clinic.ana, at("2027-01-21"), now=RECALLED + 3 * DAY)
        services.mark_no_show(missed, now=at("2027-01-21", "15:00"))
        assert won() == Won(recalls=1, booked=1)

    def test_entered_in_error_it_was_never_booked(self, clinic, first):
        recall(first)
        session = clinic.book(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)
        Appointment.objects.filter(pk=session.pk).update(status="entered-in-error")

        assert won() == Won(recalls=1)

    def test_of_several_sessions_one_recall_has_all_the_value(self, clinic, first):
        recall(first)
        clinic.treat(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)
        clinic.book(clinic.ana, at("2027-02-20"), now=RECALLED + DAY)

        assert won() == Won(recalls=1, booked=1, completed=1, value=money(640), expected=money(640))

    def test_a_completion_taken_back_is_expected_again_and_the_recall_stays(self, clinic, first):
        recall(first)
        session = clinic.treat(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)
        services.reopen(session, now=at("2027-01-20", "14:30"))
        assert won() == Won(recalls=1, booked=1, expected=money(640))

        services.complete(session, now=at("2027-01-20", "14:40"))
        assert won() == Won(recalls=1, booked=1, completed=1, value=money(640))

    def test_the_session_before_the_recall_may_be_taken_back_too(self, clinic, first):
        recall(first)
        services.reopen(first, now=RECALLED + DAY)
        assert won() == Won(recalls=1)

    def test_moved_it_is_the_session_that_it_was(self, clinic, first):
        recall(first)
        session = clinic.book(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)
        services.move(session, starts_at=at("2027-03-20"), now=RECALLED + 70 * DAY)

        assert won() == Won(recalls=1, booked=1, expected=money(640))

    @pytest.mark.parametrize(("outcome", "answered"), [("agreed", 1), ("call_later", 1), ("declined", 1), ("no_answer", 0)])
    def test_a_call_is_answered_by_whoever_takes_it(self, first, outcome, answered):
        recall(first, way="call", outcome=outcome, reason="moved away")
        assert won() == Won(recalls=1, answered=answered)

    def test_a_message_is_answered_by_a_reply(self, first):
        recall(first, answered_at=RECALLED + DAY)
        assert won() == Won(recalls=1, answered=1)

    def test_a_call_that_was_logged_by_mistake_brings_nothing_and_ends_nothing(self, clinic, first):
        recall(first)
        slip = recall(first, RECALLED + DAY, "call", "no_answer")
        clinic.treat(clinic.ana, at("2027-01-20"), now=RECALLED + 2 * DAY)
        assert won() == Won(recalls=2, booked=1, completed=1, value=money(640))
        assert {way: one.booked for way, one in brought(asked()).by_way().items()} == {Way.SMS: 0, Way.CALL: 1}

        services.take_back_call(slip, now=RECALLED + 3 * DAY)
        assert won() == Won(recalls=1, booked=1, completed=1, value=money(640))

    def test_each_currency_is_added_up_by_itself(self, clinic, first):
        clinic.scalp.currency, clinic.scalp.list_price = "EUR", Decimal(500)
        clinic.scalp.save()
        scalp = clinic.treat(clinic.ana, at("2026-11-05"), treatment=clinic.scalp)
        recall(first)
        recall(scalp)
        clinic.treat(clinic.ana, at("2027-01-20"), now=RECALLED + DAY)
        clinic.treat(clinic.ana, at("2027-01-21"), now=RECALLED + DAY, treatment=clinic.scalp)

        assert won() == Won(recalls=2, booked=2, completed=2, value=Counter(USD=Decimal(640), EUR=Decimal(500)))


class TestMonths:
    """A recall belongs to the month in which it was made, on the calendar of the clinic."""

    @pytest.mark.parametrize(
        ("when", "month"),
        [("2026-12-31T23:59", date(2026, 12, 1)), ("2027-01-01T00:00", date(2027, 1, 1)), ("2026-12-01T00:00", date(2026, 12, 1))],
    )
    def test_midnight_is_the_clinics(self, first, when, month):
        recall(first, at(*when.split("T")))
        assert brought(asked()).by_month() == {month: Won(recalls=1)}

    @pytest.mark.parametrize(
        ("when", "recalls"), [("2026-11-30T23:59", 0), ("2026-12-01T00:00", 1), ("2026-12-31T23:59", 1), ("2027-01-01T00:00", 0)]
    )
    def test_only_the_months_asked_for_count(self, first, when, recalls):
        recall(first, at(*when.split("T")))
        assert won(asked("2026-12", "2027-01")) == Won(recalls=recalls)

    def test_each_location_has_its_own_calendar(self, clinic):
        tokyo = Location.objects.create(name="Tokyo", phone="+12125550102", time_zone="Asia/Tokyo")
        room = Room.objects.create(location=tokyo, name="Room 3")
        clinic.dana.locations.add(tokyo)
        there = clinic.treat(clinic.ana, at("2026-11-03", zone="Asia/Tokyo"), room=room)
        here = clinic.treat(clinic.ben)
        midday = at("2026-12-31", "12:00")  # in New York: half past the new year's first hours in Tokyo
        for session in (here, there):
            recall(session, midday)

        assert brought(asked()).by_month() == {date(2026, 12, 1): Won(recalls=1), date(2027, 1, 1): Won(recalls=1)}
        assert won(asked("2027-01", "2027-02", location=tokyo.pk)) == Won(recalls=1)

    def test_a_later_month_may_bring_it_back(self, clinic, first):
        recall(first, at("2026-12-31"))
        clinic.treat(clinic.ana, at("2027-02-20"), now=at("2027-02-10"))

        assert won(asked("2026-12", "2027-01")) == Won(recalls=1, booked=1, completed=1, value=money(640))
        assert won(asked("2027-02", "2027-03")) == Won()

    def test_a_recall_after_the_months_asked_for_takes_what_was_booked_after_it(self, clinic, first):
        recall(first, at("2026-12-31"))
        recall(first, at("2027-01-02"))
        clinic.book(clinic.ana, at("2027-02-20"), now=at("2027-01-03"))

        assert won(asked("2026-12", "2027-01")) == Won(recalls=1)


class TestFilters:
    def test_by_the_session_before_the_recall(self, clinic, first):
        recall(first)
        by_eli = clinic.treat(clinic.ben, practitioner=clinic.eli, room=clinic.other_room)
        scalp = clinic.treat(clinic.chloe, at("2026-11-04"), treatment=clinic.scalp)
        recall(by_eli, way="call", outcome="no_answer")
        recall(scalp, way="email")

        assert won(asked(practitioner=clinic.eli.pk)) == Won(recalls=1)
        assert set(brought(asked(practitioner=clinic.eli.pk)).by_way()) == {Way.CALL}
        assert set(brought(asked(treatment=clinic.scalp.pk)).by_way()) == {Way.EMAIL}
        assert won(asked(location=clinic.location.pk)) == Won(recalls=3)
        assert won(asked(location=clinic.location.pk + 1)) == Won()

    def test_the_next_recall_ends_what_one_may_claim_whoever_is_asked_for(self, clinic, first):
        recall(first, at("2026-12-20"))
        second = clinic.treat(clinic.ana, at("2026-12-28"), practitioner=clinic.eli, now=at("2026-11-04"))
        recall(second, at("2026-12-29"))
        clinic.book(clinic.ana, at("2027-02-20"), now=at("2026-12-30"))

        assert won(asked(practitioner=clinic.dana.pk)) == Won(recalls=1)
        assert won(asked(practitioner=clinic.eli.pk)) == Won(recalls=1, booked=1, expected=money(640))


# --- whatever happens -----------------------------------------------------------------------------------------------------

DEEDS = st.tuples(
    st.integers(0, 1),  # whose: few, so that recalls compete
    st.integers(0, 90),  # on which day after
    st.sampled_from(
        [("sms", "told"), ("email", "told"), ("call", "agreed"), ("call", "no_answer"), ("snooze", "snoozed"), ("sms", "not_told")]
    ),
    st.sampled_from(["", "one", "two"]),
    st.booleans(),
)
BOOKINGS = st.tuples(st.integers(0, 1), st.integers(0, 120), st.sampled_from(["booked", "fulfilled", "cancelled", "noshow"]))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DEEDS, min_size=2, max_size=8), st.lists(BOOKINGS, min_size=1, max_size=6))
def test_it_adds_up_whichever_way_it_is_added(clinic, deeds, bookings):
    patients = [clinic.ana, clinic.ben]
    sessions = _sessions(clinic, patients)
    Appointment.objects.exclude(pk__in=[session.pk for session in sessions]).delete()
    RecallAction.objects.all().delete()
    for who, days, (way, outcome), wording, is_answered in deeds:
        when = RECALLED + days * DAY
        recall(sessions[who], when, way, outcome, wording=wording, answered_at=when if is_answered else None)
    for number, (who, days, status) in enumerate(bookings):
        _booked(sessions[who], RECALLED + days * DAY, at("2030-01-01") + number * 10 * WEEK, status)

    found = brought(asked())

    assert total(found.by_month().values(), Won()) == total(found.by_way().values(), Won()) == found.total
    assert total(found.by_wording().values(), Won()) == found.total
    assert found.total == _counted_one_by_one(sessions)


def _sessions(clinic: Clinic, patients: list[Patient]) -> list[Appointment]:
    known = list(Appointment.objects.filter(status="fulfilled", during__startswith__lt=RECALLED).order_by("patient"))
    return known or [clinic.treat(patient, FIRST + number * DAY) for number, patient in enumerate(patients)]


def _booked(before: Appointment, booked_at: datetime, starts_at: datetime, status: str) -> None:
    copy = Appointment.objects.get(pk=before.pk)
    length = copy.during.upper - copy.during.lower
    copy.pk, copy.status, copy.booked_at = None, status, booked_at
    copy.during = type(copy.during)(starts_at, starts_at + length)
    copy.completed_at = starts_at if status == "fulfilled" else None
    copy.save()


def _counted_one_by_one(sessions: list[Appointment]) -> Won:
    """As one would with paper and pencil."""
    made = list(RecallAction.objects.filter(outcome__in=["told", "agreed", "no_answer"]).order_by("at", "pk"))
    theirs: dict[int, list[Appointment]] = {one.pk: [] for one in made}
    for session in Appointment.objects.exclude(pk__in=[session.pk for session in sessions]):
        before = [one for one in made if one.patient_id == session.patient_id and one.at <= session.booked_at]
        if before and session.day_of(session.booked_at) - session.day_of(before[-1].at) <= 60 * DAY:
            theirs[before[-1].pk].append(session)
    statuses = {pk: {session.status for session in booked} for pk, booked in theirs.items()}
    all_statuses = [session.status for booked in theirs.values() for session in booked]
    return Won(
        recalls=len(made),
        answered=sum(one.outcome == "agreed" or (one.way != "call" and one.answered_at is not None) for one in made),
        booked=sum(bool(found) for found in statuses.values()),
        completed=sum("fulfilled" in found for found in statuses.values()),
        value=money(all_statuses.count("fulfilled") * PRICE) if "fulfilled" in all_statuses else NOTHING,
        expected=money(all_statuses.count("booked") * PRICE) if "booked" in all_statuses else NOTHING,
    )


# --- what is kept ---------------------------------------------------------------------------------------------------------


def all_kept(asked_for: Asked | None = None) -> Kept:
    return total(kept(asked_for or asked()).values(), Kept())


class TestSessions:
    def test_what_is_over_counts_and_what_was_an_error_doesnt(self, clinic):
        clinic.treat(clinic.ana)
        services.cancel(clinic.book(clinic.ben, FIRST + DAY), reason="a trip", now=TODAY + DAY)
        services.mark_no_show(clinic.book(clinic.chloe, FIRST + 2 * DAY), now=FIRST + 3 * DAY)
        wrong = clinic.book(clinic.chloe, FIRST + 3 * DAY)
        Appointment.objects.filter(pk=wrong.pk).update(status="entered-in-error")
        clinic.book(clinic.chloe, FIRST + 4 * DAY)  # nobody has said what became of it

        found = kept(asked(now=at("2026-12-01")))

        assert found == {(clinic.location.pk, clinic.dana.pk): Kept(sessions=3, no_shows=1, cancelled=1)}

    def test_what_was_called_off_for_a_coming_day_counts_on_that_day(self, clinic):
        services.cancel(clinic.book(clinic.ben, FIRST), reason="a trip", now=TODAY + DAY)

        assert all_kept(asked(now=FIRST)) == Kept()
        assert all_kept(asked(now=FIRST + timedelta(seconds=1))) == Kept(sessions=1, cancelled=1)

    @pytest.mark.parametrize(
        ("day", "clock", "counts"), [("2026-11-30", "23:00", 0), ("2026-12-01", "00:00", 1), ("2026-12-31", "23:30", 1)]
    )
    def test_its_day_is_the_clinics(self, clinic, day, clock, counts):
        services.cancel(clinic.book(clinic.ben, at(day, clock)), reason="a trip", now=TODAY + DAY)
        assert all_kept(asked("2026-12", "2027-01")) == Kept(sessions=counts, cancelled=counts)

    def test_by_location_and_by_practitioner(self, clinic):
        clinic.treat(clinic.ana)
        services.mark_no_show(clinic.book(clinic.ben, practitioner=clinic.eli, room=clinic.other_room), now=FIRST + DAY)
        found = kept(asked(now=FIRST + DAY))

        assert by_practitioner(found, Kept()) == {clinic.dana.pk: Kept(sessions=1), clinic.eli.pk: Kept(sessions=1, no_shows=1)}
        assert by_location(found, Kept()) == {clinic.location.pk: Kept(sessions=2, no_shows=1)}
        assert all_kept(asked(now=FIRST + DAY, treatment=clinic.scalp.pk)) == Kept()
        assert all_kept(asked(now=FIRST + DAY, treatment=clinic.face.pk, practitioner=clinic.eli.pk)) == Kept(sessions=1, no_shows=1)


class TestIntervals:
    """Ana's first session is on 3 November: the window ends on 15 December, the 42nd day (F19)."""

    @pytest.mark.parametrize(
        ("comes", "kept_so"),
        [
            ("2026-12-01", Kept(next_due=1, in_window=1)),  # the 28th day, the first that the skin allows
            ("2026-12-15", Kept(next_due=1, in_window=1)),
            ("2026-12-16", Kept(next_due=1, late=1)),
            (None, Kept(next_due=1)),
        ],
    )
    def test_the_window_is_four_to_six_weeks(self, clinic, first, comes, kept_so):
        if comes:
            clinic.treat(clinic.ana, at(comes), now=at("2026-11-20"))
        found = all_kept(asked("2026-12", "2027-01"))
        assert (found.next_due, found.in_window, found.late) == (kept_so.next_due, kept_so.in_window, kept_so.late)

    def test_it_is_judged_once_the_window_is_over(self, clinic, first):
        clinic.treat(clinic.ana, at("2026-12-01"), now=at("2026-11-20"))
        assert all_kept(asked(now=at("2026-12-15", "23:59"))).next_due == 0
        assert all_kept(asked(now=at("2026-12-16", "00:00"))).next_due == 1

    def test_a_cancelled_next_session_keeps_nothing(self, clinic, first):
        services.cancel(clinic.book(clinic.ana, at("2026-12-02")), reason="a trip", now=at("2026-11-20"))
        found = all_kept()
        assert (found.next_due, found.in_window, found.late) == (1, 0, 0)

    def test_whose_it_is_goes_by_the_session_before(self, clinic, first):
        clinic.treat(clinic.ana, at("2026-12-01"), now=at("2026-11-20"), practitioner=clinic.eli)
        found = by_practitioner(kept(asked("2026-12", "2027-01")), Kept())
        assert (found[clinic.dana.pk].in_window, found[clinic.eli.pk].in_window) == (1, 0)


class TestMaintenance:
    """Ana's only planned session is on 3 November: maintenance is due on 3 May, six months on (F20)."""

    @pytest.fixture
    def due(self, clinic):
        clinic.face.planned_sessions = 1
        clinic.face.save()
        return clinic.treat(clinic.ana)

    @pytest.mark.parametrize(("comes", "maintained"), [("2027-03-01", 1), ("2027-06-02", 1), ("2027-06-03", 0), (None, 0)])
    def test_it_is_kept_until_thirty_days_after(self, clinic, due, comes, maintained):
        if comes:
            clinic.treat(clinic.ana, at(comes), now=at("2026-11-20"))
        found = all_kept(asked("2027-05", "2027-06"))
        assert (found.maintenance_due, found.maintained, found.next_due) == (1, maintained, 0)

    def test_it_is_judged_once_they_are_over(self, clinic, due):
        assert all_kept(asked(now=at("2027-06-02", "23:59"))).maintenance_due == 0
        assert all_kept(asked(now=at("2027-06-03", "00:00"))).maintenance_due == 1


def test_figures_are_read_and_nothing_is_written(clinic, first, django_assert_max_num_queries):
    recall(first)
    with connection.execute_wrapper(_refuse_to_write):
        brought(asked())
        kept(asked())


def _refuse_to_write(execute, sql, params, many, context):
    assert not sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")), sql
    return execute(sql, params, many, context)
