"""The same moment, fifty desks: exactly one wins, every other one reads a sentence. Each guard has its control: without it, two win."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Event, local

import pytest
from django.db import OperationalError, transaction

from scheduling import services
from scheduling.errors import BookingRefused, PatientBusy, PractitionerBusy, RoomBusy, TooSoon
from scheduling.models import Appointment, Course, Patient, Practitioner, Room, Treatment
from scheduling.services import moving, saving
from scheduling.services.moving import Change
from scheduling.services.recalls import differences, refreshing
from tests.clinic_world import FIRST, TODAY, Clinic, at, patient, wait_until, waiting_for_a_lock

DESKS = 50


@pytest.fixture
def clinic(committed_clinic):
    return committed_clinic


def patients(number: int) -> list[Patient]:
    return [patient("Pat Pending", 100 + index) for index in range(number)]


def elsewhere(clinic: Clinic, number: int) -> list[tuple[Practitioner, Room]]:
    """A practitioner and a room of one's own for each, so that only the patient's own skin is in the way."""
    pairs = []
    for index in range(number):
        practitioner = Practitioner.objects.create(name=f"Practitioner {index}")
        practitioner.locations.add(clinic.location)
        practitioner.treatments.add(clinic.face, clinic.scalp)
        pairs.append((practitioner, Room.objects.create(location=clinic.location, name=f"Cabin {index}")))
    return pairs


def one_winner(results: list, *refusals: type[BookingRefused]) -> Appointment:
    winners = [result for result in results if isinstance(result, Appointment)]
    losers = [result for result in results if not isinstance(result, Appointment)]
    assert {type(loser) for loser in losers} <= set(refusals), losers
    assert len(winners) == 1
    assert list(Appointment.objects.all()) == winners
    return winners[0]


def test_fifty_desks_book_the_same_practitioner_and_room_for_fifty_patients(clinic, at_once):
    results = at_once([lambda who=who: clinic.book(who) for who in patients(DESKS)])
    one_winner(results, PractitionerBusy, RoomBusy)
    assert Course.objects.count() == 1  # the losers' courses are gone too


def test_fifty_desks_book_one_patient_on_nearby_days(clinic, at_once):
    """27 days and less apart, everything else free: only her skin stands in the way."""
    days = [FIRST + timedelta(days=index % 27) for index in range(DESKS)]
    free = elsewhere(clinic, DESKS)
    results = at_once(
        [
            lambda day=day, who=who, where=where: clinic.book(clinic.ana, day, practitioner=who, room=where)
            for day, (who, where) in zip(days, free, strict=True)
        ]
    )
    one_winner(results, TooSoon, PatientBusy)


def test_fifty_desks_book_one_patient_into_two_courses_of_the_same_skin(clinic, at_once):
    """Two treatments have two courses: here no lock helps, only the constraint."""
    deeper = Treatment.objects.create(name="Microneedling, face, deep", skin_area="face")
    free = elsewhere(clinic, 20)
    for practitioner, _ in free:
        practitioner.treatments.add(deeper)
    results = at_once(
        [
            lambda index=index, who=who, where=where: clinic.book(
                clinic.ana,
                FIRST + timedelta(days=index),
                practitioner=who,
                room=where,
                treatment=deeper if index % 2 else clinic.face,
            )
            for index, (who, where) in enumerate(free)
        ]
    )
    one_winner(results, TooSoon, PatientBusy)


def test_control_without_its_constraint_the_interval_has_several_winners(clinic, at_once, no_constraint):
    no_constraint("skin_has_recovered")
    free = elsewhere(clinic, 4)
    results = at_once(
        [
            lambda index=index, who=who, where=where: clinic.book(clinic.ana, FIRST + timedelta(days=index), practitioner=who, room=where)
            for index, (who, where) in enumerate(free)
        ]
    )
    assert [type(result) for result in results] == [Appointment] * 4


def test_control_without_its_constraint_the_practitioner_is_booked_twice(clinic, at_once, no_constraint):
    no_constraint("practitioner_is_free")
    results = at_once(
        [
            lambda: clinic.book(clinic.ana),
            lambda: clinic.book(clinic.ben, room=clinic.other_room),
        ]
    )
    assert [type(result) for result in results] == [Appointment] * 2


@pytest.fixture
def meeting(monkeypatch) -> Callable[..., Callable[[], bool]]:
    """Whoever comes to save an appointment waits until so many are there, for so many seconds at most. Answers with whether they met."""

    def wait_for(number: int, seconds: float) -> Callable[[], bool]:
        all_there, here, usual = Barrier(number), local(), Appointment.save

        def save(self, **how):
            if not hasattr(here, "has_met"):  # and not once more where the two end in a deadlock
                here.has_met = True
                with suppress(BrokenBarrierError):
                    all_there.wait(seconds)
                    met.set()
            usual(self, **how)

        met = Event()
        monkeypatch.setattr(Appointment, "save", save)
        return met.is_set

    return wait_for


OTHERWISE_FREE = {
    "practitioner": lambda clinic: {"room": clinic.other_room},
    "room": lambda clinic: {"practitioner": clinic.eli},
}


@pytest.mark.parametrize("what", OTHERWISE_FREE)
def test_two_who_want_the_same_come_one_after_the_other(clinic, at_once, meeting, what):
    """Or fifty find each other's rows, each waits for one of them, and deadlocks set one free a second."""
    have_met = meeting(2, seconds=0.5)
    both_book(clinic, at_once, what)
    assert not have_met()


