"""The ledger's lines, their messages and a new plan, written in one round trip."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from aftercare.domain.protocol import Kind
from aftercare.models import Plan
from notifications import services as notifications
from notifications.services import SCHEDULE, Draft
from scheduling.models import Appointment, Patient

WRITE = f"""
WITH scheduled AS ({SCHEDULE}), started AS (
    INSERT INTO aftercare_plan (id, appointment_id, protocol_id, product_id, completed_at, stop_reason)
    SELECT %(plan)s, %(appointment)s, %(protocol)s, %(product)s, %(completed_at)s, '' WHERE %(plan_is_new)s
)
INSERT INTO aftercare_caremessage (
       patient_id, appointment_id, plan_id, kind, channel, planned_for, key, message_id, reason, stands_in_for_id)
SELECT %(patient)s, %(appointment)s, %(plan)s, line.kind, line.channel, line.planned_for, line.key, scheduled.id, line.reason,
       line.stands_in_for
  FROM json_to_recordset(%(lines)s) AS line (
       place int, kind text, channel text, planned_for timestamptz, key text, reason text, stands_in_for bigint, dedupe_key text)
  LEFT JOIN scheduled USING (dedupe_key)
 ORDER BY line.place
RETURNING id
"""  # nosec B608 # nothing in it comes from outside


@dataclass(frozen=True, slots=True)
class Line:
    """What the ledger says of one thing that she was to be told. Without a `draft` it doesn't go out."""

    kind: Kind
    channel: str
    planned_for: datetime
    key: str
    reason: str = ""
    draft: Draft | None = None
    stands_in_for: int | None = None


def write(lines: Sequence[Line], patient: Patient, *, appointment: Appointment | None, plan: Plan | None = None, now: datetime) -> None:
    """A `plan` that isn't in the database yet is written with its lines: it has its number already, from `next_plan_number`."""
    parameters = {
        "patient": patient.pk,
        "appointment": appointment.pk if appointment else None,
        "plan": plan.pk if plan else None,
        "protocol": plan.protocol_id if plan else None,
        "product": plan.product_id if plan else None,
        "completed_at": plan.completed_at if plan else None,
        "plan_is_new": plan is not None and plan._state.adding,
        "lines": _as_json(lines),
    }
    notifications.schedule_with(WRITE, parameters, [line.draft for line in lines if line.draft], now=now)
    if plan:
        plan._state.adding = False


def next_plan_number() -> int:
    """Drawn beforehand, since a plan's messages bear it in their keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('aftercare_plan', 'id'))")
        (number,) = cursor.fetchone()
    return int(number)


def _as_json(lines: Sequence[Line]) -> str:
    return json.dumps(
        [
            {
                "place": place,
                "kind": line.kind.value,
                "channel": line.channel,
                "planned_for": line.planned_for.isoformat(),
                "key": line.key,
                "reason": line.reason,
                "stands_in_for": line.stands_in_for,
                "dedupe_key": line.draft.dedupe_key if line.draft else None,
            }
            for place, line in enumerate(lines)
        ]
    )
