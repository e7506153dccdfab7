"""Ana writes back, and her provider says what became of a text: from the webhook to what the clinic does, nothing in between made up."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from aftercare.models import CareMessage, Consent
from aftercare.services import reachable_by, tell_by_email
from aftercare.services.changes.retelling import BY_EMAIL
from notifications.models import Suppression
from notifications.services import dispatch
from tests.callbacks import receipt, reply
from tests.clinic_world import FIRST, ledger, local, outbox

END = FIRST + timedelta(hours=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def treated(clinic, twilio):
    """Her first text is with Twilio; it is five past."""
    clinic.treat(clinic.consents(clinic.ana))
    dispatch(now=END + 3 * HOUR)
    with freeze_time(END + 3 * HOUR + timedelta(minutes=5)):
        yield clinic


def test_stop_then_start(treated):
    ana = treated.ana
    reply("Stop texting me please")
    assert Suppression.objects.count() == 1
    assert outbox(channel="sms") == []
    assert {message.address for message in outbox()} == {"ana1@example.org"}
    assert Consent.objects.latest("given_at").source == "STOP by text"
    reply("START")
    assert reachable_by(ana, "care") == {"email": "ana1@example.org", "sms": "+12125550101"}
    assert len(outbox()) == 31  # by email now, each of them once


def test_it_wont_stop_stinging_is_no_stop_and_is_there_to_be_read(treated):
    reply("it won't stop stinging")
    [line] = CareMessage.objects.to_read()
    assert (line.patient, line.reply.body) == (treated.ana, "it won't stop stinging")
    assert len(outbox(channel="sms")) > 20


def test_a_stop_with_more_in_it_is_both(treated):
    reply("Stop texting me. My face is swollen")
    assert outbox(channel="sms") == []
    assert [line.reply.body for line in CareMessage.objects.to_read()] == ["Stop texting me. My face is swollen"]


def test_help_is_answered(treated):
    reply("HELP")
    [answer] = outbox(caremessage__kind="reply")
    assert answer.body == "Maple Street Clinic: we are here for you. Call us at (212) 555-0100. Reply STOP to opt out."


def test_a_receipt_says_that_it_didnt_arrive_twice_and_it_goes_by_email_once(treated):
    [first] = outbox("accepted")
    for _ in range(2):
        assert receipt(first, "undelivered", code="30005", sid=first.provider_id).status_code == 204
    # Whoever took the receipt needn't live on: that is all it did.
    assert ledger(stands_in_for__isnull=False) == []
    assert [tell_by_email(), tell_by_email()] == [1, 0]
    [stand_in] = ledger(stands_in_for__isnull=False)
    assert (stand_in.reason, local(stand_in.message.send_at)) == (BY_EMAIL, "Tue 3 Nov 17:05")
    first.refresh_from_db()
    assert first.status == "undelivered"


def test_a_receipt_that_it_arrived_changes_nothing(treated):
    [first] = outbox("accepted")
    receipt(first, "delivered", sid=first.provider_id)
    assert ledger(stands_in_for__isnull=False) == []


def test_a_receipt_that_she_opted_out_at_the_provider_silences_the_number(treated):
    [first] = outbox("accepted")
    receipt(first, "undelivered", code="21610", sid=first.provider_id)
    assert outbox(channel="sms") == []
    tell_by_email()
    assert len(ledger(stands_in_for__message=first)) == 1
