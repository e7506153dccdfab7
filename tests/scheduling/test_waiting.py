"""Who waits for an earlier time gets one that became free: one after the other, the first answer takes it, under any race."""

from datetime import date, datetime, time, timedelta
from threading import Barrier, Event

import pytest
from django.db import OperationalError, connection, transaction
from django.dispatch import Signal

from scheduling import services
from scheduling.domain.offering import may_be_asked
from scheduling.errors import AlreadyWaiting, BookingRefused, CantWait, Gone, IllegalMove
from scheduling.models import Appointment, Offer, Opening, Patient, Treatment, WaitlistEntry
from scheduling.services import offering
from scheduling.services.saving import retried
from scheduling.services.waiting import hold_entry
from scheduling.signals import appointment_booked, slot_offered
from tests.clinic_world import FIRST, NEW_YORK, TODAY, at, patient, wait_until, waiting_for_a_lock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUARTER = 15 * MINUTE
NIGHT = (time(21), time(8))


@pytest.fixture
def told():
    """Everybody can be told, but those in `told.deaf`; it holds the offers that were."""

    class Told(list):
        deaf: set[int] = set()

    asked = Told()

    def listener(offer: Offer, now: datetime, **kwargs: object) -> bool:
        if offer.entry.patient_id in asked.deaf:
            return False
        asked.append(offer)
        return True

    slot_offered.connect(listener)
    yield asked
    slot_offered.disconnect(listener)


def asked_by_name() -> list[tuple[str, str]]:
    """Each offer's patient and what became of it, in the order in which they were asked."""
    return [(offer.entry.patient.first_name, offer.outcome) for offer in Offer.objects.order_by("offered_at", "pk")]


def waits(clinic, who: Patient, **changed) -> WaitlistEntry:
    """For the face, at any time of the two weeks from TODAY, since TODAY unless `changed`."""
    wanted = {
        "treatment": clinic.face,
        "location": clinic.location,
        "first_on": date(2026, 10, 26),
        "last_on": date(2026, 11, 9),
        "now": TODAY,
    }
    return services.wait(patient=who, **(wanted | changed))


def frees(clinic, starts_at: datetime = FIRST, *, who: Patient | None = None, now: datetime = TODAY, **changed) -> Opening:
    """Somebody else's session at that time is cancelled."""
    booked = clinic.book(who or patient("Olga Other", 90 + Patient.objects.count()), starts_at, **changed)
    services.cancel(booked, reason="ill", now=now)
    return Opening.objects.get(freed_by=booked)


def its_offer(who: Patient) -> Offer:
    return Offer.objects.get(entry__patient=who)


def standing(who: Patient) -> list[str]:
    return [local_start(one) for one in Appointment.objects.coming().filter(patient=who).order_by("during")]


def local_start(appointment: Appointment) -> str:
    return f"{appointment.starts_at.astimezone(NEW_YORK):%d %b %H:%M}"


