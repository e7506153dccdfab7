"""What the desk reads before it books: how far she is, the first day that her skin allows and why, and what to mind."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from scheduling import services
from scheduling.errors import TooSoon
from scheduling.models import Course, Location, Treatment
from scheduling.reports import Outlook, outlook
from tests.clinic_world import FIRST, TODAY, Clinic, at, patient


def seen(clinic: Clinic, who=None, on: str = "2026-11-10", **changed: object) -> Outlook:
    """By the desk, at nine in the morning of that day."""
    wanted = {"location": clinic.location, "now": at(on, "09:00")} | changed
    return outlook(who or clinic.ana, clinic.face, **wanted)


def test_somebody_new_may_come_today(clinic):
    assert seen(clinic) == Outlook(
        done=0,
        planned=3,
        number=1,
        is_maintenance=False,
        minimum_interval_days=28,
        first_on=date(2026, 11, 10),
        why="",
        recommended_from=None,
        recommended_until=None,
        last_session_on=None,
        warnings=[],
        price=Decimal("640.00"),
        currency="USD",
    )


def test_ana_who_was_there_last_week_reads_when_and_why(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    ana = seen(clinic)
    assert (ana.done, ana.planned, ana.number, ana.is_maintenance) == (1, 3, 2, False)
    assert (ana.last_session_on, ana.first_on) == (date(2026, 11, 3), date(2026, 12, 1))
    assert ana.why == (
        "Ana's skin needs until December 1, 2026: the last session was on November 3, 2026 and the minimum interval is 28 days."
    )
    assert (ana.recommended_from, ana.recommended_until) == (date(2026, 12, 1), date(2026, 12, 15))  # F19
    assert ana.warnings == []


def test_it_says_what_the_refusal_would_say(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    clinic.book(clinic.ana, at("2026-12-20"))
    ana = seen(clinic)
    with pytest.raises(TooSoon) as refusal:
        clinic.book(clinic.ana, at("2026-11-10"))
    assert (ana.why, ana.first_on) == (str(refusal.value), refusal.value.earliest)
    assert clinic.book(clinic.ana, at(ana.first_on.isoformat())).local_day == date(2027, 1, 17)


def test_the_first_day_is_one_that_the_booking_takes_and_the_day_before_isnt(clinic):
    course = clinic.treat(clinic.ana, at("2026-11-03")).course
    services.set_minimum_interval(course, 35, now=TODAY)
    ana = seen(clinic)
    assert (ana.minimum_interval_days, ana.first_on, ana.recommended_from) == (35, date(2026, 12, 8), date(2026, 12, 8))
    with pytest.raises(TooSoon):
        clinic.book(clinic.ana, at("2026-12-07"))
    assert clinic.book(clinic.ana, at("2026-12-08")).local_day == ana.first_on


def test_a_session_that_is_booked_counts_as_the_one_before(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    clinic.book(clinic.ana, at("2026-12-01"))
    ana = seen(clinic)
    assert (ana.done, ana.number, ana.last_session_on) == (1, 3, date(2026, 11, 3))
    assert (ana.first_on, ana.recommended_from, ana.recommended_until) == (date(2026, 12, 29), date(2026, 12, 29), date(2027, 1, 12))


def test_before_one_that_is_booked_far_ahead_it_is_the_second(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    clinic.book(clinic.ana, at("2027-03-02"))
    ana = seen(clinic, on="2026-12-02")
    assert (ana.number, ana.first_on, ana.why, ana.recommended_until) == (2, date(2026, 12, 2), "", date(2026, 12, 15))
    later = seen(clinic, on="2026-12-02", day=date(2027, 4, 1))
    assert (later.number, later.recommended_until) == (3, date(2027, 4, 13))


def test_ben_has_finished_his_course_and_comes_back_six_months_later(clinic):
    for day in ("2026-05-04", "2026-06-01", "2026-06-29"):
        clinic.treat(clinic.ben, at(day))
    ben = seen(clinic, clinic.ben)
    assert (ben.done, ben.planned, ben.number, ben.is_maintenance) == (3, 3, 4, True)
    assert (ben.first_on, ben.why) == (date(2026, 11, 10), "")
    assert (ben.recommended_from, ben.recommended_until) == (date(2026, 11, 29), date(2026, 12, 29))  # F20
    assert seen(clinic, clinic.ben, day=date(2027, 6, 1)).warnings == []  # there is no window to be past of


def test_another_treatment_of_the_same_skin_is_in_the_way_and_begins_its_own_count(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    deeper = Treatment.objects.create(name="Microneedling, face, deep", skin_area="face", list_price=Decimal("700.00"), planned_sessions=2)
    ana = outlook(clinic.ana, deeper, location=clinic.location, now=at("2026-11-10"))
    assert (ana.done, ana.planned, ana.number, ana.price) == (0, 2, 1, Decimal("700.00"))
    assert (ana.first_on, ana.last_session_on, ana.recommended_until) == (date(2026, 12, 1), None, None)
    assert outlook(clinic.ana, clinic.scalp, location=clinic.location, now=at("2026-11-10")).first_on == date(2026, 11, 10)


def test_what_was_cancelled_or_missed_doesnt_count(clinic):
    services.cancel(clinic.book(clinic.ana, FIRST), reason="she has a cold", now=TODAY)
    missed = clinic.book(clinic.ana, FIRST)
    services.mark_no_show(missed, now=FIRST + timedelta(hours=1))
    ana = seen(clinic)
    assert (ana.done, ana.number, ana.first_on, ana.recommended_until) == (0, 1, date(2026, 11, 10), None)


def test_after_an_ended_course_a_new_one_begins(clinic):
    course = clinic.treat(clinic.ana, at("2026-09-01")).course
    Course.objects.filter(pk=course.pk).update(ended_at=TODAY)
    Treatment.objects.update(planned_sessions=4)
    clinic.face.refresh_from_db()
    ana = seen(clinic)
    assert (ana.done, ana.planned, ana.number, ana.last_session_on) == (0, 4, 1, None)


def test_an_appointment_that_is_being_moved_isnt_in_its_own_way(clinic):
    clinic.treat(clinic.ana, at("2026-10-06"))
    booked = clinic.book(clinic.ana, at("2026-11-12"))
    Treatment.objects.update(list_price=Decimal("690.00"))
    clinic.face.refresh_from_db()
    ana = seen(clinic, instead_of=booked)
    assert (ana.number, ana.first_on, ana.why, ana.recommended_until) == (2, date(2026, 11, 10), "", date(2026, 11, 17))
    assert ana.price == Decimal("640.00")  # as booked


def test_today_is_by_the_clock_of_the_location(clinic):
    """At half past nine in the evening in New York it is the next day in Lisbon."""
    lisbon = Location.objects.create(name="Lisbon Clinic", phone="+12125550198", time_zone="Europe/Lisbon")
    evening = at("2026-11-10", "21:30")
    assert outlook(clinic.ana, clinic.face, location=clinic.location, now=evening).first_on == date(2026, 11, 10)
    assert outlook(clinic.ana, clinic.face, location=lisbon, now=evening).first_on == date(2026, 11, 11)
    clinic.treat(clinic.ana, at("2026-09-01"))
    assert outlook(clinic.ana, clinic.face, now=evening).first_on == date(2026, 11, 10)  # where she was last


class TestWarnings:
    def test_all_of_them_and_the_same_ones_after_the_booking(self, clinic):
        zoe = patient("Zoe Zimmer", 9, birth_date=date(2005, 1, 11), hyperpigmentation_risk=True, active_products="tretinoin")
        clinic.treat(zoe, at("2026-11-24"))
        before = seen(clinic, zoe, on="2026-12-01", day=date(2027, 1, 6)).warnings
        assert before == [
            "Zoe will be under 22: microneedling devices are authorized for adults of 22 and over.",
            "Zoe tends to dark patches after treatment.",
            "Zoe uses tretinoin, which can irritate the skin as well.",
            "That is more than 42 days after the session on November 24, 2026: past the recommended window.",
        ]
        assert services.warnings_of(clinic.book(zoe, at("2027-01-06"))) == before

    def test_they_are_those_of_the_day(self, clinic):
        zoe = patient("Zoe Zimmer", 9, birth_date=date(2005, 1, 11))
        assert len(seen(clinic, zoe, day=date(2027, 1, 10)).warnings) == 1
        assert seen(clinic, zoe, day=date(2027, 1, 11)).warnings == []  # her 22nd birthday

    def test_day_42_is_within_the_window(self, clinic):
        clinic.treat(clinic.ana, at("2026-11-03"))
        assert seen(clinic, day=date(2026, 12, 15)).warnings == []
        assert len(seen(clinic, day=date(2026, 12, 16)).warnings) == 1

    def test_the_window_counts_from_a_session_that_is_only_booked_too(self, clinic):
        clinic.treat(clinic.ana, at("2026-11-03"))
        clinic.book(clinic.ana, at("2026-12-08"))
        assert seen(clinic, day=date(2027, 1, 19)).warnings == []
        third = clinic.book(clinic.ana, at("2027-01-20"))
        assert services.warnings_of(third) == [
            "That is more than 42 days after the session on December 8, 2026: past the recommended window."
        ]

    def test_a_fourth_session_of_three_is_maintenance_and_never_late(self, clinic):
        for day in ("2026-05-04", "2026-06-01", "2026-06-29"):
            clinic.treat(clinic.ben, at(day))
        assert services.warnings_of(clinic.book(clinic.ben, at("2026-12-29"))) == []


def test_it_takes_two_queries_whatever_she_has_behind_her(clinic, django_assert_num_queries):
    for month in range(1, 10):
        clinic.treat(clinic.ana, at(f"2026-{month:02}-10"))
    clinic.book(clinic.ana, at("2026-12-10"))
    with django_assert_num_queries(2):
        ana = seen(clinic, on="2026-11-20")
    assert (ana.done, ana.number, ana.first_on) == (9, 11, date(2027, 1, 7))
