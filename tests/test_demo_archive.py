"""The demo's archive: what `demo_data` makes beyond the patients whose stories it lives through."""

import re
from collections import Counter
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import TestCase

from aftercare.models import Consent
from aftercare.services.telling.reach import reach_of
from clinic.demo.archive import filling
from clinic.demo.archive.bare import lay_bare
from clinic.demo.archive.lives import Offered, Practice, World, courses_before, two_courses
from clinic.demo.archive.making import MAKERS, in_order
from clinic.demo.archive.progress import Progress
from clinic.demo.archive.writing import TABLES, make
from clinic.demo.building import build
from clinic.demo.catalogue import DOWNTOWN, RIVERSIDE, SHIFTS
from scheduling.domain.cadence import Bucket
from scheduling.domain.recalls import bucket_of
from scheduling.models import Appointment, Course, Location, Patient, Practitioner, Recall, RecallAction, Standing, Treatment
from scheduling.services.recalls import differences

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY_NOON = datetime(2026, 11, 24, 12, 0, tzinfo=NEW_YORK)
TODAY = TUESDAY_NOON.date()
LIVED, ARCHIVED = 1, 900

TO_CALL = {
    Bucket.NEXT_SESSION_DUE,
    Bucket.NEXT_SESSION_OVERDUE,
    Bucket.MAINTENANCE_DUE,
    Bucket.MAINTENANCE_OVERDUE,
    Bucket.UNREACHABLE,
}


def rules() -> list[tuple]:
    """Every constraint and index of the tables that are filled, and whether it holds."""
    names = [table.name for table in TABLES]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid), convalidated::text FROM pg_constraint WHERE conrelid = ANY(%s::regclass[])"
            " UNION ALL SELECT relname, pg_get_indexdef(indexrelid), (indisvalid AND reloptions IS NULL)::text"
            " FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = ANY(%s::regclass[]) ORDER BY 1, 2",
            [names, names],
        )
        return [(name, plainly(definition), holds) for name, definition, holds in cursor.fetchall()]


def plainly(definition: str) -> str:
    """Without the casts and parentheses, which PostgreSQL writes otherwise once it has read them again, as after a restored backup."""
    return re.sub(r"::(character varying|text)|\[\]|[()]", "", definition)


