"""What a patient agreed to: kept as evidence, held by the database, and never stretched."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import DatabaseError, connection, transaction

from aftercare.domain.consent import WORDINGS, Purpose, kinds_of, wording_of
from aftercare.domain.protocol import Kind
from aftercare.domain.reasons import NO_ADDRESS, NO_CONSENT
from aftercare.models import Consent
from aftercare.services import give_consent, reachable_by, withdraw_consent
from aftercare.services.bookings import appointments
from aftercare.services.telling import tellings
from notifications.services import Draft, claim_due, dispatch, suppress
from scheduling import services as scheduling
from scheduling.models import Patient, Product
from scheduling.services import booking
from tests.clinic_world import FIRST, TODAY, WEEK, at, ledger, local, outbox, wait_until, waiting_for_a_lock
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PLANNED = {"caremessage__plan__isnull": False}


def run(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def check_deferred() -> None:
    """What PostgreSQL puts off to the end of the transaction, now: a test never gets there."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


class TestEvidence:
    def test_a_row_says_which_words_which_address_how_often_and_when(self, clinic):
        consent = give_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY)
        assert (consent.address, consent.wording_version, consent.most_per_day, consent.given_at) == ("+12125550101", "2026-11", 12, TODAY)
        assert "Up to 12 texts a day" in wording_of("2026-11", "care", "sms").texts["en"]
        assert give_consent(clinic.ana, "recall", "sms", source="front desk", now=TODAY).most_per_day == 1

    def test_nobody_agrees_to_words_that_arent_kept(self, clinic):
        with pytest.raises(ValueError, match="its words aren't kept"):
            give_consent(clinic.ana, "care", "sms", source="front desk", wording_version="1999-01")
        assert not Consent.objects.exists()

    def test_every_wording_promises_in_both_languages_what_it_stands_for(self):
        for version in WORDINGS.values():
            assert set(version) == {(purpose.value, channel) for purpose in Purpose for channel in ("sms", "email")}
            for (purpose, channel), wording in version.items():
                assert set(wording.texts) == {"en", "es"}
                assert purpose == "recall" or all(str(wording.most_per_day) in text for text in wording.texts.values())
                assert channel == "email" or all("STOP" in text for text in wording.texts.values())

    def test_each_kind_of_message_has_one_purpose_and_an_answer_has_none(self):
        assert kinds_of(Purpose.RECALL) == ["recall"]
        assert {*kinds_of(Purpose.CARE), "recall", "reply"} == {kind.value for kind in Kind}

    def test_a_withdrawal_names_the_address_that_was_agreed_to(self, clinic):
        clinic.consents(clinic.ana, "sms")
        Patient.objects.filter(pk=clinic.ana.pk).update(phone="+12125550177")
        clinic.ana.refresh_from_db()
        assert withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY).address == "+12125550101"

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE aftercare_consent SET is_granted = false",
            "DELETE FROM aftercare_consent",
            "UPDATE aftercare_consent SET actor_id = NULL",
        ],
    )
    def test_raw_sql_can_neither_change_nor_delete_it(self, clinic, sql):
        clinic.consents(clinic.ana, "sms")
        with pytest.raises(DatabaseError, match="consents are append-only"):
            run(sql)
        assert reachable_by(clinic.ana, "care") == {"sms": "+12125550101"}

    def test_control_without_the_trigger_it_would_be_gone(self, clinic):
        clinic.consents(clinic.ana, "sms")
        check_deferred()
        run("ALTER TABLE aftercare_consent DISABLE TRIGGER consent_is_append_only")
        run("DELETE FROM aftercare_consent")
        assert not Consent.objects.exists()


class TestPurposes:
    def test_care_withdrawn_leaves_recalls_and_the_other_way_round(self, clinic):
        clinic.consents(clinic.ana, "sms")
        give_consent(clinic.ana, "recall", "sms", source="front desk", now=TODAY)
        clinic.treat(clinic.ana)
        queued = len(outbox())
        withdraw_consent(clinic.ana, "recall", "sms", source="front desk", now=END)
        assert len(outbox()) == queued
        assert (reachable_by(clinic.ana, "care"), reachable_by(clinic.ana, "recall")) == ({"sms": "+12125550101"}, {})


