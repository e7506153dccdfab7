"""What was typed on the booking page, read as far as it can be: its address and its buttons fill in fields, too."""

import re
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

from scheduling.forms.sent import fields_of, number

PREFIX = "new"  # of the fields of a patient who is added
LOCAL = r"((?:20|21)\d\d-\d\d-\d\d)T(\d\d:\d\d)"
Row = TypeVar("Row", bound=Model)


def typed_in(request: HttpRequest) -> dict[str, str]:
    """The form's fields as they were sent, with what the button that was pressed changes in them."""
    sent: QueryDict = request.POST if request.method == "POST" else request.GET
    typed = {name: sent.get(name, "").replace("\0", "") for name in sent}
    typed |= fields_of(typed.get("slot", ""))
    if when := re.fullmatch(LOCAL, typed.get("starts_at", "")):
        typed |= {"starts_at_0": when[1], "starts_at_1": when[2]}
    if chosen := typed.get("choose"):
        typed |= {"who": "", "patient": chosen}
    if later := typed.get("later"):
        typed["from"] = later
    match typed.get("show"):
        case "another":
            typed |= {"who": "", "patient": "", "treatment": "", "nights": ""}
        case "newcomer":
            typed |= {"who": "new", "patient": ""} | _name(typed)
    if request.method != "POST":  # the page's address is whatever somebody typed
        for name in ("patient", "treatment", "practitioner", "room", "location"):
            typed[name] = str(number(typed.get(name)) or "")
        practitioner = typed["practitioner"]
        typed.setdefault("with", practitioner if not typed.get("starts_at_0") else "")
    if when := re.fullmatch(r"(\d\d):(\d\d)", typed.get("starts_at_1", "")):
        typed["starts_at_1"] = _said(int(when[1]), when[2])
    return typed


def _said(hour: int, minute: str) -> str:
    """1:30 PM, as people here say it."""
    return f"{(hour - 1) % 12 + 1}:{minute} {'AM' if hour < 12 else 'PM'}" if hour < 24 else f"{hour}:{minute}"


def _name(typed: dict[str, str]) -> dict[str, str]:
    """What was searched for becomes the name of who is added; a number becomes her number."""
    words = typed.get("q", "").split()
    if not words or any(typed.get(f"{PREFIX}-{name}") for name in ("first_name", "last_name", "phone")):
        return {}
    if any(character.isdigit() for character in typed["q"]):
        digits = re.sub(r"\D", "", typed["q"])
        return {f"{PREFIX}-phone": typed["q"].strip()} if len(digits) >= 7 and not re.search(r"[A-Za-z/]|\d-\d\d-\d", typed["q"]) else {}
    q = typed["q"].title() if typed["q"].islower() else typed["q"]  # typed in a hurry, a name is written small
    last, comma, first = (part.strip() for part in q.partition(","))
    if not comma:
        first, _space, last = q.strip().rpartition(" ") if len(words) > 1 else (q.strip(), "", "")
    return {f"{PREFIX}-first_name": first.strip(), f"{PREFIX}-last_name": last}


def initial_of(typed: dict[str, str]) -> dict[str, Any]:
    return typed | {"starts_at": [typed.get("starts_at_0", ""), typed.get("starts_at_1", "")]}


def one_of(rows: QuerySet[Row], text: str | None) -> Row | None:
    pk = number(text)
    return rows.filter(pk=pk).first() if pk is not None else None


def day_in(text: str | None) -> date | None:
    if not text or not re.fullmatch(r"(20|21)\d\d-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
