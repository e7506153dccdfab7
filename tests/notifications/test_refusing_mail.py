"""What a mail server's answer says of an email, by the step at which it comes: before it has it, nothing has left."""

import smtplib
import ssl
from datetime import timedelta
from unittest.mock import Mock

import pytest

from notifications.channels import email as email_channel
from notifications.models import Alarm, Message
from notifications.services import dispatch, reconcile, remedy_for
from tests.notifications.conftest import NOON, row

MINUTE = timedelta(minutes=1)


@pytest.fixture
def message(text, mail_server, settings) -> Message:
    settings.PUBLIC_BASE_URL = "https://clinic.example.org"
    return text(channel="email", address="ana@example.org", subject="Día 1", expires_at=NOON + timedelta(hours=6))


def for_an_hour() -> None:
    for minutes in range(60):
        reconcile(now=NOON + minutes * MINUTE)
        dispatch(now=NOON + minutes * MINUTE)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_one_that_falls_silent_before_it_has_the_email_gets_it_when_it_is_back(message, mail_server, step):
    mail_server.answers[step] = ""
    for_an_hour()
    assert (row(message).status, row(message).reason) == ("scheduled", "to be tried again: the mail server didn't answer")
    assert mail_server.mails == []

    mail_server.answers.clear()
    dispatch(now=NOON + timedelta(hours=2))

    assert row(message).status == "accepted"
    assert len(mail_server.mails) == 1


def test_control_taken_for_one_that_may_have_it_the_email_would_be_given_up(message, mail_server, monkeypatch):
    monkeypatch.setattr(email_channel, "note_handing_over", lambda server: Mock(is_set=lambda: True))
    mail_server.answers["MAIL"] = ""
    for_an_hour()
    assert (row(message).status, row(message).reason) == ("failed", "it may have been sent: please check with the patient")


@pytest.mark.parametrize("answer", ["", "251 Mine", "Thanks"])
def test_one_whose_answer_is_none_once_it_has_the_email_gets_it_twice_at_most(message, mail_server, answer):
    mail_server.answers["DATA"] = answer
    for_an_hour()
    assert row(message).status == "failed"
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1
    assert len(mail_server.mails) == 2


@pytest.mark.parametrize(
    ("step", "answer"),
    [("AUTH", "535 5.7.8 Wrong password"), ("AUTH", "534 5.7.9 Too weak"), ("MAIL", "530 Sign in"), ("MAIL", "553 Not yours")],
)
def test_one_that_takes_nothing_from_us_is_an_operators_to_mend(message, mail_server, settings, step, answer):
    settings.OPERATOR_EMAILS = ["ops@example.org"]
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "afterglow", "a password"
    mail_server.answers[step] = answer
    for_an_hour()

    said = f"the mail server takes no emails from us ({answer[:3]})"
    assert (row(message).status, row(message).reason, row(message).error_code) == ("scheduled", f"to be tried again: {said}", answer[:3])
    alarm = Alarm.objects.get()
    assert (alarm.channel, alarm.code, alarm.explanation) == ("email", answer[:3], said)

    mail_server.answers.clear()
    dispatch(now=NOON + timedelta(hours=2))

    told, patients = sorted(mail_server.mails, key=lambda mail: mail["To"] == "ana@example.org")
    assert (told["To"], told["Subject"], patients["To"]) == ("ops@example.org", f"Afterglow needs you: {said}", "ana@example.org")
    assert "What to do: See that EMAIL_URL has the name and the password that the mail server wants" in told.get_content()


@pytest.mark.parametrize(("step", "answer"), [("AUTH", "454 4.7.0 Later"), ("MAIL", "451 Later"), ("DATA", "451 Greylisted")])
def test_one_that_has_no_time_for_us_is_nobodys_to_mend(message, mail_server, settings, step, answer):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "afterglow", "a password"
    mail_server.answers[step] = answer
    dispatch(now=NOON)
    assert (row(message).status, row(message).error_code) == ("scheduled", answer[:3])
    assert not Alarm.objects.exists()


def test_an_email_that_is_too_large_is_refused_for_good(message, mail_server):
    mail_server.answers["MAIL"] = "552 Too large"
    dispatch(now=NOON)
    assert (row(message).status, row(message).error_code) == ("failed", "552")
    assert not Alarm.objects.exists()


@pytest.mark.parametrize(
    "answer",
    [
        "554 5.7.1 <ana@example.org>: Relay access denied",
        "550 relay not permitted",
        "550 5.7.54 Unable to relay recipient",
        "571 Relaying denied",
    ],
)
def test_one_that_passes_nothing_on_is_an_operators_to_mend(message, mail_server, answer):
    mail_server.answers["RCPT"] = answer
    for_an_hour()
    assert (row(message).status, row(message).error_code) == ("scheduled", "relay")
    alarm = Alarm.objects.get()
    assert alarm.explanation == "the mail server doesn't pass our emails on"
    assert remedy_for(alarm).startswith("It takes emails for its own mailboxes only")

    mail_server.answers.clear()
    dispatch(now=NOON + timedelta(hours=2))
    assert row(message).status == "accepted"


@pytest.mark.parametrize("answer", ["550 5.1.1 No such user", "550 Mailbox unavailable", "552 5.2.2 Mailbox full"])
def test_an_address_that_it_doesnt_know_is_refused_for_good(message, mail_server, answer):
    mail_server.answers["RCPT"] = answer
    dispatch(now=NOON)
    assert (row(message).status, row(message).error_code) == ("failed", answer[:3])
    assert not Alarm.objects.exists()


@pytest.mark.parametrize("asks_for", ["EMAIL_USE_TLS", "EMAIL_HOST_USER"])
def test_one_that_isnt_as_it_is_set_up_is_an_operators_to_mend(message, mail_server, settings, asks_for, monkeypatch):
    monkeypatch.setattr(smtplib.SMTP, "ehlo", lambda server, name="": (250, b"nothing more"))
    settings.EMAIL_HOST_PASSWORD = "a password"
    setattr(settings, asks_for, "afterglow")
    dispatch(now=NOON)
    assert (row(message).status, row(message).error_code) == ("scheduled", "unsupported")
    alarm = Alarm.objects.get()
    assert alarm.explanation == "the mail server doesn't do what EMAIL_URL asks for"
    assert remedy_for(alarm).startswith("It offers no TLS, or no sign-in.")


def test_so_is_one_whose_certificate_cant_be_trusted(message, mail_server, settings, monkeypatch):
    monkeypatch.setattr(smtplib.SMTP, "starttls", Mock(side_effect=ssl.SSLCertVerificationError("certificate has expired")))
    settings.EMAIL_USE_TLS = True
    dispatch(now=NOON)
    assert mail_server.mails == []
    assert (row(message).status, row(message).error_code) == ("scheduled", "certificate")
    alarm = Alarm.objects.get()
    assert alarm.explanation == "the mail server's certificate can't be trusted"
    assert remedy_for(alarm).startswith("See that the certificate hasn't expired")
