"""Whose the writes are that PostgreSQL puts on the trail."""

import contextvars

import pytest
from celery import shared_task
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from aftercare.services.telling.ending import link_to_end
from clinic.models import Entry
from clinic.services import acting
from clinic.services.acting import ACTOR, Actor, acting_as
from manage import act_as_command
from scheduling.models import Patient
from tests.staff import member

DANA = Actor("dana", 7)


def last() -> tuple[str, int | None]:
    entry = Entry.objects.order_by("pk").last()
    return entry.actor, entry.user_id


def touch() -> None:
    """Some write or other."""
    patient = Patient.objects.order_by("pk").first()
    Patient.objects.filter(pk=patient.pk).update(notes=f"{patient.notes}.")


def is_told() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('afterglow.actor', true)")
        return cursor.fetchone()[0] or ""


def test_what_is_posted_is_the_doing_of_whoever_is_signed_in(clinic, sign_in):
    course = clinic.book(clinic.ana).course

    sign_in("Clinician").post(f"/admin/scheduling/course/{course.pk}/change/", {"minimum_interval_days": "35"})

    entry = Entry.objects.get(action="changed", about="scheduling.course")
    assert entry.changes == {"minimum_interval_days": [28, 35]}
    assert (entry.actor, entry.user_id) == ("clinician", member("Clinician").pk)


def test_the_next_on_the_same_connection_isnt_taken_for_the_one_before(clinic, sign_in, monkeypatch):
    sign_in("Front desk").post("/admin/scheduling/patient/add/", {})
    touch()
    assert last()[0].startswith("database user ")

    # The control: told once, and never that it is over.
    monkeypatch.setattr(acting, "_tell_or_let_go", lambda: None)
    sign_in("Front desk").post("/admin/scheduling/patient/add/", {})
    touch()
    assert last() == ("frontdesk", member("Front desk").pk)


def test_even_where_a_page_comes_to_grief(clinic, sign_in, monkeypatch):
    def fail(*args: object, **kwargs: object) -> None:
        touch()
        raise RuntimeError("on purpose")

    monkeypatch.setattr("scheduling.admin.booking_pages.typed_in", fail)
    with pytest.raises(RuntimeError):
        sign_in("Front desk").post("/admin/scheduling/appointment/add/", {})

    assert last()[0] == "frontdesk"
    assert is_told() == ""


def test_a_rollback_takes_nobodys_name_away(clinic):
    with acting_as(DANA):
        with transaction.atomic():
            touch()
            transaction.set_rollback(True)
        touch()
    assert last() == ("dana", 7)


def test_within_a_transaction_that_has_failed_nothing_more_goes_wrong(clinic):
    def fail() -> None:
        with transaction.atomic(), acting_as(DANA), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(DataError, match="division"):
        fail()
    assert is_told() == ""


def test_one_within_another_gives_it_back(clinic):
    with acting_as(DANA):
        with acting_as(Actor("task of hers")):
            touch()
            assert last() == ("task of hers", None)
        touch()
        assert last() == ("dana", 7)
    assert ACTOR.get() == acting.NOBODY


def test_a_connection_that_is_opened_meanwhile_is_told(committed_clinic):
    with acting_as(DANA):
        connection.close()
        touch()
        assert last() == ("dana", 7)
    touch()
    assert last()[0].startswith("database user ")


def test_a_task_acts_under_its_name(clinic):
    @shared_task(name="tests.touching")
    def touching() -> None:
        touch()

    touching.apply()
    assert last() == ("task tests.touching", None)
    touch()
    assert last()[0].startswith("database user ")


def test_so_does_a_command(clinic):
    def command() -> tuple[str, int | None]:
        act_as_command(["manage.py", "import_patients", "patients.csv"])
        with acting_as(ACTOR.get()):  # as a connection that is opened then is told
            touch()
        return last()

    assert contextvars.copy_context().run(command) == ("command import_patients", None)


@pytest.mark.parametrize("role", [None, "Front desk"], ids=["nobody else", "where the desk is signed in"])
def test_whoever_has_only_the_key_of_an_address_is_named_by_the_page_and_never_by_the_key(clinic, client, sign_in, role):
    clinic.consents(clinic.ana)
    link = link_to_end(clinic.ana)
    (sign_in(role) if role else client).post(link[link.index("/emails/") :], {"List-Unsubscribe": "One-Click"})

    entry = Entry.objects.order_by("pk").last()
    assert (entry.action, entry.about, entry.patient_id) == ("added", "aftercare.consent", clinic.ana.pk)
    assert (entry.actor, entry.user_id) == ("page end_emails", None)


def test_looking_tells_nobody_anything(clinic, sign_in):
    with CaptureQueriesContext(connection) as asked:
        sign_in("Front desk").get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")

    assert [query["sql"] for query in asked if "set_config" in query["sql"] and "afterglow" in query["sql"]] == []


def test_the_request_stands_beside_it_as_a_proxy_and_the_logs_call_it(clinic, sign_in):
    course, dana = clinic.book(clinic.ana).course, sign_in("Clinician")
    page, named = f"/admin/scheduling/course/{course.pk}/change/", {"X-Request-ID": "444535f9378a3dfa1b8604bc9e05a303"}

    dana.get(page, headers=named)
    dana.post(page, {"minimum_interval_days": "35"}, headers=named)
    touch()

    rows = Entry.objects.filter(about="scheduling.course").exclude(action="added").order_by("pk")
    assert list(rows.values_list("action", "request_id")) == [
        ("saw", "444535f9378a3dfa1b8604bc9e05a303"),
        ("changed", "444535f9378a3dfa1b8604bc9e05a303"),
    ]
    assert Entry.objects.order_by("pk").last().request_id == ""
