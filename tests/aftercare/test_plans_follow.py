"""A plan half-way: completed again, stopped, ended by the next session, and a patient who changes meanwhile. What was sent is told once."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError

from aftercare.domain.reasons import ALREADY_TOLD, NO_CONSENT
from aftercare.errors import CantStart, CantStop
from aftercare.models import CareMessage, Plan
from aftercare.services import give_consent, start_again, start_plan, stop_by_hand, withdraw_consent
from aftercare.services.plans import starting, stopping
from aftercare.services.plans.starting import NEXT_SESSION, TOO_LATE
from aftercare.services.plans.stopping import PAST_BY_THEN
from aftercare.services.telling.tellings import FALLBACK
from notifications.models import Message
from notifications.services import claim_due, dispatch
from scheduling import services as scheduling
from scheduling.models import Appointment, Product
from scheduling.services import saving
from tests.clinic_world import FIRST, TODAY, WEEK, Clinic, ledger, local, outbox, wait_until, waiting_for_a_lock
from tests.clock import freeze_time
from tests.staff import member

END = FIRST + timedelta(hours=1)  # Tuesday 3 November, 14:00
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
LA = "America/Los_Angeles"


def name_of(line: CareMessage) -> str:
    """Without the 1 of what is told once."""
    name = line.key.removeprefix(f"plan-{line.plan_id}-")
    return name if line.kind == "dose" else name.removesuffix("-1")


def told(zone: str = "America/New_York", **about: object) -> list[tuple[str, str]]:
    """Of all plans, what left: (step and number, when it was due)."""
    lines = ledger(plan__isnull=False, **about)
    went = [line for line in lines if line.message and line.message.status in ("accepted", "sending")]
    return [(name_of(line), local(line.message.send_at, zone)) for line in went]


def queued(kind: str = "dose", zone: str = "America/New_York", **about: object) -> list[tuple[str, str]]:
    """Of all plans, what waits."""
    lines = CareMessage.objects.filter(plan__isnull=False, message__status="scheduled", kind=kind, **about).select_related("message")
    return [(name_of(line), local(line.message.send_at, zone)) for line in lines.order_by("message__send_at", "pk")]


def left_out(plan: Plan) -> dict[str, list[str]]:
    """Why → which, of what the plan didn't even put into the outbox."""
    whys: dict[str, list[str]] = {}
    for line in ledger(plan=plan, message=None, stand_in=None):
        whys.setdefault(line.reason, []).append(name_of(line))
    return whys


def change(patient, when, **fields) -> None:
    for name, value in fields.items():
        setattr(patient, name, value)
    with freeze_time(when):
        patient.save()


def sent_until(until, since=END) -> None:
    """The dispatcher at work, every quarter of an hour."""
    now = since
    while now <= until:
        dispatch(now=now)
        now += timedelta(minutes=15)


def again(session: Appointment, *, completed_at, now, **answers) -> Plan:
    """Reopened, and completed a minute later with another time."""
    reopened = scheduling.reopen(session, now=now - MINUTE)
    scheduling.complete(reopened, completed_at=completed_at, now=now, **answers)
    return Plan.objects.get(stopped_at=None, appointment=session)


@pytest.fixture
def treated(clinic: Clinic) -> Appointment:
    return clinic.treat(clinic.consents(clinic.ana))


