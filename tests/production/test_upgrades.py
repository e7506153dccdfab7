"""An upgrade migrates while the version before it is at work: that one goes on, and the new one waits."""

import re
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from notifications.services import claim_due
from scheduling import services
from scheduling.models import Appointment
from tests.clinic_world import FIRST, Clinic, outbox
from tests.production.migrations import FIRST_RELEASE, dangers, later_than_the_first_release

ROOT = Path(__file__).parents[2]
OURS = ("clinic", "scheduling", "aftercare", "notifications")
CHECK = models.CheckConstraint(condition=models.Q(note="x"), name="note_is_x")
TWICE = models.GeneratedField(expression=models.F("id") * 2, output_field=models.BigIntegerField(), db_persist=True)


def migration(*operations: object, **attributes: object) -> migrations.Migration:
    return type("Migration", (migrations.Migration,), {"operations": list(operations)} | attributes)("0009_another", "scheduling")


class TestTheRule:
    def test_every_migration_since_the_first_release_keeps_it(self):
        later = {
            f"{app}.{name}": dangers(each)
            for (app, name), each in MigrationLoader(None).disk_migrations.items()
            if app in OURS and later_than_the_first_release(app, name, FIRST_RELEASE)
        }
        assert {name: found for name, found in later.items() if found} == {}

    def test_from_the_first_release_on_nobody_forgets_it(self):
        releases = re.findall(r"^## \[?\d", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

        assert bool(releases) == bool(FIRST_RELEASE), "Enter in tests/production/migrations.py which migrations the first release has."

    @pytest.mark.parametrize(("name", "is_later"), [("0003_products", False), ("0004_another", True), ("0001_initial", False)])
    def test_what_was_released_is_left_alone(self, name, is_later):
        assert later_than_the_first_release("scheduling", name, {"scheduling": "0003_products"}) is is_later
        assert later_than_the_first_release("of_its_own", name, {"scheduling": "0003_products"})
        assert not later_than_the_first_release("scheduling", name, {})

    @pytest.mark.parametrize(
        "operation",
        [
            migrations.AddField("patient", "note", models.TextField(default="")),
            migrations.AddField("patient", "twice", TWICE),
            migrations.RemoveField("patient", "notes"),
            migrations.RenameField("patient", "notes", "remarks"),
            migrations.AlterField("patient", "notes", models.CharField(max_length=10)),
            migrations.DeleteModel("Patient"),
            migrations.RenameModel("Patient", "Person"),
            migrations.AlterModelTable("patient", "people"),
            migrations.AddConstraint("patient", CHECK),
            AddConstraintNotValid("patient", CHECK),
            migrations.AddIndex("patient", models.Index(fields=["notes"], name="by_notes")),
            migrations.RunSQL("SELECT 1"),
            migrations.RunPython(migrations.RunPython.noop),
            migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("patient", "notes")]),
        ],
        ids=lambda operation: type(operation).__name__,
    )
    def test_what_would_break_the_version_before(self, operation):
        (found,) = dangers(migration(operation))

        assert ": " in found
        assert dangers(migration(operation, safe_because="Nothing has read it since 0.3.")) == []
        assert dangers(migration(operation, safe_because="")) == [found]

    @pytest.mark.parametrize(
        "operations",
        [
            [migrations.AddField("patient", "note", models.TextField(null=True))],
            [migrations.AddField("patient", "note", models.TextField(db_default=""))],
            [migrations.AddField("patient", "friends", models.ManyToManyField("scheduling.Patient"))],
            [AddIndexConcurrently("patient", models.Index(fields=["notes"], name="by_notes"))],
            [ValidateConstraint("patient", "note_is_x")],
            [migrations.RemoveConstraint("patient", "note_is_x")],
            [migrations.AlterModelOptions("patient", {"verbose_name": "person"})],
            [migrations.CreateModel("Note", [("note", models.TextField())]), migrations.AddConstraint("note", CHECK)],
            [migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("patient", "notes")])],
        ],
        ids=lambda operations: type(operations[-1]).__name__,
    )
    def test_what_would_not(self, operations):
        assert dangers(migration(*operations)) == []


class TestWhileItMigrates:
    def test_the_version_before_goes_on(self, clinic: Clinic):
        """On the very connection on which it has worked before."""
        booked = clinic.book(clinic.consents(clinic.ana))
        assert claim_due(now=outbox()[0].send_at).to_send
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as at a commit
            cursor.execute("CREATE TABLE scheduling_tomorrow (id bigint)")
            for table in ("scheduling_patient", "scheduling_appointment", "aftercare_plan", "notifications_message"):
                cursor.execute(f"ALTER TABLE {table} ADD COLUMN of_tomorrow text NOT NULL DEFAULT 'new', ADD COLUMN another int")
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('scheduling', '9999_tomorrow', now())")

        treated = services.complete(booked, now=booked.ends_at)
        clinic.book(clinic.ben, FIRST.replace(hour=16))

        assert Appointment.objects.get(pk=treated.pk).status == "fulfilled"
        assert len(outbox()) > 20
        assert claim_due(now=outbox()[0].send_at).to_send
