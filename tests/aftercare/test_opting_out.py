"""STOP and START, from the address to everybody who has it."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, transaction
from django.db.models import QuerySet

from aftercare.domain.reasons import NO_CONSENT
from aftercare.models import Consent, Plan
from aftercare.services import give_consent, opt_out, reachable_by, stop_by_hand, withdraw_consent
from aftercare.services.changes import agreeing, retelling
from aftercare.services.telling.consent import patients_at
from aftercare.services.telling.tellings import FALLBACK
from notifications.channels import Outcome
from notifications.domain.states import Verdict
from notifications.models import Message
from notifications.services import claim_due, dispatch, record_receipt, suppress
from notifications.services.durably import durably
from notifications.services.recording import record
from notifications.services.suppressing import lift_suppression
from scheduling import services as scheduling
from scheduling.models import Patient
from scheduling.services import moving
from tests.clinic_world import FIRST, TODAY, at, ledger, local, outbox, wait_until, waiting_for_a_lock
from tests.staff import member

END = FIRST + timedelta(hours=1)
HOUR = timedelta(hours=1)
ONE_NUMBER = "+12125550101"
PLANNED = {"caremessage__plan__isnull": False}


def stop(at=END + HOUR) -> None:
    suppress("sms", ONE_NUMBER, reason="STOP", now=at)


def start(at=END + 2 * HOUR) -> None:
    lift_suppression("sms", ONE_NUMBER, reason="START", now=at)


def words(patient) -> list[tuple[str, str, bool, str]]:
    """Her rows of evidence, oldest first."""
    rows = Consent.objects.filter(patient=patient).order_by("given_at", "pk")
    return [(row.purpose, row.channel, row.is_granted, row.source) for row in rows]


class TestOneNumberOfTwo:
    """Ana and her mother Chloe have one phone. Chloe has no email."""

    @pytest.fixture(autouse=True)
    def _family(self, clinic):
        clinic.chloe.phone, clinic.chloe.email = ONE_NUMBER, ""
        clinic.chloe.save()
        clinic.consents(clinic.ana)
        clinic.consents(clinic.chloe, "sms")
        give_consent(clinic.chloe, "recall", "sms", source="front desk", now=TODAY)
        clinic.treat(clinic.ana)
        clinic.book(clinic.chloe, FIRST + timedelta(days=2))

    def test_stop_silences_it_for_both(self, clinic):
        stop()
        assert outbox(channel="sms") == []
        assert words(clinic.ana)[2:] == [("care", "sms", False, "STOP by text")]
        assert words(clinic.chloe)[2:] == [("care", "sms", False, "STOP by text"), ("recall", "sms", False, "STOP by text")]
        assert reachable_by(clinic.ana, "care") == {"email": "ana1@example.org"}
        assert reachable_by(clinic.chloe, "care") == {}
        assert {message.reason for message in outbox("cancelled", **PLANNED)} == {"STOP by text"}

    def test_control_somebody_with_another_number_still_hears(self, clinic):
        clinic.book(clinic.consents(clinic.ben, "sms"), FIRST + 4 * HOUR)
        stop()
        assert {message.address for message in outbox(channel="sms")} == {"+12125550102"}

    def test_the_rest_of_anas_plan_goes_by_email_at_the_same_times_and_chloes_ledger_says_why_not(self, clinic):
        times = [message.send_at for message in outbox(**PLANNED)]
        stop()
        assert [message.send_at for message in outbox(**PLANNED)] == times
        assert {message.address for message in outbox()} == {"ana1@example.org"}
        doses = ledger(kind="dose", channel="email")
        assert {line.reason for line in doses} == {FALLBACK["sms"]}
        assert doses[0].message.subject == "Time for your hyaluronic acid serum (1 of 8)"
        assert {line.reason for line in ledger(patient=clinic.chloe)} == {NO_CONSENT}

    def test_start_gives_back_what_that_stop_took_and_the_queue_with_it(self, clinic):
        stop()
        start()
        assert words(clinic.chloe)[4:] == [("care", "sms", True, "START by text"), ("recall", "sms", True, "START by text")]
        assert Consent.objects.filter(source="START by text", purpose="care").values_list("most_per_day", flat=True)[0] == 12
        # What lay between has gone by; the reminder of Thursday is still ahead.
        assert [local(message.send_at) for message in outbox(caremessage__patient=clinic.chloe)] == ["Thu 5 Nov 10:00"]

    def test_start_brings_the_rest_of_anas_plan_back_to_her_phone_at_the_same_times(self, clinic):
        planned = [(message.channel, message.send_at) for message in outbox(**PLANNED)]
        stop()
        start()
        assert [(message.channel, message.send_at) for message in outbox(**PLANNED)] == planned
        first, *_ = ledger(kind="dose", message__status="scheduled")
        assert (first.reason, first.stands_in_for.reason, first.stands_in_for.message.reason) == ("", FALLBACK["sms"], "START by text")

    def test_start_doesnt_give_back_what_the_desk_took(self, clinic):
        withdraw_consent(clinic.chloe, "recall", "sms", source="front desk", now=END)
        stop()
        start()
        assert set(reachable_by(clinic.chloe, "care")) == {"sms"}
        assert reachable_by(clinic.chloe, "recall") == {}

    def test_nor_what_the_desk_took_after_the_stop(self, clinic):
        stop()
        withdraw_consent(clinic.chloe, "care", "sms", source="front desk", now=END + HOUR + timedelta(minutes=1))
        start()
        assert reachable_by(clinic.chloe, "care") == {}

    def test_who_agreed_anew_at_the_desk_after_the_stop_is_written_to_from_start_on(self, clinic):
        """The desk ticks the box, reads on the page that nothing goes there until START is texted, and so Chloe texts START."""
        stop()
        give_consent(clinic.chloe, "care", "sms", source="front desk", now=END + HOUR + timedelta(minutes=1))
        assert outbox(caremessage__patient=clinic.chloe) == []
        start()
        assert [local(message.send_at) for message in outbox(caremessage__patient=clinic.chloe)] == ["Thu 5 Nov 10:00"]

    def test_nor_for_another_number(self, clinic):
        stop()
        clinic.chloe.phone = "+12125550177"
        clinic.chloe.save()
        start()
        assert reachable_by(clinic.chloe, "care") == {}
        assert set(reachable_by(clinic.ana, "care")) == {"email", "sms"}

    def test_stop_twice_and_start_twice_are_once(self, clinic):
        for _ in range(2):
            stop()
        assert len(words(clinic.chloe)) == 4
        for _ in range(2):
            start()
        assert len(words(clinic.chloe)) == 6


def test_the_provider_says_that_she_opted_out_and_that_very_text_goes_by_email_too(clinic):
    """Twilio's error 21610: STOP reached the provider, not us."""
    clinic.treat(clinic.consents(clinic.ana))
    claimed = claim_due(now=END + 3 * HOUR).to_send
    record(claimed, [Outcome(Verdict.OPTED_OUT, code="21610")], now=END + 3 * HOUR)

    first, second, *_ = outbox()
    assert (first.channel, first.subject, local(first.send_at)) == (
        "email",
        "Time for your hyaluronic acid serum (1 of 8)",
        "Tue 3 Nov 17:00",
    )
    assert (second.channel, local(second.send_at)) == ("email", "Tue 3 Nov 20:00")
    assert outbox(channel="sms") == []
    assert len(outbox()) == 32
    assert dispatch(now=END + 3 * HOUR).accepted == 1


