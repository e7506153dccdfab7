"""What Twilio says of a text that it took: in any order, more than once, and only with its signature."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from twilio.request_validator import RequestValidator

from clinic.wsgi import application
from notifications import views
from notifications.channels import Outcome, read
from notifications.channels import twilio as twilio_channel
from notifications.domain.states import Verdict
from notifications.models import Alarm, Attempt, Message, Receipt, Suppression
from notifications.services import cancel, claim_due, dispatch, reconcile
from notifications.services import receiving as receiving_services
from notifications.services.recording import record
from notifications.signals import address_opted_out, message_failed
from tests.callbacks import FORM, first_token, post, receipt, signature, status_path, through_wsgi
from tests.clock import freeze_time
from tests.notifications.conftest import NOON, row
from tests.providers import Answer

MINUTE = timedelta(minutes=1)
LATER = NOON + 5 * MINUTE


@pytest.fixture(autouse=True)
def _five_past_twelve(twilio, monkeypatch):
    monkeypatch.setattr(twilio_channel, "timezone", type("Noon", (), {"now": staticmethod(lambda: NOON)}))
    with freeze_time(LATER):
        yield


@pytest.fixture
def heard():
    """What the other apps are told."""
    told = []

    def failed(message_id, reference, code, now, **kwargs):
        told.append(("failed", message_id, reference, code, now))

    def opted_out(channel, address, source, now, **kwargs):
        told.append(("opted out", channel, address, source, now))

    message_failed.connect(failed)
    address_opted_out.connect(opted_out)
    yield told
    message_failed.disconnect(failed)
    address_opted_out.disconnect(opted_out)


def stands(message: Message) -> tuple[str, str, str]:
    now = row(message)
    return now.status, now.reason, now.error_code


class TestReceipts:
    def test_a_text_on_its_way_is_delivered(self, sent):
        message = sent()
        sid = message.provider_id
        for status in ("queued", "sending", "sent"):
            assert receipt(message, status, sid=sid).status_code == 204
            assert stands(message) == ("accepted", "", "")
        assert receipt(message, "delivered", sid=sid).status_code == 204
        now = row(message)
        assert (now.status, now.reason, now.accepted_at, now.delivered_at, now.poll_at) == ("delivered", "", NOON, LATER, None)
        assert [(r.provider_id, r.provider_status, r.error_code, r.received_at) for r in Receipt.objects.order_by("pk")] == [
            (sid, "queued", "", LATER),
            (sid, "sending", "", LATER),
            (sid, "sent", "", LATER),
            (sid, "delivered", "", LATER),
        ]

    def test_one_that_wasnt_delivered_says_why_and_the_clinic_hears_of_it(self, sent, heard):
        message = sent(reference="patient-7")
        receipt(message, "undelivered", code="30006", sid=message.provider_id)
        assert stands(message) == (
            "undelivered",
            "the number is a landline, or its carrier can't be reached (Twilio's error 30006)",
            "30006",
        )
        assert row(message).poll_at is None
        assert heard == [("failed", message.pk, "patient-7", "30006", LATER)]
        assert not Alarm.objects.exists()
        assert not Suppression.objects.exists()

    @pytest.mark.parametrize(
        ("words", "status"),
        [
            (["delivered", "sent", "queued"], "delivered"),
            (["delivered", "undelivered"], "delivered"),
            (["undelivered", "sent"], "undelivered"),
            (["undelivered", "delivered"], "undelivered"),
            (["failed", "delivered"], "undelivered"),
            (["sent", "sending", "queued", "accepted"], "accepted"),
            (["read", "delivered"], "delivered"),
            (["partially_delivered"], "accepted"),
            (["canceled"], "undelivered"),
        ],
    )
    def test_in_any_order_it_never_goes_backwards(self, sent, heard, words, status):
        message = sent()
        for word in words:
            assert receipt(message, word, sid=message.provider_id).status_code == 204
        assert row(message).status == status
        assert len(heard) == (1 if status == "undelivered" else 0)
        assert Receipt.objects.count() == len(words)

    def test_control_without_ranks_the_last_word_would_win(self, sent, monkeypatch):
        monkeypatch.setattr(receiving_services, "status_after", lambda stands, news, is_superseded: news.status or stands)
        message = sent()
        for word in ("delivered", "sent"):
            receipt(message, word, sid=message.provider_id)
        assert row(message).status == "accepted"

    def test_said_twice_it_is_said_once(self, sent, heard):
        message = sent()
        for _ in range(3):
            assert receipt(message, "undelivered", code="30007", sid=message.provider_id).status_code == 204
        assert (len(heard), Receipt.objects.count(), Alarm.objects.get().times) == (1, 1, 1)

    def test_control_without_the_rows_of_receipts_an_alarm_would_count_each(self, sent, monkeypatch):
        monkeypatch.setattr(receiving_services, "status_after", lambda stands, news, is_superseded: news.status)
        monkeypatch.setattr(Receipt.objects, "get_or_create", lambda **kwargs: (None, True))
        message = sent()
        Message.objects.update(status="accepted")
        receipt(message, "undelivered", code="30007", sid=message.provider_id)
        Message.objects.update(status="accepted")
        receipt(message, "undelivered", code="30007", sid=message.provider_id)
        assert Alarm.objects.get().times == 2

    def test_an_unknown_word_is_kept_and_changes_nothing(self, sent):
        message = sent()
        before = Message.objects.values().get()
        assert receipt(message, "teleported", sid=message.provider_id).status_code == 204
        assert Message.objects.values().get() == before
        assert Receipt.objects.get().provider_status == "teleported"

    def test_sent_and_never_confirmed_it_may_still_arrive(self, sent):
        arrived, lost, silent = sent(), sent(), sent()
        Message.objects.update(status="unconfirmed", poll_at=None)
        receipt(arrived, "delivered", sid=arrived.provider_id)
        receipt(lost, "undelivered", code="30003", sid=lost.provider_id)
        receipt(silent, "sent", sid=silent.provider_id)
        assert [row(message).status for message in (arrived, lost, silent)] == ["delivered", "undelivered", "unconfirmed"]

    def test_a_tenth_repeated_and_in_the_wrong_order_ends_where_the_right_order_ends(self, sent):
        messages = [sent() for _ in range(10)]
        for number, message in enumerate(messages):
            words = ["queued", "sent", "delivered" if number % 2 else "undelivered"]
            if number == 3:
                words.reverse()
            if number == 4:
                words = [word for word in words for _ in range(2)]
            for word in words:
                receipt(message, word, sid=message.provider_id)
        assert [row(message).status for message in messages] == ["undelivered", "delivered"] * 5
        assert Receipt.objects.count() == 30


class TestBeforeOurOwnRecord:
    """The callback's token proves that Twilio had the message, whatever we know."""

    def test_a_receipt_that_overtakes_the_worker(self, text, twilio):
        message = text()
        claim = claim_due(now=NOON)
        assert receipt(message, "sent", sid="SM7").status_code == 204
        now = row(message)
        assert (now.status, now.provider_id, now.accepted_at, now.lease_until) == ("accepted", "SM7", LATER, None)
        assert (now.reason, now.poll_at) == ("the provider's receipt shows that it was taken", LATER + timedelta(hours=1))
        assert Attempt.objects.get().provider_id == "SM7"

        # The worker's own answer comes late, and is that nobody answered it.
        record(claim.to_send, [Outcome(Verdict.UNCERTAIN, code="TimeoutError")], now=LATER)
        assert row(message).status == "accepted"
        assert Attempt.objects.get().provider_id == "SM7"
        assert reconcile(now=LATER + timedelta(hours=1)) == 0
        assert twilio.requests == []

    @pytest.mark.parametrize(("word", "status"), [("sent", "accepted"), ("delivered", "delivered"), ("undelivered", "undelivered")])
    def test_for_a_text_of_which_nobody_knows(self, text, twilio, word, status):
        message = text()
        twilio.answer = lambda form: Answer(500, 20500, takes=True)
        dispatch(now=NOON)
        assert row(message).status == "uncertain"
        receipt(message, word, sid=twilio.sent[0]["sid"])
        now = row(message)
        assert (now.status, now.provider_id, now.accepted_at, now.lease_until) == (status, twilio.sent[0]["sid"], LATER, None)
        reconcile(now=NOON + timedelta(hours=1))
        dispatch(now=NOON + timedelta(hours=1))
        assert len(twilio.requests) == 1

    def test_for_one_that_is_about_to_be_sent_again(self, text, twilio):
        message = text()
        twilio.answer = lambda form: Answer(500, 20500, takes=True)
        twilio.hides = lambda form: True
        dispatch(now=NOON)
        for minute in (2, 12):
            reconcile(now=NOON + minute * MINUTE)
        assert stands(message)[:2] == ("scheduled", "not found at the provider")

        receipt(message, "sent", sid=twilio.sent[0]["sid"])
        assert row(message).status == "accepted"
        dispatch(now=NOON + 13 * MINUTE)
        assert len(twilio.sent) == 1

    def test_control_without_the_receipt_it_would_go_out_twice(self, text, twilio):
        text()
        twilio.answer = lambda form: Answer(500, 20500, takes=True)
        twilio.hides = lambda form: True
        dispatch(now=NOON)
        for minute in (2, 12):
            reconcile(now=NOON + minute * MINUTE)
        dispatch(now=NOON + 13 * MINUTE)
        assert len(twilio.sent) == 2

    @pytest.mark.parametrize("status", ["cancelled", "suppressed", "expired", "failed"])
    def test_for_one_that_was_given_up(self, text, status):
        message = text()
        claim_due(now=NOON)
        Message.objects.update(status=status, lease_until=None)
        receipt(message, "delivered")
        assert (row(message).status, row(message).accepted_at, row(message).delivered_at) == ("delivered", LATER, LATER)

    def test_for_one_that_was_called_back_while_it_waited_for_another_try(self, text, twilio):
        message = text()
        twilio.answer = lambda form: Answer(429, 20429, takes=True)
        dispatch(now=NOON)
        assert cancel([message.pk], reason="the session was moved") == 1
        receipt(message, "delivered", sid=twilio.sent[0]["sid"])
        assert row(message).status == "delivered"


