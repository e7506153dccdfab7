"""The local demo: its data, its phones, and the skipping of hours."""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import reload
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client, TestCase
from django.urls import clear_url_caches

from aftercare.models import CareMessage, Concern, Consent
from clinic.demo.accounts import DEMO_ACCOUNTS
from clinic.demo.building import build
from clinic.demo.catalogue import create_clinic
from clinic.demo.diary import Diary
from clinic.demo.journeys import Storyteller
from clinic.demo.signins import create_signins
from clinic.demo.skipping import skip
from clinic.demo.stages import Stage, stages
from notifications.domain.states import MessageStatus
from notifications.models import Attempt, Message, Pause, Receipt, Reply
from notifications.services import dispatch
from scheduling.domain.cadence import Bucket
from scheduling.models import Appointment, Patient, Practitioner
from scheduling.reports import maintenance_due

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY_NOON = datetime(2026, 11, 24, 12, 0, tzinfo=NEW_YORK)
ONE_OF_EACH = 26  # the first stages are there two or three times


def snapshot() -> list[tuple]:
    messages = CareMessage.objects.order_by("planned_for", "patient__phone", "kind", "channel", "pk")
    return [
        *Patient.objects.order_by("phone").values_list("first_name", "last_name", "birth_date", "phone", "email", "language", "created_at"),
        *Appointment.objects.order_by("during", "room__name").values_list("during", "practitioner__name", "room__name", "status"),
        *messages.values_list("patient__phone", "kind", "planned_for", "message__status", "message__send_at", "reason", "read_at"),
        *Reply.objects.order_by("received_at").values_list("address", "body", "received_at"),
        *Receipt.objects.order_by("received_at", "provider_status", "message__address").values_list(
            "message__address", "provider_status", "received_at"
        ),
    ]


def test_the_same_seed_makes_the_same_clinic() -> None:
    made = []
    for seed in (7, 7, 8):
        with transaction.atomic():
            build(10, seed, now=TUESDAY_NOON)
            made.append(snapshot())
            transaction.set_rollback(True)
    assert made[0] == made[1]
    assert made[0] != made[2]


class TestAtEveryStage(TestCase):
    """A demo clinic that is made once, for all of these: it takes a while."""

    @classmethod
    def setUpTestData(cls) -> None:
        build(ONE_OF_EACH, 1, now=TUESDAY_NOON)

    def test_patients_are_at_every_stage(self) -> None:
        assert set(stages(ONE_OF_EACH)) == set(Stage)
        assert Counter(Appointment.objects.filter(status__in=("arrived", "cancelled", "noshow")).values_list("status", flat=True)) == {
            "arrived": 2,
            "cancelled": 1,
            "noshow": 1,
        }
        # The one who is due for maintenance never agreed to recalls; somebody who is, and the snoozed and declined, are among sixty.
        at_hand = set(Bucket) - {Bucket.MAINTENANCE_DUE, Bucket.SNOOZED, Bucket.DECLINED}
        assert {due.bucket for due in maintenance_due(TUESDAY_NOON.date(), today=TUESDAY_NOON.date())} == at_hand
        ended = Appointment.objects.filter(status="fulfilled")
        for span in (timedelta(hours=2), timedelta(hours=24), timedelta(days=7)):
            assert ended.filter(completed_at__gt=TUESDAY_NOON - span).exists()
        assert Patient.objects.filter(language="es").exists()
        assert Patient.objects.filter(wants_quiet_nights=True).exists()
        assert Patient.objects.filter(email="").count() == 1
        assert any(patient.age_on(TUESDAY_NOON.date()) < 22 for patient in Patient.objects.all())
        assert Patient.objects.values("phone").distinct().count() == ONE_OF_EACH
        assert Practitioner.objects.get(user__username="clinician").name == "Maya Lindqvist, NP"

    def test_one_concern_is_urgent_one_can_wait_and_one_is_over(self) -> None:
        urgent = Concern.objects.get(severity="urgent", resolved_at=None)
        assert (urgent.raised_at, urgent.acknowledged_at) == (TUESDAY_NOON - timedelta(minutes=4), None)
        assert urgent.escalate_at == TUESDAY_NOON + timedelta(minutes=11)
        assert [event.contact.name for event in urgent.events.filter(what="told")] == ["Maya Lindqvist, NP"]
        assert Pause.objects.get().key == f"routine-of-patient-{urgent.patient_id}"
        soon = Concern.objects.get(severity="soon", resolved_at=None)
        assert (soon.raised_at, soon.acknowledged_at) == (TUESDAY_NOON - timedelta(minutes=50), None)
        over = Concern.objects.exclude(resolved_at=None).get()
        talk = over.lines.order_by("planned_for", "pk")
        assert [(bool(line.reply_id), line.written_by and line.written_by.username) for line in talk] == [
            (True, None),
            (False, "clinician"),
            (True, None),
            (False, "clinician"),
            (True, None),
        ]
        assert "photographed" in over.note
        assert not Message.objects.filter(address__startswith="+121255501", status="failed").exists()

    def test_without_consent_nothing_is_sent_and_the_ledger_says_why(self) -> None:
        unasked = Patient.objects.exclude(pk__in=Consent.objects.values("patient"))
        lines = CareMessage.objects.filter(patient__in=unasked)
        assert unasked.count() == 1
        assert set(lines.values_list("message", "reason")) == {(None, "no consent for texts or emails")}


