"""Moving a session shows what else it breaks, mends it in one transaction, and can be taken back for three minutes."""

from datetime import date, timedelta

import pytest

from notifications.models import Message
from scheduling import services
from scheduling.errors import IllegalMove, InPast, PatientBusy, PractitionerBusy, RoomBusy, TooSoon
from scheduling.models import Absence, Appointment, Move, Opening, OpeningHours, Practitioner, Treatment, WorkingHours
from scheduling.services import Change
from tests.clinic_world import FIRST, TODAY, Clinic, at, local, patient

MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def open_hours(clinic):
    """Every day from nine to six: free slots want hours to cut."""
    for weekday in range(7):
        OpeningHours.objects.create(location=clinic.location, weekday=weekday, opens_at="09:00", closes_at="18:00")


@pytest.fixture
def three(clinic, open_hours) -> list[Appointment]:
    """Ana's course: November 3, December 1 and December 29, all on a Tuesday at one."""
    return [clinic.book(clinic.ana, FIRST + weeks * WEEK) for weeks in (0, 4, 8)]


def diary(*sessions: Appointment) -> list[tuple[str, str, str]]:
    rows = Appointment.objects.select_related("practitioner", "room").in_bulk([session.pk for session in sessions])
    return [(local(row.starts_at), row.practitioner.name, row.room.name) for row in (rows[session.pk] for session in sessions)]


def proposed(foreseen: services.Foreseen) -> list[tuple[int, str, str]]:
    return [(change.appointment.pk, local(change.starts_at), change.practitioner.name) for change in foreseen.along]


def everything() -> list[object]:
    return [
        *Appointment.objects.order_by("pk").values_list("pk", "during", "room", "practitioner", "status", "revision", "confirmed_at"),
        *Move.objects.order_by("pk").values_list(),
        *Message.objects.order_by("pk").values_list("pk", "status", "send_at"),
        *Opening.objects.values_list(),
    ]


