"""Which months, and whose sessions, the outcomes are asked for."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.domain.cadence import add_months
from scheduling.models import Location, Practitioner, Treatment
from scheduling.reports.outcomes import Asked

SHOWN_MONTHS = 12
MONTHS_BACK = 60
WHO = ("location", "practitioner", "treatment")


class OutcomesForm(forms.Form):
    """Read from a GET's query string. What can't be understood is left out, and a sentence in `problems` says so; the rest counts.

    Months are chosen from a list: where a browser has no calendar of months of its own, one would have to know how to write them.
    """

    first = forms.ChoiceField(label=gettext_lazy("From"), required=False)
    last = forms.ChoiceField(label=gettext_lazy("To"), required=False)
    location = forms.ModelChoiceField(Location.objects.all(), label=gettext_lazy("Location"), required=False)
    practitioner = forms.ModelChoiceField(Practitioner.objects.all(), label=gettext_lazy("Practitioner"), required=False)
    treatment = forms.ModelChoiceField(Treatment.objects.all(), label=gettext_lazy("Treatment"), required=False)

    def __init__(self, asked: QueryDict, *, now: datetime) -> None:
        self.now = now
        self.this_month = timezone.localdate(now).replace(day=1)
        self.usual = {"first": add_months(self.this_month, 1 - SHOWN_MONTHS), "last": self.this_month}
        sent = asked.copy()
        for name, month in self.usual.items():
            if not sent.get(name):
                sent[name] = _word(month)
        super().__init__(sent, label_suffix="")
        fields: dict[str, Any] = self.fields
        months = [add_months(self.this_month, -back) for back in range(MONTHS_BACK)]
        for name in self.usual:
            fields[name].choices = [(_word(month), date_format(month, "YEAR_MONTH_FORMAT")) for month in months]
            fields[name].error_messages["invalid_choice"] = _("There is no such month in this list.")
        for name in WHO:
            fields[name].empty_label = _("All")
            fields[name].error_messages["invalid_choice"] = _("There is no such %(field)s.") % {"field": fields[name].label.lower()}
        self.full_clean()

    @property
    def period(self) -> tuple[date, date]:
        """The first day of the first month, and of the last."""
        first, last = (date.fromisoformat(f"{month}-01") if (month := self._chosen(name)) else self.usual[name] for name in self.usual)
        return (self.usual["first"], self.usual["last"]) if first > last else (first, last)

    @property
    def months(self) -> list[date]:
        """Each one's first day."""
        first, last = self.period
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        return [add_months(first, months) for months in range(count)]

    @property
    def problems(self) -> list[str]:
        said = [str(sentence) for sentences in self.errors.values() for sentence in sentences]
        problems = [_("%(said)s The rest of what you asked for is shown.") % {"said": " ".join(said)}] if said else []
        if str(self._chosen("first") or "") > str(self._chosen("last") or "9"):
            problems.append(_("The first month comes after the last, so these are the last 12 months."))
        return problems

    def asked(self) -> Asked:
        first, last = self.period
        who = {name: row.pk if (row := self._chosen(name)) else None for name in WHO}
        return Asked(first, add_months(last, 1), self.now, **who)

    def _chosen(self, name: str) -> Any:
        return self.cleaned_data.get(name)


def _word(month: date) -> str:
    return f"{month:%Y-%m}"
