"""Recalls that wait are told, each patient under her own lock: whatever has changed since, she is told only what still holds."""

import math
import time
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from aftercare.domain.consent import Purpose
from aftercare.domain.protocol import Kind
from aftercare.domain.recalls import OF_USE_FOR, WhyNot, is_too_late, may_go, next_at, of_use_until
from aftercare.models import CareMessage
from aftercare.services.recalls.candidates import candidates_among
from aftercare.services.recalls.policy import recall_policy
from aftercare.services.recalls.words import words_of
from aftercare.services.telling.consent import reaching
from aftercare.services.telling.guarding import unless_it_fails
from aftercare.services.telling.pausing import routine_key
from aftercare.wording import RECALLS, how_to_stop
from notifications import services as notifications
from notifications.domain.quiet import QuietHours
from notifications.domain.states import MAY_HAVE_ARRIVED, MessageStatus
from notifications.services import Draft
from scheduling import services as scheduling
from scheduling.domain.cadence import RecallKind
from scheduling.domain.outcomes import Outcome, Way
from scheduling.models import Patient, Recall, RecallAction

AT_ONCE = 200
NOT_ASKED_BACK = "is asked back for something else by now, or for nothing"
TOO_LATE = "couldn't be sent in time"


def tell_recalls(now: datetime | None = None) -> bool:
    """All that wait and whose time has come, as far as there is room for them. Whether there are more: for as long as a run may last.

    Who is being changed just now comes with the next run. Any number may run it at once, and a crash loses nothing.
    """
    over_at = time.monotonic() + settings.DISPATCH_RUN_SECONDS
    passed_over: set[int] = set()
    while time.monotonic() < over_at:
        at = now or timezone.now()
        room = _room(at)
        waiting = RecallAction.objects.filter(outcome=Outcome.WAITING, at__lte=at).exclude(patient__in=passed_over)
        patients = list(dict.fromkeys(waiting.order_by("at", "pk").values_list("patient_id", flat=True)[:room]))
        if not patients:
            return False
        for pk in patients:
            is_done = unless_it_fails(
                partial(_tell_her, pk, at),
                code=f"recall not told, patient {pk}",
                log=f"Patient {pk} isn't told that her session is due",
                said="when a recall was to go out",
                now=at,
            )
            if not is_done:
                passed_over.add(pk)
    return True


def _room(now: datetime) -> int:
    """For how many. Texts about somebody's care go at the same rate and within the same cap of a day: they wait behind a minute of recalls,
    not behind thousands, and half of the day's texts are left to them."""
    texted = RecallAction.objects.filter(outcome=Outcome.TOLD, way=Way.SMS)
    room = AT_ONCE
    if settings.SMS_PER_SECOND:
        queued = texted.filter(at__gt=now - OF_USE_FOR, lines__message__status=MessageStatus.SCHEDULED).count()
        room = min(room, math.ceil(settings.SMS_PER_SECOND * settings.RECALLS_EVERY_SECONDS) - queued)
    if settings.SMS_DAILY_CAP:
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        room = min(room, math.ceil(settings.SMS_DAILY_CAP / 2) - texted.filter(at__gte=midnight).count())
    return max(room, 0)


def _tell_her(patient_pk: int, now: datetime) -> bool:
    """False where somebody else holds her. Requires a transaction."""
    patient = _held(patient_pk)
    if patient is None:
        return False
    # As they are under the lock: of two, the second finds that she had one today.
    for action in _waiting(patient, now):
        _tell(action, patient, now)
    scheduling.refresh([patient.pk])
    return True


def _held(patient_pk: int) -> Patient | None:
    """Nobody books her meanwhile, nor changes her; None where somebody does just now."""
    return Patient.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=patient_pk).first()


def _waiting(patient: Patient, now: datetime) -> QuerySet[RecallAction]:
    """Locked: a policy that is switched off just now takes back only what nobody is telling."""
    waiting = RecallAction.objects.filter(patient=patient, outcome=Outcome.WAITING, at__lte=now)
    return waiting.select_for_update(no_key=True).order_by("at", "pk")


def _tell(action: RecallAction, patient: Patient, now: datetime) -> None:
    if is_too_late(action.at, now):
        _not_told(action, TOO_LATE, now)
    elif not may_go(now, patient.zone):
        action.at = next_at(now, patient.zone, recall_policy().hour)
        action.save(update_fields=["at"])
    elif reason := _why_not(action, now):
        _not_told(action, reason, now)
    elif agreed := reaching(patient, Purpose.RECALL):
        channel = _channel(patient, {channel: consent.address for channel, consent in agreed.items()})
        _write(action, patient, channel, agreed[channel].address, now)
    else:
        _not_told(action, WhyNot.NO_CONSENT, now)


def _why_not(action: RecallAction, now: datetime) -> str:
    for candidate in candidates_among([action.patient_id], now):
        if candidate.session == action.session_id:
            return candidate.without_waiting().why_not(now) or ""
    return NOT_ASKED_BACK


def _channel(patient: Patient, addresses: dict[str, str]) -> str:
    """By text, where she agreed to that and texts arrive."""
    if "sms" not in addresses:
        return "email"
    is_in_vain = "email" in addresses and CareMessage.objects.filter(patient=patient).texts_dont_arrive_at(addresses["sms"])
    return "email" if is_in_vain else "sms"


def _not_told(action: RecallAction, reason: str, now: datetime) -> None:
    action.outcome, action.reason, action.at = Outcome.NOT_TOLD.value, str(reason), now
    action.save(update_fields=["outcome", "reason", "at"])


def _write(action: RecallAction, patient: Patient, channel: str, address: str, now: datetime) -> None:
    recall = Recall.objects.select_related("location").get(last_session=action.session_id)
    kind = RecallKind(recall.kind)
    letter = words_of(kind, patient, recall.location)
    quiet = QuietHours(*settings.QUIET_HOURS)
    draft = Draft(
        dedupe_key=f"recall-{action.pk}",
        reference=f"patient-{patient.pk}",
        channel=channel,
        address=address,
        **letter.over(channel, _stop_hint(patient, address)),
        send_at=now,
        expires_at=of_use_until(now, patient.zone, quiet.starts),
        quiet=quiet,
        time_zone=patient.time_zone,
        pause_key=routine_key(patient),
    )
    [message] = notifications.schedule([draft], now=now)
    CareMessage.objects.create(
        patient=patient,
        kind=Kind.RECALL.value,
        channel=channel,
        planned_for=now,
        key=draft.dedupe_key,
        message=message,
        recall_action=action,
    )
    action.way, action.outcome, action.wording, action.at = channel, Outcome.TOLD.value, RECALLS[kind].name, now
    action.save(update_fields=["way", "outcome", "wording", "at"])


def _stop_hint(patient: Patient, number: str) -> str:
    """In the first recall that is texted to her number: it is another thing than the texts about her care."""
    texts = CareMessage.objects.filter(patient=patient, kind=Kind.RECALL.value, channel="sms", message__address=number)
    has_read_it = texts.filter(message__status__in=[MessageStatus.SCHEDULED, *MAY_HAVE_ARRIVED]).exists()
    return "" if has_read_it else f" {how_to_stop(patient.language)}"
