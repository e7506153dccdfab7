"""What is typed in a conversation."""

from django import forms
from django.utils.translation import gettext_lazy as _

from aftercare.models import Concern

LONGEST = 2_000  # characters; a text is refused long before


class AnswerForm(forms.Form):
    words = forms.CharField(
        label=_("Answer"),
        max_length=LONGEST,
        error_messages={"required": _("Write an answer first.")},
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )


class ResolveForm(forms.Form):
    note = forms.CharField(
        label=_("What came of it"),
        max_length=LONGEST,
        error_messages={"required": _("Write what came of it: the next one who reads it wasn’t there.")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays with the concern. The patient doesn’t see it."),
    )


class RaiseForm(forms.Form):
    said = forms.CharField(
        label=_("What the patient said"),
        max_length=LONGEST,
        error_messages={"required": _("Write down what the patient said: whoever is on call has nothing else to go by.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    severity = forms.ChoiceField(
        label=_("How soon"),
        choices=[
            (Concern.Severity.URGENT.value, _("Urgent: somebody on call is told now")),
            (Concern.Severity.SOON.value, _("Soon: within opening hours")),
        ],
        error_messages={"required": _("Say how soon somebody must see it.")},
        widget=forms.RadioSelect,
    )
