"""What people do about a recall: calls are logged, patients come off the list for a while, or back on it.

Rows are only added, and one that was a mistake says so.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format

from scheduling.domain.cadence import Stage
from scheduling.domain.lots import in_lots
from scheduling.domain.outcomes import DECIDING, LONGEST_SNOOZE_DAYS, OF_A_CALL, Outcome, Way, hidden_until
from scheduling.domain.states import COMING
from scheduling.errors import NothingToRecall
from scheduling.models import Appointment, Patient, Recall, RecallAction, Standing
from scheduling.services.recalls.deriving import LOCAL_DAY
from scheduling.services.recalls.refreshing import locked_patients, refresh
from scheduling.services.saving import all_or_nothing
from scheduling.services.staff import staff_name
from scheduling.signals import taken_off_the_list

BY_HAND = (Way.CALL, Way.SNOOZE)


@all_or_nothing
def log_call(
    patient: Patient,
    outcome: Outcome,
    *,
    session: int,
    reason: str = "",
    note: str = "",
    seen: int | None = None,
    by: User | None = None,
    now: datetime | None = None,
) -> RecallAction:
    """Somebody called her about the recall after `session`, the number of a fulfilled appointment, or she called.

    Agreed takes her off the list for 30 days and call later for 7, the last of them included; declined, which takes a `reason`, until she
    comes back or is put on the list again; no answer changes nothing. `seen` is the number of the latest thing that the caller saw done
    about it by hand (0: nothing). The same call logged once more is the one that is there already; what somebody else did meanwhile is
    told first. Raises NothingToRecall and leaves nothing behind.
    """
    if outcome not in OF_A_CALL:
        raise ValueError(f"{outcome} is no outcome of a call")
    now = now or timezone.now()
    [patient] = locked_patients([patient.pk])
    if again := _logged_already(session, patient, seen, (Way.CALL, outcome, reason, note, by.pk if by else None)):
        return again
    recall = _to_act_on(patient, session, now)
    action = RecallAction.objects.create(
        session_id=session,
        patient=patient,
        way=Way.CALL.value,
        outcome=outcome.value,
        reason=reason,
        note=note,
        hidden_until=hidden_until(outcome, _today(recall, now)),
        at=now,
        by=by,
    )
    refresh([patient.pk])
    if outcome in DECIDING:
        taken_off_the_list.send(RecallAction, actions=[action], now=now)
    return action


@all_or_nothing
def take_back_call(call: RecallAction, *, by: User | None = None, now: datetime | None = None) -> bool:
    """Nobody called, or it was another patient: from now on all is as if it had never been logged. But recalls that it stopped don't go.

    False where it was taken back before: whoever did so stays the one. Raises ValueError for what is no call.
    """
    if call.way != Way.CALL:
        raise ValueError(f"{call} is no call")
    now = now or timezone.now()
    locked_patients([call.patient_id])
    is_new = RecallAction.objects.in_effect().filter(pk=call.pk).update(taken_back_at=now, taken_back_by=by)
    refresh([call.patient_id])
    return bool(is_new)


@dataclass(frozen=True, slots=True)
class Snoozed:
    """How many are off the list, and how many were left as they were, because they are booked, have declined, or aren't due again."""

    count: int = 0
    booked: int = 0
    declined: int = 0
    not_due: int = 0

    def __add__(self, other: "Snoozed") -> "Snoozed":
        return Snoozed(self.count + other.count, self.booked + other.booked, self.declined + other.declined, self.not_due + other.not_due)

    @property
    def left(self) -> int:
        return self.booked + self.declined + self.not_due


def snooze(patients: Iterable[int], *, until: date, by: User | None = None, now: datetime | None = None) -> Snoozed:
    """Take patients, by their numbers, off the list until `until`, its last day; each by the recall by which she is on it today.

    Each thousand of them is a transaction of its own. Once more with the same day changes nothing. Raises NothingToRecall where `until`
    isn't one of the 365 days after today.
    """
    now = now or timezone.now()
    today = timezone.localdate(now)
    if not today < until <= today + timedelta(days=LONGEST_SNOOZE_DAYS):
        last = date_format(today + timedelta(days=LONGEST_SNOOZE_DAYS), "F j, Y")
        raise NothingToRecall(f"Please choose a day after today, and {last} at the latest.")
    return sum((_snooze(lot, until, today, by, now) for lot in in_lots(sorted(set(patients)))), Snoozed())