class TestCompletedAgain:
    def test_five_minutes_later_what_was_told_isnt_told_again(self, treated):
        sent_until(END + 6 * HOUR)  # 17:00 and 20:00
        second = again(treated, completed_at=END + 5 * MINUTE, now=END + 6 * HOUR + 2 * MINUTE)
        assert told() == [("serum-day-1", "Tue 3 Nov 17:00"), ("serum-day-2", "Tue 3 Nov 20:00")]
        assert queued()[:3] == [("serum-day-3", "Tue 3 Nov 23:05"), ("serum-day-4", "Wed 4 Nov 02:05"), ("serum-day-5", "Wed 4 Nov 05:05")]
        assert (len(queued()), len(queued("education")), len(queued("check_in")), len(queued("results"))) == (20, 5, 3, 2)
        assert left_out(second) == {ALREADY_TOLD: ["serum-day-1", "serum-day-2"]}
        assert {line.message.reason for line in ledger(plan__stopped_at__isnull=False, message__status="cancelled")} == {
            "the session was reopened"
        }

    def test_control_by_itself_the_second_plan_would_tell_the_dose_of_8_pm_twice(self, treated, monkeypatch):
        sent_until(END + 6 * HOUR)
        monkeypatch.setattr(starting, "was_told", lambda planned, told: False)
        again(treated, completed_at=END + 5 * MINUTE, now=END + 6 * HOUR + 2 * MINUTE)
        assert queued()[0] == ("serum-day-2", "Tue 3 Nov 20:05")

    def test_an_hour_earlier(self, treated):
        sent_until(END + 3 * HOUR)
        second = again(treated, completed_at=FIRST + 5 * MINUTE, now=END + 3 * HOUR + 5 * MINUTE)
        assert left_out(second) == {ALREADY_TOLD: ["serum-day-1"]}
        assert queued()[:2] == [("serum-day-2", "Tue 3 Nov 19:05"), ("serum-day-3", "Tue 3 Nov 22:05")]

    def test_two_hours_and_a_half_later_it_is_another_time(self, treated):
        """She put it on far too early: what counts from the actual end is told, from its first dose on (F16)."""
        sent_until(END + 3 * HOUR)
        second = again(treated, completed_at=END + 2.5 * HOUR, now=END + 3 * HOUR + 5 * MINUTE)
        assert left_out(second) == {}
        assert queued()[:2] == [("serum-day-1", "Tue 3 Nov 19:30"), ("serum-day-2", "Tue 3 Nov 22:30")]

    @pytest.mark.parametrize(("minutes", "first"), [(90, "serum-day-2"), (91, "serum-day-1")])
    def test_half_the_time_between_two_doses_is_the_border(self, treated, minutes, first):
        sent_until(END + 3 * HOUR)
        again(treated, completed_at=END + minutes * MINUTE, now=END + 3 * HOUR + 5 * MINUTE)
        assert queued()[0][0] == first

    def test_a_dose_under_way_that_has_another_number_by_the_new_time_counts_too(self, treated):
        """From 14:00 to 16:59 back… the third of the old plan is the second of the new one: she puts it on once."""
        sent_until(END + 9 * HOUR)  # 17:00, 20:00, 23:00
        again(treated, completed_at=END + 175 * MINUTE, now=END + 9 * HOUR + 2 * MINUTE)
        assert queued()[0] == ("serum-day-3", "Wed 4 Nov 01:55")

    def test_what_is_being_sent_just_now_isnt_told_again(self, treated):
        claim_due(now=END + 3 * HOUR)
        second = again(treated, completed_at=END + 5 * MINUTE, now=END + 3 * HOUR + 2 * MINUTE)
        [sending] = outbox("sending")
        assert sending.expires_at == sending.send_at + timedelta(microseconds=1)  # nor tried again
        assert left_out(second) == {ALREADY_TOLD: ["serum-day-1"]}
        assert queued()[0] == ("serum-day-2", "Tue 3 Nov 20:05")

    @pytest.mark.parametrize("status", ["failed", "undelivered", "expired", "suppressed"])
    def test_what_never_reached_her_is_told_by_the_second_plan(self, treated, status):
        Message.objects.filter(pk=outbox()[0].pk).update(status=status)
        second = again(treated, completed_at=END + 5 * MINUTE, now=END + 3 * HOUR + 2 * MINUTE)
        assert queued()[0] == ("serum-day-1", "Tue 3 Nov 17:05")
        assert left_out(second) == {}

    def test_advice_and_check_ins_too(self, treated):
        sent_until(END + 4 * DAY + 4 * HOUR)  # Saturday, 18:00: the check-in of day 4 has gone out
        second = again(treated, completed_at=END + 5 * MINUTE, now=END + 4 * DAY + 4 * HOUR + 5 * MINUTE)
        assert "education-day-4" in left_out(second)[ALREADY_TOLD]
        assert "check-in-day-4" in left_out(second)[ALREADY_TOLD]
        assert len(left_out(second)[ALREADY_TOLD]) == 8 + 6 + 4 + 1
        assert set(left_out(second)) == {ALREADY_TOLD}
        assert queued("check_in") == [("check-in-week-2", "Tue 17 Nov 17:00"), ("check-in-week-4", "Tue 1 Dec 17:00")]
        assert [name for name, _at in queued()] == [f"serum-week-{number}" for number in range(7, 15)]

    def test_three_times(self, treated):
        sent_until(END + 3 * HOUR)
        again(treated, completed_at=END + 5 * MINUTE, now=END + 3 * HOUR + 2 * MINUTE)
        sent_until(END + 6 * HOUR + 5 * MINUTE, since=END + 6 * HOUR)
        dispatch(now=END + 6 * HOUR + 5 * MINUTE)
        third = again(treated, completed_at=END + 10 * MINUTE, now=END + 6 * HOUR + 8 * MINUTE)
        assert told() == [("serum-day-1", "Tue 3 Nov 17:00"), ("serum-day-2", "Tue 3 Nov 20:05")]
        assert left_out(third) == {ALREADY_TOLD: ["serum-day-1", "serum-day-2"]}
        assert queued()[0] == ("serum-day-3", "Tue 3 Nov 23:10")
        assert Plan.objects.count() == 3

    def test_with_another_product_what_is_ahead_names_that(self, treated):
        sent_until(END + 3 * HOUR)
        nectar = Product.objects.create(name="Alastin Nectar")
        second = again(treated, completed_at=END, now=END + 3 * HOUR + 5 * MINUTE, product=nectar)
        assert second.product == nectar
        texts = [message.body for message in outbox(channel="sms", caremessage__kind="dose")]
        assert len(texts) == 21
        assert all("Alastin Nectar" in text for text in texts)
        [sent] = outbox("accepted")
        assert "hyaluronic acid serum" in sent.body

    def test_what_was_left_out_stays_out_when_she_changes(self, clinic, treated):
        sent_until(END + 6 * HOUR)
        again(treated, completed_at=END + 5 * MINUTE, now=END + 6 * HOUR + 2 * MINUTE)
        change(clinic.ana, END + 6 * HOUR + 3 * MINUTE, language="es", wants_quiet_nights=True)
        change(clinic.ana, END + 6 * HOUR + 4 * MINUTE, wants_quiet_nights=False)
        assert queued()[0] == ("serum-day-3", "Tue 3 Nov 23:05")
        assert len(queued()) == 20

    def test_completed_days_late_it_starts_mid_way_and_says_what_it_dropped(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana))
        scheduling.complete(booked, completed_at=END, now=END + 3 * DAY)
        plan = Plan.objects.get()
        assert left_out(plan) == {
            TOO_LATE: [
                *(f"serum-day-{number}" for number in range(1, 6)),
                *("serum-day-6", "education-day-1", "serum-day-7", "serum-day-8", "serum-week-1"),
                *("serum-week-2", "education-day-2", "serum-week-3", "serum-week-4"),
            ]
        }
        # The third day's advice is of use all day, and goes at once.
        advice = plan.caremessage_set.get(key__endswith="education-day-3-1")
        assert advice.message.send_at == END + 3 * DAY
        assert queued()[0] == ("serum-week-5", "Fri 6 Nov 20:00")
        assert (len(queued()), len(outbox())) == (10, 10 + 3 + 3 + 2)

    def test_a_session_that_didnt_take_place_has_no_plan(self, clinic):
        clinic.consents(clinic.ana)
        cancelled = scheduling.cancel(clinic.book(clinic.ana), reason="ill", now=TODAY)
        missed = scheduling.mark_no_show(clinic.book(clinic.ana, FIRST + DAY), now=FIRST + 2 * DAY)
        for session in (cancelled, missed):
            with pytest.raises(ValueError, match="when its session is completed"):
                start_plan(session, now=FIRST + 2 * DAY)
        assert not Plan.objects.exists()


