"""What the earlier plans of a session have told already, so that no later one tells it again."""

from collections.abc import Iterable
from datetime import datetime

from aftercare.domain.expansion import NIGHT, Planned
from aftercare.models import CareMessage, Plan
from notifications.domain.states import MAY_HAVE_ARRIVED

Told = tuple[str, datetime]  # of which step, or of which step's nights, and for or at which time


def told_before(plan: Plan) -> list[Told]:
    """By other plans of the same session: it was reopened, or the plan stopped and started again. `plan` needn't be in the database.

    Each at the time that it was planned for and at the one that it went at: neither is to be told again.
    """
    lines = CareMessage.objects.filter(appointment=plan.appointment_id, plan__isnull=False, message__status__in=MAY_HAVE_ARRIVED)
    by_others = lines.exclude(plan=plan.pk).values_list("plan_id", "key", "planned_for", "message__send_at")
    return [(_name(key.removeprefix(f"plan-{pk}-")), at) for pk, key, *times in by_others for at in times]


def was_told(planned: Planned, told: Iterable[Told]) -> bool:
    """Within half the step's spacing: a dose of 8 PM is the one of 8:05 PM, whatever their numbers. Further off it is another one."""
    name, near = _name(planned.key), planned.step.spacing / 2
    return any(name == other and abs(planned.send_at - at) <= near for other, at in told)


def _name(key: str) -> str:
    """A night's one text has its own: it announces doses, and is none."""
    step, _dash, _number = key.removesuffix(NIGHT).rpartition("-")
    return step + NIGHT if key.endswith(NIGHT) else step
