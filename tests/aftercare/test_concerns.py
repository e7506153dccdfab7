"""A concern is raised, joined, acknowledged and resolved, and somebody on call hears of it."""

from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from aftercare.errors import NoteMissing, NothingToSay, TakenAlready
from aftercare.models import CareMessage, Concern, ConcernEvent, OnCallContact
from aftercare.services import acknowledge, contacts_of, escalate_due, hasten, nobody_on_call, raise_concern, resolve
from aftercare.services.concerns import escalating, lifecycle
from notifications.models import Alarm, Message, Pause
from notifications.services import claim_due, dispatch, remedy_for, suppress
from scheduling.models import Closure, Location, OpeningHours, Room
from scheduling.services import arrive
from tests.clinic_world import FIRST, TODAY, WEEK, at, local, outbox, wait_until, waiting_for_a_lock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = at("2026-10-28", "23:30")  # a Wednesday


@pytest.fixture
def on_call(clinic) -> list[OnCallContact]:
    return [
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120", email="dana@example.org", position=1),
        OnCallContact.objects.create(name="Eli Evans", phone="+12125550121", position=2),
    ]


@pytest.fixture
def staff(db) -> User:
    return User.objects.create_user("desk", first_name="Flo", last_name="Desk")


def open_from_nine_to_six(clinic) -> None:
    OpeningHours.objects.bulk_create(
        OpeningHours(location=clinic.location, weekday=day, opens_at="09:00", closes_at="18:00") for day in range(5)
    )


def urgent(clinic, now=NIGHT, said="My cheek won't stop bleeding.", **more) -> Concern:
    return raise_concern(patient=clinic.ana, severity="urgent", said=said, now=now, **{"flags": ["bleeding"]} | more)


def soon(clinic, now=NIGHT, said="Not sure about this.", **more) -> Concern:
    return raise_concern(patient=clinic.ana, severity="soon", said=said, now=now, **more)


def steps(concern: Concern) -> list[tuple[str, str]]:
    return [(event.what, event.contact.name if event.contact else "") for event in concern.events.select_related("contact")]


def told(**about) -> list[tuple[str, str]]:
    return [
        (message.address, message.status) for message in Message.objects.filter(reference__startswith="concern-", **about).order_by("pk")
    ]


