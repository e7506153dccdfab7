"""An appointment's card: all that the desk needs to know about it, and what can be done with it."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scheduling import services
from scheduling.admin.steps import STEPS
from scheduling.admin.ways_back import next_of
from scheduling.domain.states import COMING
from scheduling.models import Appointment

CLOSING = ("no-show", "cancel")  # below the others, and Move between them


@require_safe
@permission_required("scheduling.view_appointment", raise_exception=True)
def appointment_card(request: HttpRequest, pk: int) -> HttpResponse:
    """A page of its own; htmx, which opens it beside the board, gets the card alone."""
    about = ("patient", "course__treatment", "practitioner", "room", "location", "booked_by")
    appointment = get_object_or_404(Appointment.objects.select_related(*about), pk=pk)
    now = timezone.now()
    back = _back(request, appointment)
    may_change = request.user.has_perm("scheduling.change_appointment")
    steps = [step for step in STEPS.values() if may_change and step.is_open_to(appointment, now)]
    # In words already: a template would put them on the clock of the current time zone.
    starts_at, ends_at = (at.astimezone(appointment.zone) for at in (appointment.starts_at, appointment.ends_at))
    context = {
        "appointment": appointment,
        "patient": appointment.patient,
        "age": appointment.patient.age_on(appointment.local_day),
        "day": date_format(starts_at, "l, F j, Y"),
        "clock": f"{time_format(starts_at, 'g:i A')} – {time_format(ends_at, 'g:i A')}",
        "session": _session(appointment),
        "warnings": services.warnings_of(appointment),
        "steps": [step for step in steps if step.verb not in CLOSING],
        "closing": [step for step in steps if step.verb in CLOSING],
        "move_url": _move_page(appointment) if may_change and appointment.status in COMING else "",
        "back": back,
    }
    if getattr(request, "htmx", False):
        return TemplateResponse(request, "scheduling/_appointment_card.html", context)
    return TemplateResponse(
        request, "scheduling/appointment_card.html", {**admin.site.each_context(request), "title": _("Appointment"), **context}
    )


def _back(request: HttpRequest, appointment: Appointment) -> str:
    """Where the steps lead back to: whence somebody came, or the day's board."""
    day_of_it = f"{reverse('admin:board')}?view=day&location={appointment.location_id}&day={appointment.local_day.isoformat()}"
    return next_of(request) or day_of_it


def _session(appointment: Appointment) -> str:
    """“Session 2 of 3”, counted as the diary stands."""
    course = appointment.course
    number = Appointment.objects.blocking().filter(course=course, during__startswith__lt=appointment.starts_at).count() + 1
    if number > course.planned_sessions:
        return _("Maintenance session")
    return _("Session %(number)s of %(planned)s") % {"number": number, "planned": course.planned_sessions}


def _move_page(appointment: Appointment) -> str:
    try:
        return reverse("admin:scheduling_appointment_move", args=[appointment.pk])
    except NoReverseMatch:
        return reverse("admin:scheduling_appointment_change", args=[appointment.pk])
