"""A listener that fails harms nobody but itself, and somebody hears of it."""

import logging
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from notifications.channels import Outcome
from notifications.domain.states import Verdict
from notifications.models import Alarm, DailyCount, Message, Suppression
from notifications.services import claim_due, suppress
from notifications.services.receiving import record_receipt
from notifications.services.recording import record
from notifications.services.replies import receive_reply
from notifications.signals import address_opted_out, message_failed, reply_received
from tests.notifications.conftest import NOON

ANA = "+12125550101"


@contextmanager
def listening(signal, listener):
    signal.connect(listener)
    try:
        yield
    finally:
        signal.disconnect(listener)


def fails(**news):
    DailyCount.objects.create(channel="sms", day="2026-11-10", messages=1)  # what it had begun
    raise ZeroDivisionError("about +12125550101, who wrote: it stings")


def test_a_batchs_outcomes_are_kept(text):
    messages = [text(), text()]
    with listening(message_failed, fails):
        record(claim_due(now=NOON).to_send, [Outcome(Verdict.REFUSED_FOR_GOOD, code="21211"), Outcome(Verdict.ACCEPTED, "SM1")], now=NOON)
    assert [Message.objects.get(pk=message.pk).status for message in messages] == ["failed", "accepted"]
    assert not DailyCount.objects.exists()


def test_a_stop_holds(db):
    with listening(address_opted_out, fails):
        assert receive_reply("sms", ANA, "STOP", provider_id="SM1", now=NOON) == ""
    assert Suppression.objects.count() == 1


def test_a_reply_is_kept(db):
    with listening(reply_received, fails):
        receive_reply("sms", ANA, "it won't stop stinging", provider_id="SM1", now=NOON)
    assert Alarm.objects.get().code == "listener failed"


def test_a_receipt_is_kept(text, twilio):
    message = text()
    (claimed,) = claim_due(now=NOON).to_send
    with listening(message_failed, fails):
        record_receipt(message.pk, claimed.token, provider_id="SM" + "1" * 32, status="undelivered", error_code="30005", now=NOON)
    message.refresh_from_db()
    assert message.status == "undelivered"


def test_an_operator_hears_of_it_and_nobody_of_the_patient(db, caplog, settings):
    settings.OPERATOR_EMAILS = ["operator@example.org"]
    caplog.set_level(logging.INFO)
    with listening(address_opted_out, fails):
        suppress("sms", ANA, reason="said stop")
    (line,) = (record.getMessage() for record in caplog.records)
    assert "ZeroDivisionError in fails" in line
    assert "0101" not in line
    assert "stings" not in line
    told = Message.objects.get(channel="email")
    assert told.subject.startswith("Afterglow needs you: ZeroDivisionError in fails")
    assert "0101" not in told.body


def test_without_postgresql_the_caller_hears_of_it(db):
    def gone(**news):
        raise OperationalError

    with listening(address_opted_out, gone), pytest.raises(OperationalError):
        suppress("sms", ANA, reason="said stop")
