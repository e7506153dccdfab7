"""What the front desk is asked when an appointment takes a step."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.models import Product

# A browser's own fields: they speak the reader's language, and a phone's keyboard fits them. Without them the text is read as typed.
CLOCK = forms.SplitDateTimeWidget(
    date_attrs={"type": "date", "aria-label": "The day on which it ended"},
    date_format="%Y-%m-%d",
    time_attrs={"type": "time", "aria-label": "The time at which it ended"},
    time_format="%H:%M",
)
MAY_WE = _("May we text at night too, in the first 24 hours?")  # as the desk reads it to her
NIGHTS = [
    ("texts", _("Messages at night too: each dose has its own.")),
    ("quiet", _("Quiet nights: none from 9 PM to 8 AM. One before bedtime names the night’s doses.")),
]


class StepForm(forms.Form):
    """A step that needs no more than a yes."""


class CompleteSeveralForm(StepForm):
    """Several sessions have no one end, and each patient keeps her product and her nights."""

    completed_at = forms.SplitDateTimeField(
        label=_("The session ended at"),
        widget=CLOCK,
        required=False,
        help_text=_("On the clock at the clinic. Aftercare counts from here. Left empty: now, or the planned end of a past day."),
    )


class CompleteForm(CompleteSeveralForm):
    product = forms.ModelChoiceField(  # F16
        Product.objects.filter(is_active=True),
        label=_("Product used"),
        required=False,
        empty_label=None,
        help_text=_("The messages name it."),
        error_messages={"invalid_choice": _("That product isn’t in use any more. Please choose another one.")},
    )
    wants_quiet_nights = forms.TypedChoiceField(
        label=MAY_WE,
        choices=NIGHTS,
        coerce=lambda chosen: chosen == "quiet",
        required=False,
        empty_value=None,
        widget=forms.RadioSelect,
        help_text=_("The patient’s choice. It is kept for the next time."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Product.objects.filter(is_active=True).exists():
            del self.fields["product"]


class CancelForm(StepForm):
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("For your colleagues; the patient isn't told."))
