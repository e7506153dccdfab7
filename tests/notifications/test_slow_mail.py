"""A mail server that takes its time, while a text falls due."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from notifications.models import Message
from notifications.services import Draft, dispatch_until_idle, schedule
from tests.clinic_world import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

TAKES_SECONDS = 6


def due(channel: str, address: str) -> None:
    now = timezone.now()
    schedule([Draft(channel, channel, address, "Words.", now, now + timedelta(hours=1), subject="Day 1")], now=now)


def dispatch_for_a_while() -> None:
    try:
        dispatch_until_idle(for_seconds=20)
    finally:
        connection.close()


def test_the_text_doesnt_wait_for_it(mail_server, twilio):
    def reply(recipient: str) -> str:
        time.sleep(TAKES_SECONDS)
        return "250 OK"

    mail_server.reply = reply
    due("email", "ana@example.org")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(dispatch_for_a_while)
        wait_until(lambda: Message.objects.filter(channel="email", status="sending").exists())
        due("sms", "+12125550101")
        wait_until(lambda: twilio.sent, seconds=TAKES_SECONDS - 1)
        assert mail_server.mails == []
        run.result(20)
    assert set(Message.objects.values_list("channel", "status")) == {("email", "accepted"), ("sms", "accepted")}
