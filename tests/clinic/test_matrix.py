"""Each role sees and does only what it may: every address, every action and every field to search from, for everybody."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver, resolve

from aftercare.models import CareMessage, OnCallContact
from aftercare.services import begin_protocol, protocol_for, publish, raise_concern
from aftercare.services.protocols.drafts import step_seen
from aftercare.services.telling.ending import link_to_end
from clinic import shown
from clinic.models import Entry
from notifications.models import Reply
from notifications.services import raise_alarm, receive_reply
from scheduling import services as scheduling
from scheduling.domain.outcomes import Outcome
from scheduling.models import Product, SavedView
from scheduling.services import Change, make_calendar_address, make_moves, note_reading
from scheduling.services.importing import bring_file
from tests.clinic.headers import wrong_headers
from tests.clinic.matrix import ACTIONS, KEYED, MODELS, NEWCOMER, NOBODY, PEOPLE, POSTED, ROLES, SEARCHABLE, WITHOUT_CSRF, pages, rows
from tests.clinic_world import WEEK, Clinic, at, patient
from tests.clock import freeze_time
from tests.staff import group, member
from tests.worlds import once_a_module

NOW = at("2026-11-03", "10:00")
OURS = ("scheduling", "aftercare", "notifications", "auth", "admin")
FILE = b"First name,Last name,Birth date,Phone\nPia,Parker,1990-05-17,+12125550140\n"
HTMX = {"HX-Request": "true"}
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY)\b", re.IGNORECASE)
# A session is renewed by whoever uses it; a sign-in says when it was, and the trail who looked at what, and who went.
HARMLESS = ("django_session", '"last_login"', "clinic_trail")


@freeze_time(NOW)
def make_one_of_everything(clinic: Clinic) -> dict[str, Any]:
    """By the names that the matrix calls them. It takes as long as a test."""
    clinic.consents(clinic.ana)
    completed = clinic.treat(clinic.ana, NOW - 6 * WEEK)
    appointment = clinic.book(clinic.ben, NOW - timedelta(hours=1))  # nobody can reach him
    raise_alarm("sms", "30007", "carriers filter our texts", times=3, now=NOW)
    receive_reply("sms", "+12125550101", "it still stings", provider_id="SM1", now=NOW)
    receive_reply("sms", "+12125550177", "who is this", provider_id="SM2", now=NOW)
    concern = raise_concern(patient=clinic.chloe, severity="urgent", said="It bleeds.", now=NOW)
    wrong = clinic.book(clinic.chloe, NOW + WEEK)
    elsewhere = {"treatment": clinic.scalp, "practitioner": clinic.eli, "room": clinic.other_room}
    arrived = scheduling.arrive(clinic.book(clinic.chloe, NOW - timedelta(minutes=15), **elsewhere), now=NOW)
    # Ana, whose skin has healed, is offered what somebody else called off.
    waits = scheduling.wait(
        patient=clinic.ana, treatment=clinic.face, location=clinic.location, first_on=NOW.date(), last_on=(NOW + WEEK).date(), now=NOW
    )
    scheduling.cancel(clinic.book(patient("Olga Other", 90), NOW + timedelta(days=2)), reason="she is ill", now=NOW)
    scheduling.offer_openings(NOW)
    call = scheduling.log_call(clinic.ana, Outcome.CALL_LATER, session=completed.pk, now=NOW)
    [move] = make_moves(Change(wrong, wrong.starts_at + timedelta(hours=2)), by=None, now=NOW)
    named = {
        "move": move,
        "saved view": SavedView.objects.create(user=member("Manager"), name="Lapsed", query="bucket=lapsed"),
        "waitlist entry": waits,
        "offer": waits.offer_set.get(),
        "patient": clinic.ana,
        "never booked": patient("Nia New", 91),
        "appointment": appointment,
        "completed": completed,
        "arrived": arrived,
        "course": appointment.course,
        "user": User.objects.create_user("somebody", password="a password", is_staff=True),
        "reply line": CareMessage.objects.get(reply__isnull=False, patient=clinic.ana),
        "unknown reply": Reply.objects.get(address="+12125550177"),
        "call": call,
        "concern": concern,
        "wrong line": CareMessage.objects.filter(appointment=wrong).first(),
        "scheduling.product": Product.objects.create(name="Serum"),
        "scheduling.appointment": appointment,
        "auth.group": group("Manager"),
        "scheduling.reportexport": scheduling.begin_export(
            user=member("Manager"), format="csv", as_of=NOW.date(), words="As of today", query="", has_addresses=False, now=NOW
        ),
        "aftercare.oncallcontact": OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120"),
    }
    for role in (NEWCOMER, *ROLES):
        member(role)
    for model in MODELS:
        named.setdefault(model, apps.get_model(model).objects.order_by("pk").first())
    named |= {"message": named["notifications.message"], "alarm": named["notifications.alarm"]}
    draft = begin_protocol("Draft", treatments=[clinic.face], like=protocol_for(clinic.face), by=None, now=NOW)
    own = begin_protocol("Own", treatments=[clinic.scalp], like=protocol_for(clinic.face), by=None, now=NOW)
    publish(own, by=None, now=NOW)
    draft_step = draft.steps.first()
    named |= {"draft": draft, "draft step": draft_step, "own protocol": own}
    clinic.dana.user = member("Clinician")
    clinic.dana.save()
    feed, token = make_calendar_address(clinic.eli)
    note_reading(feed, NOW)
    brought = bring_file(
        "patients.csv", b"First name,Last name,Birth date,Phone\nPia,Parker,1990-05-17,+12125550140\n", by=member("Manager")
    )
    named |= {"practitioner": clinic.dana, "file": brought, "patient type": ContentType.objects.get_for_model(clinic.ana)}
    ending = link_to_end(clinic.ana).rstrip("/").rpartition("/")[2]
    return {"token": token, "ending": ending, "draft step seen": step_seen(draft_step.as_domain())} | {
        name: thing.pk for name, thing in named.items()
    }


made, everything = once_a_module(make_one_of_everything)


@pytest.fixture
def world(everything: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with freeze_time(NOW):
        yield everything


def filled(text: str, world: dict[str, Any]) -> str:
    return re.sub(r"\{([^}]+)\}", lambda name: str(world[name.group(1)]), text)


def browser_of(person: str, **options: Any) -> Client:
    client = Client(**options)
    if person != NOBODY:
        client.force_login(member(person))
    return client


@contextmanager
def watched() -> Iterator[list[str]]:
    """The statements that write, as they come."""
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITES.match(sql) and not any(word in sql for word in HARMLESS):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield written


def fingerprint() -> dict[str, str]:
    """Of every table that holds something of the clinic's."""
    tables = [model._meta.db_table for label in OURS for model in apps.get_app_config(label).get_models(include_auto_created=True)]
    without_sign_in = {User._meta.db_table: "(to_jsonb(t) - 'last_login')::text"}
    each = (f"SELECT '{table}', md5(string_agg({row}, '|' ORDER BY {row})) FROM {table} t"
            for table in tables for row in [without_sign_in.get(table, "t::text")])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return dict(cursor.fetchall())


