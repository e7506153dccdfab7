"""A text that can't be delivered goes by email where that is of use, allowed, and certain not to say it twice."""

from datetime import timedelta
from threading import Barrier, Event

import pytest

from aftercare.domain.reasons import NO_CONSENT_FOR_EMAILS
from aftercare.models import CareMessage
from aftercare.services import reachable_by, tell_by_email
from aftercare.services.changes import lines, retelling
from aftercare.services.changes.retelling import BY_EMAIL
from aftercare.services.plans.stopping import stop_plan
from aftercare.services.telling import tellings
from notifications.domain.deciding import ASK_HER
from notifications.models import Alarm, Message
from notifications.services import dispatch
from scheduling import services as scheduling
from scheduling.models import Patient
from tests.clinic_world import FIRST, TODAY, at, ledger, local, outbox, wait_until, waiting_for_a_lock
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def fail(message: Message, now, *, status="undelivered", reason="Twilio's error 30005") -> int:
    """As the provider's receipt, or the last try, leaves it; and then somebody looks."""
    Message.objects.filter(pk=message.pk).update(status=status, reason=reason, error_code="30005")
    return tell_by_email(now)


@pytest.fixture
def first_dose(clinic) -> Message:
    """Ana agreed to texts and to emails; her first text is out."""
    clinic.treat(clinic.consents(clinic.ana))
    dispatch(now=END + 3 * HOUR)
    [accepted] = outbox("accepted")
    return accepted


def stand_ins() -> list[CareMessage]:
    return ledger(stands_in_for__isnull=False)


def test_it_goes_by_email_at_once_as_long_as_it_is_of_use(first_dose):
    fail(first_dose, END + 3 * HOUR + 5 * MINUTE)

    [line] = stand_ins()
    assert (line.reason, line.channel, local(line.planned_for)) == (BY_EMAIL, "email", "Tue 3 Nov 17:00")
    assert line.stands_in_for.message == first_dose
    assert (line.message.address, line.message.subject) == ("ana1@example.org", "Time for your hyaluronic acid serum (1 of 8)")
    assert (local(line.message.send_at), line.message.expires_at) == ("Tue 3 Nov 17:05", first_dose.expires_at)
    assert dispatch(now=END + 3 * HOUR + 5 * MINUTE).accepted == 1
    # The others are still to be tried as texts: a phone may have been off.
    assert len(outbox(channel="sms")) > 20


def test_said_three_times_it_is_one_email(first_dose):
    for minutes in (5, 6, 7):
        fail(first_dose, END + 3 * HOUR + minutes * MINUTE)
    assert len(stand_ins()) == 1


def test_control_without_that_look_the_database_itself_refuses_the_second(first_dose):
    from django.db import IntegrityError, transaction

    fail(first_dose, END + 3 * HOUR + 5 * MINUTE)
    [line] = stand_ins()
    line.pk = line.message = None
    with pytest.raises(IntegrityError, match="stands_in_for"), transaction.atomic():
        line.save(force_insert=True)


def test_not_when_it_may_have_arrived(first_dose):
    assert fail(first_dose, END + 3 * HOUR + 5 * MINUTE, status="failed", reason=ASK_HER) == 0
    assert stand_ins() == []


def test_control_without_that_question_she_would_read_it_twice(first_dose, monkeypatch):
    monkeypatch.setattr(lines, "ASK_HER", "")
    assert fail(first_dose, END + 3 * HOUR + 5 * MINUTE, status="failed", reason=ASK_HER) == 1
    assert len(stand_ins()) == 1


def test_not_when_somebody_has_called_her_meanwhile(first_dose):
    CareMessage.objects.filter(message=first_dose).update(dealt_with_at=END + 3 * HOUR + 4 * MINUTE)
    assert fail(first_dose, END + 3 * HOUR + 5 * MINUTE) == 0
    assert stand_ins() == []