class TestStoppedByHand:
    @pytest.fixture
    def plan(self, treated):
        sent_until(END + 3 * HOUR)
        return Plan.objects.get()

    def stop(self, plan, reason="allergic to the serum", now=END + 4 * HOUR):
        return stop_by_hand(plan, reason=reason, by=member("Clinician"), now=now)

    def test_what_was_sent_stays_and_the_rest_says_why(self, plan):
        assert self.stop(plan, "  allergic to\nthe serum ") == 31
        plan.refresh_from_db()
        assert (plan.stopped_at, plan.stopped_by, plan.stop_reason) == (END + 4 * HOUR, member("Clinician"), "allergic to the serum")
        assert told() == [("serum-day-1", "Tue 3 Nov 17:00")]
        assert outbox() == []
        assert {message.reason for message in outbox("cancelled", caremessage__plan=plan)} == {"allergic to the serum"}

    @pytest.mark.parametrize("reason", ["", " \n", "\0", "x" * 201])
    def test_without_a_reason_it_goes_on(self, plan, reason):
        with pytest.raises(CantStop):
            self.stop(plan, reason)
        plan.refresh_from_db()
        assert plan.stopped_at is None
        assert len(outbox()) == 31

    def test_twice_it_is_stopped_once(self, plan):
        self.stop(plan)
        with pytest.raises(CantStop, match="stopped already"):
            self.stop(plan, "another reason")
        plan.refresh_from_db()
        assert plan.stop_reason == "allergic to the serum"

    def test_whatever_she_changes_then_nothing_comes_back(self, clinic, plan):
        self.stop(plan)
        change(clinic.ana, END + 5 * HOUR, language="es", time_zone=LA, wants_quiet_nights=True, phone="+12125550177")
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 6 * HOUR)
        assert outbox() == []

    def test_started_again_what_lies_ahead_is_told_and_nothing_twice(self, plan):
        self.stop(plan)
        second = start_again(plan, now=END + 10 * HOUR)
        assert (second.protocol, second.product, second.completed_at) == (plan.protocol, plan.product, plan.completed_at)
        assert left_out(second) == {ALREADY_TOLD: ["serum-day-1"], PAST_BY_THEN: ["serum-day-2", "serum-day-3"]}
        assert queued()[0] == ("serum-day-4", "Wed 4 Nov 02:00")
        assert len(outbox()) == 29

    def test_a_corrected_end_time_doesnt_undo_it_however_often_and_a_start_does(self, plan):
        self.stop(plan)
        session = Appointment.objects.get(pk=plan.appointment_id)
        for minutes in (5, 10):
            session = scheduling.reopen(session, now=END + 5 * HOUR)
            session = scheduling.complete(session, completed_at=END - minutes * MINUTE, now=END + 5 * HOUR)
        assert outbox() == []
        latest = Plan.objects.order_by("-pk").first()
        assert (latest.completed_at, latest.stopped_at) == (END - 10 * MINUTE, END + 4 * HOUR)
        assert (latest.stopped_by, latest.stop_reason) == (member("Clinician"), "allergic to the serum")
        assert set(left_out(latest)) == {ALREADY_TOLD, "allergic to the serum"}
        running = start_again(latest, now=END + 6 * HOUR)
        assert running.stopped_at is None
        assert queued()[0] == ("serum-day-3", "Tue 3 Nov 22:50")
        scheduling.complete(scheduling.reopen(session, now=END + 6 * HOUR), completed_at=END, now=END + 6 * HOUR)
        assert Plan.objects.filter(stopped_at=None).exists()  # she had started it again: it isn't stopped any more

    def test_twice_it_is_started_once(self, plan):
        self.stop(plan)
        start_again(plan, now=END + 5 * HOUR)
        with pytest.raises(CantStart, match="running already"):
            start_again(plan, now=END + 5 * HOUR)
        assert Plan.objects.count() == 2

    def test_not_when_its_session_isnt_completed_any_more(self, plan):
        self.stop(plan)
        scheduling.reopen(plan.appointment, now=END + 5 * HOUR)
        with pytest.raises(CantStart, match="isn't completed any more"):
            start_again(plan, now=END + 6 * HOUR)
        assert Plan.objects.count() == 1

    def test_not_when_all_of_it_is_past(self, plan):
        self.stop(plan)
        with pytest.raises(CantStart, match="Nothing of it lies ahead"):
            start_again(plan, now=END + 5 * WEEK)
        assert Plan.objects.count() == 1

    def test_an_earlier_plan_than_the_last_isnt_started(self, plan):
        self.stop(plan)
        second = start_again(plan, now=END + 5 * HOUR)
        self.stop(second, now=END + 6 * HOUR)
        with pytest.raises(CantStart, match="a later plan"):
            start_again(plan, now=END + 7 * HOUR)
        assert start_again(second, now=END + 7 * HOUR).pk > second.pk