class TestWaiting:
    def test_an_entry_says_what_she_would_come_for(self, clinic):
        booked = clinic.book(clinic.ana, at("2026-11-20"))
        entry = waits(clinic, clinic.ana, appointment=booked, practitioner=clinic.dana, starts_from=time(9), starts_until=time(12))
        entry.refresh_from_db()
        assert (entry.status, entry.created_at, entry.appointment, entry.practitioner) == ("waiting", TODAY, booked, clinic.dana)

    def test_nobody_waits_twice_for_the_same(self, clinic):
        first = waits(clinic, clinic.ana)
        with pytest.raises(AlreadyWaiting, match="Ana waits for that already"):
            waits(clinic, clinic.ana, now=TODAY + DAY)
        assert list(WaitlistEntry.objects.all()) == [first]

    def test_an_entry_whose_days_are_over_is_in_nobodys_way(self, clinic):
        old = waits(clinic, clinic.ana, last_on=date(2026, 10, 27))
        waits(clinic, clinic.ana, now=TODAY + 2 * DAY)
        old.refresh_from_db()
        assert (old.status, old.closed_at) == ("over", TODAY + 2 * DAY)

    def test_with_its_last_day_it_is_over(self, clinic):
        entry = waits(clinic, clinic.ana, last_on=date(2026, 10, 27))
        services.offer_openings(at("2026-10-27", "23:59"))
        entry.refresh_from_db()
        assert entry.status == "waiting"
        services.offer_openings(at("2026-10-28", "00:00"))
        entry.refresh_from_db()
        assert (entry.status, entry.closed_at) == ("over", at("2026-10-28", "00:00"))

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"last_on": date(2026, 10, 25)}, "has passed already"),
            ({"first_on": date(2026, 11, 10)}, "over before it begins"),
            ({"starts_from": time(12), "starts_until": time(9)}, "over before it begins"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_words(self, clinic, changed, sentence):
        with pytest.raises(CantWait, match=sentence):
            waits(clinic, clinic.ana, **changed)
        assert not WaitlistEntry.objects.exists()

    def test_only_ones_own_booked_appointment_can_be_given_up(self, clinic):
        bens = clinic.book(clinic.ben, at("2026-11-20"))
        with pytest.raises(CantWait, match="another patient's"):
            waits(clinic, clinic.ana, appointment=bens)
        services.cancel(bens, reason="ill", now=TODAY)
        with pytest.raises(CantWait, match="is cancelled, so there is nothing to give up"):
            waits(clinic, clinic.ben, appointment=bens)
        booked = clinic.book(clinic.chloe, at("2026-11-02"))
        with pytest.raises(CantWait, match="all after the appointment"):
            waits(clinic, clinic.chloe, appointment=booked, first_on=date(2026, 11, 3))
        assert not WaitlistEntry.objects.exists()

    def test_who_calls_her_appointment_off_doesnt_wait_for_an_earlier_one(self, clinic):
        booked = clinic.book(clinic.ana, at("2026-11-20"))
        entry = waits(clinic, clinic.ana, appointment=booked)
        services.cancel(booked, reason="moved away", now=TODAY + HOUR)
        entry.refresh_from_db()
        assert (entry.status, entry.closed_at) == ("withdrawn", TODAY + HOUR)


class TestOpenings:
    def test_a_cancellation_frees_its_time(self, clinic):
        opening = frees(clinic, now=TODAY + HOUR)
        assert (opening.practitioner, opening.room, opening.location) == (clinic.dana, clinic.room, clinic.location)
        assert (opening.during.lower, opening.during.upper) == (FIRST, FIRST + 75 * MINUTE)
        assert (opening.freed_at, opening.closed_at) == (TODAY + HOUR, None)

    def test_not_within_the_hour_and_not_by_a_no_show(self, clinic):
        booked = clinic.book(clinic.ana)
        services.cancel(booked, reason="ill", now=FIRST - 59 * MINUTE)
        missed = clinic.book(clinic.ben)
        services.mark_no_show(missed, now=FIRST + HOUR)
        assert not Opening.objects.exists()

    def test_a_cancellation_that_is_refused_frees_nothing(self, clinic):
        booked = clinic.treat(clinic.ana)
        with pytest.raises(IllegalMove):
            services.cancel(booked, reason="typed wrong", now=FIRST + 2 * HOUR)
        assert not Opening.objects.exists()

    def test_what_is_free_still_is_offered_to_one_who_joins_the_list(self, clinic, told):
        frees(clinic)
        assert services.offer_openings(TODAY) == 0
        waits(clinic, clinic.ana, now=TODAY + HOUR)
        assert services.offer_openings(TODAY + HOUR) == 1
        assert asked_by_name() == [("Ana", "open")]


class TestMovedToAndFro:
    """One time may have become free several times over: it is one time all the same."""

    @pytest.fixture
    def three_wait(self, clinic) -> None:
        for number, who in enumerate((clinic.ana, clinic.chloe, patient("Dora Dean", 70))):
            waits(clinic, who, now=TODAY + number * timedelta(seconds=1))

    def test_a_time_is_offered_once_its_last_move_stands_and_to_one(self, clinic, told, three_wait):
        booked = clinic.book(clinic.ben)
        services.move(booked, starts_at=FIRST + DAY, now=TODAY + MINUTE)
        services.undo_move(booked.moves.get(), now=TODAY + 2 * MINUTE)
        services.move(booked, starts_at=FIRST + DAY, now=TODAY + 3 * MINUTE)
        assert [services.offer_openings(TODAY + minute * MINUTE) for minute in (4, 5)] == [0, 0]
        assert [services.offer_openings(TODAY + minute * MINUTE) for minute in (6, 7)] == [1, 0]
        assert asked_by_name() == [("Ana", "open")]
        assert Opening.objects.filter(closed_at=None).count() == 1  # one stands for both
        assert services.offer_openings(TODAY + 21 * MINUTE) == 1
        assert asked_by_name() == [("Ana", "expired"), ("Chloe", "open")]

    def test_times_that_overlap_are_offered_one_after_the_other(self, clinic, told, three_wait):
        booked = clinic.book(clinic.ben)
        services.move(booked, starts_at=FIRST + 30 * MINUTE, now=TODAY + MINUTE)
        services.cancel(booked, reason="ill", now=TODAY + 2 * MINUTE)
        assert services.offer_openings(TODAY + 5 * MINUTE) == 1
        assert services.offer_openings(TODAY + 6 * MINUTE) == 0
        services.accept_offer(Offer.objects.get(), now=TODAY + 7 * MINUTE)
        assert services.offer_openings(TODAY + 7 * MINUTE) == 0
        assert asked_by_name() == [("Ana", "accepted")]

    def test_what_a_mistaken_move_covered_is_offered_on(self, clinic, told, three_wait):
        frees(clinic)
        booked = clinic.book(clinic.ben, FIRST + DAY)
        services.move(booked, starts_at=FIRST, now=TODAY + MINUTE)
        assert services.offer_openings(TODAY + MINUTE) == 0
        assert Opening.objects.filter(during__startswith=FIRST).exclude(closed_at=None).exists()
        services.undo_move(booked.moves.get(), now=TODAY + 2 * MINUTE)
        assert services.offer_openings(TODAY + 2 * MINUTE) == 1
        assert its_offer(clinic.ana).opening.during.lower == FIRST

    def test_who_was_asked_before_the_mistake_isnt_asked_twice(self, clinic, told, three_wait):
        frees(clinic)
        services.offer_openings(TODAY)
        booked = clinic.book(clinic.ben, FIRST + DAY)
        services.move(booked, starts_at=FIRST, now=TODAY + MINUTE)
        services.offer_openings(TODAY + MINUTE)
        services.undo_move(booked.moves.get(), now=TODAY + 2 * MINUTE)
        services.offer_openings(TODAY + 2 * MINUTE)
        assert asked_by_name() == [("Ana", "lost"), ("Chloe", "open")]
        services.accept_offer(its_offer(clinic.ana), now=TODAY + 3 * MINUTE)  # she answers what she was asked: it is free
        assert standing(clinic.ana) == ["03 Nov 13:00"]


class TestInLine:
    """One is asked at a time, who waits longest first; a quarter of an hour each."""

    def test_one_after_the_other(self, clinic, told):
        for number, who in enumerate((clinic.ben, clinic.ana, clinic.chloe)):
            waits(clinic, who, now=TODAY + number * MINUTE)
        frees(clinic)
        now = TODAY + HOUR
        assert services.offer_openings(now) == 1
        assert asked_by_name() == [("Ben", "open")]
        assert its_offer(clinic.ben).answer_by == now + QUARTER
        assert services.offer_openings(now + QUARTER - timedelta(seconds=1)) == 0
        assert services.offer_openings(now + QUARTER) == 1
        assert asked_by_name() == [("Ben", "expired"), ("Ana", "open")]
        services.decline_offer(its_offer(clinic.ana), now=now + 16 * MINUTE)
        assert services.offer_openings(now + 16 * MINUTE) == 1
        assert asked_by_name() == [("Ben", "expired"), ("Ana", "declined"), ("Chloe", "open")]
        assert services.offer_openings(now + 40 * MINUTE) == 0  # nobody is asked for it twice
        assert [offer.entry.patient for offer in told] == [clinic.ben, clinic.ana, clinic.chloe]
        assert set(WaitlistEntry.objects.values_list("status", flat=True)) == {"waiting"}

    def test_asked_again_and_again_it_asks_once(self, clinic, told):
        waits(clinic, clinic.ana)
        frees(clinic)
        assert [services.offer_openings(TODAY) for _ in range(3)] == [1, 0, 0]

    def test_who_cant_be_told_is_passed_over_at_once(self, clinic, told):
        waits(clinic, clinic.ben)
        waits(clinic, clinic.ana, now=TODAY + MINUTE)
        told.deaf.add(clinic.ben.pk)
        frees(clinic)
        assert services.offer_openings(TODAY + HOUR) == 1
        assert asked_by_name() == [("Ben", "untold"), ("Ana", "open")]

    def test_with_nobody_to_tell_it_the_listeners_say_so(self, clinic):
        """Without consent nobody is asked; the entry shows it."""
        waits(clinic, clinic.ana)
        frees(clinic)
        assert services.offer_openings(TODAY) == 0
        assert asked_by_name() == [("Ana", "untold")]

    def test_one_offer_at_a_time_for_each(self, clinic, told):
        waits(clinic, clinic.ana)
        frees(clinic)
        frees(clinic, FIRST + 2 * HOUR)
        assert services.offer_openings(TODAY) == 1
        assert services.offer_openings(TODAY + QUARTER) == 1  # the other time, since the first one wasn't answered
        assert asked_by_name() == [("Ana", "expired"), ("Ana", "open")]

    def test_a_time_that_the_desk_gave_away_is_offered_to_nobody(self, clinic, told):
        waits(clinic, clinic.ana)
        opening = frees(clinic)
        services.offer_openings(TODAY)
        clinic.book(clinic.ben)
        assert services.offer_openings(TODAY + MINUTE) == 0
        opening.refresh_from_db()
        assert (asked_by_name(), opening.closed_at) == ([("Ana", "lost")], TODAY + MINUTE)

    def test_a_time_within_the_hour_is_offered_to_nobody(self, clinic, told):
        waits(clinic, clinic.ana)
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        opening = frees(clinic)
        services.offer_openings(FIRST - 65 * MINUTE)
        services.offer_openings(FIRST - 55 * MINUTE)
        assert asked_by_name() == [("Ana", "open")]  # her quarter of an hour is hers
        services.offer_openings(FIRST - 50 * MINUTE)
        opening.refresh_from_db()
        assert (asked_by_name(), opening.closed_at) == ([("Ana", "expired")], FIRST - 50 * MINUTE)

    def test_one_opening_that_cant_be_handled_doesnt_hold_up_the_others(self, clinic, told, monkeypatch, caplog):
        frees(clinic)
        frees(clinic, FIRST + 2 * HOUR)
        waits(clinic, clinic.ana)
        usual = offering._in_line

        def fails_for_the_first(opening, now):
            if opening.during.lower == FIRST:
                raise ZeroDivisionError("Ana Alvarez")
            return usual(opening, now)

        monkeypatch.setattr(offering, "_in_line", fails_for_the_first)
        assert services.offer_openings(TODAY) == 1
        assert its_offer(clinic.ana).opening.during.lower == FIRST + 2 * HOUR
        assert "ZeroDivisionError" in caplog.text
        assert "Ana" not in caplog.text

    def test_its_own_patient_isnt_offered_what_she_called_off(self, clinic, told):
        waits(clinic, clinic.ana)
        frees(clinic, who=clinic.ana)
        assert services.offer_openings(TODAY) == 0
        assert asked_by_name() == []


class TestWhoMayCome:
    @pytest.mark.parametrize(
        ("changed", "is_asked"),
        [
            ({}, True),
            ({"first_on": date(2026, 11, 3), "last_on": date(2026, 11, 3)}, True),
            ({"first_on": date(2026, 11, 4)}, False),
            ({"last_on": date(2026, 11, 2)}, False),
            ({"starts_from": time(13), "starts_until": time(13)}, True),
            ({"starts_from": time(13, 1)}, False),
            ({"starts_until": time(12, 59)}, False),
        ],
    )
    def test_days_and_times_are_the_clinics(self, clinic, told, changed, is_asked):
        waits(clinic, clinic.ana, **changed)
        frees(clinic)
        assert services.offer_openings(TODAY) == is_asked

    def test_the_practitioner_whom_she_asked_for(self, clinic, told):
        waits(clinic, clinic.ana, practitioner=clinic.eli)
        frees(clinic)
        assert services.offer_openings(TODAY) == 0
        frees(clinic, practitioner=clinic.eli, room=clinic.other_room)
        assert services.offer_openings(TODAY) == 1

    def test_a_practitioner_who_doesnt_perform_it(self, clinic, told):
        waits(clinic, clinic.ana, treatment=clinic.scalp)
        clinic.dana.treatments.remove(clinic.scalp)
        frees(clinic)
        assert services.offer_openings(TODAY) == 0

    def test_a_longer_treatment_only_where_there_is_time_for_it(self, clinic, told):
        long = Treatment.objects.create(name="Microneedling, back", skin_area="back", duration_minutes=120, turnaround_minutes=15)
        clinic.dana.treatments.add(long)
        waits(clinic, clinic.ana, treatment=long)
        following = clinic.book(clinic.ben, FIRST + 75 * MINUTE)
        frees(clinic)
        assert services.offer_openings(TODAY) == 0
        services.cancel(following, reason="ill", now=TODAY + MINUTE)
        assert services.offer_openings(TODAY + MINUTE) == 1
        assert its_offer(clinic.ana).opening.during.lower == FIRST

    @pytest.mark.parametrize(("days_before", "is_asked"), [(27, False), (28, True)])
    def test_her_skin_decides_in_the_past(self, clinic, told, days_before, is_asked):
        clinic.treat(clinic.ana, FIRST - timedelta(days=days_before), now=FIRST - timedelta(days=days_before))
        waits(clinic, clinic.ana)
        frees(clinic)
        assert services.offer_openings(TODAY) == is_asked

    @pytest.mark.parametrize(("days_after", "is_asked"), [(27, False), (28, True)])
    def test_and_in_the_future(self, clinic, told, days_after, is_asked):
        clinic.book(clinic.ana, FIRST + timedelta(days=days_after))
        waits(clinic, clinic.ana)
        frees(clinic)
        assert services.offer_openings(TODAY) == is_asked

    def test_a_course_with_a_longer_interval(self, clinic, told):
        course = clinic.treat(clinic.ana, FIRST - 30 * DAY, now=FIRST - 30 * DAY).course
        services.set_minimum_interval(course, 35, now=TODAY)
        waits(clinic, clinic.ana)
        frees(clinic)
        assert services.offer_openings(TODAY) == 0

    def test_trying_whether_she_fits_leaves_nothing_behind(self, clinic, told):
        heard = []

        def listener(**kwargs):
            heard.append(kwargs)

        waits(clinic, clinic.ana)
        frees(clinic)
        appointment_booked.connect(listener)
        try:
            services.offer_openings(TODAY)
        finally:
            appointment_booked.disconnect(listener)
        assert heard == []
        assert not Appointment.objects.filter(patient=clinic.ana).exists()

    def test_instead_of_what_she_has_and_only_earlier(self, clinic, told):
        """A week before it, her own skin is in nobody's way: it is that very session that would be given up."""
        booked = clinic.book(clinic.ana, FIRST + 7 * DAY)
        waits(clinic, clinic.ana, appointment=booked, last_on=date(2026, 12, 1))
        frees(clinic, FIRST + 8 * DAY)
        assert services.offer_openings(TODAY) == 0
        frees(clinic, FIRST)
        assert services.offer_openings(TODAY) == 1

    @pytest.mark.parametrize(
        ("clock", "is_asked"),
        [("07:59", False), ("08:00", True), ("20:44", True), ("20:45", False), ("21:00", False), ("02:00", False)],
    )
    def test_nobody_is_asked_in_her_quiet_hours_nor_would_they_eat_into_her_quarter(self, clinic, told, clock, is_asked):
        waits(clinic, clinic.ana)
        frees(clinic)
        assert services.offer_openings(at("2026-10-28", clock)) == is_asked

    def test_quiet_hours_are_hers_wherever_she_lives(self, clinic, told):
        waits(clinic, patient("Lana Lima", 50, time_zone="America/Los_Angeles"))
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        frees(clinic)
        assert services.offer_openings(at("2026-10-28", "09:00")) == 1  # 06:00 where Lana lives
        assert asked_by_name() == [("Ben", "open")]

    def test_on_the_days_on_which_clocks_change(self):
        zone = NEW_YORK
        assert not may_be_asked(at("2027-03-14", "06:59"), zone, NIGHT)
        assert may_be_asked(at("2027-03-14", "08:00"), zone, NIGHT)
        assert not may_be_asked(at("2026-11-01", "07:30"), zone, NIGHT)
        assert may_be_asked(at("2026-11-01", "08:00"), zone, NIGHT)
        assert may_be_asked(at("2026-11-01", "20:44"), zone, NIGHT)
        assert not may_be_asked(at("2026-11-01", "14:00"), zone, (time(13), time(15)))


class TestTakingIt:
    @pytest.fixture
    def offered(self, clinic, told) -> Offer:
        waits(clinic, clinic.ana)
        frees(clinic)
        services.offer_openings(TODAY)
        return its_offer(clinic.ana)

    def test_it_is_booked_and_confirmed_and_she_is_off_the_list(self, clinic, offered):
        booked = services.accept_offer(offered, now=TODAY + MINUTE)
        offered.refresh_from_db()
        assert (offered.outcome, offered.appointment, offered.answered_at) == ("accepted", booked, TODAY + MINUTE)
        assert (offered.entry.status, offered.opening.closed_at) == ("booked", TODAY + MINUTE)
        assert (booked.patient, booked.starts_at, booked.practitioner, booked.room) == (clinic.ana, FIRST, clinic.dana, clinic.room)
        assert (booked.confirmed_at, booked.booked_by) == (TODAY + MINUTE, None)

    def test_said_twice_it_is_booked_once(self, clinic, offered):
        booked = services.accept_offer(offered, now=TODAY + MINUTE)
        assert services.accept_offer(offered, now=TODAY + 2 * MINUTE) == booked
        assert Appointment.objects.coming().count() == 1

    def test_late_it_is_hers_while_it_is_free(self, clinic, offered):
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        services.offer_openings(TODAY + QUARTER)
        assert asked_by_name() == [("Ana", "expired"), ("Ben", "open")]
        services.accept_offer(offered, now=TODAY + 20 * MINUTE)
        assert asked_by_name() == [("Ana", "accepted"), ("Ben", "lost")]
        with pytest.raises(Gone, match=r"can't be taken any more\. Somebody else from the waitlist has taken it"):
            services.accept_offer(its_offer(clinic.ben), now=TODAY + 21 * MINUTE)
        assert standing(clinic.ben) == []
        assert its_offer(clinic.ben).entry.status == "waiting"

    def test_gone_to_a_booking_she_stays_on_the_list(self, clinic, offered):
        clinic.book(clinic.ben)
        with pytest.raises(Gone, match="Dana Diaz already has an appointment"):
            services.accept_offer(offered, now=TODAY + MINUTE)
        offered.refresh_from_db()
        assert (offered.outcome, offered.answered_at, offered.appointment) == ("lost", TODAY + MINUTE, None)
        assert offered.entry.status == "waiting"
        assert standing(clinic.ana) == []

    def test_not_once_it_has_begun(self, clinic, offered):
        with pytest.raises(Gone, match="has begun already"):
            services.accept_offer(offered, now=FIRST)
        assert standing(clinic.ana) == []

    def test_her_skin_decides_once_more(self, clinic, offered):
        clinic.book(clinic.ana, FIRST + 27 * DAY)
        with pytest.raises(Gone, match="skin needs 28 days"):
            services.accept_offer(offered, now=TODAY + MINUTE)
        assert standing(clinic.ana) == ["30 Nov 13:00"]

    def test_the_time_of_an_accepted_one_that_was_called_off_isnt_taken_by_an_old_offer(self, clinic, offered):
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        services.offer_openings(TODAY + QUARTER)
        booked = services.accept_offer(offered, now=TODAY + 16 * MINUTE)
        services.cancel(booked, reason="ill", now=TODAY + 17 * MINUTE)
        with pytest.raises(Gone):
            services.accept_offer(its_offer(clinic.ben), now=TODAY + 18 * MINUTE)
        assert services.offer_openings(TODAY + 18 * MINUTE) == 1  # it is offered to him anew

    def test_the_time_that_she_gives_up_is_her_appointments_no_more(self, clinic, told):
        booked = clinic.book(clinic.ana, FIRST + 7 * DAY)
        waits(clinic, clinic.ana, appointment=booked)
        frees(clinic)
        services.offer_openings(TODAY)
        assert services.accept_offer(its_offer(clinic.ana), now=TODAY + MINUTE) == booked
        assert standing(clinic.ana) == ["03 Nov 13:00"]
        booked.refresh_from_db()
        assert booked.confirmed_at == TODAY + MINUTE

    def test_what_she_gave_up_is_offered_to_others_once_the_move_stands(self, clinic, told):
        booked = clinic.book(clinic.ana, FIRST + 6 * DAY)
        waits(clinic, clinic.ana, appointment=booked)
        waits(clinic, clinic.ben, first_on=date(2026, 11, 9), now=TODAY + MINUTE)
        frees(clinic)
        services.offer_openings(TODAY)
        services.accept_offer(its_offer(clinic.ana), now=TODAY + MINUTE)
        assert services.offer_openings(TODAY + 4 * MINUTE - timedelta(seconds=1)) == 0
        assert services.offer_openings(TODAY + 4 * MINUTE) == 1
        assert its_offer(clinic.ben).opening.during.lower == FIRST + 6 * DAY

    def test_who_takes_one_late_isnt_kept_waiting_for_the_other(self, clinic, told):
        waits(clinic, clinic.ana)
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        frees(clinic)
        services.offer_openings(TODAY + MINUTE)
        first = its_offer(clinic.ana)
        frees(clinic, FIRST + 2 * HOUR)
        services.offer_openings(TODAY + MINUTE)
        services.offer_openings(TODAY + 20 * MINUTE)
        services.offer_openings(TODAY + 20 * MINUTE)
        open_to_ana = Offer.objects.exclude(pk=first.pk).get(entry__patient=clinic.ana)
        services.accept_offer(first, now=TODAY + 21 * MINUTE)
        open_to_ana.refresh_from_db()
        assert (open_to_ana.outcome, open_to_ana.answered_at) == ("declined", TODAY + 21 * MINUTE)
        assert open_to_ana.entry.status == "booked"

    def test_withdrawn_she_is_asked_no_more_and_can_take_nothing(self, clinic, offered):
        services.withdraw(offered.entry, now=TODAY + MINUTE)
        with pytest.raises(Gone, match="isn't on the waitlist any more"):
            services.accept_offer(offered, now=TODAY + 2 * MINUTE)
        frees(clinic, FIRST + 2 * HOUR)
        assert services.offer_openings(TODAY + 2 * MINUTE) == 0
        assert standing(clinic.ana) == []

    def test_declined_she_stays_on_the_list_and_may_think_better_of_it(self, clinic, offered):
        services.decline_offer(offered, now=TODAY + MINUTE)
        offered.refresh_from_db()
        assert (offered.outcome, offered.answered_at, offered.entry.status) == ("declined", TODAY + MINUTE, "waiting")
        services.accept_offer(offered, now=TODAY + 2 * MINUTE)
        assert standing(clinic.ana) == ["03 Nov 13:00"]


class TestRaces:
    @pytest.fixture
    def clinic(self, committed_clinic):
        return committed_clinic

    def offered_to_both(self, clinic) -> list[Offer]:
        """Ana's offer has expired, and Ben's is open: both may take it."""
        waits(clinic, clinic.ana)
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        frees(clinic)
        services.offer_openings(TODAY + MINUTE)
        services.offer_openings(TODAY + MINUTE + QUARTER)
        return [its_offer(clinic.ana), its_offer(clinic.ben)]

    @pytest.mark.parametrize("round_number", range(3))
    def test_two_accept_the_same_time_at_once(self, clinic, told, at_once, round_number):
        offers = self.offered_to_both(clinic)
        results = at_once([lambda offer=offer: services.accept_offer(offer, now=TODAY + HOUR) for offer in offers])
        assert sorted(type(result).__name__ for result in results) == ["Appointment", "Gone"]
        assert sorted(Offer.objects.values_list("outcome", flat=True)) == ["accepted", "lost"]
        assert sorted(WaitlistEntry.objects.values_list("status", flat=True)) == ["booked", "waiting"]
        assert Appointment.objects.coming().count() == 1

    def test_control_without_lock_and_constraints_both_have_it(self, clinic, told, at_once, no_constraint, monkeypatch):
        offers = self.offered_to_both(clinic)
        no_constraint("practitioner_is_free")
        no_constraint("room_is_free")
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX an_opening_is_taken_once")
        from django.db.models import QuerySet

        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **how: self.all())
        both_have_looked, usual = Barrier(2), offering._place_of

        def once_both_have_looked(opening):
            both_have_looked.wait(timeout=20)
            return usual(opening)

        monkeypatch.setattr(offering, "_place_of", once_both_have_looked)
        try:
            results = at_once([lambda offer=offer: services.accept_offer(offer, now=TODAY + HOUR) for offer in offers])
            assert [type(result) for result in results] == [Appointment, Appointment]
        finally:
            Offer.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute("CREATE UNIQUE INDEX an_opening_is_taken_once ON scheduling_offer (opening_id) WHERE outcome = 'accepted'")

    @pytest.mark.parametrize("round_number", range(3))
    def test_one_accepts_while_the_desk_books_that_time(self, clinic, told, at_once, round_number):
        waits(clinic, clinic.ana)
        frees(clinic)
        services.offer_openings(TODAY)
        offer = its_offer(clinic.ana)
        hers, desks = at_once(
            [lambda: services.accept_offer(offer, now=TODAY + MINUTE), lambda: clinic.book(clinic.ben, now=TODAY + MINUTE)]
        )
        assert sum(isinstance(result, Appointment) for result in (hers, desks)) == 1, (hers, desks)
        assert isinstance(hers, Appointment | Gone)
        assert isinstance(desks, Appointment | BookingRefused)
        assert Appointment.objects.coming().count() == 1
        offer.refresh_from_db()
        assert offer.outcome == ("accepted" if isinstance(hers, Appointment) else "lost")

    def test_workers_at_the_same_moment_ask_one_patient(self, clinic, told, at_once):
        for number in range(3):
            waits(clinic, patient("Pat Pending", 60 + number), now=TODAY + number * MINUTE)
        frees(clinic)
        asked = at_once([lambda: services.offer_openings(TODAY + HOUR) for _ in range(6)])
        assert (sum(asked), Offer.objects.count()) == (1, 1)

    def test_control_without_the_lock_they_run_into_each_other(self, clinic, told, at_once, monkeypatch):
        """The database holds the last line: with that gone, too, several would be asked."""
        from django.db.models import QuerySet

        waits(clinic, clinic.ana)
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        opening = frees(clinic)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **how: self.all())
        together, usual = Barrier(2), offering._in_line

        def looks_along_with_the_other(opening, now):
            line = usual(opening, now)
            together.wait(timeout=20)
            return line

        monkeypatch.setattr(offering, "_in_line", looks_along_with_the_other)
        monkeypatch.setattr(offering, "_would_fit", lambda *about: True)
        results = at_once([lambda: offering._offer(opening.pk, TODAY + HOUR) for _ in range(2)])
        assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "bool"]

    def test_two_openings_at_the_same_moment_ask_her_once(self, clinic, told, at_once):
        waits(clinic, clinic.ana)
        for hours in (0, 2, 4):
            frees(clinic, FIRST + hours * HOUR)
        results = at_once([lambda pk=pk: offering._offer(pk, TODAY) for pk in Opening.objects.values_list("pk", flat=True)])
        assert sorted(results) == [False, False, True], results
        assert Offer.objects.filter(outcome="open").count() == 1

    @pytest.mark.parametrize("is_guarded", [True, False])
    def test_she_is_asked_while_the_desk_ends_the_session_that_she_would_give_up(self, clinic, at_once, monkeypatch, is_guarded):
        """The one has her place on the list and wants her; the other has her and wants that place."""
        if not is_guarded:
            monkeypatch.setattr(offering, "_offer", transaction.atomic(offering._offer.__wrapped__))
        entry = waits(clinic, clinic.ana)
        frees(clinic)
        has_her, has_place = Event(), Event()

        def tell_her(offer, **kwargs):
            has_place.set()
            assert has_her.wait(20)
            return Patient.objects.select_for_update(no_key=True).get(pk=clinic.ana.pk)

        def end_it():
            assert has_place.wait(20)
            Patient.objects.select_for_update(no_key=True).get(pk=clinic.ana.pk)
            if not has_her.is_set():
                has_her.set()
                wait_until(waiting_for_a_lock)
            hold_entry(entry.pk)

        alone = Signal()
        alone.connect(tell_her)
        monkeypatch.setattr(offering, "slot_offered", alone)
        asked, ended = at_once([lambda: services.offer_openings(TODAY), lambda: retried(end_it)])
        assert ended is None
        assert (asked == 1) if is_guarded else isinstance(asked, OperationalError)

    @pytest.mark.parametrize("round_number", range(3))
    def test_at_the_deadline_her_answer_or_the_next_ones_offer_and_never_two_bookings(self, clinic, told, at_once, round_number):
        waits(clinic, clinic.ana)
        waits(clinic, clinic.ben, now=TODAY + MINUTE)
        frees(clinic)
        services.offer_openings(TODAY + MINUTE)
        offer, deadline = its_offer(clinic.ana), TODAY + MINUTE + QUARTER
        booked, asked = at_once([lambda: services.accept_offer(offer, now=deadline), lambda: services.offer_openings(deadline)])
        assert isinstance(booked, Appointment), booked
        assert asked in (0, 1)
        assert Offer.objects.filter(outcome="open").count() == 0  # Ben's, where there was one, is lost
        assert standing(clinic.ana) == ["03 Nov 13:00"]

    @pytest.mark.parametrize("round_number", range(3))
    def test_she_accepts_while_the_desk_cancels_what_she_would_give_up(self, clinic, told, at_once, round_number):
        """Either it was moved, and cancelled there; or it was cancelled, and the time isn't hers."""
        booked = clinic.book(clinic.ana, FIRST + 7 * DAY)
        waits(clinic, clinic.ana, appointment=booked)
        frees(clinic)
        services.offer_openings(TODAY)
        offer = its_offer(clinic.ana)
        taken, cancelled = at_once(
            [
                lambda: services.accept_offer(offer, now=TODAY + MINUTE),
                lambda: services.cancel(booked, reason="ill", now=TODAY + MINUTE),
            ]
        )
        assert isinstance(cancelled, Appointment), cancelled
        assert isinstance(taken, Appointment | Gone), taken
        assert standing(clinic.ana) == []
        offer.refresh_from_db()
        assert offer.entry.status == ("booked" if isinstance(taken, Appointment) else "withdrawn")


