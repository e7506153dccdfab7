"""The week's numbers by email to whoever may see the report, on Monday morning. Nobody's name is in it."""

import logging
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from aftercare.domain.placeholders import fill
from aftercare.services.recalls.candidates import BY_MESSAGE
from aftercare.services.recalls.policy import recall_policy
from aftercare.services.telling.consent import has_said_stop
from aftercare.services.telling.tellings import values_of
from aftercare.wording import DIGEST, DIGEST_DUE, DIGEST_WEEK, render
from notifications import services as notifications
from notifications.domain.quiet import at_wall_clock
from notifications.models import Message
from notifications.services import Draft
from scheduling.domain.outcomes import COUNTS_FOR_DAYS, Outcome
from scheduling.domain.states import Status
from scheduling.errors import TooSlow
from scheduling.models import Appointment, Location, Recall, RecallAction
from scheduling.models.recalls import MAY_SEE_REPORT
from scheduling.reports import limited_to
from scheduling.reports.due import Filters, matching, tiles
from scheduling.services.staff import who_may

logger = logging.getLogger(__name__)

AT = time(8)  # on Monday, on the clinic's clock
TRIED_FOR = timedelta(hours=1)
OF_USE_FOR = timedelta(hours=36)  # what an outage held up goes until Tuesday evening
COUNTS_FOR = timedelta(days=COUNTS_FOR_DAYS)


@transaction.atomic
def send_digest(now: datetime) -> int:
    """Once a week and person: the tick after Monday at eight finds who hasn't got it yet. Says how many it wrote.

    What takes too long to count is tried again for an hour; then it goes without that, and says so.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    today = timezone.localdate(now, zone)
    monday = today - timedelta(days=today.weekday())
    due_at = at_wall_clock(monday, AT, zone)
    location = Location.objects.order_by("pk").first()
    if not due_at <= now < due_at + OF_USE_FOR or location is None or not recall_policy().sends_digest:
        return 0
    keys = {_key(monday, user): user for user in _readers()}
    done = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    wanted = {key: user for key, user in keys.items() if key not in done}
    if not wanted:
        return 0
    values, is_whole = _values(monday, today, zone)
    if not is_whole and now < due_at + TRIED_FOR:
        logger.warning("The week's numbers take too long to count. They are tried again.")
        return 0
    words = render(DIGEST, "en", values_of(location, "en") | values, frame="staff").over("email")
    drafts = [Draft(key, "email", user.email, **words, send_at=now, expires_at=due_at + OF_USE_FOR) for key, user in wanted.items()]
    notifications.schedule(drafts, now=now)
    return len(drafts)


def _readers() -> list[User]:
    users = who_may(MAY_SEE_REPORT).exclude(email="").order_by("pk")
    return [user for user in users if not has_said_stop("email", user.email)]


def _key(monday: date, user: User) -> str:
    return f"digest-{monday.isoformat()}-{user.pk}"


def _values(monday: date, today: date, zone: ZoneInfo) -> tuple[dict[str, str], bool]:
    """What the email says, and whether that is all of it."""
    last = monday - timedelta(days=7)
    values = {
        "day": date_format(monday, "F j"),
        "first": date_format(last, "F j"),
        "last": date_format(monday - timedelta(days=1), "F j"),
        "link": settings.PUBLIC_BASE_URL + reverse("admin:maintenance_due"),
    }
    parts = {"due": (DIGEST_DUE, partial(_due, today)), "week": (DIGEST_WEEK, partial(_week, last, monday, zone))}
    is_whole = True
    for part, ((said, instead), count) in parts.items():
        try:
            with limited_to(settings.PAGE_SECONDS):
                values[part] = fill(said, values | count())
        except TooSlow:
            values[part], is_whole = fill(instead, values), False
    return values, is_whole


def _due(today: date) -> dict[str, str]:
    counted = tiles(Filters(today), today=today)
    to_call, worth = matching(counted, Filters.to_call(today))
    were_due = replace(Filters.to_call(today), due_until=today - timedelta(days=1))
    late, _worth = matching(tiles(were_due, today=today), were_due)
    return {
        "to_call": f"{to_call:,}",
        "late": f"{late:,}",
        "worth": " and ".join(f"{value:,.0f} {currency}" for currency, value in sorted(worth.items())) or "nothing",
    }


def _week(first: date, end: date, zone: ZoneInfo) -> dict[str, str]:
    """From the day `first` to before the day `end`, on the clinic's calendar."""
    since, until = (at_wall_clock(day, time(), zone) for day in (first, end))
    told = RecallAction.objects.filter(outcome=Outcome.TOLD, way__in=BY_MESSAGE)
    of_it = {"patient": OuterRef("patient"), "session__course__treatment": OuterRef("course__treatment")}
    before = told.filter(**of_it, at__lte=OuterRef("booked_at"), at__gt=OuterRef("booked_at") - COUNTS_FOR)
    booked = Appointment.objects.filter(booked_at__gte=since, booked_at__lt=until).exclude(status=Status.ENTERED_IN_ERROR)
    return {
        "came_back": f"{Recall.objects.filter(came_back_on__gte=first, came_back_on__lt=end).count():,}",
        "sent": f"{told.filter(at__gte=since, at__lt=until).count():,}",
        "answered": f"{told.filter(answered_at__gte=since, answered_at__lt=until).count():,}",
        "booked": f"{booked.filter(Exists(before)).count():,}",
    }