def test_what_fails_with_one_patient_stops_no_other(clinic, monkeypatch):
    clinic.treat(clinic.consents(clinic.ana))
    clinic.treat(clinic.consents(clinic.ben), FIRST + 2 * HOUR)
    doses = outbox(dedupe_key__endswith="-serum-day-1")
    Message.objects.filter(pk__in=[dose.pk for dose in doses]).update(status="failed", reason="Twilio's error 21614")
    real = retelling._tell_again

    def not_hers(patient, *args):
        if patient == clinic.ana:
            raise RuntimeError("a fault of ours")
        real(patient, *args)

    monkeypatch.setattr(retelling, "_tell_again", not_hers)
    assert tell_by_email(END + 3 * HOUR) == 1
    assert [line.patient for line in stand_ins()] == [clinic.ben]
    alarm = Alarm.objects.get()
    assert alarm.code == f"patient not told, patient {clinic.ana.pk}"
    assert alarm.explanation == "RuntimeError when an undelivered text was to go by email"


def test_not_when_it_is_too_late(first_dose):
    assert local(first_dose.expires_at) == "Tue 3 Nov 19:00"
    fail(first_dose, first_dose.expires_at)
    assert stand_ins() == []


def test_control_a_moment_earlier_it_goes(first_dose):
    fail(first_dose, first_dose.expires_at - MINUTE)
    assert len(stand_ins()) == 1


def test_without_consent_to_emails_the_ledger_says_so(clinic):
    clinic.treat(clinic.consents(clinic.ana, "sms"))
    dispatch(now=END + 3 * HOUR)
    [message] = outbox("accepted")
    fail(message, END + 3 * HOUR + MINUTE)
    assert stand_ins() == []
    assert CareMessage.objects.get(message=message).reason == NO_CONSENT_FOR_EMAILS
    assert outbox(channel="email") == []


def test_in_her_language_with_the_nights_doses_in_one(clinic):
    clinic.ana.language, clinic.ana.wants_quiet_nights = "es", True
    clinic.ana.save()
    clinic.treat(clinic.consents(clinic.ana))
    night = Message.objects.get(dedupe_key__endswith="-serum-day-3-night")
    fail(night, night.send_at, status="failed")
    [line] = stand_ins()
    assert line.message.subject == "Su sérum hialurónico esta noche"
    assert "11:00 PM, 2:00 AM y 5:00 AM" in line.message.body


def test_a_confirmation_and_a_reminder_too(clinic):
    clinic.book(clinic.consents(clinic.ana))
    confirmation, reminder, _ = outbox()
    fail(confirmation, TODAY + MINUTE, status="failed")
    fail(reminder, reminder.send_at + MINUTE)
    assert [(line.message.subject, local(line.message.send_at)) for line in stand_ins()] == [
        ("You are booked for Tue, Nov 3", "Mon 26 Oct 09:01"),
        ("See you Tue, Nov 3", "Sun 1 Nov 13:01"),
    ]


def test_of_an_appointment_that_was_moved_meanwhile_the_old_time_isnt_told(clinic):
    booked = clinic.book(clinic.consents(clinic.ana))
    dispatch(now=TODAY)
    [confirmation] = outbox("accepted")
    moved = scheduling.move(booked, starts_at=at("2026-11-05", "15:00"), now=TODAY + HOUR)
    fail(confirmation, TODAY + HOUR + MINUTE)
    assert stand_ins() == []

    [news] = outbox(caremessage__kind="confirmation")
    fail(news, TODAY + HOUR + 2 * MINUTE, status="failed")
    assert [line.message.subject for line in stand_ins()] == ["Your session is moved to Thu, Nov 5"]
    dispatch(now=TODAY + 2 * HOUR)
    scheduling.cancel(moved, reason="ill", now=TODAY + 3 * HOUR)
    [notice] = outbox(caremessage__kind="cancellation")
    fail(notice, TODAY + 3 * HOUR + MINUTE, status="failed")
    assert stand_ins()[-1].message.subject == "Your session on Thu, Nov 5 is cancelled"


def test_of_a_session_that_was_reopened_nothing_goes_by_email(clinic, first_dose):
    scheduling.reopen(CareMessage.objects.get(message=first_dose).appointment, now=END + 4 * HOUR)
    fail(first_dose, END + 4 * HOUR + MINUTE)
    assert stand_ins() == []


def test_an_email_that_fails_isnt_texted(clinic):
    clinic.treat(clinic.consents(clinic.ana))
    email = outbox(channel="email")[0]
    fail(email, email.send_at, status="failed")
    assert stand_ins() == []


