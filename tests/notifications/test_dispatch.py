"""Claim, send, record: over the official SDK to a server on loopback that takes, refuses, hangs up and forgets."""

import logging
from datetime import timedelta
from email.utils import parseaddr
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from notifications.channels import Outcome, demo
from notifications.channels import twilio as twilio_channel
from notifications.domain.states import Verdict
from notifications.models import Attempt, Message, Suppression
from notifications.services import claim_due, dispatch, dispatch_until_idle, reconcile
from notifications.services.recording import record
from notifications.signals import address_opted_out, message_failed
from tests.notifications.conftest import NOON, row
from tests.providers import Answer

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _not_the_real_time(monkeypatch):
    """Noon in these stories is not now, and the provider's validity counts from now."""
    monkeypatch.setattr(twilio_channel, "timezone", type("Noon", (), {"now": staticmethod(lambda: NOON)}))


@pytest.fixture
def failures():
    heard = []

    def hear(message_id, reference, **kwargs):
        heard.append((message_id, reference))

    message_failed.connect(hear)
    yield heard
    message_failed.disconnect(hear)


def stands(message: Message) -> tuple[str, str, str]:
    now = row(message)
    return now.status, now.reason, now.error_code


class TestAccepted:
    def test_a_text_reaches_the_provider_as_it_was_written(self, text, twilio):
        message = text(address="+12125550101", body="Maple Street Clinic: see you Tue, Nov 10 at 2:00 PM. ¿Dudas? €")
        assert dispatch(now=NOON) == (1, 0, 0, False)
        (form,) = twilio.sent
        assert {name: form[name] for name in ("To", "From", "Body", "ValidityPeriod")} == {
            "To": "+12125550101",
            "From": "+12125550199",
            "Body": "Maple Street Clinic: see you Tue, Nov 10 at 2:00 PM. ¿Dudas? €",
            "ValidityPeriod": "7200",
        }
        sent = row(message)
        assert (sent.status, sent.provider_id, sent.accepted_at, sent.lease_until) == ("accepted", form["sid"], NOON, None)
        attempt = Attempt.objects.get()
        assert (attempt.verdict, attempt.finished_at, attempt.error_code) == ("accepted", NOON, "")

    def test_with_a_messaging_service_there_is_no_sender(self, text, twilio, settings):
        settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "0" * 32
        text()
        dispatch(now=NOON)
        assert twilio.sent[0]["MessagingServiceSid"] == "MG" + "0" * 32
        assert "From" not in twilio.sent[0]

    @pytest.mark.parametrize(
        ("valid_for", "seconds"), [(timedelta(hours=24), "36000"), (timedelta(minutes=10), "600"), (timedelta(seconds=1), "1")]
    )
    def test_the_provider_drops_it_when_it_is_worthless(self, text, twilio, valid_for, seconds):
        text(expires_at=NOON + valid_for)
        dispatch(now=NOON)
        assert twilio.sent[0]["ValidityPeriod"] == seconds

    def test_a_second_run_sends_nothing_again(self, text, twilio):
        text()
        dispatch(now=NOON)
        assert dispatch(now=NOON) == (0, 0, 0, False)
        assert len(twilio.requests) == 1

    def test_until_idle_sends_more_than_one_batch(self, text, twilio, settings):
        settings.DISPATCH_BATCH_SIZE = 10
        for _ in range(25):
            text()
        assert dispatch(now=NOON) == (10, 0, 0, True)
        assert dispatch_until_idle(now=NOON) == (15, 0, 0, False)
        assert len({form["To"] for form in twilio.sent}) == 25

    def test_a_batch_is_sent_concurrently(self, text, twilio):
        """Sixteen answers of a quarter of a second each: one after the other they would take four seconds."""
        for _ in range(16):
            text()
        twilio.answer = lambda form: Answer(after_seconds=0.25)
        started_at = timezone.now()
        dispatch(now=NOON)
        assert timezone.now() - started_at < timedelta(seconds=4)
        assert len(twilio.sent) == 16


