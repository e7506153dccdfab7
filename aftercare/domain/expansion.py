"""A protocol and the end of a session, turned into messages with their times. The same question always has the same answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from aftercare.domain.protocol import Kind, Protocol, Step
from notifications.domain.quiet import QuietHours, at_wall_clock

BEFORE_BEDTIME = timedelta(minutes=30)  # the evening text goes out this long before the quiet hours


@dataclass(frozen=True, slots=True)
class Planned:
    """A message to be: the `number`-th of its step's `of`, from 1. Times are aware, in UTC.

    `folded` are the doses of a quiet night that this one evening message names instead, and `then` the first dose after that night, of
    whichever step; they are empty for any other message.
    """

    step: Step
    number: int
    of: int
    send_at: datetime
    expires_at: datetime
    folded: tuple[datetime, ...] = ()
    then: datetime | None = None

    @property
    def is_night(self) -> bool:
        return bool(self.folded)

    @property
    def key(self) -> str:
        return f"{self.step.slug}-{'night-' if self.is_night else ''}{self.number}"

    def is_past(self, now: datetime) -> bool:
        """A session completed late: this message's time has gone by."""
        return self.send_at < now


def expand(
    protocol: Protocol, completed_at: datetime, time_zone: str, quiet: QuietHours | None = None, now: datetime | None = None
) -> list[Planned]:
    """Every message of the plan, in order of time.

    Elapsed offsets are counted in UTC, wall-clock ones in the patient's `time_zone` (F16, F17). With `quiet`, a quiet night is
    kept: its doses are folded into one message before it, anything else waits for its end. With `now`, a session completed late
    starts mid-way: what lies before `now` is dropped.
    """
    zone = ZoneInfo(time_zone)
    completed_at = completed_at.astimezone(UTC)
    planned = [message for step in protocol.steps for message in _occurrences(step, completed_at, zone)]
    if quiet:
        planned = [*_nights_folded(planned, completed_at, zone, quiet)]
    if now:
        planned = [message for message in planned if not message.is_past(now)]
    return sorted(planned, key=lambda message: (message.send_at, message.step.slug, message.number))


def _occurrences(step: Step, completed_at: datetime, zone: ZoneInfo) -> Iterator[Planned]:
    instants = _wall_clock(step, completed_at, zone) if step.at else _elapsed(step, completed_at)
    if step.until is not None:
        instants = [instant for instant in instants if instant <= completed_at + step.until]
    for number, send_at in enumerate(instants, start=1):
        yield Planned(step, number, len(instants), send_at, send_at + step.valid_for)


def _elapsed(step: Step, completed_at: datetime) -> list[datetime]:
    every = step.every or timedelta()
    return [completed_at + step.first_after + every * index for index in range(step.times)]


def _wall_clock(step: Step, completed_at: datetime, zone: ZoneInfo) -> list[datetime]:
    after = completed_at + step.first_after
    day = after.astimezone(zone).date()
    instants: list[datetime] = []
    while len(instants) < step.times:
        on_day = sorted(at_wall_clock(day, clock, zone) for clock in step.at)
        instants += [instant for instant in on_day if instant > after]
        day += timedelta(days=1)
    return instants[: step.times]


def _nights_folded(planned: list[Planned], completed_at: datetime, zone: ZoneInfo, quiet: QuietHours) -> Iterator[Planned]:
    overnight = []
    for message in planned:
        if not quiet.covers(message.send_at.astimezone(zone)):
            yield message
        elif message.step.kind is Kind.DOSE:
            overnight.append(message)
        else:
            wakes_at = quiet.end_at(message.send_at, zone)
            yield replace(message, send_at=wakes_at, expires_at=max(message.expires_at, wakes_at + message.step.valid_for))
    overnight.sort(key=lambda message: message.send_at)
    for night_starts_at, doses in groupby(overnight, key=lambda message: quiet.started_at(message.send_at, zone)):
        first, *others = doses
        send_at = max(night_starts_at - BEFORE_BEDTIME, completed_at)
        # A session that itself ends in the quiet hours leaves no evening to write in: she has just been told at the clinic.
        if send_at < night_starts_at:
            times = (first.send_at, *(dose.send_at for dose in others))
            yield replace(first, send_at=send_at, expires_at=night_starts_at, folded=times)
