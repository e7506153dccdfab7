"""What the desk reads before it books: how far the patient is, the first day that her skin allows, and what to mind."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.timezone import localdate

from scheduling.domain.cadence import DUE_SOON_DAYS, RecallKind, due_on
from scheduling.domain.interval import earliest_day
from scheduling.domain.states import Status
from scheduling.models import Appointment, Course, Location, Patient, Treatment
from scheduling.services.refusals import recovery_of, too_soon
from scheduling.services.warnings import warnings_on


@dataclass(frozen=True, slots=True)
class Outlook:
    """A patient's next session of a treatment. All days are clinic-local.

    `done` of `planned` sessions are completed; the one to book would be the course's `number`th, `is_maintenance` past the planned ones.
    `first_on` is the first day from today that the skin allows (F19), `why` the sentence that says why not earlier, "" where today is fine.
    `recommended_from` and `recommended_until` count from the course's session before it, completed or booked: the window of F19, or the
    weeks up to the day on which maintenance is due (F20); None for a course's first session.
    """

    done: int
    planned: int
    number: int
    is_maintenance: bool
    minimum_interval_days: int
    first_on: date
    why: str
    recommended_from: date | None
    recommended_until: date | None
    last_session_on: date | None
    warnings: list[str]
    price: Decimal
    currency: str


def outlook(
    patient: Patient,
    treatment: Treatment,
    *,
    location: Location | None = None,
    day: date | None = None,
    instead_of: Appointment | None = None,
    now: datetime | None = None,
) -> Outlook:
    """For a session on `day`, by default the first that the skin allows; the warnings are those of that day. Two queries.

    Today is by the clock of `location`, or of the patient's latest session. `instead_of` is an appointment that is being moved: it isn't
    in its own way, and keeps its interval and its price.
    """
    course = Course.objects.filter(patient=patient, treatment=treatment, ended_at=None).first()
    on_this_skin = Appointment.objects.blocking().filter(patient=patient, skin_area=treatment.skin_area)
    sessions = list(on_this_skin.exclude(pk=instead_of.pk if instead_of else None).order_by("during"))
    zone = location.zone if location else sessions[-1].zone if sessions else None
    today = localdate(now or timezone.now(), zone)
    interval = (instead_of or course or treatment).minimum_interval_days
    first_on = earliest_day(today, interval, map(recovery_of, sessions))
    day = day or first_on
    planned = (course or treatment).planned_sessions
    in_course = [session for session in sessions if course and session.course_id == course.pk]
    fulfilled = [session for session in in_course if session.status == Status.FULFILLED]
    before = [session.local_day for session in in_course if session.local_day < day]
    is_maintenance = len(before) >= planned
    window = _recommended(before[-1], is_maintenance, interval, treatment) if before else (None, None)
    last_day = None if is_maintenance else window[1]
    return Outlook(
        done=len(fulfilled),
        planned=planned,
        number=len(before) + 1,
        is_maintenance=is_maintenance,
        minimum_interval_days=interval,
        first_on=first_on,
        why="" if first_on == today else str(too_soon(today, interval, patient.first_name, sessions, not_before=today)),
        recommended_from=window[0],
        recommended_until=window[1],
        last_session_on=fulfilled[-1].local_day if fulfilled else None,
        warnings=warnings_on(day, patient, after=before[-1] if before else None, last_day=last_day),
        price=instead_of.price if instead_of else treatment.list_price,
        currency=treatment.currency,
    )


def _recommended(last: date, is_maintenance: bool, interval: int, treatment: Treatment) -> tuple[date, date]:
    kind = RecallKind.MAINTENANCE if is_maintenance else RecallKind.NEXT_SESSION
    until = due_on(kind, last, recommended_within_days=treatment.recommended_within_days, maintenance_months=treatment.maintenance_months)
    return until - timedelta(days=DUE_SOON_DAYS) if is_maintenance else last + timedelta(days=interval), until
