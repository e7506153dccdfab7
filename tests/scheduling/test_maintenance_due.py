"""The report: who comes next."""

import csv
import json
import time
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, connection, transaction

from scheduling import services
from scheduling.errors import TooSlow
from scheduling.models import Appointment
from scheduling.reports import limited_to, limits, maintenance_due
from scheduling.reports.due import source
from tests.clinic_world import FIRST, WEEK, at
from tests.clock import freeze_time

FIRST_DAY = date(2026, 11, 3)


@pytest.fixture
def clinic(clinic):
    """All may be sent recalls."""
    clinic.agrees_to_recalls(clinic.ana, clinic.ben, clinic.chloe)
    return clinic


def row_of(patient, as_of, **kwargs):
    rows = [row for row in maintenance_due(as_of, today=kwargs.get("today", as_of)) if row.patient_id == patient.pk]
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(
    ("as_of", "bucket", "days_late"),
    [
        (date(2026, 11, 3), "next_session_due", 0),
        (date(2026, 12, 15), "next_session_due", 0),  # the 42nd day
        (date(2026, 12, 16), "next_session_overdue", 1),
        (date(2027, 12, 15), "next_session_overdue", 365),
        (date(2027, 12, 16), "lapsed", 366),
    ],
)
def test_ana_is_in_the_middle_of_her_course(clinic, as_of, bucket, days_late):
    clinic.treat(clinic.ana)

    row = row_of(clinic.ana, as_of)

    assert (row.due_on, row.bucket, row.days_late, row.value) == (date(2026, 12, 15), bucket, days_late, Decimal("640.00"))


@pytest.mark.parametrize(
    ("as_of", "bucket", "days_late"),
    [
        (date(2027, 6, 4), "maintenance_not_yet_due", 0),
        (date(2027, 6, 5), "maintenance_not_yet_due", 0),
        (date(2027, 6, 6), "maintenance_due", 0),
        (date(2027, 7, 6), "maintenance_due", 0),
        (date(2027, 7, 7), "maintenance_overdue", 1),
        (date(2028, 7, 7), "lapsed", 367),
    ],
)
def test_after_the_planned_sessions_maintenance_is_due_six_calendar_months_on(clinic, as_of, bucket, days_late):
    for number in range(3):
        clinic.treat(clinic.ana, FIRST + number * (4 * WEEK + timedelta(days=2 * number)))
    # 3 November, 3 December, 6 January
    row = row_of(clinic.ana, as_of)

    assert (row.last_session_on, row.due_on) == (date(2027, 1, 6), date(2027, 7, 6))
    assert (row.bucket, row.days_late) == (bucket, days_late)


def test_a_booking_takes_her_off_the_list_and_its_cancellation_puts_her_back(clinic):
    clinic.treat(clinic.ana)
    as_of = date(2026, 12, 20)
    booked = clinic.book(clinic.ana, at("2026-12-22"), now=at("2026-12-19"))
    assert (row_of(clinic.ana, as_of).bucket, row_of(clinic.ana, as_of).booked_on) == ("next_session_booked", date(2026, 12, 22))
    assert row_of(clinic.ana, as_of).days_late == 0

    services.cancel(booked, reason="she called", now=at("2026-12-19"))

    assert row_of(clinic.ana, as_of).bucket == "next_session_overdue"


def test_an_appointment_that_went_by_and_was_never_completed_hides_nobody(clinic):
    clinic.treat(clinic.ana)
    clinic.book(clinic.ana, at("2026-12-08"), now=at("2026-12-01"))

    assert row_of(clinic.ana, date(2026, 12, 8)).bucket == "next_session_booked"
    assert row_of(clinic.ana, date(2026, 12, 20)).bucket == "next_session_overdue"


def test_a_later_date_is_a_projection_with_what_is_booked_now(clinic):
    clinic.treat(clinic.ana)
    clinic.book(clinic.ana, at("2026-12-08"), now=at("2026-12-01"))

    assert row_of(clinic.ana, date(2027, 3, 1), today=date(2026, 12, 1)).bucket == "next_session_booked"


def test_a_patient_with_two_courses_is_listed_once_by_the_one_to_call_for(clinic):
    clinic.treat(clinic.ana)
    clinic.treat(clinic.ana, FIRST + timedelta(days=1), treatment=clinic.scalp)
    clinic.book(clinic.ana, at("2026-12-08"), now=at("2026-12-01"))  # the face is booked

    row = row_of(clinic.ana, date(2026, 12, 1))

    assert (row.treatment, row.bucket) == ("Microneedling, scalp", "next_session_due")


