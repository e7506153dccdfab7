"""Those who are asked back, with all that decides whether a recall may go to them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.utils import timezone

from aftercare.domain import recalls as domain
from aftercare.domain.recalls import WhyNot
from aftercare.models import Concern
from scheduling.domain.cadence import RecallKind, Stage
from scheduling.domain.outcomes import Outcome, Way
from scheduling.domain.states import COMING
from scheduling.models import Appointment, RecallAction, RecallPolicy, Standing

BY_MESSAGE = (Way.SMS, Way.EMAIL)
FIELDS = (
    *("patient_id", "session", "patient__language", "patient__time_zone", "location_id", "stage", "kind", "due_on"),
    *("patient__reached_by", "patient__phone", "patient__email", "told", "last_told_at", "waits", "has_urgent_concern", "is_coming"),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient as she stands on the clinic's day `today`; `session` is the one after which she is asked back."""

    patient_id: int
    session: int
    language: str
    zone: ZoneInfo
    location_id: int
    standing: domain.Standing
    today: date

    @property
    def way(self) -> str:
        """By text, if she agreed to that; by email otherwise."""
        return next(iter(self.standing.reached_by), Way.SMS.value)

    def goes_at(self, now: datetime, policy: RecallPolicy) -> datetime:
        return domain.goes_at(now, self.zone, policy.hour)

    def why_not(self, at: datetime) -> WhyNot | None:
        return domain.why_not(self.standing, today=self.today, at=at, zone=self.zone)

    def without_waiting(self) -> "Candidate":
        return replace(self, standing=replace(self.standing, waits=False))


def candidates_among(patients: Collection[int], now: datetime) -> Iterator[Candidate]:
    return candidates(Q(patient__in=patients), now)


def candidates(about: Q, now: datetime) -> Iterator[Candidate]:
    """Those whose standing is as said, in their order. Whoever isn't asked back is none."""
    today = timezone.localdate(now)
    standings = Standing.objects.filter(about, stands_from__lte=today, stands_until__gt=today)
    told = RecallAction.objects.filter(outcome=Outcome.TOLD, way__in=BY_MESSAGE).order_by()
    urgent = Concern.objects.filter(patient=OuterRef("patient"), severity=Concern.Severity.URGENT, resolved_at=None)
    # For whichever treatment, since a text doesn't say what it is about. And where it is still yesterday: what is booked for this evening
    # is over on the clinic's own day.
    coming = Appointment.objects.filter(patient=OuterRef("patient"), status__in=COMING)
    rows = standings.annotate(
        session=F("recall__last_session_id"),
        told=Subquery(told.filter(session=OuterRef("session")).values("session").annotate(number=Count("pk")).values("number")),
        last_told_at=Subquery(told.filter(patient=OuterRef("patient")).values("patient").annotate(last=Max("at")).values("last")),
        waits=Exists(RecallAction.objects.filter(patient=OuterRef("patient"), outcome=Outcome.WAITING)),
        has_urgent_concern=Exists(urgent),
        is_coming=Exists(coming.filter(during__endswith__gt=now)),
    )
    for row in rows.order_by("patient_id").values_list(*FIELDS):
        patient, session, language, zone, location, stage, kind, due_on, *rest = row
        reached_by, phone, email, number, last_told_at, waits, urgent, is_coming = rest
        standing = domain.Standing(
            stage=Stage.BOOKED if is_coming else Stage(stage),
            kind=RecallKind(kind),
            due_on=due_on,
            reached_by=tuple(filter(None, reached_by.split(","))),
            has_address=bool(phone or email),
            told=number or 0,
            last_told_at=last_told_at,
            waits=waits,
            has_urgent_concern=urgent,
        )
        yield Candidate(patient, session, language, ZoneInfo(zone), location, standing, today)
