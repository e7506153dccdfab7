"""What a patient writes is sorted: a check-in that is answered, a concern that is raised, and the fixed words that she gets."""

from contextlib import nullcontext
from contextlib import suppress as suppress_error
from datetime import timedelta
from itertools import count
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from aftercare.errors import SaidMore
from aftercare.models import CareMessage, Concern, OnCallContact, Plan
from aftercare.services import acknowledge, answer, raise_concern, resolve, stop_by_hand
from aftercare.services.concerns import lifecycle, on_call
from aftercare.services.replies import listening, receiving
from notifications.domain.states import Meaning
from notifications.models import Alarm, Message, Pause, Reply
from notifications.services import dispatch, suppress
from notifications.services.replies import receive_reply
from notifications.signals import reply_received
from scheduling.models import OpeningHours, Patient
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox
from tests.staff import member

END = FIRST + timedelta(hours=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY_4 = at("2026-11-07", "12:00")  # a Saturday
PHONE = "(212) 555-0100"
numbers = count(1)


def write(body: str, *, now=DAY_4, meaning=Meaning.WORDS, address="+12125550101") -> Reply:
    reply = Reply.objects.create(
        channel="sms", address=address, body=body, meaning=meaning.value, provider_id=f"SMl{next(numbers)}", received_at=now
    )
    reply_received.send(Reply, reply=reply, now=now)
    return reply


def answers() -> list[str]:
    """Without the clinic's name."""
    sent = Message.objects.filter(dedupe_key__startswith="answer-").order_by("pk")
    return [message.body.removeprefix("Maple Street Clinic: ") for message in sent]


def broken(*args, **named):
    raise ZeroDivisionError


def line_of(reply: Reply) -> CareMessage:
    return CareMessage.objects.get(reply=reply)


@pytest.fixture
def healing(clinic):
    """Ana was treated on Tuesday and texted since; Dana is on call."""
    clinic.treat(clinic.consents(clinic.ana))
    OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120", email="dana@example.org")
    return clinic


@pytest.fixture
def shut(healing):
    """Open on Mondays only."""
    OpeningHours.objects.create(location=healing.location, weekday=0, opens_at="09:00", closes_at="18:00")
    return healing


@pytest.fixture
def asked(healing) -> CareMessage:
    """The check-in of day 4 has gone out."""
    check_in = CareMessage.objects.filter(kind="check_in").order_by("planned_for").first()
    Message.objects.filter(pk=check_in.message_id).update(status="accepted", send_at=DAY_4 - 2 * HOUR)
    return check_in


class TestACheckIn:
    def test_1_is_settled_and_she_is_thanked(self, asked):
        line = line_of(write("1"))
        assert (line.answers, line.read_at, line.concern) == (asked, DAY_4, None)
        assert answers() == [f"thank you for telling us. If anything changes or worries you, call {PHONE}."]
        assert not Concern.objects.exists()

    def test_2_is_a_concern_that_can_wait_a_little(self, asked):
        line = line_of(write("2"))
        concern = Concern.objects.get()
        assert (line.answers, line.read_at, line.concern) == (asked, None, concern)
        assert (concern.patient, concern.severity, concern.said) == (asked.patient, "soon", "2")
        assert answers() == [
            f"thank you for telling us. Someone from our team will get back to you. If it gets worse, don't wait: call {PHONE}. "
            "If it is an emergency, call 911."
        ]
        assert not Pause.objects.exists()

    def test_3_after_a_1_takes_that_back(self, asked):
        write("1")
        line = line_of(write("3", now=DAY_4 + HOUR))
        assert (line.answers, Concern.objects.get().said) == (asked, "3")

    @pytest.mark.parametrize(
        ("body", "is_raised"), [("3", True), (" 2. ", True), ("Tres", True), ("1", False), ("C", False), ("3 pm is fine", False)]
    )
    def test_after_three_days_it_isnt_certain_what_a_number_answers_and_in_doubt_somebody_asks(self, asked, body, is_raised):
        line = line_of(write(body, now=DAY_4 + timedelta(hours=71)))
        assert (line.answers, line.read_at) == (None, None)
        assert [concern.severity for concern in Concern.objects.all()] == ["soon"] * is_raised
        assert len(answers()) == is_raised

    def test_where_nobody_was_asked_and_nothing_heals_a_number_is_words(self, clinic):
        write("3")
        assert not Concern.objects.exists()

    def test_words_are_an_answer_too_and_somebody_reads_them(self, asked):
        line = line_of(write("Can I go for a run tomorrow?"))
        assert (line.answers, line.read_at, line.concern) == (asked, None, None)

    @pytest.mark.parametrize("pictures", [0, 1])
    def test_a_call_for_help_is_an_answer_too_and_somebody_reads_it(self, asked, pictures):
        receive_reply("sms", "+12125550101", "HELP", provider_id="SMhelp", pictures=pictures, now=DAY_4)
        line = CareMessage.objects.get(reply__provider_id="SMhelp")
        assert (line.answers, line.read_at, line.concern.severity) == (asked, None, "soon")
        assert len(answers()) == 1

    @pytest.mark.parametrize(("body", "raised"), [("1 STOP", []), ("2 STOP", ["soon"]), ("Stop. 3", ["soon"]), ("3 please stop", ["soon"])])
    def test_a_stop_beside_a_number_is_both(self, asked, body, raised):
        """Once “1 STOP” was taken for what won't stop, alarmed whoever is on call, and was no STOP; “STOP 3” waited to be read."""
        receive_reply("sms", "+12125550101", body, provider_id="SMboth", now=DAY_4)
        assert CareMessage.objects.get(reply__provider_id="SMboth").answers == asked
        assert [concern.severity for concern in Concern.objects.all()] == raised
        assert (answers(), outbox(channel="sms", address="+12125550101")) == ([], [])

    @pytest.mark.parametrize("is_stopped", [False, True])
    def test_of_two_with_one_number_she_who_was_asked_is_always_among_them(self, healing, asked, is_stopped):
        healing.ben.phone = "+12125550101"
        healing.ben.save()
        healing.treat(healing.consents(healing.ben), FIRST + 3 * HOUR)
        if is_stopped:
            plan = Plan.objects.get(appointment__patient=healing.ana)
            stop_by_hand(plan, reason="reacts to the serum", by=member("Clinician"), now=DAY_4 - HOUR)
        write("3 there is pus")
        assert {concern.patient for concern in Concern.objects.all()} == {healing.ana, healing.ben}

    def test_of_two_with_one_number_it_is_hers_who_was_asked(self, healing, asked):
        healing.chloe.phone = "+12125550101"
        healing.chloe.save()
        write("2")
        assert Concern.objects.get().patient == healing.ana


class TestAConcern:
    def test_a_red_flag_is_urgent_somebody_is_told_and_what_is_routine_waits(self, healing):
        line = line_of(write("My cheek is bleeding a lot"))
        concern = Concern.objects.get()
        assert (concern.severity, concern.flags, line.concern, line.read_at) == ("urgent", ["bleeding"], concern, None)
        assert answers() == [
            f"please call us now at {PHONE}, don't wait for our reply. We are passing your message on now. If it is an emergency, call 911."
        ]
        assert Pause.objects.get().key == f"routine-of-patient-{healing.ana.pk}"
        assert [alert.address for alert in outbox(reference=f"concern-{concern.pk}")] == ["+12125550120"]

    def test_while_the_clinic_is_closed_she_hears_so_and_where_to_turn(self, shut):
        shut.location.after_hours_phone = "+12125550109"
        shut.location.save()
        write("My cheek is bleeding a lot")
        assert answers() == [
            f"we are closed now and open on Monday at 9:00 AM, tel. {PHONE}. Don't wait for us: call (212) 555-0109 now. "
            "If it is an emergency, call 911."
        ]

    def test_ordinary_words_out_of_hours_are_answered_once_a_night(self, shut):
        write("Can I go for a run tomorrow?")
        write("And swim?", now=DAY_4 + HOUR)
        [answer] = answers()
        assert answer == (
            "we are closed now and open on Monday at 9:00 AM. We will read your message when we are back. "
            "If it can't wait, see a doctor; in an emergency, call 911."
        )
        assert CareMessage.objects.to_read().count() == 2

    def test_where_somebody_is_to_be_called_out_of_hours_ordinary_words_are_answered_with_that_number_alone(self, shut):
        shut.location.after_hours_phone = "+12125550109"
        shut.location.save()
        write("Can I go for a run tomorrow?")
        assert answers() == [
            "we are closed now and open on Monday at 9:00 AM. We will read your message when we are back. "
            "If it can't wait, call (212) 555-0109."
        ]

    @pytest.mark.parametrize("body", ["Thank you so much!", "gracias, doctora", "👍🏽", "ok, see you then"])
    def test_a_thank_you_is_read_and_never_answered_by_a_machine(self, shut, body):
        write(body)
        assert answers() == []
        assert [line.reply.body for line in CareMessage.objects.to_read()] == [body]

    def test_shut_for_good_it_is_closed_and_no_time_is_named(self, shut):
        shut.location.closures.create(starts_on=DAY_4.date(), ends_on=DAY_4.date() + timedelta(days=500), reason="moved")
        write("Can I go for a run tomorrow?")
        write("My cheek is bleeding a lot")
        assert answers() == [
            "we are closed now. We will read your message when we are back. If it can't wait, see a doctor; in an emergency, call 911.",
            f"we are closed now, tel. {PHONE}. Don't wait for us: see a doctor now. If it is an emergency, call 911.",
        ]

    def test_in_hours_ordinary_words_are_not_answered_by_a_machine(self, healing):
        write("Can I go for a run tomorrow?")
        assert answers() == []

    def test_in_her_language(self, healing):
        healing.ana.language = "es"
        healing.ana.save()
        write("me sangra mucho la mejilla")
        assert Concern.objects.get().severity == "urgent"
        assert "911" in answers()[0]
        assert "please" not in answers()[0]

    @pytest.mark.parametrize(
        ("hers", "said", "begins"),
        [
            ("en", "me sangra mucho la mejilla", "llame ahora mismo"),
            ("es", "my cheek is bleeding a lot", "please call us now"),
            ("es", "pus", "llame ahora mismo"),  # a word of both
            ("en", "pus", "please call us now"),
        ],
    )
    def test_what_is_worrying_is_answered_in_the_language_that_it_is_written_in(self, healing, hers, said, begins):
        healing.ana.language = hers
        healing.ana.save()
        write(said)
        assert answers()[0].startswith(begins)

    def test_what_she_says_next_joins_it(self, healing):
        first, second, third = write("it is worse"), write("my cheek is bleeding"), write("thank you", now=DAY_4 + MINUTE)
        concern = Concern.objects.get()
        assert {line_of(reply).concern for reply in (first, second, third)} == {concern}
        assert concern.severity == "urgent"
        assert concern.said == "it is worse\nmy cheek is bleeding"
        assert line_of(third).read_at is None

    def test_answers_are_bounded_but_the_first_urgent_one_always_goes(self, healing):
        for minute in range(8):
            write("it is worse", now=DAY_4 + minute * MINUTE)
        assert len(answers()) == 6
        for minute in range(10, 14):
            write("my cheek is bleeding", now=DAY_4 + minute * MINUTE)
        assert len(answers()) == 7
        assert answers()[-1].startswith("please call us now")
        assert CareMessage.objects.filter(reply__isnull=False, concern=None).count() == 0

    def test_where_somebody_is_seeing_to_it_a_machine_doesnt_talk_into_it(self, healing):
        write("my cheek is bleeding")
        acknowledge(Concern.objects.get(), by=member("Clinician"), now=DAY_4 + 5 * MINUTE)
        write("it is still bleeding", now=DAY_4 + 10 * MINUTE)
        assert len(answers()) == 1

    def test_worried_again_days_after_somebody_saw_to_it_she_is_answered_again(self, asked):
        write("2")
        acknowledge(Concern.objects.get(), by=member("Clinician"), now=DAY_4 + MINUTE)
        write("it is worse than last week, I am worried", now=DAY_4 + 48 * HOUR)
        assert Concern.objects.get().acknowledged_at is None
        assert len(answers()) == 2

    @pytest.mark.parametrize("step", ["acknowledge", "resolve", "answer"])
    @pytest.mark.parametrize("more", ["Now there is pus and I have a fever of 39", "Can I at least shower?"])
    def test_what_came_after_they_had_looked_is_neither_read_nor_closed_with_the_rest(self, healing, step, more):
        clinician = member("Clinician")
        first = write("my cheek is bleeding")
        concern = Concern.objects.get()
        seen = concern.heard
        later = write(more, now=DAY_4 + 5 * MINUTE)
        alerts = [alert.status for alert in Message.objects.filter(reference=f"concern-{concern.pk}")]

        def tries(seen: int) -> None:
            about = {"by": clinician, "seen": seen, "now": DAY_4 + 6 * MINUTE}
            if step == "acknowledge":
                acknowledge(concern, **about)
            elif step == "resolve":
                resolve(concern, note="It had stopped.", **about)
            else:
                answer(healing.ana, "Please press a cloth on it.", **about)

        with pytest.raises(SaidMore, match=r"^More was said on November 7 at 12:05 PM, since this page was shown: read it first, "):
            tries(seen)
        concern.refresh_from_db()
        assert (concern.acknowledged_at, concern.resolved_at) == (None, None)
        assert [line_of(reply).read_at for reply in (first, later)] == [None, None]
        assert [alert.status for alert in Message.objects.filter(reference=f"concern-{concern.pk}")] == alerts
        assert not CareMessage.objects.filter(written_by=clinician).exists()
        tries(concern.heard)
        concern.refresh_from_db()
        assert concern.acknowledged_by == clinician
        assert line_of(later).read_by == clinician

    def test_ordinary_words_wait_for_who_resolves_it_just_then_and_join_nothing_that_is_over(self, committed_clinic, at_once):
        write("my cheek is bleeding")
        concern, clinician = Concern.objects.get(), member("Clinician")
        at_once(
            [
                lambda: resolve(concern, note="It had stopped.", by=clinician, seen=concern.heard, now=DAY_4 + MINUTE),
                lambda: receive_reply("sms", "+12125550101", "Can I shower?", provider_id="SMshower", now=DAY_4 + MINUTE),
            ]
        )
        concern.refresh_from_db()
        line = CareMessage.objects.get(reply__provider_id="SMshower")
        assert line.read_at is None
        assert (line.concern is None) == (concern.resolved_at is not None)

    def test_with_stop_in_it_it_is_raised_and_she_is_not_texted(self, healing):
        receive_reply("sms", "+12125550101", "Stop texting me. My cheek is bleeding", provider_id="SMstop", now=DAY_4)
        assert Concern.objects.get().flags == ["bleeding"]
        assert answers() == []
        assert [message.address for message in outbox(channel="sms")] == ["+12125550120"]

    def test_a_call_for_help_with_a_red_flag_is_a_concern(self, healing):
        write("HELP my cheek is bleeding", meaning=Meaning.HELP)
        assert Concern.objects.get().severity == "urgent"
        assert [answer[:18] for answer in answers()] == ["please call us now"]
        assert ledger(reason="an answer to HELP") == []

    def test_a_call_for_help_with_a_picture_is_a_concern_and_without_one_is_answered(self, healing):
        for sid, pictures in (("SMbare", 0), ("SMpicture", 1)):
            receive_reply("sms", "+12125550101", "HELP", provider_id=sid, pictures=pictures, now=DAY_4)
        bare, shown = (CareMessage.objects.get(reply__provider_id=sid) for sid in ("SMbare", "SMpicture"))
        assert (bare.read_at, bare.concern) == (DAY_4, None)
        assert (shown.read_at, shown.concern.severity) == (None, "soon")

    def test_a_call_for_help_while_a_concern_is_open_joins_it_and_is_answered_even_where_somebody_sees_to_it(self, healing):
        write("my cheek is bleeding")
        concern = Concern.objects.get()
        acknowledge(concern, by=member("Clinician"), now=DAY_4 + MINUTE)
        line = line_of(write("HELP", now=DAY_4 + 2 * MINUTE, meaning=Meaning.HELP))
        assert (line.concern, line.read_at) == (concern, None)
        assert [one.concern for one in ledger(reason="an answer to HELP")] == [None]

    def test_of_two_with_one_number_it_is_hers_who_is_healing(self, healing):
        healing.chloe.phone = "+12125550101"
        healing.chloe.save()
        write("my cheek is bleeding")
        assert Concern.objects.get().patient == healing.ana

    def test_of_two_with_one_number_it_is_both_where_nobody_is_healing(self, clinic):
        clinic.chloe.phone = "+12125550101"
        clinic.chloe.save()
        write("my cheek is bleeding")
        assert {concern.patient for concern in Concern.objects.all()} == {clinic.ana, clinic.chloe}
        assert len(answers()) == 1

    def test_from_a_number_that_nobody_has_it_is_one_without_a_patient(self, healing):
        first = write("my friend is bleeding a lot", address="+12125550177")
        write("the bleeding is worse", address="+12125550177")
        concern = Concern.objects.get()
        assert (concern.patient, concern.severity, concern.location) == (None, "urgent", healing.location)
        assert concern.lines.count() == 2
        assert f"/admin/inbox/unknown/{first.pk}/" in outbox(reference=f"concern-{concern.pk}")[0].body
        assert answers() == []

    def test_two_at_once_from_there_are_one(self, committed_clinic, at_once):
        assert both_at_once(at_once) == ["my friend is bleeding 0\nmy friend is bleeding 1"]

    def test_its_control_without_the_lock_they_are_two(self, committed_clinic, at_once, monkeypatch):
        both, standing = Barrier(2), lifecycle._standing

        def looked_together(*about):
            found = standing(*about)
            both.wait(timeout=20)
            return found

        monkeypatch.setattr(lifecycle, "_standing", looked_together)
        monkeypatch.setattr(lifecycle, "_wait_for_others_from", lambda reply: None)
        assert both_at_once(at_once) == ["my friend is bleeding 0", "my friend is bleeding 1"]

    def test_from_there_only_what_is_urgent(self, healing):
        write("it is worse", address="+12125550177")
        assert not Concern.objects.exists()

    def test_who_is_on_call_is_no_patient(self, healing):
        write("what, is she bleeding?", address="+12125550120")
        assert not Concern.objects.exists()

    def test_who_was_on_call_once_may_be_anybody(self, healing):
        OnCallContact.objects.update(is_active=False)
        write("what, is she bleeding?", address="+12125550120")
        assert Concern.objects.get().patient is None


def both_at_once(at_once) -> list[str]:
    def says(number: int) -> None:
        receive_reply("sms", "+12125550177", f"my friend is bleeding {number}", provider_id=f"SM{number}", now=DAY_4)

    at_once([lambda number=number: says(number) for number in range(2)])
    return sorted("\n".join(sorted(concern.said.split("\n"))) for concern in Concern.objects.all())


class TestNothingIsLost:
    def test_a_shared_number_and_the_desk_at_once_with_nobody_on_call_dont_wait_for_each_other(
        self, committed_clinic, at_once, monkeypatch
    ):
        ana, ben = committed_clinic.ana, committed_clinic.ben
        Patient.objects.filter(pk=ben.pk).update(phone="+12125550101")
        raise_concern(patient=ben, severity="soon", said="hm", now=DAY_4)
        raise_concern(patient=ana, severity="soon", said="hm", now=DAY_4)
        gate, raise_alarm = Barrier(2), on_call.notifications.raise_alarm

        def slow(*about, **more):
            alarm = raise_alarm(*about, **more)
            with suppress_error(BrokenBarrierError):
                gate.wait(timeout=1)
            return alarm

        monkeypatch.setattr(on_call.notifications, "raise_alarm", slow)
        results = at_once(
            [
                lambda: receive_reply("sms", "+12125550101", "my cheek is bleeding", provider_id="SMboth", now=DAY_4 + MINUTE),
                lambda: raise_concern(patient=ben, severity="urgent", said="x", now=DAY_4 + MINUTE) and "",
            ]
        )
        assert results == ["", ""]
        assert [concern.severity for concern in Concern.objects.all()] == ["urgent", "urgent"]

    @pytest.mark.parametrize(("deadlocks", "is_kept"), [(2, True), (3, False)])
    def test_where_two_waited_for_each_other_a_reply_begins_anew(self, healing, monkeypatch, deadlocks, is_kept):
        left, raised = [OperationalError("deadlock detected")] * deadlocks, listening.raise_concern

        def at_first_deadlocked(**about):
            if left:
                raise left.pop() from DeadlockDetected()
            return raised(**about)

        monkeypatch.setattr(listening, "raise_concern", at_first_deadlocked)
        with nullcontext() if is_kept else pytest.raises(OperationalError):
            receive_reply("sms", "+12125550101", "my cheek is bleeding", provider_id="SMdead", now=DAY_4)
        assert Concern.objects.count() == Reply.objects.count() == is_kept

    def test_where_the_rules_fail_it_is_a_concern_and_an_operator_hears(self, healing, monkeypatch):
        monkeypatch.setattr(listening, "triage", broken)
        receive_reply("sms", "+12125550101", "good morning", provider_id="SMx", now=DAY_4)
        assert Concern.objects.get().severity == "soon"
        assert Alarm.objects.get().code == "triage failed"

    @pytest.mark.parametrize("body", [" \n" * 2_001, "\u200b" * 4_001])
    def test_more_of_nothing_than_the_rules_read_is_a_concern_all_the_same(self, healing, body):
        receive_reply("sms", "+12125550101", body, provider_id="SMx", now=DAY_4)
        assert (Concern.objects.get().severity, Concern.objects.get().said) == ("soon", "(an empty message)")
        assert not Alarm.objects.exists()

    def test_where_the_concern_cant_be_raised_her_words_wait_to_be_read_and_an_operator_hears(self, healing, monkeypatch):
        monkeypatch.setattr(listening, "raise_concern", broken)
        receive_reply("sms", "+12125550101", "my cheek is bleeding", provider_id="SMx", now=DAY_4)
        [line] = CareMessage.objects.to_read()
        assert (line.reply.body, line.concern) == ("my cheek is bleeding", None)
        assert Alarm.objects.get().code == "concern not raised"

    @pytest.mark.parametrize(
        ("words", "severity"), [("my cheek is bleeding", "urgent"), ("I'm worried about my skin", "soon"), ("2", "soon")]
    )
    def test_where_the_fixed_answer_cant_be_written_the_concern_stands_and_an_operator_hears(self, healing, asked, words, severity):
        Patient.objects.filter(pk=healing.ana.pk).update(time_zone="US/Nowhere")
        receive_reply("sms", "+12125550101", words, provider_id="SMx", now=DAY_4)
        [line] = CareMessage.objects.to_read()
        concern = Concern.objects.get()
        assert (line.reply.body, line.concern, concern.severity) == (words, concern, severity)
        assert outbox(reference=f"concern-{concern.pk}")
        assert answers() == []
        alarm = Alarm.objects.get()
        assert (alarm.code, alarm.explanation) == ("answer not written", "ValueError with what a patient wrote: answer not written")

    def test_where_her_thanks_cant_be_written_somebody_reads_what_she_wrote(self, healing, asked, monkeypatch):
        monkeypatch.setattr(receiving, "render", broken)
        receive_reply("sms", "+12125550101", "1", provider_id="SMx", now=DAY_4)
        [line] = CareMessage.objects.to_read()
        assert (line.reply.body, line.answers) == ("1", asked)
        assert Alarm.objects.get().code == "answer not written"

    def test_where_help_cant_be_answered_somebody_reads_it(self, healing, monkeypatch):
        monkeypatch.setattr(receiving, "render", broken)
        receive_reply("sms", "+12125550101", "HELP", provider_id="SMx", now=DAY_4)
        [line] = CareMessage.objects.to_read()
        assert line.reply.body == "HELP"
        assert Alarm.objects.get().code == "answer not written"

    def test_where_it_cant_be_acted_on_her_answer_waits_to_be_read(self, healing, monkeypatch):
        monkeypatch.setattr(receiving, "act_on", broken)
        receive_reply("sms", "+12125550101", "C", provider_id="SMx", now=DAY_4)
        [line] = CareMessage.objects.to_read()
        assert line.reply.body == "C"
        assert Alarm.objects.get().code == "answer not acted on"

    def test_a_suppressed_number_is_not_answered(self, healing):
        suppress("sms", "+12125550101", reason="said stop", now=TODAY)
        write("my cheek is bleeding")
        assert answers() == []
        assert Concern.objects.get().severity == "urgent"
        assert dispatch(now=DAY_4).accepted >= 1  # the alert
