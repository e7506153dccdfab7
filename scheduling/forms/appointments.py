"""What the front desk fills in about an appointment."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment, Practitioner, Room


def on_the_wall(typed: datetime, zone: ZoneInfo) -> datetime:
    """What was typed is the clock at the clinic; Django has read it in the current time zone."""
    return timezone.make_naive(typed).replace(tzinfo=zone)


class AppointmentForm(forms.ModelForm):
    """Moves. The service decides; the form only gathers. The time is the clock at the room's location."""

    starts_at = forms.SplitDateTimeField(label=_("Time"), widget=AdminSplitDateTime, help_text=_("On the clock at the clinic."))

    class Meta:
        model = Appointment
        fields = ["practitioner", "room"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Django's widgets speak the current time zone; shown as the clock on the clinic's wall, whatever zone that is.
            self.initial["starts_at"] = self.instance.starts_at.astimezone(self.instance.zone).replace(tzinfo=None)
        for name, model in (("practitioner", Practitioner), ("room", Room)):
            if name in self.fields:
                # Somebody who has left stays with the appointments that she has.
                offered = Q(is_active=True) | Q(pk=getattr(self.instance, f"{name}_id"))
                self.fields[name].queryset = model.objects.filter(offered)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        room, starts_at = cleaned.get("room"), cleaned.get("starts_at")
        if room and starts_at:
            cleaned["starts_at"] = on_the_wall(starts_at, room.location.zone)
        return cleaned