@all_or_nothing
def _snooze(patients: Collection[int], until: date, today: date, by: User | None, now: datetime) -> Snoozed:
    wanted = locked_patients(patients)
    standing = Standing.objects.filter(patient__in=[patient.pk for patient in wanted], stands_from__lte=today, stands_until__gt=today)
    rows = list(standing.annotate(session=F("recall__last_session")).order_by("patient_id"))
    booked = sum(row.stage == Stage.BOOKED for row in rows)
    declined = sum(row.stage == Stage.DECLINED for row in rows)
    free = [row for row in rows if row.stage not in (Stage.BOOKED, Stage.DECLINED)]
    new = [
        RecallAction(
            session_id=row.session,
            patient_id=row.patient_id,
            way=Way.SNOOZE.value,
            outcome=Outcome.SNOOZED.value,
            hidden_until=until,
            at=now,
            by=by,
        )
        for row in free
        if (row.stage, row.hidden_until) != (Stage.SNOOZED, until)
    ]
    RecallAction.objects.bulk_create(new)
    if new:
        refresh([action.patient_id for action in new])
        taken_off_the_list.send(RecallAction, actions=new, now=now)
    return Snoozed(len(free), booked, declined, len(wanted) - len(rows))


@all_or_nothing
def resume(patient: Patient, *, session: int, by: User | None = None, now: datetime | None = None) -> RecallAction | None:
    """She is on the list again, whatever she said or was decided.

    None where she is on it anyway. Raises NothingToRecall.
    """
    now = now or timezone.now()
    [patient] = locked_patients([patient.pk])
    recall = _open_recall(patient, session)
    decided = _decided(session)
    is_off = decided and (
        decided.outcome == Outcome.DECLINED or (decided.hidden_until is not None and decided.hidden_until >= _today(recall, now))
    )
    if not is_off:
        return None
    action = RecallAction.objects.create(
        session_id=session, patient=patient, way=Way.SNOOZE.value, outcome=Outcome.RESUMED.value, at=now, by=by
    )
    refresh([patient.pk])
    return action


def _logged_already(session: int, patient: Patient, seen: int | None, call: tuple[object, ...]) -> RecallAction | None:
    """The same call, where its button was pressed twice. Requires the patient's lock. Raises NothingToRecall for what wasn't seen."""
    done = RecallAction.objects.in_effect().filter(session=session, patient=patient, way__in=BY_HAND)
    latest = done.select_related("by").order_by("pk").last()
    if seen is None or latest is None or latest.pk <= seen:
        return None
    if (latest.way, latest.outcome, latest.reason, latest.note, latest.by_id) == call:
        return latest
    raise NothingToRecall(_done_meanwhile(latest))


def _to_act_on(patient: Patient, session: int, now: datetime) -> Recall:
    """Requires the patient's lock."""
    recall, name = _open_recall(patient, session), patient.full_name
    coming = Appointment.objects.filter(patient=patient, course__treatment=recall.treatment_id, status__in=COMING)
    day = coming.annotate(day=LOCAL_DAY).filter(day__gte=_today(recall, now)).order_by("day").values_list("day", flat=True).first()
    if day:
        raise NothingToRecall(f"{name} is booked for {_day(day)}, so there is nothing to call about. Nothing was logged.")
    decided = _decided(session)
    if decided and decided.outcome == Outcome.DECLINED:
        raise NothingToRecall(
            f"{name} declined on {_day(timezone.localdate(decided.at))}. Put {patient.first_name} on the list again first."
        )
    return recall


def _decided(session: int) -> RecallAction | None:
    """What took her off the list, or put her back on it, last."""
    return RecallAction.objects.in_effect().filter(session=session, outcome__in=DECIDING).order_by("at", "pk").last()


def _open_recall(patient: Patient, session: int) -> Recall:
    recall = Recall.objects.select_related("location").filter(patient=patient, patient__erased_at=None, last_session=session).first()
    if recall is None:
        raise NothingToRecall(f"{patient.full_name} isn't asked back after that session: it may have been reopened. Nothing was changed.")
    if recall.came_back_on:
        raise NothingToRecall(f"{patient.full_name} came back on {_day(recall.came_back_on)}. Nothing was changed.")
    return recall


def _done_meanwhile(action: RecallAction) -> str:
    who, at = staff_name(action.by) or "Somebody", date_format(timezone.localtime(action.at), "g:i A")
    what = "was faster" if action.way == Way.CALL else "did something about it"
    return f"{who} {what}, at {at}: {action.get_outcome_display()}. If your call was another one, log it once more."


def _today(recall: Recall, now: datetime) -> date:
    return now.astimezone(recall.location.zone).date()


def _day(day: date) -> str:
    return date_format(day, "F j, Y")