class TestTheNextSession:
    """Four weeks later to the day; the messages of week 4 were to come at 10:00 and at 17:00."""

    SECOND = FIRST + 4 * WEEK

    @pytest.fixture
    def both(self, clinic):
        first = clinic.treat(clinic.consents(clinic.ana))
        sent_until(END + 5 * MINUTE)
        Message.objects.filter(status="scheduled", send_at__lt=self.SECOND).update(status="accepted")
        return first, clinic.treat(clinic.ana, self.SECOND)

    def test_ends_what_the_earlier_plan_still_had_to_say(self, both):
        first, second = (Plan.objects.get(appointment=session) for session in both)
        assert (first.stopped_at, first.stop_reason, second.stopped_at) == (self.SECOND + HOUR, NEXT_SESSION, None)
        assert [(name_of(line), line.message.reason) for line in ledger(plan=first, message__status="cancelled")] == [
            ("check-in-week-4", NEXT_SESSION)
        ]
        assert [name for name, _at in told(plan=first)][-1] == "results-week-4"
        assert queued("check_in")[0] == ("check-in-day-4", "Sat 5 Dec 17:00")
        assert len(outbox()) == 32

    def test_of_other_skin_doesnt(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        clinic.treat(clinic.ana, FIRST + 3 * HOUR, treatment=clinic.scalp)
        assert [plan.stopped_at for plan in Plan.objects.all()] == [None, None]
        assert len(queued("results")) == 4

    def test_reopened_the_earlier_plan_goes_on(self, both):
        first, second = both
        scheduling.reopen(second, now=self.SECOND + HOUR + MINUTE)
        running = Plan.objects.get(stopped_at=None)
        assert running.appointment == first
        assert queued("check_in") == [("check-in-week-4", "Tue 1 Dec 17:00")]
        assert len(outbox()) == 1
        assert set(left_out(running)) == {ALREADY_TOLD}

    def test_completed_again_it_ends_it_again(self, both):
        first, second = both
        again(second, completed_at=self.SECOND + HOUR, now=self.SECOND + HOUR + 5 * MINUTE)
        assert Plan.objects.get(stopped_at=None).appointment == second
        assert [plan.stop_reason for plan in Plan.objects.filter(appointment=first)] == [NEXT_SESSION, NEXT_SESSION]
        assert [name for name, _at in queued("check_in")] == ["check-in-day-4", "check-in-week-2", "check-in-week-4"]

    def test_a_plan_that_a_clinician_stopped_stays_stopped(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        stop_by_hand(Plan.objects.get(), reason="moved away", by=member("Clinician"), now=END + HOUR)
        second = clinic.treat(clinic.ana, self.SECOND)
        scheduling.reopen(second, now=self.SECOND + 2 * HOUR)
        assert not Plan.objects.filter(stopped_at=None).exists()
        assert outbox() == []

    def test_an_earlier_session_ticked_off_only_afterwards_plans_nothing_more(self, clinic):
        forgotten = clinic.book(clinic.consents(clinic.ana))
        clinic.treat(clinic.ana, self.SECOND)
        before = [message.pk for message in outbox(caremessage__plan__isnull=False)]
        scheduling.complete(forgotten, completed_at=END, now=self.SECOND + 90 * MINUTE)
        plan = Plan.objects.get(appointment=forgotten)
        assert (plan.stopped_at, plan.stop_reason) == (self.SECOND + 90 * MINUTE, NEXT_SESSION)
        assert left_out(plan)[NEXT_SESSION] == ["results-week-4", "check-in-week-4"]
        assert [message.pk for message in outbox()] == before
        with pytest.raises(CantStart, match="The next session has taken place"):
            start_again(plan, now=self.SECOND + 2 * HOUR)


class TestAnotherZone:
    def test_doses_of_the_first_day_stay_and_mornings_and_evenings_move(self, clinic, treated):
        sent_until(END + DAY + 7 * HOUR)  # the first evening dose went at 20:00 in New York
        change(clinic.ana, END + DAY + 8 * HOUR, time_zone=LA)
        assert told()[-1] == ("serum-week-1", "Wed 4 Nov 20:00")
        assert queued(zone=LA)[:2] == [("serum-week-2", "Thu 5 Nov 08:00"), ("serum-week-3", "Thu 5 Nov 20:00")]
        assert len([name for name, _at in [*told(), *queued()] if name.startswith("serum-week")]) == 14
        lines = ledger(plan__isnull=False, message__status="scheduled", kind="dose")
        assert all(line.planned_for == line.message.send_at for line in lines)  # so the ledger shows the hour at which it comes

    def test_there_and_back_it_is_as_it_was(self, clinic, treated):
        before = queued(), queued("education"), queued("check_in"), queued("results")
        for number, zone in enumerate([LA, "Asia/Tokyo", "Pacific/Honolulu", "America/New_York"]):
            change(clinic.ana, END + number * MINUTE, time_zone=zone)
        assert (queued(), queued("education"), queued("check_in"), queued("results")) == before

    def test_no_two_doses_at_one_instant_and_none_twice(self, clinic, treated):
        sent_until(END + 2 * DAY)
        for number, zone in enumerate(["Asia/Tokyo", "Pacific/Honolulu", "Europe/Madrid"]):
            change(clinic.ana, END + 2 * DAY + number * MINUTE, time_zone=zone)
            names = [name for name, _at in [*told(), *queued()]]
            assert len(names) == len(set(names))
            instants = [message.send_at for message in outbox(caremessage__kind="dose")]
            assert len(instants) == len(set(instants))
            assert len([name for name in names if name.startswith("serum-week")]) <= 14

    def test_a_quiet_night_is_folded_anew(self, clinic):
        clinic.ana.wants_quiet_nights = True
        clinic.ana.save()
        clinic.treat(clinic.consents(clinic.ana))
        change(clinic.ana, END + HOUR, time_zone=LA)
        assert queued(zone=LA)[:4] == [
            *(("serum-day-1", "Tue 3 Nov 14:00"), ("serum-day-2", "Tue 3 Nov 17:00"), ("serum-day-3", "Tue 3 Nov 20:00")),
            ("serum-day-4-night", "Tue 3 Nov 20:30"),
        ]
        assert queued(zone=LA)[4] == ("serum-day-7", "Wed 4 Nov 08:00")

    def test_while_she_cant_be_reached_her_times_move_all_the_same(self, clinic, treated):
        """Moved and unreachable, then she agrees: mornings are those of where she is."""
        for channel in ("sms", "email"):
            withdraw_consent(clinic.ana, "care", channel, source="front desk", now=END)
        change(clinic.ana, END + HOUR, time_zone=LA, wants_quiet_nights=True)
        assert outbox() == []
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 2 * HOUR)
        assert queued(zone=LA)[3:6] == [
            ("serum-day-4-night", "Tue 3 Nov 20:30"),
            ("serum-day-7", "Wed 4 Nov 08:00"),
            ("serum-day-8", "Wed 4 Nov 11:00"),
        ]
        assert {at[-5:] for name, at in queued(zone=LA) if name.startswith("serum-week")} == {"08:00", "20:00"}


class TestOtherNights:
    def test_quiet_from_the_middle_of_a_night_nothing_more_comes_in_it(self, clinic, treated):
        sent_until(END + 6 * HOUR)
        change(clinic.ana, END + 8.5 * HOUR, wants_quiet_nights=True)  # 22:30
        assert queued()[:2] == [("serum-day-6", "Wed 4 Nov 08:00"), ("serum-day-7", "Wed 4 Nov 11:00")]

    def test_and_off_again_the_rest_of_the_night_comes_after_all(self, clinic, treated):
        sent_until(END + 6 * HOUR)
        change(clinic.ana, END + 8.5 * HOUR, wants_quiet_nights=True)
        change(clinic.ana, END + 9.5 * HOUR, wants_quiet_nights=False)  # 23:30
        assert queued()[:3] == [("serum-day-4", "Wed 4 Nov 02:00"), ("serum-day-5", "Wed 4 Nov 05:00"), ("serum-day-6", "Wed 4 Nov 08:00")]

    def test_just_before_the_night_its_one_text_goes_at_once(self, clinic, treated):
        """At 20:45: half past eight is over, but the night hasn't begun."""
        sent_until(END + 6 * HOUR)
        change(clinic.ana, END + 6.75 * HOUR, wants_quiet_nights=True)
        assert queued()[:2] == [("serum-day-3-night", "Tue 3 Nov 20:45"), ("serum-day-6", "Wed 4 Nov 08:00")]

    @pytest.fixture
    def night_told(self, clinic):
        """Quiet nights, and the night's one text has gone out at 20:30."""
        clinic.ana.wants_quiet_nights = True
        clinic.ana.save()
        session = clinic.treat(clinic.consents(clinic.ana))
        sent_until(END + 6.5 * HOUR)
        assert told()[-1] == ("serum-day-3-night", "Tue 3 Nov 20:30")
        return session

    def test_off_once_the_night_was_told_its_doses_come(self, clinic, night_told):
        """She was told when; now she asks to be woken. The one text announced the doses, and was none."""
        change(clinic.ana, END + 7 * HOUR, wants_quiet_nights=False)
        assert queued()[:3] == [("serum-day-3", "Tue 3 Nov 23:00"), ("serum-day-4", "Wed 4 Nov 02:00"), ("serum-day-5", "Wed 4 Nov 05:00")]

    def test_and_on_again_they_dont_and_the_night_isnt_told_twice(self, clinic, night_told):
        change(clinic.ana, END + 6.6 * HOUR, wants_quiet_nights=False)
        change(clinic.ana, END + 6.7 * HOUR, wants_quiet_nights=True)
        assert queued()[0] == ("serum-day-6", "Wed 4 Nov 08:00")

    def test_completed_again_the_night_isnt_told_twice(self, night_told):
        second = again(night_told, completed_at=END + 5 * MINUTE, now=END + 6.6 * HOUR)
        assert left_out(second) == {ALREADY_TOLD: ["serum-day-1", "serum-day-2", "serum-day-3-night"]}
        assert queued()[0] == ("serum-day-6", "Wed 4 Nov 08:05")


class TestAnotherNumber:
    NEW = "+12125550177"

    def test_by_email_until_she_agrees_for_the_new_one(self, clinic, treated):
        sent_until(END + 3 * HOUR)
        change(clinic.ana, END + 4 * HOUR, phone=self.NEW)
        assert {(message.channel, message.address) for message in outbox()} == {("email", "ana1@example.org")}
        assert {line.reason for line in ledger(kind="dose", message__status="scheduled")} == {FALLBACK["sms"]}
        sent_until(END + 6 * HOUR, since=END + 6 * HOUR)  # by email

        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 7 * HOUR)
        assert {message.address for message in outbox(channel="sms")} == {self.NEW}
        assert queued(channel="sms")[0] == ("serum-day-3", "Tue 3 Nov 23:00")
        assert (len(outbox(channel="sms")), len(outbox(channel="email"))) == (20 + 3, 5 + 2)
        assert [(name, at) for name, at in told()] == [("serum-day-1", "Tue 3 Nov 17:00"), ("serum-day-2", "Tue 3 Nov 20:00")]
        assert outbox("accepted")[-1].address == "ana1@example.org"

    def test_without_emails_nothing_goes_until_she_agrees(self, clinic):
        clinic.treat(clinic.consents(clinic.ana, "sms"))
        sent_until(END + 3 * HOUR)
        change(clinic.ana, END + 4 * HOUR, phone=self.NEW)
        assert outbox() == []
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 7 * HOUR)
        assert {message.address for message in outbox()} == {self.NEW}
        assert queued()[0] == ("serum-day-3", "Tue 3 Nov 23:00")
        assert len(outbox()) == 30  # without that of 20:00

    def test_a_plan_that_started_meanwhile_goes_there_too(self, clinic):
        clinic.consents(clinic.ana, "sms")
        change(clinic.ana, TODAY, phone=self.NEW)
        clinic.treat(clinic.ana)
        assert left_out(Plan.objects.get()).keys() == {NO_CONSENT}
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + HOUR)
        assert {message.address for message in outbox()} == {self.NEW}
        assert len(outbox()) == 32

    def test_completed_again_meanwhile_what_went_by_email_isnt_told_again(self, clinic, treated):
        change(clinic.ana, END + HOUR, phone=self.NEW)
        sent_until(END + 3 * HOUR, since=END + 3 * HOUR)  # by email
        second = again(treated, completed_at=END + 5 * MINUTE, now=END + 3 * HOUR + 2 * MINUTE)
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 3 * HOUR + 3 * MINUTE)
        assert left_out(second) == {ALREADY_TOLD: ["serum-day-1"]}
        assert queued()[0] == ("serum-day-2", "Tue 3 Nov 20:05")
        assert {message.address for message in outbox(channel="sms")} == {self.NEW}

    def test_another_email_address_mid_way(self, clinic, treated):
        change(clinic.ana, END + HOUR, email="new@example.org")
        assert {message.address for message in outbox()} == {"+12125550101"}
        give_consent(clinic.ana, "care", "email", source="front desk", now=END + 2 * HOUR)
        assert {message.address for message in outbox(channel="email")} == {"new@example.org"}
        assert (len(queued("education", channel="email")), len(outbox())) == (5, 32)