def answered(client: Client, method: str, address: str, world: dict[str, Any], **headers: str) -> HttpResponse:
    data = {name: filled(value, world) for name, value in POSTED.get(address, {}).items()}
    here = filled(address, world)
    return client.get(here, headers=headers) if method == "GET" else client.post(here, data, headers=headers)


# --- every address ----------------------------------------------------------------------------------------------------


def route_of(address: str, world: dict[str, Any]) -> str:
    """As `routes` writes it: Django leaves the signs for a beginning in some of its own."""
    return resolve(filled(address, world)).route.replace("^", "")


def routes(patterns: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route.replace("^", ""), pattern.callback
        else:
            yield from routes(pattern.url_patterns, route)


def test_every_address_of_the_site_has_its_rows(world):
    stated = {(method, route_of(address, world)) for method, address, _codes in rows()}

    missing = [f"{method} /{route}" for route, _view in routes(get_resolver().url_patterns) for method in ("GET", "POST")
               if (method, route) not in stated]  # fmt: skip

    assert missing == [], "Say in tests/clinic/matrix.py who may do what there."


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person or "newcomer")
def test_everybody_gets_what_the_matrix_says_and_changes_nothing_else(world, person):
    """A page that is looked at and a refusal have written nothing; what is posted in full by whoever may has. Whatever is answered has the
    headers that keep it here."""
    client, before, wrong = browser_of(person), fingerprint(), []

    for method, address, codes in rows():
        expected = codes[PEOPLE.index(person)]
        signed_in = person != NOBODY or address in KEYED
        may_write = method == "POST" and address in POSTED and expected in (200, 302) and signed_in
        with transaction.atomic(), watched() as written:
            answer = answered(client, method, address, world)
            transaction.set_rollback(may_write or address == "/admin/logout/")
        if answer.status_code != expected:
            wrong.append(f"{method} {address}: {answer.status_code}, not {expected}")
        wrong += [f"{method} {address}: {said}" for said in wrong_headers(address, answer)]
        if bool(written) is not may_write:
            wrong.append(f"{method} {address}: writes {written or 'nothing'}")
        if address == "/admin/logout/":
            client = browser_of(person)

    assert wrong == []
    assert fingerprint() == before


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person or "newcomer")
def test_asked_by_htmx_a_page_is_as_shut_as_ever(world, person):
    client = browser_of(person)

    wrong = [
        f"{address}: {status}, not {expected}"
        for method, address, codes in pages()
        if method == "GET"
        and (expected := codes[PEOPLE.index(person)]) != (status := answered(client, "GET", address, world, **HTMX).status_code)
    ]

    assert wrong == []


