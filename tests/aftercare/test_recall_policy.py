"""Recalls that go by themselves: three steps around the day on which she is due, at an hour of her own day, each once."""

from datetime import date, timedelta

import pytest

from aftercare import services
from aftercare.services import recall_policy, set_recall_policy
from scheduling import services as scheduling
from scheduling.models import Appointment, RecallAction
from tests.clinic_world import Clinic, at, ledger, local, outbox

SESSION = at("2026-11-03", "13:00")  # asks Ana back by 15 December: the steps are on 1 December, then, and on 12 January
ON = {"is_on": True, "days_before": 14, "weeks_after": 4, "most": 3, "hour": 10}


@pytest.fixture
def due(clinic: Clinic) -> Clinic:
    clinic.agrees_to_recalls(clinic.ana)
    clinic.treat(clinic.ana, SESSION)
    return clinic


def switch_on(day="2026-11-10", **changed):
    return set_recall_policy(ON | changed, now=at(day, "12:00"))


def tick(now) -> None:
    services.settle_recalls(now)
    services.want_by_policy(now)
    services.tell_recalls(now)


def days_pass(first: str, last: str, *clocks: str) -> None:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        for clock in clocks or ("00:05", "10:00"):
            tick(at(day.isoformat(), clock))
        day += timedelta(days=1)


def told() -> list[tuple[int | None, str]]:
    """The step of each recall, and when it was told on Ana's clock."""
    return [(line.recall_action.step, local(line.planned_for, line.patient.time_zone)) for line in ledger(kind="recall")]


def test_off_it_sends_nothing(due):
    assert recall_policy().is_on is False
    days_pass("2026-11-28", "2026-12-20")
    assert told() == []


def test_fourteen_days_before_then_when_it_is_due_then_four_weeks_later_at_ten_in_her_morning(due):
    switch_on()
    days_pass("2026-11-28", "2027-01-15")
    assert told() == [(1, "Tue 1 Dec 10:00"), (2, "Tue 15 Dec 10:00"), (3, "Tue 12 Jan 10:00")]
    assert {action.by for action in RecallAction.objects.all()} == {None}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo"])
def test_it_is_her_own_day_and_her_own_hour_wherever_she_lives(due, zone):
    due.ana.time_zone = zone
    due.ana.save()
    switch_on()
    every_hour = [f"{hour:02}:00" for hour in range(24)]
    days_pass("2026-11-30", "2026-12-02", *every_hour)
    assert told() == [(1, "Tue 1 Dec 10:00")]


def test_on_the_day_that_an_hour_is_missing_it_goes_an_hour_later(clinic):
    """8 March 2026 in New York: 02:00 becomes 03:00. Ten o'clock is there, and is ten."""
    clinic.agrees_to_recalls(clinic.ana)
    clinic.treat(clinic.ana, at("2026-02-08"))  # due on 22 March
    switch_on("2026-03-01")
    days_pass("2026-03-07", "2026-03-09")
    assert told() == [(1, "Sun 8 Mar 10:00")]


def test_at_most_as_many_as_the_policy_says_those_by_hand_among_them(due):
    switch_on(most=2)
    services.want_recalls([due.ana.pk], by=None, now=at("2026-11-20"))
    days_pass("2026-11-20", "2026-12-18")
    assert [step for step, _ in told()] == [None, 1]


def test_shortly_after_one_by_hand_she_isnt_asked_again(due):
    switch_on()
    services.want_recalls([due.ana.pk], by=None, now=at("2026-11-30"))
    days_pass("2026-11-30", "2026-12-20")
    assert [step for step, _ in told()] == [None, 2]


def test_switched_on_later_it_makes_up_for_nothing(due):
    switch_on("2026-12-02")  # the day after the first step
    days_pass("2026-12-02", "2026-12-14")
    assert told() == []
    days_pass("2026-12-15", "2026-12-15")
    assert told() == [(2, "Tue 15 Dec 10:00")]


def test_nor_with_other_days(due):
    switch_on("2026-11-10", days_before=7)
    set_recall_policy({"days_before": 14}, now=at("2026-12-03", "12:00"))  # the first step would have been on 1 December
    days_pass("2026-12-03", "2026-12-09")
    assert told() == []


def test_another_hour_leaves_what_an_outage_has_held_up(due):
    switch_on()
    set_recall_policy({"hour": 16}, now=at("2026-12-02", "12:00"))
    tick(at("2026-12-02", "13:00"))
    tick(at("2026-12-02", "16:00"))
    assert told() == [(1, "Wed 2 Dec 16:00")]


@pytest.mark.parametrize(("back", "expected"), [("2026-12-04", [(1, "Fri 4 Dec 10:00")]), ("2026-12-05", [])])
def test_what_an_outage_held_up_for_three_days_goes_still_and_no_older_one(due, back, expected):
    switch_on()
    days_pass(back, "2026-12-08")
    assert told() == expected


def test_it_stops_the_moment_something_is_booked_and_goes_on_once_that_is_called_off(due):
    switch_on()
    tick(at("2026-12-15", "00:05"))
    (waiting,) = RecallAction.objects.filter(outcome="waiting")
    assert local(waiting.at) == "Tue 15 Dec 10:00"
    booked = due.book(due.ana, at("2026-12-22"), now=at("2026-12-15", "09:00"))
    days_pass("2026-12-15", "2026-12-20")
    assert (told(), outbox(caremessage__kind="recall")) == ([], [])
    scheduling.cancel(booked, reason="ill", now=at("2026-12-20", "12:00"))
    days_pass("2027-01-10", "2027-01-14")
    assert told() == [(3, "Tue 12 Jan 10:00")]


def test_a_reopened_completion_makes_no_step_twice(due):
    switch_on()
    session = Appointment.objects.get()
    days_pass("2026-11-30", "2026-12-02")
    reopened = scheduling.reopen(session, now=at("2026-12-02", "18:00"))
    scheduling.complete(reopened, completed_at=session.completed_at, now=at("2026-12-02", "18:05"))
    days_pass("2026-12-02", "2026-12-10")
    assert [step for step, _ in told()] == [1]


def test_whoever_cant_be_reached_is_passed_over(clinic):
    clinic.treat(clinic.ana, SESSION)
    switch_on()
    days_pass("2026-11-30", "2026-12-02")
    assert not RecallAction.objects.exists()


def test_switched_off_what_it_had_wanted_for_the_morning_doesnt_go(due):
    switch_on()
    tick(at("2026-12-01", "00:05"))
    set_recall_policy({"is_on": False}, now=at("2026-12-01", "09:00"))
    days_pass("2026-12-01", "2026-12-03", "10:00")
    assert told() == []


def test_what_somebody_wanted_by_hand_goes_with_the_policy_off(due):
    switch_on()
    services.want_recalls([due.ana.pk], by=None, now=at("2026-11-30", "22:00"))
    set_recall_policy({"is_on": False}, now=at("2026-11-30", "23:00"))
    days_pass("2026-12-01", "2026-12-03", "10:00")
    assert told() == [(None, "Tue 1 Dec 10:00")]


def test_switched_off_and_on_again_in_time_the_step_of_that_day_goes(due):
    switch_on()
    tick(at("2026-12-01", "00:05"))
    set_recall_policy({"is_on": False}, now=at("2026-12-01", "09:00"))
    set_recall_policy({"is_on": True}, now=at("2026-12-01", "09:10"))
    days_pass("2026-12-01", "2026-12-03", "09:15", "10:00")
    assert told() == [(1, "Tue 1 Dec 10:00")]
