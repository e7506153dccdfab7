"""What PostgreSQL itself writes on the trail, and that it stays there."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aftercare.models import Plan
from clinic.models import Entry
from clinic.services.trail import blank_patient, erasing, forget_entries, note, old_entries
from clinic.trailed import TRAILED
from scheduling import services
from scheduling.models import Appointment, Patient
from tests.clinic_world import FIRST, TODAY, patient
from tests.staff import group, member

pytestmark = pytest.mark.django_db

ASKED_FOR = {
    *("scheduling_patient", "scheduling_appointment", "scheduling_course", "scheduling_recallpolicy", "aftercare_consent"),
    *("scheduling_waitlistentry", "aftercare_protocol", "aftercare_protocolstep", "aftercare_concern", "aftercare_plan"),
    *("auth_user", "auth_user_groups", "auth_user_user_permissions", "auth_group", "auth_group_permissions"),
}


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def written(clinic) -> Iterator[Any]:
    """What came onto the trail since, as (action, about, number, patient's number, changes)."""
    last = Entry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    columns = ("action", "about", "object_id", "patient_id", "changes")
    return lambda: list(Entry.objects.filter(pk__gt=last).order_by("pk").values_list(*columns))


def test_each_table_of_the_list_has_its_triggers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled, (tgtype & 28) FROM pg_trigger WHERE tgfoid = 'clinic_write_trail'::regproc"
        )
        found = sorted(cursor.fetchall())

    changes, comes_and_goes = 16, 4 + 8  # PostgreSQL's own numbers for UPDATE, and for INSERT and DELETE
    assert found == sorted(
        (trailed.table, name, "O", of)
        for trailed in TRAILED
        for name, of in (("changes_on_the_trail", changes), ("on_the_trail", comes_and_goes))
    )
    assert {trailed.table for trailed in TRAILED} >= ASKED_FOR


class TestAPatient:
    def test_added_changed_and_deleted(self, clinic, written):
        zoe = patient("Zoe Zimmer", 60)
        zoe.phone = "+12125550161"
        zoe.save()
        number = zoe.pk
        zoe.delete()

        added, changed, deleted = written()
        assert added == ("added", "scheduling.patient", number, number, {})
        assert changed == ("changed", "scheduling.patient", number, number, {"phone": ["+12125550160", "+12125550161"]})
        assert deleted[:4] == ("deleted", "scheduling.patient", number, number)
        assert deleted[4]["first_name"] == ["Zoe", None]  # her row is gone, and so it stands here
        assert deleted[4]["phone"] == ["+12125550161", None]
        assert "searchable" not in deleted[4]

    def test_in_bulk_and_by_raw_sql_too(self, clinic, written):
        Patient.objects.filter(pk__in=[clinic.ana.pk, clinic.ben.pk]).update(language="es")
        run("UPDATE scheduling_patient SET notes = 'likes tea' WHERE id = %s", clinic.ana.pk)

        assert sorted(written()[:2]) == sorted(
            ("changed", "scheduling.patient", one.pk, one.pk, {"language": ["en", "es"]}) for one in (clinic.ana, clinic.ben)
        )
        assert written()[2] == ("changed", "scheduling.patient", clinic.ana.pk, clinic.ana.pk, {"notes": ["", "likes tea"]})

    def test_saved_as_she_was_leaves_nothing(self, clinic, written):
        clinic.ana.save()
        Patient.objects.update(language="en")

        assert written() == []

    def test_what_is_rolled_back_was_never_there(self, clinic, written):
        with transaction.atomic():
            Patient.objects.update(language="es")
            transaction.set_rollback(True)

        assert written() == []


def test_a_session_from_booking_to_completion_is_all_hers(clinic, written):
    booked = clinic.treat(clinic.ana)

    rows = written()
    assert {row[3] for row in rows} == {clinic.ana.pk}
    assert [row[:3] for row in rows] == [
        ("added", "scheduling.course", booked.course_id),
        ("added", "scheduling.appointment", booked.pk),
        ("changed", "scheduling.appointment", booked.pk),
        ("added", "aftercare.plan", Plan.objects.get().pk),  # whose patient is found through the appointment
    ]
    assert rows[2][4]["status"] == ["booked", "fulfilled"]


