"""When a recall goes, and why one doesn't: rules of the words that patients agreed to."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from notifications.domain.quiet import at_wall_clock
from scheduling.domain.cadence import RecallKind, Stage, due_soon_until

MOST_PER_SESSION = 3  # as agreed to: aftercare.domain.consent
EARLIEST, LATEST = time(8), time(20)  # on her clock: between them one may go
OF_USE_FOR = timedelta(hours=8)
LATE_DAYS = 3  # what an outage held up for longer isn't sent
STEPS = (1, 2, 3)


class WhyNot(StrEnum):
    NOT_ASKED_BACK = "not asked back"
    BOOKED = "booked already"
    DECLINED = "declined"
    OFF_THE_LIST = "off the list for now"
    NOT_YET_DUE = "not due within 30 days"
    NO_ADDRESS = "no phone number and no email address"
    NO_CONSENT = "no consent for recalls"
    WAITS = "waits to be sent already"
    HAD_ENOUGH = "had three for this session already"
    HAD_ONE = "had one today already"
    CONCERN = "an urgent concern is open"


OF_A_STAGE = {Stage.BOOKED: WhyNot.BOOKED, Stage.DECLINED: WhyNot.DECLINED, Stage.SNOOZED: WhyNot.OFF_THE_LIST}


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one who is asked back. `told` counts the recalls that went for this session, `last_told_at` is of any."""

    stage: Stage
    kind: RecallKind
    due_on: date
    reached_by: tuple[str, ...]
    has_address: bool
    told: int = 0
    last_told_at: datetime | None = None
    waits: bool = False
    has_urgent_concern: bool = False


def why_not(standing: Standing, *, today: date, at: datetime, zone: ZoneInfo) -> WhyNot | None:
    """Why no recall may go to her `at` that time, on the clinic's day `today`; None where one may."""
    if found := OF_A_STAGE.get(standing.stage):
        return found
    if standing.due_on > due_soon_until(today):
        return WhyNot.NOT_YET_DUE
    if not standing.reached_by:
        return WhyNot.NO_CONSENT if standing.has_address else WhyNot.NO_ADDRESS
    if standing.has_urgent_concern:
        return WhyNot.CONCERN
    if standing.waits:
        return WhyNot.WAITS
    if standing.told >= MOST_PER_SESSION:
        return WhyNot.HAD_ENOUGH
    if standing.last_told_at and _day(standing.last_told_at, zone) >= _day(at, zone):
        return WhyNot.HAD_ONE
    return None


def may_go(now: datetime, zone: ZoneInfo) -> bool:
    """Whether it is day where she is."""
    return EARLIEST <= now.astimezone(zone).time() < LATEST


def goes_at(now: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """Now, if it is day where she is; otherwise when the clock there next shows that hour."""
    if may_go(now, zone):
        return now
    return next_at(now, zone, hour)


def next_at(now: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """When the clock there next shows that full hour, in UTC; now, where it does just now."""
    today = _day(now, zone)
    at = at_wall_clock(today, time(hour), zone)
    return at if at >= now else at_wall_clock(today + timedelta(days=1), time(hour), zone)


def of_use_until(now: datetime, zone: ZoneInfo, night: time) -> datetime:
    """What hasn't left by then isn't sent: not at `night`, and not on another day."""
    return min(now + OF_USE_FOR, at_wall_clock(_day(now, zone), night, zone))


def is_too_late(planned_for: datetime, now: datetime) -> bool:
    return now - planned_for > timedelta(days=LATE_DAYS)


@dataclass(frozen=True, slots=True)
class Policy:
    """Days of the steps, counted from the day on which she is due, and the hour of her day. What was due before `since` is let be."""

    days: tuple[int, ...]
    hour: int
    most: int
    since: date

    def step_on(self, day: date, due_on: date) -> int | None:
        """The step that is due on that day of hers, or was a few days ago and was held up; None where none is."""
        for step, days in zip(STEPS, self.days, strict=True):
            step_on = due_on + timedelta(days=days)
            if step_on >= self.since and 0 <= (day - step_on).days <= LATE_DAYS:
                return step
        return None

    def is_soon_after(self, last_told_at: datetime | None, now: datetime) -> bool:
        """Of one that somebody has sent by hand: she isn't asked again right away, and by then the step has gone by."""
        return last_told_at is not None and now - last_told_at < timedelta(days=LATE_DAYS + 2)


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