def test_an_email_address_that_wants_no_more_gets_no_more(clinic):
    clinic.treat(clinic.consents(clinic.ana))
    suppress("email", "ANA1@example.org", reason="unsubscribed", now=END)
    assert {message.channel for message in outbox()} == {"sms"}
    assert {line.reason for line in ledger(kind="education", channel="sms")} == {FALLBACK["email"]}
    assert words(clinic.ana)[2:] == [("care", "email", False, "unsubscribed by email")]


@pytest.mark.parametrize("by", ["stop", "desk"])
def test_what_is_being_sent_just_then_isnt_tried_again(clinic, by):
    clinic.treat(clinic.consents(clinic.ana))
    claimed = claim_due(now=END + 3 * HOUR).to_send
    if by == "stop":
        stop(END + 3 * HOUR)
    else:
        withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=END + 3 * HOUR)
    record(claimed, [Outcome(Verdict.REFUSED_FOR_NOW)], now=END + 3 * HOUR)
    [first] = Message.objects.filter(pk=claimed[0].message_id)
    assert (first.status, first.reason) == ("expired", "called back while it was being sent")
    assert outbox(channel="sms") == []


def test_control_had_nobody_said_so_it_would_be_tried_again(clinic):
    clinic.treat(clinic.consents(clinic.ana))
    claimed = claim_due(now=END + 3 * HOUR).to_send
    record(claimed, [Outcome(Verdict.REFUSED_FOR_NOW)], now=END + 3 * HOUR)
    assert Message.objects.get(pk=claimed[0].message_id).status == "scheduled"


