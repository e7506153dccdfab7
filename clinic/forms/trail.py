"""What of the trail is asked for, as the page's address has it."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models.trail import Action
from clinic.reports import Asked
from scheduling.forms.due import DayField
from scheduling.models import Patient
from scheduling.services.staff import staff_name

MOST_FOUND = 100
BIGGEST = 2**63 - 1
FILTERS = ("person", "name", "action", "first_on", "last_on", "patient", "about", "object")


class People(forms.ModelChoiceField):
    def label_from_instance(self, user: Any) -> str:
        return staff_name(user)


class TrailForm(forms.Form):
    """Read from a query string. What can't be understood is left out, and a sentence in `problems` says so; the rest counts.

    A patient is asked for as in the list of patients: by parts of her name, number, email or birth date. `patient`, `about` and `object`
    come from other pages' links.
    """

    person = People(User.objects.order_by("first_name", "username"), label=gettext_lazy("Who"), required=False)
    name = forms.CharField(label=gettext_lazy("Patient"), required=False, max_length=100)
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    first_on = DayField(label=gettext_lazy("From"))
    last_on = DayField(label=gettext_lazy("To"))
    patient = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=BIGGEST)
    about = forms.RegexField(r"^[a-z]+\.[a-z]+$", widget=forms.HiddenInput, required=False, max_length=100)
    object = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=BIGGEST)

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked, label_suffix="")
        fields: dict[str, Any] = self.fields
        fields["person"].empty_label = _("Everybody")
        fields["person"].error_messages["invalid_choice"] = _("There is no such sign-in.")
        fields["action"].choices = [("", _("Everything")), *((value, str(label).capitalize()) for value, label in Action.choices)]
        fields["action"].error_messages["invalid_choice"] = _("There is no such thing to do.")
        for name in ("patient", "about", "object"):
            fields[name].error_messages = dict.fromkeys(
                ("invalid", "min_value", "max_value", "max_length"), _("The address names nothing that there is.")
            )
        self.full_clean()

    @property
    def problems(self) -> list[str]:
        said = [str(sentence) for sentences in self.errors.values() for sentence in sentences]
        problems = [_("%(said)s The rest of what you asked for is shown.") % {"said": " ".join(dict.fromkeys(said))}] if said else []
        if len(self.found) > MOST_FOUND:
            problems.append(_("More than %s patients are found: type more of the name. These are some of them.") % MOST_FOUND)
        return problems

    @property
    def found(self) -> list[int]:
        """The patients whom that finds."""
        if not hasattr(self, "_found"):
            typed = self._chosen("name") or ""
            self._found = list(Patient.objects.matching(typed).values_list("pk", flat=True)[: MOST_FOUND + 1]) if typed.strip() else []
        return self._found

    def asked(self) -> Asked:
        patients: tuple[int, ...] | None = None
        if self._chosen("patient"):
            patients = (self._chosen("patient"),)
        elif (self._chosen("name") or "").strip():
            patients = tuple(self.found[:MOST_FOUND])
        person = self._chosen("person")
        return Asked(
            person=person.pk if person else None,
            patients=patients,
            action=self._chosen("action") or "",
            about=self._chosen("about") or "",
            object_id=self._chosen("object"),
            first_on=self._chosen("first_on"),
            last_on=self._chosen("last_on"),
        )

    def query(self, *but: str) -> str:
        """What is asked for, as an address has it, without those fields."""
        query = QueryDict(mutable=True)
        for name in FILTERS:
            if name not in but and name not in self.errors and (value := self.data.get(name)):
                query[name] = value
        return query.urlencode()

    def _chosen(self, name: str) -> Any:
        return self.cleaned_data.get(name)
