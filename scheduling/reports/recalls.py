"""A patient's recalls: what each of her sessions asked for, what was done about it, and what came of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from scheduling.domain.cadence import Bucket, RecallKind, Stage
from scheduling.domain.lots import in_lots
from scheduling.domain.outcomes import DECIDING, Deeds, Outcome
from scheduling.domain.recalls import RANKS, Claim, bucket_of
from scheduling.domain.states import COMING
from scheduling.models import Appointment, Patient, Recall, RecallAction
from scheduling.reports.due import Due


@dataclass(frozen=True, slots=True)
class Asked:
    """A recall and what was done about it, the latest first. Without a bucket she came back."""

    recall: Recall
    actions: Sequence[RecallAction]
    today: date  # where she is treated
    bucket: Bucket | None = None
    stage: Stage | None = None
    booked_on: date | None = None
    hidden_until: date | None = None

    @property
    def decided(self) -> RecallAction | None:
        """What took her off the list, or put her back on it, last."""
        return next((action for action in self.actions if action.outcome in DECIDING and not action.taken_back_at), None)

    @property
    def is_held_back(self) -> bool:
        """Whether somebody may put her on the list again."""
        return self.stage in (Stage.DECLINED, Stage.SNOOZED)

    @property
    def days_late(self) -> int:
        return max(0, (self.today - self.recall.due_on).days) if self.bucket and not self.booked_on else 0

    @property
    def seen(self) -> int:
        """The number of the latest thing done; 0 for none."""
        return max((action.pk for action in self.actions), default=0)


def recalls_of(patient: Patient, now: datetime) -> list[Asked]:
    """Those that are open, the one to act on first; then those about which something was done, the latest first. Three queries."""
    actions: dict[int, list[RecallAction]] = defaultdict(list)
    for action in RecallAction.objects.filter(patient=patient).select_related("by", "taken_back_by").order_by("-at", "-pk"):
        actions[action.session_id].append(action)
    coming: dict[int, list[date]] = defaultdict(list)
    for session in Appointment.objects.filter(patient=patient, status__in=COMING).select_related("course"):
        coming[session.course.treatment_id].append(session.local_day)
    recalls = Recall.objects.filter(patient=patient).select_related("treatment", "location", "practitioner").order_by("-last_session_on")
    asked = [_asked(recall, actions[recall.last_session_id], coming[recall.treatment_id], patient, now) for recall in recalls]
    return sorted((one for one in asked if one.bucket or one.actions), key=_order)


def with_answers(rows: Iterable[Due]) -> Iterator[Due]:
    """The same rows, with who has answered the last message that asked her back. One query for a thousand of them."""
    for lot in in_lots(rows):
        wrote_back = _answered(lot)
        yield from (replace(due, is_answered=True) if due.patient_id in wrote_back else due for due in lot)


def _answered(rows: Collection[Due]) -> set[int]:
    sent = [row.recall_id for row in rows if row.last_outcome == Outcome.TOLD]
    if not sent:
        return set()
    actions = RecallAction.objects.in_effect().filter(session__in=Recall.objects.filter(pk__in=sent).values("last_session"))
    last = actions.order_by("session_id", "-at", "-pk").distinct("session_id").values_list("patient", "answered_at")
    return {patient for patient, answered_at in last if answered_at}


def _asked(recall: Recall, actions: Sequence[RecallAction], coming: Sequence[date], patient: Patient, now: datetime) -> Asked:
    today = now.astimezone(recall.location.zone).date()
    if recall.came_back_on:
        return Asked(recall, actions, today)
    done = Deeds()
    for action in reversed(actions):
        if not action.taken_back_at:
            done.add(action.outcome, action.hidden_until)
    claim = Claim.of(recall.last_session_id, RecallKind(recall.kind), recall.due_on, coming, done, patient.reached_by)
    stage = claim.stage_on(today)
    return Asked(
        recall, actions, today, bucket_of(stage, claim.kind, claim.due_on, today), stage, claim.booked_on(today), claim.hidden_until
    )


def _order(asked: Asked) -> tuple[object, ...]:
    recall = asked.recall
    if asked.bucket is None:
        return 1, -recall.last_session_on.toordinal()
    return 0, RANKS[asked.bucket], recall.due_on, recall.last_session_id