class TestForeseeing:
    def test_where_nothing_else_is_touched_nothing_goes_along(self, clinic, three):
        foreseen = services.foresee_move(three[2], starts_at=at("2027-01-05"), now=TODAY)
        assert (foreseen.refusal, foreseen.along) == (None, ())
        assert (foreseen.change.room, foreseen.change.seen) == (clinic.room, three[2].whereabouts)

    def test_the_later_sessions_follow_down_the_chain_at_their_hour_with_their_practitioner(self, three):
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        assert proposed(foreseen) == [
            (three[1].pk, "Tue 8 Dec 13:00", "Dana Diaz"),
            (three[2].pk, "Tue 5 Jan 13:00", "Dana Diaz"),
        ]

    def test_it_changes_nothing_and_announces_nothing(self, clinic, three):
        clinic.consents(clinic.ana)
        before = everything()
        services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        services.foresee_move(three[0], starts_at=at("2026-12-01"), now=TODAY)
        services.foresee_move(three[2], starts_at=FIRST, now=TODAY)
        assert everything() == before

    def test_the_only_one_of_its_course_that_was_called_off_meanwhile_is_refused(self, clinic, open_hours):
        booked = clinic.book(clinic.ana)
        called_off = services.cancel(booked, reason="she is ill", now=TODAY)
        for known in (booked, called_off):  # before and after its page was fetched
            foreseen = services.foresee_move(known, starts_at=FIRST + WEEK, now=TODAY)
            assert str(foreseen.refusal) == "This appointment is cancelled, so it can't be moved."

    def test_only_as_far_down_as_it_has_to(self, clinic, open_hours):
        sessions = [clinic.book(clinic.ana, day) for day in (FIRST, FIRST + 4 * WEEK, FIRST + 12 * WEEK)]
        foreseen = services.foresee_move(sessions[0], starts_at=FIRST + WEEK, now=TODAY)
        assert proposed(foreseen) == [(sessions[1].pk, "Tue 8 Dec 13:00", "Dana Diaz")]

    def test_jumping_over_a_later_session_takes_it_along(self, three):
        """Both directions: the one of December 1 would come too early before it is too late."""
        foreseen = services.foresee_move(three[0], starts_at=at("2026-12-05"), now=TODAY)
        assert proposed(foreseen) == [
            (three[1].pk, "Sat 2 Jan 13:00", "Dana Diaz"),
            (three[2].pk, "Sat 30 Jan 13:00", "Dana Diaz"),
        ]

    def test_one_that_goes_along_may_take_the_time_that_the_next_one_leaves(self, three):
        foreseen = services.foresee_move(three[0], starts_at=FIRST + 4 * WEEK, now=TODAY)
        assert proposed(foreseen)[0] == (three[1].pk, "Tue 29 Dec 13:00", "Dana Diaz")

    def test_an_earlier_session_is_never_pushed(self, three):
        foreseen = services.foresee_move(three[1], starts_at=at("2026-11-30"), now=TODAY)
        assert isinstance(foreseen.refusal, TooSoon)
        assert foreseen.refusal.earliest == date(2026, 12, 1)
        assert foreseen.along == ()

    def test_nor_one_on_other_skin(self, clinic, three):
        scalp = clinic.book(clinic.ana, FIRST + 4 * WEEK + 3 * HOUR, treatment=clinic.scalp)
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        assert scalp.pk not in {pk for pk, _, _ in proposed(foreseen)}
        busy = services.foresee_move(three[1], starts_at=scalp.starts_at, practitioner=clinic.eli, room=clinic.other_room, now=TODAY)
        assert isinstance(busy.refusal, PatientBusy)

    def test_but_one_of_another_course_on_the_same_skin_is(self, clinic, open_hours):
        deeper = Treatment.objects.create(name="Microneedling, face, deep", skin_area="face")
        clinic.dana.treatments.add(deeper)
        first = clinic.book(clinic.ana, FIRST)
        other = clinic.book(clinic.ana, FIRST + 4 * WEEK, treatment=deeper)
        foreseen = services.foresee_move(first, starts_at=FIRST + DAY, now=TODAY)
        assert proposed(foreseen) == [(other.pk, "Wed 2 Dec 13:00", "Dana Diaz")]

    def test_near_its_hour_where_the_hour_itself_is_taken_all_week(self, clinic, three):
        for day in range(14):
            clinic.book(patient("Pat Pending", 100 + day), at("2026-12-08") + day * DAY)
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        assert proposed(foreseen)[0] == (three[1].pk, "Tue 8 Dec 11:45", "Dana Diaz")

    def test_with_somebody_else_where_her_practitioner_is_away(self, clinic, three):
        Absence.objects.create(practitioner=clinic.dana, during=(at("2026-12-02"), at("2027-03-01")))
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        assert proposed(foreseen)[0] == (three[1].pk, "Tue 8 Dec 13:00", "Eli Evans")

    def test_where_no_time_is_free_it_says_which_one_is_in_the_way(self, clinic, three):
        for who in (clinic.dana, clinic.eli):
            Absence.objects.create(practitioner=who, during=(at("2026-12-02"), at("2027-12-01")))
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        sentence = "The session on December 1, 2026 would have to move along, and no time is free for it. Move that one first."
        assert str(foreseen.refusal) == sentence

    def test_a_room_is_found_where_none_is_asked_for(self, clinic, three):
        clinic.book(clinic.ben, at("2027-01-05"), practitioner=clinic.eli)
        assert services.foresee_move(three[2], starts_at=at("2027-01-05"), now=TODAY).change.room == clinic.other_room
        asked = services.foresee_move(three[2], starts_at=at("2027-01-05"), room=clinic.room, now=TODAY)
        assert isinstance(asked.refusal, RoomBusy)
        clinic.book(clinic.chloe, at("2027-01-05"), practitioner=extra(clinic), room=clinic.other_room)
        full = services.foresee_move(three[2], starts_at=at("2027-01-05"), now=TODAY)
        assert str(full.refusal).startswith("Room 1 is taken from 1:00 PM to 2:15 PM")

    def test_what_follows_for_the_recommended_window_and_the_next_due_date(self, clinic, open_hours):
        clinic.treat(clinic.ana, FIRST)
        second = clinic.book(clinic.ana, at("2026-12-08"))
        foreseen = services.foresee_move(second, starts_at=at("2026-12-22"), now=TODAY)
        assert foreseen.consequences == (
            "The session on December 22, 2026 would be 49 days after the one before it: past the recommended window.",
            "After the last session in the diary the patient is due again by February 2, 2027, instead of January 19, 2027.",
        )

    def test_maintenance_that_slips_past_its_date(self, clinic, open_hours):
        for weeks in (0, 4, 8):
            clinic.treat(clinic.ana, at("2026-03-03") + weeks * WEEK)  # the last one on April 28: due on October 28
        kept = clinic.book(clinic.ana, at("2026-10-27", "15:00"))
        foreseen = services.foresee_move(kept, starts_at=at("2026-11-03"), now=TODAY)
        assert foreseen.consequences[0] == "Maintenance is due 6 days before the new time."

    def test_what_the_caller_looks_at_is_the_move_as_it_would_be(self, three):
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY, look=lambda move: local(move.appointment.starts_at))
        assert foreseen.looks == dict(
            zip([one.pk for one in three], ["Tue 10 Nov 13:00", "Tue 8 Dec 13:00", "Tue 5 Jan 13:00"], strict=True)
        )

    def test_free_times_around_a_day_touch_nothing_of_hers(self, clinic, three):
        slots = services.free_around(three[1], date(2026, 11, 20), now=TODAY)
        assert {slot.starts_at.astimezone(three[1].zone).date() for slot in slots} == {date(2026, 12, 1)}
        assert (three[1].starts_at, clinic.dana) not in {(slot.starts_at, slot.practitioner) for slot in slots}


