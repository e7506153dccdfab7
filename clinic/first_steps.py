"""What is still missing until the first session can be booked: the first page of a clinic that has just been installed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, Q
from django.utils.translation import gettext as _

from aftercare.reports import locations_without_anybody_on_call
from clinic.navigation import address
from scheduling.models import Appointment, Location, Practitioner, Room, Treatment

SETS_UP = (
    "scheduling.add_location",
    "scheduling.add_room",
    "scheduling.add_treatment",
    "scheduling.add_practitioner",
    "aftercare.add_oncallcontact",
)


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    detail: str
    url: str
    is_done: bool


def first_steps(user: User | AnonymousUser, locations: Sequence[Location]) -> Sequence[Step] | None:
    """None once all is there, or something was ever booked; empty for whoever can't do them, and has to ask a manager."""
    if Appointment.objects.exists():
        return None
    steps = _steps(locations)
    if all(step.is_done for step in steps):
        return None
    return steps if user.has_perms(SETS_UP) else ()


def _steps(locations: Sequence[Location]) -> list[Step]:
    """In the order in which one needs the other."""
    return [
        Step(
            _("A location"),
            _("Where you treat, by the name that patients know, with the phone number that they are told to call."),
            address("admin:scheduling_location_add"),
            bool(locations),
        ),
        Step(
            _("A room"),
            _("Only one session at a time takes place in it."),
            address("admin:scheduling_room_add"),
            Room.objects.filter(is_active=True).exists(),
        ),
        Step(
            _("A treatment"),
            _("How long it takes and what it costs. The aftercare protocol that comes along counts for every treatment."),
            address("admin:scheduling_treatment_add"),
            Treatment.objects.filter(is_active=True).exists(),
        ),
        Step(
            _("A practitioner"),
            _("Who treats: where, which treatments, and when. Without working hours, the location’s opening hours count."),
            _practitioner_url(),
            _somebody_treats(),
        ),
        Step(
            _("Somebody on call"),
            _("For each location, whom we tell when a patient is worried."),
            address("admin:aftercare_oncallcontact_add"),
            bool(locations) and not locations_without_anybody_on_call(locations),
        ),
    ]


def _practitioner_url() -> str:
    """Of the one who is there and lacks something, or of a new one."""
    incomplete = Practitioner.objects.filter(is_active=True).first()
    if incomplete is None:
        return address("admin:scheduling_practitioner_add")
    return f"{address('admin:scheduling_practitioner_changelist')}{incomplete.pk}/change/"


def _somebody_treats() -> bool:
    """Who has no working hours works whenever the location is open; but if nobody said when that is, that is at any hour of the night."""
    has_hours = Q(working_hours__location=F("locations")) | Q(working_hours=None, locations__opening_hours__isnull=False)
    return Practitioner.objects.filter(has_hours, is_active=True, treatments__is_active=True, locations__room__is_active=True).exists()
