"""Telling a patient something: which way it goes, and a line in the ledger whether it goes or not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from aftercare.domain.expansion import Planned
from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage, Plan
from aftercare.services.telling.consent import reaching, why_unreachable
from aftercare.services.telling.ending import link_to_end
from aftercare.services.telling.ledger import Line, write
from aftercare.services.telling.limits import UNCHANGED, Change, MessagesADay
from aftercare.services.telling.pausing import is_routine, routine_key
from aftercare.wording import Letter, how_to_stop, usual_product
from notifications.domain.quiet import QuietHours
from notifications.domain.states import MAY_HAVE_ARRIVED, MessageStatus
from notifications.services import Draft
from scheduling.models import Appointment, Location, Patient, Product

TOO_MANY = {
    "sms": "more texts on that day than agreed to: at most {most}",
    "email": "more emails on that day than agreed to: at most {most}",
}
NOT_THIS_WAY = {"sms": "texts aren't possible", "email": "email isn't possible"}
FALLBACK = {"sms": "by email: texts aren't possible", "email": "by text: email isn't possible"}


@dataclass(frozen=True, slots=True)
class Telling:
    """`key` makes it the same message however often it is told; `reason` says why it isn't to go out at all.

    With `stands_in_for` it is told again, in place of a line that won't go out, and `remark` says why. `due_at` is that line's time, where
    it has passed: then it is late, and late messages don't go all at once. `planned` is what of a plan it tells.
    `only_this_way`: over the other channel it is of no use.
    """

    key: str
    kind: Kind
    channel: str
    send_at: datetime
    expires_at: datetime
    letter: Letter
    keeps_quiet_hours: bool = True
    reason: str = ""
    stands_in_for: CareMessage | None = None
    remark: str = ""
    due_at: datetime | None = None
    planned: Planned | None = None
    only_this_way: bool = False

    @property
    def is_a_dose(self) -> bool:
        """One, and not the message of a quiet night, which stands for several."""
        return self.kind is Kind.DOSE and not (self.planned and self.planned.is_night)

    @property
    def dedupe_key(self) -> str:
        return f"{self.key}+{self.stands_in_for.pk}" if self.stands_in_for else self.key

    @property
    def planned_for(self) -> datetime:
        """A plan's times follow its patient's clock; anything else that is told again was planned for when it was to be told first."""
        if self.stands_in_for is None:
            return self.send_at
        return self.planned.send_at if self.planned else self.stands_in_for.planned_for

    def line(self, channel: str, reason: str, draft: Draft | None = None) -> Line:
        original = self.stands_in_for
        return Line(self.kind, channel, self.planned_for, self.key, reason, draft, original.pk if original else None)


def values_for(patient: Patient, location: Location, serum: Product | None = None) -> dict[str, str]:
    """What every text that she agreed to may use, and in her emails the link that ends them."""
    return values_of(location, patient.language, serum) | {"end_emails": link_to_end(patient)}


def values_of(location: Location, language: str, serum: Product | None = None) -> dict[str, str]:
    """The placeholders that every text may use. Without a `serum` it is the usual one (F16)."""
    return {
        "clinic": location.name,
        "address": location.address,
        "place": ", ".join(filter(None, [location.name, location.address])),
        "phone": location.phone.as_national,
        "phone_e164": location.phone.as_e164,
        "emergency": location.emergency_number,
        "turn_to": location.after_hours_phone.as_national if location.after_hours_phone else location.emergency_number,
        "product": serum.name_in(language) if serum else usual_product(language),
    }


def tell(
    patient: Patient, tellings: Sequence[Telling], *, appointment: Appointment | None, plan: Plan | None = None, now: datetime
) -> list[Line]:
    """Write them into the ledger, and into the outbox where she may and can be reached: such a line has a draft.

    All in one statement, a `plan` that is new among it.
    """
    lines = decide(patient, tellings, now=now)
    write(lines, patient, appointment=appointment, plan=plan, now=now)
    return lines


def decide(patient: Patient, tellings: Sequence[Telling], *, now: datetime, change: Change = UNCHANGED) -> list[Line]:
    """Which way each goes, or why it doesn't go, in their order: where one channel is closed the other steps in, and says so.

    It reads what she agreed to and what is queued for her, as it will be after `change`, and writes nothing.
    """
    agreed = reaching(patient, "care")
    times = [telling.send_at for telling in tellings]
    room = {channel: MessagesADay(patient, channel, agreed[channel].most_per_day, times, change) for channel in agreed if times}
    unreachable = "" if agreed else why_unreachable(patient)
    quiet = QuietHours(*settings.QUIET_HOURS)
    first_at = min((telling.send_at for telling in tellings), default=now)
    stop_hint = "" if _was_texted(patient, first_at, change) else " " + how_to_stop(patient.language)
    lines = []
    for telling in tellings:
        channel, why_not, remark = way_of(telling, agreed)
        reason = telling.reason or unreachable or why_not
        if not reason and not room[channel].take(telling.send_at):
            reason = TOO_MANY[channel].format(most=agreed[channel].most_per_day)
        if reason:
            lines.append(telling.line(channel, reason))
            continue
        draft = Draft(
            dedupe_key=telling.dedupe_key,
            reference=f"patient-{patient.pk}",
            channel=channel,
            address=agreed[channel].address,
            **telling.letter.over(channel, stop_hint),
            send_at=telling.send_at,
            expires_at=telling.expires_at,
            quiet=quiet if telling.keeps_quiet_hours else None,
            time_zone=patient.time_zone,
            due_at=telling.due_at,
            pause_key=routine_key(patient) if is_routine(telling.kind, is_of_plan=telling.planned is not None) else "",
        )
        lines.append(telling.line(channel, telling.remark or remark, draft))
        if channel == "sms":
            stop_hint = ""  # the first one says how to stop
    return lines


def way_of(telling: Telling, over: Collection[str]) -> tuple[str, str, str]:
    """Its channel, of those `over` which she can be reached; why it can't go; and what is said where it goes another way than planned."""
    if telling.channel in over:
        return telling.channel, "", ""
    other = None if telling.only_this_way else next(iter(over), None)
    return (other, "", FALLBACK[telling.channel]) if other else (telling.channel, NOT_THIS_WAY[telling.channel], "")


def _was_texted(patient: Patient, by: datetime, change: Change) -> bool:
    """Or will have been `by` then, with what is queued: so that she has read how to stop. What wasn't delivered hasn't told her."""
    if any(draft.channel == "sms" and draft.send_at <= by for draft in change.drafts):
        return True
    texts = CareMessage.objects.filter(patient=patient, channel="sms", message__send_at__lte=by)
    texts = texts.filter(message__status__in=[MessageStatus.SCHEDULED, *MAY_HAVE_ARRIVED])
    return texts.exclude(message_id__in=change.taken_back).exists()