def test_nobody_is_listed_before_her_first_session_or_after_its_reopening(clinic):
    booked = clinic.book(clinic.ana)
    assert list(maintenance_due(FIRST_DAY)) == []

    services.complete(booked, now=booked.ends_at)
    assert len(list(maintenance_due(FIRST_DAY))) == 1

    services.reopen(booked.__class__.objects.get(pk=booked.pk), now=booked.ends_at)
    assert list(maintenance_due(FIRST_DAY)) == []


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("maintenance_due", *arguments, stdout=out)
        return out.getvalue()

    @pytest.fixture(autouse=True)
    def two_patients(self, clinic):
        clinic.treat(clinic.ana)
        clinic.treat(clinic.ben, FIRST + 2 * WEEK)

    def test_json_has_the_promised_keys(self, clinic):
        ana = json.loads(self.run("--as-of", "2026-12-20", "--format", "json"))[0]

        assert ana == {
            "patient_id": clinic.ana.pk,
            "last_session_on": "2026-11-03",
            "due_on": "2026-12-15",
            "days_late": 5,
            "bucket": "next_session_overdue",
            "value": "640.00",
        }

    def test_csv_has_the_same_rows(self):
        rows = list(csv.DictReader(StringIO(self.run("--as-of", "2026-12-20", "--format", "csv"))))

        assert rows == [
            {key: str(value) for key, value in row.items()} for row in json.loads(self.run("--as-of", "2026-12-20", "--format", "json"))
        ]

    @freeze_time("2026-12-20 18:00:00")
    def test_the_table_is_as_of_today(self):
        table = self.run()

        assert "next_session_overdue" in table
        assert table.endswith("2 patients.\n")

    def test_the_table_counts_one_patient_as_one(self, clinic):
        booked = Appointment.objects.get(patient=clinic.ben)
        services.reopen(booked, now=booked.ends_at)

        assert self.run("--as-of", "2026-12-20").endswith("\n1 patient.\n")

    def test_a_date_that_is_none_gets_a_sentence(self):
        with pytest.raises(CommandError, match="“tomorrow” is not a date such as 2026-12-01"):
            self.run("--as-of", "tomorrow")

    @pytest.mark.parametrize("year", ["0001", "1999", "2200", "9999"])
    def test_so_does_one_out_of_reach(self, year):
        with pytest.raises(CommandError, match=f"The year {int(year)} is out of the report’s reach"):
            self.run("--as-of", f"{year}-12-31")

    @freeze_time("2026-12-20 18:00:00")
    def test_nobody_is_no_row(self):
        rows = {written_as: self.run("--as-of", "2026-11-02", "--format", written_as) for written_as in ("json", "csv", "table")}
        assert (json.loads(rows["json"]), len(rows["csv"].splitlines()), rows["table"].splitlines()[1:]) == ([], 1, ["0 patients."])


class TestPage:
    def test_a_bad_date_is_said_and_todays_report_shown(self, clinic, admin_client):
        clinic.treat(clinic.ana)

        page = admin_client.get("/admin/maintenance-due/?as_of=soon").content.decode()

        assert "“soon” is not a date" in page


class TestTooSlow:
    """A snapshot held open slows the dispatcher's claims down, so PostgreSQL ends what takes too long."""

    SENTENCE = "This took longer than 0.1 seconds and was stopped, so that it holds nothing else up."

    @pytest.fixture
    def slow(self, clinic, monkeypatch):
        clinic.treat(clinic.ana)
        monkeypatch.setattr(source, "STANDING", f"{source.STANDING} AND pg_sleep(1) IS NOT NULL")

    def test_the_page_says_so(self, slow, settings, admin_client):
        settings.PAGE_SECONDS = 0.1
        assert self.SENTENCE in admin_client.get("/admin/maintenance-due/").content.decode()

    def test_the_first_page_shows_everything_else(self, slow, settings, admin_client):
        settings.PAGE_SECONDS = 0.1
        answer = admin_client.get("/admin/")
        assert answer.status_code == 200
        assert answer.content.decode().count("Counting takes too long just now.") == 2
        assert "Appointments today" in answer.content.decode()

    def test_the_command_says_so(self, slow, settings):
        settings.COMMAND_SECONDS = 0.1
        with pytest.raises(CommandError, match=self.SENTENCE):
            call_command("maintenance_due")

    def test_control_without_a_limit_it_would_take_its_time(self, slow, settings, monkeypatch):
        monkeypatch.setattr(limits, "SET", "SELECT %s")
        settings.PAGE_SECONDS = 0.1
        started_at = time.monotonic()
        assert len(list(maintenance_due(FIRST_DAY, today=FIRST_DAY))) == 1
        assert time.monotonic() - started_at > 1

    @pytest.mark.parametrize("ends", [True, False])
    def test_the_limit_ends_with_the_report(self, clinic, ends):
        """Within somebody's transaction, too, and whichever way it ends."""
        with transaction.atomic():
            with suppress(TooSlow), limited_to(0.1), connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(%s)", [0 if ends else 1])
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                assert cursor.fetchone() == ("0",)

    def test_another_error_stays_what_it_is(self, db):
        with pytest.raises(DataError), transaction.atomic(), limited_to(1), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
