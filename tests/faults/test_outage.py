"""Nothing ran for 36 hours, or the provider was away for six. Nobody may get a burst, or be woken at night, and what is of use goes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as clinic
from django.utils import timezone

from aftercare.domain.expansion import expand
from aftercare.domain.protocol import Kind
from aftercare.services.protocols.loading import read_protocol
from notifications.domain.quiet import QuietHours
from notifications.models import Message
from notifications.services import Draft, claiming, dispatch_until_idle, reconcile, schedule
from notifications.services.claiming import LATE_MINUTES
from tests.faults.provider import ACCOUNT_SID, AUTH_TOKEN, Manners
from tests.faults.story import Story, number
from tests.faults.verdict import UNSETTLED, bursts, is_quiet

OUTAGE = timedelta(hours=36)
ZONES = (
    *("America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Europe/Madrid", "Africa/Johannesburg"),
    *("Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu"),
)
AWAY = timedelta(hours=6)  # the provider
MINUTE = timedelta(minutes=1)
LOOKED_FOR = 30 * MINUTE  # so long it takes until what is in doubt has been looked for twice, and goes
KNOWN_ONLY_TO_THE_PROVIDER = 0.4  # of the texts that would still be sent


def planned_between(random: Random, begin: datetime, end: datetime) -> Iterator[Draft]:
    """Patient after patient: what the protocol has for her in those hours."""
    protocol, quiet, written = read_protocol("microneedling"), QuietHours(*clinic.QUIET_HOURS), 0
    for patient in range(10_000):
        zone, wants_quiet_nights = random.choice(ZONES), random.random() < 0.3
        completed_at = end - timedelta(hours=random.uniform(0, 60))
        for planned in expand(protocol, completed_at, zone, quiet if wants_quiet_nights else None):
            if not begin <= planned.send_at <= end:
                continue
            written += 1
            keeps_quiet_hours = bool(wants_quiet_nights or planned.step.at or planned.step.kind is not Kind.DOSE)
            yield Draft(
                dedupe_key=f"plan-{patient}-{planned.key}",
                channel=planned.step.channel,
                address=number(patient) if planned.step.channel == "sms" else f"patient{patient}@example.org",
                subject="Day 1",
                body=f"Maple Street Clinic: outage, text number {written}.",
                send_at=planned.send_at,
                expires_at=planned.expires_at,
                quiet=quiet if keeps_quiet_hours else None,
                time_zone=zone,
            )


def plan(story: Story, messages: int) -> None:
    """Some texts had gone out just before: the provider has them, and the backup that was restored doesn't know."""
    now = timezone.now()
    every = planned_between(story.random, now - OUTAGE, now - timedelta(seconds=5))
    drafts = [next(every) for _ in range(messages)]
    with patch("notifications.receivers.wake"):
        schedule(drafts)
    for draft in drafts:
        would_be_sent = draft.channel == "sms" and draft.send_at < now - timedelta(minutes=LATE_MINUTES) and draft.expires_at > now
        if would_be_sent and not begins_in_quiet_hours(draft) and story.random.random() < KNOWN_ONLY_TO_THE_PROVIDER:
            story.provider.take({"To": draft.address, "Body": draft.body}, draft.send_at + timedelta(seconds=2))
    for draft in story.random.sample(drafts, messages // 50):
        if draft.channel == "sms":
            story.silence(draft.address)


def begins_in_quiet_hours(draft: Draft) -> bool:
    return draft.quiet is not None and draft.quiet.covers(timezone.localtime(draft.send_at, ZoneInfo(draft.time_zone)))


@pytest.fixture
def dispatch_here(settings: Any) -> Any:
    """With a clock of its own: the hours after the outage pass in seconds."""

    def dispatch(story: Story, now: datetime) -> None:
        if story.provider.url != settings.TWILIO_API_BASE_URL:
            sends_to(story)
        story.provider.now = story.mail.now = lambda: now
        reconcile(now=now)
        dispatch_until_idle(now=now)

    def sends_to(story: Story) -> None:
        settings.CHANNELS = {"sms": "twilio", "email": "email"}
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM_NUMBER = ACCOUNT_SID, AUTH_TOKEN, "+12125550199"
        settings.TWILIO_API_BASE_URL = story.provider.url
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", story.mail.port
        settings.PUBLIC_BASE_URL = story.fleet.env["PUBLIC_BASE_URL"]

    return dispatch


def waiting() -> list[Message]:
    return list(Message.objects.filter(status__in=("scheduled", "sending", "uncertain"), send_at__lte=timezone.now()))


def test_after_an_outage_nobody_gets_a_burst(begin, size, dispatch_here):
    with begin("outage") as story:
        story.provider.manners = Manners(latency=(0.01, 0.05))
        plan(story, size(5000, 800))
        story.open()
        story.wait_for(lambda: not waiting(), seconds=60)
        first_wave = {number: len(times) for number, times in story.late_texts().items()}
        assert first_wave
        assert max(first_wave.values()) == 1
        story.fleet.end()

        now, hours = timezone.now(), 0.0
        while Message.objects.filter(status="scheduled").exists():
            hours += 0.25
            assert hours < 48
            dispatch_here(story, now + timedelta(hours=hours))
        verdict = story.settle(faults=1, hours=hours)

        assert bursts(story.late_texts()) == []
        assert verdict.expired > 0
        assert not Message.objects.filter(status="expired", reason="").exists()
        assert {"found at the provider"} <= set(Message.objects.filter(status="accepted").values_list("reason", flat=True))


def test_control_without_the_claims_rules_everything_goes_out_at_once(begin):
    with begin("outage, no rules") as story:
        story.provider.manners = Manners(latency=(0.01, 0.05))
        plan(story, 400)
        story.open(without=["pace", "expiry", "quiet hours", "late look"])
        story.wait_for(lambda: not waiting(), seconds=60)
        verdict = story.judge()
        story.figures |= {"faults": 1}
        assert bursts(story.late_texts())
        assert (verdict.out_of_window > 0, verdict.in_quiet_hours > 0, verdict.doubled > 0) == (True, True, True)


def through_six_hours(story: Story, messages: int, dispatch: Any, *, lives: timedelta | None = None, hours: int = 48) -> datetime:
    """The clinic works on, and for six hours from now its provider doesn't. Gives when that is over, so many hours later at most.

    `lives`: for how long each message is of use, in place of what the protocol says.
    """
    story.provider.manners = Manners(latency=(0, 0))
    now = begins_at = timezone.now()
    is_back_at = begins_at + AWAY
    every = planned_between(story.random, begins_at, is_back_at + 60 * MINUTE)
    drafts = [next(every) for _ in range(messages)]
    with patch("notifications.receivers.wake"):
        schedule([replace(draft, expires_at=draft.send_at + lives) if lives else draft for draft in drafts])
    while Message.objects.filter(status__in=UNSETTLED).exists() and now < is_back_at + timedelta(hours=hours):
        story.provider.is_down = now < is_back_at
        dispatch(story, now)
        now += (5 if is_back_at <= now < is_back_at + 120 * MINUTE else 15) * MINUTE
    return is_back_at


def test_with_the_provider_away_for_six_hours_nobody_gets_a_burst_and_what_is_of_use_goes(begin, size, dispatch_here):
    with begin("provider away") as story:
        is_back_at = through_six_hours(story, size(2000, 250), dispatch_here)
        verdict = story.settle(faults=1)

        assert bursts(story.late_texts()) == []
        assert verdict.statuses.keys() == {"accepted", "expired"}
        assert [message.pk for message in Message.objects.filter(status="expired") if could_still_go(message, is_back_at)] == []
        assert Message.objects.filter(status="accepted", due_at__lt=is_back_at, channel="sms", accepted_at__gt=is_back_at).exists()
        assert set(Message.objects.filter(channel="email").values_list("status", flat=True)) == {"accepted"}


def could_still_go(message: Message, is_back_at: datetime) -> bool:
    """There was a moment at which it was of use, in no quiet hours, and had no other's turn before it."""
    if message.reason.startswith("late, "):
        return False
    moment = max(message.due_at, is_back_at + LOOKED_FOR)
    while moment < message.expires_at:
        if not is_quiet(message, moment):
            return True
        moment += 5 * MINUTE
    return False


@pytest.mark.parametrize("is_paced", [True, False])  # False, the control
def test_what_is_of_use_for_days_comes_one_by_one_when_it_is_back(begin, dispatch_here, monkeypatch, is_paced):
    if not is_paced:
        monkeypatch.setattr(claiming, "CLAIM", claiming.CLAIM.replace("WHEN is_late AND NOT is_urgent THEN 'late'", ""))
    with begin(f"provider away, {'paced' if is_paced else 'no pace'}") as story:
        through_six_hours(story, 100, dispatch_here, lives=timedelta(days=2), hours=3)
        assert story.late_texts()
        assert bool(bursts(story.late_texts())) is not is_paced
