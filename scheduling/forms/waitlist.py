"""Who would come earlier, and when."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.domain.states import Status
from scheduling.forms.sent import number
from scheduling.models import Appointment, Location, Practitioner, Treatment, WaitlistEntry


class WaitlistForm(forms.ModelForm):
    """The service decides; the form only gathers. What she has, and may give up, is asked for once it is known who she is."""

    shown_for = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = WaitlistEntry
        fields = [
            *("patient", "appointment", "treatment", "location", "practitioner"),
            *("first_on", "last_on", "starts_from", "starts_until"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed = str(self.data.get("patient", "") if self.is_bound else self.initial.get("patient") or "")
        patient = typed if number(typed) is not None else ""
        self._was_shown_for = str(self.data.get("shown_for", ""))
        self.initial["shown_for"] = patient
        if self.is_bound:
            # The widget looks her up, whatever was sent.
            self.data = {**self.data.dict(), "shown_for": patient, "patient": patient}  # type: ignore[attr-defined]
        coming = Appointment.objects.filter(status=Status.BOOKED, during__startswith__gt=timezone.now(), patient=int(patient or 0))
        self._ask_for("appointment", coming.select_related("course__treatment").order_by("during"), _("– nothing: it is one more session"))
        self.fields["appointment"].label_from_instance = _session  # type: ignore[attr-defined]
        if not coming.exists():
            self.fields["appointment"].widget = forms.HiddenInput()
        self.fields["patient"].label_from_instance = lambda patient: patient.label  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            # Of the buttons beside a choice only a new patient's is of use here.
            for right in ("can_add_related", "can_change_related", "can_view_related"):
                if hasattr(field.widget, right) and (name, right) != ("patient", "can_add_related"):
                    setattr(field.widget, right, False)
        self._ask_for("treatment", Treatment.objects.filter(is_active=True))
        self._ask_for("practitioner", Practitioner.objects.filter(is_active=True), _("anybody"))
        if "location" in self.fields and Location.objects.count() == 1:
            self.initial.setdefault("location", Location.objects.get())

    def _ask_for(self, name: str, choices: Any, without: Any = None) -> None:
        field: Any = self.fields[name]
        field.queryset = choices
        if without:
            field.empty_label = without

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        patient, treatment = cleaned.get("patient"), cleaned.get("treatment")
        if patient and treatment and not cleaned.get("appointment") and self._was_shown_for != str(patient.pk):
            hers: Any = self.fields["appointment"]
            if hers.queryset.filter(course__treatment=treatment).exists():
                said = _("%(name)s has a session already. Choose it here if it would be given up, and save once more.")
                self.add_error("appointment", said % {"name": patient.first_name})
        return cleaned


def _session(session: Appointment) -> str:
    return f"{session.local_time_text}, {session.course.treatment}"
