"""A patient is erased: who she was is nowhere any more, and that sessions took place stays."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Expression, F, Model

from aftercare.domain.reasons import ALREADY_TOLD
from aftercare.errors import CantErase
from aftercare.models import CareMessage, Concern, Consent, Plan
from aftercare.services import (
    acknowledge,
    answer,
    give_consent,
    mark_read,
    raise_concern,
    resolve,
    start_again,
    stop_by_hand,
)
from aftercare.services.privacy import erasing
from aftercare.services.privacy.erasing import erase_patient, foresee_erasure
from aftercare.services.privacy.table import ABOUT_NO_PATIENT, TABLE
from clinic.models import Entry
from clinic.privacy import HELD
from notifications.domain.states import NOT_OVER
from notifications.models import Attempt, Message
from notifications.services import dispatch_until_idle, receive_reply, record_receipt
from scheduling import services as scheduling
from scheduling.domain.outcomes import Outcome as CallOutcome
from scheduling.errors import PatientErased
from scheduling.models import Appointment, Offer, Patient, Recall, Standing, WaitlistEntry
from scheduling.reports import maintenance_due
from scheduling.reports.outcomes import Asked, brought, kept
from scheduling.services import differences
from tests.clinic_world import FIRST, Clinic, at, outbox, patient
from tests.staff import member
from tests.worlds import once_a_module

END = FIRST + timedelta(hours=1)
NOW = at("2026-12-16", "10:00")  # six weeks and a day after Ana's session
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ANAS = "+12125550101"

# Of Ana, and of nobody else.
UNMISTAKABLE = ("Quetzalina", "Xochitlberg", "1987-06-05", "6/5/1987", "+12125550101", "2125550101", "quetzal@", "Zyxolin", "wombat")


def erase(whom: Patient, now: Any = NOW) -> bool:
    return erase_patient(whom, reason="asked for it by email", by=member("Manager"), now=now)


def rows(model: type[Model]) -> list[Any]:
    return list(model._default_manager.order_by("pk"))


def fill(clinic: Clinic) -> Clinic:
    """Ana has been here, and everything that can be held of her is."""
    ana = clinic.ana
    ana.first_name, ana.last_name, ana.birth_date = "Quetzalina", "Xochitlberg", date(1987, 6, 5)
    ana.email, ana.active_products, ana.notes = "quetzal@example.org", "Zyxolin acid", "Keeps a wombat."
    ana.language, ana.hyperpigmentation_risk, ana.wants_quiet_nights = "es", True, True
    ana.save()
    clinic.consents(ana)
    clinic.agrees_to_recalls(ana)
    dana = member("Clinician")
    session = clinic.treat(ana)
    for hours in (3, 6, 24):
        dispatch_until_idle(now=END + hours * HOUR)
    told = Attempt.objects.filter(message__channel="sms").first()
    record_receipt(told.message_id, told.token, provider_id=told.provider_id, status="delivered", now=END + 4 * DAY)
    receive_reply("sms", ANAS, "My wombat and I are red and hot.", provider_id="SM1", now=END + 4 * DAY)
    for concern in Concern.objects.filter(resolved_at=None):
        acknowledge(concern, by=dana, now=END + 4 * DAY)
        answer(ana, "Put the wombat away.", by=dana, now=END + 4 * DAY)
        resolve(concern, note="The wombat is away.", by=dana, now=END + 4 * DAY)
    mark_read(CareMessage.objects.filter(patient=ana), by=dana, now=END + 4 * DAY)
    plan = Plan.objects.get()
    stop_by_hand(plan, reason="bitten by a wombat", by=dana, now=END + 5 * DAY)
    start_again(plan, now=END + 5 * DAY)
    scheduling.log_call(ana, CallOutcome.DECLINED, session=session.pk, reason="wombat", note="the wombat again", by=dana, now=NOW - 2 * DAY)
    called_off = clinic.book(ana, at("2026-12-22"), now=NOW - DAY)
    scheduling.cancel(called_off, reason="wombat", by=dana, now=NOW - DAY)
    coming = clinic.book(ana, at("2026-12-23"), now=NOW - HOUR)
    scheduling.move(coming, starts_at=at("2026-12-23", "15:00"), now=NOW - HOUR)
    waits = {"treatment": clinic.scalp, "location": clinic.location, "first_on": NOW.date(), "last_on": date(2026, 12, 30)}
    scheduling.wait(patient=ana, **waits, now=NOW)
    freed = clinic.book(patient("Olga Other", 90), at("2026-12-18"), treatment=clinic.scalp, now=NOW)
    scheduling.cancel(freed, reason="ill", now=NOW)
    scheduling.offer_openings(NOW)
    return clinic


made, clinic = once_a_module(fill)


@pytest.fixture
def ana(clinic: Clinic) -> Patient:
    return Patient.objects.get(pk=clinic.ana.pk)


# --- the table ----------------------------------------------------------------------------------------------------------


def test_every_model_is_in_the_table_or_says_why_not():
    stated = {model._meta.label_lower for model in TABLE} | set(ABOUT_NO_PATIENT) | set(HELD)
    models = {model._meta.label_lower for model in apps.get_models()}
    assert models - stated == set(), "Say in services/privacy/table.py, or in clinic/privacy.py, what of a patient is in it."
    assert stated - models == set()


@pytest.mark.parametrize("model", TABLE, ids=lambda model: model._meta.label_lower)
def test_every_field_of_hers_is_handed_out_or_left_out_and_kept_or_blanked(model):
    held = TABLE[model]
    fields = sorted(field.name for field in model._meta.concrete_fields if not field.primary_key or field.is_relation)
    if model is Standing:
        fields = sorted({*fields, "patient", "stands_from"})
    exported = {name for name in held.names if "." not in name} | {name.partition(".")[0] for name in held.names if "." in name}
    left_out, kept_names, blanked = held.left_out.split(), held.kept.split(), list(held.blanks or {})

    assert sorted([*exported, *left_out]) == fields
    assert held.goes or sorted([*kept_names, *blanked]) == fields


def test_what_is_blanked_is_and_what_is_kept_stays_as_it_was(ana):
    before = {model: {row.pk: row for row in hers(model, ana)} for model in TABLE}
    assert {model for model in TABLE if not before[model]} == set(), "the test needs one of each"

    assert erase(ana) is True

    # What was still to come is called off by the services, and what was open is settled: those rows change.
    settled = {"read_at", "read_by", "dealt_with_at", "dealt_with_by", "status", "status_at", "status_by", "closed_at", "reached_by"}
    settled |= {"outcome", "answered_at", "reason", "expires_at", "stopped_at", "stopped_by", "searchable", "erased_at"}
    for model, held in TABLE.items():
        now = {row.pk: row for row in model._default_manager.filter(pk__in=list(before[model]))}
        assert (now == {}) is held.goes
        for pk, row in now.items():
            was = before[model][pk]
            for name in set(held.kept.split()) - settled:
                assert getattr(row, name) == getattr(was, name), f"{model.__name__}.{name}"
            for name, value in (held.blanks or {}).items():
                if not isinstance(value, Expression | F) and name not in ("status_reason", "stop_reason"):
                    assert getattr(row, name) == value, f"{model.__name__}.{name}"
    assert {row.status_reason for row in rows(Appointment)} <= {"", "ill", erasing.scheduling.WHY}
    assert {row.stop_reason for row in rows(Plan)} == {"", erasing.scheduling.WHY}
    ana.refresh_from_db()
    assert (ana.full_name, ana.label) == (f"Erased patient {ana.pk}",) * 2


def hers(model: type[Model], her: Patient) -> list[Any]:
    return list(model._default_manager.filter(**{TABLE[model].hers: her.pk}).distinct())


def test_who_she_was_stands_nowhere_in_the_whole_database(ana):
    assert found() != {}

    erase(ana)

    assert found() == {}


def test_of_what_was_settled_nobody_says_that_the_eraser_dealt_with_it(ana):
    arrived, failed, on_its_way = Message.objects.filter(caremessage__patient=ana, accepted_at__isnull=False)[:3]
    for message, status in ((arrived, "delivered"), (failed, "undelivered"), (on_its_way, "accepted")):
        Message.objects.filter(pk=message.pk).update(status=status)
        CareMessage.objects.filter(message=message).update(planned_for=NOW - DAY)

    erase(ana)

    def dealt_with(message):
        return CareMessage.objects.get(message=message).dealt_with_by

    assert (dealt_with(arrived), dealt_with(failed), dealt_with(on_its_way)) == (None, member("Manager"), member("Manager"))
    Message.objects.filter(pk=on_its_way.pk).update(status="undelivered")  # says its provider in the end
    assert not CareMessage.objects.filter(patient=ana).gone_wrong(NOW + HOUR).exists()


def test_nor_why_a_plan_was_stopped_whose_session_is_completed_once_more(ana):
    """The ledger says it of each message that isn't to go any more; what it says in words of ours stays."""
    stop_by_hand(Plan.objects.get(stopped_at=None), reason="the wombat once more", by=member("Clinician"), now=END + 5 * DAY)
    session = Appointment.objects.fulfilled().get(patient=ana)
    scheduling.complete(scheduling.reopen(session, now=END + 5 * DAY), completed_at=END, now=END + 5 * DAY)
    words = Counter(CareMessage.objects.filter(patient=ana).values_list("reason", flat=True))
    assert words["the wombat once more"] > 0
    assert words[ALREADY_TOLD] > 0

    erase(ana)

    assert found() == {}
    left = Counter(CareMessage.objects.filter(patient=ana).values_list("reason", flat=True))
    assert left["erased"] == words["the wombat once more"]
    assert left[ALREADY_TOLD] == words[ALREADY_TOLD]


