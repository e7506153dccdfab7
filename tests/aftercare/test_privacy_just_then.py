"""Somebody is erased while something of hers is under way, shares a number, was never here, or comes back."""

from collections.abc import Iterator
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from aftercare.errors import CantErase
from aftercare.models import CareMessage, Concern
from aftercare.services import answer, raise_concern, resolve, tell_by_email
from aftercare.services.privacy import erasing
from aftercare.services.privacy.erasing import erase_patient, foresee_erasure
from aftercare.services.privacy.table import TABLE
from clinic.models import Entry
from notifications.channels import Outcome
from notifications.domain.states import Verdict
from notifications.models import Message, Reply, Suppression, address_hash
from notifications.services import claim_due, dispatch_until_idle, poll, receive_reply, reconcile, record_receipt
from notifications.services.recording import record
from scheduling import services as scheduling
from scheduling.domain.cadence import Bucket
from scheduling.errors import PatientErased
from scheduling.models import Appointment, Patient
from scheduling.reports import maintenance_due
from tests.clinic_world import FIRST, TODAY, Clinic, at, outbox, patient, wait_until, waiting_for_a_lock
from tests.staff import member

END = FIRST + timedelta(hours=1)
NOW = at("2026-12-16", "10:00")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ANAS = "+12125550101"


def erase(whom: Patient, now: Any = NOW) -> bool:
    return erase_patient(whom, reason="asked for it by email", by=member("Manager"), now=now)


