from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from notifications.channels import courier
from notifications.models import Message
from notifications.services import Draft, dispatch, schedule
from tests.clinic_world import at

NOON = at("2026-11-10", "12:00")


@pytest.fixture(autouse=True)
def _wide_open():
    """No window that another test's refusals have shrunk."""
    courier._sizes.clear()


@pytest.fixture
def text(db: None) -> Callable[..., Message]:
    """Schedule a text that is due at noon and worth something for two hours."""
    numbers = count(1)

    def write(now=NOON, **changed) -> Message:
        number = next(numbers)
        wanted = {
            "dedupe_key": f"text-{number}",
            "channel": "sms",
            "address": f"+1212555{number:04}",
            "body": f"Maple Street Clinic: text number {number}.",
            "send_at": now,
            "expires_at": now + timedelta(hours=2),
        }
        (message,) = schedule([Draft(**wanted | changed)], now=now)
        return Message.objects.get(pk=message.pk)

    return write


@pytest.fixture
def sent(text, twilio):
    """A text that Twilio took at noon."""

    def send(**changed) -> Message:
        message = text(**changed)
        dispatch(now=NOON)
        return row(message)

    return send


def row(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)