def test_a_stand_in_goes_to_the_address_of_today(clinic, first_dose):
    with freeze_time(END + 3 * HOUR):
        clinic.ana.email = "ana@new.example.org"
        clinic.ana.save()
    assert reachable_by(clinic.ana, "care") == {"sms": "+12125550101"}
    fail(first_dose, END + 3 * HOUR + MINUTE)
    assert CareMessage.objects.get(message=first_dose).reason == NO_CONSENT_FOR_EMAILS


def test_looked_for_by_five_at_once_it_is_one_email(committed_clinic, at_once):
    clinic = committed_clinic
    clinic.treat(clinic.consents(clinic.ana))
    dispatch(now=END + 3 * HOUR)
    [first] = outbox("accepted")
    Message.objects.filter(pk=first.pk).update(status="undelivered")
    answers = at_once([lambda: tell_by_email(END + 3 * HOUR + MINUTE)] * 5)
    assert sorted(answers) == [0, 0, 0, 0, 1]
    assert len(stand_ins()) == 1
    assert not Alarm.objects.exists()


def test_control_without_the_lock_four_of_them_would_end_in_an_error(committed_clinic, at_once, monkeypatch):
    clinic = committed_clinic
    clinic.treat(clinic.consents(clinic.ana))
    dispatch(now=END + 3 * HOUR)
    [first] = outbox("accepted")
    Message.objects.filter(pk=first.pk).update(status="undelivered")
    monkeypatch.setattr(retelling, "hold_alone", lambda pk: Patient.objects.get(pk=pk))
    have_all_looked, tell_again = Barrier(5), retelling._tell_again

    def once_all_have_looked(*args):  # by itself one would now and then be done before the next began
        have_all_looked.wait(timeout=20)
        tell_again(*args)

    monkeypatch.setattr(retelling, "_tell_again", once_all_have_looked)
    answers = at_once([lambda: tell_by_email(END + 3 * HOUR + MINUTE)] * 5)
    assert sorted(answers) == [0, 0, 0, 0, 1]
    assert len(stand_ins()) == 1
    assert Alarm.objects.get().times == 4


class TestChangedAtThatMoment:
    """A text couldn't be delivered, and at that very moment she has another email address, or her plan is stopped."""

    @pytest.fixture
    def both_at_once(self, committed_clinic, at_once, monkeypatch):
        clinic = committed_clinic
        session = clinic.treat(clinic.consents(clinic.ana))
        dose = Message.objects.get(dedupe_key__endswith="-serum-day-1")
        Message.objects.filter(pk=dose.pk).update(status="failed", reason="Twilio's error 21614")
        real, is_read, is_changed = tellings.write, Event(), Event()

        def slowly(*args, **options):
            if not is_read.is_set():
                is_read.set()  # the plan runs, and the address is hers; the email isn't written yet
                wait_until(lambda: is_changed.is_set() or waiting_for_a_lock())
            real(*args, **options)

        def moved():
            clinic.ana.email = "ana@new.example.org"
            clinic.ana.save()

        def stopped():
            stop_plan(session, reason="allergic", now=END + MINUTE)

        def run(change):
            def changes():
                assert is_read.wait(20)
                change()
                is_changed.set()

            with freeze_time(END + MINUTE, tick=True):
                return at_once([lambda: tell_by_email(END + MINUTE), changes])

        monkeypatch.setattr(tellings, "write", slowly)
        return lambda what: run({"address": moved, "plan": stopped}[what])

    @pytest.mark.parametrize("what", ["address", "plan"])
    def test_no_email_stays_queued(self, both_at_once, what):
        assert both_at_once(what) == [1, None]
        assert outbox(channel="email", caremessage__stands_in_for__isnull=False) == []
        assert [line.message.status for line in stand_ins() if line.reason == BY_EMAIL] == ["cancelled"]

    @pytest.mark.parametrize("what", ["address", "plan"])
    def test_control_without_the_lock_one_would(self, both_at_once, what, monkeypatch):
        monkeypatch.setattr(retelling, "hold_alone", lambda pk: Patient.objects.get(pk=pk))
        assert both_at_once(what) == [1, None]
        [email] = outbox(channel="email", caremessage__stands_in_for__isnull=False)
        assert email.address == "ana1@example.org"