class TestComingBack:
    def test_agreed_only_after_the_session_what_is_still_ahead_goes_out(self, clinic):
        clinic.treat(clinic.ana)
        assert outbox() == []
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + 4 * HOUR)
        doses = ledger(kind="dose", message__isnull=False)
        assert (len(doses), local(doses[0].planned_for)) == (21, "Tue 3 Nov 20:00")
        assert doses[0].message.body.endswith("Reply STOP to opt out.")
        assert doses[0].stands_in_for.reason == NO_CONSENT

    def test_agreed_twice_nothing_is_planned_twice(self, clinic):
        clinic.treat(clinic.ana)
        for minutes in (1, 2):
            give_consent(clinic.ana, "care", "sms", source="front desk", now=END + timedelta(minutes=minutes))
        assert len(outbox()) == 32

    def test_withdrawn_and_given_again_the_rest_of_the_plan_is_back(self, clinic):
        clinic.treat(clinic.consents(clinic.ana, "sms"))
        withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=END)
        assert outbox() == []
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + HOUR)
        assert [local(message.send_at) for message in outbox()][:2] == ["Tue 3 Nov 17:00", "Tue 3 Nov 20:00"]
        assert len(outbox()) == 32

    def test_a_plan_that_was_stopped_meanwhile_stays_stopped(self, clinic):
        from scheduling import services as scheduling

        session = clinic.treat(clinic.ana)
        scheduling.reopen(session, now=END + timedelta(minutes=1))
        give_consent(clinic.ana, "care", "sms", source="front desk", now=END + timedelta(minutes=2))
        assert outbox() == []


