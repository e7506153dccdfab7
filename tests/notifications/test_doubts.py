"""A text of which nobody knows whether it went out isn't sent twice, and isn't taken for another."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from notifications import services
from notifications.channels import Outcome
from notifications.domain.states import Verdict
from notifications.models import Message
from notifications.services.recording import record
from tests.providers import Answer

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db(transaction=True)


def text(key: str) -> Message:
    now = timezone.now()
    draft = services.Draft(key, "sms", "+12125550101", "The same words.", now - timedelta(seconds=1), now + timedelta(hours=3))
    return services.schedule([draft])[0]


def test_two_who_look_at_once_have_looked_once(transactional_db, twilio, at_once):
    message = text("a")
    twilio.answer = lambda form: Answer(status=500, takes=True)
    twilio.hides = lambda form: True  # taken, and not on the list yet
    services.dispatch()

    at_once([lambda: services.reconcile(now=timezone.now() + 3 * MINUTE)] * 4)

    message.refresh_from_db()
    assert (message.status, message.lookups) == ("uncertain", 1)


def test_a_provider_whose_clock_is_behind_is_believed(transactional_db, twilio):
    message = text("a")
    twilio.now = lambda: datetime.now(UTC) - timedelta(seconds=40)
    twilio.answer = lambda form: Answer(status=500, takes=True)
    services.dispatch()

    services.reconcile(now=timezone.now() + 3 * MINUTE)

    message.refresh_from_db()
    assert message.status == "accepted"


def test_anothers_text_in_the_same_words_is_no_proof(transactional_db, twilio):
    text("a"), text("b")
    answers = iter([Answer(), Answer(status=500, takes=False)])
    twilio.answer = lambda form: next(answers)
    services.dispatch()

    services.reconcile(now=timezone.now() + 3 * MINUTE)

    assert sorted(Message.objects.values_list("status", flat=True)) == ["accepted", "uncertain"]


def test_a_mail_server_whose_name_isnt_found_has_taken_nothing(transactional_db, settings):
    settings.CHANNELS = settings.CHANNELS | {"email": "email"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "mail.invalid"
    now = timezone.now()
    draft = services.Draft("e", "email", "ana@example.org", "Words.", now - timedelta(seconds=1), now + timedelta(hours=3), subject="Day 1")
    [message] = services.schedule([draft])

    services.dispatch()

    message.refresh_from_db()
    assert (message.status, message.reason) == ("scheduled", "to be tried again: the mail server can't be reached")


def test_looks_for_an_earlier_try_dont_count_for_the_next(transactional_db, twilio):
    """A worker oversleeps its lease and is looked for; then it says “too many”. The next try may be taken: it has its own two looks."""
    message = text("a")
    now = timezone.now()
    claim = services.claim_due(now=now)
    services.reconcile(now=now + 2 * MINUTE)
    record(claim.to_send, [Outcome(Verdict.REFUSED_FOR_NOW, code="20429")], now=now + 3 * MINUTE)

    twilio.answer = lambda form: Answer(status=500, takes=True)
    twilio.hides = lambda form: True  # taken, and not on the list yet
    services.dispatch(now=now + 4 * MINUTE)
    services.reconcile(now=now + 7 * MINUTE)

    message.refresh_from_db()
    assert (message.status, message.attempts, message.lookups) == ("uncertain", 2, 1)


@pytest.mark.parametrize(("newer", "status"), [(49, "scheduled"), (50, "uncertain")])
def test_behind_so_many_newer_texts_that_the_list_ends_it_may_still_be_there(transactional_db, twilio, newer, status):
    message = text("a")
    twilio.answer = lambda form: Answer(status=500)
    services.dispatch()
    for number in range(newer):
        twilio.take({"To": "+12125550101", "Body": f"Another one, {number}."})
    now = timezone.now()
    services.reconcile(now=now + 3 * MINUTE)
    services.reconcile(now=now + 14 * MINUTE)
    message.refresh_from_db()
    assert message.status == status