class TestAtOnce:
    """STOP from a number of two, twice, while the desk moves a session of theirs: all of them want the same messages."""

    @pytest.fixture
    def all_at_once(self, committed_clinic, at_once):
        clinic = committed_clinic
        clinic.chloe.phone = ONE_NUMBER
        clinic.chloe.save()
        for patient, day in ((clinic.ana, "03"), (clinic.chloe, "04")):
            booked = clinic.book(clinic.consents(patient), at(f"2026-11-{day}"))
        return lambda: at_once(
            [
                *[lambda: opt_out("sms", ONE_NUMBER, now=TODAY)] * 2,
                lambda: scheduling.move(booked, starts_at=at("2026-12-10"), now=TODAY) and None,
            ]
        )

    def test_they_take_turns(self, all_at_once):
        assert all_at_once() == [None] * 3
        assert outbox(channel="sms") == []

    @pytest.fixture
    def as_the_desk_withdraws(self, committed_clinic, crossing):
        """Of a text that was never recorded."""
        ana = committed_clinic.consents(committed_clinic.ana)
        committed_clinic.treat(ana)
        last = outbox(channel="sms")[-1]
        Message.objects.filter(pk=last.pk).update(status="sending")
        return lambda service, *how: crossing(last, lambda: service(ana, "care", "sms", source="front desk", now=END) and None, *how)

    def test_whichever_of_a_receipt_and_the_desk_that_withdraws_is_ended_begins_anew(self, as_the_desk_withdraws):
        assert as_the_desk_withdraws(withdraw_consent) == [None, None]
        assert outbox(channel="sms") == []

    def test_control_begun_once_one_of_the_two_fails(self, as_the_desk_withdraws):
        answers = as_the_desk_withdraws(transaction.atomic(withdraw_consent.__wrapped__), transaction.atomic)
        assert [type(answer) for answer in answers].count(OperationalError) == 1

    @pytest.fixture
    def as_a_clinician_stops(self, committed_clinic, crossing):
        """Her plan, by hand."""
        ana = committed_clinic.consents(committed_clinic.ana)
        session = committed_clinic.treat(ana)
        last = outbox(channel="sms")[-1]
        Message.objects.filter(pk=last.pk).update(status="sending")
        plan, nurse = Plan.objects.get(appointment=session), member("Clinician")
        return lambda service, *how: crossing(last, lambda: service(plan, reason="a rash", by=nurse, now=END) and None, *how)

    def test_so_does_the_clinician_who_stops_her_plan(self, as_a_clinician_stops):
        assert as_a_clinician_stops(stop_by_hand) == [None, None]
        assert Plan.objects.get().stop_reason == "a rash"

    def test_control_begun_once_that_fails_as_well(self, as_a_clinician_stops):
        answers = as_a_clinician_stops(transaction.atomic(stop_by_hand.__wrapped__), transaction.atomic)
        assert [type(answer) for answer in answers].count(OperationalError) == 1

    @pytest.fixture
    def as_the_desk_gives(self, committed_clinic, crossing):
        """Of an email that stood in for a text, and goes as one now that Ana agrees to texts."""
        ana = committed_clinic.consents(committed_clinic.ana, "email")
        committed_clinic.treat(ana)
        last = outbox(caremessage__reason=FALLBACK["sms"])[-1]
        return lambda service, *how: crossing(last, lambda: service(ana, "care", "sms", source="front desk", now=END) and None, *how)

    def test_so_does_the_desk_that_writes_down_what_she_agreed_to(self, as_the_desk_gives):
        assert as_the_desk_gives(give_consent) == [None, None]
        assert {message.channel for message in outbox()} == {"sms"}

    def test_control_begun_once_that_fails_too(self, as_the_desk_gives):
        answers = as_the_desk_gives(transaction.atomic(give_consent.__wrapped__), transaction.atomic)
        assert [type(answer) for answer in answers].count(OperationalError) == 1

    @pytest.mark.parametrize("is_guarded", [True, False])
    def test_start_from_a_number_that_is_just_being_changed_is_none_of_hers(self, committed_clinic, at_once, monkeypatch, is_guarded):
        """Without the lock, which is the control, recalls are said to reach Ana at a number that never agreed to them."""
        ana = committed_clinic.ana
        committed_clinic.agrees_to_recalls(ana)
        stop()
        if not is_guarded:
            monkeypatch.setattr(agreeing, "hold_all_at", lambda channel, address: list(patients_at(channel, address)))
        is_changed = Event()

        def changes_number():
            with transaction.atomic():
                ana.phone = "+12125550177"
                ana.save()
                is_changed.set()
                wait_until(waiting_for_a_lock)

        def says_start():
            assert is_changed.wait(20)
            start()

        assert at_once([changes_number, says_start]) == [None, None]
        assert (Patient.objects.get(pk=ana.pk).reached_by, len(words(ana))) == (("", 2) if is_guarded else ("sms", 3))

    def test_a_receipt_is_recorded_like_that(self):
        assert record_receipt.__code__ is durably(record_receipt).__code__

    def test_control_with_stronger_locks_two_wait_for_each_other(self, all_at_once, monkeypatch):
        real = QuerySet.select_for_update

        def lock(self, *args, no_key=False, **options):
            return real(self, *args, **options)

        def slowly(**about):
            lines = queued(**about)
            if not has_messages.is_set():
                has_messages.set()
                wait_until(lambda: waiting_for_a_lock() >= 2)  # the other STOP, and the desk, which has the appointment by then
            return lines

        def move(*args, **options):
            assert has_messages.wait(20)
            return real_move(*args, **options)

        queued, real_move, has_messages = retelling.queued, scheduling.move, Event()
        monkeypatch.setattr(QuerySet, "select_for_update", lock)
        monkeypatch.setattr(retelling, "queued", slowly)
        monkeypatch.setattr(scheduling, "move", move)
        monkeypatch.setattr(moving, "retried", lambda work: transaction.atomic(work)())  # which is how it would be got over
        assert [type(answer) for answer in all_at_once()].count(OperationalError) >= 1