def test_the_first_messages_arrive_within_two_minutes_and_the_past_stays_past() -> None:
    build(3, 1, now=TUESDAY_NOON)

    due_in = [
        send_at - TUESDAY_NOON
        for send_at in Message.objects.filter(status="scheduled").order_by("send_at").values_list("send_at", flat=True)
    ]
    assert due_in[:3] == [timedelta(seconds=40), timedelta(seconds=80), timedelta(seconds=120)]
    past = Message.objects.filter(send_at__lt=TUESDAY_NOON)
    assert not past.filter(status=MessageStatus.SCHEDULED.value).exists()
    sent = past.filter(status__in=(MessageStatus.ACCEPTED.value, MessageStatus.DELIVERED.value))
    assert sent.exists()
    assert all(message.accepted_at == message.send_at and message.created_at <= message.send_at for message in sent)
    assert Attempt.objects.count() == sent.count()


def test_a_dose_falls_due_in_a_moment_at_any_hour_of_any_day() -> None:
    clinic = create_clinic(TUESDAY_NOON.date(), create_signins()["clinician"])
    for hour in range(7 * 24):
        now = (TUESDAY_NOON + timedelta(hours=hour)).astimezone(UTC)
        random = Random(hour)
        storyteller = Storyteller(now, Diary(clinic, random), random, clinic.treatments, NEW_YORK)
        for nth in range(3):
            ended_at = storyteller.visits(Stage.DOSE_SOON, nth)[-1].closed_at
            since = now + timedelta(seconds=40 * (nth + 1)) - ended_at
            assert since % timedelta(hours=3) == timedelta(0), f"{now}, patient {nth}"
            assert timedelta(hours=3) <= since <= timedelta(hours=24)


def test_the_command_makes_sign_ins_and_refuses_a_second_time() -> None:
    call_command("demo_data", patients=1)
    for username, password, role in DEMO_ACCOUNTS:
        browser = Client()
        signed_in = browser.post("/admin/login/", {"username": username, "password": password, "next": "/admin/"}, follow=True)
        assert signed_in.redirect_chain == [("/admin/", 302)], role
        assert signed_in.status_code == 200

    before = snapshot()
    with pytest.raises(CommandError, match="There are patients here already, and demo data goes into an empty database only"):
        call_command("demo_data", patients=1)
    assert snapshot() == before