class TestAnotherLanguage:
    def test_what_is_ahead_is_said_in_it_by_both_plans(self, clinic, treated):
        sent_until(END + 3 * HOUR)
        change(clinic.ana, END + 4 * HOUR, language="es")
        again(treated, completed_at=END + 5 * MINUTE, now=END + 5 * HOUR)
        texts = outbox(channel="sms")
        assert len(texts) == 24
        assert not [text.body for text in texts if " time for your " in text.body or "Call" in text.body]
        assert "es hora de su sérum hialurónico (2 de 8)" in texts[0].body

    def test_withdrawn_and_given_again_in_between(self, clinic, treated):
        withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=END + HOUR)
        change(clinic.ana, END + 2 * HOUR, language="es")
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 2.5 * HOUR)
        assert queued()[0] == ("serum-day-1", "Tue 3 Nov 17:00")
        assert (len(outbox(channel="sms")), len(outbox(channel="email"))) == (25, 7)
        assert "es hora de su sérum" in outbox()[0].body


class TestAtThatMoment:
    """At 17:00 the dose is due, and somebody reopens the session and completes it again with five minutes more."""

    @pytest.fixture
    def session(self, committed_clinic):
        return committed_clinic.treat(committed_clinic.consents(committed_clinic.ana))

    def both(self, session, at_once):
        due = END + 3 * HOUR
        return at_once(
            [
                lambda: [dispatch(now=due + second * timedelta(seconds=1)) for second in range(6)] and None,
                lambda: again(session, completed_at=END + 5 * MINUTE, now=due + 5 * MINUTE) and None,
            ]
        )

    def doses_now(self) -> list[str]:
        dispatch(now=END + 3 * HOUR + 6 * MINUTE)
        return [name for name, _at in told(kind="dose")]

    def test_the_dose_goes_once_whoever_is_faster(self, session, at_once):
        assert self.both(session, at_once) == [None, None]
        assert self.doses_now() == ["serum-day-1"]

    def test_control_without_looking_at_the_first_plan_it_would_go_twice(self, session, at_once, monkeypatch):
        monkeypatch.setattr(starting, "was_told", lambda planned, told: False)
        claim_due(now=END + 3 * HOUR)  # the dispatcher was faster
        assert self.both(session, at_once) == [None, None]
        assert self.doses_now() == ["serum-day-1", "serum-day-1"]


