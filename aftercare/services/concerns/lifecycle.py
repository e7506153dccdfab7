"""A concern is raised, acknowledged and resolved. One is open per patient: what she says meanwhile joins it, and only makes it worse."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from aftercare.domain.words import words_in
from aftercare.errors import NoLocation, NoteMissing, NothingToSay, SaidMore, TakenAlready
from aftercare.models import CareMessage, Concern, ConcernEvent
from aftercare.services.concerns.deadlines import clock_from, set_clocks
from aftercare.services.concerns.on_call import cancel_alerts, clear_alarm, tell_next, when
from aftercare.services.telling.pausing import pause_routine, resume_routine
from notifications.models import Reply
from scheduling.models import Appointment, Location, Patient
from scheduling.services import require_known
from scheduling.services.staff import staff_name

SEEN_LATELY = timedelta(hours=1)  # whoever acknowledged it is still at it, and hears of more of the same by looking
TWICE_WITHIN = timedelta(minutes=1)

URGENT = Concern.Severity.URGENT
What = ConcernEvent.What


@transaction.atomic
def raise_concern(
    *,
    patient: Patient | None,
    severity: str,
    said: str,
    flags: Iterable[str] = (),
    line: CareMessage | None = None,
    location: Location | None = None,
    by: User | None = None,
    now: datetime,
) -> Concern:
    """Open a concern, or join the one that is open: the severity only rises. Somebody on call is told in the same transaction.

    `severity` is urgent or soon, `flags` are aftercare.domain.triage's, `line` is the reply that says it; `by` is who took her call.
    Without a `location` it is the one where she is treated. By hand, the same words of the same person within a minute are said once: a
    button was pressed twice. Raises NothingToSay, and PatientErased.
    """
    said = words_in(said)
    if not said:
        raise NothingToSay("Write down what the patient said: whoever is on call has nothing else to go by.")
    if patient:
        require_known(patient)
    location = location or location_of(patient, now)
    severity, flags = Concern.Severity(severity), list(dict.fromkeys(flags))
    concern, is_new = _open(patient, severity, said, flags, line, location, by, now)
    if not is_new and by and _said_just_now(concern, severity, said, by, now):
        return concern
    if line:
        CareMessage.objects.filter(pk=line.pk).update(concern=concern)
        line.concern = concern
    if is_new:
        _note(concern, What.RAISED, by, now)
        _begin(concern, now)
    else:
        _join(concern, severity, said, flags, by, now)
    return concern


@transaction.atomic
def acknowledge(concern: Concern, *, by: User, seen: int | None = None, now: datetime) -> Concern:
    """Somebody has seen it: nobody else is told. Raises TakenAlready, with who was first, and SaidMore.

    `seen` is the concern's `heard` as it was when they looked; None: they know all that there is.
    """
    held = _held(concern)
    _require_open(held)
    if held.acknowledged_at:
        raise TakenAlready(f"{_who(held.acknowledged_by)} acknowledged it {when(held.acknowledged_at, held.location)}.")
    require_seen(held, seen)
    return acknowledge_held(held, by=by, now=now)


@transaction.atomic
def resolve(concern: Concern, *, note: str, by: User, seen: int | None = None, now: datetime) -> Concern:
    """It is over, and what was paused goes on. Raises NoteMissing, SaidMore, and TakenAlready, with who was first.

    `seen` as for `acknowledge`.
    """
    note = words_in(note)
    if not note:
        raise NoteMissing("Write what came of it: the next one who reads it wasn't there.")
    held = _held(concern)
    _require_open(held)
    require_seen(held, seen)
    if not held.acknowledged_at:
        acknowledge_held(held, by=by, now=now)
    held.resolved_at, held.resolved_by, held.note = now, by, note
    held.escalate_at = held.remind_at = None
    held.save(update_fields=["resolved_at", "resolved_by", "note", "escalate_at", "remind_at"])
    _note(held, What.RESOLVED, by, now)
    cancel_alerts(held)
    clear_alarm(held, now=now)
    held.lines.filter(reply__isnull=False, read_at=None).update(read_at=now, read_by=by)
    if held.patient:
        resume_routine(held.patient, now=now)
    return held


def acknowledge_held(concern: Concern, *, by: User, now: datetime) -> Concern:
    """Requires its lock. What she wrote has been read with it."""
    concern.acknowledged_at, concern.acknowledged_by = now, by
    concern.save(update_fields=["acknowledged_at", "acknowledged_by"])
    set_clocks(concern, None, now=now)
    _note(concern, What.ACKNOWLEDGED, by, now)
    concern.lines.filter(reply__isnull=False, read_at=None).update(read_at=now, read_by=by)
    cancel_alerts(concern)
    clear_alarm(concern, now=now)
    return concern


def add_words(concern: Concern, line: CareMessage, *, now: datetime) -> Concern:
    """Ordinary words of a patient whose concern is open: they belong to it, and make it neither better nor worse. Requires its lock."""
    CareMessage.objects.filter(pk=line.pk).update(concern=concern)
    _note(concern, What.SAID_MORE, None, now)
    return concern


def require_seen(concern: Concern, seen: int | None) -> None:
    """Requires its lock: nothing more is said meanwhile. Raises SaidMore."""
    if seen is None or concern.heard <= seen:
        return
    said = concern.events.get(pk=concern.heard)
    raise SaidMore(f"More was said {when(said.at, concern.location)}, since this page was shown: read it first, then try once more.")


def hold_open_concern_of(patient: Patient) -> Concern | None:
    """Locked. Requires a transaction."""
    return _standing(patient, None)


def open_concern_of(patient: Patient) -> Concern | None:
    return Concern.objects.filter(patient=patient, resolved_at=None).select_related("location").first()


def location_of(patient: Patient | None, now: datetime) -> Location:
    """Where she was last, or else is to be; without any, the first one. Raises NoLocation where the clinic has none yet."""
    if patient:
        hers = Appointment.objects.filter(patient=patient).blocking().select_related("room__location")
        nearest = hers.filter(during__startswith__lte=now).order_by("-during").first() or hers.order_by("during").first()
        if nearest:
            return nearest.location
    location = Location.objects.order_by("pk").first()
    if location is None:
        raise NoLocation("Add a location first: whose phone is named, and who is on call, hangs on it.")
    return location


def _open(
    patient: Patient | None,
    severity: Concern.Severity,
    said: str,
    flags: list[str],
    line: CareMessage | None,
    location: Location,
    by: User | None,
    now: datetime,
) -> tuple[Concern, bool]:
    """Whether it is new; locked either way. Whoever opens one at the same moment comes second, and joins."""
    if patient is None and line and line.reply:
        _wait_for_others_from(line.reply)
    until = clock_from(severity, location, now)
    while True:
        standing = _standing(patient, line)
        if standing:
            return standing, False
        try:
            with transaction.atomic():
                concern = Concern.objects.create(
                    patient=patient,
                    location=location,
                    severity=severity,
                    flags=flags,
                    said=said,
                    raised_at=now,
                    raised_by=by,
                    acknowledge_by=until,
                    escalate_at=until,
                )
            return concern, True
        except IntegrityError as error:
            if "one_open_concern_per_patient" not in str(error):
                raise


def _standing(patient: Patient | None, line: CareMessage | None) -> Concern | None:
    """The open one; of a number that nobody has, that which came from there, too."""
    is_open = Concern.objects.select_for_update(of=("self",), no_key=True).select_related("location", "patient").filter(resolved_at=None)
    if patient:
        return is_open.filter(patient=patient).first()
    if line is None or line.reply is None:
        return None
    from_there = CareMessage.objects.filter(patient=None, reply__channel=line.reply.channel, reply__address=line.reply.address)
    return is_open.filter(patient=None, pk__in=from_there.values("concern")).first()


def _wait_for_others_from(reply: Reply) -> None:
    """Until what came from that address at the same moment is committed: no constraint makes a number that nobody has one row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"concern:{reply.channel}:{reply.address}"])