def test_outside_the_demo_there_is_neither_data_nor_a_phone(settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="needs DEBUG=true and SMS_BACKEND=demo"):
        call_command("demo_data")
    assert not Patient.objects.exists()

    urls = sys.modules["clinic.urls"]
    try:
        reload(urls)
        clear_url_caches()
        assert Client().get("/demo/phone/").status_code == 404
        assert Client().post("/demo/phone/write/", {"patient": "1", "text": "hello"}).status_code == 404
    finally:
        settings.DEMO = True
        reload(urls)
        clear_url_caches()
    assert Client().get("/demo/phone/").status_code == 200


def test_the_phone_shows_what_has_arrived_and_what_comes_next() -> None:
    build(1, 1, now=TUESDAY_NOON)
    patient = Patient.objects.get()
    waiting = Message.objects.filter(status="scheduled").order_by("send_at").first()
    page = f"/demo/phone/?patient={patient.pk}"
    assert f'id="message-{waiting.pk}"' not in Client().get(page).text

    Message.objects.filter(pk=waiting.pk).update(status=MessageStatus.ACCEPTED.value, accepted_at=waiting.send_at)
    text = Client().get(page).text

    assert f'id="message-{waiting.pk}"' in text
    assert f"{patient.full_name}’s phone" in text
    assert "planned for Tue 12:00 PM" in text
    assert "planned for Tue, Nov 24, 3:00 PM" in text  # the next dose


def test_an_email_is_shown_in_a_sandbox() -> None:
    build(1, 1, now=TUESDAY_NOON)
    email = Message.objects.filter(channel="email", status="scheduled").first()
    address = f"/demo/phone/mail/{email.pk}/"
    assert Client().get(address).status_code == 404  # it hasn't arrived yet
    Message.objects.filter(pk=email.pk).update(status=MessageStatus.ACCEPTED.value, accepted_at=email.send_at)

    answer = Client().get(address)

    assert answer.text == email.html
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_skipping_moves_what_is_scheduled_and_nothing_else() -> None:
    build(2, 1, now=TUESDAY_NOON)
    before = {message.pk: message for message in Message.objects.all()}
    planned = list(CareMessage.objects.order_by("pk").values_list("planned_for", flat=True))

    moved = skip(timedelta(hours=3), now=TUESDAY_NOON)

    scheduled = [message for message in before.values() if message.status == MessageStatus.SCHEDULED]
    assert moved == len(scheduled)
    for after in Message.objects.all():
        was = before[after.pk]
        if was in scheduled:
            assert after.send_at == was.send_at - timedelta(hours=3)
            assert after.due_at == min(was.due_at, max(was.due_at - timedelta(hours=3), TUESDAY_NOON))
            assert after.expires_at == max(was.expires_at, TUESDAY_NOON + timedelta(minutes=10))
            assert (after.quiet_from, after.quiet_until) == (None, None)
        else:
            assert (after.send_at, after.expires_at, after.status) == (was.send_at, was.expires_at, was.status)
    assert list(CareMessage.objects.order_by("pk").values_list("planned_for", flat=True)) == planned


def test_skipping_a_day_sends_all_eight_doses_and_lets_none_expire() -> None:
    build(1, 1, now=TUESDAY_NOON)
    first_day = CareMessage.objects.filter(
        kind="dose", planned_for__gt=TUESDAY_NOON, planned_for__lt=TUESDAY_NOON + timedelta(hours=21, minutes=5)
    )

    skip(timedelta(hours=24), now=TUESDAY_NOON)
    dispatch(now=TUESDAY_NOON)

    assert set(first_day.values_list("message__status", flat=True)) == {"accepted"}


@pytest.mark.parametrize("hours", ["", "-3", "3000", "three"])
def test_only_the_offered_hours_can_be_skipped(hours: str) -> None:
    assert Client().post("/demo/phone/skip/", {"hours": hours}).status_code == 400


def test_skipping_needs_the_pages_own_form() -> None:
    assert Client(enforce_csrf_checks=True).post("/demo/phone/skip/", {"hours": "3"}).status_code == 403


@pytest.mark.parametrize("patient", ["x", "0", "9" * 40, "²"])
def test_a_patient_that_isnt_there_shows_the_newest_phone(patient: str) -> None:
    assert Client().get("/demo/phone/", {"patient": patient}).status_code == 200