class TestStoppedAtThatMoment:
    """Her nights are changed at one screen, and the plan is stopped at the other: nothing of it stays queued."""

    @pytest.fixture
    def both_at_once(self, committed_clinic, at_once, monkeypatch):
        from aftercare.services.changes import renewing

        clinic = committed_clinic
        session = clinic.treat(clinic.consents(clinic.ana))
        real, is_read, is_stopped = renewing.renewals, Event(), Event()

        def slowly(*args, **options):
            found = list(real(*args, **options))
            is_read.set()  # the plan runs, as it was read; what it tells anew isn't written yet
            wait_until(lambda: is_stopped.is_set() or waiting_for_a_lock())
            return found

        def stop():
            assert is_read.wait(20)
            stopping.stop_plan(session, reason="allergic", now=END + MINUTE)
            is_stopped.set()

        def save():
            clinic.ana.language = "es"
            clinic.ana.save()

        monkeypatch.setattr(renewing, "renewals", slowly)
        return lambda: at_once([save, stop])

    def test_nothing_stays_queued(self, both_at_once):
        with freeze_time(END + MINUTE, tick=True):
            assert both_at_once() == [None, None]
        assert outbox() == []

    def test_control_without_the_lock_something_would(self, both_at_once, monkeypatch):
        monkeypatch.setattr(stopping, "hold_alone", lambda patient: None)
        with freeze_time(END + MINUTE, tick=True):
            both_at_once()
        assert outbox() != []


def test_two_plans_of_a_session_never_run_at_once(treated):
    with pytest.raises(IntegrityError, match="one_running_plan_per_appointment"):
        start_plan(saving.locked(treated), now=END)
