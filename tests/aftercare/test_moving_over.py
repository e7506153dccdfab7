"""A protocol has a new version, and the plans that are running follow it, because a clinician says so."""

from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from aftercare.domain.protocol import Kind, Step, Text
from aftercare.errors import CantMoveOver
from aftercare.models import CareMessage, Plan, Protocol
from aftercare.services import (
    MovedOver,
    foresee_move_over,
    give_consent,
    load_protocol,
    move_over,
    protocol_for,
    stop_by_hand,
    withdraw_consent,
)
from aftercare.services.changes import moving_over
from aftercare.services.changes.moving_over import plans_behind
from aftercare.services.protocols.loading import read_protocol
from notifications.models import Message
from notifications.services import claim_due, dispatch
from scheduling.models import Patient
from tests.aftercare.test_plans_follow import END, HOUR, MINUTE, name_of, queued, sent_until, told
from tests.clinic_world import FIRST, TODAY, WEEK, Clinic, ledger, outbox, wait_until, waiting_for_a_lock
from tests.clock import freeze_time
from tests.staff import member

NOW = END + 4 * HOUR  # the first dose has gone out


def published(*, without: tuple[str, ...] = (), more: tuple[Step, ...] = (), now=NOW, **changed: dict) -> Protocol:
    """The next version of the default protocol: `serum_day={"times": 6}` changes that step."""
    default = read_protocol("microneedling")
    steps = [replace(step, **changed.get(step.slug.replace("-", "_"), {})) for step in default.steps if step.slug not in without]
    return load_protocol(replace(default, steps=(*steps, *more)), now=now)


def advice(slug: str, hours: int) -> Step:
    text = Text("{clinic}: drink water. {phone}", "Drink water", "Drink plenty of water.")
    return Step(slug, Kind.EDUCATION, "sms", timedelta(hours=hours), 1, timedelta(hours=4), texts={"en": text, "es": text})


@pytest.fixture
def treated(clinic: Clinic):
    session = clinic.treat(clinic.consents(clinic.ana))
    sent_until(END + 3 * HOUR)
    return session


def moved(protocol: Protocol, now=NOW, **options) -> MovedOver:
    return move_over(protocol, by=member("Clinician"), now=now, **options)


