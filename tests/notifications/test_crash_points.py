"""The core of the promise, case by case: where the worker dies × what the provider does × how it comes to light. 7 × 8 × 4."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import product

import pytest
from django.db import transaction

from notifications.channels import Courier, twilio
from notifications.domain.states import MessageStatus, Verdict
from notifications.errors import TransportError
from notifications.models import Attempt, Message, Suppression
from notifications.services import claim_due, dispatch, reconcile, seeking
from notifications.services.receiving import record_receipt
from notifications.services.recording import record
from tests.notifications.conftest import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Crash(Enum):
    BEFORE_THE_CLAIM = "before the claim is committed"
    AFTER_THE_CLAIM = "after the claim, before the request"
    ON_THE_WAY = "with the request on its way"
    BEFORE_THE_RECORD = "after the answer, before it is written down"
    IN_THE_RECORD = "while it is written down"
    AFTER_THE_RECORD = "after it is written down"
    FROZEN = "frozen past its lease, then goes on"


class Provider(Enum):
    TAKES = "takes it and answers"
    TAKES_500 = "takes it and answers 500"
    TAKES_HANGS_UP = "takes it and hangs up"
    TAKES_SILENT = "takes it and never answers"
    FAILS = "fails without taking it"
    TOO_MANY = "says too many"
    BAD_NUMBER = "knows no such number"
    OPTED_OUT = "says that the number opted out"


class Recovery(Enum):
    CALLBACK = "a callback comes"
    LISTED = "it is on the list at once"
    LISTED_LATE = "it is on the list only at the second look"
    UNASKABLE = "the list can't be asked for a quarter of an hour"


ANSWERS = {
    Provider.TAKES_500: TransportError(Verdict.UNCERTAIN, "20500"),
    Provider.TAKES_HANGS_UP: TransportError(Verdict.UNCERTAIN, "ServerDisconnectedError"),
    Provider.TAKES_SILENT: TransportError(Verdict.UNCERTAIN, "TimeoutError"),
    Provider.FAILS: TransportError(Verdict.UNCERTAIN, "20500"),
    Provider.TOO_MANY: TransportError(Verdict.REFUSED_FOR_NOW, "20429"),
    Provider.BAD_NUMBER: TransportError(Verdict.REFUSED_FOR_GOOD, "21211"),
    Provider.OPTED_OUT: TransportError(Verdict.OPTED_OUT, "21610"),
}
TAKES = (Provider.TAKES, Provider.TAKES_500, Provider.TAKES_HANGS_UP, Provider.TAKES_SILENT)
STAYS = (Provider.BAD_NUMBER, Provider.OPTED_OUT)  # whatever is asked later


@dataclass
class World:
    """A provider whose first answer is the case's; later ones are good, unless the number itself is the trouble."""

    provider: Provider
    recovery: Recovery
    now: datetime = NOON
    requests: int = 0
    taken: list[tuple[str, object, datetime]] = field(default_factory=list)  # its id, the try's token, when

    async def send(self, message) -> str:
        self.requests += 1
        behaves = self.provider if self.requests == 1 or self.provider in STAYS else Provider.TAKES
        if behaves in TAKES:
            self.taken.append((f"SM{len(self.taken)}", message.token, self.now))
        if behaves is not Provider.TAKES:
            raise ANSWERS[behaves]
        return self.taken[-1][0]

    async def find(self, message) -> list[str] | None:
        if self.recovery is Recovery.UNASKABLE and self.now < NOON + 15 * MINUTE:
            return None
        late = 5 * MINUTE if self.recovery is Recovery.LISTED_LATE else timedelta()
        return [taken for taken, _, at in reversed(self.taken) if at + late <= self.now]


@pytest.fixture
def live(text, monkeypatch, settings):
    def until_it_ends(crash: Crash, provider: Provider, recovery: Recovery) -> tuple[Message, World]:
        world = World(provider, recovery)
        settings.CHANNELS = settings.CHANNELS | {"sms": "twilio"}
        monkeypatch.setattr(twilio.Channel, "send", world.send)
        monkeypatch.setattr(twilio.Channel, "find", world.find)
        message = text(expires_at=NOON + timedelta(hours=3))
        the_worker_dies(crash, world)
        called_back: set[object] = set()
        for _ in range(12):
            if recovery is Recovery.CALLBACK:
                for provider_id, token, _at in world.taken:
                    if token not in called_back:
                        called_back.add(token)
                        record_receipt(message.pk, token, provider_id=provider_id, status="sent", now=world.now + SECOND)
            message.refresh_from_db()
            if message.status not in (MessageStatus.SCHEDULED, MessageStatus.SENDING, MessageStatus.UNCERTAIN):
                return message, world
            waits_until = message.send_at if message.status == MessageStatus.SCHEDULED else message.lease_until
            world.now = max(world.now, waits_until)
            reconcile(now=world.now)
            dispatch(now=world.now)
        raise AssertionError(f"it never ends: {message.status}, {message.reason}")

    return until_it_ends