def extra(clinic: Clinic) -> Practitioner:
    someone = Practitioner.objects.create(name="Fay Fox")
    someone.locations.add(clinic.location)
    someone.treatments.add(clinic.face)
    return someone


def move_all(session: Appointment, starts_at, now=TODAY, **asked) -> list[Move]:
    foreseen = services.foresee_move(session, starts_at=starts_at, now=now, **asked)
    assert foreseen.refusal is None
    return services.make_moves(foreseen.change, foreseen.along, by=None, now=now)


class TestMoving:
    def test_all_move_or_none(self, clinic, three):
        moved, *along = move_all(three[0], FIRST + WEEK)
        assert diary(*three) == [
            ("Tue 10 Nov 13:00", "Dana Diaz", "Room 1"),
            ("Tue 8 Dec 13:00", "Dana Diaz", "Room 1"),
            ("Tue 5 Jan 13:00", "Dana Diaz", "Room 1"),
        ]
        assert [(one.along_with, local(one.from_starts_at), one.revision) for one in (moved, *along)] == [
            (None, "Tue 3 Nov 13:00", 1),
            (moved, "Tue 1 Dec 13:00", 1),
            (moved, "Tue 29 Dec 13:00", 1),
        ]

    def test_without_those_that_have_to_go_along_it_is_refused(self, three):
        before = everything()
        with pytest.raises(TooSoon, match="Ana's skin needs 28 days before the session on December 1, 2026"):
            services.move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        assert everything() == before

    def test_a_time_taken_meanwhile_refuses_all_of_it(self, clinic, three):
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        clinic.book(clinic.ben, at("2026-12-08", "13:30"))
        before = everything()
        with pytest.raises(PractitionerBusy, match="Dana Diaz already has an appointment from 1:30 PM to 2:45 PM on December 8, 2026"):
            services.move(three[0], starts_at=FIRST + WEEK, along=foreseen.along, now=TODAY)
        assert everything() == before

    def test_one_that_was_moved_or_cancelled_meanwhile_refuses_all_of_it(self, three):
        foreseen = services.foresee_move(three[0], starts_at=FIRST + WEEK, now=TODAY)
        services.move(three[2], starts_at=at("2027-02-09"), now=TODAY)
        with pytest.raises(IllegalMove, match="Somebody moved this appointment just now: it is on Tue, Feb 9, 2027"):
            services.move(three[0], starts_at=FIRST + WEEK, along=foreseen.along, now=TODAY)
        services.cancel(three[2], reason="ill", now=TODAY)
        with pytest.raises(IllegalMove):
            services.move(three[0], starts_at=FIRST + WEEK, along=foreseen.along, now=TODAY)
        assert diary(three[0]) == [("Tue 3 Nov 13:00", "Dana Diaz", "Room 1")]

    def test_nobody_elses_session_goes_along(self, clinic, three):
        bens = clinic.book(clinic.ben, FIRST + 2 * HOUR)
        for stranger in (bens, three[0]):
            with pytest.raises(IllegalMove, match="Only the patient's own later sessions on the same skin"):
                services.move(three[0], starts_at=FIRST + HOUR, along=[Change(stranger, FIRST + 5 * HOUR)], now=TODAY)

    def test_somebody_elses_move_in_between_is_noticed(self, three):
        seen = three[2].whereabouts
        services.move(three[2], starts_at=at("2027-01-12"), now=TODAY)
        with pytest.raises(
            IllegalMove, match="Somebody moved this appointment just now: it is on Tue, Jan 12, 2027, 1:00 PM, with Dana Diaz in Room 1"
        ):
            services.move(three[2], starts_at=at("2027-01-19"), seen=seen, now=TODAY)
        assert services.move(three[2], starts_at=at("2027-01-19"), now=TODAY).revision == 2

    def test_to_where_it_is_already_is_no_move(self, three):
        before = everything()
        assert services.move(three[0], starts_at=FIRST, now=TODAY).starts_at == FIRST
        assert everything() == before

    def test_what_she_said_about_the_old_time_is_void(self, clinic, three):
        services.confirm(three[2], now=TODAY)
        same = services.move(three[2], starts_at=three[2].starts_at, practitioner=clinic.eli, room=clinic.other_room, now=TODAY + HOUR)
        assert (same.confirmed_at, same.revision) == (TODAY, 0)
        moved = services.move(three[2], starts_at=at("2027-01-12"), now=TODAY + HOUR)
        assert (moved.confirmed_at, moved.revision) == (None, 1)
        services.request_move(three[2], now=TODAY + 2 * HOUR)
        assert services.move(three[2], starts_at=at("2027-01-19"), now=TODAY + 3 * HOUR).move_requested_at is None

    def test_the_time_that_is_left_is_offered_once_nobody_can_take_the_move_back(self, clinic, three):
        services.move(three[2], starts_at=at("2027-01-12"), now=TODAY)
        opening = Opening.objects.get()
        assert (opening.during, opening.practitioner, opening.room) == (three[2].during, clinic.dana, clinic.room)
        assert opening.freed_at == TODAY + 3 * MINUTE
        services.move(three[2], starts_at=at("2027-01-12"), practitioner=clinic.eli, now=TODAY)
        assert Opening.objects.count() == 1


