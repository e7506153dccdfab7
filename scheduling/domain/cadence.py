"""When a patient should come back, and which part of the report that puts her in."""

import calendar
from datetime import date, timedelta
from enum import StrEnum

DUE_SOON_DAYS = 30
LAPSED_AFTER_MONTHS = 12


class RecallKind(StrEnum):
    NEXT_SESSION = "next_session"
    MAINTENANCE = "maintenance"


class Stage(StrEnum):
    """How far a recall has come, whatever the date: with the due date it gives the bucket."""

    OPEN = "open"
    UNREACHABLE = "unreachable"  # open too, and no recall can go to her: no consent, or no address
    BOOKED = "booked"
    SNOOZED = "snoozed"
    DECLINED = "declined"


class Bucket(StrEnum):
    """Where a patient stands in the maintenance-due report; every patient with a fulfilled session is in exactly one."""

    LAPSED = "lapsed"
    MAINTENANCE_OVERDUE = "maintenance_overdue"
    MAINTENANCE_DUE = "maintenance_due"
    NEXT_SESSION_OVERDUE = "next_session_overdue"
    NEXT_SESSION_DUE = "next_session_due"
    UNREACHABLE = "unreachable"
    SNOOZED = "snoozed"
    DECLINED = "declined"
    MAINTENANCE_NOT_YET_DUE = "maintenance_not_yet_due"
    MAINTENANCE_BOOKED = "maintenance_booked"
    NEXT_SESSION_BOOKED = "next_session_booked"


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it has none: 31 August + 6 is 28 or 29 February."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def due_soon_until(day: date) -> date:
    """The last due date of those whom one asks back by then: not on the day after their session, but 30 days before they are due."""
    return day + timedelta(days=DUE_SOON_DAYS)


def due_on(kind: RecallKind, last_session_on: date, *, recommended_within_days: int, maintenance_months: int) -> date:
    """Next session: the last day of the recommended window (F19). Maintenance: six calendar months on (F20)."""
    if kind is RecallKind.NEXT_SESSION:
        return last_session_on + timedelta(days=recommended_within_days)
    return add_months(last_session_on, maintenance_months)
