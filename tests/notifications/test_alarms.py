"""What only an operator can mend: one alarm, and one email to each operator."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.core.checks import run_checks
from django.db import connection, transaction

from notifications.models import Alarm, Message
from notifications.services import clear_alarms, dispatch, raise_alarm
from tests.notifications.conftest import NOON

FILTERED = ("sms", "30007", "carriers filter our texts (Twilio's error 30007)")
UNPAID = ("sms", "30002", "our Twilio account is suspended (Twilio's error 30002)")
LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def operators(settings):
    settings.OPERATOR_EMAILS = ["ops@example.org", "night@example.org"]
    settings.PUBLIC_BASE_URL = "https://clinic.example.org"


class TestRaised:
    def test_it_opens_once_and_counts_what_follows(self, db):
        first = raise_alarm(*FILTERED, now=NOON)
        again = raise_alarm(*FILTERED, times=4, now=LATER)
        assert (again.pk, again.times, again.raised_at, again.last_at) == (first.pk, 5, NOON, LATER)
        assert again.explanation == FILTERED[2]

    def test_each_code_and_channel_has_its_own(self, db):
        raise_alarm(*FILTERED, now=NOON)
        raise_alarm(*UNPAID, now=NOON)
        raise_alarm("email", *FILTERED[1:], now=NOON)
        assert Alarm.objects.count() == 3

    def test_cleared_and_raised_again_it_is_a_new_one(self, db):
        raise_alarm(*FILTERED, now=NOON)
        assert clear_alarms(Alarm.objects.all(), now=NOON) == 1
        assert clear_alarms(Alarm.objects.all(), now=LATER) == 0
        raise_alarm(*FILTERED, now=LATER)
        assert list(Alarm.objects.order_by("pk").values_list("times", "cleared_at")) == [(1, NOON), (1, None)]

    def test_raised_at_once_by_many_it_is_one(self, transactional_db, at_once, operators):
        results = at_once([lambda: raise_alarm(*FILTERED, now=NOON).pk] * 6)
        assert len(set(results)) == 1
        assert Alarm.objects.get().times == 6
        assert Message.objects.count() == 2

    def test_control_looking_before_writing_would_open_several(self, transactional_db, at_once):
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_open_alarm_per_code")

        all_have_looked = Barrier(4)

        def careless() -> None:
            with transaction.atomic():
                if not Alarm.objects.filter(code="30007", cleared_at=None).exists():
                    all_have_looked.wait(20)
                    Alarm.objects.create(channel="sms", code="30007", explanation="filtered", raised_at=NOON, last_at=NOON)

        try:
            at_once([careless] * 4)
            assert Alarm.objects.count() == 4
        finally:
            Alarm.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE UNIQUE INDEX one_open_alarm_per_code ON notifications_alarm (channel, code) WHERE cleared_at IS NULL"
                )

    def test_long_words_are_cut(self, db):
        alarm = raise_alarm("sms", "c" * 60, "w" * 400, now=NOON)
        assert (len(alarm.code), len(alarm.explanation)) == (40, 300)


class TestEmails:
    def test_each_operator_gets_one_through_the_outbox(self, db, operators, mail_server):
        alarm = raise_alarm(*FILTERED, now=NOON)
        raise_alarm(*FILTERED, now=LATER)
        assert list(Message.objects.order_by("pk").values_list("dedupe_key", "channel", "address")) == [
            (f"alarm-{alarm.pk}-1", "email", "ops@example.org"),
            (f"alarm-{alarm.pk}-2", "email", "night@example.org"),
        ]
        dispatch(now=LATER)
        assert sorted(mail["To"] for mail in mail_server.mails) == ["night@example.org", "ops@example.org"]
        mail = mail_server.mails[0]
        assert mail["Subject"] == "Afterglow needs you: carriers filter our texts (Twilio's error 30007)"
        assert mail.get_content().replace("\r\n", "\n").strip() == (
            "Something is wrong with the clinic's messages (text message): carriers filter our texts (Twilio's error 30007).\n\n"
            "What to do: Look the code up in the provider's console, or ask its support.\n\n"
            "Patients may be missing their messages meanwhile. Those that failed are in the outbox. "
            "How often it has happened, and the button to clear the alarm once it is mended:\n"
            f"https://clinic.example.org/admin/notifications/alarm/{alarm.pk}/change/"
        )

    def test_all_that_a_mail_server_kept_waiting_come_once_it_is_back(self, db, operators, mail_server, settings):
        right, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
        for number in range(5):
            raise_alarm("sms", f"nobody on call, concern {number}", "nobody has acknowledged a concern, at Maple Street", now=NOON)
        dispatch(now=NOON)
        settings.EMAIL_PORT = right

        dispatch(now=NOON + timedelta(hours=1))

        assert sorted(mail["To"] for mail in mail_server.mails) == ["night@example.org"] * 5 + ["ops@example.org"] * 5

    def test_over_twilio_it_says_what_to_do(self, db, operators, twilio):
        raise_alarm(*FILTERED, now=NOON)
        assert "What to do: Carriers take our texts for spam." in Message.objects.earliest("pk").body

    def test_of_our_own_making_too(self, db, operators):
        raise_alarm("sms", "daily cap", "The day's cap of 100 texts is reached; the rest waits.", now=NOON)
        body = Message.objects.earliest("pk").body
        assert "(text message): The day's cap of 100 texts is reached; the rest waits.\n" in body
        assert "What to do: Let the rest wait for tomorrow, or raise SMS_DAILY_CAP" in body

    def test_without_operators_there_is_just_the_alarm(self, db):
        raise_alarm(*FILTERED, now=NOON)
        assert (Alarm.objects.count(), Message.objects.count()) == (1, 0)

    def test_what_is_rolled_back_tells_nobody(self, db, operators):
        with transaction.atomic():
            raise_alarm(*FILTERED, now=NOON)
            transaction.set_rollback(True)
        assert (Alarm.objects.count(), Message.objects.count()) == (0, 0)


class TestSettings:
    @pytest.mark.parametrize(
        ("public", "api", "backend", "warns"),
        [
            ("https://clinic.example.org", "", "twilio", False),
            ("http://clinic.example.org", "", "twilio", True),
            ("https://127.0.0.1:8000", "", "twilio", True),
            ("http://localhost:8000", "", "twilio", True),
            ("http://127.0.0.1:8000", "http://127.0.0.1:9000", "twilio", False),
            ("http://127.0.0.1:8000", "", "demo", False),
        ],
    )
    def test_an_address_that_twilio_cant_reach_is_warned_of(self, settings, public, api, backend, warns):
        settings.PUBLIC_BASE_URL, settings.TWILIO_API_BASE_URL, settings.SMS_BACKEND = public, api, backend
        found = [warning for warning in run_checks() if warning.id == "notifications.W001"]
        assert len(found) == warns
        assert all("PUBLIC_BASE_URL" in warning.hint for warning in found)
