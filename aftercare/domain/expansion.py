"""A protocol and the end of a session, turned into messages with their times. The same question always has the same answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from aftercare.domain.protocol import Kind, Protocol, Step
from notifications.domain.quiet import QuietHours, at_wall_clock

BEFORE_BEDTIME = timedelta(minutes=30)  # the evening text goes out this long before the quiet hours
NIGHT = "-night"
APART = timedelta(minutes=15)  # what has waited for a night's end doesn't come all at once, and nothing comes just before the evening text


@dataclass(frozen=True, slots=True)
class Planned:
    """A message to be: the `number`-th of its step's `of`, from 1. Times are aware, in UTC.

    `folded` are the doses of a quiet night that this one evening message names instead, with those shortly before it, and `then` the first
    dose after that night, of whichever step; they are empty for any other message. One that `is_spoken` is never sent: the session ended in
    the quiet hours already, so that she is told of these doses at the clinic.
    """

    step: Step
    number: int
    of: int
    send_at: datetime
    expires_at: datetime
    folded: tuple[datetime, ...] = ()
    then: datetime | None = None
    is_spoken: bool = False

    @property
    def is_night(self) -> bool:
        return bool(self.folded)

    @property
    def overnight(self) -> tuple[datetime, ...]:
        """Of the `folded` doses those that lie in the night. The message goes at the time of the first of the others, if there are any."""
        return self.folded if self.is_spoken else tuple(dose for dose in self.folded if dose >= self.expires_at)

    @property
    def key(self) -> str:
        """One of a kind within the plan, whatever the steps are called: only a night's one ends in a word."""
        return f"{self.step.slug}-{self.number}{NIGHT if self.is_night else ''}"

    def is_past(self, now: datetime) -> bool:
        """This message's time has gone by. A night's one is of use until the night begins."""
        return self.expires_at <= now if self.is_night and not self.is_spoken else self.send_at < now

    def is_missed(self, now: datetime) -> bool:
        """A session completed late: it isn't told any more. A dose has its time; other words are worth telling while they are of use."""
        return self.is_past(now) if self.step.kind is Kind.DOSE else self.expires_at <= now


def expand(
    protocol: Protocol, completed_at: datetime, time_zone: str, quiet: QuietHours | None = None, now: datetime | None = None
) -> list[Planned]:
    """Every message of the plan, in order of time.

    Elapsed offsets are counted in UTC, wall-clock ones in the patient's `time_zone` (F16, F17). With `quiet`, a quiet night is kept: its
    doses, and those shortly before it, are folded into one message, and anything else waits for its end. With `now`, a session completed
    late starts mid-way, as `caught_up` says.
    """
    zone = ZoneInfo(time_zone)
    completed_at = completed_at.astimezone(UTC)
    planned = [message for step in protocol.steps for message in _occurrences(step, completed_at, zone)]
    if quiet:
        planned = _nights_kept(planned, completed_at, zone, quiet)
    if now:
        goes_at = caught_up(planned, now)
        planned = [replace(message, send_at=goes_at[message.key]) for message in planned if message.key in goes_at]
    return sorted(planned, key=_in_time)


def caught_up(planned: Iterable[Planned], now: datetime) -> dict[str, datetime]:
    """Key → when it goes, of a plan that starts `now`; what is missed has no time any more.

    What is late and still of use goes at once: one message, that of the coming night first, and the others at a distance, where they
    are of use until then.
    """
    now = now.astimezone(UTC)
    ahead = [message for message in planned if not message.is_missed(now)]
    goes_at = {message.key: message.send_at for message in ahead}
    late = sorted((message for message in ahead if message.send_at < now), key=lambda message: (not message.is_night, message.expires_at))
    for place, message in enumerate(late):
        at = now + APART * place
        goes_at[message.key] = at if at < message.expires_at else now
    return goes_at


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
    latest = completed_at + step.first_after
    day = latest.astimezone(zone).date()
    instants: list[datetime] = []
    while len(instants) < step.times:
        for instant in sorted(at_wall_clock(day, clock, zone) for clock in step.at):
            if instant > latest:  # two clock times are one instant where the clocks skip the first of them
                instants.append(instant)
                latest = instant
        day += timedelta(days=1)
    return instants[: step.times]


def _nights_kept(planned: list[Planned], completed_at: datetime, zone: ZoneInfo, quiet: QuietHours) -> list[Planned]:
    doses = sorted(message.send_at for message in planned if message.step.kind is Kind.DOSE)
    kept: list[Planned] = []
    overnight: list[Planned] = []
    waiting: list[Planned] = []
    for message in sorted(planned, key=_in_time):
        if not quiet.covers(message.send_at.astimezone(zone)):
            kept.append(message)
        else:
            (overnight if message.step.kind is Kind.DOSE else waiting).append(message)
    for night_starts_at, of_night in groupby(overnight, key=lambda message: quiet.started_at(message.send_at, zone)):
        shortly_before = [message for message in kept if _is_shortly_before(night_starts_at, message)]
        kept = [message for message in kept if message not in shortly_before]
        kept.append(_folded([*shortly_before, *of_night], night_starts_at, doses, completed_at, zone, quiet))
    for message in waiting:
        kept.append(_in_the_morning(message, [other.send_at for other in kept], zone, quiet))
    return kept


def _is_shortly_before(night_starts_at: datetime, message: Planned) -> bool:
    """A dose whose own text and the night's would come at once, or a moment after each other."""
    is_a_dose = message.step.kind is Kind.DOSE and not message.is_night
    return is_a_dose and night_starts_at - BEFORE_BEDTIME - APART < message.send_at < night_starts_at


def _folded(
    night: list[Planned], night_starts_at: datetime, doses: list[datetime], completed_at: datetime, zone: ZoneInfo, quiet: QuietHours
) -> Planned:
    """The one message of a night's doses: at the time of a dose shortly before the night, or else half an hour before it."""
    times = tuple(message.send_at for message in night)
    then = next((dose for dose in doses if dose > times[-1]), None)
    if completed_at >= night_starts_at:
        return replace(night[0], send_at=completed_at, expires_at=quiet.end_at(times[0], zone), folded=times, then=then, is_spoken=True)
    # Where the quiet hours before this night have only just ended, it is written then.
    at_bedtime = quiet.end_at(max(night_starts_at - BEFORE_BEDTIME, completed_at), zone)
    send_at = times[0] if times[0] < night_starts_at else at_bedtime
    return replace(night[0], send_at=send_at, expires_at=night_starts_at, folded=times, then=then)


def _in_the_morning(message: Planned, taken: list[datetime], zone: ZoneInfo, quiet: QuietHours) -> Planned:
    """As soon as the night is over, at a distance from whatever else goes then; at once where the day is too short for that."""
    wakes_at = send_at = quiet.end_at(message.send_at, zone)
    for other in sorted(taken):
        if abs(other - send_at) < APART:
            send_at = other + APART
    if quiet.covers(send_at.astimezone(zone)):
        send_at = wakes_at
    return replace(message, send_at=send_at, expires_at=max(message.expires_at, send_at + message.step.valid_for))


def _in_time(message: Planned) -> tuple[datetime, str, int]:
    return message.send_at, message.step.slug, message.number
