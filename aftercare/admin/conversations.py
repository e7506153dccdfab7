"""The way from a patient, an appointment or a reply to what is talked about with her, and whether it worries her."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from aftercare.models import CareMessage
from aftercare.services import open_concern_of
from aftercare.services.replies.answering import ANSWERS
from scheduling.models import Appointment, Patient

MAY_SEE = ("aftercare.view_concern", "aftercare.view_caremessage")  # conversations


def notice_of_concern(patient: Patient) -> SafeString:
    """ "" where none is open. Django asks for a page's fields several times; this is looked up once."""
    if not hasattr(patient, "open_concern"):
        patient.open_concern = open_concern_of(patient)  # type: ignore[attr-defined]
    concern = patient.open_concern  # type: ignore[attr-defined]
    if concern is None:
        return mark_safe("")
    is_urgent = concern.severity == concern.Severity.URGENT
    said = _("An urgent concern is open.") if is_urgent else _("A concern is open.")
    taken = _("Routine messages are paused until somebody resolves it.") if is_urgent else ""
    if not concern.acknowledged_at:
        taken = _("Nobody has acknowledged it.")
    return format_html('<p class="notice">{} {} <a href="{}">{}</a></p>', said, taken, thread_of(patient.pk), _("Open the conversation"))


def thread_of(patient: int) -> str:
    return reverse("admin:inbox_thread", args=[patient])


def thread_of_line(line: CareMessage) -> str:
    """Of what was said; of a number that nobody has, too. "" where it isn't kept any more who that was."""
    if line.patient:
        return "" if line.patient.erased_at else thread_of(line.patient.pk)
    return reverse("admin:inbox_unknown", args=[line.reply_id]) if line.reply and line.reply.address else ""


def appointment_of(line: CareMessage) -> Appointment | None:
    """That which a message is about, or that which a reply answers."""
    if line.appointment:
        return line.appointment
    if line.answers and line.answers.appointment:
        return line.answers.appointment
    if not line.reply_id:
        return None
    answer = CareMessage.objects.filter(message__dedupe_key=f"{ANSWERS}{line.reply_id}", appointment__isnull=False)
    told = answer.select_related("appointment__patient").first()
    return told.appointment if told else None