class TestRefused:
    def test_for_now_it_is_tried_again_after_a_pause(self, text, twilio):
        message = text()
        twilio.answer = lambda form: Answer(429, 20429)
        assert dispatch(now=NOON) == (0, 1, 0, False)
        assert stands(message) == (
            "scheduled",
            "to be tried again: Twilio takes no more texts from us just now (Twilio's error 20429)",
            "20429",
        )
        assert timedelta(seconds=15) <= row(message).send_at - NOON <= timedelta(seconds=30)

        twilio.answer = lambda form: Answer()
        assert dispatch(now=NOON + timedelta(seconds=14)) == (0, 0, 0, False)
        assert dispatch(now=NOON + timedelta(seconds=31)).accepted == 1
        assert (row(message).status, row(message).attempts, row(message).error_code) == ("accepted", 2, "")
        assert len(twilio.sent) == 1

    def test_the_pauses_grow_and_end_with_its_validity(self, text, twilio):
        message = text(expires_at=NOON + timedelta(minutes=5))
        twilio.answer = lambda form: Answer(429, 20429)
        now, pauses = NOON, []
        while row(message).status == "scheduled":
            dispatch(now=now)
            pauses.append(row(message).send_at - now)
            now = row(message).send_at
            assert len(pauses) < 12
        assert stands(message) == (
            "expired",
            "not accepted in time: Twilio takes no more texts from us just now (Twilio's error 20429)",
            "20429",
        )
        assert all(timedelta(seconds=15) * 2**n <= pause <= timedelta(seconds=30) * 2**n for n, pause in enumerate(pauses[:-1]))
        assert now < NOON + timedelta(minutes=5)
        assert twilio.sent == []

    def test_a_provider_that_isnt_there_is_tried_again(self, text, twilio, settings):
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
        message = text()
        dispatch(now=NOON)
        assert stands(message) == ("scheduled", "to be tried again: Twilio can't be reached", "unreachable")

    @pytest.mark.parametrize(("code", "words"), [(21211, "isn't valid"), (21614, "can't get texts")])
    def test_for_good_it_has_failed_and_somebody_hears_of_it(self, text, twilio, failures, code, words):
        message = text(reference="patient-7")
        twilio.answer = lambda form: Answer(400, code)
        dispatch(now=NOON)
        assert stands(message) == ("failed", f"the number {words} (Twilio's error {code})", str(code))
        assert failures == [(message.pk, "patient-7")]
        assert dispatch(now=NOON + timedelta(hours=1)) == (0, 0, 0, False)

    def test_an_opted_out_number_is_suppressed_and_nobody_else(self, text, twilio, failures):
        heard = []

        def hear(channel, address, **kwargs):
            heard.append((channel, address))

        first = text(address="+12125550101")
        later = text(address="+12125550101", send_at=NOON + timedelta(hours=1), expires_at=NOON + timedelta(hours=3))
        by_email = text(channel="email", address="ana@example.org", send_at=NOON + timedelta(hours=1), expires_at=NOON + timedelta(hours=3))
        other = text(address="+12125550102")
        twilio.answer = lambda form: Answer(400, 21610) if form["To"] == "+12125550101" else Answer()
        address_opted_out.connect(hear)

        dispatch(now=NOON)
        assert stands(first) == ("suppressed", "the address opted out", "21610")
        assert row(other).status == "accepted"
        assert (row(later).status, row(by_email).status) == ("scheduled", "scheduled")
        assert Suppression.objects.get().reason == "provider's error 21610"
        assert "0101" not in Suppression.objects.get().address_hash

        dispatch(now=NOON + timedelta(hours=1))
        assert stands(later)[:2] == ("suppressed", "the address opted out")
        assert row(by_email).status == "accepted"
        assert heard == [("sms", "+12125550101")]
        assert failures == []
        assert [form["To"] for form in twilio.requests].count("+12125550101") == 1


