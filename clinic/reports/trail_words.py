"""The trail in words that a manager understands: “changed Cell phone from (212) 555-0101 to (212) 555-0102”, and never a column's name."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.models import Consent
from clinic.models import Entry
from clinic.models.trail import Action
from clinic.reports.trail_values import EMPTY, in_words
from scheduling.models import Patient
from scheduling.services.staff import staff_name

# Who acts where nobody is signed in: how the name begins, and what people call that.
ACTORS = (
    ("task ", gettext_lazy("Afterglow, by itself")),
    ("page end_emails", gettext_lazy("a patient, by the link in an email")),
    ("page twilio", gettext_lazy("a patient’s text, or its receipt")),
    ("page demo:", gettext_lazy("a patient’s phone in the demo")),
    ("page admin:login", gettext_lazy("somebody at the sign-in page")),
    ("page ", gettext_lazy("somebody who wasn’t signed in")),
)


CHANGES = (Action.ADDED, Action.CHANGED, Action.DELETED)
NAMES_IT = (*CHANGES, Action.UNDID_MOVE)

CHANGED, GONE, ADDED_TO, TAKEN_FROM, HIDDEN = "changed", "gone", "added", "taken", "hidden"
HOW: dict[str, Any] = {
    CHANGED: gettext_lazy("%(field)s from %(before)s to %(after)s"),
    GONE: gettext_lazy("%(field)s was %(before)s"),
    ADDED_TO: gettext_lazy("%(field)s: added %(after)s"),
    TAKEN_FROM: gettext_lazy("%(field)s: took away %(before)s"),
    HIDDEN: "%(field)s",  # what is secret, or was erased
}

# What those are called by needs, beside their own row.
CALLED_WITH = {
    "scheduling.course": ("treatment",),
    "scheduling.room": ("location",),
    "scheduling.calendarfeed": ("practitioner",),
    "aftercare.plan": ("appointment",),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, in words. `how` says which of HOW are the right ones."""

    field: str
    how: str
    before: str = ""
    after: str = ""

    @property
    def words(self) -> str:
        return str(HOW[self.how] % {"field": self.field, "before": self.before, "after": self.after})


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `what` says what was done to what; `url` leads to it, where it has a page and is still there."""

    entry: Entry
    at: datetime
    who: str
    what: str
    object: str
    url: str
    patient: str
    patient_url: str
    changes: Sequence[Change]

    @property
    def words(self) -> str:
        """All of it in one sentence, for a file."""
        said = " ".join(part for part in (self.what, self.object) if part)
        return f"{said}: {'; '.join(change.words for change in self.changes)}" if self.changes else said


def told(entries: Sequence[Entry]) -> list[Line]:
    """Names are looked up for all of them at once, one query for each kind of thing."""
    known = _look_up(entries)
    return [_line(entry, known) for entry in entries]


Known = dict[type[models.Model], dict[Any, Any]]


def _look_up(entries: Iterable[Entry]) -> Known:
    wanted: defaultdict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        wanted[User].add(entry.user_id)
        wanted[Patient].add(entry.patient_id)
        model = _model(entry.about)
        if model is None:
            continue
        wanted[model].add(entry.object_id)
        for column, pair in entry.changes.items():
            related: Any = getattr(_field(model, column), "related_model", None)
            if related is not None:
                wanted[related].update(value for value in pair if isinstance(value, int))
    return {model: _named(model, numbers - {None}) for model, numbers in wanted.items()}


def _named(model: type[models.Model], numbers: set[Any]) -> dict[Any, Any]:
    along = CALLED_WITH.get(model._meta.label_lower)
    found = model._default_manager.all()
    return (found.select_related(*along) if along else found).in_bulk(numbers)


def _line(entry: Entry, known: Known) -> Line:
    model = _model(entry.about)
    thing: Any = known.get(model, {}).get(entry.object_id) if model else None
    patient = known.get(Patient, {}).get(entry.patient_id)
    is_herself = model is Patient
    return Line(
        entry=entry,
        at=entry.at,
        who=_who(entry, known),
        what=_what(entry, model, thing),
        object=_called(entry, thing) if model and not is_herself and entry.action in NAMES_IT else "",
        url=_page(model, entry.object_id) if thing is not None and not is_herself else "",
        patient=patient.label if patient else _("patient %s") % entry.patient_id if entry.patient_id else "",
        patient_url=_page(Patient, entry.patient_id) if patient else "",
        changes=_changes(entry, model, known),
    )


def _who(entry: Entry, known: Known) -> str:
    if user := known.get(User, {}).get(entry.user_id):
        return staff_name(user)
    return next((str(words) for beginning, words in ACTORS if entry.actor.startswith(beginning)), entry.actor)


def _what(entry: Entry, model: type[models.Model] | None, thing: Any) -> str:
    if isinstance(thing, Consent) and entry.action == Action.ADDED:  # a row of evidence, that she agreed or that she doesn't any more
        return _("noted that the patient agrees to") if thing.is_granted else _("noted that the patient no longer agrees to")
    done = str(dict(Action.choices).get(entry.action, entry.action))
    if entry.note and entry.action in (Action.SAW, Action.EXPORTED, Action.HANDED_OUT):
        return f"{done} {entry.note}"
    is_done_to_it = entry.action in (*NAMES_IT, Action.EXPORTED, Action.ERASED)
    what = f"{done} {_('the')} {model._meta.verbose_name}" if model and is_done_to_it else done
    return f"{what}: {entry.note}" if entry.note else what


def _called(entry: Entry, thing: Any) -> str:
    """Its patient has a column of her own."""
    if thing is None:
        return _("number %s") % entry.object_id
    session = getattr(thing, "appointment", thing)  # a plan is called by its session
    called = str(getattr(session, "local_time_text", thing)).removesuffix(f", patient {entry.patient_id}")
    return f"{called} ({thing.source})" if isinstance(thing, Consent) else called


def _changes(entry: Entry, model: type[models.Model] | None, known: Known) -> list[Change]:
    """In the order of the form. Of what is deleted only what it had."""
    order = [field.column for field in model._meta.concrete_fields] if model else []
    columns = sorted(entry.changes, key=lambda column: order.index(column) if column in order else len(order))
    changes = [_change(_field(model, column), column, entry.changes[column], known) for column in columns]
    if entry.action != Action.DELETED:
        return changes
    had = (change for column, change in zip(columns, changes, strict=True) if column != "id" and entry.changes[column][0] not in EMPTY)
    return [replace(change, how=GONE) if change.how == CHANGED else change for change in had]


def _change(field: Any, column: str, pair: Sequence[Any], known: Known) -> Change:
    name = capfirst(str(getattr(field, "verbose_name", column.replace("_", " "))))
    if pair == [None, None]:
        return Change(name, HIDDEN)
    before, after = (in_words(field, value, known) for value in pair)
    if getattr(field, "many_to_many", False):
        return Change(name, TAKEN_FROM if pair[1] is None else ADDED_TO, before, after)
    return Change(name, CHANGED, before, after)


def _model(label: str) -> type[models.Model] | None:
    """None for a model that there was once."""
    try:
        return apps.get_model(label) if label else None
    except LookupError:
        return None


def _field(model: type[models.Model] | None, column: str) -> Any:
    """By its column, or by its name, as that of a list is written."""
    if model is None:
        return None
    by_column = next((field for field in model._meta.concrete_fields if field.column == column), None)
    if by_column is not None:
        return by_column
    try:
        return model._meta.get_field(column)
    except FieldDoesNotExist:
        return None


def _page(model: type[models.Model] | None, number: Any) -> str:
    if model is None:
        return ""
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[number])
    except NoReverseMatch:
        return ""
