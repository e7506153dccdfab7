"""What the front desk fills in about an appointment."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.models import Appointment, Course, Practitioner, Room, Treatment


def on_the_wall(typed: datetime, zone: ZoneInfo) -> datetime:
    """What was typed is the clock at the clinic; Django has read it in the current time zone."""
    return timezone.make_naive(typed).replace(tzinfo=zone)


class AppointmentForm(forms.ModelForm):
    """Books, or moves. The service decides; the form only gathers. The time is the clock at the room's location."""

    treatment = forms.ModelChoiceField(Treatment.objects.filter(is_active=True), label=_("Treatment"))
    starts_at = forms.SplitDateTimeField(label=_("Time"), widget=AdminSplitDateTime, help_text=_("On the clock at the clinic."))

    class Meta:
        model = Appointment
        fields = ["patient", "practitioner", "room"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.pop("treatment", None)
            # Django's widgets speak the current time zone; shown as the clock on the clinic's wall, whatever zone that is.
            self.initial["starts_at"] = self.instance.starts_at.astimezone(self.instance.zone).replace(tzinfo=None)
        elif "patient" in self.initial:
            self.initial.setdefault("treatment", self._treatment_under_way())
        if "patient" in self.fields:
            self.fields["patient"].label_from_instance = lambda patient: patient.label  # type: ignore[attr-defined]
        for name, model in (("practitioner", Practitioner), ("room", Room)):
            if name in self.fields:
                # Somebody who has left stays with the appointments that she has.
                offered = Q(is_active=True) | Q(pk=getattr(self.instance, f"{name}_id"))
                self.fields[name].queryset = model.objects.filter(offered)  # type: ignore[attr-defined]

    def _treatment_under_way(self) -> int | None:
        """What the patient, named in the page's address by the report's “Book”, comes for."""
        courses = Course.objects.filter(patient_id=self.initial["patient"], ended_at=None)
        return courses.order_by("-started_at").values_list("treatment", flat=True).first()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        room, starts_at = cleaned.get("room"), cleaned.get("starts_at")
        if room and starts_at:
            cleaned["starts_at"] = on_the_wall(starts_at, room.location.zone)
        return cleaned
