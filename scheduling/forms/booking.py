"""Who comes, for what, and when."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.forms.steps import MAY_WE, NIGHTS
from scheduling.models import Patient, Practitioner, Room, Treatment


class ClockWidget(forms.SplitDateTimeWidget):
    """The browser's own calendar, and a time as people say it."""

    def __init__(self) -> None:
        day = {"type": "date", "aria-label": gettext("Date")}
        clock = {"size": "9", "placeholder": "1:30 pm", "autocomplete": "off", "aria-label": gettext("Time")}
        super().__init__(date_attrs=day, time_attrs=clock, date_format="%Y-%m-%d", time_format="%I:%M %p")


class WallClock(forms.SplitDateTimeField):
    """Naive: on which clock it is, the room says. The server's own may skip it."""

    widget = ClockWidget

    def compress(self, data_list: Any) -> datetime | None:
        return datetime.combine(*data_list) if data_list else None


class BookingForm(forms.Form):
    """The service decides; the form only gathers. The time is the clock at the room's location."""

    patient = forms.ModelChoiceField(
        Patient.objects.known(),
        label=_("Patient"),
        widget=forms.HiddenInput,
        error_messages={"required": _("Choose the patient, or add a new one.")},
    )
    treatment = forms.ModelChoiceField(
        Treatment.objects.filter(is_active=True),
        label=_("Treatment"),
        empty_label=_("Choose…"),
        error_messages={"required": _("Choose the treatment.")},
    )
    practitioner = forms.ModelChoiceField(Practitioner.objects.filter(is_active=True), label=_("With"), empty_label=_("Choose…"))
    room = forms.ModelChoiceField(Room.objects.filter(is_active=True).select_related("location"), label=_("Room"), empty_label=_("Choose…"))
    starts_at = WallClock(label=_("Time"))
    nights = forms.ChoiceField(choices=NIGHTS, label=MAY_WE, widget=forms.RadioSelect, required=False)

    use_required_attribute = False  # one form has several buttons; what is missing is said by the server

    def __init__(self, *args: Any, is_newcomer: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        if is_newcomer:
            del self.fields["patient"], self.fields["nights"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        room, starts_at = cleaned.get("room"), cleaned.get("starts_at")
        if room and starts_at:
            cleaned["starts_at"] = starts_at.replace(tzinfo=room.location.zone)
        return cleaned


class NewcomerForm(forms.ModelForm):
    """A patient who is added as she is booked. Whoever asks her for more, as aftercare does for consent, adds fields."""

    use_required_attribute = False

    class Meta:
        model = Patient
        fields = ["first_name", "last_name", "birth_date", "phone", "email", "language", "time_zone", "wants_quiet_nights"]
        widgets = {
            "birth_date": forms.DateInput(attrs={"autocomplete": "off", "placeholder": "5/17/1990"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
            "time_zone": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        help_texts = {
            "wants_quiet_nights": _(
                "Ask: “May we text at night too, in the first 24 hours?” If not, tick this: one before bedtime names the night’s doses."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)

    @property
    def about(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if not isinstance(field.field, forms.BooleanField)]

    @property
    def agreed(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if isinstance(field.field, forms.BooleanField)]