def count(sql: str, *values: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


class TestTheArchive(TestCase):
    """Made once for all of these."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.rules_before = rules()
        cls.lines: list[str] = []
        build(LIVED + ARCHIVED, 1, now=TUESDAY_NOON, say=cls.lines.append, lived=LIVED)
        cls.archived = Patient.objects.order_by("pk")[LIVED:]

    def test_as_many_as_were_asked_for_with_about_four_appointments_each(self) -> None:
        assert Patient.objects.count() == LIVED + ARCHIVED
        theirs = Appointment.objects.filter(patient__in=self.archived)
        assert 3.8 <= theirs.count() / ARCHIVED <= 4.3
        assert set(theirs.values_list("status", flat=True)) == {"booked", "fulfilled", "cancelled", "noshow"}
        assert Course.objects.filter(patient__in=self.archived).count() == courses_before(ARCHIVED)
        assert not Practitioner.objects.exclude(name__in=SHIFTS).filter(appointment=None).exists()
        assert not Location.objects.exclude(name__in=(DOWNTOWN, RIVERSIDE)).filter(appointment=None).exists()
        assert not Treatment.objects.filter(course=None).exists()

    def test_every_rule_is_there_again_and_holds(self) -> None:
        assert rules() == self.rules_before
        assert all(holds == "true" for _, _, holds in rules())

    def test_the_database_still_refuses_a_double_booking(self) -> None:
        again = Appointment.objects.filter(status="fulfilled").last()
        again.pk = None
        with (
            pytest.raises(IntegrityError, match=r"_is_free|skin_has_recovered"),
            transaction.atomic(),
        ):
            again.save()

    def test_new_patients_and_appointments_get_numbers_of_their_own(self) -> None:
        newest = Patient.objects.latest("pk").pk
        assert Patient.objects.create(first_name="Ana", last_name="Alvarez", birth_date=TODAY).pk > newest

    def test_recalls_and_standings_are_what_follows_from_the_appointments(self) -> None:
        assert list(differences()) == []
        fulfilled = Appointment.objects.filter(status="fulfilled")
        assert Recall.objects.count() == fulfilled.count()
        assert Standing.objects.values("patient").distinct().count() == fulfilled.values("patient").distinct().count()

    def test_recalls_reach_whom_the_consents_let_them_reach(self) -> None:
        for patient in self.archived[:100]:
            assert reach_of([patient]) == {patient.pk: patient.reached_by}
        ways = Counter(self.archived.values_list("reached_by", flat=True))
        assert set(ways) == {"", "sms", "email", "sms,email"}
        assert (
            Consent.objects.filter(patient__in=self.archived).exclude(address__regex=r"^(\+1\d{3}55501\d\d|\S+@example\.org)$").count() == 0
        )

    def test_every_group_of_the_report_is_filled_and_a_good_third_is_to_be_called(self) -> None:
        now = Standing.objects.filter(stands_from__lte=TODAY, stands_until__gt=TODAY)
        groups = Counter(bucket_of(one.stage, one.kind, one.due_on, TODAY) for one in now)
        assert set(groups) == set(Bucket)
        assert 0.3 <= sum(groups[bucket] for bucket in TO_CALL) / groups.total() <= 0.45
        assert 0.15 <= groups[Bucket.LAPSED] / groups.total() <= 0.3

    def test_something_was_done_about_the_recalls(self) -> None:
        done = Counter(RecallAction.objects.values_list("way", "outcome"))
        assert {("sms", "told"), ("email", "told"), ("call", "no_answer"), ("call", "declined"), ("snooze", "snoozed")} <= set(done)
        assert not RecallAction.objects.filter(at__gt=TUESDAY_NOON).exists()
        assert count("SELECT count(*) FROM scheduling_recallaction a JOIN scheduling_recall r ON r.last_session_id = a.session_id"
                     " WHERE a.at::date <= r.last_session_on") == 0  # fmt: skip

    def test_nobodys_numbers_and_addresses(self) -> None:
        phones = Patient.objects.exclude(phone="")
        assert not phones.exclude(phone__regex=r"^\+1[2-9]\d\d55501\d\d$").exists()
        assert not Location.objects.exclude(phone__regex=r"^\+1[2-9]\d\d555010\d$").exists()
        assert phones.values("phone").distinct().count() >= phones.count() - LIVED  # beyond thirty thousand patients they share them
        emails = list(Patient.objects.exclude(email="").values_list("email", flat=True))
        assert all(email.endswith("@example.org") for email in emails)
        assert len(set(emails)) == len(emails)

    def test_what_is_over_is_over_and_what_is_to_come_is_to_come(self) -> None:
        assert not Appointment.objects.filter(completed_at__gt=TUESDAY_NOON).exists()
        theirs = Appointment.objects.filter(patient__in=self.archived)
        assert not theirs.filter(status="booked", during__startswith__lt=TUESDAY_NOON).exists()
        assert not theirs.filter(booked_at__gt=TUESDAY_NOON).exists()
        assert not theirs.filter(booked_at__gt=F("during__startswith")).exists()
        assert not theirs.filter(status_at__lt=F("booked_at")).exists()
        assert not theirs.filter(booked_at__lt=F("patient__created_at")).exists()

    def test_sessions_are_in_working_hours_on_the_locations_clock(self) -> None:
        outside = """
            SELECT count(*) FROM scheduling_appointment a WHERE patient_id = ANY(%s) AND status IN ('booked', 'fulfilled') AND NOT EXISTS (
                SELECT FROM scheduling_workinghours w
                 WHERE w.practitioner_id = a.practitioner_id AND w.location_id = a.location_id
                   AND w.weekday = extract(isodow FROM lower(during) AT TIME ZONE time_zone) - 1
                   AND w.opens_at <= (lower(during) AT TIME ZONE time_zone)::time
                   AND w.closes_at >= (upper(during) AT TIME ZONE time_zone)::time)
        """
        assert count(outside, list(self.archived.values_list("pk", flat=True))) == 0

    def test_it_says_how_far_it_is(self) -> None:
        assert self.lines[0].endswith("Living through the first patients' stories: 0 of 1")
        assert any(re.search(rf"Writing the archive: [\d,]+ of {ARCHIVED:,} patients, [\d,]+ appointments", line) for line in self.lines)
        assert any("Holding it to every rule: patient_is_free, scheduling_appointment" in line for line in self.lines)


def practice(first: int = 0) -> Practice:
    face = Offered(1, "face", 60, 75, 28, 42, 3, 6, "640.00")
    scalp = Offered(2, "scalp", 45, 60, 28, 42, 4, 6, "480.00")
    return Practice(7, 3, (5, 6), 0, "America/Denver", (0, 1, 2, 3, 4), 480, 1080, (face, scalp), 20, first, 1000, 2000)


def world(seed: int = 1, now: datetime = TUESDAY_NOON) -> World:
    return World(seed, now, front_desk=1, clinician=2, area_codes=(212, 312))


def test_the_same_seed_tells_the_same() -> None:
    assert make((practice(), world())) == make((practice(), world()))
    assert make((practice(), world())) != make((practice(), world(seed=2)))
    assert make((practice(), world())).patients != make((practice(first=20), world())).patients


def test_the_same_seed_tells_it_relative_to_now() -> None:
    then, later = (make((practice(), world(now=now))) for now in (TUESDAY_NOON, TUESDAY_NOON + timedelta(weeks=52)))
    assert then != later
    assert [len(then.appointments), len(then.recalls)] == [len(later.appointments), len(later.recalls)]


def test_courses_are_counted_beforehand() -> None:
    for patients in range(20):
        assert courses_before(patients) == sum(1 + two_courses(patient) for patient in range(patients))


def test_processes_work_it_out_in_the_order_of_the_jobs() -> None:
    jobs = [(practice(first), world()) for first in range(MAKERS * 3)]
    assert list(in_order(make, jobs)) == [make(job) for job in jobs]


def test_one_that_fails_midway_leaves_nothing_and_says_how_to_begin_anew(monkeypatch) -> None:
    before, written = rules(), []

    def write_one(cursor, chunk) -> None:
        if written:
            cursor.execute("SELECT 'no space left on device'::int")
        written.append(chunk)
        write(cursor, chunk)

    write = filling.write
    monkeypatch.setattr(filling, "write", write_one)
    monkeypatch.setattr("clinic.demo.archive.chain.PATIENTS_EACH", 50)
    monkeypatch.setattr("clinic.management.commands.demo_data.build", lambda *args, **more: build(*args, **more, lived=1))
    with pytest.raises(
        CommandError, match=r"wasn't made: .*no space left.* Nothing of it is left in the database: the same command begins anew"
    ):
        call_command("demo_data", patients=101, stdout=StringIO())
    assert written
    assert not Patient.objects.exists()
    assert not Location.objects.exists()
    assert rules() == before


def test_without_a_rule_what_breaks_it_gets_in_and_keeps_the_rule_out() -> None:
    """Shows that the two that stay look at each row as it is written, and that putting the others back does afterwards."""
    build(61, 1, now=TUESDAY_NOON, say=lambda line: None, lived=1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        taken = lay_bare(cursor, ["scheduling_appointment"])
        twice = Appointment.objects.filter(status="fulfilled").last()
        twice.pk = None
        with pytest.raises(IntegrityError, match="practitioner_is_free"), transaction.atomic():
            twice.save()
        twice.practitioner_id = twice.room_id = -1  # without foreign keys, these are free
        twice.save()
        for rule in taken:
            if rule.kind == "x":
                with pytest.raises(IntegrityError, match=rule.name), transaction.atomic():
                    rule.restore(cursor)


def test_the_time_that_is_left_is_worked_out_from_what_was_done() -> None:
    lines: list[str] = []
    clock = iter([0, 0, 2, 10, 12, 30, 61]).__next__
    progress = Progress(lines.append, {"Writing": 30, "Checking": 90}, clock=clock)
    progress.at("Writing", 0, "0 of 4")
    progress.at("Writing", 0.25, "1 of 4")  # a moment later: not worth a line
    progress.at("Writing", 0.5, "2 of 4")
    progress.at("Writing", 0.75, "3 of 4")
    progress.at("Checking", 0, "a rule")
    progress.at("Checking", 1 / 3, "another rule", now_or_never=True)
    assert lines == [
        "  0:00  Writing: 0 of 4",
        "  0:10  Writing: 2 of 4, about 1:10 left",
        "  0:30  Checking: a rule, about 1:30 left",
        "  1:01  Checking: another rule, about 1:01 left",
    ]