def test_the_waitlist_from_wish_to_withdrawal(clinic, written):
    day = FIRST.date()
    entry = services.wait(patient=clinic.ana, treatment=clinic.face, location=clinic.location, first_on=day, last_on=day, now=TODAY)
    services.withdraw(entry, now=TODAY)

    added, withdrawn = written()
    assert added == ("added", "scheduling.waitlistentry", entry.pk, clinic.ana.pk, {})
    assert withdrawn[:4] == ("changed", "scheduling.waitlistentry", entry.pk, clinic.ana.pk)
    assert withdrawn[4]["status"] == ["waiting", "withdrawn"]


def test_a_moved_session_says_from_when_to_when(clinic, written):
    booked = clinic.book(clinic.ana)
    before = booked.during
    later = type(before)(before.lower + timedelta(hours=1), before.upper + timedelta(hours=1), "[)")
    Appointment.objects.filter(pk=booked.pk).update(during=later)

    [(*_, changes)] = [row for row in written() if row[0] == "changed"]
    assert list(changes) == ["during"]  # `recovery` follows from it
    assert [json.dumps(value)[3:16] for value in changes["during"]] == ['"2026-11-03 1', '"2026-11-03 1']
    assert changes["during"][0] != changes["during"][1]


class TestASignIn:
    def test_of_a_password_only_that_it_changed(self, written):
        user = User.objects.create_user("gina", password="a first password")
        user.set_password("a second password")
        user.save()

        assert written() == [
            ("added", "auth.user", user.pk, None, {}),
            ("changed", "auth.user", user.pk, None, {"password": [None, None]}),
        ]
        deleted_by_number = user.pk
        user.delete()
        assert written()[-1][2] == deleted_by_number
        assert written()[-1][4]["password"] == [None, None]

    def test_that_somebody_signed_in_is_no_change(self, written):
        member("Front desk")
        before = len(written())
        User.objects.update(last_login=timezone.now())

        assert len(written()) == before

    def test_who_gets_and_loses_what_rights(self, written):
        user = member("")
        role, may = group("Manager"), Permission.objects.get(codename="view_trail")
        user.groups.add(role)
        user.user_permissions.add(may)
        user.groups.clear()
        role.permissions.remove(may)

        assert [row for row in written() if row[4]] == [
            ("changed", "auth.user", user.pk, None, {"groups": [None, role.pk]}),
            ("changed", "auth.user", user.pk, None, {"user_permissions": [None, may.pk]}),
            ("changed", "auth.user", user.pk, None, {"groups": [role.pk, None]}),
            ("changed", "auth.group", role.pk, None, {"permissions": [may.pk, None]}),
        ]


