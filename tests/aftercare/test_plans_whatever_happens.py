"""Whatever happens to a session and its patient in whatever order: nothing is told twice, to an old address, or in a quiet night."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from aftercare.errors import Refused
from aftercare.models import CareMessage, Plan
from aftercare.services import give_consent, load_protocol, move_over, start_again, stop_by_hand, withdraw_consent
from aftercare.services.plans import starting
from aftercare.services.protocols.loading import read_protocol
from aftercare.services.telling.consent import address_of
from notifications.domain.quiet import QuietHours
from notifications.domain.states import MAY_HAVE_ARRIVED
from notifications.services import claim_due, dispatch
from scheduling import services as scheduling
from scheduling.models import Appointment
from tests.clinic_world import FIRST, Clinic
from tests.clock import freeze_time
from tests.staff import member

END = FIRST + timedelta(hours=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PHONES = ("+12125550101", "+12125550177")
ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Madrid", "Pacific/Honolulu")

# What happens next, and how many minutes later.
EVENTS = {
    "complete": st.integers(0, 200),  # minutes after 14:00, as far as that is past
    "reopen": st.none(),
    "zone": st.sampled_from(ZONES),
    "language": st.sampled_from(["en", "es"]),
    "nights": st.booleans(),
    "phone": st.sampled_from(PHONES),
    "agree": st.sampled_from(["sms", "email"]),
    "withdraw": st.sampled_from(["sms", "email"]),
    "stop": st.none(),
    "start again": st.none(),
    "new version": st.none(),
    "claim": st.none(),  # and the worker that claimed it is never heard of again
}
event = st.one_of([st.tuples(st.just(name), about) for name, about in EVENTS.items()])
story = st.lists(st.tuples(st.sampled_from([1, 20, 90, 200, 600]), event), min_size=3, max_size=10)


class Story:
    def __init__(self, clinic: Clinic) -> None:
        self.clinic, self.ana, self.now = clinic, clinic.consents(clinic.ana), END
        self.session = clinic.treat(clinic.ana)
        self.sent_to: set[tuple[str, str]] = set()

    def goes_on(self, minutes: int) -> None:
        """The dispatcher is there every quarter of an hour, and at the end of the wait."""
        until = self.now + minutes * MINUTE
        while self.now < until:
            self.now = min(self.now + 15 * MINUTE, until)
            dispatch(now=self.now)

    def happens(self, name: str, about: object) -> None:
        appointment = Appointment.objects.get(pk=self.session.pk)
        last = Plan.objects.order_by("-pk").first()
        changes = {"zone": "time_zone", "language": "language", "nights": "wants_quiet_nights", "phone": "phone"}
        with freeze_time(self.now):
            if name in changes:
                setattr(self.ana, changes[name], about)
                self.ana.save()
            elif name == "complete" and appointment.status == "arrived":
                scheduling.complete(appointment, completed_at=min(END + int(str(about)) * MINUTE, self.now), now=self.now)
            elif name == "reopen" and appointment.status == "fulfilled":
                scheduling.reopen(appointment, now=self.now)
            elif name == "agree":
                give_consent(self.ana, "care", str(about), source="front desk", now=self.now)
            elif name == "withdraw":
                withdraw_consent(self.ana, "care", str(about), source="front desk", now=self.now)
            elif name == "new version":
                move_over(load_protocol(read_protocol("microneedling"), now=self.now), by=None, now=self.now)
            elif name == "claim":
                claim_due(now=self.now)
            elif name in ("stop", "start again") and last:
                try:
                    if name == "stop":
                        stop_by_hand(last, reason="allergic", by=member("Clinician"), now=self.now)
                    else:
                        start_again(last, now=self.now)
                except Refused:
                    pass

    def holds(self) -> None:
        lines = list(CareMessage.objects.filter(plan__isnull=False, message__isnull=False).select_related("message", "plan"))
        queued = [line for line in lines if line.message.status == "scheduled"]
        alive = [line for line in lines if line.message.status in [*MAY_HAVE_ARRIVED, "scheduled"]]
        assert all(line.plan.stopped_at is None for line in queued)
        assert all(line.message.address == address_of(self.ana, line.channel) for line in queued)
        in_plan = Counter(line.key for line in alive)
        assert [key for key, count in in_plan.items() if count > 1] == []
        assert max(Counter(line.plan_id for line in alive if "-serum-week-" in line.key).values(), default=0) <= 14
        assert_apart(alive)
        if self.ana.wants_quiet_nights:
            quiet, zone = QuietHours(*settings.QUIET_HOURS), ZoneInfo(self.ana.time_zone)
            disturbs = [line.key for line in queued if not line.message.quiet_from and quiet.covers(line.message.send_at.astimezone(zone))]
            assert disturbs == []


def assert_apart(alive: list[CareMessage]) -> None:
    """No two doses of the first day are within an hour and a half of each other, whichever plans they are of; nor two at one instant."""
    for slug, near in (("-serum-day-", 90 * MINUTE), ("-serum-week-", 6 * HOUR)):
        doses: list[tuple[datetime, int]] = sorted(
            (line.message.send_at, line.plan_id) for line in alive if slug in line.key and not line.key.endswith("-night")
        )
        for (sooner, one), (later, other) in pairwise(doses):
            if one != other:
                assert later - sooner > near, (slug, sooner, later)
    instants = Counter(line.message.send_at for line in alive if line.kind == "dose" and line.message.status == "scheduled")
    assert [at for at, count in instants.items() if count > 1] == []


@pytest.fixture
def anew(clinic: Clinic) -> Callable[[], Story]:
    return lambda: Story(clinic)


@given(happenings=story)
@example(happenings=[(200, ("reopen", None)), (1, ("complete", 5)), (200, ("zone", ZONES[1])), (20, ("nights", True))])
@example(happenings=[(180, ("claim", None)), (1, ("reopen", None)), (1, ("complete", 5)), (200, ("reopen", None)), (1, ("complete", 9))])
@example(happenings=[(200, ("phone", PHONES[1])), (90, ("agree", "sms")), (20, ("zone", ZONES[2])), (200, ("new version", None))])
@hypothesis(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nothing_twice_whatever_happens(anew, happenings):
    block = transaction.atomic()
    block._from_testcase = True  # a claim wants to commit, and lets a test's own transaction pass
    with block:
        told = anew()
        for minutes, (name, about) in happenings:
            told.goes_on(minutes)
            told.happens(name, about)
            told.holds()
        transaction.set_rollback(True)


def test_control_without_looking_at_earlier_plans_it_finds_two(anew, monkeypatch):
    monkeypatch.setattr(starting, "was_told", lambda planned, told: False)
    told = anew()
    told.goes_on(180)
    told.happens("reopen", None)
    told.happens("complete", 5)
    with pytest.raises(AssertionError, match="serum-day"):
        told.holds()