class TestUncertain:
    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (Answer(500, 20500), "20500"),
            (Answer(503, None), "503"),
            (Answer(hangs_up=True), "ServerDisconnectedError"),
            (Answer(after_seconds=3), "TimeoutError"),
        ],
    )
    def test_what_may_have_gone_out_is_not_sent_again_at_once(self, text, twilio, settings, answer, code):
        settings.TWILIO_TIMEOUT_SECONDS = 1.5
        message = text()
        twilio.answer = lambda form: answer
        dispatch(now=NOON)
        status, _, error_code = stands(message)
        assert (status, row(message).lease_until) == ("uncertain", NOON + 2 * MINUTE)
        assert error_code in (code, "ClientOSError", "ConnectionTimeoutError")
        assert dispatch(now=NOON + MINUTE) == (0, 0, 0, False)
        assert len(twilio.requests) == 1

    def test_found_at_the_provider_it_is_accepted_and_not_sent_again(self, text, twilio):
        twilio.now = lambda: NOON
        message = text()
        twilio.answer = lambda form: Answer(500, 20500, takes=True)
        dispatch(now=NOON)
        assert reconcile(now=NOON + MINUTE) == 0  # too early to look
        assert reconcile(now=NOON + 2 * MINUTE) == 1
        assert stands(message)[:2] == ("accepted", "found at the provider")
        assert (row(message).provider_id, row(message).accepted_at) == (twilio.sent[0]["sid"], NOON + 2 * MINUTE)
        assert [query["To"] for query in twilio.looked_up] == [message.address]
        assert len(twilio.requests) == 1

    def test_not_found_on_two_looks_it_is_sent_again_once(self, text, twilio):
        message = text()
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        assert reconcile(now=NOON + 2 * MINUTE) == 0
        assert row(message).status == "uncertain"
        assert reconcile(now=NOON + 11 * MINUTE) == 0  # the second look is ten minutes after the first
        assert len(twilio.looked_up) == 1
        assert reconcile(now=NOON + 12 * MINUTE) == 1
        assert stands(message)[:2] == ("scheduled", "not found at the provider")

        twilio.answer = lambda form: Answer()
        assert dispatch(now=NOON + 12 * MINUTE).accepted == 1
        assert len(twilio.sent) == 1

    def test_uncertain_once_more_it_has_failed_and_somebody_is_asked(self, text, twilio, failures):
        message = text(reference="patient-7")
        twilio.answer = lambda form: Answer(500, 20500)
        for minute in (0, 12):
            dispatch(now=NOON + minute * MINUTE)
            reconcile(now=NOON + (minute + 2) * MINUTE)
            reconcile(now=NOON + (minute + 12) * MINUTE)
        assert stands(message)[:2] == ("failed", "it may have been sent: please check with the patient")
        assert failures == [(message.pk, "patient-7")]
        assert len(twilio.requests) == 2

    def test_tries_that_were_certainly_not_taken_dont_count_as_the_one_resend(self, text, twilio):
        message = text()
        twilio.answer = lambda form: Answer(429, 20429)
        dispatch(now=NOON)
        twilio.answer = lambda form: Answer(500, 20500)
        now = row(message).send_at
        dispatch(now=now)
        reconcile(now=now + 2 * MINUTE)
        reconcile(now=now + 12 * MINUTE)
        assert stands(message)[:2] == ("scheduled", "not found at the provider")

    def test_a_look_that_fails_doesnt_count(self, text, twilio, settings):
        message = text()
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
        for minute in (2, 4, 6):
            assert reconcile(now=NOON + minute * MINUTE) == 0
        assert (row(message).status, row(message).lookups) == ("uncertain", 0)
        assert row(message).lease_until == NOON + 8 * MINUTE

    def test_a_provider_that_cant_be_asked_for_a_day_leaves_it_to_a_person(self, text, twilio, settings, failures):
        message = text(reference="patient-7")
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
        reconcile(now=NOON + timedelta(hours=23))
        assert (row(message).status, failures) == ("uncertain", [])
        reconcile(now=NOON + timedelta(hours=24))
        assert stands(message)[:2] == ("failed", "it may have been sent: please check with the patient")
        assert failures == [(message.pk, "patient-7")]

    def test_after_its_validity_it_isnt_sent_again(self, text, twilio):
        message = text(expires_at=NOON + 5 * MINUTE)
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        reconcile(now=NOON + 2 * MINUTE)
        reconcile(now=NOON + 12 * MINUTE)
        dispatch(now=NOON + 12 * MINUTE)
        assert stands(message)[:2] == ("expired", "too late to be of use")
        assert len(twilio.requests) == 1

    def test_an_older_text_with_the_same_words_is_another_one(self, text, twilio):
        twilio.now = lambda: NOON - timedelta(hours=45)  # the reminder before, word for word
        twilio.take({"To": "+12125550101", "Body": "See you."})
        twilio.now = lambda: NOON
        message = text(address="+12125550101", body="See you.")
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        reconcile(now=NOON + 2 * MINUTE)
        assert row(message).status == "uncertain"

    def test_another_text_to_the_same_number_is_another_one(self, text, twilio):
        twilio.now = lambda: NOON
        message = text(address="+12125550101")
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        twilio.take({"To": "+12125550101", "Body": "Something else."})
        reconcile(now=NOON + 2 * MINUTE)
        assert row(message).status == "uncertain"

    def test_where_the_provider_keeps_no_words_number_and_time_decide(self, text, twilio):
        """HIPAA redaction empties the body."""
        twilio.now = lambda: NOON
        message = text(address="+12125550101")
        twilio.answer = lambda form: Answer(500, 20500)
        dispatch(now=NOON)
        twilio.take({"To": "+12125550101", "Body": ""})
        reconcile(now=NOON + 2 * MINUTE)
        assert stands(message)[:2] == ("accepted", "found at the provider")