class TestTwoTries:
    """Sent again, since the first try left no trace; and then both are heard of."""

    @pytest.fixture
    def twice(self, text, twilio):
        message = text()
        twilio.answer = lambda form: Answer(500, 20500, takes=True)
        twilio.hides = lambda form: True
        dispatch(now=NOON)
        for minute in (2, 12):
            reconcile(now=NOON + minute * MINUTE)
        twilio.answer = lambda form: Answer()
        dispatch(now=NOON + 13 * MINUTE)
        first, second = Attempt.objects.order_by("pk")
        assert row(message).provider_id == twilio.sent[1]["sid"]
        return message, (first.token.hex, twilio.sent[0]["sid"]), (second.token.hex, twilio.sent[1]["sid"])

    def test_that_the_first_came_to_nothing_is_no_news_of_the_message(self, twice, heard):
        message, (token, sid), second = twice
        receipt(message, "undelivered", code="30003", sid=sid, token=token)
        assert (row(message).status, heard) == ("accepted", [])
        receipt(message, "delivered", sid=second[1], token=second[0])
        assert row(message).status == "delivered"

    def test_either_of_them_delivered_is_delivered(self, twice):
        message, (token, sid), _ = twice
        receipt(message, "delivered", sid=sid, token=token)
        assert (row(message).status, row(message).provider_id) == ("delivered", sid)


