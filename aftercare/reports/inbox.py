"""Who waits for us: open concerns, conversations with something to read, and those of late. The same few queries, however many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, QuerySet, Value, When, Window
from django.db.models.functions import Cast, Coalesce

from aftercare.models import CareMessage, Concern, ConcernEvent, OnCallContact
from scheduling.models import Appointment, Location, Patient

OF_LATE = timedelta(days=30)
MOST_FOUND = 10  # of whom there is nothing but the name
UNREAD = Q(reply__isnull=False, read_at=None)
CONCERN_IS_OPEN = Q(concern__isnull=False, concern__resolved_at=None)
# A patient has one conversation, and so has a number that no patient has.
NUMBER = Case(When(patient=None, then=F("reply__address")), default=Value(""), output_field=CharField())
URGENT_FIRST = Case(When(severity=Concern.Severity.URGENT, then=0), default=1)
TAKEN_LAST = Case(When(acknowledged_at=None, then=0), default=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the inbox somebody wants to see. Without anything: all of it.

    `names_only`: who may not see patients guesses no number by searching.
    """

    location: Location | None = None
    name: str = ""
    unread_only: bool = False
    names_only: bool = False

    def called(self) -> QuerySet[Patient]:
        return Patient.objects.named(self.name) if self.names_only else Patient.objects.matching(self.name)

    def patients(self) -> Q:
        """Those about whom it is. Of a number that nobody has, no location is known and no name."""
        wanted = Q()
        if self.name.strip():
            wanted &= Q(patient__in=self.called())
        if self.location:
            treated_there = Appointment.objects.filter(patient=OuterRef("patient"), location=self.location)
            wanted &= Q(patient=None) | Q(Exists(treated_there))
        return wanted