@pytest.mark.parametrize("what", OTHERWISE_FREE)
def test_control_otherwise_both_are_at_it(clinic, at_once, meeting, monkeypatch, what):
    monkeypatch.setattr(saving, "_take_turns", lambda wanted: None)
    have_met = meeting(2, seconds=20)
    both_book(clinic, at_once, what)
    assert have_met()


def both_book(clinic: Clinic, at_once, what: str) -> None:
    his = OTHERWISE_FREE[what](clinic)
    one_winner(at_once([lambda: clinic.book(clinic.ana), lambda: clinic.book(clinic.ben, **his)]), PractitionerBusy, RoomBusy)


def test_nobody_waits_for_a_session_on_another_day_or_elsewhere(clinic, at_once, meeting):
    [(practitioner, room)] = elsewhere(clinic, 1)
    have_met = meeting(3, seconds=20)
    results = at_once(
        [
            lambda: clinic.book(clinic.ana),
            lambda: clinic.book(clinic.ben, FIRST + timedelta(days=1)),
            lambda: clinic.book(clinic.chloe, practitioner=practitioner, room=room),
        ]
    )
    assert [type(result) for result in results] == [Appointment] * 3
    assert have_met()


def complete_hers(clinic: Clinic, hers: Appointment) -> None:
    services.complete(hers, now=hers.ends_at)


def move_hers(clinic: Clinic, hers: Appointment) -> None:
    services.move(hers, starts_at=FIRST + timedelta(hours=2), now=TODAY)


def book_another_of_hers(clinic: Clinic, hers: Appointment) -> None:
    clinic.book(clinic.ana, FIRST + timedelta(hours=2), treatment=clinic.scalp)


@pytest.mark.parametrize("do", [book_another_of_hers, complete_hers, move_hers])
@pytest.mark.parametrize("is_guarded", [True, False])
def test_whoever_waits_for_a_patient_keeps_nobody_else_waiting(clinic, at_once, monkeypatch, do, is_guarded):
    """Somebody holds Ana for long, such as one who changes a cadence. Ben is booked with her practitioner meanwhile."""
    if not is_guarded:
        for module in ("booking", "status", "moving"):
            monkeypatch.setattr(f"scheduling.services.{module}.hold", lambda patients: None)
    hers = clinic.book(clinic.ana)
    is_held, is_booked = Event(), Event()

    def hold_her() -> bool:
        with transaction.atomic():
            Patient.objects.select_for_update(no_key=True).get(pk=clinic.ana.pk)
            is_held.set()
            wait_until(lambda: is_booked.is_set() or waiting_for_a_lock() == 2)
            return is_booked.is_set()

    def wait_for_her() -> None:
        assert is_held.wait(20)
        do(clinic, hers)

    def book_ben() -> None:
        assert is_held.wait(20)
        wait_until(waiting_for_a_lock)
        clinic.book(clinic.ben, FIRST + timedelta(hours=6))
        is_booked.set()

    assert at_once([hold_her, wait_for_her, book_ben]) == [is_guarded, None, None]


def test_moves_onto_the_same_time(clinic, at_once):
    free = elsewhere(clinic, 8)
    booked = [
        clinic.book(who, FIRST + timedelta(hours=2), practitioner=practitioner, room=room)
        for who, (practitioner, room) in zip(patients(8), free, strict=True)
    ]
    results = at_once(
        [
            lambda session=session: services.move(session, starts_at=FIRST, practitioner=clinic.dana, room=clinic.room, now=TODAY)
            for session in booked
        ]
    )
    assert sum(isinstance(result, Appointment) for result in results) == 1
    assert {type(result) for result in results} <= {Appointment, PractitionerBusy, RoomBusy}
    assert Appointment.objects.filter(practitioner=clinic.dana).count() == 1


def test_a_session_is_completed_once_however_many_press_the_button(clinic, at_once):
    from aftercare.models import Plan

    booked = clinic.book(clinic.ana)
    results = at_once([lambda: services.complete(booked, now=FIRST + timedelta(hours=1)) for _ in range(8)])
    assert sum(isinstance(result, Appointment) for result in results) == 1
    assert all(isinstance(result, Appointment | BookingRefused) for result in results), results
    assert Plan.objects.count() == 1


