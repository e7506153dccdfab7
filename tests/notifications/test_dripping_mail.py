"""A mail server that never comes to an end: a word every now and then, so that no single read takes too long."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from django.utils import timezone

from notifications import services
from notifications.channels import email
from notifications.models import Message

pytestmark = pytest.mark.django_db(transaction=True)

DRIPS_FOR_SECONDS = 6


@pytest.fixture
def dripping(settings, monkeypatch) -> Iterator[None]:
    """Its greeting takes six seconds, a letter each tenth of one."""

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            Thread(target=drip, args=(client,), daemon=True).start()

    def drip(client: socket.socket) -> None:
        with client:
            client.sendall(b"220 ")
            for _ in range(DRIPS_FOR_SECONDS * 10):
                client.sendall(b"x")
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=serve, daemon=True).start()
        settings.CHANNELS = settings.CHANNELS | {"email": "email"}
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.getsockname()[1]
        settings.EMAIL_TIMEOUT = 3
        monkeypatch.setattr(email, "READS", 0.4)  # and so 1.2 seconds for the whole
        yield
        server.shutdown(socket.SHUT_RDWR)


def seconds() -> float:
    now = timezone.now()
    addresses = [("email", "ana@example.org"), ("sms", "+12125550101")]
    services.schedule([services.Draft(to, channel, to, "Words.", now, now + timedelta(hours=1)) for channel, to in addresses], now=now)
    begun = time.monotonic()
    services.dispatch()
    return time.monotonic() - begun


def test_it_doesnt_hold_a_worker(dripping):
    assert seconds() < DRIPS_FOR_SECONDS - 1
    assert set(Message.objects.values_list("channel", "status", "reason")) == {
        ("email", "uncertain", "the mail server didn't come to an end"),
        ("sms", "accepted", ""),
    }


def test_control_without_an_end_of_the_whole_it_would(dripping, monkeypatch):
    monkeypatch.setattr(email, "READS", 100)
    assert seconds() > DRIPS_FOR_SECONDS - 1