class TestItStays:
    STATEMENTS = (
        "UPDATE clinic_trail SET actor = 'nobody'",
        "DELETE FROM clinic_trail",
        "DELETE FROM clinic_trail WHERE id = -1",  # even where there is none
        "TRUNCATE clinic_trail",
    )

    @pytest.mark.parametrize("sql", STATEMENTS)
    def test_nobody_changes_or_deletes_it(self, clinic, sql):
        before = list(Entry.objects.values())
        assert before

        with pytest.raises(IntegrityError, match="the trail is append-only"), transaction.atomic():
            run(sql)

        assert list(Entry.objects.values()) == before

    @pytest.mark.parametrize("sql", STATEMENTS)
    def test_without_the_trigger_anybody_could(self, clinic, sql):
        """The control."""
        run("ALTER TABLE clinic_trail DISABLE TRIGGER trail_is_append_only, DISABLE TRIGGER only_words_leave_the_trail")
        run(sql)

    FORGERIES = (
        "UPDATE clinic_trail SET actor = 'nobody'",
        "UPDATE clinic_trail SET at = at - interval '1 day'",
        "UPDATE clinic_trail SET patient_id = NULL",
        "UPDATE clinic_trail SET note = 'it was somebody else'",
        """UPDATE clinic_trail SET changes = '{"phone": [null, null]}'""",
        "TRUNCATE clinic_trail",
    )

    @pytest.mark.parametrize("sql", FORGERIES)
    def test_even_erasing_takes_nothing_but_values_and_words_out_of_it(self, clinic, sql):
        with pytest.raises(IntegrityError, match="the trail is append-only"), erasing():
            run(sql)

    @pytest.mark.parametrize("sql", FORGERIES[:-1])
    def test_without_that_trigger_it_would(self, clinic, sql):
        """The control."""
        run("ALTER TABLE clinic_trail DISABLE TRIGGER only_words_leave_the_trail")
        with erasing():
            run(sql)

    def test_whoever_is_deleted_leaves_hers(self, clinic):
        zoe = patient("Zoe Zimmer", 60)
        boss = member("Manager")
        note("signed_in", user=boss)
        numbers = zoe.pk, boss.pk
        zoe.delete()
        boss.delete()

        assert [entry.action for entry in Entry.objects.filter(patient_id=numbers[0]).order_by("pk")] == ["added", "deleted"]
        signed_in = Entry.objects.get(action="signed_in")
        assert (signed_in.user_id, signed_in.actor) == (numbers[1], "manager")

    def test_it_names_what_it_is_about_without_a_foreign_key(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND 'clinic_trail'::regclass IN (conrelid, confrelid)")
            assert cursor.fetchone() == (0,)


class TestErasing:
    def test_a_patient_takes_her_values_with_her_and_who_did_what_stays(self, clinic):
        Patient.objects.filter(pk__in=[clinic.ana.pk, clinic.ben.pk]).update(notes="likes tea")
        kept = list(Entry.objects.exclude(patient_id=clinic.ana.pk).order_by("pk").values())
        note("exported", patient_id=clinic.ana.pk, note="all that is known of Ana")

        note("saw", patient_id=clinic.ana.pk, note="the patient’s page")

        assert blank_patient(clinic.ana.pk) == 4

        assert list(Entry.objects.filter(patient_id=clinic.ana.pk).order_by("pk").values_list("action", "changes", "note")) == [
            ("added", {}, ""),
            ("changed", {"notes": [None, None]}, ""),
            ("exported", {}, ""),
            ("saw", {}, "the patient’s page"),
        ]
        assert list(Entry.objects.exclude(patient_id=clinic.ana.pk).order_by("pk").values()) == kept

    def test_what_erasing_itself_changes_comes_without_values(self, clinic, written):
        with erasing():
            Patient.objects.filter(pk=clinic.ana.pk).update(first_name="Erased", phone="")
            clinic.ben.delete()

        changed, deleted = written()
        assert changed[4] == {"first_name": [None, None], "phone": [None, None]}
        assert set(map(str, deleted[4].values())) == {"[None, None]"}

    def test_only_until_its_end(self, clinic, written):
        with transaction.atomic():
            with erasing():
                pass
            Patient.objects.filter(pk=clinic.ana.pk).update(first_name="Anne")
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                run("DELETE FROM clinic_trail")

        assert written()[0][4] == {"first_name": ["Ana", "Anne"]}

    def test_what_is_too_old_goes(self, clinic):
        with erasing():
            Entry.objects.all().delete()
            Entry.objects.bulk_create(
                Entry(action="saw", actor=f"{days} days ago", at=timezone.now() - timedelta(days=days)) for days in (1, 10, 20, 30)
            )
        before = timezone.now() - timedelta(days=5)

        assert forget_entries(old_entries(before)) == 3
        assert [entry.actor for entry in Entry.objects.all()] == ["1 days ago"]


def test_nobody_whom_we_know_is_the_databases_user(clinic):
    run("UPDATE scheduling_patient SET notes = 'likes tea' WHERE id = %s", clinic.ana.pk)

    last = Entry.objects.order_by("pk").last()
    assert (last.user_id, last.request_id) == (None, "")
    assert last.actor.startswith("database user ")