class TestTakingBack:
    def test_all_come_back_by_moves_of_their_own(self, clinic, three):
        services.confirm(three[1], now=TODAY)
        move, *_ = move_all(three[0], FIRST + WEEK, practitioner=clinic.eli, room=clinic.other_room, now=TODAY)
        backs = services.undo_move(move, now=TODAY + 2 * MINUTE)
        assert diary(*three) == [
            ("Tue 3 Nov 13:00", "Dana Diaz", "Room 1"),
            ("Tue 1 Dec 13:00", "Dana Diaz", "Room 1"),
            ("Tue 29 Dec 13:00", "Dana Diaz", "Room 1"),
        ]
        assert [(back.appointment_id, back.revision, back.takes_back.appointment_id) for back in backs] == [
            (one.pk, 2, one.pk) for one in three
        ]
        assert [back.along_with for back in backs] == [None, backs[0], backs[0]]
        assert Appointment.objects.get(pk=three[1].pk).confirmed_at == TODAY

    def test_one_of_those_that_went_along_stands_for_all(self, three):
        _, along, _ = move_all(three[0], FIRST + WEEK)
        services.undo_move(along, now=TODAY + MINUTE)
        assert [when for when, _, _ in diary(*three)] == ["Tue 3 Nov 13:00", "Tue 1 Dec 13:00", "Tue 29 Dec 13:00"]

    def test_three_minutes_and_no_longer(self, three):
        move, *_ = move_all(three[2], at("2027-01-12"))
        with pytest.raises(IllegalMove, match="more than three minutes old"):
            services.undo_move(move, now=TODAY + 3 * MINUTE)
        assert services.undo_move(move, now=TODAY + 3 * MINUTE - timedelta(seconds=1))

    def test_once(self, three):
        move, *_ = move_all(three[2], at("2027-01-12"))
        services.undo_move(move, now=TODAY)
        before = everything()
        with pytest.raises(IllegalMove, match="That move was undone already"):
            services.undo_move(move, now=TODAY)
        assert everything() == before

    def test_only_from_the_state_that_it_left(self, clinic, three):
        move, *_ = move_all(three[0], FIRST + WEEK)
        services.move(three[2], starts_at=three[2].starts_at + WEEK, room=clinic.other_room, now=TODAY)
        before = everything()
        with pytest.raises(IllegalMove, match="The session was moved again, to Tue, Jan 5, 2027"):
            services.undo_move(move, now=TODAY)
        assert everything() == before

    def test_another_room_counts_as_well_though_it_is_no_news(self, clinic, three):
        move, *_ = move_all(three[2], at("2027-01-12"))
        services.move(three[2], starts_at=at("2027-01-12"), room=clinic.other_room, now=TODAY)
        with pytest.raises(IllegalMove, match="moved again"):
            services.undo_move(move, now=TODAY)

    def test_not_once_it_is_cancelled(self, three):
        move, *_ = move_all(three[2], at("2027-01-12"))
        services.cancel(three[2], reason="ill", now=TODAY)
        with pytest.raises(IllegalMove, match="The session on January 12, 2027 is cancelled by now"):
            services.undo_move(move, now=TODAY)

    def test_nor_once_somebody_has_the_time(self, clinic, three):
        move, *_ = move_all(three[0], FIRST + WEEK)
        clinic.book(clinic.ben, at("2026-12-01"))
        before = everything()
        with pytest.raises((PractitionerBusy, RoomBusy)):
            services.undo_move(move, now=TODAY)
        assert everything() == before

    def test_back_to_a_time_that_has_begun_and_to_hours_that_have_changed(self, clinic):
        """It stood there: nobody asks again whether it may."""
        booked = clinic.book(clinic.ana, FIRST)
        late = FIRST + 20 * MINUTE
        [move] = services.make_moves(Change(booked, FIRST + DAY), by=None, now=late)
        WorkingHours.objects.create(practitioner=clinic.dana, location=clinic.location, weekday=2, opens_at="09:00", closes_at="18:00")
        services.undo_move(move, now=late + MINUTE)
        assert diary(booked) == [("Tue 3 Nov 13:00", "Dana Diaz", "Room 1")]
        with pytest.raises(InPast):
            services.move(booked, starts_at=FIRST - DAY, now=late)

    def test_who_has_arrived_meanwhile_stays_on_her_day(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        [move] = services.make_moves(Change(booked, TODAY + HOUR), by=None, now=TODAY)
        services.arrive(booked, now=TODAY + MINUTE)
        with pytest.raises(IllegalMove, match="Ana has arrived already"):
            services.undo_move(move, now=TODAY + 2 * MINUTE)

    def test_a_revision_is_never_used_twice(self, three):
        for number in range(3):
            [move] = services.make_moves(Change(three[2], at("2027-01-12")), by=None, now=TODAY)
            [back] = services.undo_move(move, now=TODAY)
            assert (move.revision, back.revision) == (2 * number + 1, 2 * number + 2)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    WITH_ALL = (FIRST + WEEK, at("2026-12-08"))

    @pytest.fixture
    def two(self, committed_clinic) -> list[Appointment]:
        return [committed_clinic.book(committed_clinic.ana, day) for day in (FIRST, FIRST + 4 * WEEK)]

    def both(self, two: list[Appointment]) -> Appointment:
        """Ana's first session a week later, and her second along with it."""
        there, then = self.WITH_ALL
        return services.move(two[0], starts_at=there, along=[Change(two[1], then)], now=TODAY)

    def test_a_move_along_and_a_booking_of_that_time(self, committed_clinic, at_once, two):
        clinic = committed_clinic
        moved, booked = at_once([lambda: self.both(two), lambda: clinic.book(clinic.ben, at("2026-12-08"))])
        assert sum(isinstance(one, Appointment) for one in (moved, booked)) == 1, (moved, booked)
        assert all(isinstance(one, Appointment | PractitionerBusy | RoomBusy) for one in (moved, booked)), (moved, booked)
        when = ["Tue 10 Nov 13:00", "Tue 8 Dec 13:00"] if isinstance(moved, Appointment) else ["Tue 3 Nov 13:00", "Tue 1 Dec 13:00"]
        assert [one for one, _, _ in diary(*two)] == when
        assert Move.objects.count() == (2 if isinstance(moved, Appointment) else 0)

    def test_control_without_the_constraints_both_have_it(self, committed_clinic, at_once, no_constraint, two):
        clinic = committed_clinic
        for name in ("practitioner_is_free", "room_is_free"):
            no_constraint(name)
        results = at_once([lambda: self.both(two), lambda: clinic.book(clinic.ben, at("2026-12-08"))])
        assert [type(result) for result in results] == [Appointment, Appointment]

    def test_a_move_and_a_cancellation(self, at_once, two):
        """Either it was moved, and cancelled there, or the move finds it cancelled."""
        moved, cancelled = at_once([lambda: self.both(two), lambda: services.cancel(two[0], reason="ill", now=TODAY)])
        assert isinstance(cancelled, Appointment), cancelled
        assert isinstance(moved, Appointment | IllegalMove), moved
        assert Move.objects.count() == (2 if isinstance(moved, Appointment) else 0)
        assert Appointment.objects.get(pk=two[0].pk).status == "cancelled"

    def test_two_undo_the_same_move(self, at_once, two):
        self.both(two)
        move = Move.objects.get(along_with=None)
        results = at_once([lambda: services.undo_move(move, now=TODAY) for _ in range(4)])
        assert sorted(type(result).__name__ for result in results) == ["IllegalMove"] * 3 + ["list"]
        assert Move.objects.count() == 4

    def test_two_chains_that_want_the_same_times(self, committed_clinic, at_once, two):
        clinic = committed_clinic
        bens = [clinic.book(clinic.ben, day + 3 * HOUR) for day in (FIRST, FIRST + 4 * WEEK)]
        there, then = self.WITH_ALL
        results = at_once(
            [
                lambda: self.both(two),
                lambda: services.move(bens[0], starts_at=there, along=[Change(bens[1], then)], now=TODAY),
            ]
        )
        assert sum(isinstance(result, Appointment) for result in results) == 1, results
        assert all(isinstance(result, Appointment | PractitionerBusy | RoomBusy) for result in results), results
