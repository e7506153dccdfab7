"""When recalls go out by themselves, as the manager sets it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms import UntouchedStays
from scheduling.models import RecallPolicy

FIRST_HOUR, LAST_HOUR = 8, 19


def in_words(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"


class RecallPolicyForm(UntouchedStays):
    hour = forms.TypedChoiceField(
        label=_("At"),
        coerce=int,
        choices=[(hour, in_words(hour)) for hour in range(FIRST_HOUR, LAST_HOUR + 1)],
        help_text=_("On the patient’s own clock."),
    )
    most = forms.TypedChoiceField(
        label=_("At most"),
        coerce=int,
        choices=[(1, "1"), (2, "2"), (3, "3")],
        help_text=_("For one session due, those sent by hand among them."),
    )

    use_required_attribute = False

    class Meta:
        model = RecallPolicy
        fields = ("is_on", "days_before", "weeks_after", "most", "hour", "sends_digest")
        labels = {"days_before": _("First, days before it is due"), "weeks_after": _("Last, weeks after it was due")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"label_suffix": ""})

    def shown(self, name: str) -> Any:
        """What was typed, where it can be understood; otherwise what holds now."""
        typed = getattr(self, "cleaned_data", {})
        return typed.get(name, getattr(self.instance, name))
