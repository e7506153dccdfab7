"""What can be written on a phone of the demo."""

from django import forms

from clinic.demo.writing import writes_from
from scheduling.models import Patient

LONGEST_TEXT = 1_600  # characters, as with Twilio


class WritingForm(forms.Form):
    patient = forms.ModelChoiceField(
        Patient.objects.all(), error_messages=dict.fromkeys(("required", "invalid_choice"), "No patient has that phone.")
    )
    text = forms.CharField(
        max_length=LONGEST_TEXT,
        error_messages={
            "required": "Write something first.",
            "max_length": "A text has %(limit_value)d characters at most, and this one has %(show_value)d.",
        },
    )

    def clean_patient(self) -> Patient:
        patient: Patient = self.cleaned_data["patient"]
        if not writes_from(patient):
            raise forms.ValidationError(f"{patient.first_name} gets no texts, so there is nothing to write back to.")
        return patient

    @property
    def what_is_wrong(self) -> str:
        return " ".join(str(error) for errors in self.errors.values() for error in errors)
