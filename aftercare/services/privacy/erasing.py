"""A patient asks to be forgotten: in one transaction, or not at all. What is left is a number, and that sessions took place."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.formats import date_format

from aftercare.domain.words import words_in
from aftercare.errors import CantErase
from aftercare.models import CareMessage, Concern, Consent, Plan
from aftercare.services.plans.stopping import stop_plan
from aftercare.services.privacy.addresses import CHANNELS, Hers, hers
from aftercare.services.privacy.table import BLANKS
from aftercare.services.recalls.stopping import stop_recalls
from aftercare.services.telling.reach import renew_reach
from aftercare.services.telling.taking_back import take_back
from aftercare.signals import patient_erased
from notifications import services as notifications
from notifications.domain.states import SETTLED, WENT_OUT, MessageStatus
from notifications.models import Message, Reply
from notifications.services.erasing import ON_ITS_WAY
from scheduling.domain.states import Status
from scheduling.models import Appointment, Patient, WaitlistEntry
from scheduling.services import all_or_nothing, as_eraser
from scheduling.services import erasing as scheduling
from scheduling.services.importing import forget_waiting_files

LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What erasing her would do, in numbers, and `why_not` where it would be refused. `is_deleted`: she leaves no row at all.

    `sessions` took place; `others` were missed or called off. `coming` are called off, `queued` messages never go out. `told` is what she
    was told, `said` what she wrote.
    """

    why_not: str
    is_deleted: bool
    sessions: int
    others: int
    coming: list[Appointment]
    waits: int
    queued: int
    told: int
    said: int
    concerns: int
    consents: int


def foresee_erasure(patient: Patient, now: datetime) -> Foreseen:
    appointments = Appointment.objects.filter(patient=patient)
    lines = CareMessage.objects.filter(patient=patient)
    coming = appointments.coming().select_related("course__treatment", "location").order_by("during")
    return Foreseen(
        why_not=why_not_erased(patient, now),
        is_deleted=not scheduling.was_ever_booked(patient),
        sessions=appointments.fulfilled().count(),
        others=appointments.filter(status__in=[Status.CANCELLED, Status.NOSHOW, Status.ENTERED_IN_ERROR]).count(),
        coming=list(coming),
        waits=WaitlistEntry.objects.filter(patient=patient, status=WaitlistEntry.Status.WAITING).count(),
        queued=lines.filter(message__status=MessageStatus.SCHEDULED).count(),
        told=lines.filter(message__isnull=False).exclude(message__status=MessageStatus.SCHEDULED).count(),
        said=lines.filter(reply__isnull=False).count(),
        concerns=Concern.objects.filter(patient=patient).count(),
        consents=Consent.objects.filter(patient=patient).count(),
    )


def why_not_erased(patient: Patient, now: datetime) -> str:
    """In a sentence; "" where she can be erased."""
    if patient.erased_at:
        return f"This patient was erased already, on {date_format(patient.erased_at, 'F j, Y')}."
    if Concern.objects.filter(patient=patient, resolved_at=None).exists():
        return "A concern of this patient is open. Resolve it first: somebody may be worried just now."
    begun = Appointment.objects.filter(patient=patient).coming().order_by("during")
    open_one = begun.filter(status=Status.ARRIVED).first() or begun.filter(during__startswith__lte=now).first()
    if open_one:
        return f"The appointment of {open_one.local_time_text} is still open. Complete it, cancel it or mark it as a no-show first."
    return ""