class TestCodes:
    def test_an_opt_out_that_only_the_receipt_tells_of_reaches_every_queue(self, sent, text, heard, twilio):
        message = sent(address="+12125550101")
        later = text(address="+12125550101", now=NOON + timedelta(hours=1))
        receipt(message, "failed", code="21610", sid=message.provider_id)
        assert stands(message) == ("undelivered", "the number opted out (Twilio's error 21610)", "21610")
        assert heard == [
            ("opted out", "sms", "+12125550101", "provider's error 21610", LATER),
            ("failed", message.pk, "", "21610", LATER),
        ]
        dispatch(now=NOON + timedelta(hours=1))
        assert stands(later)[:2] == ("suppressed", "the address opted out")
        assert len(twilio.requests) == 1

    @pytest.mark.parametrize("code", [30002, 30007, 30032, 30034])
    def test_what_only_an_operator_can_mend_raises_an_alarm(self, sent, code):
        first, second = sent(), sent()
        for message in (first, second):
            receipt(message, "undelivered", code=str(code), sid=message.provider_id)
        alarm = Alarm.objects.get()
        assert (alarm.channel, alarm.code, alarm.times, alarm.raised_at) == ("sms", str(code), 2, LATER)
        assert alarm.explanation == stands(first)[1]
        assert row(second).status == "undelivered"

    @pytest.mark.parametrize("code", [30003, 30004, 30005, 30006, 30008, 21211, 21614, 99999])
    def test_what_is_one_numbers_trouble_raises_none(self, sent, code):
        message = sent()
        receipt(message, "undelivered", code=str(code), sid=message.provider_id)
        assert not Alarm.objects.exists()
        assert not Suppression.objects.exists()

    def test_when_sending_the_account_turned_away_is_an_alarm_and_another_try(self, text, twilio):
        first, second = text(), text()
        twilio.answer = lambda form: Answer(401, 20003)
        dispatch(now=NOON)
        for message in (first, second):
            assert stands(message)[1:] == ("to be tried again: Twilio turns our account away (Twilio's error 20003)", "20003")
        alarm = Alarm.objects.get()
        assert (alarm.code, alarm.times, alarm.explanation) == ("20003", 2, "Twilio turns our account away (Twilio's error 20003)")

    @pytest.mark.parametrize(
        ("code", "status", "alarms"),
        [
            (21606, "scheduled", 1),
            (21703, "scheduled", 1),
            (21611, "scheduled", 0),
            (21408, "failed", 1),
            (21614, "failed", 0),
            (21635, "failed", 0),
            (12345, "failed", 0),
            (21610, "suppressed", 0),
        ],
    )
    def test_when_sending_the_table_decides(self, text, twilio, code, status, alarms):
        message = text()
        twilio.answer = lambda form: Answer(400, code)
        dispatch(now=NOON)
        assert (row(message).status, Alarm.objects.count()) == (status, alarms)

    def test_every_ruling_can_be_read(self):
        for code, ruling in twilio_channel.RULINGS.items():
            news = read("sms", "undelivered", str(code))
            assert news.explanation == f"{ruling.words} (Twilio's error {code})"
            assert len(news.explanation) <= 100
            assert len(ruling.remedy) <= 200
            assert news.alarm is bool(ruling.remedy)

    @pytest.mark.parametrize("code", ["", "0", "٣", "1e5", "9" * 10])
    def test_no_code_breaks_it(self, code):
        assert read("sms", "undelivered", code).status == "undelivered"