class TestAnotherAddress:
    """Ana has a new number. Whoever saves it, nothing that was queued goes to the old one."""

    @pytest.fixture(autouse=True)
    def _treated(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        with freeze_time(END + HOUR):
            yield

    def test_saved_by_a_script_the_rest_of_her_plan_goes_by_email(self, clinic):
        clinic.ana.phone = "+12125550177"
        clinic.ana.save()
        assert {message.address for message in outbox()} == {"ana1@example.org"}
        assert len(outbox()) == 32
        assert {message.reason for message in outbox("cancelled", **PLANNED)} == {"the address changed"}
        withdrawn = Consent.objects.get(is_granted=False)
        assert (withdrawn.address, withdrawn.source) == ("+12125550101", "the address changed")

    def test_back_at_the_old_number_it_takes_a_new_consent(self, clinic):
        for phone in ("+12125550177", "+12125550101"):
            clinic.ana.phone = phone
            clinic.ana.save()
        assert reachable_by(clinic.ana, "care") == {"email": "ana1@example.org"}

    def test_another_email_address_the_letters_go_as_texts(self, clinic):
        clinic.ana.email = "ana@new.example.org"
        clinic.ana.save()
        assert {message.address for message in outbox()} == {"+12125550101"}
        assert len(outbox()) == 32

    def test_no_address_left_the_ledger_says_so(self, clinic):
        clinic.ana.phone = clinic.ana.email = ""
        clinic.ana.save()
        assert outbox() == []
        assert {line.reason for line in ledger(plan__isnull=False, stand_in=None)} == {NO_ADDRESS}

    def test_what_a_save_must_not_do_when_nothing_of_that_changed(self, clinic):
        before = [(message.pk, message.send_at, message.body) for message in outbox()]
        clinic.ana.notes = "Prefers mornings."
        clinic.ana.save(update_fields=["notes"])
        assert [(message.pk, message.send_at, message.body) for message in outbox()] == before

    def test_changed_past_every_service_the_database_takes_the_texts_back(self, clinic):
        Patient.objects.filter(pk=clinic.ana.pk).update(phone="+12125550177")
        check_deferred()
        assert {message.channel for message in outbox()} == {"email"}
        assert {message.reason for message in outbox("cancelled", **PLANNED)} == {"the address changed"}

    def test_what_is_being_sent_to_the_old_number_isnt_tried_again(self, clinic):
        from notifications.services import claim_due

        [claimed] = claim_due(now=END + 3 * HOUR).to_send
        run("UPDATE scheduling_patient SET phone = '+12125550177' WHERE id = %s", clinic.ana.pk)
        check_deferred()
        [sending] = outbox("sending")
        assert (sending.pk, sending.expires_at - sending.send_at) == (claimed.message_id, timedelta(microseconds=1))

    def test_there_and_back_in_one_transaction_changes_nothing(self, clinic):
        for phone in ("+12125550177", "+12125550101"):
            Patient.objects.filter(pk=clinic.ana.pk).update(phone=phone)
        check_deferred()
        assert len(outbox()) == 32

    def test_control_without_the_trigger_they_would_go_to_the_old_number(self, clinic):
        check_deferred()
        run("ALTER TABLE scheduling_patient DISABLE TRIGGER nothing_to_an_old_address")
        Patient.objects.filter(pk=clinic.ana.pk).update(phone="+12125550177")
        check_deferred()
        assert "+12125550101" in {message.address for message in outbox()}


class TestAnotherLanguageZoneOrNight:
    @pytest.fixture(autouse=True)
    def _treated(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        dispatch(now=END + 3 * HOUR)  # the first dose has gone out
        with freeze_time(END + 4 * HOUR):
            yield

    def change(self, patient, **fields):
        for name, value in fields.items():
            setattr(patient, name, value)
        patient.save()

    def doses(self):
        return [local(message.send_at) for message in outbox(caremessage__kind="dose")]

    def test_what_is_queued_is_said_in_her_language(self, clinic):
        self.change(clinic.ana, language="es")
        assert len(outbox()) == 31
        assert outbox()[0].body == (
            "Maple Street Clinic: es hora de su sérum hialurónico (2 de 8). Manos limpias, capa fina. "
            "¿Dudas? Responda o llame al (212) 555-0100."
        )
        assert {message.reason for message in outbox("cancelled", **PLANNED)} == {"planned anew, with another language"}

    def test_mornings_and_evenings_are_those_of_where_she_is_now(self, clinic):
        self.change(clinic.ana, time_zone="America/Los_Angeles")
        assert self.doses()[:9] == [
            *("Tue 3 Nov 20:00", "Tue 3 Nov 23:00", "Wed 4 Nov 02:00", "Wed 4 Nov 05:00", "Wed 4 Nov 08:00"),
            *("Wed 4 Nov 11:00", "Wed 4 Nov 14:00", "Wed 4 Nov 23:00", "Thu 5 Nov 11:00"),
        ]
        assert {message.time_zone for message in outbox()} == {"America/Los_Angeles"}

    def test_a_quiet_night_after_all_and_then_not(self, clinic):
        self.change(clinic.ana, wants_quiet_nights=True)
        assert self.doses()[:4] == ["Tue 3 Nov 20:00", "Tue 3 Nov 20:30", "Wed 4 Nov 08:00", "Wed 4 Nov 11:00"]
        self.change(clinic.ana, wants_quiet_nights=False)
        assert self.doses()[:4] == ["Tue 3 Nov 20:00", "Tue 3 Nov 23:00", "Wed 4 Nov 02:00", "Wed 4 Nov 05:00"]
        self.change(clinic.ana, wants_quiet_nights=True)
        assert self.doses()[:4] == ["Tue 3 Nov 20:00", "Tue 3 Nov 20:30", "Wed 4 Nov 08:00", "Wed 4 Nov 11:00"]

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            (at("2026-11-03", "20:45"), ["Tue 3 Nov 20:45", "Wed 4 Nov 08:00"]),  # the text of half past eight, a little later
            (at("2026-11-03", "21:00"), ["Wed 4 Nov 08:00", "Wed 4 Nov 11:00"]),  # and once the night has begun, nothing before it ends
        ],
    )
    def test_a_quiet_night_that_she_asks_for_in_the_evening(self, clinic, asked, told):
        dispatch(now=asked)
        with freeze_time(asked):
            self.change(clinic.ana, wants_quiet_nights=True)
        assert self.doses()[:2] == told

    def test_a_product_that_is_out_of_use_stays_named_in_the_plans_under_way(self, clinic):
        nectar = Product.objects.get(name="Alastin Regenerating Skin Nectar")
        with freeze_time(END + timedelta(days=60)):
            later = clinic.book(clinic.ben, END + timedelta(days=60), now=END + timedelta(days=60))
            clinic.consents(clinic.ben)
            scheduling.complete(later, product=nectar, now=later.ends_at)
            Product.objects.filter(pk=nectar.pk).update(is_active=False)
            self.change(clinic.ben, language="es")
        doses = outbox(caremessage__kind="dose", reference=f"patient-{clinic.ben.pk}")
        assert {"es hora de su Alastin Regenerating Skin Nectar" in message.body for message in doses[:8]} == {True}

    def test_what_went_out_isnt_said_again(self, clinic):
        self.change(clinic.ana, language="es", time_zone="America/Los_Angeles")
        first = ledger(key__endswith="-serum-day-1")
        assert [line.message.status for line in first] == ["accepted"]