@all_or_nothing
def erase_patient(patient: Patient, *, reason: str, by: User, now: datetime) -> bool:
    """Nothing of hers is to come, nothing says who she was, and PostgreSQL lets nobody change that. False where she left no row at all,
    since she never had an appointment.

    `reason` stays on the trail. Raises CantErase. Begun anew where it and somebody who has one of her sessions or messages wait for each
    other.
    """
    reason = " ".join(words_in(reason).split())
    if not reason:
        raise CantErase("Say in a few words why.")
    if len(reason) > LONGEST_REASON:
        raise CantErase(f"Keep the reason to {LONGEST_REASON} characters.")
    forget_waiting_files()  # first: an import that has begun is waited for, and nobody else has to wait for her meanwhile
    try:
        held = scheduling.hold_to_erase(patient.pk)
    except Patient.DoesNotExist as error:
        raise CantErase("This patient was erased already.") from error
    own = hers(held)
    if why := why_not_erased(held, now) or _why_not_from_a_number(own):
        raise CantErase(why)
    _stop_all(held, by, now)
    _blank(held, own, by, now)
    stays = scheduling.was_ever_booked(held)
    if stays:
        scheduling.erase(held, now=now)
    else:
        _delete(held)
    # Last: whoever listens finds written down all that was changed until here.
    patient_erased.send(Patient, patient_id=held.pk, concerns=own.concerns, reason=reason, by=by, now=now)
    return stays


def _why_not_from_a_number(own: Hers) -> str:
    is_open = Concern.objects.filter(pk__in=own.concerns, resolved_at=None).exists()
    return "A concern that came from this patient's number is open in the inbox. Resolve it first." if is_open else ""


def _stop_all(patient: Patient, by: User, now: datetime) -> None:
    """Her addresses go first: so nobody tells her that her appointments are called off."""
    with as_eraser():
        Consent.objects.filter(patient=patient).exclude(address="").update(**BLANKS[Consent])
    renew_reach([patient])
    for plan in Plan.objects.filter(appointment__patient=patient, stopped_at=None).select_related("appointment").order_by("pk"):
        stop_plan(plan.appointment, reason=scheduling.WHY, by=by, now=now)
    stop_recalls([patient.pk], reason=scheduling.WHY, now=now)
    scheduling.call_off(patient, by=by, now=now)
    take_back(reason=scheduling.WHY, patient=patient)


def _blank(patient: Patient, own: Hers, by: User, now: datetime) -> None:
    lines = CareMessage.objects.filter(patient=patient)
    lines.filter(reply__in=own.shared).delete()
    notifications.blank_messages(Message.objects.filter(caremessage__patient=patient))
    notifications.blank_replies(Reply.objects.filter(pk__in=own.replies))
    notifications.forget_pace(address for channel in CHANNELS for address in own.addresses[channel])
    # Nobody is to see to any of it.
    of_hers = CareMessage.objects.filter(reply__in=own.replies) | lines
    of_hers.filter(reply__isnull=False, read_at=None).update(read_at=now, read_by=by)
    may_yet_go_wrong = Q(message__status__in=WENT_OUT - SETTLED)
    to_see_to = Q(pk__in=lines.gone_wrong(now, one_a_plan=False)) | may_yet_go_wrong
    lines.filter(to_see_to, dealt_with_at=None).update(dealt_with_at=now, dealt_with_by=by)
    Concern.objects.filter(patient=patient).update(**BLANKS[Concern])
    Concern.objects.filter(pk__in=own.concerns).update(**BLANKS[Concern])
    lines.update(**BLANKS[CareMessage])  # as long as her plans say which words are a clinician's
    plans = Plan.objects.filter(appointment__patient=patient)
    plans.exclude(stop_reason=scheduling.WHY).update(**BLANKS[Plan])
    # Django's own log has the words of whoever stopped a plan by hand.
    numbers = [str(pk) for pk in plans.values_list("pk", flat=True)]
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Plan), object_id__in=numbers).update(change_message="")


def _delete(patient: Patient) -> None:
    """A message that is under way stays, without words and address, until its provider has said what became of it."""
    lines = CareMessage.objects.filter(patient=patient)
    over = Message.objects.filter(caremessage__patient=patient).exclude(ON_ITS_WAY)
    messages = list(over.values_list("pk", flat=True))
    lines.update(stands_in_for=None)
    lines.delete()
    Message.objects.filter(pk__in=messages).delete()
    with as_eraser():
        Concern.objects.filter(patient=patient).delete()
        Consent.objects.filter(patient=patient).delete()
    scheduling.delete(patient)