class TestMovingOver:
    def test_what_is_queued_is_planned_anew_and_what_was_sent_stays(self, treated):
        text = Text("{clinic}: {product} now, {number} of {of}. {phone}", "Now", "Now.")
        newer = published(serum_day={"texts": {"en": text, "es": text}})
        assert moved(newer) == MovedOver(plans=1, taken_back=31, planned=31, left=0)
        assert Plan.objects.get().protocol == newer
        assert told() == [("serum-day-1", "Tue 3 Nov 17:00")]
        assert outbox("accepted")[0].body.startswith("Maple Street Clinic: time for your hyaluronic acid serum (1 of 8).")
        assert outbox()[0].body == "Maple Street Clinic: hyaluronic acid serum now, 2 of 8. (212) 555-0100"
        back = outbox("cancelled", caremessage__plan__isnull=False)
        assert {message.reason for message in back} == {"the plan follows version 2 now"}
        assert len(ledger(plan__isnull=False, stand_in=None)) == 32

    def test_other_times_follow_and_what_would_be_past_isnt_told(self, treated):
        """Every two hours instead of three: her first was at 17:00, and by the new times the second would be at 19:00."""
        newer = published(serum_day={"every": 2 * HOUR}, serum_week={"at": tuple(clock.replace(hour=clock.hour - 1) for clock in AT)})
        assert moved(newer, now=NOW + 2 * HOUR - 5 * MINUTE).plans == 1
        assert queued()[:2] == [("serum-day-3", "Tue 3 Nov 21:00"), ("serum-day-4", "Tue 3 Nov 23:00")]
        assert queued()[6:8] == [("serum-week-1", "Wed 4 Nov 19:00"), ("serum-week-2", "Thu 5 Nov 07:00")]

    def test_a_step_that_is_gone_is_taken_back_and_a_new_one_comes_where_it_lies_ahead(self, treated):
        newer = published(without=("education-day-5",), more=(advice("water", 30), advice("long-ago", 1)))
        assert moved(newer) == MovedOver(plans=1, taken_back=31, planned=31, left=0)
        names = [name for name, _at in queued("education")]
        assert "education-day-5" not in names
        assert "water" in names
        assert not CareMessage.objects.filter(key__contains="long-ago").exists()

    def test_what_was_sent_isnt_told_again_by_its_step_and_number(self, treated):
        newer = published(serum_day={"first_after": 5 * HOUR})
        moved(newer)
        assert queued()[:2] == [("serum-day-2", "Tue 3 Nov 22:00"), ("serum-day-3", "Wed 4 Nov 01:00")]

    def test_nor_what_is_being_sent(self, treated):
        claim_due(now=END + 6 * HOUR)
        moved(published(), now=END + 6 * HOUR + MINUTE)
        assert queued()[0] == ("serum-day-3", "Tue 3 Nov 23:00")
        assert [name for name, _at in told()] == ["serum-day-1", "serum-day-2"]

    def test_a_late_one_that_still_waits_for_its_turn_stays_late(self, treated):
        """Nothing went out at 20:00; at 20:30 the plan is moved over, and the dose still goes."""
        moved(published(), now=END + 6.5 * HOUR)
        [due] = [message for message in outbox() if message.send_at <= END + 6.5 * HOUR]
        assert (due.due_at, due.send_at) == (END + 6 * HOUR, END + 6.5 * HOUR)

    def test_as_she_is_now(self, clinic, treated):
        clinic.ana.language, clinic.ana.wants_quiet_nights = "es", True
        with freeze_time(NOW):
            clinic.ana.save()
        moved(published(), now=NOW + MINUTE)
        assert queued()[1][0] == "serum-day-3-night"
        assert "es hora de su sérum" in outbox()[0].body

    def test_who_cant_be_reached_gets_the_new_texts_once_she_agrees(self, clinic, treated):
        for channel in ("sms", "email"):
            withdraw_consent(clinic.ana, "care", channel, source="front desk", now=NOW)
        newer = published(more=(advice("water", 30),), without=("education-day-5",))
        assert moved(newer) == MovedOver(plans=1, taken_back=0, planned=0, left=0)
        give_consent(clinic.ana, "care", "sms", source="front desk", now=NOW + HOUR)
        names = [name for name, _at in queued("education")]
        assert "water" in names
        assert "education-day-5" not in names
        assert queued()[0] == ("serum-day-2", "Tue 3 Nov 20:00")

    def test_twice_it_is_done_once(self, treated):
        newer = published()
        moved(newer)
        before = [message.pk for message in outbox()]
        assert moved(newer) == MovedOver()
        assert [message.pk for message in outbox()] == before

    def test_a_stopped_plan_and_one_that_is_over_stay_as_they_are(self, clinic, treated):
        ben = clinic.treat(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
        stop_by_hand(Plan.objects.get(appointment=ben), reason="moved away", by=member("Clinician"), now=END + 3 * HOUR)
        Message.objects.filter(status="scheduled").update(status="accepted")
        assert moved(published(more=(advice("water", 30),))) == MovedOver()
        assert {plan.protocol.version for plan in Plan.objects.all()} == {1}

    def test_plans_of_another_protocol_too(self, clinic, treated):
        other = load_protocol(replace(read_protocol("microneedling"), slug="scalp"), treatments=[clinic.scalp], now=TODAY)
        clinic.treat(clinic.ana, FIRST + 2 * HOUR, treatment=clinic.scalp)
        assert protocol_for(clinic.scalp) == other
        assert moved(published()).plans == 1
        assert sorted(plan.protocol.slug for plan in plans_behind(published(), NOW)) == ["microneedling"]

    def test_only_to_the_newest_published_version(self, treated):
        newer = published()
        newest = published()
        for protocol, sentence in (
            (newer, "Version 3 is newer"),
            (Protocol(slug="microneedling", version=9), "Publish this version first"),
        ):
            with pytest.raises(CantMoveOver, match=sentence):
                moved(protocol)
        Protocol.objects.filter(pk=newest.pk).update(retired_at=NOW)
        with pytest.raises(CantMoveOver, match="out of use"):
            moved(Protocol.objects.get(pk=newest.pk))
        assert Plan.objects.get().protocol.version == 1

    def test_what_doesnt_fit_into_the_time_is_left_for_the_next_time(self, clinic, treated):
        clinic.treat(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
        newer = published()
        first = moved(newer, within=timedelta())
        assert (first.plans, first.left) == (1, 1)
        second = moved(newer, within=timedelta())
        assert (second.plans, second.left) == (1, 0)

    def test_one_who_fails_stops_no_other(self, clinic, treated, monkeypatch, caplog):
        clinic.treat(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
        newer, real = published(), moving_over.tell

        def tell(patient, *args, **named):
            if patient == clinic.ana:
                raise ZeroDivisionError
            return real(patient, *args, **named)

        monkeypatch.setattr(moving_over, "tell", tell)
        done = moved(newer)
        assert (done.plans, done.left, done.failed) == (1, 0, 1)
        assert dict(Plan.objects.values_list("appointment__patient", "protocol__version")) == {clinic.ana.pk: 1, clinic.ben.pk: 2}
        assert len(outbox(caremessage__plan__appointment__patient=clinic.ana)) == 31
        assert caplog.messages == [f"The plans of patient {clinic.ana.pk} couldn't be moved over: ZeroDivisionError"]

    def test_it_comes_as_it_was_foreseen(self, clinic, treated):
        clinic.treat(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
        newer = published(without=("education-day-5",), more=(advice("water", 30), advice("wine", 60)))
        before = list(Message.objects.order_by("pk").values())
        foreseen = foresee_move_over(plans_behind(newer, NOW), newer, NOW)
        assert list(Message.objects.order_by("pk").values()) == before
        assert [(one.taken_back, one.planned) for one in foreseen] == [(31, 32), (32, 33)]
        assert moved(newer) == MovedOver(plans=2, taken_back=63, planned=65, left=0)


AT = next(step.at for step in read_protocol("microneedling").steps if step.slug == "serum-week")


class TestAtThatMoment:
    """The dose of 20:00 is due while the plans are moved over, and two clinicians press the button."""

    @pytest.fixture
    def both_at_once(self, committed_clinic, at_once, monkeypatch):
        clinic = committed_clinic
        clinic.treat(clinic.consents(clinic.ana))
        sent_until(END + 3 * HOUR)
        newer, by = published(), member("Clinician")
        real, is_read, is_moved = moving_over.plans_behind, Event(), Event()
        now = END + 6 * HOUR

        def found(*args):
            behind = real(*args)
            if not is_read.is_set():
                is_read.set()
            return behind

        def move():
            answer = move_over(newer, by=by, now=now)
            is_moved.set()
            return answer

        def send():
            assert is_read.wait(20)
            while not is_moved.is_set():
                dispatch(now=now)

        monkeypatch.setattr(moving_over, "plans_behind", found)
        return lambda: at_once([move, move, send])

    def test_the_dose_goes_once_and_the_plan_moves_once(self, both_at_once):
        first, second, _sent = both_at_once()
        assert first.plans + second.plans == 1
        dispatch(now=END + 6 * HOUR + MINUTE)
        assert [name for name, _at in told()] == ["serum-day-1", "serum-day-2"]
        assert len(outbox()) == 30
        names = [name_of(line) for line in ledger(plan__isnull=False, message__status__in=["scheduled", "accepted"])]
        assert len(names) == len(set(names)) == 32

    def test_control_without_the_lock_two_who_press_it_plan_everything_twice(self, committed_clinic, at_once, monkeypatch):
        clinic = committed_clinic
        clinic.treat(clinic.consents(clinic.ana))
        newer, by = published(now=END), member("Clinician")
        real = moving_over.plans_behind
        looks = []

        def all_of_them(protocol, now):
            looks.append(protocol)
            if len(looks) > 2:  # under the lock
                wait_until(lambda: len(looks) >= 4 or waiting_for_a_lock())
                return Plan.objects.order_by("pk")
            return real(protocol, now)

        monkeypatch.setattr(moving_over, "plans_behind", all_of_them)
        monkeypatch.setattr(moving_over, "hold_alone", lambda pk: Patient.objects.get(pk=pk))
        first, second = at_once([lambda: move_over(newer, by=by, now=END)] * 2)
        assert first.plans + second.plans == 2


def test_week_by_week_nobody_is_left_behind(clinic, treated):
    """A plan three weeks on has two messages left, and they follow."""
    Message.objects.filter(status="scheduled", send_at__lt=END + 3 * WEEK).update(status="accepted")
    assert moved(published(now=END + 3 * WEEK), now=END + 3 * WEEK) == MovedOver(plans=1, taken_back=2, planned=2, left=0)