class TestAfterAnOutage:
    """Three sessions were booked at nine while nothing went out. At noon the first confirmation goes, the others wait an hour each."""

    NOON = TODAY + 3 * HOUR

    @pytest.fixture(autouse=True)
    def _waiting(self, clinic):
        clinic.consents(clinic.ana)
        clinic.book(clinic.ana)
        clinic.book(clinic.ana, FIRST + timedelta(days=1), treatment=clinic.scalp)
        clinic.book(clinic.ana, FIRST + timedelta(days=40))
        assert len(claim_due(now=self.NOON).to_send) == 1
        assert self.waiting() == ["13:00", "14:00"]

    def waiting(self) -> list[str]:
        return [local(message.send_at)[-5:] for message in outbox(caremessage__kind="confirmation")]

    def test_said_in_another_language_they_still_come_one_an_hour(self, clinic):
        with freeze_time(self.NOON + MINUTE):
            clinic.ana.language = "es"
            clinic.ana.save()
        assert claim_due(now=self.NOON + 2 * MINUTE).to_send == []
        assert self.waiting() == ["13:00", "14:00"]

    def test_told_by_email_after_a_stop_they_do_too(self, clinic):
        suppress("sms", "+12125550101", reason="STOP", now=self.NOON + MINUTE)
        assert len(claim_due(now=self.NOON + 2 * MINUTE).to_send) == 1
        assert self.waiting() == ["13:02"]

    def test_control_as_new_messages_they_would_come_at_once(self, clinic, monkeypatch):
        monkeypatch.setattr(tellings, "Draft", lambda due_at, **draft: Draft(**draft))
        suppress("sms", "+12125550101", reason="STOP", now=self.NOON + MINUTE)
        assert len(claim_due(now=self.NOON + 2 * MINUTE).to_send) == 2


class TestMessagesADay:
    def test_a_patient_who_was_told_of_three_a_day_gets_three_and_the_ledger_says_why(self, clinic):
        give_consent(clinic.ana, "care", "sms", source="front desk", most_per_day=3, now=TODAY)
        clinic.treat(clinic.ana)
        days = {}
        for message in outbox():
            days.setdefault(local(message.send_at)[:-6], []).append(local(message.send_at)[-5:])
        assert (days["Tue 3 Nov"], days["Wed 4 Nov"]) == (["17:00", "20:00", "23:00"], ["02:00", "05:00", "08:00"])
        assert max(len(times) for times in days.values()) == 3
        too_many = [line for line in ledger() if line.message is None]
        assert [local(line.planned_for) for line in too_many][:4] == [
            *("Wed 4 Nov 10:00", "Wed 4 Nov 11:00", "Wed 4 Nov 14:00", "Wed 4 Nov 20:00"),
        ]
        assert {line.reason for line in too_many} == {"more texts on that day than agreed to: at most 3"}

    def test_what_is_queued_already_counts(self, clinic):
        give_consent(clinic.ana, "care", "sms", source="front desk", most_per_day=3, now=TODAY)
        clinic.treat(clinic.ana)
        clinic.book(clinic.ana, at("2026-12-01", "13:00"), now=END)  # its confirmation would be the fourth of the day
        assert [(line.kind, line.reason) for line in ledger(plan=None, message=None)] == [
            ("confirmation", "more texts on that day than agreed to: at most 3")
        ]

    def test_emails_are_counted_by_themselves(self, clinic):
        give_consent(clinic.ana, "care", "email", source="front desk", most_per_day=3, now=TODAY)
        clinic.treat(clinic.ana)
        days = {}
        for message in outbox(channel="email"):
            days.setdefault(local(message.send_at)[:-6], []).append(message)
        assert max(len(messages) for messages in days.values()) == 3
        assert {line.reason for line in ledger(message=None)} == {"more emails on that day than agreed to: at most 3"}

    @pytest.mark.parametrize("channel", ["sms", "email"])
    def test_control_the_twelve_of_everybody_never_bite(self, clinic, channel):
        clinic.treat(clinic.consents(clinic.ana, channel))
        clinic.book(clinic.ana, at("2026-12-01", "13:00"), now=END)
        assert ledger(message=None) == []


