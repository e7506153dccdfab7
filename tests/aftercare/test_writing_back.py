"""Ana writes back, and her provider says what became of a text: from the webhook to what the clinic does, nothing in between made up."""

from datetime import timedelta

import pytest

from aftercare.models import CareMessage, Concern, Consent
from aftercare.services import raise_concern, reachable_by, tell_by_email
from aftercare.services.changes.retelling import BY_EMAIL
from notifications.models import Message, Suppression
from notifications.services import dispatch
from tests.callbacks import receipt, reply
from tests.clinic_world import FIRST, ledger, local, outbox
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)
HOUR = timedelta(hours=1)
NOW = END + 3 * HOUR + timedelta(minutes=5)


@pytest.fixture
def treated(clinic, twilio):
    """Her first text is with Twilio; it is five past."""
    clinic.treat(clinic.consents(clinic.ana))
    dispatch(now=END + 3 * HOUR)
    with freeze_time(NOW):
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


class TestStopAndStartStandInTheConversation:
    """Done already, so that nobody needs to read them."""

    def lines(self) -> list[CareMessage]:
        assert not CareMessage.objects.to_read().exists()
        return ledger(reply__isnull=False)

    @pytest.mark.parametrize("stop", ["STOP", "Alto.", "please stop texting me", "deja de escribirme"])
    @pytest.mark.parametrize("start", ["START", "reanudar"])
    def test_in_both_languages(self, treated, stop, start):
        reply(stop)
        reply(start)
        assert [(line.patient, line.reply.body, line.reply.meaning) for line in self.lines()] == [
            (treated.ana, stop, "stop"),
            (treated.ana, start, "start"),
        ]
        assert {(line.read_at, line.read_by, line.concern, line.answers) for line in self.lines()} == {(NOW, None, None, None)}

    def test_of_two_with_one_number_with_both(self, treated):
        treated.chloe.phone = "+12125550101"
        treated.chloe.save()
        reply("STOP")
        assert [line.patient for line in self.lines()] == [treated.ana, treated.chloe]

    def test_of_a_number_that_no_patient_has_too(self, treated):
        reply("STOP", number="+12125550177")
        assert [line.patient for line in self.lines()] == [None]

    def test_delivered_once_more_it_stands_there_once(self, treated):
        for _ in range(2):
            reply("STOP", sid="SMstop")
        assert len(self.lines()) == 1

    def test_a_start_from_who_never_said_stop_is_to_be_read(self, treated):
        reply("START")
        assert [line.reply.body for line in CareMessage.objects.to_read()] == ["START"]

    def test_while_a_concern_is_open_and_a_check_in_awaits_an_answer_it_changes_neither(self, treated):
        check_in = ledger(kind="check_in")[0]
        Message.objects.filter(pk=check_in.message_id).update(status="accepted", send_at=NOW - HOUR)
        concern = raise_concern(patient=treated.ana, severity="urgent", said="bleeding", now=NOW)
        heard = concern.heard
        reply("STOP")
        concern = Concern.objects.get()
        assert (concern.heard, concern.said, concern.acknowledged_at) == (heard, "bleeding", None)
        assert [line.reply.body for line in self.lines()] == ["STOP"]
        assert outbox(dedupe_key__startswith="answer-") == []


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
