"""When she is due again (F19, F20): worked out in the transaction that changed her appointments."""

from datetime import date, timedelta

import pytest

from scheduling import services
from scheduling.models import Recall
from tests.clinic_world import Clinic, at


def open_recall(clinic: Clinic) -> tuple[str, str, str] | None:
    """Kind, last session's day and due day of Ana's one open recall."""
    recalls = Recall.objects.filter(patient=clinic.ana, came_back_on=None)
    return (
        next(((recall.kind, str(recall.last_session_on), str(recall.due_on)) for recall in recalls), None) if recalls.count() < 2 else None
    )


def test_a_first_session_asks_her_back_at_the_end_of_the_recommended_window(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    assert open_recall(clinic) == ("next_session", "2026-11-03", "2026-12-15")


def test_after_the_planned_sessions_comes_maintenance_every_six_months(clinic):
    clinic.treat(clinic.ana, at("2026-07-06"))
    clinic.treat(clinic.ana, at("2026-08-03"))
    assert open_recall(clinic) == ("next_session", "2026-08-03", "2026-09-14")

    clinic.treat(clinic.ana, at("2026-08-31"))
    assert open_recall(clinic) == ("maintenance", "2026-08-31", "2027-02-28")

    clinic.treat(clinic.ana, at("2027-03-02"))
    assert open_recall(clinic) == ("maintenance", "2027-03-02", "2027-09-02")
    assert Recall.objects.count() == 4
    assert Recall.objects.exclude(came_back_on=None).count() == 3


def test_reopening_restores_the_recall_before(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    second = clinic.treat(clinic.ana, at("2026-12-01"))
    assert open_recall(clinic) == ("next_session", "2026-12-01", "2027-01-12")

    reopened = services.reopen(second, now=at("2026-12-01", "14:05"))
    assert open_recall(clinic) == ("next_session", "2026-11-03", "2026-12-15")

    services.complete(reopened, now=at("2026-12-01", "14:10"))
    assert open_recall(clinic) == ("next_session", "2026-12-01", "2027-01-12")


def test_reopening_the_only_session_leaves_no_recall(clinic):
    services.reopen(clinic.treat(clinic.ana, at("2026-11-03")), now=at("2026-11-03", "14:05"))
    assert not Recall.objects.exists()


def test_an_earlier_session_completed_late_changes_nothing_about_the_last(clinic):
    forgotten = clinic.book(clinic.ana, at("2026-11-03"))
    clinic.treat(clinic.ana, at("2026-12-01"))
    services.complete(forgotten, now=at("2026-12-02", "09:00"))
    assert open_recall(clinic) == ("next_session", "2026-12-01", "2027-01-12")


def test_the_session_counts_for_the_clinics_day(clinic):
    clinic.treat(clinic.ana, at("2026-11-03", "22:30"))  # 4 November in UTC
    assert open_recall(clinic) == ("next_session", "2026-11-03", "2026-12-15")


def test_each_course_has_its_own(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    clinic.treat(clinic.ana, at("2026-11-05"), treatment=clinic.scalp)
    assert sorted(Recall.objects.filter(came_back_on=None).values_list("due_on", flat=True)) == [date(2026, 12, 15), date(2026, 12, 17)]


def test_cancellations_and_no_shows_ask_nobody_back(clinic):
    services.cancel(clinic.book(clinic.ana, at("2026-11-03")), reason="ill", now=at("2026-11-02"))
    services.mark_no_show(clinic.book(clinic.ana, at("2026-11-04")), now=at("2026-11-04", "13:30"))
    assert not Recall.objects.exists()


def test_a_completion_that_fails_leaves_the_recall_as_it_was(clinic, monkeypatch):
    clinic.treat(clinic.ana, at("2026-11-03"))
    second = clinic.book(clinic.ana, at("2026-12-01"))
    monkeypatch.setattr("aftercare.services.tell_of_completion", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.complete(second, now=second.starts_at + timedelta(hours=1))
    assert open_recall(clinic) == ("next_session", "2026-11-03", "2026-12-15")
    second.refresh_from_db()
    assert (second.status, second.completed_at) == ("booked", None)