class TestStop:
    """Somebody with Ana's number comes back, or is somebody else by now, and agrees to texts."""

    def comes_back(self, clinic: Clinic) -> Patient:
        again = patient("Ana Alvarez", 1, birth_date=date(1987, 6, 5))
        clinic.consents(again, "sms")
        clinic.book(again, at("2027-01-20"), now=NOW)
        dispatch_until_idle(now=NOW + MINUTE)
        return again

    def test_is_remembered(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        receive_reply("sms", ANAS, "STOP", provider_id="SM9", now=END + HOUR)
        erase(clinic.ana)
        again = self.comes_back(clinic)
        assert Message.objects.filter(caremessage__patient=again).count() == 0
        assert {line.reason for line in CareMessage.objects.filter(patient=again)} == {"the number said STOP"}

    def test_control_who_never_said_it_is_texted(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        erase(clinic.ana)
        again = self.comes_back(clinic)
        assert Message.objects.filter(caremessage__patient=again, status="accepted").count() == 1


# --- somebody who was never here ------------------------------------------------------------------------------------------


class TestNeverHere:
    @pytest.fixture
    def ben(self, clinic):
        ben = clinic.consents(clinic.ben)
        receive_reply("sms", "+12125550102", "hello", provider_id="SM3", now=TODAY)
        concern = raise_concern(patient=ben, severity="soon", said="he is worried", by=member("Clinician"), now=TODAY)
        resolve(concern, note="all is well", by=member("Clinician"), now=TODAY)
        return ben

    def test_leaves_no_row(self, ben):
        assert foresee_erasure(ben, NOW).is_deleted
        assert erase(ben) is False
        for model, held in TABLE.items():
            assert not model._default_manager.filter(**{held.hers: ben.pk}).exists()
        assert not Patient.objects.filter(pk=ben.pk).exists()

    def test_nor_what_was_written_to_him_unless_it_is_on_its_way(self, ben):
        for words in ("All is well?", "Call us."):
            answer(ben, words, by=member("Clinician"), now=TODAY)
        dispatch_until_idle(now=TODAY)
        email, text = Message.objects.filter(caremessage__patient=ben, status="accepted").order_by("pk")[:2]
        Message.objects.filter(pk=text.pk).update(poll_at=NOW + HOUR)
        Message.objects.filter(pk=email.pk).update(channel="email", poll_at=None)
        erase(ben)
        assert [message.pk for message in Message.objects.filter(pk__in=[email.pk, text.pk])] == [text.pk]

    def test_but_the_trail_that_says_who_did_it(self, ben):
        erase(ben)
        entry = Entry.objects.get(action="erased")
        assert (entry.actor, entry.patient_id, entry.note) == ("manager", ben.pk, "asked for it by email")

    def test_whoever_once_had_an_appointment_is_a_number_since_the_reports_count_it(self, clinic):
        scheduling.mark_no_show(clinic.book(clinic.ben), now=END)
        assert erase(clinic.ben) is True
        assert Appointment.objects.get(patient=clinic.ben).status == "noshow"

    def test_twice_says_so(self, clinic):
        erase(clinic.ben)
        with pytest.raises(CantErase, match=r"^This patient was erased already\.$"):
            erase(clinic.ben)


# --- a family with one number ---------------------------------------------------------------------------------------------


class TestOneNumberOfTwo:
    @pytest.fixture(autouse=True)
    def _family(self, clinic):
        clinic.chloe.phone = ANAS
        clinic.chloe.save()
        clinic.consents(clinic.chloe, "sms")
        clinic.treat(clinic.consents(clinic.ana, "sms"))
        clinic.book(clinic.chloe, FIRST + 2 * DAY)
        receive_reply("sms", ANAS, "we are fine", provider_id="SM4", now=END + DAY)

    def test_the_others_reply_and_messages_stay_theirs(self, clinic):
        erase(clinic.ana, END + 2 * DAY)
        assert Reply.objects.get().body == "we are fine"
        assert [line.patient for line in CareMessage.objects.filter(reply__isnull=False)] == [clinic.chloe]
        assert {message.address for message in outbox()} == {ANAS}

    def test_once_both_are_erased_nothing_is_left_of_it(self, clinic):
        erase(clinic.ana, END + 2 * DAY)
        scheduling.cancel(Appointment.objects.get(patient=clinic.chloe), reason="none", now=END + DAY)
        erase(clinic.chloe, END + 2 * DAY)
        assert (Reply.objects.get().body, Reply.objects.get().address) == ("", "")


def test_what_came_from_her_number_before_anybody_knew_whose_it_was_goes_too(clinic):
    receive_reply("sms", "+12125550188", "I am bleeding badly", provider_id="SM5", now=TODAY)
    clinic.ana.phone = "+12125550188"
    clinic.ana.save()
    [concern] = Concern.objects.all() or [None]
    if concern:
        with pytest.raises(CantErase, match="number is open in the inbox"):
            erase(clinic.ana)
        resolve(concern, note="called", by=member("Clinician"), now=TODAY)
    erase(clinic.ana)
    assert Reply.objects.get().body == ""
    assert {row.said for row in Concern.objects.all()} <= {""}


# --- just then ------------------------------------------------------------------------------------------------------------


class TestBeingSentAtThatMoment:
    """The first dose is under way, and whoever sends it has its words."""

    @pytest.fixture
    def under_way(self, clinic):
        clinic.treat(clinic.consents(clinic.ana, "sms"))
        dispatch_until_idle(now=END + MINUTE)
        [claimed] = claim_due(now=END + 3 * HOUR).to_send
        return claimed

    @pytest.fixture
    def claimed(self, under_way, clinic):
        erase(clinic.ana, END + 3 * HOUR)
        return under_way

    def hash_of(self, claimed: Any) -> str:
        return Message.objects.get(pk=claimed.message_id).address_hash

    def test_what_became_of_it_is_written_down(self, claimed):
        record([claimed], [Outcome(Verdict.ACCEPTED, "SM77")], now=END + 3 * HOUR)
        message = Message.objects.get(pk=claimed.message_id)
        assert (message.status, message.provider_id, message.address, message.body) == ("accepted", "SM77", "", "")

    def test_refused_for_now_it_isnt_tried_again(self, claimed):
        record([claimed], [Outcome(Verdict.REFUSED_FOR_NOW)], now=END + 3 * HOUR)
        assert Message.objects.get(pk=claimed.message_id).status == "expired"
        assert outbox() == []

    def test_control_without_taking_it_back_it_would_go_out_to_nobody(self, under_way, clinic, monkeypatch):
        monkeypatch.setattr(erasing, "take_back", lambda **about: 0)
        monkeypatch.setattr(erasing, "stop_plan", lambda *about, **more: 0)
        erase(clinic.ana, END + 3 * HOUR)
        record([under_way], [Outcome(Verdict.REFUSED_FOR_NOW)], now=END + 3 * HOUR)
        again = Message.objects.get(pk=under_way.message_id)
        assert (again.status, again.address) == ("scheduled", "")

    def test_nobody_looks_for_what_may_have_gone_out(self, claimed, twilio):
        record([claimed], [Outcome(Verdict.UNCERTAIN)], now=END + 3 * HOUR)
        reconcile(now=END + 4 * HOUR)
        message = Message.objects.get(pk=claimed.message_id)
        assert (message.status, message.reason) == ("failed", "erased before it was known whether it went out")
        assert twilio.looked_up == []

    def test_a_stop_that_its_receipt_tells_of_is_remembered(self, claimed, twilio):
        record([claimed], [Outcome(Verdict.ACCEPTED, "SM77")], now=END + 3 * HOUR)
        record_receipt(claimed.message_id, claimed.token, provider_id="SM77", status="undelivered", error_code="21610", now=END + 4 * HOUR)
        assert Suppression.objects.get().address_hash == address_hash(ANAS)
        assert self.hash_of(claimed) == ""

    def test_with_its_providers_last_word_the_hash_of_its_address_goes(self, claimed, twilio):
        assert self.hash_of(claimed) == address_hash(ANAS)
        record([claimed], [Outcome(Verdict.ACCEPTED, "SM77")], now=END + 3 * HOUR)
        record_receipt(claimed.message_id, claimed.token, provider_id="SM77", status="sent", now=END + 3 * HOUR)
        assert self.hash_of(claimed) == address_hash(ANAS)
        record_receipt(claimed.message_id, claimed.token, provider_id="SM77", status="delivered", now=END + 4 * HOUR)
        assert self.hash_of(claimed) == ""

    def test_so_it_does_once_nobody_waits_for_that_word_any_more(self, claimed, twilio):
        record([claimed], [Outcome(Verdict.ACCEPTED, "SM77")], now=END + 3 * HOUR)
        poll(now=END + 100 * HOUR)
        assert Message.objects.get(pk=claimed.message_id).status == "unconfirmed"
        assert self.hash_of(claimed) == ""

    def test_and_where_it_was_refused_for_good(self, claimed):
        record([claimed], [Outcome(Verdict.REFUSED_FOR_GOOD)], now=END + 3 * HOUR)
        assert self.hash_of(claimed) == ""

    def test_what_wasnt_delivered_doesnt_go_by_email(self, claimed, clinic, twilio):
        record([claimed], [Outcome(Verdict.ACCEPTED, "SM77")], now=END + 3 * HOUR)
        record_receipt(claimed.message_id, claimed.token, provider_id="SM77", status="undelivered", error_code="30003", now=END + 4 * HOUR)
        tell_by_email(now=END + 4 * HOUR)
        assert outbox() == []
        assert not CareMessage.objects.gone_wrong(END + 5 * HOUR).filter(patient=clinic.ana).exists()


class TestAtOnce:
    """The manager erases Ana while the desk books her."""

    @pytest.fixture
    def booked_meanwhile(self, committed_clinic, at_once) -> Iterator[Any]:
        clinic, manager, is_erased = committed_clinic, member("Manager"), Event()
        clinic.treat(clinic.consents(clinic.ana))

        def erases() -> None:
            with transaction.atomic():
                erase_patient(clinic.ana, reason="asked for it", by=manager, now=NOW)
                is_erased.set()
                wait_until(waiting_for_a_lock)

        def books() -> Any:
            assert is_erased.wait(20)
            return clinic.book(clinic.ana, at("2027-01-20"), now=NOW)

        yield lambda: at_once([erases, books])
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE scheduling_appointment ENABLE TRIGGER patient_is_known")

    def test_who_books_waits_and_is_told(self, booked_meanwhile):
        erased, refusal = booked_meanwhile()
        assert erased is None
        assert isinstance(refusal, PatientErased)
        assert Appointment.objects.coming().count() == 0

    def test_control_without_the_trigger_nobody_known_is_booked(self, booked_meanwhile):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE scheduling_appointment DISABLE TRIGGER patient_is_known")
        booked_meanwhile()
        assert Appointment.objects.coming().get().patient.erased_at is not None


def test_the_week_before_she_was_due_again_is_on_nobodys_list(clinic):
    clinic.comes_due()
    assert Bucket.NEXT_SESSION_OVERDUE in {due.bucket for due in maintenance_due(date(2026, 12, 20), today=date(2026, 12, 20))}
    erase(clinic.ana, at("2026-12-20"))
    left = {due.patient_id for due in maintenance_due(date(2026, 12, 20), today=date(2026, 12, 20))}
    assert left == {clinic.ben.pk, clinic.chloe.pk}
