"""Whatever happens to appointments, people and the catalogue, the report is what follows from the appointments."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from threading import Event

import pytest
from django.core.management import call_command
from django.db import transaction
from django.dispatch import Signal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from aftercare.services import give_consent, withdraw_consent
from aftercare.services.telling.consent import reaching
from notifications.services.suppressing import lift_suppression
from notifications.services.suppressing import suppress as say_stop
from scheduling import services
from scheduling.domain.outcomes import OF_A_CALL, Outcome
from scheduling.errors import BookingRefused
from scheduling.models import Appointment, Patient, Recall, RecallAction, Standing
from scheduling.reports import Filters, maintenance_due, tiles
from scheduling.services.recalls import refreshing
from tests.clinic_world import FIRST, TODAY, Clinic, open_clinic, wait_until, waiting_for_a_lock

DAY = timedelta(days=1)
PEOPLE, TREATMENTS = ("ana", "ben"), ("face", "scalp")


def check_recalls(*arguments: str) -> str:
    out = StringIO()
    with suppress(SystemExit):
        call_command("check_recalls", *arguments, stdout=out)
    return out.getvalue()


class AYearAtTheClinic(RuleBasedStateMachine):
    """Each history begins with the same empty clinic, and is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.history = transaction.atomic()
        self.history.__enter__()
        self.clinic: Clinic = open_clinic()
        self.now = TODAY

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.history.__exit__(None, None, None)

    @rule(days=st.integers(1, 120))
    def time_goes_by(self, days: int) -> None:
        self.now += days * DAY

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(TREATMENTS), days=st.integers(0, 200), hour=st.integers(0, 3))
    def book(self, who: str, what: str, days: int, hour: int) -> None:
        with suppress(BookingRefused):
            self.clinic.book(
                getattr(self.clinic, who),
                FIRST + days * DAY + timedelta(hours=2 * hour),
                treatment=getattr(self.clinic, what),
                now=min(self.now, FIRST + days * DAY),
            )

    @rule(data=st.data(), days=st.integers(-20, 60))
    def move(self, data: st.DataObject, days: int) -> None:
        if one := self._one(data, "booked", "arrived"):
            with suppress(BookingRefused):
                services.move(one, starts_at=one.starts_at + days * DAY, now=min(self.now, one.starts_at))

    @rule(data=st.data(), outcome=st.sampled_from(["complete", "cancel", "mark_no_show", "arrive"]))
    def see_to(self, data: st.DataObject, outcome: str) -> None:
        if one := self._one(data, "booked", "arrived"):
            now = max(self.now, one.ends_at)
            about = {"cancel": {"reason": "ill"}}.get(outcome, {})
            with suppress(BookingRefused):
                getattr(services, outcome)(one, now=now, **about)

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        if one := self._one(data, "fulfilled"):
            with suppress(BookingRefused):
                services.reopen(one, now=max(self.now, one.completed_at))

    @rule(data=st.data(), outcome=st.sampled_from(OF_A_CALL))
    def call(self, data: st.DataObject, outcome: Outcome) -> None:
        if one := self._one(data, "fulfilled"):
            with suppress(BookingRefused):
                services.log_call(one.patient, outcome, session=one.pk, reason="moved away", now=self.now)

    @rule(data=st.data())
    def take_a_call_back(self, data: st.DataObject) -> None:
        if calls := list(RecallAction.objects.filter(way="call").order_by("pk")):
            services.take_back_call(data.draw(st.sampled_from(calls)), now=self.now)

    @rule(who=st.sets(st.sampled_from(PEOPLE)), days=st.integers(1, 60))
    def snooze(self, who: set[str], days: int) -> None:
        services.snooze([getattr(self.clinic, name).pk for name in who], until=self.now.date() + days * DAY, now=self.now)

    @rule(data=st.data())
    def put_back_on_the_list(self, data: st.DataObject) -> None:
        if one := self._one(data, "fulfilled"):
            with suppress(BookingRefused):
                services.resume(one.patient, session=one.pk, now=self.now)

    @rule(who=st.sampled_from(PEOPLE), channel=st.sampled_from(["sms", "email"]), agrees=st.booleans())
    def agree(self, who: str, channel: str, agrees: bool) -> None:
        does = give_consent if agrees else withdraw_consent
        does(Patient.objects.get(pk=getattr(self.clinic, who).pk), "recall", channel, source="front desk", now=self.now)

    @rule(who=st.sampled_from(PEOPLE), stops=st.booleans())
    def say_stop_or_start(self, who: str, stops: bool) -> None:
        (say_stop if stops else lift_suppression)("sms", str(getattr(self.clinic, who).phone), reason="STOP", now=self.now)

    @rule(who=st.sampled_from(PEOPLE), field=st.sampled_from(["phone", "email", "last_name"]), number=st.integers(150, 152))
    def change(self, who: str, field: str, number: int) -> None:
        patient = Patient.objects.get(pk=getattr(self.clinic, who).pk)
        value = {"phone": f"+1212555{number:04}", "email": f"new{number}@example.org", "last_name": f"Other{number}"}[field]
        setattr(patient, field, value)
        patient.save()

    @rule(what=st.sampled_from(TREATMENTS), months=st.integers(3, 9), within=st.integers(35, 60))
    def change_the_cadence(self, what: str, months: int, within: int) -> None:
        treatment = getattr(self.clinic, what)
        treatment.maintenance_months, treatment.recommended_within_days = months, max(within, treatment.minimum_interval_days)
        treatment.save()

    @invariant()
    def nothing_differs(self) -> None:
        assert check_recalls("--all") == "0 differences.\n"

    @invariant()
    def recalls_reach_whom_they_may(self) -> None:
        for patient in Patient.objects.all():
            assert set(filter(None, patient.reached_by.split(","))) == set(reaching(patient, "recall"))

    @invariant()
    def everybody_treated_is_in_one_bucket_on_every_day(self) -> None:
        treated = set(Appointment.objects.fulfilled().values_list("patient_id", flat=True))
        today = self.now.date()
        for as_of in (today, today + 40 * DAY, today + 400 * DAY):
            rows = list(maintenance_due(as_of, today=today))
            assert sorted(row.patient_id for row in rows) == sorted(treated)
        assert {tile.bucket: tile.count for tile in tiles(Filters(as_of), today=today) if tile.count} == Counter(row.bucket for row in rows)

    @invariant()
    def so_is_everybody_who_had_been_treated_on_a_past_day(self) -> None:
        today = self.now.date()
        as_of = today - 30 * DAY
        had_been = Appointment.objects.fulfilled().filter(recovery__startswith__lte=as_of).values_list("patient_id", flat=True)
        assert sum(tile.count for tile in tiles(Filters(as_of), today=today)) == len(set(had_been))

    def _one(self, data: st.DataObject, *statuses: str) -> Appointment | None:
        found = list(Appointment.objects.filter(status__in=statuses).order_by("pk"))
        return data.draw(st.sampled_from(found)) if found else None


