"""Whether messages go. Beat looks, and every worker: whoever is left writes to the operators, past an outbox that may stand still.

Once, again each hour for as long as it lasts, and once when it is over: PostgreSQL says whose turn it is.
"""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPException, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone
from django.utils.translation import ngettext

from clinic.models import Heartbeat
from clinic.ops.hearts import Heart, hearts, silence
from notifications.channels.email import note_handing_over
from notifications.models import Alarm
from notifications.reports import backlog
from notifications.services import clear_alarm, not_told_of, remedy_for, remind_of, write_to_operators

logger = logging.getLogger(__name__)

CHANNEL, CODE = "sms", "messages late"
AGAIN_AFTER = timedelta(hours=1)
WORTH_READING = timedelta(days=1)  # that it is over
OVER_BELOW = 0.5  # of the limit: what hovers around it is told of once

KINDS = {
    Heartbeat.Kind.WORKER: "no worker has shown life for {time}, so nothing is sent",
    Heartbeat.Kind.BEAT: "beat has shown no life for {time}, so nothing is begun by the clock",
}

SEEN_AT: dict[str, float] = {}  # kind → when one last showed life, as far as this process has seen, on its own clock


def watch(watched_for: float) -> None:
    """Look, and tell who has to know. `watched_for`: seconds for which this process has looked on by now."""
    limit = settings.LATE_AFTER_MINUTES * 60
    if wrong := list(what_is_wrong(limit, watched_for)):
        if alarm := remind_of(CHANNEL, CODE, "; ".join(wrong), every=AGAIN_AFTER):
            _tell_of(alarm, wrong)
    elif watched_for <= limit * OVER_BELOW:
        return  # whom it misses it can't say yet: another one's alarm stands
    elif not list(what_is_wrong(limit * OVER_BELOW, watched_for)) and (alarm := clear_alarm(CHANNEL, CODE)):
        _tell_that_it_is_over(alarm)


def what_is_wrong(limit: float, watched_for: float) -> Iterator[str]:
    """Sentences without a full stop; none where all goes well. `limit` is in seconds."""
    now = backlog()
    if now.oldest > limit:
        number = now.due + now.tried
        waits = ngettext("{number} message waits", "{number} messages wait", number).format(number=f"{number:,}")
        yield f"messages are late: {waits}, the oldest for {_time(now.oldest)}"
        if (now.tried_for or 0) > limit:
            code = f", mostly with {now.error_code}" if now.error_code else ""
            yield f"the provider has refused some for {_time(now.tried_for or 0)}, or can't be asked{code}"
    seen = hearts()
    for kind, sentence in KINDS.items():
        silent_for = _silent_for(kind, seen, watched_for)
        if min(silent_for, watched_for) > limit:
            yield sentence.format(time=_time(silent_for))


def _silent_for(kind: str, seen: list[Heart], watched_for: float) -> float:
    """One that was stopped in order has left no row: it is missed from when it was last seen on. One that was never seen, from when
    somebody began to wait for it."""
    silent_for = silence(kind, seen)
    if silent_for is None:
        return time.monotonic() - SEEN_AT[kind] if kind in SEEN_AT else watched_for
    SEEN_AT[kind] = time.monotonic() - silent_for
    return silent_for


def _tell_of(alarm: Alarm, wrong: list[str]) -> None:
    logger.error("The clinic's messages don't go as they should: %s.", "; ".join(wrong))
    told = _write(
        f"Afterglow needs you: {wrong[0]}",
        "\n".join(f"- {sentence[0].upper()}{sentence[1:]}." for sentence in wrong)
        + f"\n\nWhat to do: {remedy_for(alarm)}\n\n"
        + "Patients may be missing their messages meanwhile. You are told again each hour for as long as it lasts, and when it is over.\n"
        + f"{settings.PUBLIC_BASE_URL}/admin/notifications/alarm/{alarm.pk}/change/\n",
    )
    if not told:
        not_told_of(alarm, every=AGAIN_AFTER)


def _tell_that_it_is_over(alarm: Alarm) -> None:
    logger.warning("The clinic's messages go again.")
    lasted = _time((alarm.cleared_at - alarm.raised_at).total_seconds() if alarm.cleared_at else 0)
    subject, body = (
        "Afterglow: messages go again",
        f"Whatever was due has gone. The alarm was raised {lasted} ago, and is cleared now.\n\n"
        "Late texts go one an hour to each patient, three a day, and what would have come too late to be of use wasn't sent. "
        f"What expired is among what went wrong:\n{settings.PUBLIC_BASE_URL}/admin/notifications/message/?status=expired\n",
    )
    if not _write(subject, body):  # nobody would say it again, and by now the outbox goes
        now = timezone.now()
        write_to_operators(f"alarm-{alarm.pk}-over", subject, body, until=now + WORTH_READING, now=now)


def _write(subject: str, body: str) -> bool:
    """To the operators, by the mail server. False where it certainly took nothing.

    One that falls silent once it has the email may have taken it: said again each minute, that would be sixty emails an hour.
    """
    if not settings.OPERATOR_EMAILS or settings.CHANNELS["email"] == "demo":
        return True  # the log and the first page have it
    server, handed_over = get_connection(), None
    try:
        server.open()
        handed_over = note_handing_over(server)
        EmailMessage(subject[:200], body, to=settings.OPERATOR_EMAILS, connection=server).send()
    except (OSError, SMTPException) as error:
        logger.error("The operators couldn't be written to: %s", type(error).__name__)
        return handed_over is not None and handed_over.is_set() and not _is_refusal(error)
    finally:
        server.close()
    return True


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, SMTPResponseException) and 400 <= error.smtp_code < 600


def _time(seconds: float) -> str:
    """“1 minute”, “119 minutes”, “2 hours”."""
    minutes = int(seconds // 60)
    if minutes < 120:
        return ngettext("{number} minute", "{number} minutes", minutes).format(number=minutes)
    return ngettext("{number} hour", "{number} hours", minutes // 60).format(number=minutes // 60)
