"""What CONTRIBUTING.md promises: to add a channel, copy a file."""

import shutil
import sys
from datetime import timedelta

import pytest

from notifications import channels
from notifications.channels import demo
from notifications.services import dispatch, poll
from tests.notifications.conftest import NOON, row

CONFIRMING = """

async def fetch(self, message):
    return "landed", ""


Channel.confirms, Channel.fetch = True, fetch


def read(status, code):
    from notifications.domain.receipts import News
    from notifications.domain.states import MessageStatus

    return News(MessageStatus.DELIVERED if status == "landed" else None)


def remedy(code):
    return ""
"""


@pytest.fixture
def pigeon(tmp_path, monkeypatch, settings):
    """A copy of demo.py that stands beside it, and texts that go by it."""
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path)])
    copy = tmp_path / "pigeon.py"
    shutil.copy(demo.__file__, copy)
    settings.CHANNELS = settings.CHANNELS | {"sms": "pigeon"}
    yield copy
    sys.modules.pop("notifications.channels.pigeon", None)


def test_a_copied_file_that_is_named_in_the_settings_sends(text, pigeon):
    pigeon.write_text(pigeon.read_text().replace("demo-", "pigeon-"))
    message = text()

    dispatch(now=NOON)

    assert row(message).status == "accepted"
    assert row(message).provider_id.startswith("pigeon-")
    assert row(message).poll_at is None


def test_one_that_confirms_is_asked_and_read(text, pigeon):
    pigeon.write_text(pigeon.read_text() + CONFIRMING)
    message = text()

    dispatch(now=NOON)
    poll(now=NOON + timedelta(hours=1))

    assert (row(message).status, row(message).delivered_at) == ("delivered", NOON + timedelta(hours=1))
