"""What was done about the demo's recalls over the past months, and what came of it."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from aftercare.wording.recalls import RECALLS
from clinic.demo.archive.asking import told
from clinic.demo.stages import Stage
from notifications.domain.quiet import at_wall_clock
from scheduling.domain.cadence import RecallKind
from scheduling.domain.outcomes import Outcome
from scheduling.models import Appointment, Patient, Recall, RecallAction
from scheduling.services import log_call, refresh, snooze

POLICY_AT = time(10)


class Call(NamedTuple):
    outcome: Outcome
    ago: timedelta
    reason: str = ""


# By how many of the stage there were before; the first of each stage is left as she is, so that every group of the report has somebody.
CALLS: dict[tuple[Stage, int], Call] = {
    (Stage.NEXT_OVERDUE, 1): Call(Outcome.NO_ANSWER, timedelta(days=3, hours=2)),
    (Stage.NEXT_OVERDUE, 2): Call(Outcome.AGREED, timedelta(days=2, hours=5)),
    (Stage.MAINTENANCE_OVERDUE, 1): Call(Outcome.CALL_LATER, timedelta(days=1, hours=3)),
    (Stage.MAINTENANCE_OVERDUE, 2): Call(Outcome.DECLINED, timedelta(days=9, hours=1), "moved away"),
    (Stage.LAPSED, 1): Call(Outcome.NO_ANSWER, timedelta(days=16, hours=4)),
}
SNOOZED, SNOOZED_AGO, SNOOZED_DAYS = (Stage.MAINTENANCE_OVERDUE, 3), timedelta(days=4), 25


def ask_back(told_at: Mapping[Stage, list[Patient]], by: User, random: Random, zone: ZoneInfo, now: datetime) -> None:
    """Texts and emails of the past, as the policy would have sent them; then what the desk did."""
    _told_by_the_policy([patient.pk for patients in told_at.values() for patient in patients], random, zone, now)
    for (stage, nth), call in CALLS.items():
        for patient in told_at.get(stage, [])[nth : nth + 1]:
            for recall in Recall.objects.filter(patient=patient, came_back_on=None):
                log_call(patient, call.outcome, session=recall.last_session_id, reason=call.reason, by=by, now=now - call.ago)
    stage, nth = SNOOZED
    at = now - SNOOZED_AGO
    until = timezone.localdate(at) + timedelta(days=SNOOZED_DAYS)
    snooze([patient.pk for patient in told_at.get(stage, [])[nth : nth + 1]], until=until, by=by, now=at)


def _told_by_the_policy(patients: list[int], random: Random, zone: ZoneInfo, now: datetime) -> None:
    today = timezone.localdate(now, zone)
    actions = []
    for recall in Recall.objects.filter(patient__in=patients).select_related("patient").order_by("patient", "due_on", "pk"):
        theirs = Appointment.objects.filter(patient=recall.patient, course__treatment=recall.treatment_id)
        following = theirs.filter(during__startswith__gt=recall.last_session.ends_at).order_by("booked_at").first()
        booked_on = timezone.localdate(following.booked_at, zone) if following else None
        until = min(today - timedelta(days=1), booked_on or today)
        for one in told(random, recall.last_session_on, recall.due_on, recall.patient.reached_by, until, is_answered=following is not None):
            at = at_wall_clock(one.on, POLICY_AT, zone)
            actions.append(
                RecallAction(
                    session_id=recall.last_session_id,
                    patient=recall.patient,
                    way=one.way.value,
                    outcome=one.outcome.value,
                    step=one.step,
                    wording=RECALLS[RecallKind(recall.kind)].name,
                    at=at,
                    answered_at=at + timedelta(hours=2) if one.is_answered else None,
                )
            )
    RecallAction.objects.bulk_create(actions)
    refresh(patients)