class TestConfirming:
    def test_she_comes(self, clinic):
        booked = clinic.book(clinic.ana)
        assert services.confirm(booked, now=TODAY + HOUR).confirmed_at == TODAY + HOUR
        assert services.confirm(booked, now=TODAY + 2 * HOUR).confirmed_at == TODAY + HOUR

    def test_she_asks_for_another_time_and_thinks_better_of_it(self, clinic):
        booked = services.confirm(clinic.book(clinic.ana), now=TODAY)
        asked = services.request_move(booked, now=TODAY + HOUR)
        assert (asked.move_requested_at, asked.confirmed_at) == (TODAY + HOUR, None)
        assert services.request_move(booked, now=TODAY + 2 * HOUR).move_requested_at == TODAY + HOUR
        comes = services.confirm(booked, now=TODAY + 3 * HOUR)
        assert (comes.move_requested_at, comes.confirmed_at) == (None, TODAY + 3 * HOUR)

    @pytest.mark.parametrize("say", [services.confirm, services.request_move])
    def test_of_a_cancelled_one_there_is_nothing_to_say(self, clinic, say):
        booked = services.cancel(clinic.book(clinic.ana), reason="ill", now=TODAY)
        with pytest.raises(IllegalMove, match="is cancelled"):
            say(booked, now=TODAY + HOUR)
        booked.refresh_from_db()
        assert (booked.confirmed_at, booked.move_requested_at) == (None, None)