class TestALostWorker:
    def test_its_message_is_looked_for_before_it_is_sent_again(self, text, twilio):
        """Killed after the provider took it, before it could write that down."""
        twilio.now = lambda: NOON
        message = text()
        (claimed,) = claim_due(now=NOON).to_send
        twilio.take({"To": claimed.address, "Body": claimed.body})

        assert reconcile(now=NOON + timedelta(seconds=119)) == 0
        assert row(message).status == "sending"
        assert reconcile(now=NOON + timedelta(seconds=120)) == 1
        assert stands(message)[:2] == ("accepted", "found at the provider")
        assert twilio.requests == []

    def test_killed_before_the_provider_had_it_it_is_sent_once(self, text, twilio):
        message = text()
        claim_due(now=NOON)
        reconcile(now=NOON + 2 * MINUTE)
        assert stands(message)[:2] == ("uncertain", "the worker that was sending it was lost")
        reconcile(now=NOON + 12 * MINUTE)
        assert dispatch(now=NOON + 12 * MINUTE).accepted == 1
        assert (row(message).status, row(message).attempts, len(twilio.sent)) == ("accepted", 2, 1)

    def test_one_that_somebody_has_just_now_is_left_for_the_next_look(self, transactional_db, text, twilio):
        """Such as its worker, which comes back late, and has another one of the batch by then: each would wait for the other."""
        held, lost = text(), text()
        claim_due(now=NOON)
        worker = connection.copy()
        try:
            worker.set_autocommit(False)
            with worker.cursor() as cursor:
                cursor.execute("SELECT FROM notifications_message WHERE id = %s FOR UPDATE", [held.pk])
            reconcile(now=NOON + 2 * MINUTE)
        finally:
            worker.close()
        assert [row(message).status for message in (held, lost)] == ["sending", "uncertain"]
        reconcile(now=NOON + 2 * MINUTE)
        assert row(held).status == "uncertain"

    def test_one_that_was_only_slow_may_still_say_what_became_of_it(self, text, twilio):
        message = text()
        claimed = claim_due(now=NOON).to_send
        reconcile(now=NOON + 2 * MINUTE)
        record(claimed, [Outcome(Verdict.ACCEPTED, "SM1")], now=NOON + 3 * MINUTE)
        assert (row(message).status, row(message).provider_id) == ("accepted", "SM1")

    def test_once_somebody_else_has_taken_over_its_answer_changes_nothing(self, text, twilio):
        message = text()
        stale = claim_due(now=NOON).to_send
        reconcile(now=NOON + 2 * MINUTE)
        reconcile(now=NOON + 12 * MINUTE)
        (fresh,) = claim_due(now=NOON + 12 * MINUTE).to_send
        before = Message.objects.filter(pk=message.pk).values().get()

        for outcome in (
            Outcome(Verdict.ACCEPTED, "SM1"),
            Outcome(Verdict.REFUSED_FOR_GOOD, code="21211"),
            Outcome(Verdict.REFUSED_FOR_NOW),
        ):
            record(stale, [outcome], now=NOON + 13 * MINUTE)
            assert Message.objects.filter(pk=message.pk).values().get() == before

        record([fresh], [Outcome(Verdict.ACCEPTED, "SM2")], now=NOON + 13 * MINUTE)
        assert (row(message).status, row(message).provider_id) == ("accepted", "SM2")

    def test_an_invented_token_changes_nothing(self, text):
        message = text()
        (claimed,) = claim_due(now=NOON).to_send
        record([claimed._replace(token=uuid4())], [Outcome(Verdict.ACCEPTED, "SM1")], now=NOON)
        assert (row(message).status, row(message).provider_id) == ("sending", "")

    def test_what_was_accepted_already_isnt_overwritten(self, text, twilio):
        message = text()
        claimed = claim_due(now=NOON).to_send
        record(claimed, [Outcome(Verdict.ACCEPTED, "SM1")], now=NOON)
        record(claimed, [Outcome(Verdict.REFUSED_FOR_GOOD, code="21211")], now=NOON)
        assert (row(message).status, row(message).provider_id) == ("accepted", "SM1")