def _begin(concern: Concern, now: datetime) -> None:
    """Its clock runs, and the first one on call is told: of an urgent one by text, of another one by email, until its clock has run out."""
    is_urgent = concern.severity == URGENT
    if is_urgent and concern.patient:
        pause_routine(concern.patient, now=now)
    is_told = tell_next(concern, now=now, by_email=not is_urgent)
    set_clocks(concern, concern.acknowledge_by if is_told else None, now=now)


def _said_just_now(concern: Concern, severity: Concern.Severity, said: str, by: User, now: datetime) -> bool:
    """Requires the concern's lock. More urgent than before, it is another thing to say."""
    if severity == URGENT != concern.severity or f"\n{said}\n" not in f"\n{concern.said}\n":
        return False
    written = concern.events.filter(what__in=[What.RAISED, What.SAID_MORE], by=by)
    return written.filter(at__gt=now - TWICE_WITHIN, at__lte=now + TWICE_WITHIN).exists()


def _join(concern: Concern, severity: Concern.Severity, said: str, flags: list[str], by: User | None, now: datetime) -> None:
    is_worse = severity == URGENT != concern.severity
    is_other = not set(flags) <= set(concern.flags)
    concern.said = f"{concern.said}\n{said}"
    concern.flags = list(dict.fromkeys([*concern.flags, *flags]))
    concern.save(update_fields=["said", "flags"])
    _note(concern, What.SAID_MORE, by, now)
    if is_worse or _is_to_be_seen_again(concern, is_other=is_other and severity == URGENT, now=now):
        concern.severity = URGENT if is_worse else concern.severity
        concern.acknowledge_by = clock_from(concern.severity, concern.location, now)
        concern.acknowledged_at = concern.acknowledged_by = None
        concern.save(update_fields=["severity", "acknowledge_by", "acknowledged_at", "acknowledged_by"])
        if is_worse:
            _note(concern, What.WORSENED, by, now)
            clear_alarm(concern, now=now)
        cancel_alerts(concern)
        _begin(concern, now)


def _is_to_be_seen_again(concern: Concern, *, is_other: bool, now: datetime) -> bool:
    """More that is worrying: where nobody is left to be told, and where it was acknowledged a while ago, or before she said another thing
    that is urgent."""
    if concern.acknowledged_at:
        return is_other or now - concern.acknowledged_at > SEEN_LATELY
    return concern.escalate_at is None


def _held(concern: Concern) -> Concern:
    held = Concern.objects.select_for_update(of=("self",), no_key=True)
    # Not with who acknowledged or resolved it: whoever had to wait would get those of before.
    return held.select_related("patient", "location").get(pk=concern.pk)


def _require_open(concern: Concern) -> None:
    if concern.resolved_at:
        raise TakenAlready(f"{_who(concern.resolved_by)} resolved it {when(concern.resolved_at, concern.location)}.")


def _note(concern: Concern, what: ConcernEvent.What, by: User | None, now: datetime, detail: str = "") -> None:
    ConcernEvent.objects.create(concern=concern, what=what, at=now, by=by, detail=detail)


def _who(user: User | None) -> str:
    return staff_name(user) or "Somebody"