def the_worker_dies(crash: Crash, world: World) -> None:
    if crash is Crash.BEFORE_THE_CLAIM:
        return
    claim = claim_due(now=NOON)
    if crash is Crash.AFTER_THE_CLAIM:
        return
    with Courier() as courier:
        courier.send(claim.to_send, deadline=claim.deadline)
        outcomes = []
        while courier.under_way:
            outcomes += courier.take(1)
    if crash in (Crash.ON_THE_WAY, Crash.BEFORE_THE_RECORD):
        return
    messages, results = [one for one, _ in outcomes], [result for _, result in outcomes]
    if crash is Crash.FROZEN:
        world.now = NOON + 2 * MINUTE
        reconcile(now=world.now)
        record(messages, results, now=world.now + MINUTE)
        return
    with transaction.atomic():
        record(messages, results, now=NOON + SECOND)
        transaction.set_rollback(crash is Crash.IN_THE_RECORD)


CASES = [*product(Crash, Provider, Recovery)]


@pytest.mark.parametrize(("crash", "provider", "recovery"), CASES, ids=[" · ".join(part.value for part in case) for case in CASES])
def test_every_case_ends_with_a_reason_and_is_taken_once_at_most(live, crash, provider, recovery):
    message, world = live(crash, provider, recovery)
    if provider is Provider.BAD_NUMBER:
        assert (message.status, message.error_code, world.taken) == ("failed", "21211", [])
    elif provider is Provider.OPTED_OUT:
        assert (message.status, message.reason, world.taken) == ("suppressed", "the address opted out", [])
        assert Suppression.objects.count() == 1
    elif (crash, provider) == (Crash.AFTER_THE_CLAIM, Provider.FAILS):
        # Two tries of which nobody knows, and no third: a person is asked.
        assert (message.status, message.reason) == ("failed", "it may have been sent: please check with the patient")
        assert world.taken == []
    else:
        assert len(world.taken) == 1
        assert (message.status, message.provider_id) == ("accepted", world.taken[0][0])
        assert message.accepted_at is not None
        assert Attempt.objects.get(token=world.taken[0][1]).provider_id in ("", world.taken[0][0])
    assert world.requests <= 2
    assert message.attempts <= 3


def test_there_are_224_of_them():
    assert len(CASES) == 7 * 8 * 4


class TestControls:
    """Each guard, taken away, shows the fault that it is there for."""

    def test_without_looking_first_texts_go_out_twice(self, live, monkeypatch):
        monkeypatch.setattr(seeking, "_taken", lambda ids: {"", *ids})  # whatever is found is taken for another's
        _, world = live(Crash.ON_THE_WAY, Provider.TAKES, Recovery.LISTED)
        assert len(world.taken) == 2

    def test_without_a_second_look_a_provider_that_lists_late_is_asked_to_send_twice(self, live, monkeypatch):
        from notifications.domain import deciding

        monkeypatch.setattr(deciding, "LOOKS", 1)
        _, world = live(Crash.ON_THE_WAY, Provider.TAKES, Recovery.LISTED_LATE)
        assert len(world.taken) == 2

    def test_counting_a_look_that_failed_would_send_twice(self, live, monkeypatch):
        async def nothing_there(world, message):
            return [taken for taken, _, at in world.taken if world.now >= NOON + 15 * MINUTE]

        monkeypatch.setattr(World, "find", nothing_there)
        _, world = live(Crash.ON_THE_WAY, Provider.TAKES, Recovery.UNASKABLE)
        assert len(world.taken) == 2

    def test_a_callback_that_is_ignored_leaves_only_the_list(self, live, monkeypatch):
        monkeypatch.setattr("tests.notifications.test_crash_points.record_receipt", lambda *args, **kwargs: None)

        async def nothing_there(world, message):
            return []

        monkeypatch.setattr(World, "find", nothing_there)
        _, world = live(Crash.ON_THE_WAY, Provider.TAKES, Recovery.CALLBACK)
        assert len(world.taken) == 2

    def test_without_recovering_leases_a_message_is_lost(self, live, monkeypatch):
        from notifications.services import reconciling

        monkeypatch.setattr(reconciling, "_give_up_lost_leases", lambda now: None)
        with pytest.raises(AssertionError, match="it never ends: sending"):
            live(Crash.AFTER_THE_CLAIM, Provider.TAKES, Recovery.LISTED)