def test_a_change_of_the_interval_and_a_booking_at_the_same_time_agree(clinic, at_once):
    """Whichever comes first: the course's coming sessions have the course's interval."""
    free = elsewhere(clinic, 2)
    for round_number, (practitioner, room) in enumerate(free * 5):
        who = patient("Rae Racer", 200 + round_number)
        course = clinic.treat(who, at("2026-11-03") + timedelta(hours=2 * round_number), practitioner=practitioner, room=room).course
        results = at_once(
            [
                lambda course=course: services.set_minimum_interval(course, 42, now=TODAY),
                lambda who=who, n=round_number, p=practitioner, r=room: clinic.book(
                    who, at("2026-12-15") + timedelta(hours=2 * n), practitioner=p, room=r
                ),
            ]
        )
        assert [type(result) for result in results] == [Course, Appointment]
        assert set(Appointment.objects.filter(course=course).values_list("minimum_interval_days", flat=True)) == {42}


def test_completing_while_the_interval_changes_ends_in_no_deadlock(clinic, at_once):
    for round_number in range(8):
        booked = clinic.book(patient("Rae Racer", 300 + round_number), FIRST + timedelta(hours=2 * round_number))
        results = at_once(
            [
                lambda booked=booked: services.set_minimum_interval(booked.course, 35, now=TODAY),
                lambda booked=booked: services.complete(booked, now=booked.ends_at),
            ]
        )
        assert [type(result) for result in results] == [Course, Appointment], results
        booked.refresh_from_db()
        assert (booked.status, booked.minimum_interval_days) == ("fulfilled", 35)


@pytest.fixture
def crossing(clinic, at_once, monkeypatch) -> Callable[[], list]:
    """Two desks move two sessions each to the same two days of Dana's: Ana's to later times, so that the last goes first, and Ben's to
    earlier ones. Each has its turn on one of the days, and waits for the other."""
    hers = [clinic.book(clinic.ana, FIRST + timedelta(days=days)) for days in (0, 42)]
    his = [clinic.book(clinic.ben, FIRST + timedelta(days=days, hours=3)) for days in (8, 50)]
    is_saved, usual = Barrier(2), moving._save
    here = local()

    def waits_for_the_other(move):
        usual(move)
        if not hasattr(here, "has_one"):
            here.has_one = True
            is_saved.wait(20)

    monkeypatch.setattr(moving, "_save", waits_for_the_other)
    days = [FIRST + timedelta(days=7), FIRST + timedelta(days=49)]

    def move(sessions: list[Appointment], hours: int) -> None:
        first, last = (day + timedelta(hours=hours) for day in days)
        services.move(sessions[0], starts_at=first, along=[Change(sessions[1], last)], now=TODAY)

    return lambda: at_once([lambda: move(hers, 0), lambda: move(his, 3)])


def test_two_who_wait_for_each_other_begin_anew_and_both_move(crossing):
    assert crossing() == [None, None]
    assert sorted(session.during.lower.day for session in Appointment.objects.all()) == [10, 10, 22, 22]


def test_control_with_one_try_one_of_them_ends_in_a_deadlock(crossing, monkeypatch):
    monkeypatch.setattr(saving.retried, "__kwdefaults__", {"tries": 1})
    assert sorted(type(result).__name__ for result in crossing()) == ["NoneType", "OperationalError"]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_cadence_is_changed_while_two_say_stop_in_the_order_that_is_in_its_way(clinic, at_once, monkeypatch, is_guarded):
    """It holds Ana and waits for Ben, whom a batch holds that then wants Ana. The control is the transaction that isn't begun anew."""
    if not is_guarded:
        monkeypatch.setattr("scheduling.services.refresh_patients_of", refreshing.refresh_patients_of.__wrapped__)
    for hours, who in enumerate((clinic.ana, clinic.ben)):
        clinic.treat(who, FIRST - timedelta(hours=2 * hours))
    has_ben = Event()

    def two_say_stop():
        with transaction.atomic():
            services.refresh([clinic.ben.pk])
            has_ben.set()
            wait_until(waiting_for_a_lock)
            services.refresh([clinic.ana.pk])

    def change_it():
        has_ben.wait(20)
        treatment = Treatment.objects.get(pk=clinic.face.pk)
        treatment.recommended_within_days = 40
        treatment.save()

    stopped, changed = at_once([two_say_stop, change_it])
    if is_guarded:
        assert (changed, list(differences())) == (None, [])
    else:
        assert OperationalError in (type(stopped), type(changed))  # PostgreSQL chooses which


def test_a_cadence_is_changed_while_the_first_session_of_a_patient_is_being_completed(clinic, at_once):
    """It finds her by her course. By her recalls, of which nobody has seen one yet, it would pass her over."""
    session = clinic.book(clinic.ana)
    is_completed, is_changed = Event(), Event()

    def complete_it():
        with transaction.atomic():
            services.complete(session, now=FIRST + timedelta(hours=1))
            is_completed.set()
            wait_until(lambda: is_changed.is_set() or waiting_for_a_lock())

    def change_it():
        is_completed.wait(20)
        treatment = Treatment.objects.get(pk=clinic.face.pk)
        treatment.recommended_within_days = 40
        treatment.save()
        is_changed.set()

    assert at_once([complete_it, change_it]) == [None, None]
    assert list(differences()) == []
