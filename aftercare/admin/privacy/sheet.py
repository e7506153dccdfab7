"""What is held of a patient as she reads it: sections of it, each a table or a few facts, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import to_python

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """With `headings` its rows are a table's; without, each is a fact: what it is, and what is held."""

    title: str
    rows: list[list[str]]
    headings: Sequence[str] = ()


def sections_of(data: Row) -> list[Section]:
    """Of `held_of`. What is empty is left out."""
    on = Clock(ZoneInfo(data["patient"]["time_zone"]))
    parts = (_person, _sessions, _plans, _conversation, _consents, _opted_out, _concerns, _recalls, _calls, _waits, _offers)
    found: Iterable[Section] = (part(data, on) for part in parts)
    return [section for section in found if section.rows]


class Clock:
    """Reads what the file has as ISO 8601."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def at(self, moment: str | None, zone: str = "") -> str:
        if not moment:
            return ""
        return date_format(timezone.localtime(datetime.fromisoformat(moment), ZoneInfo(zone) if zone else self.zone), "M j, Y, g:i A")

    @staticmethod
    def on(day: str | None) -> str:
        return date_format(date.fromisoformat(day), "M j, Y") if day else ""


@cache
def _labels(model: str, field: str) -> dict[Any, Any]:
    return dict(apps.get_model(model)._meta.get_field(field).flatchoices)


def _label(model: str, field: str, value: str) -> str:
    return str(_labels(model, field).get(value, value))


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


def _number(phone: str) -> str:
    return str(to_python(phone)) if phone.startswith("+") else phone


def _person(data: Row, on: Clock) -> Section:
    her = data["patient"]
    facts = [
        (_("Name"), f"{her['first_name']} {her['last_name']}"),
        (_("Patient number"), str(her["number"])),
        (_("Date of birth"), on.on(her["birth_date"])),
        (_("Cell phone"), _number(her["phone"])),
        (_("Email"), her["email"]),
        (_("Language"), _label("scheduling.patient", "language", her["language"])),
        (_("Time zone"), her["time_zone"]),
        (_("Quiet nights"), _yes(her["wants_quiet_nights"])),
        (_("Risk of dark patches"), _yes(her["hyperpigmentation_risk"])),
        (_("Active products"), her["active_products"]),
        (_("Notes"), her["notes"]),
        (_("Recalls reach you by"), _label("scheduling.patient", "reached_by", her["reached_by"])),
        (_("Known since"), on.at(her["created_at"])),
    ]
    return Section(_("Who you are"), [[what, said] for what, said in facts if said])


def _sessions(data: Row, on: Clock) -> Section:
    rows = [
        [
            on.at(one["during"]["from"], one["time_zone"]),
            one["treatment"],
            f"{one['practitioner']}, {one['room']}",
            ": ".join(filter(None, [capfirst(_label("scheduling.appointment", "status", one["status"])), one["status_reason"]])),
            f"{one['price']} {one['currency']}",
        ]
        for one in data["appointments"]
    ]
    return Section(_("Appointments"), rows, [_("When"), _("What"), _("With whom and where"), _("Status"), _("Price")])


def _plans(data: Row, on: Clock) -> Section:
    rows = [
        [on.at(one["completed_at"]), one["protocol"], one["product"] or "", on.at(one["stopped_at"]), one["stop_reason"]]
        for one in data["plans"]
    ]
    return Section(_("Aftercare"), rows, [_("After the session of"), _("Protocol"), _("Product"), _("Stopped before its end"), _("Why")])


def _conversation(data: Row, on: Clock) -> Section:
    """What she was told and what she wrote, in the order of time."""
    messages, replies = ({one["number"]: one for one in data[kind]} for kind in ("messages", "replies"))
    talk: list[tuple[str, list[str]]] = []
    for line in data["conversation"]:
        message, reply = messages.get(line["message"]), replies.pop(line["reply"], None)
        if reply:
            talk.append((reply["received_at"], _from_her(reply, on)))
        else:
            talk.append((line["planned_for"], _to_her(line, message, on)))
    talk += [(reply["received_at"], _from_her(reply, on)) for reply in replies.values()]
    talk.sort(key=lambda one: datetime.fromisoformat(one[0]))
    headings = [_("When"), _("From whom"), _("How"), _("What"), _("What became of it")]
    return Section(_("Messages and replies"), [row for _at, row in talk], headings)


def _from_her(reply: Row, on: Clock) -> list[str]:
    way = f"{_label('notifications.reply', 'channel', reply['channel'])}, {_number(reply['address'])}"
    return [on.at(reply["received_at"]), _("you"), way, reply["body"], ""]


def _to_her(line: Row, message: Row | None, on: Clock) -> list[str]:
    kind = capfirst(_label("aftercare.caremessage", "kind", line["kind"]))
    way = _label("aftercare.caremessage", "channel", line["channel"])
    if message is None:
        return [on.at(line["planned_for"]), _("the clinic"), way, kind, ": ".join([_("not sent"), line["reason"]])]
    words = "\n\n".join(filter(None, [kind, message["subject"], message["body"]]))
    became = _label("notifications.message", "status", message["status"])
    said = ": ".join(filter(None, [became, message["reason"]]))
    return [on.at(line["planned_for"]), _("the clinic"), f"{way}, {_number(message['address'])}", words, said]


def _consents(data: Row, on: Clock) -> Section:
    rows = [
        [
            on.at(one["given_at"]),
            _("agreed") if one["is_granted"] else _("withdrawn"),
            f"{_label('aftercare.consent', 'purpose', one['purpose'])}, {_label('aftercare.consent', 'channel', one['channel'])}",
            _number(one["address"]),
            one["source"],
            one["words"].get(data["patient"]["language"], "") if one["is_granted"] else "",
        ]
        for one in data["consents"]
    ]
    headings = [_("When"), _("What"), _("About"), _("For which address"), _("How"), _("In which words")]
    return Section(_("What you agreed to and withdrew"), rows, headings)


def _opted_out(data: Row, on: Clock) -> Section:
    rows = [
        [_label("notifications.message", "channel", one["channel"]), _number(one["address"]), on.at(one["since"])]
        for one in data["opted_out"]
    ]
    return Section(_("Where nothing is sent any more"), rows, [_("How"), _("Address"), _("Since")])


def _concerns(data: Row, on: Clock) -> Section:
    rows = [
        [
            on.at(one["raised_at"]),
            _label("aftercare.concern", "severity", one["severity"]),
            one["said"],
            ", ".join(one["flags"]),
            on.at(one["resolved_at"]),
            one["note"],
        ]
        for one in data["concerns"]
    ]
    return Section(_("Concerns"), rows, [_("Raised"), _("How urgent"), _("What was said"), _("Signs"), _("Resolved"), _("What came of it")])


def _recalls(data: Row, on: Clock) -> Section:
    rows = [
        [
            on.on(one["last_session_on"]),
            one["treatment"],
            _label("scheduling.recall", "kind", one["kind"]),
            on.on(one["due_on"]),
            on.on(one["came_back_on"]),
        ]
        for one in data["recalls"]
    ]
    headings = [_("After the session of"), _("Treatment"), _("For"), _("Due"), _("Came back")]
    return Section(_("When you were due again"), rows, headings)


def _calls(data: Row, on: Clock) -> Section:
    rows = [
        [
            on.at(one["at"]),
            _label("scheduling.recallaction", "way", one["way"]),
            _label("scheduling.recallaction", "outcome", one["outcome"]),
            ". ".join(filter(None, [one["reason"], one["note"]])),
            on.at(one["taken_back_at"]),
        ]
        for one in data["recall_actions"]
    ]
    return Section(_("How you were asked back"), rows, [_("When"), _("How"), _("What came of it"), _("Why"), _("Taken back")])


def _waits(data: Row, on: Clock) -> Section:
    rows = [
        [
            one["treatment"],
            one["location"],
            one["practitioner"] or _("anybody"),
            f"{on.on(one['first_on'])} – {on.on(one['last_on'])}",
            _label("scheduling.waitlistentry", "status", one["status"]),
        ]
        for one in data["waits"]
    ]
    return Section(_("Earlier times you waited for"), rows, [_("Treatment"), _("Where"), _("With"), _("Days"), _("Status")])


def _offers(data: Row, on: Clock) -> Section:
    rows = [
        [on.at(one["offered_at"]), on.at(one["during"]["from"]), _label("scheduling.offer", "outcome", one["outcome"])]
        for one in data["offers"]
    ]
    return Section(_("Times you were offered"), rows, [_("Offered"), _("The time"), _("What came of it")])
