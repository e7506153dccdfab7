"""What completing a session would plan, before anybody has. It asks the very functions that plan it, and writes nothing."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from aftercare.models import CareMessage, Plan
from aftercare.services.changes.lines import unreached, waiting
from aftercare.services.changes.renewing import FOLLOW, renewals
from aftercare.services.plans.starting import tellings_of_new
from aftercare.services.plans.stopping import earlier_plans
from aftercare.services.protocols.loading import protocol_for
from aftercare.services.telling.ledger import Line
from aftercare.services.telling.limits import Change
from aftercare.services.telling.tellings import Telling, decide
from notifications.domain.states import MessageStatus
from scheduling.models import Appointment, Patient, Product


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A message of the plan to be, and the line that the ledger would have of it: without a `draft` it doesn't go out."""

    telling: Telling
    line: Line

    @property
    def words(self) -> str:
        """Those of its channel, also where it doesn't go out."""
        letter = self.telling.letter
        return self.line.draft.body if self.line.draft else letter.sms if self.line.channel == "sms" else letter.email


def foresee_plan(
    appointment: Appointment,
    *,
    completed_at: datetime,
    product: Product | None = None,
    wants_quiet_nights: bool | None = None,
    now: datetime,
) -> list[Foreseen]:
    """Every message that `scheduling.services.complete` with these answers would plan or leave out, in order of time."""
    patient, session = copy(appointment.patient), copy(appointment)
    if wants_quiet_nights is not None:
        patient.wants_quiet_nights = wants_quiet_nights
    session.patient, session.completed_at = patient, completed_at
    protocol = protocol_for(session.course.treatment)
    plan = Plan(appointment=session, protocol=protocol, product=product, completed_at=completed_at)
    tellings = tellings_of_new(plan, now)
    change = _change(session, patient, now, nights_change=patient.wants_quiet_nights != appointment.patient.wants_quiet_nights)
    lines = decide(patient, tellings, now=now, change=change)
    return [Foreseen(telling, line) for telling, line in zip(tellings, lines, strict=True)]


def _change(session: Appointment, patient: Patient, now: datetime, *, nights_change: bool) -> Change:
    """What becomes of her queue before the plan is written: nothing more about this session, nor from the plans that it ends, and, where
    her nights change, what others have for her is planned anew."""
    over = Q(appointment=session) | Q(plan__in=earlier_plans(session))
    ends = CareMessage.objects.filter(over, message__status=MessageStatus.SCHEDULED.value)
    change = Change(frozenset(ends.values_list("message_id", flat=True)))
    if not nights_change:
        return change
    found = [*waiting(patient=patient, kind__in=FOLLOW), *unreached(patient=patient, kind__in=FOLLOW)]
    lines = [line for line in found if line.message_id not in change.taken_back]
    for line in lines:
        for owner in (line.appointment, line.plan.appointment if line.plan else None):
            if owner is not None:
                owner.patient = patient
    change = replace(change, taken_back=change.taken_back | {line.message_id for line in lines if line.message_id})
    for _owner, renewed in renewals(lines, now):
        decided = decide(patient, renewed, now=now, change=change)
        change = replace(change, drafts=(*change.drafts, *(line.draft for line in decided if line.draft)))
    return change
