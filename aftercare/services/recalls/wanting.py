"""Recalls that somebody sends by hand: foreseen, then wanted. What goes is decided once more when it goes."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftercare.domain.recalls import WhyNot
from aftercare.services.recalls.candidates import Candidate, candidates_among
from aftercare.services.recalls.policy import recall_policy, write_down
from aftercare.signals import recalls_wanted
from scheduling.domain.cadence import RecallKind
from scheduling.domain.outcomes import Outcome
from scheduling.models import RecallAction


@dataclass(frozen=True, slots=True)
class Alike:
    """Those who get the same words over the same channel."""

    way: str
    kind: RecallKind
    language: str
    location_id: int


@dataclass(slots=True)
class Wanted:
    """How many are told, in which words; how many of them when it is day where they are; and how many aren't, and why."""

    told: Counter[Alike] = field(default_factory=Counter)
    later: int = 0
    not_told: Counter[WhyNot] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        return self.told.total()

    def by(self, way: str) -> int:
        return sum(number for alike, number in self.told.items() if alike.way == way)


def foresee_recalls(patients: Collection[int], *, now: datetime) -> Wanted:
    """What `want_recalls` would do now. Writes nothing."""
    wanted = Wanted()
    for _action in _actions(patients, None, now, wanted):
        pass
    return wanted


@transaction.atomic
def want_recalls(patients: Collection[int], *, by: User | None, now: datetime) -> Wanted:
    """A recall for each of them who may be told now, to be sent at once, or in her morning. Wanted twice, it goes once.

    Nobody is locked: thousands take a second, and the patients stay free to be booked meanwhile.
    """
    wanted = Wanted()
    if write_down(_actions(patients, by, now, wanted)):
        recalls_wanted.send(RecallAction)
    return wanted


def _actions(patients: Collection[int], by: User | None, now: datetime, wanted: Wanted) -> Iterator[RecallAction]:
    """Unsaved ones, while `wanted` is counted."""
    policy, asked_back = recall_policy(), 0
    for candidate in candidates_among(patients, now):
        asked_back += 1
        at = candidate.goes_at(now, policy)
        if why_not := candidate.why_not(at):
            wanted.not_told[why_not] += 1
            continue
        wanted.told[_alike(candidate)] += 1
        wanted.later += at > now
        yield RecallAction(
            session_id=candidate.session,
            patient_id=candidate.patient_id,
            way=candidate.way,
            outcome=Outcome.WAITING.value,
            at=at,
            by=by,
        )
    if missing := len(set(patients)) - asked_back:
        wanted.not_told[WhyNot.NOT_ASKED_BACK] += missing


def _alike(candidate: Candidate) -> Alike:
    return Alike(candidate.way, candidate.standing.kind, candidate.language, candidate.location_id)
