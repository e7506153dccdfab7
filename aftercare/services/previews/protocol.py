"""What a protocol, a draft too, would tell somebody. No patient is needed, nothing is written; it asks the very functions that plan it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from aftercare.domain import protocol as domain
from aftercare.domain.placeholders import unknown
from aftercare.domain.protocol import Kind, Text
from aftercare.models import Plan, Protocol
from aftercare.services.plans.starting import TOO_LATE, as_of, tellings_of_first
from aftercare.services.telling.tellings import Telling, way_of
from aftercare.wording import how_to_stop
from notifications.domain.quiet import QuietHours
from notifications.domain.segments import MOST, Segments, fitted, lost_in, outside_gsm_7, segments
from scheduling.models import Appointment, Course, Location, Patient, Product, Treatment

OF_NO_USE_BY_THEN = "of no use after the quiet hours"
LANGUAGES = dict(settings.PATIENT_LANGUAGES)


@dataclass(frozen=True, slots=True)
class Previewed:
    """A message to somebody who was never texted before, as it would reach her over `channel`.

    `words` are those of the channel, an email's as plain text; the first text that goes out says how to stop. `waits_until` is the end of
    the quiet hours, where it is due in them. `lost` are the characters that a text goes without so that it fits. `reason` says why it
    doesn't go out, `remark` why it goes another way than planned, `troubles` are sentences on what isn't right about it.
    """

    telling: Telling
    channel: str
    words: str
    waits_until: datetime | None = None
    reason: str = ""
    remark: str = ""
    lost: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Which message of the protocol it is, such as `serum-day-3`."""
        return self.telling.planned.key if self.telling.planned else self.telling.key

    @property
    def send_at(self) -> datetime:
        return self.telling.send_at

    @property
    def expires_at(self) -> datetime:
        return self.telling.expires_at

    @property
    def kind(self) -> Kind:
        return self.telling.kind

    @property
    def number(self) -> int:
        return self.telling.planned.number if self.telling.planned else 1

    @property
    def of(self) -> int:
        return self.telling.planned.of if self.telling.planned else 1

    @property
    def night(self) -> tuple[datetime, ...]:
        """The doses of a quiet night that it stands for."""
        return self.telling.planned.folded if self.telling.planned else ()

    @property
    def subject(self) -> str:
        return self.telling.letter.subject

    @property
    def html(self) -> str:
        return self.telling.letter.html

    @property
    def cost(self) -> Segments:
        """Of a text message."""
        return segments(self.words)

    @property
    def dear(self) -> list[str]:
        """The characters that make a text message UCS-2."""
        return outside_gsm_7(self.words)

    @property
    def is_late(self) -> bool:
        """Its time had passed when the session was marked completed."""
        return self.reason == TOO_LATE

    @property
    def goes(self) -> bool:
        return not self.reason


def preview_protocol(
    protocol: Protocol,
    *,
    completed_at: datetime,
    time_zone: str,
    quiet: bool,
    language: str,
    location: Location,
    product: Product | None = None,
    over: Sequence[str] = ("sms", "email"),
    now: datetime | None = None,
    as_typed: domain.Protocol | None = None,
) -> list[Previewed]:
    """Everything that it tells, in order of time, to somebody who is reached `over` these channels.

    With `now`, the session ended at `completed_at` and is marked completed only now. `as_typed` is what it would be, once it is saved.
    """
    somebody = Patient(language=language, time_zone=time_zone, wants_quiet_nights=quiet)
    treatment = protocol.treatments.first() or Treatment()
    session = Appointment(
        patient=somebody,
        course=Course(treatment=treatment),
        location=location,
        completed_at=completed_at,
        minimum_interval_days=treatment.minimum_interval_days,
    )
    plan = Plan(appointment=session, protocol=protocol, product=product, completed_at=completed_at)
    stop_hint, previewed = f" {how_to_stop(language)}", []
    for telling in as_of(tellings_of_first(plan, as_typed), now or completed_at):
        one = _over(telling, over, somebody.zone)
        if one.channel == "sms" and one.goes:
            sent = fitted(one.words + stop_hint)
            one = replace(one, words=sent, lost=tuple(lost_in(telling.letter.written + stop_hint, sent)))
            stop_hint = ""  # the first one says how to stop
        previewed.append(replace(one, troubles=tuple(_troubles(one, language))))
    return previewed


def _over(telling: Telling, over: Sequence[str], zone: ZoneInfo) -> Previewed:
    channel, why_not, remark = way_of(telling, over)
    waits_until = QuietHours(*settings.QUIET_HOURS).until(telling.send_at, zone) if telling.keeps_quiet_hours else None
    reason = telling.reason or why_not
    if not reason and waits_until and waits_until >= telling.expires_at:
        reason = OF_NO_USE_BY_THEN
    words = telling.letter.sms if channel == "sms" else telling.letter.email
    return Previewed(telling, channel, words, None if reason else waits_until, reason, remark)


def _troubles(one: Previewed, language: str) -> list[str]:
    said = []
    if one.telling.planned and not one.night:
        texts = one.telling.planned.step.texts
        text = texts.get(language) or texts.get("en")
        if language not in texts:
            said.append(f"Nothing is written in {LANGUAGES[language]} yet{': it goes in English' if text else ''}.")
        said += _of_text(text, one.channel) if text else []
    if one.channel == "sms" and one.cost.number > MOST:
        said.append(f"It takes {one.cost.number} SMS segments, and {MOST} are the most.")
    if one.reason == OF_NO_USE_BY_THEN:
        said.append("Due in the quiet hours and worthless by their end, it never goes out.")
    return said


def _of_text(text: Text, channel: str) -> list[str]:
    parts = {"sms": {"text message": text.sms}, "email": {"subject": text.subject, "email": text.email}}[channel]
    said = [f"The {name} is empty." for name, words in parts.items() if not words.strip()]
    left = dict.fromkeys(part for words in parts.values() for part in unknown(words))
    return said + [f"{part} is no placeholder: patients would read it as it stands." for part in left]
