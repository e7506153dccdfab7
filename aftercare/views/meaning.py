"""What a bare “1”, “C” or “STOP” says."""

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.domain.answers import Answer, answer_of
from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from aftercare.services.telling.checking_in import is_bare
from notifications.domain.states import Meaning

CHECK_IN = {"1": gettext_lazy("fine"), "2": gettext_lazy("unsure"), "3": gettext_lazy("worse")}
BARE = {Answer.CONFIRM: gettext_lazy("Comes to the appointment."), Answer.MOVE: gettext_lazy("Asks for another time.")}
BOOK = gettext_lazy("Asks to be called about a time.")
OFFERED = {
    Answer.TAKE: gettext_lazy("Wants the time that was offered."),
    Answer.PASS: gettext_lazy("Doesn’t want the time that was offered."),
}
WISHES = {
    Meaning.STOP.value: gettext_lazy("From then on no text goes to this number, until START comes from it."),
    Meaning.START.value: gettext_lazy("From then on texts may go to this number again."),
}


def means(line: CareMessage, zone: ZoneInfo) -> str:
    """What a bare “1” or “C” answers, and a STOP brings about; "" for words that speak for themselves."""
    if line.reply is None:
        return ""
    return " ".join(filter(None, (str(WISHES.get(line.reply.meaning, "")), _answers(line, zone))))


def means_in_a_list(line: CareMessage) -> str:
    """The same, of nothing but a “1”, a “C” or a STOP: where there is room for no more."""
    if line.reply is None or not (line.reply.meaning in WISHES or answer_of(line.reply.body) or is_bare(line.reply.body)):
        return ""
    return means(line, line.zone)


def _answers(line: CareMessage, zone: ZoneInfo) -> str:
    if line.reply is None:
        return ""
    said, to = line.reply.body.strip(), line.answers
    answer = answer_of(said)
    if to is None:
        return str(BARE.get(answer, "")) if answer else ""
    if to.kind == Kind.RECALL and answer is Answer.BOOK:
        return str(BOOK)
    if to.kind == Kind.OFFER:
        return str(OFFERED.get(answer, "")) if answer else ""
    day = date_format(timezone.localtime(to.planned_for, zone), "D, M j")
    about = {"kind": to.get_kind_display(), "day": day}
    number = CHECK_IN.get(said.rstrip(".! ")) if to.kind == Kind.CHECK_IN else None
    return f"{_('Answers the %(kind)s of %(day)s') % about}: {number}." if number else _("Written after the %(kind)s of %(day)s.") % about
