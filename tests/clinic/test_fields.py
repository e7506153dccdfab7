"""Each role enters, on each page, what it may and nothing else: field by field, as tests/clinic/fields.py says."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.helpers import AdminReadonlyField
from django.db import transaction
from django.db.models import BooleanField, DateField, Field, ForeignKey
from django.http import HttpResponse

from tests.clinic.fields import ROLES, fields
from tests.clinic.matrix import MODELS, PEOPLE, pages
from tests.clinic.test_matrix import browser_of, everything, filled, made, world

__all__ = ["everything", "made", "world"]


class Controls(HTMLParser):
    """What can be entered in the page's own forms: by name, a row's number as #."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._posts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self._posts = (said.get("method") or "").lower() == "post"
        is_entered = tag in ("select", "textarea") or (tag == "input" and said.get("type") not in ("hidden", "submit", "button"))
        if self._posts and is_entered and said.get("name"):
            self.names.add(re.sub(r"\d+|__prefix__", "#", str(said["name"])))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._posts = False


def fields_on(answer: HttpResponse) -> dict[str, str]:
    form = answer.context.get("adminform") if answer.context else None
    if form is None or "original" not in answer.context:
        controls = Controls()
        controls.feed(answer.content.decode())
        return dict.fromkeys(controls.names, "e")
    shown = {name: letter for fieldset in form for line in fieldset for name, letter in _letters(line)}
    for formset in answer.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        shown |= {f"{prefix}.{name}": letter for row in formset for fieldset in row for line in fieldset for name, letter in _letters(line)}
    return shown


def _letters(line: Any) -> Iterator[tuple[str, str]]:
    for field in line:
        is_read = isinstance(field, AdminReadonlyField)
        yield (field.field["name"] if is_read else field.field.name), "s" if is_read else "e"


def forms() -> Iterator[tuple[str, str]]:
    """(what it is called, its address): of each model its page to add and to change, and every other page that something is sent from."""
    for model in MODELS:
        yield f"{model} add", f"/admin/{model.replace('.', '/')}/add/"
        yield f"{model} change", f"/admin/{model.replace('.', '/')}/{{{model}}}/change/"
    yield "scheduling.appointment add, a newcomer", "/admin/scheduling/appointment/add/?who=new&show=newcomer"
    posted = {address for method, address, _codes in pages() if method == "POST"}
    for method, address, codes in pages():
        if method == "GET" and address in posted and address.startswith("/admin/") and 200 in codes[PEOPLE.index(ROLES[0]) :]:
            yield address, address


def found(world: dict[str, Any]) -> dict[str, dict[str, str]]:
    everything: dict[str, dict[str, str]] = {}
    for place, role in enumerate(ROLES):
        client = browser_of(role)
        for page, address in forms():
            answer = client.get(filled(address, world))
            for name, letter in fields_on(answer).items() if answer.status_code == 200 else ():
                letters = everything.setdefault(page, {}).setdefault(name, "---")
                everything[page][name] = letters[:place] + letter + letters[place + 1 :]
    return everything


def test_every_field_is_entered_or_shown_by_whom_the_table_says(world):
    stated, there = fields(), found(world)
    wrong = [
        f"{page}: {name} is {there.get(page, {}).get(name, 'nowhere')}, not {stated.get(page, {}).get(name, 'in the table')}"
        for page in stated | there
        for name in stated.get(page, {}) | there.get(page, {})
        if stated.get(page, {}).get(name) != there.get(page, {}).get(name)
    ]

    assert wrong == [], "Say in tests/clinic/fields.py who may enter what there."


# --- and it is so whatever is posted ------------------------------------------------------------------------------------


def other_than(field: Field, value: Any) -> str | None:
    """What somebody could post for it, to change it; None where nothing would."""
    match field:
        case BooleanField():
            return "" if value else "on"
        case ForeignKey():
            other = field.related_model._default_manager.exclude(pk=value).values_list("pk", flat=True).first()
            return None if other is None else str(other)
        case DateField():
            return "2001-02-03"
    choices = [str(choice) for choice, _label in field.flatchoices if choice != value]
    return choices[0] if choices else "41" if field.get_internal_type().endswith("IntegerField") else "tampered"


def as_it_stands(answer: HttpResponse) -> dict[str, Any]:
    """What its form would post, were nothing changed."""
    form = answer.context["adminform"].form
    everything = [form, *(part for formset in answer.context["inline_admin_formsets"] for part in _parts(formset.formset))]
    return {bound.html_name: bound.value() for part in everything for bound in part if bound.value() not in (None, False)}


def _parts(formset: Any) -> list[Any]:
    return [formset.management_form, *formset.forms]


@pytest.mark.parametrize("role", ROLES)
def test_what_isnt_entered_there_isnt_taken_from_there_either(world, role):
    """Every field of the model is posted, changed, along with the form as it stands."""
    client, wrong = browser_of(role), []
    for label, rights in MODELS.items():
        if "c" not in rights[ROLES.index(role)]:
            continue
        model, here = apps.get_model(label), filled(f"/admin/{label.replace('.', '/')}/{{{label}}}/change/", world)
        before = model._default_manager.values().get(pk=world[label])
        own = [field for field in model._meta.concrete_fields if field.editable and not field.primary_key]
        page = client.get(here)
        if "adminform" not in page.context:  # a protocol's page has forms of its own, for its steps
            continue
        entered = {name for name, letter in fields_on(page).items() if letter == "e"}
        tampered = {f.name: other for f in own if f.name not in entered and (other := other_than(f, before[f.attname])) is not None}
        with transaction.atomic():
            client.post(here, as_it_stands(page) | tampered)
            after = model._default_manager.values().get(pk=world[label])
            transaction.set_rollback(True)
        wrong += [f"{label}: {field.name}" for field in own if field.name in tampered and before[field.attname] != after[field.attname]]

    assert wrong == []
