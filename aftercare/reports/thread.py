"""One conversation: what was said on both sides, what went out by itself, and what became of its concerns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.db.models.functions import Least

from aftercare.domain.reasons import ALREADY_TOLD, IN_THE_ANSWER
from aftercare.models import CareMessage, Concern, Plan
from aftercare.querysets import CareMessageQuerySet
from aftercare.reports.inbox import with_steps
from notifications.models import Reply
from scheduling.domain.states import Status
from scheduling.models import Appointment, Patient

MOST_SHOWN = 80  # lines that have gone out, and replies; the rest is asked for
MOST_EVER = 2_000
MOST_TO_COME = 200
# As planned; sooner where the demo's clock was put forward. PostgreSQL's least() passes over what is null.
CAME_AT = Least("planned_for", "message__accepted_at")


@dataclass(frozen=True, slots=True)
class Thread:
    """`lines` oldest first; `has_more`: there are older ones. `to_come` soonest first. `concerns` oldest first."""

    lines: Sequence[CareMessage]
    to_come: Sequence[CareMessage]
    concerns: Sequence[Concern]
    has_more: bool = False

    @property
    def open_concern(self) -> Concern | None:
        return next((concern for concern in reversed(self.concerns) if concern.resolved_at is None), None)

    @property
    def unread(self) -> list[CareMessage]:
        return [line for line in self.lines if line.reply_id and line.read_at is None]

    @property
    def newest(self) -> int:
        """The number of the newest reply, so that what comes later isn't taken as read."""
        return max((line.pk for line in self.lines if line.reply_id), default=0)


@dataclass(frozen=True, slots=True)
class About:
    """`last` is her last completed session, `plan` its aftercare, stopped or not, `here` that for which she has arrived today, `coming` the
    next one that is booked."""

    last: Appointment | None
    plan: Plan | None
    here: Appointment | None
    coming: Appointment | None


def thread_of(patient: Patient, now: datetime, *, whole: bool = False) -> Thread:
    # First, or it might count as shown what came between two queries.
    concerns = list(with_steps(Concern.objects.filter(patient=patient)).order_by("raised_at", "pk"))
    lines = _with_all_it_shows(CareMessage.objects.filter(patient=patient))
    most = MOST_EVER if whole else MOST_SHOWN
    said_elsewhere = Q(reason=ALREADY_TOLD) | Q(message__reason=IN_THE_ANSWER)
    been = lines.without_replaced().exclude(said_elsewhere).annotate(came_at=CAME_AT).filter(came_at__lte=now)
    gone = list(been.order_by("-came_at", "-pk")[: most + 1])
    shown = gone[:most][::-1]
    if len(gone) > most:
        concerns = [concern for concern in concerns if concern.resolved_at is None or concern.resolved_at >= came_at(shown[0])]
    return Thread(shown, list(lines.to_come(now)[:MOST_TO_COME]), concerns, has_more=len(gone) > most)


def came_at(line: CareMessage) -> datetime:
    """When it went or came, as CAME_AT says it."""
    went_at = line.message.accepted_at if line.message else None
    return min(line.planned_for, went_at) if went_at else line.planned_for


def thread_of_number(reply: Reply) -> Thread:
    """All that came from there, as long as no patient has the number."""
    lines = CareMessage.objects.filter(patient=None, reply__channel=reply.channel, reply__address=reply.address)
    concerns = list(with_steps(Concern.objects.filter(patient=None, pk__in=lines.values("concern"))).order_by("raised_at", "pk"))
    shown = list(_with_all_it_shows(lines).order_by("-planned_for", "-pk")[:MOST_SHOWN])[::-1]
    return Thread(shown, [], concerns)


def about(patient: Patient, now: datetime) -> About:
    hers = Appointment.objects.filter(patient=patient).select_related("course__treatment", "practitioner", "room", "location")
    last = hers.fulfilled().order_by("-during").first()
    plans = Plan.objects.filter(appointment=last).select_related("product", "stopped_by")
    plan = plans.order_by(F("stopped_at").desc(nulls_first=True), "-pk").first() if last else None
    arrived = hers.filter(status=Status.ARRIVED).order_by("-during").first()
    here = arrived if arrived and arrived.day_of(now) == arrived.day_of(arrived.starts_at) else None
    return About(last, plan, here, hers.coming().filter(during__startswith__gt=now).order_by("during").first())


def _with_all_it_shows(lines: CareMessageQuerySet) -> CareMessageQuerySet:
    about = lines.select_related("patient", "message", "reply", "stand_in", "plan__protocol", "written_by", "read_by", "concern")
    return about.select_related("answers", "appointment").prefetch_related("plan__protocol__steps")
