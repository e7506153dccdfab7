"""How a line of the ledger reads: on the ledger itself, on a patient's page and on an appointment's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.template.defaultfilters import truncatechars
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
LONGEST_WORDS = 160  # characters of a reply in a list; its own page has the rest


def with_all_it_shows(lines: Any) -> Any:
    """Two queries, however many lines."""
    about = lines.select_related("patient", "message", "reply", "stand_in", "plan__protocol")
    return about.prefetch_related("plan__protocol__steps")


def local_time(at: datetime, line: CareMessage) -> str:
    """On the patient's own clock; with the year, where that is another one."""
    there = timezone.localtime(at, line.zone)
    return date_format(there, "D, M j, g:i A" if there.year == timezone.localtime(None, line.zone).year else "D, M j, Y, g:i A")


def patient_name(line: CareMessage) -> str:
    return line.patient.full_name if line.patient else _("a number that no patient has")


def clock(at: datetime, line: CareMessage) -> str:
    return date_format(timezone.localtime(at, line.zone), "g:i A")


def what(line: CareMessage) -> str:
    if line.reply_id:
        return _("reply from the patient") if line.patient_id else _("reply")
    number = _number(line)
    return f"{line.get_kind_display()} {number}" if number else line.get_kind_display()


def _number(line: CareMessage) -> str:
    """“3 of 8”, for what its plan tells more than once."""
    if line.plan is None:
        return ""
    slug, _dash, number = line.key.removeprefix(f"plan-{line.plan_id}-").rpartition("-")
    times = next((step.times for step in line.plan.protocol.steps.all() if step.slug == slug), 1)
    return _("%(number)s of %(of)s") % {"number": number, "of": times} if times > 1 else ""


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
        return truncatechars(line.reply.body, LONGEST_WORDS) if line.reply else ""
    message = line.message
    reasons = [line.reason]
    if message is not None:
        reasons.append(f"{message.reason}{_waits_until(line)}")
        if message.status == MessageStatus.UNDELIVERED and message.error_code and message.error_code not in message.reason:
            reasons.append(_("error %(code)s") % {"code": message.error_code})
    if hasattr(line, "stand_in"):
        reasons.append(_instead(line, line.stand_in))
    return "; ".join(filter(None, [when_it_went(line), *reasons]))


def _instead(line: CareMessage, stand_in: CareMessage) -> str:
    """What was never told isn't told again."""
    by = {"channel": _("text") if stand_in.channel == "sms" else _("email")}
    if stand_in.message_id is None:
        return _("replaced")
    if line.message is None:
        return _("goes by %(channel)s after all") % by
    if line.message.accepted_at:
        return _("told again by %(channel)s") % by
    return _("replaced") if stand_in.channel == line.channel else _("goes by %(channel)s instead") % by


def _waits_until(line: CareMessage) -> str:
    """What was put off says until when; what is simply still to come needs no reason."""
    message = line.message
    if message is None or message.status != MessageStatus.SCHEDULED or message.send_at <= message.due_at:
        return ""
    if message.reason.startswith("waits: "):  # until somebody takes it away: `send_at` is only when it is looked at again
        return ""
    until = _near(message.send_at, line)
    return (_(", until %(at)s") if message.reason.startswith("waits") else _(", at %(at)s")) % {"at": until}


def _near(at: datetime, line: CareMessage) -> str:
    return clock(at, line) if abs(at - line.planned_for) < A_DAY else local_time(at, line)


def table_of(lines: Iterable[CareMessage], *, whole: bool = False) -> SafeString:
    """The lines as they are read on the page of what they are about. `with_all_it_shows` has been asked."""
    rows = format_html_join(
        "",
        '<tr><th scope="row"><a href="{}">{}</a></th><td>{}</td><td>{}</td><td>{}</td><td class="why">{}</td></tr>',
        (
            (
                reverse("admin:aftercare_caremessage_change", args=[line.pk]),
                local_time(line.planned_for, line),
                what(line),
                how(line, whole=whole),
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
    query = "&".join(f"{name}={value}" for name, value in {**about, "when": "all"}.items())
    return format_html('<p><a href="{}?{}">{}</a></p>', reverse("admin:aftercare_caremessage_changelist"), query, label)