class TestRaising:
    def test_an_urgent_one_has_a_quarter_of_an_hour_at_any_hour(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        concern = urgent(clinic)
        assert (concern.severity, concern.flags, concern.said) == ("urgent", ["bleeding"], "My cheek won't stop bleeding.")
        assert (concern.location, concern.raised_at, concern.raised_by) == (clinic.location, NIGHT, None)
        assert local(concern.acknowledge_by) == local(concern.escalate_at) == "Wed 28 Oct 23:45"

    def test_another_one_has_two_hours_in_which_the_location_is_open(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        assert local(soon(clinic).acknowledge_by) == "Thu 29 Oct 11:00"

    def test_hours_go_on_the_next_day_and_closures_and_weekends_are_passed_over(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        Closure.objects.create(location=clinic.location, starts_on="2026-11-02", ends_on="2026-11-02", reason="moving")
        assert local(soon(clinic, at("2026-10-30", "17:00")).acknowledge_by) == "Tue 3 Nov 10:00"

    def test_the_first_on_call_is_told_by_text_at_once_without_her_name_or_words(self, clinic, on_call, settings):
        settings.PUBLIC_BASE_URL = "https://clinic.example.org"
        concern = urgent(clinic)
        [alert] = outbox()
        assert (alert.channel, alert.address, alert.send_at, alert.quiet_from) == ("sms", "+12125550120", NIGHT, None)
        assert alert.body == (
            "Maple Street Clinic: a patient's message needs you (urgent). Please acknowledge it by 11:45 PM: "
            f"https://clinic.example.org/admin/inbox/{clinic.ana.pk}/"
        )
        assert alert.reference == f"concern-{concern.pk}"
        assert steps(concern) == [("raised", ""), ("told", "Dana Diaz")]

    def test_of_one_that_can_wait_the_first_is_told_by_email_and_nobody_by_text(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        soon(clinic)
        [alert] = outbox()
        assert (alert.channel, alert.address) == ("email", "dana@example.org")
        assert "Please acknowledge it by Thu 11:00 AM" in alert.body

    def test_by_hand_it_says_who_took_her_call(self, clinic, on_call, staff):
        assert urgent(clinic, by=staff).raised_by == staff
        assert ConcernEvent.objects.get(what="raised").by == staff

    def test_without_words_there_is_none(self, clinic, on_call):
        with pytest.raises(NothingToSay, match="Write down what the patient said"):
            urgent(clinic, said=" \n")
        assert not Concern.objects.exists()
        assert not outbox()

    @pytest.mark.parametrize("said", ["\u200b", "\u200b \u2060\n\ufeff", "\u3164", "\u2800\u00a0", "\ufe0f"])
    def test_nor_of_letters_that_nobody_sees(self, clinic, on_call, staff, said):
        with pytest.raises(NothingToSay):
            urgent(clinic, said=said)
        assert not Concern.objects.exists()
        concern = urgent(clinic)
        with pytest.raises(NoteMissing):
            resolve(concern, note=said, by=staff, now=NIGHT + MINUTE)
        concern.refresh_from_db()
        assert (concern.resolved_at, concern.acknowledged_at) == (None, None)

    def test_a_button_pressed_twice_says_it_once(self, clinic, on_call, staff):
        other = User.objects.create_user("other")
        first = soon(clinic, by=staff)
        for seconds in (0, 1, 59):
            assert soon(clinic, NIGHT + timedelta(seconds=seconds), by=staff) == first
        first.refresh_from_db()
        assert first.said == "Not sure about this."
        assert steps(first) == [("raised", ""), ("told", "Dana Diaz")]
        # Another person, other words, more urgent, or later: that is more.
        soon(clinic, NIGHT + MINUTE / 2, by=other)
        soon(clinic, NIGHT + MINUTE / 2, by=staff, said="Not sure")
        urgent(clinic, NIGHT + MINUTE / 2, by=staff, said="Not sure about this.")
        soon(clinic, NIGHT + 2 * MINUTE, by=staff)
        first.refresh_from_db()
        assert first.said.split("\n") == ["Not sure about this."] * 2 + ["Not sure"] + ["Not sure about this."] * 2
        assert first.severity == "urgent"

    def test_and_so_it_does_pressed_three_times_at_once(self, committed_clinic, at_once):
        staff = User.objects.create_user("desk")
        assert len({concern.pk for concern in at_once([lambda: soon(committed_clinic, by=staff)] * 3)}) == 1
        concern = Concern.objects.get()
        assert concern.said == "Not sure about this."
        assert concern.events.filter(what__in=["raised", "said_more"]).count() == 1

    def test_a_patient_who_says_the_same_twice_has_said_it_twice(self, clinic, on_call):
        soon(clinic)
        assert soon(clinic).said == "Not sure about this.\nNot sure about this."

    def test_where_nobody_is_on_call_an_operator_hears_at_once(self, clinic):
        concern = urgent(clinic)
        alarm = Alarm.objects.get()
        assert (alarm.code, alarm.explanation) == (
            f"nobody on call, concern {concern.pk}",
            "a concern was raised and nobody is on call, at Maple Street Clinic",
        )
        assert nobody_on_call(clinic.location)
        assert concern.escalate_at is None
        assert steps(concern) == [("raised", ""), ("nobody", "")]

    def test_it_is_where_she_was_treated_last(self, clinic, on_call):
        oak = Location.objects.create(name="Oak Street Clinic", phone="+12125550107", time_zone="America/New_York")
        clinic.treat(clinic.ana)
        assert urgent(clinic, at("2026-11-04")).location == clinic.location
        assert raise_concern(patient=clinic.ben, severity="soon", said="?", location=oak, now=NIGHT).location == oak

    def test_once_she_is_elsewhere_for_the_next_session_it_is_there(self, clinic, on_call):
        oak = Location.objects.create(name="Oak Street Clinic", phone="+12125550107", time_zone="America/New_York")
        clinic.dana.locations.add(oak)
        clinic.treat(clinic.ana)
        there = clinic.book(clinic.ana, FIRST + 5 * WEEK, room=Room.objects.create(location=oak, name="Room 9"))
        arrive(there, now=there.starts_at)
        assert urgent(clinic, there.starts_at + timedelta(minutes=5)).location == oak


class TestJoining:
    def test_the_severity_only_rises_and_the_clock_begins_anew(self, clinic, on_call):
        first = soon(clinic)
        concern = urgent(clinic, NIGHT + 10 * MINUTE)
        assert concern == first
        assert (concern.severity, local(concern.acknowledge_by)) == ("urgent", "Wed 28 Oct 23:55")
        assert steps(concern) == [("raised", ""), ("told", "Dana Diaz"), ("said_more", ""), ("worsened", ""), ("told", "Dana Diaz")]
        assert told() == [("dana@example.org", "cancelled"), ("+12125550120", "scheduled")]
        again = soon(clinic, NIGHT + 11 * MINUTE)
        assert (again.pk, again.severity, local(again.acknowledge_by)) == (concern.pk, "urgent", "Wed 28 Oct 23:55")

    def test_acknowledged_as_one_that_can_wait_and_then_urgent_it_is_to_be_acknowledged_anew(self, clinic, on_call, staff):
        acknowledge(soon(clinic), by=staff, now=NIGHT + MINUTE)
        concern = urgent(clinic, NIGHT + 10 * MINUTE)
        assert (concern.acknowledged_at, concern.acknowledged_by) == (None, None)
        assert told(status="scheduled") == [("+12125550120", "scheduled")]

    @pytest.mark.parametrize(
        ("flags", "after", "is_told"),
        [(["bleeding"], 20 * MINUTE, False), (["bleeding", "fever"], 20 * MINUTE, True), (["bleeding"], 70 * MINUTE, True)],
    )
    def test_more_that_is_urgent_once_somebody_is_at_it(self, clinic, on_call, staff, flags, after, is_told):
        acknowledge(urgent(clinic), by=staff, now=NIGHT + 5 * MINUTE)
        concern = urgent(clinic, NIGHT + after, flags=flags)
        assert (concern.acknowledged_at is None) is is_told
        assert len(told(status="scheduled")) == is_told

    @pytest.mark.parametrize(("after", "is_told"), [(50 * MINUTE, False), (70 * MINUTE, True), (240 * HOUR, True)])
    def test_more_that_can_wait_once_it_was_acknowledged_a_while_ago(self, clinic, on_call, staff, after, is_told):
        acknowledge(soon(clinic), by=staff, now=NIGHT)
        concern = soon(clinic, NIGHT + after, "It is worse than last week.")
        assert (concern.acknowledged_at is None) is is_told
        assert concern.severity == "soon"
        assert told() == [("dana@example.org", "cancelled"), *[("dana@example.org", "scheduled")] * is_told]
        if is_told:
            assert concern.escalate_at == concern.acknowledge_by == NIGHT + after + 2 * HOUR

    def test_resolved_another_one_opens(self, clinic, on_call, staff):
        first = urgent(clinic)
        resolve(first, note="It had stopped.", by=staff, now=NIGHT + HOUR)
        assert urgent(clinic, NIGHT + 2 * HOUR) != first

    def test_said_at_the_same_moment_it_is_one(self, committed_clinic, at_once):
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120")
        raised = at_once([lambda number=number: urgent(committed_clinic, said=f"bleeding {number}") for number in range(4)])
        assert {concern.pk for concern in raised} == {Concern.objects.get().pk}
        assert sorted(Concern.objects.get().said.split("\n")) == [f"bleeding {number}" for number in range(4)]
        assert len(told()) == 1


class TestAcknowledging:
    def test_nobody_else_is_told_and_what_hasnt_left_is_taken_back(self, clinic, on_call, staff):
        concern = urgent(clinic)
        acknowledge(concern, by=staff, now=NIGHT + MINUTE)
        concern.refresh_from_db()
        assert (concern.acknowledged_at, concern.acknowledged_by, concern.escalate_at) == (NIGHT + MINUTE, staff, None)
        assert told() == [("+12125550120", "cancelled")]
        assert escalate_due(NIGHT + HOUR) == 0
        assert Pause.objects.exists()  # until it is resolved

    def test_who_comes_second_reads_who_was_first(self, clinic, on_call, staff):
        concern = urgent(clinic)
        acknowledge(concern, by=staff, now=NIGHT + MINUTE)
        with pytest.raises(TakenAlready, match=r"^Flo Desk acknowledged it on October 28 at 11:31 PM\.$"):
            acknowledge(concern, by=User.objects.create_user("other"), now=NIGHT + 2 * MINUTE)
        assert [event.by for event in concern.events.filter(what="acknowledged")] == [staff]

    def test_of_two_at_once_one_is_first(self, committed_clinic, at_once):
        concern = urgent(committed_clinic)
        users = [User.objects.create_user(f"user{number}") for number in range(2)]
        results = at_once([lambda user=user: acknowledge(concern, by=user, now=NIGHT + MINUTE) for user in users])
        assert sorted(type(result).__name__ for result in results) == ["Concern", "TakenAlready"]
        assert concern.events.filter(what="acknowledged").count() == 1

    def test_who_had_to_wait_for_the_first_one_reads_her_name(self, committed_clinic, at_once, staff):
        """It isn't on the row that was found before the wait."""
        concern, is_seen = urgent(committed_clinic), Event()

        def first():
            with transaction.atomic():
                acknowledge(concern, by=staff, now=NIGHT + MINUTE)
                is_seen.set()
                wait_until(waiting_for_a_lock)

        def second():
            assert is_seen.wait(20)
            acknowledge(concern, by=User.objects.create_user("other"), now=NIGHT + MINUTE)

        _first, refusal = at_once([first, second])
        assert str(refusal) == "Flo Desk acknowledged it on October 28 at 11:31 PM."

    def test_its_control_without_the_lock_both_are(self, committed_clinic, at_once, monkeypatch):
        concern, both = urgent(committed_clinic), Barrier(2)
        users = [User.objects.create_user(f"user{number}") for number in range(2)]

        def unlocked(concern):
            held = Concern.objects.select_related("patient", "location").get(pk=concern.pk)
            both.wait(timeout=20)
            return held

        monkeypatch.setattr(lifecycle, "_held", unlocked)
        results = at_once([lambda user=user: acknowledge(concern, by=user, now=NIGHT + MINUTE) for user in users])
        assert [type(result).__name__ for result in results] == ["Concern", "Concern"]


class TestResolving:
    def test_it_takes_a_note(self, clinic, on_call, staff):
        concern = urgent(clinic)
        with pytest.raises(NoteMissing, match="Write what came of it"):
            resolve(concern, note="  ", by=staff, now=NIGHT + HOUR)
        concern.refresh_from_db()
        assert (concern.resolved_at, Pause.objects.count()) == (None, 1)

    def test_it_is_over_and_what_is_routine_goes_on(self, clinic, on_call, staff):
        concern = resolve(urgent(clinic), note="It had stopped when I called.", by=staff, now=NIGHT + HOUR)
        assert (concern.resolved_by, concern.note) == (staff, "It had stopped when I called.")
        assert (concern.acknowledged_by, concern.acknowledged_at) == (staff, NIGHT + HOUR)
        assert [step for step, _ in steps(concern)] == ["raised", "told", "acknowledged", "resolved"]
        assert not Pause.objects.exists()
        assert told() == [("+12125550120", "cancelled")]

    def test_who_comes_second_reads_who_was_first(self, clinic, on_call, staff):
        concern = resolve(urgent(clinic), note="Over.", by=staff, now=NIGHT + HOUR)
        for late in (
            lambda: resolve(concern, note="Mine.", by=staff, now=NIGHT + 2 * HOUR),
            lambda: acknowledge(concern, by=staff, now=NIGHT + 2 * HOUR),
        ):
            with pytest.raises(TakenAlready, match=r"^Flo Desk resolved it on October 29 at 12:30 AM\.$"):
                late()
        concern.refresh_from_db()
        assert concern.note == "Over."

    def test_its_steps_can_be_neither_changed_nor_deleted(self, clinic, on_call, staff):
        concern = urgent(clinic, by=staff)
        for wrong in (
            lambda: ConcernEvent.objects.update(what="resolved"),
            lambda: ConcernEvent.objects.update(detail="by nobody"),
            lambda: ConcernEvent.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                wrong()
        on_call[0].delete()
        staff.delete()
        assert steps(concern) == [("raised", ""), ("told", "")]


class TestTheLadder:
    def test_each_in_turn_then_once_more_and_then_an_operator(self, clinic, on_call, settings):
        settings.OPERATOR_EMAILS = ["operator@example.org"]
        concern = urgent(clinic)
        for quarter in range(1, 6):
            assert escalate_due(NIGHT + (15 * quarter - 1) * MINUTE) == 0
            assert escalate_due(NIGHT + 15 * quarter * MINUTE) == (1 if quarter < 5 else 0)
        dana, eli = "Dana Diaz", "Eli Evans"
        assert steps(concern) == [("raised", ""), *(("told", name) for name in (dana, eli, dana, eli)), ("nobody", "")]
        alarm = Alarm.objects.get()
        assert alarm.code == f"nobody on call, concern {concern.pk}"
        assert alarm.explanation == "nobody has acknowledged a concern, at Maple Street Clinic"
        assert remedy_for(alarm).startswith("Open the inbox and see to the concern.")
        concern.refresh_from_db()
        assert concern.escalate_at is None
        assert [message.subject for message in outbox(address="operator@example.org")] == [
            "Afterglow needs you: nobody has acknowledged a concern, at Maple Street Clinic"
        ]

    def test_of_one_that_can_wait_the_next_is_told_by_text_when_two_open_hours_have_passed(self, clinic, on_call):
        open_from_nine_to_six(clinic)
        concern = soon(clinic)
        assert escalate_due(at("2026-10-29", "10:59")) == 0
        assert escalate_due(at("2026-10-29", "11:00")) == 1
        assert told() == [("dana@example.org", "scheduled"), ("+12125550121", "scheduled")]
        concern.refresh_from_db()
        assert local(concern.escalate_at) == "Thu 29 Oct 13:00"

    def test_who_is_alone_on_call_is_told_by_email_and_then_by_text(self, clinic, on_call):
        on_call[1].delete()
        soon(clinic)
        escalate_due(NIGHT + 2 * HOUR)
        assert told() == [("dana@example.org", "scheduled"), ("+12125550120", "scheduled")]

    def test_the_next_one_reads_by_when_it_is_the_turn_of_another(self, clinic, on_call):
        urgent(clinic)
        escalate_due(NIGHT + 15 * MINUTE)
        assert "acknowledge it by Thu 12:00 AM:" in outbox(address="+12125550121")[0].body

    def test_run_twice_it_tells_once(self, clinic, on_call):
        urgent(clinic)
        assert [escalate_due(NIGHT + 15 * MINUTE), escalate_due(NIGHT + 15 * MINUTE)] == [1, 0]
        assert len(told()) == 2

    def test_only_who_is_on_call_there(self, clinic, on_call):
        oak = Location.objects.create(name="Oak Street Clinic", phone="+12125550107", time_zone="America/New_York")
        on_call[0].locations.add(oak)
        OnCallContact.objects.create(name="Fay Fox", phone="+12125550122", position=1, is_active=False)
        assert [contact.name for contact in contacts_of(clinic.location)] == ["Eli Evans"]
        assert [contact.name for contact in contacts_of(oak)] == ["Dana Diaz", "Eli Evans"]

    def test_whose_number_said_stop_is_told_by_email(self, clinic, on_call):
        suppress("sms", "+12125550120", reason="said stop", now=TODAY)
        urgent(clinic)
        assert told() == [("dana@example.org", "scheduled")]

    @pytest.mark.parametrize("severity", ["urgent", "soon"])
    def test_whose_only_address_said_stop_is_passed_over(self, clinic, on_call, severity):
        suppress("sms", "+12125550121", reason="said stop", now=TODAY)
        suppress("email", "dana@example.org", reason="said stop", now=TODAY)
        OnCallContact.objects.create(name="Fay Fox", phone="+12125550122", position=3)
        concern = raise_concern(patient=clinic.ana, severity=severity, said="Hm.", now=NIGHT)
        for quarter in range(1, 9):
            escalate_due(NIGHT + quarter * HOUR)
        assert [name for what, name in steps(concern) if what == "told"][:3] == ["Dana Diaz", "Fay Fox", "Dana Diaz"]
        assert {address for address, _ in told()} == {"+12125550120", "+12125550122"}

    @pytest.mark.parametrize("status", ["failed", "undelivered", "suppressed", "expired"])
    def test_where_an_alert_doesnt_reach_anybody_the_next_one_is_told_at_the_next_tick(self, clinic, on_call, status):
        urgent(clinic)
        Message.objects.filter(address="+12125550120").update(status=status)
        assert escalate_due(NIGHT + MINUTE) == 1
        assert escalate_due(NIGHT + 2 * MINUTE) == 0
        assert [address for address, _ in told()] == ["+12125550120", "+12125550121"]

    def test_who_says_stop_just_then_isnt_waited_for(self, clinic, on_call):
        urgent(clinic)
        suppress("sms", "+12125550120", reason="said stop", now=NIGHT)
        claim_due(now=NIGHT)
        assert escalate_due(NIGHT + MINUTE) == 1
        assert told() == [("+12125550120", "suppressed"), ("+12125550121", "scheduled")]

    def test_a_late_receipt_of_the_first_text_shortens_nobody_elses_time(self, clinic, on_call):
        concern = urgent(clinic)
        escalate_due(NIGHT + 15 * MINUTE)
        Message.objects.filter(address="+12125550120").update(status="undelivered")
        hasten(f"concern-{concern.pk}", now=NIGHT + 16 * MINUTE)
        assert escalate_due(NIGHT + 16 * MINUTE) == 0
        concern.refresh_from_db()
        assert local(concern.escalate_at) == "Thu 29 Oct 00:00"
        Message.objects.filter(address="+12125550121").update(status="undelivered")
        hasten(f"concern-{concern.pk}", now=NIGHT + 17 * MINUTE)
        concern.refresh_from_db()
        assert concern.escalate_at == NIGHT + 17 * MINUTE

    def test_of_each_concern_that_nobody_takes_an_operator_hears_and_no_longer_once_it_is_taken(self, clinic, staff, settings):
        settings.OPERATOR_EMAILS = ["operator@example.org"]
        first = urgent(clinic)
        second = raise_concern(patient=clinic.ben, severity="urgent", said="x", now=NIGHT + MINUTE)
        assert len(outbox(address="operator@example.org")) == 2
        urgent(clinic, NIGHT + 2 * MINUTE)
        assert len(outbox(address="operator@example.org")) == 2  # it is open still: no more of the same
        acknowledge(first, by=staff, now=NIGHT + 3 * MINUTE)
        assert [alarm.code for alarm in Alarm.objects.filter(cleared_at=None)] == [f"nobody on call, concern {second.pk}"]
        urgent(clinic, NIGHT + 2 * HOUR)
        assert len(outbox(address="operator@example.org")) == 3
        resolve(second, note="Over.", by=staff, now=NIGHT + 2 * HOUR)
        resolve(first, note="Over.", by=staff, now=NIGHT + 2 * HOUR)
        assert not Alarm.objects.filter(cleared_at=None).exists()

    def test_made_urgent_while_an_operator_knows_of_it_they_hear_again(self, clinic, settings):
        settings.OPERATOR_EMAILS = ["operator@example.org"]
        soon(clinic)
        urgent(clinic, NIGHT + HOUR)
        assert len(outbox(address="operator@example.org")) == 2

    def test_what_is_wrong_with_one_holds_up_no_other_and_an_operator_hears(self, clinic, on_call, monkeypatch):
        first, tell_next = urgent(clinic), escalating.tell_next
        second = raise_concern(patient=clinic.ben, severity="urgent", said="x", now=NIGHT + MINUTE)

        def broken_for_the_first(concern, **about):
            if concern == first:
                raise ZeroDivisionError
            return tell_next(concern, **about)

        monkeypatch.setattr(escalating, "tell_next", broken_for_the_first)
        assert escalate_due(NIGHT + 16 * MINUTE) == 1
        assert steps(second) == [("raised", ""), ("told", "Dana Diaz"), ("told", "Eli Evans")]
        assert steps(first) == [("raised", ""), ("told", "Dana Diaz")]
        alarm = Alarm.objects.get()
        assert alarm.code == f"concern not escalated, concern {first.pk}"
        assert remedy_for(alarm).startswith("That is a fault of ours: a concern waits")
        monkeypatch.undo()
        assert escalate_due(NIGHT + 17 * MINUTE) == 1
        assert steps(first)[-1] == ("told", "Eli Evans")

    def test_whoever_is_put_on_call_after_nobody_was_is_told_at_the_next_tick(self, clinic):
        concern = urgent(clinic)
        assert escalate_due(NIGHT + MINUTE) == 0
        contacts(1)
        assert escalate_due(NIGHT + 2 * MINUTE) == 1
        assert steps(concern)[-1] == ("told", "Contact 0")
        assert escalate_due(NIGHT + 3 * MINUTE) == 0

    def test_after_the_ladder_only_somebody_else_begins_it_anew_and_is_the_first(self, clinic, on_call):
        fay = OnCallContact.objects.create(name="Fay Fox", phone="+12125550122", position=9, is_active=False)
        concern = urgent(clinic)
        for quarter in range(1, 6):
            escalate_due(NIGHT + 15 * quarter * MINUTE)
        assert escalate_due(NIGHT + 3 * HOUR) == 0
        fay.is_active = True
        fay.save()
        for quarter in range(9):
            escalate_due(NIGHT + 4 * HOUR + 15 * quarter * MINUTE)
        dana, eli, fox = "Dana Diaz", "Eli Evans", "Fay Fox"
        names = [name for _, name in steps(concern)]
        assert names[6:] == [fox, dana, eli, dana, eli, fox, ""]
        assert escalate_due(NIGHT + 9 * HOUR) == 0

    def test_at_night_one_that_can_wait_wakes_nobody_who_is_put_on_call(self, clinic):
        open_from_nine_to_six(clinic)
        soon(clinic)
        OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120", email="dana@example.org")
        escalate_due(NIGHT + MINUTE)
        assert told() == [("dana@example.org", "scheduled")]

    def test_two_workers_at_once_tell_one(self, committed_clinic, at_once):
        contacts(2)
        urgent(committed_clinic)
        assert sorted(at_once([lambda: escalate_due(NIGHT + 15 * MINUTE)] * 4)) == [0, 0, 0, 1]
        assert len(told()) == 2

    def test_its_control_without_the_lock_each_of_them_tells_one(self, committed_clinic, at_once, monkeypatch):
        contacts(4)
        urgent(committed_clinic)
        both = Barrier(2)
        tell_next = escalating.tell_next

        def together(concern, **about):
            both.wait(timeout=20)
            return tell_next(concern, **about)

        monkeypatch.setattr(escalating, "tell_next", together)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
        monkeypatch.setattr(escalating, "A_RUN", 1)
        assert at_once([lambda: escalate_due(NIGHT + 15 * MINUTE)] * 2) == [1, 1]
        assert len(told()) == 3

    def test_acknowledged_while_it_is_escalated_nobody_is_told_afterwards(self, committed_clinic, at_once):
        contacts(2)
        concern, user = urgent(committed_clinic), User.objects.create_user("user")
        results = at_once(
            [lambda: escalate_due(NIGHT + 15 * MINUTE), lambda: acknowledge(concern, by=user, now=NIGHT + 15 * MINUTE).acknowledged_by]
        )
        assert results[1] == user
        assert told(status="scheduled") == []


def contacts(number: int) -> None:
    for position in range(number):
        OnCallContact.objects.create(name=f"Contact {position}", phone=f"+1212555012{position}", position=position)


class TestPausing:
    """Ana's first dose is at five in the afternoon; she writes at three."""

    @pytest.fixture
    def bleeding(self, clinic, on_call) -> Concern:
        clinic.treat(clinic.consents(clinic.ana))
        return urgent(clinic, FIRST + 2 * HOUR)

    def test_doses_wait_and_the_ledger_says_why(self, clinic, bleeding):
        dispatch(now=FIRST + 4 * HOUR)
        dose = CareMessage.objects.filter(kind="dose").order_by("planned_for").first()
        assert (dose.message.status, dose.message.reason) == ("scheduled", "waits: an urgent concern is open")
        assert dose.message.send_at == FIRST + 4 * HOUR + 15 * MINUTE

    def test_resolved_it_goes_at_the_next_look(self, clinic, bleeding, staff):
        dispatch(now=FIRST + 4 * HOUR)
        resolve(bleeding, note="Over.", by=staff, now=FIRST + 4 * HOUR + MINUTE)
        dose = CareMessage.objects.filter(kind="dose").order_by("planned_for").first().message
        assert (dose.send_at, dose.reason) == (FIRST + 4 * HOUR + MINUTE, "")
        dispatch(now=FIRST + 4 * HOUR + MINUTE)
        dose.refresh_from_db()
        assert dose.status == "accepted"

    def test_past_its_validity_it_isnt_sent(self, clinic, bleeding, staff):
        dose = CareMessage.objects.filter(kind="dose").order_by("planned_for").first().message
        dispatch(now=dose.send_at)
        dispatch(now=dose.expires_at)
        dose.refresh_from_db()
        assert (dose.status, dose.reason) == ("expired", "too late to be of use: an urgent concern is open")

    def test_what_is_planned_meanwhile_waits_too_and_another_patients_doesnt(self, clinic, bleeding):
        clinic.treat(clinic.consents(clinic.ben), FIRST + 4 * HOUR)
        assert {message.pause_key for message in Message.objects.filter(caremessage__plan__appointment__patient=clinic.ben)} == {
            f"routine-of-patient-{clinic.ben.pk}"
        }
        dispatch(now=FIRST + 8 * HOUR)
        kinds = CareMessage.objects.filter(message__status="accepted").values_list("patient", "kind")
        assert set(kinds) == {(clinic.ben.pk, "dose")}

    def test_news_of_her_appointment_doesnt_wait(self, clinic, bleeding):
        clinic.book(clinic.ana, at("2026-12-08"), now=FIRST + 3 * HOUR)
        dispatch(now=FIRST + 3 * HOUR)
        assert CareMessage.objects.get(kind="confirmation", message__status="accepted").message.pause_key == ""

    def test_a_concern_that_can_wait_pauses_nothing(self, clinic, on_call):
        soon(clinic)
        assert not Pause.objects.exists()
