"""One story: a clinic of its own in full swing, and the provider that it writes to."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import environ
from django.db import DatabaseError, InterfaceError, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.utils import timezone

from clinic.engines.places import free_port
from notifications.models import Message
from notifications.services import Draft, schedule, suppress
from notifications.services.claiming import LATE_MINUTES
from tests.faults.engines import Engines
from tests.faults.fleet import Fleet, Member
from tests.faults.log import Log
from tests.faults.mail import BadMailServer
from tests.faults.provider import ACCOUNT_SID, AUTH_TOKEN, Provider
from tests.faults.verdict import UNSETTLED, Verdict, judge, stories

SILENCED_FROM_THE_START = 0.02
EMAILS = 0.1
SHORT_LIVED = 0.05
GRACE_SECONDS = 30


@dataclass
class Story:
    name: str
    seed: str
    engines: Engines
    provider: Provider
    mail: BadMailServer
    fleet: Fleet
    log: Log
    web_port: int
    random: Random
    silenced: dict[str, datetime] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def take_time(self, *, timeout: float, lease: float | None = None) -> None:
        """How long the processes that it opens wait for an answer, and for each other, in seconds."""
        self.fleet.env["FAULTS_TIMEOUT_SECONDS"] = str(timeout)
        if lease:
            self.fleet.env["FAULTS_LEASE_SECONDS"] = str(lease)

    def open(self, *, prefork: int = 2, solo: int = 1, beats: int = 1, without: Iterable[str] = ()) -> list[Member]:
        """The clinic's processes. Workers of both kinds come back."""
        workers = [*self.fleet.workers(prefork, without=without), *self.fleet.workers(solo, pool="solo", without=without)]
        for _ in range(beats):
            self.fleet.beat()
        self.fleet.wait_until_ready()
        return workers

    def moments(self, number: int, seconds: float) -> Iterator[int]:
        """So many moments, at random, each yielded when it has come. In the middle of them some people say stop."""
        started = time.monotonic()
        for index, moment in enumerate(sorted(self.random.uniform(0, seconds) for _ in range(number))):
            time.sleep(max(0, started + moment - time.monotonic()))
            if index == number // 2:
                steadily(self._silence_some)
            yield index

    def _silence_some(self) -> None:
        waiting = Message.objects.filter(channel="sms", status="scheduled").exclude(address__in=self.silenced)
        addresses = sorted(set(waiting.values_list("address", flat=True)))
        for address in self.random.sample(addresses, len(addresses) // 20):
            self.silence(address)

    def plan(self, number: int, seconds: float, short_lived: float = SHORT_LIVED) -> None:
        """Messages that fall due over the next `seconds`: a tenth of them emails, a few of them to people who said stop."""
        now = timezone.now()
        drafts = [self._draft(index, now + timedelta(seconds=self.random.uniform(0, seconds)), short_lived) for index in range(number)]
        # The workers shall be woken by beat, not by this process's idea of where Redis is.
        with patch("notifications.receivers.wake"):
            schedule(drafts)
        for address in sorted({draft.address for draft in drafts if draft.channel == "sms"}):
            if self.random.random() < SILENCED_FROM_THE_START:
                self.silence(address)

    def _draft(self, index: int, send_at: datetime, short_lived: float) -> Draft:
        is_email = self.random.random() < EMAILS
        lives = timedelta(seconds=self.random.uniform(2, 6) if self.random.random() < short_lived else 600)
        return Draft(
            dedupe_key=f"{self.name}-{index}",
            channel="email" if is_email else "sms",
            address=f"patient{index}@example.org" if is_email else number(index // 2),
            subject="Day 1" if is_email else "",
            body=f"Maple Street Clinic: {self.name}, text number {index}.",
            send_at=send_at,
            expires_at=send_at + lives,
        )

    def silence(self, address: str) -> None:
        suppress("sms", address, reason="replied STOP")
        self.silenced[address] = timezone.now()

    @contextmanager
    def in_mid_batch(self, taken: int = 20) -> Iterator[None]:
        """The provider has taken some, and answers when this is over."""
        self.provider.is_holding = True
        self.wait_for(lambda: self.log.count("taken") >= taken)
        yield
        self.provider.is_holding = False

    def wait_until_settled(self, seconds: float = GRACE_SECONDS) -> float:
        """Until each message has come to its end, or the grace is over. Says how long it took."""
        started = time.monotonic()
        while time.monotonic() < started + seconds and self.unsettled():
            time.sleep(0.1)
        return time.monotonic() - started

    def unsettled(self) -> int:
        return steadily(lambda: Message.objects.filter(status__in=UNSETTLED).count())

    def wait_for(self, condition: Callable[[], Any], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"SEED={self.seed}\n{self.logs()}"
            time.sleep(0.02)

    def require_that_it_bites(self, kind: str, seconds: float = 15) -> None:
        """For the controls: without its guard the fault shows, sooner or later."""
        self.wait_for(lambda: getattr(self.judge(), kind) > 0, seconds)

    def settle(self, **figures: Any) -> Verdict:
        """The grace after the last fault; then everything must have come to a good end."""
        self.figures |= figures | {"seconds": self.wait_until_settled()}
        verdict = self.judge()
        assert verdict.messages
        assert not verdict.wrong, self.explain(verdict)
        assert self._indiscretions() == []
        return verdict

    def _indiscretions(self) -> list[str]:
        """Lines of the processes' logs that name a patient, or say what was written to her."""
        lines = [line for member in self.fleet.members for line in member.log.read_text(errors="replace").splitlines()]
        return [line for line in lines if "55501" in line or "text number" in line or "patient" in line]

    def explain(self, verdict: Verdict) -> str:
        return f"SEED={self.seed}: {verdict.figures()}\n{stories(verdict, self.log)}\n{self.logs()}"

    def judge(self) -> Verdict:
        verdict = steadily(lambda: judge(self.log, self.silenced, self.provider.slowest))
        self.figures |= verdict.figures() | {"slowest": self.provider.slowest}
        return verdict

    def late_texts(self) -> dict[str, list[datetime]]:
        """By number, when the provider took each text that was late."""
        due_at = dict(Message.objects.filter(channel="sms").values_list("body", "due_at"))
        late: dict[str, list[datetime]] = defaultdict(list)
        for event in self.log.all("taken"):
            if event.key in due_at and event.at - due_at[event.key] > timedelta(minutes=LATE_MINUTES):
                late[event.address].append(event.at)
        return late

    def logs(self) -> str:
        return "\n".join(f"--- {member.name}\n{member.log.read_text(errors='replace')[-1500:]}" for member in self.fleet.members)


def number(index: int) -> str:
    """A hundred numbers of the kind that nobody has in each area."""
    return f"+1{201 + index // 100}55501{index % 100:02}"


def steadily(look: Callable[[], Any]) -> Any:
    """PostgreSQL may be away just now."""
    for _ in range(50):
        try:
            return look()
        except (DatabaseError, InterfaceError):
            connections["default"].close()
            time.sleep(0.2)
    return look()


@contextmanager
def on_database(url: str) -> Iterator[None]:
    """This process looks into the story's own database."""
    before = connections["default"]
    connections["default"] = DatabaseWrapper(
        before.settings_dict | environ.Env.db_url_config(url) | {"TEST": before.settings_dict["TEST"]}, "default"
    )
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


@contextmanager
def tell(name: str, seed: str, engines: Engines, template: str, folder: Path) -> Iterator[Story]:
    database = "story_" + re.sub(r"\W+", "_", name)
    log = Log()
    database_url = engines.create_database(database, template)
    engines.forget_the_queue()
    web_port = free_port()
    with Provider(seed, log) as provider, BadMailServer(log=log, seed=seed) as mail, on_database(database_url):
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "DATABASE_URL": database_url,
            "REDIS_URL": engines.redis_url,
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{web_port}",
            "SMS_BACKEND": "twilio",
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_FROM_NUMBER": "+12125550199",
            "TWILIO_MESSAGING_SERVICE_SID": "",
            "TWILIO_API_BASE_URL": provider.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:::celery.platforms",
        }
        fleet = Fleet(env, folder)
        try:
            yield Story(name, seed, engines, provider, mail, fleet, log, web_port, Random(f"{seed}-{name}"))
        finally:
            fleet.end()
            engines.come_back()
    engines.drop_database(database)
