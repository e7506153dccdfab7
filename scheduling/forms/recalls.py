"""What came of a call about a recall, and until when somebody is off the list."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.domain.outcomes import LONGEST_SNOOZE_DAYS, OF_A_CALL, SNOOZE_DAYS, Outcome, hidden_until
from scheduling.models.recalls import OUTCOMES

OTHER = "other"
USUAL_REASONS = [
    ("too expensive", gettext_lazy("Too expensive")),
    ("no time", gettext_lazy("No time")),
    ("pleased as it is", gettext_lazy("Pleased as it is")),
    ("not pleased with the result", gettext_lazy("Not pleased with the result")),
    ("medical reasons", gettext_lazy("Medical reasons, or pregnant")),
    ("moved away", gettext_lazy("Moved away")),
    ("goes elsewhere", gettext_lazy("Goes elsewhere")),
    (OTHER, gettext_lazy("Something else (see note)")),
]


class CallForm(forms.Form):
    """The service decides; the form only gathers. It carries along which recall it is about, and how much of it was shown."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what came of the call.")},
    )
    reason = forms.ChoiceField(label=gettext_lazy("Why?"), choices=USUAL_REASONS, required=False, widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("For your colleagues; the patient doesn’t see it."),
    )

    use_required_attribute = False  # what is missing is said by the server, in a sentence

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        labels = dict(OUTCOMES)
        shown = [(outcome.value, _choice(labels[outcome.value], _what_it_does(outcome, today))) for outcome in OF_A_CALL]
        self.fields["outcome"].choices = shown  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """As the service takes it: only who declined has a reason, and something else is what the note says."""
        cleaned = super().clean() or self.cleaned_data
        reason, note = cleaned.get("reason", ""), cleaned.get("note", "")
        if cleaned.get("outcome") != Outcome.DECLINED:
            return cleaned | {"reason": ""}
        if not reason and "reason" not in self.errors:
            self.add_error("reason", _("Choose why: it is what the clinic learns from."))
        if reason == OTHER:
            if not note and "note" not in self.errors:
                self.add_error("note", _("Say in a few words why."))
            return cleaned | {"reason": note, "note": ""}
        return cleaned


def _what_it_does(outcome: Outcome, today: date) -> str:
    if until := hidden_until(outcome, today):
        return _("off the list until %(day)s") % {"day": date_format(until, "F j, Y")}
    return _("stays on the list") if outcome == Outcome.NO_ANSWER else _("off the list until the next session")


def _choice(label: Any, explained: str) -> str:
    name = str(label)
    return format_html("<span><strong>{}</strong> <span class='what-it-does'>{}</span></span>", name[0].upper() + name[1:], explained)


class SnoozeForm(forms.Form):
    until = forms.DateField(
        label=gettext_lazy("Off the list until"),
        input_formats=["%Y-%m-%d"],
        help_text=gettext_lazy("The last day of it. Nothing is sent until then."),
        error_messages={
            "required": gettext_lazy("Choose a day."),
            "invalid": gettext_lazy("That is not a date. Please choose one in the calendar."),
        },
    )

    use_required_attribute = False

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        first, last = today + timedelta(days=1), today + timedelta(days=LONGEST_SNOOZE_DAYS)
        within = {"type": "date", "min": first.isoformat(), "max": last.isoformat()}
        self.fields["until"].widget = forms.DateInput(format="%Y-%m-%d", attrs=within)
        self.fields["until"].initial = today + timedelta(days=SNOOZE_DAYS)
