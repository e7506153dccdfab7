"""Where a session is to go, as the desk types it, drags it, or chooses it among the free times."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.forms.sent import LOCAL, fields_of, number
from scheduling.models import Appointment, Practitioner, Room
from scheduling.models.appointments import YEARS
from scheduling.services import Change

LATEST = 7_000_000_000  # seconds; in the year 2191


class WallClockField(forms.DateTimeField):
    """A time on the clock at the clinic, naive: which clinic's it is, the form knows."""

    widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> datetime | None:
        for pattern in (LOCAL, f"{LOCAL}:%S"):
            try:
                typed = datetime.strptime(str(value).strip(), pattern)  # noqa: DTZ007 - the form knows whose clock it is
            except ValueError:
                continue
            if typed.year not in YEARS:
                raise ValidationError(_("Please check the year."))
            return typed
        if value in self.empty_values:
            return None
        raise ValidationError(self.error_messages["invalid"], code="invalid")


class MoveForm(forms.Form):
    """Left empty, the practitioner stays, and a room is found. The service decides; the form only gathers."""

    starts_at = WallClockField(label=_("New time"), help_text=_("On the clock at the clinic."))
    practitioner = forms.ModelChoiceField(Practitioner.objects.none(), label=_("With"), required=False, empty_label=None)
    room = forms.ModelChoiceField(Room.objects.none(), label=_("Room"), required=False, empty_label=_("Any that is free"))

    def __init__(self, typed: QueryDict | None, *, appointment: Appointment) -> None:
        standing = {
            "starts_at": timezone.make_naive(appointment.starts_at, appointment.zone),
            "practitioner": appointment.practitioner_id,
            "room": appointment.room_id,
        }
        if typed is not None and not typed.get("practitioner"):
            typed = typed.copy()
            typed["practitioner"] = str(appointment.practitioner_id)
        super().__init__(typed, initial=standing)
        self.appointment = appointment
        # Somebody who has left stays with the appointments that she has.
        for name, everybody in (("practitioner", Practitioner.objects.all()), ("room", Room.objects.select_related("location"))):
            self.fields[name].queryset = everybody.filter(Q(is_active=True) | Q(pk=standing[name]))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if starts_at := cleaned.get("starts_at"):
            room = cleaned.get("room") or self.appointment.room
            cleaned["starts_at"] = starts_at.replace(tzinfo=room.location.zone)
        return cleaned


def typed(asked: QueryDict) -> QueryDict | None:
    """What the form is filled with; a free time that was pressed stands for its three fields. None where nobody has asked for a time."""
    filled = asked.copy()
    for name, value in fields_of(asked.get("slot", "")).items():
        filled[name] = value
    return filled if "starts_at" in filled else None


def as_agreed(change: Change) -> str:
    """One that goes along, in one word: the very time that was shown, so that no other one is taken."""
    if change.practitioner is None or change.room is None:
        raise ValueError("its place isn't known")
    return f"{change.appointment.pk}/{change.starts_at.timestamp():.0f}/{change.practitioner.pk}/{change.room.pk}/{change.seen}"


def agreed(words: list[str]) -> list[Change] | None:
    """Those that go along, as `as_agreed` wrote them; None where somebody else wrote it."""
    found = []
    for word in words:
        *parts, seen = word.split("/")
        numbers = [read for part in parts if (read := number(part)) is not None]
        if len(numbers) != len(parts) or len(numbers) != len(("session", "time", "practitioner", "room")):
            return None
        session, seconds, practitioner, room = numbers
        appointment = Appointment.objects.filter(pk=session).first()
        who = Practitioner.objects.filter(pk=practitioner).first()
        where = Room.objects.select_related("location").filter(pk=room).first()
        if appointment is None or who is None or where is None or not seen or seconds > LATEST:
            return None
        found.append(Change(appointment, datetime.fromtimestamp(seconds, where.location.zone), who, where, seen))
    return found