def test_what_is_posted_without_a_token_changes_nothing(world):
    """Even for somebody who may do everything. What a provider signs needs none, nor does what has its key in the address."""
    boss = User.objects.create_superuser("boss")
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    before = fingerprint()

    posted = {address for method, address, _codes in rows() if method == "POST" and address not in KEYED}
    taken = {address for address in posted if answered(client, "POST", address, world).status_code != 403}

    assert taken == set()
    assert fingerprint() == before
    exempt = {route for route, view in routes(get_resolver().url_patterns) if getattr(view, "csrf_exempt", False)}
    assert exempt == {route_of(address, world) for address in WITHOUT_CSRF}


# --- what is shown, and to whom ---------------------------------------------------------------------------------------

KINDS = (shown.ONE, shown.SEVERAL, shown.FOR_WHOM, shown.TAKEN, shown.NOBODYS)
# Addresses without a name: two of Django's that lead elsewhere or nowhere, the root, a picture, what our containers ask, and a spelling.
NAMELESS = {"", "favicon.ico", "admin/<path:object_id>/", "admin/(?P<url>.*)$", "healthz", "webhooks/twilio/inbound"}


def names(patterns: Any, before: str = "", within: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every address; "" where it has no name."""
    for pattern in patterns:
        route = before + str(pattern.pattern).replace("^", "")
        if isinstance(pattern, URLPattern):
            yield f"{within}{pattern.name}" if pattern.name else "", route
        else:
            yield from names(pattern.url_patterns, route, f"{within}{pattern.namespace}:" if pattern.namespace else within)


def test_every_address_says_what_of_patients_it_shows():
    found = list(names(get_resolver().url_patterns))

    said = [name for kind in KINDS for name in kind]
    assert sorted(said) == sorted(set(said)), "One address is of two kinds."
    assert {name for name, _route in found if name} == set(said), "Say in clinic/shown.py whom that page shows."
    nameless = {re.sub("^admin/[a-z]+/[a-z]+/", "admin/", route) for name, route in found if not name}
    assert nameless <= NAMELESS


def test_what_a_manager_looks_at_stands_on_the_trail(world):
    client, wrong, looked_at = browser_of("Manager"), [], set()

    for method, address, codes in rows():
        if method == "GET" and codes[PEOPLE.index("Manager")] == 200:
            with transaction.atomic():
                last = Entry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
                answered(client, "GET", address, world)
                written = list(Entry.objects.filter(pk__gt=last).values_list("action", "patient_id"))
                transaction.set_rollback(True)
            name = resolve(filled(address, world)).view_name
            looked_at.add(name)
            if [action for action, _patient in written] != (["saw"] if name in shown.ONE or name in shown.SEVERAL else []):
                wrong.append(f"{address}: {written}")
            is_hers = name in shown.ONE and "unknown" not in address and "notifications" not in address
            if is_hers and written and written[0][1] is None:
                wrong.append(f"{address}: nobody's")

    assert wrong == []
    assert len(looked_at & set(shown.ONE)) > 25


# --- every action -----------------------------------------------------------------------------------------------------


def actions_of(client: Client, model: str) -> set[str]:
    page = client.get(f"/admin/{model.replace('.', '/')}/").content.decode()
    select = re.search(r'<select name="action".*?</select>', page, re.S)
    return set(re.findall(r'<option value="([^"]*)"', select.group())) - {""} if select else set()


@pytest.mark.parametrize("person", [NEWCOMER, *ROLES], ids=lambda person: person or "newcomer")
def test_a_list_offers_a_role_its_actions_and_no_others(world, person):
    client = browser_of(person)

    offered = {model: actions_of(client, model) for model in MODELS}

    expected = {model: {verb for verb, who in ACTIONS.get(model, {}).items() if person in who} for model in MODELS}
    assert offered == expected


def test_every_action_is_in_the_matrix(world):
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("boss")

    found = {label_of(model): set(model_admin.get_actions(request)) for model, model_admin in admin.site._registry.items()}

    # Django deletes what is ticked; nobody but a superuser is offered it, where it isn't forbidden to everybody.
    assert {model: verbs - {"delete_selected"} for model, verbs in found.items() if verbs - {"delete_selected"}} == {
        model: set(verbs) for model, verbs in ACTIONS.items()
    }


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person or "newcomer")
def test_an_action_that_isnt_offered_does_nothing(world, person):
    client, before = browser_of(person), fingerprint()

    for model in MODELS:
        everything = [str(pk) for pk in apps.get_model(model).objects.values_list("pk", flat=True)]
        every_verb = {verb for verbs in ACTIONS.values() for verb in verbs} | {"delete_selected"}
        for verb in every_verb - {verb for verb, who in ACTIONS.get(model, {}).items() if person in who}:
            asked = {"action": verb, "_selected_action": everything, "confirmed": "yes", "post": "yes", "reason": "none"}
            client.post(f"/admin/{model.replace('.', '/')}/", asked)

    assert fingerprint() == before


# --- every field to search from ---------------------------------------------------------------------------------------


def label_of(model: type[Model]) -> str:
    return model._meta.label_lower


def test_every_model_of_the_admin_is_in_the_matrix():
    assert {label_of(model) for model in admin.site._registry} == set(MODELS)
    assert {label_of(model) for model, model_admin in admin.site._registry.items() if model_admin.search_fields} == SEARCHABLE


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person or "newcomer")
def test_typing_ahead_finds_only_what_one_may_see(world, person):
    client, wrong = browser_of(person), []

    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.get_fields():
                asked = {"app_label": label, "model_name": model._meta.model_name, "field_name": field.name, "term": ""}
                status = client.get("/admin/autocomplete/", asked).status_code
                if status not in (expected := autocompleted(person, field)):
                    wrong.append(f"{label_of(model)}.{field.name}: {status}, not {expected}")

    assert wrong == []


def autocompleted(person: str, field: Any) -> tuple[int, ...]:
    if person == NOBODY:
        return (302,)
    target = label_of(field.related_model) if field.is_relation and field.concrete else ""
    rights = MODELS[target][ROLES.index(person)] if target in SEARCHABLE and person in ROLES else ""
    return (200,) if "v" in rights else (403, 404)