def test_whatever_happens_nothing_differs(db):
    # A step costs what a front desk's press does, and two reports.
    few = settings(max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(AYearAtTheClinic, settings=few)


@pytest.mark.parametrize("spoiled", ["due_on", "stage", "sort_name", "stands_until"])
def test_control_what_is_written_by_hand_is_found(clinic, spoiled):
    clinic.treat(clinic.ana)
    assert check_recalls() == "0 differences.\n"
    value = {"due_on": FIRST.date(), "stage": "booked", "sort_name": "zz", "stands_until": FIRST.date()}[spoiled]
    Standing.objects.update(**{spoiled: value})
    assert check_recalls().splitlines()[-1] == "1 difference."


def test_what_is_found_can_be_mended(clinic):
    clinic.comes_due()
    stored = [list(model.objects.order_by("pk").values()) for model in (Standing, Recall)]
    Standing.objects.update(due_on=FIRST.date(), sort_name="zz")
    Recall.objects.filter(patient=clinic.chloe).update(due_on=FIRST.date())
    Patient.objects.update(reached_by="email")
    *_, found, looks, left = check_recalls("--mend").splitlines()
    assert (found, looks, left) == ("7 differences.", "Mended. Looking once more:", "0 differences.")
    assert [list(model.objects.order_by("pk").values()) for model in (Standing, Recall)] == stored


def test_what_cant_be_is_said_once_more(clinic, monkeypatch):
    clinic.treat(clinic.ana)
    monkeypatch.setattr(refreshing, "_write", lambda derived: None)
    Standing.objects.update(sort_name="zz")
    assert check_recalls("--mend").splitlines()[-1] == "1 difference."


def test_control_a_service_that_forgets_is_found(clinic, monkeypatch):
    clinic.treat(clinic.ana)
    monkeypatch.setattr(refreshing, "_write", lambda derived: None)
    clinic.book(clinic.ana, FIRST + 30 * DAY, now=FIRST + 10 * DAY)
    (said, count) = check_recalls().splitlines()
    assert f"Patient {clinic.ana.pk}: stands at " in said
    assert count == "1 difference."


class TestTwoAtOnce:
    """Her face is completed while, at the other screen, her scalp is booked again: where she stands follows from both."""

    @pytest.fixture
    def both(self, committed_clinic, at_once, monkeypatch):
        clinic = committed_clinic
        clinic.treat(clinic.ana, treatment=clinic.scalp)
        face = clinic.book(clinic.ana, FIRST + 2 * DAY)
        real, has_read, is_through = refreshing.derive, Event(), Event()

        def slowly(patients):
            derived = list(real(patients))
            if not has_read.is_set():
                has_read.set()  # what her appointments are, and it isn't written down yet
                wait_until(lambda: is_through.is_set() or waiting_for_a_lock())
            return derived

        def complete():
            services.complete(face, now=face.ends_at)

        def book():
            assert has_read.wait(20)
            clinic.book(clinic.ana, FIRST + 40 * DAY, treatment=clinic.scalp, practitioner=clinic.eli, room=clinic.other_room)
            is_through.set()

        monkeypatch.setattr(refreshing, "derive", slowly)
        return lambda: at_once([complete, book])

    def test_nothing_differs(self, both):
        assert both() == [None, None]
        assert check_recalls("--all") == "0 differences.\n"

    def test_control_without_the_lock_it_does(self, both, monkeypatch):
        monkeypatch.setattr(refreshing, "locked_patients", lambda pks: list(Patient.objects.filter(pk__in=pks)))
        monkeypatch.setattr("scheduling.services.booking.appointment_booked", Signal())  # its receiver locks her, too
        monkeypatch.setattr("scheduling.services.status.appointment_completed", Signal())
        both()
        assert check_recalls() != "0 differences.\n"