@dataclass(frozen=True, slots=True)
class Conversation:
    """`last` is its last word, hers or ours; `unread` says how many of hers nobody has read."""

    last: CareMessage
    unread: int
    waits_since: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody at the clinic: `concerns` are open, `taken` of them acknowledged, `late` not in time; of `replies`
    conversations something is to be read, `both` of which have an open concern, too. Who has several of it waits once.
    """

    concerns: int = 0
    taken: int = 0
    late: int = 0
    replies: int = 0
    both: int = 0

    def __bool__(self) -> bool:
        return bool(self.concerns or self.replies)

    def __str__(self) -> str:
        return str(self.concerns + self.replies - self.both)


def waiting(now: datetime) -> Waiting:
    """In one query."""
    whose = Coalesce(Cast("patient", CharField()), "reply__address")
    unread = CareMessage.objects.to_read().order_by()
    concerned = unread.filter(
        Exists(Concern.objects.filter(resolved_at=None, patient=OuterRef("patient"))) | Q(CONCERN_IS_OPEN, patient=None)
    )
    replies, both = (
        lines.annotate(what=Value(what)).values("what").annotate(count=Count(whose, distinct=True))
        for what, lines in (("replies", unread), ("both", concerned))
    )
    still_open = Concern.objects.filter(resolved_at=None).order_by()
    taken = still_open.exclude(acknowledged_at=None)
    overdue = still_open.filter(acknowledged_at=None, acknowledge_by__lt=now)
    open_ones = (
        concerns.annotate(what=Value(what)).values("what").annotate(count=Count("pk"))
        for what, concerns in (("concerns", still_open), ("taken", taken), ("late", overdue))
    )
    counts = (query.values_list("what", "count") for query in (replies, both, *open_ones))
    first, *others = counts
    return Waiting(**dict(first.union(*others, all=True)))


@dataclass(frozen=True, slots=True)
class Urgent:
    """How many urgent concerns are open, and which of them is to be acknowledged first; None where somebody has taken each of them."""

    count: int
    first: Concern | None


def urgent_open() -> Urgent:
    """In one query."""
    urgent = Concern.objects.filter(resolved_at=None, severity=Concern.Severity.URGENT).annotate(count=Window(Count("pk")))
    first = urgent.select_related("location").order_by(TAKEN_LAST, "acknowledge_by", "pk").first()
    return Urgent(first.count, None if first.acknowledged_at else first) if first else Urgent(0, None)


def locations_without_anybody_on_call(locations: Iterable[Location]) -> list[Location]:
    """In one query for whole clinics: who has no location is on call for all."""
    contacts = OnCallContact.objects.filter(is_active=True).values_list("locations", flat=True)
    covered = set(contacts)
    return [] if None in covered else [location for location in locations if location.pk not in covered]


def open_concerns(asked: Asked) -> QuerySet[Concern]:
    """Urgent ones first; of each kind, what nobody has acknowledged first, by its clock."""
    found = Concern.objects.filter(resolved_at=None)
    if asked.location:
        found = found.filter(location=asked.location)
    if asked.name.strip():
        found = found.filter(patient__in=asked.called())
    return with_steps(found).order_by(URGENT_FIRST, TAKEN_LAST, "acknowledge_by", "pk")


def with_steps(concerns: QuerySet[Concern]) -> QuerySet[Concern]:
    """`events` with their people, and `lines` with what she wrote."""
    events = ConcernEvent.objects.select_related("by", "contact").order_by("at", "pk")
    written = CareMessage.objects.filter(reply__isnull=False).select_related("reply", "answers").order_by("pk")
    about = concerns.select_related("patient", "location", "raised_by", "acknowledged_by", "resolved_by")
    return about.prefetch_related(Prefetch("events", events), Prefetch("lines", written))


def conversations(asked: Asked, now: datetime, *, but: Iterable[int] = ()) -> QuerySet[Any, Any]:
    """A row a conversation: `patient`, `number`, `unread`, `waits_since`, `last_at`. What is to be read comes first, the longest wait at
    its head; then what was said last.

    Somebody who is looked for by name is found whenever that was. `but` leaves those patients out.
    """
    lines = CareMessage.objects.spoken().known().filter(asked.patients())
    if asked.unread_only:
        lines = lines.filter(UNREAD)
    elif not asked.name.strip():
        lines = lines.filter(UNREAD | Q(planned_for__gt=now - OF_LATE))
    if left_out := list(but):
        lines = lines.exclude(patient__in=left_out)
    each = lines.order_by().annotate(number=NUMBER).values("patient", "number")
    counted = each.annotate(
        unread=Count("pk", filter=UNREAD), waits_since=Min("planned_for", filter=UNREAD), last_at=Max("planned_for"), newest=Max("pk")
    )
    return counted.order_by(F("waits_since").asc(nulls_last=True), "-last_at", "-newest")


def without_conversation(asked: Asked) -> list[Patient]:
    """Who is looked for and has never been heard, nor written to by one of us, by name: one more than are shown, where there are more.

    Those whose concern is open stand among the concerns. Who has no appointment yet is of every location.
    """
    hers = CareMessage.objects.spoken().filter(patient=OuterRef("pk"))
    concerned = Concern.objects.filter(resolved_at=None, patient=OuterRef("pk"))
    found = asked.called().exclude(Exists(hers)).exclude(Exists(concerned))
    if asked.location:
        appointments = Appointment.objects.filter(patient=OuterRef("pk"))
        found = found.filter(Exists(appointments.filter(location=asked.location)) | ~Exists(appointments))
    return list(found.order_by("last_name", "first_name", "pk")[: MOST_FOUND + 1])


def filled(rows: Sequence[dict[str, Any]]) -> list[Conversation]:
    """With the last word of each."""
    whose = Q(patient__in=[row["patient"] for row in rows if row["patient"]])
    whose |= Q(patient=None, reply__address__in=[row["number"] for row in rows if not row["patient"]])
    lines = CareMessage.objects.spoken().filter(whose).annotate(number=NUMBER).order_by("patient_id", "number", "-planned_for", "-pk")
    lines = lines.distinct("patient_id", "number").select_related("patient", "reply", "message", "written_by", "answers")
    last = {(line.patient_id, line.number): line for line in lines}
    found = ((last.get((row["patient"], row["number"])), row) for row in rows)
    return [Conversation(line, row["unread"], row["waits_since"]) for line, row in found if line]