class TestPoison:
    def test_one_message_that_breaks_its_channel_harms_no_other(self, text, monkeypatch):
        messages = [text() for _ in range(5)]

        async def send(self, message):
            if message.message_id == messages[2].pk:
                raise RuntimeError(f"the number {message.address} broke it")
            return "demo-1"

        monkeypatch.setattr(demo.Channel, "send", send)
        dispatch(now=NOON)
        assert [row(message).status for message in messages] == ["accepted", "accepted", "uncertain", "accepted", "accepted"]
        assert stands(messages[2]) == ("uncertain", "the channel failed in an unforeseen way", "RuntimeError")

    def test_an_unknown_channel_harms_no_other(self, text):
        poisoned, good = text(), text()
        Message.objects.filter(pk=poisoned.pk).update(channel="fax")
        dispatch(now=NOON)
        assert row(good).status == "accepted"
        assert row(poisoned).status == "scheduled"
        assert row(poisoned).reason == "to be tried again: the channel can't be opened"

    def test_a_channel_that_cant_be_opened_harms_no_other(self, text, settings):
        settings.CHANNELS = settings.CHANNELS | {"sms": "pigeons"}
        a_text, email = text(), text(channel="email", address="ana@example.org")
        dispatch(now=NOON)
        assert row(email).status == "accepted"
        assert (row(a_text).status, row(a_text).reason) == ("scheduled", "to be tried again: the channel can't be opened")

    def test_a_look_that_breaks_harms_no_other(self, text, monkeypatch):
        broken, good = text(), text()
        claim_due(now=NOON)

        async def find(self, message):
            if message.pk == broken.pk:
                raise ValueError("not JSON")
            return "demo-1"

        monkeypatch.setattr(demo.Channel, "find", find)
        assert reconcile(now=NOON + 2 * MINUTE) == 1
        assert (row(broken).status, row(good).status) == ("uncertain", "accepted")

    def test_an_outcome_longer_than_its_column_harms_no_other(self, text):
        messages = [text(), text()]
        outcomes = [Outcome(Verdict.ACCEPTED, "x" * 300), Outcome(Verdict.UNCERTAIN, code="E" * 300, explanation="why " * 100)]
        record(claim_due(now=NOON).to_send, outcomes, now=NOON)
        assert [row(message).status for message in messages] == ["accepted", "uncertain"]