def test_a_number_that_said_stop_isnt_planned_for_even_when_the_desk_ticks_it(clinic):
    suppress("sms", "+12125550101", reason="STOP", now=TODAY - WEEK)
    clinic.consents(clinic.ana)
    assert reachable_by(clinic.ana, "care") == {"email": "ana1@example.org"}
    clinic.treat(clinic.ana)
    assert {message.channel for message in outbox()} == {"email"}


class TestWithdrawnAtThatMoment:
    """The desk books Ana's next session while, at the other screen, she takes her consent back."""

    @pytest.fixture
    def both_at_once(self, committed_clinic, at_once, monkeypatch):
        clinic = committed_clinic
        clinic.consents(clinic.ana, "sms")
        real, is_known, is_withdrawn = tellings.reaching, Event(), Event()

        def slowly(*args):
            agreed = real(*args)
            is_known.set()  # what she agreed to, and it isn't written down yet
            wait_until(lambda: is_withdrawn.is_set() or waiting_for_a_lock())
            return agreed

        def withdraw():
            assert is_known.wait(20)
            withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY)
            is_withdrawn.set()

        monkeypatch.setattr(tellings, "reaching", slowly)
        return lambda: at_once([lambda: clinic.book(clinic.ana) and None, withdraw])

    def test_nothing_stays_queued(self, both_at_once):
        assert both_at_once() == [None, None]
        assert outbox() == []
        assert len(outbox("cancelled")) == 3

    def test_control_without_the_lock_three_texts_would(self, both_at_once, monkeypatch):
        monkeypatch.setattr(appointments, "hold", lambda patient: None)
        for locks_her_too in ("hold", "refresh"):
            monkeypatch.setattr(booking, locks_her_too, lambda patients: None)
        assert both_at_once() == [None, None]
        assert len(outbox()) == 3


class TestToldAsSheIs:
    """The desk read her, and before her confirmation is written down somebody else has changed her."""

    def test_in_her_language_of_now(self, clinic):
        as_read = Patient.objects.get(pk=clinic.consents(clinic.ana).pk)
        clinic.ana.language = "es"
        clinic.ana.save()
        clinic.book(as_read)
        assert outbox()[0].body.startswith("Maple Street Clinic: su cita es el mar 3 nov, 1:00 PM.")

    def test_at_the_number_that_she_agreed_to_since(self, clinic):
        as_read = Patient.objects.get(pk=clinic.consents(clinic.ana, "sms").pk)
        with freeze_time(TODAY - WEEK / 2):
            clinic.ana.phone = "+12125550177"
            clinic.ana.save()
        give_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY - WEEK / 4)
        clinic.book(as_read)
        assert {message.address for message in outbox()} == {"+12125550177"}

    def test_who_saves_one_thing_about_her_undoes_no_other(self, clinic):
        """The desk asked about her nights while her number was changed: what she agreed to for the new one stands."""
        as_read = Patient.objects.get(pk=clinic.consents(clinic.ana, "sms").pk)
        with freeze_time(TODAY - WEEK / 2):
            clinic.ana.phone = "+12125550177"
            clinic.ana.save()
        give_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY - WEEK / 4)
        as_read.wants_quiet_nights = True
        as_read.save(update_fields=["wants_quiet_nights"])
        clinic.ana.refresh_from_db()
        assert (clinic.ana.wants_quiet_nights, as_read.phone) == (True, "+12125550177")
        assert reachable_by(clinic.ana, Purpose.CARE) == {"sms": "+12125550177"}
