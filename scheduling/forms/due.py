"""What of the maintenance-due report is asked for, as the page's address has it."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.domain.cadence import Bucket
from scheduling.domain.recalls import TO_ACT_ON
from scheduling.models import Location, Practitioner, Treatment
from scheduling.models.appointments import YEARS
from scheduling.reports import Filters
from scheduling.reports.due import SORTS

EVERYBODY = "all"
USUAL_SORT = "due"
FILTERS = ("as_of", "bucket", "location", "practitioner", "treatment", "due_from", "due_until")

BUCKETS = {
    Bucket.NEXT_SESSION_OVERDUE: gettext_lazy("Next session overdue"),
    Bucket.NEXT_SESSION_DUE: gettext_lazy("Next session due"),
    Bucket.MAINTENANCE_OVERDUE: gettext_lazy("Maintenance overdue"),
    Bucket.MAINTENANCE_DUE: gettext_lazy("Maintenance due within 30 days"),
    Bucket.UNREACHABLE: gettext_lazy("Unreachable by message"),
    Bucket.LAPSED: gettext_lazy("Lapsed, over a year late"),
    Bucket.SNOOZED: gettext_lazy("Snoozed"),
    Bucket.NEXT_SESSION_BOOKED: gettext_lazy("In course and booked"),
    Bucket.MAINTENANCE_BOOKED: gettext_lazy("Maintenance booked"),
    Bucket.MAINTENANCE_NOT_YET_DUE: gettext_lazy("Maintenance not yet due"),
    Bucket.DECLINED: gettext_lazy("Declined"),
}


class DayField(forms.DateField):
    """A day as a browser's calendar writes it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **about: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%d"], **about)

    def to_python(self, value: Any) -> date | None:
        try:
            day = super().to_python(value)
        except ValidationError as error:
            raise ValidationError(_("“%(typed)s” is not a date."), params={"typed": str(value)[:40]}) from error
        if day and day.year not in YEARS:
            raise ValidationError(_("The year %(year)s is out of the report’s reach."), params={"year": day.year})
        return day


def _one_of(model: Any, label: Any, anyone: Any, unknown: Any) -> forms.ModelChoiceField:
    messages = {"invalid_choice": unknown}
    return forms.ModelChoiceField(model.objects.all(), required=False, label=label, empty_label=anyone, error_messages=messages)


def _hidden(field: type[forms.Field], unknown: Any, **about: Any) -> forms.Field:
    """What links say, and nobody types; `unknown` is said of whatever else stands there."""
    messages = dict.fromkeys(("invalid_choice", "max_length", "null_characters_not_allowed"), unknown)
    return field(required=False, widget=forms.HiddenInput, error_messages=messages, **about)


class ReportForm(forms.Form):
    """Read from a GET's query string, or from one that a link, a saved view or “all that match” has kept.

    What can't be understood is left out, and a sentence in `problems` says so; the rest counts. Without a bucket it is whom to call.
    """

    as_of = DayField(label=gettext_lazy("As of"))
    bucket = forms.MultipleChoiceField(
        label=gettext_lazy("Group"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(EVERYBODY, gettext_lazy("Everybody")), *((bucket.value, label) for bucket, label in BUCKETS.items())],
        error_messages={"invalid_choice": gettext_lazy("There is no such group.")},
    )
    location = _one_of(Location, gettext_lazy("Location"), gettext_lazy("All"), gettext_lazy("There is no such location."))
    practitioner = _one_of(Practitioner, gettext_lazy("Practitioner"), gettext_lazy("All"), gettext_lazy("There is no such practitioner."))
    treatment = _one_of(Treatment, gettext_lazy("Treatment"), gettext_lazy("All"), gettext_lazy("There is no such treatment."))
    due_from = DayField(label=gettext_lazy("Due from"))
    due_until = DayField(label=gettext_lazy("Due until"))
    sort = _hidden(forms.ChoiceField, gettext_lazy("There is no such order."), choices=[(name, name) for name in SORTS])
    dir = _hidden(forms.ChoiceField, gettext_lazy("There is no such order."), choices=[("asc", "asc"), ("desc", "desc")])
    after = _hidden(forms.CharField, gettext_lazy("There is no such page."), max_length=500)
    before = _hidden(forms.CharField, gettext_lazy("There is no such page."), max_length=500)

    def __init__(self, asked: QueryDict | str, *, now: datetime) -> None:
        super().__init__(QueryDict(asked) if isinstance(asked, str) else asked, label_suffix="")
        self.now = now
        self.full_clean()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        # One that doesn't exist takes none of the others with it; each counts once.
        typed = self.data.getlist("bucket")  # type: ignore[attr-defined]
        if (first := cleaned.get("due_from")) and (last := cleaned.get("due_until")) and first > last:
            self.add_error("due_until", _("“Due until” is before “due from”."))
        cleaned["bucket"] = [name for name, _label in self.fields["bucket"].choices if name in typed]  # type: ignore[attr-defined]
        return cleaned

    @property
    def problems(self) -> list[str]:
        said = dict.fromkeys(str(sentence) for sentences in self.errors.values() for sentence in sentences)
        return [_("%(said)s The rest of what you asked for is shown.") % {"said": " ".join(said)}] if said else []

    @property
    def today(self) -> date:
        """At the location that is asked for, or else on the clinic's clock."""
        location = self.chosen("location")
        return timezone.localdate(self.now, location.zone if location else None)

    @property
    def day(self) -> date:
        return self.chosen("as_of") or self.today

    @property
    def buckets(self) -> Collection[Bucket]:
        chosen = self.chosen("bucket") or []
        if EVERYBODY in chosen:
            return tuple(Bucket)
        return tuple(Bucket(name) for name in chosen) or TO_ACT_ON

    @property
    def sorted_by(self) -> str:
        return self.chosen("sort") or USUAL_SORT

    @property
    def is_descending(self) -> bool:
        return self.chosen("dir") == "desc"

    def chosen(self, name: str) -> Any:
        return self.cleaned_data.get(name)

    def filters(self) -> Filters:
        ids = {name: row.pk if (row := self.chosen(name)) else None for name in ("location", "practitioner", "treatment")}
        days = {name: self.chosen(name) for name in ("due_from", "due_until")}
        return Filters(self.day, self.buckets, **ids, **days, is_due_soon=not self.chosen("bucket"))

    def query(self, **changed: Any) -> str:
        """The canonical query string: what was understood and differs from the default, with what is `changed` (None leaves it out).

        Today is left out, so that a view that is kept means the day on which it is looked at. Which page is shown is no part of it.
        """
        said: dict[str, Any] = {name: self.chosen(name) for name in FILTERS}
        if said["as_of"] == self.today:
            said["as_of"] = None
        if EVERYBODY in (said["bucket"] or []):
            said["bucket"] = [EVERYBODY]
        if (self.sorted_by, self.is_descending) != (USUAL_SORT, False):
            said |= {"sort": self.sorted_by, "dir": "desc" if self.is_descending else None}
        said |= changed
        if said.get("sort") == USUAL_SORT and not said.get("dir"):
            said["sort"] = None
        query = QueryDict(mutable=True)
        for name, value in said.items():
            if isinstance(value, list | tuple):
                query.setlist(name, [str(each) for each in value])
            elif value not in (None, ""):
                query[name] = str(getattr(value, "pk", value))
        return query.urlencode()
