"""How a line of the ledger reads: on the ledger itself, on a patient's page and on an appointment's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.models import CareMessage
from notifications.admin.reading import badge, status_badge
from notifications.domain.masking import masked
from notifications.domain.states import MessageStatus

HEADINGS = (gettext_lazy("When"), gettext_lazy("What"), gettext_lazy("How"), gettext_lazy("What became of it"), gettext_lazy("Details"))
A_DAY = timedelta(days=1)


def with_all_it_shows(lines: QuerySet[CareMessage]) -> QuerySet[CareMessage]:
    """One query, however many lines."""
    return lines.select_related("patient", "message", "reply", "stand_in")


def local_time(at: datetime, line: CareMessage) -> str:
    """On the patient's own clock."""
    return date_format(timezone.localtime(at, line.patient.zone), "D, M j, g:i A")


def clock(at: datetime, line: CareMessage) -> str:
    return date_format(timezone.localtime(at, line.patient.zone), "g:i A")


def what(line: CareMessage) -> str:
    return _("reply from the patient") if line.reply_id else line.get_kind_display()


def address_of(line: CareMessage) -> str:
    """Of the message or the reply; "" where nothing ever left or came."""
    told = line.message or line.reply
    return told.address if told else ""


def how(line: CareMessage, *, whole: bool = False) -> SafeString:
    """The channel and the address: enough of it to recognize it by, unless the reader may see the whole."""
    address = address_of(line)
    return format_html('{} <span class="nowrap">{}</span>', line.get_channel_display(), address if whole else masked(address))


def what_became_of(line: CareMessage) -> SafeString:
    if line.reply_id:
        return badge("read", _("read")) if line.read_at else badge("to-read", _("to read"))
    if line.message is None:
        return badge("cancelled", _("not sent"))
    return status_badge(line.message)


def when_it_went(line: CareMessage) -> str:
    """“sent 2:00 PM, delivered 2:01 PM”, with the day where that is another one than the plan's."""
    message = line.message
    if message is None:
        return ""
    steps = [(_("sent %(at)s"), message.accepted_at), (_("delivered %(at)s"), message.delivered_at)]
    return ", ".join(said % {"at": _near(at, line)} for said, at in steps if at)


def why(line: CareMessage) -> str:
    """Everything that is known of it, in short sentences."""
    if line.reply_id:
        return line.reply.body if line.reply else ""
    message = line.message
    reasons = [line.reason]
    if message is not None:
        reasons.append(f"{message.reason}{_waits_until(line)}")
        if message.status == MessageStatus.UNDELIVERED and message.error_code and message.error_code not in message.reason:
            reasons.append(_("error %(code)s") % {"code": message.error_code})
    if hasattr(line, "stand_in"):
        reasons.append(_("told again by %(channel)s") % {"channel": line.stand_in.get_channel_display()})
    return "; ".join(filter(None, [when_it_went(line), *reasons]))


def _waits_until(line: CareMessage) -> str:
    """What was put off says until when; what is simply still to come needs no reason."""
    message = line.message
    if message is None or message.status != MessageStatus.SCHEDULED or message.send_at <= message.due_at:
        return ""
    until = _near(message.send_at, line)
    return (_(", until %(at)s") if message.reason.startswith("waits") else _(", at %(at)s")) % {"at": until}


def _near(at: datetime, line: CareMessage) -> str:
    return clock(at, line) if abs(at - line.planned_for) < A_DAY else local_time(at, line)


def table_of(lines: Iterable[CareMessage]) -> SafeString:
    """The lines as they are read on the page of what they are about. `with_all_it_shows` has been asked."""
    rows = format_html_join(
        "",
        '<tr><th scope="row"><a href="{}">{}</a></th><td>{}</td><td>{}</td><td>{}</td><td class="why">{}</td></tr>',
        (
            (
                reverse("admin:aftercare_caremessage_change", args=[line.pk]),
                local_time(line.planned_for, line),
                what(line),
                how(line),
                what_became_of(line),
                why(line),
            )
            for line in lines
        ),
    )
    if not rows:
        return format_html("{}", _("None yet."))
    headings = format_html_join("", '<th scope="col">{}</th>', ((heading,) for heading in HEADINGS))
    return format_html('<table class="ledger"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', headings, rows)


def link_to_all(label: Any, **about: Any) -> SafeString:
    query = "&".join(f"{name}={value}" for name, value in about.items())
    return format_html('<p><a href="{}?{}">{}</a></p>', reverse("admin:aftercare_caremessage_changelist"), query, label)