def test_the_hash_of_an_address_stays_only_where_its_provider_has_yet_to_speak(ana):
    """Of texts that is Twilio, which is asked for 72 hours. A mail server says nothing more."""
    sent = Message.objects.filter(caremessage__patient=ana, status="accepted")
    text, email = sent.filter(channel="sms").order_by("pk")[:2]
    Message.objects.filter(pk=text.pk).update(poll_at=NOW + HOUR)
    Message.objects.filter(pk=email.pk).update(channel="email", poll_at=None)
    erase(ana)
    assert list(Message.objects.exclude(address_hash="").filter(caremessage__patient=ana)) == [text]


def found() -> dict[str, list[str]]:
    """Table → which of the UNMISTAKABLE is in it, whatever the column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        seen = {}
        for (table,) in cursor.fetchall():
            there = f'EXISTS (SELECT FROM "{table}" t WHERE strpos(lower(t::text), lower(word)) > 0)'
            cursor.execute(f"SELECT word FROM unnest(%s::text[]) AS word WHERE {there}", [list(UNMISTAKABLE)])
            if words := [word for (word,) in cursor.fetchall()]:
                seen[table] = words
        return seen


# --- what goes ------------------------------------------------------------------------------------------------------------


class TestNothingIsToComeAnyMore:
    def test_of_her_sessions_messages_plan_and_waiting(self, ana):
        foreseen = foresee_erasure(ana, NOW)
        assert (foreseen.why_not, foreseen.is_deleted, foreseen.sessions, foreseen.others, len(foreseen.coming)) == ("", False, 1, 1, 1)
        assert foreseen.queued > 0
        assert foreseen.waits == 1

        erase(ana)

        assert not Appointment.objects.filter(patient=ana).coming().exists()
        assert outbox(caremessage__patient=ana) == []
        assert Plan.objects.filter(stopped_at=None).count() == 0
        assert WaitlistEntry.objects.get(patient=ana).status == "withdrawn"
        assert not Offer.objects.filter(entry__patient=ana, outcome="open").exists()
        assert dispatch_until_idle(now=NOW + 8 * DAY).accepted == 0

    def test_nobody_writes_to_her_that_it_is_called_off(self, ana):
        erase(ana)
        assert not Message.objects.filter(caremessage__patient=ana, caremessage__kind="cancellation", status__in=NOT_OVER).exists()

    def test_what_she_had_freed_is_offered_to_others(self, ana, clinic):
        erase(ana)
        [opening] = clinic.dana.opening_set.filter(freed_by__patient=ana, during__startswith=at("2026-12-23", "15:00"))
        assert opening.closed_at is None

    def test_nobody_can_begin_anything_new(self, ana, clinic):
        session = Appointment.objects.fulfilled().get(patient=ana)
        missed = Appointment.objects.filter(patient=ana, status="cancelled").first()
        erase(ana)
        for refused in (
            lambda: clinic.book(ana, at("2027-01-20"), now=NOW),
            lambda: scheduling.reopen(session, now=NOW),
            lambda: give_consent(ana, "care", "sms", source="front desk", now=NOW),
            lambda: raise_concern(patient=ana, severity="urgent", said="a wombat", by=member("Manager"), now=NOW),
            lambda: answer(ana, "wombat", by=member("Manager"), now=NOW),
            lambda: scheduling.wait(patient=ana, treatment=clinic.face, location=clinic.location,
                                    first_on=date(2026, 12, 20), last_on=date(2026, 12, 30), now=NOW),
        ):  # fmt: skip
            with pytest.raises(PatientErased):
                refused()
        assert missed.patient_id == ana.pk
        assert found() == {}

    def test_not_even_by_raw_sql(self, ana):
        erase(ana)
        for statement in (
            "UPDATE scheduling_patient SET first_name = 'Quetzalina' WHERE id = %s",
            "UPDATE scheduling_appointment SET status = 'booked', completed_at = NULL WHERE patient_id = %s",
        ):
            with pytest.raises(IntegrityError, match="was erased"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [ana.pk])

    def test_she_is_found_by_nothing(self, ana):
        erase(ana)
        for typed in ("Quetzalina", "Erased", str(ana.pk), "1900", ""):
            assert ana not in Patient.objects.matching(typed)
            assert ana not in Patient.objects.named(typed)


# --- what stays -----------------------------------------------------------------------------------------------------------


def numbers() -> tuple[Any, ...]:
    months = Asked(date(2026, 11, 1), date(2027, 1, 1), NOW)
    then = [(due.bucket, due.due_on) for due in maintenance_due(date(2026, 12, 1), today=NOW.date())]
    won = {cell: replace(one, expected=Counter()) for cell, one in brought(months).cells.items()}  # what was expected isn't any more
    return kept(months), won, sorted(then)


def test_the_reports_of_what_was_stay_as_they_are(ana):
    before = numbers()
    assert before[2] != []

    erase(ana)

    assert numbers() == before
    assert Recall.objects.filter(patient=ana).exists()


def test_but_nobody_asks_her_back(ana):
    erase(ana)
    assert not Standing.objects.filter(patient=ana).exists()
    assert ana.pk not in {due.patient_id for due in maintenance_due(NOW.date(), today=NOW.date())}
    assert list(differences()) == []


def test_a_session_that_took_place_is_there_with_its_day_and_its_price(ana, clinic):
    erase(ana)
    session = Appointment.objects.fulfilled().get(patient=ana)
    assert (session.starts_at, session.practitioner, session.room) == (FIRST, clinic.dana, clinic.room)
    assert session.price == clinic.face.list_price


def test_what_she_agreed_to_stays_without_the_address(ana):
    words = list(Consent.objects.filter(patient=ana).values_list("purpose", "channel", "is_granted", "given_at"))
    erase(ana)
    assert list(Consent.objects.filter(patient=ana).values_list("purpose", "channel", "is_granted", "given_at")) == words
    assert set(Consent.objects.filter(patient=ana).values_list("address", flat=True)) == {""}


# --- refused --------------------------------------------------------------------------------------------------------------


class TestRefused:
    def refused(self, whom: Patient, reason: str = "asked for it") -> str:
        before = found_all()
        with pytest.raises(CantErase) as refusal:
            erase_patient(whom, reason=reason, by=member("Manager"), now=NOW)
        assert found_all() == before
        return str(refusal.value)

    def test_twice(self, ana):
        erase(ana)
        assert self.refused(ana) == "This patient was erased already, on December 16, 2026."

    def test_while_a_concern_is_open(self, ana):
        raise_concern(patient=ana, severity="urgent", said="it bleeds", by=member("Manager"), now=NOW)
        assert "Resolve it first" in self.refused(ana)

    def test_while_a_session_is_open_that_may_have_taken_place(self, ana, clinic):
        Appointment.objects.filter(patient=ana).coming().update(status="cancelled")
        clinic.book(ana, NOW - HOUR, now=NOW - 2 * HOUR, room=clinic.other_room)
        assert self.refused(ana).startswith("The appointment of Wed, Dec 16, 2026, 9:00 AM is still open. Complete it")

    @pytest.mark.parametrize(("reason", "said"), [("  ", "Say in a few words why."), ("x" * 201, "Keep the reason to 200 characters.")])
    def test_without_a_reason_or_with_a_novel(self, ana, reason, said):
        assert self.refused(ana, reason) == said


def found_all() -> dict[str, list[Any]]:
    return {model._meta.label: list(model._default_manager.order_by("pk").values_list()) for model in TABLE}


def test_who_had_her_page_open_saves_nothing(ana):
    """And what they had typed doesn't come back with it."""
    typed = Patient.objects.get(pk=ana.pk)
    erase(ana)
    typed.notes = "wombat"
    with pytest.raises(PatientErased):
        typed.save()
    assert found() == {}


def test_it_is_on_the_trail_and_what_stood_there_before_is_not(ana):
    Entry.objects.create(action="changed", actor="dana", about="scheduling.patient", patient_id=ana.pk, changes={"phone": [ANAS, None]})
    erase(ana)
    changed = Entry.objects.filter(patient_id=ana.pk, actor="dana").get()
    assert changed.changes == {"phone": [None, None]}
    erased = Entry.objects.get(action="erased")
    assert (erased.actor, erased.note) == ("manager", "asked for it by email")