class TestWhoMaySpeak:
    def refused(self, answer, status=403) -> str:
        assert answer.status_code == status
        assert (Receipt.objects.count(), row(self.message).status) == (0, "accepted")
        return answer.content.decode()

    @pytest.fixture(autouse=True)
    def _one_message(self, sent):
        self.message = sent()
        self.path = status_path(self.message)
        self.fields = {"MessageSid": self.message.provider_id, "MessageStatus": "delivered"}

    def test_a_proxy_may_call_us_by_another_name(self, settings):
        settings.PUBLIC_BASE_URL = "https://clinic.example.org"
        settings.ALLOWED_HOSTS = ["app.internal"]
        answer = post(self.path, self.fields, **{"Host": "app.internal:8000", "X-Forwarded-Host": "evil.example.org"})
        assert (answer.status_code, row(self.message).status) == (204, "delivered")

    @pytest.mark.parametrize("served_under", ["", "/clinic"])
    def test_a_proxy_may_serve_us_under_a_prefix(self, settings, served_under):
        """Whether it takes the prefix away or says so to our server (SCRIPT_NAME)."""
        settings.PUBLIC_BASE_URL = "https://example.org/clinic"
        path, fields = self.path, urlencode(self.fields)
        signed = signature(path, self.fields)
        answer = Client(SCRIPT_NAME=served_under).post(path, fields, content_type=FORM, headers={"X-Twilio-Signature": signed})
        assert (answer.status_code, row(self.message).status) == (204, "delivered")

    def test_control_by_the_hosts_own_name_it_would_be_refused(self, settings, monkeypatch):
        settings.PUBLIC_BASE_URL = "https://clinic.example.org"
        settings.ALLOWED_HOSTS = ["app.internal"]
        monkeypatch.setattr(views, "_is_signed", is_signed_for_the_host)
        self.refused(post(self.path, self.fields, Host="app.internal"))

    def test_a_signature_that_does_not_fit_is_logged_with_what_to_check_once_a_minute(self, caplog):
        cache.clear()

        def warnings(at) -> list[str]:
            caplog.clear()
            with freeze_time(at):
                self.refused(post(self.path, self.fields, signed="nonsense"))
            return [line for name, _, line in caplog.record_tuples if name == "notifications.views"]

        check = "A webhook's signature didn't fit: check PUBLIC_BASE_URL and TWILIO_AUTH_TOKEN"
        seconds = (0, 1, 59, 61, 62)
        assert [warnings(LATER + timedelta(seconds=passed)) for passed in seconds] == [[check], [], [], [check], []]

    @pytest.mark.parametrize("signed", ["", "nonsense", "ö", "A" * 28])
    def test_no_or_a_wrong_signature(self, signed):
        said = self.refused(post(self.path, self.fields, signed=signed))
        assert said == "The signature is missing, or isn't that of this address with these fields."

    def test_control_without_the_check_anybody_could_say_it(self, monkeypatch):
        monkeypatch.setattr(views, "_is_signed", lambda request, fields: True)
        assert post(self.path, self.fields, signed="").status_code == 204
        assert row(self.message).status == "delivered"

    def test_a_signature_of_another_address(self, sent):
        other = sent()
        self.refused(post(self.path, self.fields, signed=signature(status_path(other), self.fields)))
        self.refused(post(self.path, self.fields, signed=signature(self.path.replace("?", "?x=1&"), self.fields)))

    def test_a_signature_of_other_words(self):
        self.refused(post(self.path, self.fields, signed=signature(self.path, self.fields | {"MessageStatus": "sent"})))
        self.refused(post(self.path, self.fields | {"ErrorCode": "30007"}, signed=signature(self.path, self.fields)))

    def test_a_signature_with_another_accounts_token(self, settings):
        ours = settings.TWILIO_AUTH_TOKEN
        settings.TWILIO_AUTH_TOKEN = "another account's"
        theirs = signature(self.path, self.fields)
        settings.TWILIO_AUTH_TOKEN = ours
        self.refused(post(self.path, self.fields, signed=theirs))

    def test_another_messages_token_proves_nothing(self, sent):
        other = sent()
        said = self.refused(post(status_path(self.message, first_token(other)), self.fields))
        assert said == "No try to send this message is known by that token."

    def test_an_unknown_message_is_answered_as_an_unknown_token(self):
        path = f"/webhooks/twilio/status/{self.message.pk + 1}/?attempt={first_token(self.message)}"
        unknown = f"/webhooks/twilio/status/{self.message.pk}/?attempt={uuid4().hex}"
        assert self.refused(post(path, self.fields)) == self.refused(post(unknown, self.fields))

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"MessageStatus": ""}, "MessageStatus"),
            ({"MessageStatus": "x" * 41}, "MessageStatus"),
            ({"MessageStatus": "sent\0"}, "MessageStatus"),
            ({"MessageSid": "S" * 65}, "MessageSid"),
            ({"MessageSid": "SM'; --"}, "MessageSid"),
            ({"MessageSid": "S" * 64 + "\n"}, "MessageSid"),
            ({"ErrorCode": "thirty"}, "ErrorCode"),
            ({"MessageSid": "", "ErrorCode": "x"}, "MessageSid, ErrorCode"),
        ],
    )
    def test_nonsense_with_the_right_signature_is_named(self, changed, said):
        answer = self.refused(post(self.path, self.fields | changed), 400)
        assert answer == f"Missing, or not as Twilio writes it: {said}."

    @pytest.mark.parametrize("query", ["", "?attempt=", "?attempt=7", "?attempt=%00", f"?attempt={'f' * 33}", "?attempt=%ED%A0%80"])
    def test_a_token_that_is_none(self, query):
        path = self.path.split("?")[0] + query
        assert self.refused(post(path, self.fields), 400) == "Missing, or not as Twilio writes it: attempt."

    def test_a_replay_is_harmless(self):
        signed = signature(self.path, self.fields)
        assert [post(self.path, self.fields, signed=signed).status_code for _ in range(3)] == [204, 204, 204]
        assert Receipt.objects.count() == 1

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options"])
    def test_nothing_but_post(self, client, method):
        self.refused(getattr(client, method)(self.path), 405)

    @pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data", ""])
    def test_nothing_but_a_form(self, client, content_type):
        answer = client.generic("POST", self.path, b"MessageStatus=delivered", content_type=content_type)
        assert self.refused(answer, 400) == "The request is no form that can be read."

    @pytest.mark.parametrize("charset", ["rot13", "undefined", "idna", "utf-16", "latin-1", "nonsense", "\0"])
    def test_nothing_but_utf_8(self, charset):
        answer = through_wsgi(self.path, b"MessageStatus=delivered", CONTENT_TYPE=f"{FORM}; charset={charset}")
        assert answer in (400, 403)
        assert row(self.message).status == "accepted"

    def test_control_without_our_guard_a_charset_that_is_none_has_no_answer_at_all(self, monkeypatch):
        monkeypatch.setattr(application, "request_class", WSGIRequest)
        with pytest.raises(LookupError):
            through_wsgi(self.path, b"MessageStatus=delivered", CONTENT_TYPE=f"{FORM}; charset=rot13")

    def test_a_huge_body_is_not_read(self, client):
        answer = client.post(self.path, b"Body=" + b"x" * 3_000_000, content_type=FORM)
        self.refused(answer, 400)

    def test_too_many_fields_are_not_read(self, client):
        body = "&".join(f"f{number}=" for number in range(2500))
        self.refused(client.post(self.path, body, content_type=FORM), 400)

    def test_the_demo_takes_nothing(self, settings):
        settings.CHANNELS = settings.CHANNELS | {"sms": "demo"}
        said = self.refused(post(self.path, self.fields))
        assert said == "No text messages are sent from here through Twilio, so there is nothing that it could tell."

    def test_without_a_token_of_ours_nothing_can_be_signed(self, settings):
        settings.TWILIO_AUTH_TOKEN = ""
        self.refused(post(self.path, self.fields))

    @pytest.mark.parametrize("number", ["0", "9" * 19, "9" * 40, "9" * 5000])
    def test_a_message_number_that_is_none(self, number):
        path = f"/webhooks/twilio/status/{number}/?attempt={first_token(self.message)}"
        assert post(path, self.fields).status_code in (403, 404)

    def test_no_number_of_ours_or_hers_is_logged(self, caplog):
        post(self.path, self.fields | {"To": "+12125550101"}, signed="")
        post(self.path, self.fields | {"To": "+12125550101", "MessageSid": "?"})
        assert [line for line in caplog.messages if "1212555" in line or "attempt=" in line] == []


def is_signed_for_the_host(request, fields) -> bool:
    proof = request.headers.get("X-Twilio-Signature", "")
    return bool(RequestValidator(django_settings.TWILIO_AUTH_TOKEN).validate(request.build_absolute_uri(), fields, proof))


def test_the_answer_follows_the_commit(transactional_db, text, monkeypatch):
    """What fails on the way is told as a failure, so that Twilio says it again, and leaves nothing behind."""
    message = text()
    claim_due(now=NOON)

    def gone(*args, **kwargs):
        raise RuntimeError("PostgreSQL is gone")

    monkeypatch.setattr(Message, "save", gone)
    assert receipt(message, "delivered").status_code == 500
    assert (Receipt.objects.count(), row(message).status, Attempt.objects.get().provider_id) == (0, "sending", "")
    monkeypatch.undo()
    assert receipt(message, "delivered").status_code == 204
    assert row(message).status == "delivered"