class TestEmail:
    def email(self, text, **changed) -> Message:
        wanted = {
            "channel": "email",
            "address": "ana@example.org",
            "subject": "Day 1",
            "body": "Good morning.\n",
            "html": "<p>Good morning.</p>",
        }
        return text(**wanted | changed)

    def test_it_goes_in_plain_text_and_html_with_an_id_of_ours(self, text, mail_server):
        message = self.email(text, subject="Día 1: lo que puede ver", body="Buenos días.\n")
        assert dispatch(now=NOON).accepted == 1
        (mail,) = mail_server.mails
        assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Día 1: lo que puede ver")
        assert mail["Message-ID"] == f"<message-{message.pk}@example.org>"
        assert mail.get_content_type() == "multipart/alternative"
        plain, html = mail.iter_parts()
        assert (plain.get_content_type(), plain.get_content().splitlines()) == ("text/plain", ["Buenos días."])
        assert (html.get_content_type(), html.get_content().strip()) == ("text/html", "<p>Good morning.</p>")
        assert (row(message).status, row(message).provider_id) == ("accepted", mail["Message-ID"])

    def test_it_is_from_the_clinic_and_says_how_to_end_emails_like_it(self, text, mail_server):
        url = f"https://afterglow.riverside-dermatology.example.org/emails/1234567-care-0a1b2c3d4e5f.{'x' * 43}/"
        self.email(text, from_name="Clínica Río, Hondo", unsubscribe_url=url)
        assert dispatch(now=NOON).accepted == 1
        (mail,) = mail_server.mails
        assert parseaddr(mail["From"]) == ("Clínica Río, Hondo", parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
        assert mail["List-Unsubscribe"].strip() == f"<{url}>"  # longer than a line
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Auto-Submitted"] == "auto-generated"  # no answering machine answers it

    def test_without_either_it_is_from_us_and_no_button_promises_an_end(self, text, mail_server):
        self.email(text)
        dispatch(now=NOON)
        (mail,) = mail_server.mails
        assert parseaddr(mail["From"]) == parseaddr(settings.DEFAULT_FROM_EMAIL)
        assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)

    @pytest.mark.parametrize(
        ("reply", "status", "code"),
        [("550 No such user", "failed", "550"), ("450 Mailbox busy", "scheduled", "450"), ("421 Shutting down", "scheduled", "421")],
    )
    def test_what_the_mail_server_says_of_a_recipient(self, text, mail_server, reply, status, code):
        message, other = self.email(text), self.email(text, address="ben@example.org")
        mail_server.reply = lambda recipient: reply if recipient == "ana@example.org" else "250 OK"
        dispatch(now=NOON)
        assert (row(message).status, row(message).error_code) == (status, code)
        assert row(other).status == "accepted"
        assert [mail["To"] for mail in mail_server.mails] == ["ben@example.org"]

    def test_a_mail_server_that_isnt_there_is_tried_again(self, text, mail_server, settings):
        settings.EMAIL_PORT = 9
        message = self.email(text)
        dispatch(now=NOON)
        assert stands(message) == ("scheduled", "to be tried again: the mail server can't be reached", "unreachable")

    def test_a_second_copy_has_the_same_id(self, text, mail_server):
        message = self.email(text)
        claim_due(now=NOON)  # and lost
        reconcile(now=NOON + 2 * MINUTE)
        reconcile(now=NOON + 12 * MINUTE)
        dispatch(now=NOON + 12 * MINUTE)
        assert [mail["Message-ID"] for mail in mail_server.mails] == [f"<message-{message.pk}@example.org>"]

    def test_a_subject_on_two_lines_cant_add_a_header(self, text, mail_server):
        message, other = self.email(text, subject="Day 1\nBcc: eve@example.org"), self.email(text)
        dispatch(now=NOON)
        assert row(other).status == "accepted"
        assert row(message).status in ("failed", "uncertain")
        assert [mail["Bcc"] for mail in mail_server.mails] == [None]

    def test_one_without_an_address_isnt_taken_for_sent(self, text, mail_server):
        message = self.email(text)
        Message.objects.update(address="")
        dispatch(now=NOON)
        assert row(message).status == "failed"


class TestLogs:
    @pytest.fixture
    def story(self, text, twilio, mail_server, settings):
        """Every way in which a message can end, and everything that was logged on the way."""
        settings.TWILIO_TIMEOUT_SECONDS = 1.5
        answers = [
            Answer(),
            Answer(429, 20429),
            Answer(400, 21211),
            Answer(400, 21610),
            Answer(500, 20500),
            Answer(hangs_up=True),
            Answer(after_seconds=3),
        ]

        def live():
            for number, _ in enumerate(answers):
                text(address=f"+1212555{1000 + number}", body=f"A secret, number {number}.")
            text(channel="email", address="ana@example.org", body="A secret by email.", subject="A secret", html="A secret")
            twilio.answer = lambda form: answers[int(form["To"][-1])]
            dispatch(now=NOON)
            reconcile(now=NOON + 5 * MINUTE)
            assert len(twilio.requests) == len(answers)
            assert twilio.looked_up

        return live

    def test_no_number_no_address_and_no_word_of_a_message_is_logged(self, story, caplog):
        caplog.set_level(logging.INFO)
        story()
        ours = [record for record in caplog.records if record.name != "mail.log"]  # the mail server's own, on the other end
        lines = [
            f"{record.getMessage()} {logging.Formatter().formatException(record.exc_info) if record.exc_info else ''}" for record in ours
        ]
        assert [line for line in lines if "1212555" in line or "secret" in line or "ana@" in line] == []

    def test_control_the_sdks_own_transport_would_log_whom_it_asks_about(self, story, caplog, monkeypatch):
        async def request(self, method, url, params=None, **kwargs):
            self.logger = logging.getLogger("twilio.http_client")
            self.log_request({"method": method, "url": url, "params": params, "headers": {}})
            return await own(self, method, url, params=params, **kwargs)

        own = twilio_channel.HttpClient.request
        monkeypatch.setattr(twilio_channel.HttpClient, "request", request)
        caplog.set_level(logging.INFO)
        caplog.set_level(logging.INFO, logger="twilio")
        story()
        assert [line for line in caplog.messages if "Query Params: {'To': '+" in line]  # the number itself is masked besides

    def test_neither_reasons_nor_tries_hold_a_number(self, story):
        story()
        assert not Message.objects.filter(reason__contains="555").exists()
        assert not Attempt.objects.filter(error_code__contains="555").exists()
