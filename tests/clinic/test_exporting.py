"""The report as a file: what is in it, what can't be, and who took it."""

import csv
import io
import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client

from clinic.ops import gunicorn
from scheduling.domain import lots
from scheduling.domain.cadence import Bucket, RecallKind
from scheduling.domain.cells import harmless, phone_text
from scheduling.errors import TooSlow
from scheduling.models import Patient, RecallAction, ReportExport
from scheduling.reports import Due
from scheduling.services import end_export, note_reach, refresh
from scheduling.views.exporting import page
from scheduling.views.exporting.columns import sheet_of
from scheduling.views.exporting.files import UNFINISHED, csv_blocks, workbook
from tests.clinic_world import FIRST, WEEK, at
from tests.clock import freeze_time
from tests.processes import run
from tests.worlds import once_a_module

EXPORT = "/admin/maintenance-due/export/"
NOW = at("2026-12-20", "10:00")
HEADINGS = [
    *("Patient number", "Patient", "Treatment", "Group", "Last session", "Due", "Days late", "Booked for", "Off the list until"),
    *("Attempts", "Last outcome", "Reachable by", "Expected value", "Currency", "Location", "Practitioner"),
]


def treated(clinic):
    """Ana was here on 3 November, Ben two weeks later, Chloe another two weeks later and for her scalp."""
    clinic.agrees_to_recalls(clinic.ana, clinic.ben, clinic.chloe)
    clinic.treat(clinic.ana)
    clinic.treat(clinic.ben, FIRST + 2 * WEEK)
    clinic.treat(clinic.chloe, FIRST + 4 * WEEK, treatment=clinic.scalp)
    return clinic


made, clinic = once_a_module(treated)


@pytest.fixture
def manager(clinic, sign_in):
    with freeze_time(NOW):
        yield sign_in("Manager")


def without_addresses() -> Client:
    """A manager from whom the right to export phone numbers was taken."""
    user = User.objects.create_user("mia", is_staff=True)
    rights = ["view_maintenance_due", "export_maintenance_due"]
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def exported(client: Client, query: str = "bucket=all", format: str = "csv"):
    return client.post(EXPORT, {"format": format, "query": query})


def read(response) -> list[list[str]]:
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")  # by which Excel knows it for UTF-8
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def opened(response):
    return openpyxl.load_workbook(io.BytesIO(response.getvalue()))


class TestCsv:
    def test_a_row_says_what_the_page_says(self, clinic, manager):
        response = exported(manager)
        headings, ana, *_others = read(response)

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="maintenance-due-2026-12-20.csv"'
        assert "no-store" in response["Cache-Control"]
        assert headings == [*HEADINGS, "Phone", "Email"]
        assert ana == [
            *(str(clinic.ana.pk), "Ana Alvarez", "Microneedling, face", "Next session overdue", "2026-11-03", "2026-12-15", "5", "", ""),
            *("0", "", "text, call", "640.00", "USD", "Maple Street Clinic", "Dana Diaz", "(212) 555-0101", "ana1@example.org"),
        ]

    def test_who_has_answered_and_by_what_she_is_reached_is_as_on_the_page(self, clinic, manager):
        for who, answered_at in ((clinic.ana, at("2026-12-18", "15:00")), (clinic.ben, None)):
            session = who.appointment_set.get()
            RecallAction.objects.create(
                session=session, patient=who, way="sms", outcome="told", at=at("2026-12-18"), wording="next-1", answered_at=answered_at
            )
        Patient.objects.filter(pk=clinic.chloe.pk).update(phone="")
        note_reach({clinic.chloe.pk: "", clinic.ben.pk: "sms,email"})
        refresh([clinic.ana.pk, clinic.ben.pk])

        shown = manager.get("/admin/maintenance-due/", {"bucket": "all"}).context["report"].rows
        said = [(row[1], row[10], row[11]) for row in read(exported(manager))[1:]]
        assert said == [(row.due.patient, row.outcome, ", ".join(row.ways) or "nothing") for row in shown]
        assert said == [
            ("Ana Alvarez", "answered", "text, call"),
            ("Ben Brooks", "sent", "text, email, call"),
            ("Chloe Chen", "", "nothing"),
        ]

    def test_exactly_what_is_filtered_in_the_order_shown(self, clinic, manager):
        def names(query):
            return [row[1] for row in read(exported(manager, query))[1:]]

        assert names("bucket=all") == ["Ana Alvarez", "Ben Brooks", "Chloe Chen"]
        assert names("bucket=all&sort=name&dir=desc") == ["Chloe Chen", "Ben Brooks", "Ana Alvarez"]
        assert names("bucket=next_session_overdue") == ["Ana Alvarez"]
        assert names(f"bucket=all&treatment={clinic.scalp.pk}") == ["Chloe Chen"]
        assert names("bucket=all&due_from=2026-12-16&due_until=2026-12-31") == ["Ben Brooks"]
        assert names("bucket=declined") == []

    def test_letters_of_all_kinds_come_through(self, clinic, manager):
        clinic.ana.first_name, clinic.ana.last_name = "Zoë, “Zo”", 'Ñandú "Bird"\nof Łódź'
        clinic.ana.save()

        assert read(exported(manager))[1][1] == 'Zoë, “Zo” Ñandú "Bird"\nof Łódź'


class TestExcel:
    def test_dates_and_numbers_are_real_ones(self, clinic, manager):
        response = exported(manager, format="xlsx")
        content = response.getvalue()
        headings, ana, *others = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()

        assert response["Content-Disposition"] == 'attachment; filename="maintenance-due-2026-12-20.xlsx"'
        assert int(response["Content-Length"]) == len(content)  # by which a browser knows whether it has all of it
        assert [cell.value for cell in headings] == [*HEADINGS, "Phone", "Email"]
        assert [cell.value for cell in ana] == [
            *(clinic.ana.pk, "Ana Alvarez", "Microneedling, face", "Next session overdue"),
            *(
                datetime(2026, 11, 3),
                datetime(2026, 12, 15),
                5,
                None,
                None,
                0,
                None,
                "text, call",
                640,
                "USD",
                "Maple Street Clinic",
                "Dana Diaz",
            ),
            *("(212) 555-0101", "ana1@example.org"),
        ]
        assert (ana[4].is_date, ana[4].number_format, ana[12].number_format) == (True, "yyyy-mm-dd", "#,##0.00")
        assert len(others) == 2

    def test_the_heading_stays_in_sight_and_columns_are_wide_enough(self, manager):
        sheet = opened(exported(manager, format="xlsx")).worksheets[0]

        assert sheet.title == "Maintenance due"
        assert sheet.freeze_panes == "A2"
        assert sheet["A1"].font.bold
        assert sheet.auto_filter.ref == "A1:R4"
        assert sheet.column_dimensions["B"].width > 25

    def test_a_second_sheet_says_what_was_asked_for(self, clinic, manager):
        about = opened(exported(manager, f"bucket=lapsed&treatment={clinic.scalp.pk}&due_from=2020-01-01", "xlsx")).worksheets[1]

        assert [cell.value for (cell,) in about.iter_rows()] == [
            "As of Dec 20, 2026",
            "Groups: Lapsed, over a year late",
            "Treatment: Microneedling, scalp",
            "Due from Jan 1, 2020",
            "Sorted by due date",
        ]

    def test_more_rows_than_excel_opens_are_refused_in_a_sentence(self, manager, monkeypatch):
        monkeypatch.setattr(page, "MOST_ROWS_IN_EXCEL", 2)

        response = manager.post(EXPORT, {"format": "xlsx", "query": "bucket=all"}, follow=True)

        assert "Excel opens at most 2 rows, and these are 3: choose fewer groups, or export them as CSV." in response.content.decode()
        assert not ReportExport.objects.exists()
        assert len(read(exported(manager))) == 4


HARMFUL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠1", "\u3000=1"]


class TestFormulas:
    @pytest.mark.parametrize("text", HARMFUL)
    def test_a_cell_that_would_be_worked_out_stands_behind_an_apostrophe(self, text):
        assert harmless(text).startswith("'")

    @pytest.mark.parametrize("text", ["", "Ana", "O'Neil", "Anne-Marie", "ana+1@example.org", "Smith; Jones", "5 = 5", "(212) 555-0101"])
    def test_any_other_is_as_it_was_typed(self, text):
        assert harmless(text) == text

    def test_nor_does_one_hide_behind_a_separator_of_another_country(self):
        assert harmless('x;=cmd|"calc"') == 'x;\'=cmd|"calc"'

    def test_a_phone_number_is_no_formula(self):
        assert phone_text("+12125550101") == "(212) 555-0101"
        assert harmless(phone_text("+442079460000")) == "'+442079460000"

    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    def test_a_patient_who_calls_herself_a_formula_computes_nothing(self, clinic, manager, format):
        clinic.ana.first_name, clinic.face.name = '=HYPERLINK("https://example.org")', "@face"
        clinic.ana.save()
        clinic.face.save()

        response = exported(manager, format=format)

        name = '\'=HYPERLINK("https://example.org") Alvarez'
        if format == "csv":
            assert read(response)[1][1:3] == [name, "'@face"]
        else:
            cells = opened(response).worksheets[0][2]
            assert [cell.value for cell in cells[1:3]] == [name, "'@face"]
            assert "f" not in {cell.data_type for cell in cells}


class TestWhoMay:
    def test_without_the_right_there_are_no_numbers_and_no_addresses_in_the_file(self, manager):
        mia = without_addresses()
        headings, *rows = read(exported(mia))
        sheet = opened(exported(mia, format="xlsx")).worksheets[0]

        assert headings == HEADINGS == [cell.value for cell in sheet[1]]
        assert len(rows) == 3
        assert not [cell for _number, *row in rows for cell in row if "555" in cell or "@" in cell]
        assert sheet.max_column == len(HEADINGS)
        assert set(ReportExport.objects.values_list("has_addresses", flat=True)) == {False}

    def test_the_page_says_what_the_file_will_have(self, manager):
        def page_of(client):
            return client.get("/admin/maintenance-due/", {"bucket": "all", "sort": "name"}).content.decode()

        assert 'name="query" value="bucket=all&amp;sort=name"' in page_of(manager)
        assert "With phone numbers and emails." in page_of(manager)
        assert "Without phone numbers and emails" in page_of(without_addresses())

    @pytest.mark.parametrize("other", ["Front desk", "Clinician"])
    def test_other_roles_get_nothing_and_leave_no_trace(self, clinic, sign_in, other):
        response = exported(sign_in(other))

        assert response.status_code == 403
        assert not ReportExport.objects.exists()

    def test_looking_at_the_address_exports_nothing(self, manager):
        assert manager.get(EXPORT, {"format": "csv"}).status_code == 405
        assert not ReportExport.objects.exists()

    def test_a_format_that_doesnt_exist_is_no_page(self, manager):
        assert [exported(manager, format=format).status_code for format in ("pdf", "", "\0")] == [404, 404, 404]
        assert not ReportExport.objects.exists()

    @pytest.mark.parametrize("query", ["location=999", "bucket=nonsense", "as_of=yesterday", "due_from=2026-02-30"])
    def test_what_cant_be_understood_exports_nothing_rather_than_more_than_was_meant(self, manager, query):
        response = manager.post(EXPORT, {"format": "csv", "query": query}, follow=True)

        assert "Nothing was exported." in response.content.decode()
        assert not ReportExport.objects.exists()


class TestAuditTrail:
    def test_it_is_written_before_the_first_byte_and_ended_after_the_last(self, clinic, manager):
        response = exported(manager, f"bucket=all&location={clinic.location.pk}&sort=name")

        [export] = ReportExport.objects.all()
        assert (export.user.username, export.at, export.format, export.as_of) == ("manager", NOW, "csv", date(2026, 12, 20))
        assert export.words == "As of Dec 20, 2026\nGroups: all\nLocation: Maple Street Clinic\nSorted by name"
        assert export.query == f"as_of=2026-12-20&bucket=all&location={clinic.location.pk}&sort=name"
        assert (export.has_addresses, export.rows, export.ending, export.finished_at) == (True, None, "", None)

        response.getvalue()
        export.refresh_from_db()
        assert (export.rows, export.ending, export.finished_at) == (3, "complete", NOW)

    def test_a_workbook_is_ended_when_all_of_it_has_left(self, manager):
        response = exported(manager, format="xlsx")
        assert ReportExport.objects.get().finished_at is None

        response.getvalue()
        assert (ReportExport.objects.get().rows, ReportExport.objects.get().ending) == (3, "complete")

    def test_a_browser_that_goes_away_leaves_how_many_rows_it_had_at_most(self, manager, monkeypatch):
        monkeypatch.setattr(lots, "AT_ONCE", 2)
        response = exported(manager)
        pieces = response.streaming_content
        next(pieces), next(pieces)

        response._iterator.close()  # as a server does; the tests' connection stays open by it

        export = ReportExport.objects.get()
        assert (export.rows, export.ending, export.finished_at) == (2, "broken_off", NOW)

    @pytest.mark.parametrize(
        "change", ["rows = 4", "finished_at = NULL", "user_id = user_id + 1", "ending = 'complete'", "has_addresses = false", "at = now()"]
    )
    def test_the_database_lets_nobody_rewrite_it(self, manager, change):
        exported(manager).getvalue()

        for statement in (f"UPDATE scheduling_reportexport SET {change}", "DELETE FROM scheduling_reportexport"):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        assert ReportExport.objects.get().rows == 3

    def test_with_its_end_nothing_else_can_be_written(self, manager):
        exported(manager)  # and not read

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE scheduling_reportexport SET finished_at = now(), has_addresses = false")
        assert ReportExport.objects.get().finished_at is None

    def test_there_is_no_second_end(self, manager):
        exported(manager).getvalue()

        assert end_export(ReportExport.objects.get(), "failed", rows=0, now=NOW) is False
        assert ReportExport.objects.get().ending == "complete"

    def test_managers_read_it_in_the_admin_and_change_nothing(self, manager):
        exported(manager).getvalue()
        export = ReportExport.objects.get()

        listed = manager.get("/admin/scheduling/reportexport/").content.decode()
        shown = manager.get(f"/admin/scheduling/reportexport/{export.pk}/change/").content.decode()

        assert "manager" in listed
        assert "complete" in listed
        assert "Groups: all" in shown
        assert 'name="_save"' not in shown


def failing_after(rows: int, error: Exception):
    """The report's rows, of which that many come."""

    def stream(filters, **how):
        yield from islice(many(), rows)
        raise error

    return stream


def many(rows: int = 10_000) -> Iterator[Due]:
    for number in range(rows):
        yield Due(
            patient_id=number,
            patient=f"Ana {number} Alvarez",
            sort_name=f"alvarez ana {number}",
            treatment="Microneedling, face",
            location="Maple Street Clinic",
            practitioner="Dana Diaz",
            kind=RecallKind.MAINTENANCE,
            last_session_on=date(2026, 1, 1),
            due_on=date(2026, 7, 1),
            days_late=number % 300,
            bucket=Bucket.MAINTENANCE_OVERDUE,
            booked_on=None,
            went_by=None,
            hidden_until=None,
            value=Decimal("640.00"),
            currency="USD",
            location_id=1,
            practitioner_id=1,
            treatment_id=1,
            recall_id=number,
            attempts=1,
            last_outcome="told",
            reached_by="sms,email",
            has_phone=True,
        )


TROUBLES = [
    (TooSlow("This took longer than 60 seconds."), "THIS FILE IS NOT COMPLETE: This took longer than 60 seconds. Export it again."),
    (OperationalError("gone"), "THIS FILE IS NOT COMPLETE: Something went wrong at the clinic’s server. Export it again."),
]


class TestTrouble:
    @pytest.mark.parametrize(("error", "last_line"), TROUBLES)
    def test_a_csv_that_isnt_complete_says_so_in_its_last_line_and_breaks_off(self, manager, monkeypatch, error, last_line):
        monkeypatch.setattr(page, "stream", failing_after(2500, error))
        got = []

        with pytest.raises(type(error)):  # upon which the server breaks the connection off
            got.extend(exported(manager).streaming_content)

        lines = b"".join(got).decode("utf-8-sig").splitlines()
        assert lines[0].startswith("Patient number,Patient,")
        assert lines[-1] == f'"{last_line}"' if "," in last_line else last_line
        export = ReportExport.objects.get()
        assert (export.ending, export.rows) == ("failed", 2000)

    def test_a_workbook_that_takes_too_long_never_starts(self, manager, monkeypatch):
        monkeypatch.setattr(page, "stream", failing_after(2500, TROUBLES[0][0]))

        response = exported(manager, format="xlsx")

        assert response.status_code == 503
        assert "This took longer than 60 seconds." in response.content.decode()
        assert (ReportExport.objects.get().ending, ReportExport.objects.get().rows) == ("failed", 0)

    def test_nor_does_one_whose_database_goes_away(self, manager, monkeypatch):
        monkeypatch.setattr(page, "stream", failing_after(2500, TROUBLES[1][0]))
        manager.raise_request_exception = False

        response = exported(manager, format="xlsx")

        assert (response.status_code, "spreadsheetml" in response["Content-Type"]) == (500, False)
        assert ReportExport.objects.get().ending == "failed"


def most_megabytes(make) -> float:
    tracemalloc.start()
    try:
        make()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_a_file_of_many_rows_takes_no_more_memory_than_one_of_few():
    """`make bench ONLY=report` measures whole processes."""

    def as_csv():
        for _block in csv_blocks(sheet_of(many(), has_addresses=False)):
            pass

    def as_workbook():
        workbook(sheet_of(many(), has_addresses=False), "Many", "Many")[0].close()

    assert most_megabytes(as_csv) < 4
    assert most_megabytes(as_workbook) < 4
    assert most_megabytes(lambda: list(many())) > 4  # what it would be, kept


KILLED = """
import os, signal, django
django.setup()
from scheduling.views.exporting.columns import Sheet
from scheduling.views.exporting.files import workbook
def rows():
    yield from [["Ana Alvarez"]] * 5000
    os.kill(os.getpid(), signal.SIGKILL)
workbook(Sheet(["Patient"], [20], rows()), "Due", "Due")
"""


@pytest.mark.parametrize("hook", [lambda: gunicorn.on_starting(None), lambda: gunicorn.child_exit(None, None)], ids=["all", "one"])
def test_what_a_process_was_writing_when_it_was_killed_is_deleted(tmp_path, monkeypatch, hook):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run("-c", KILLED, env=os.environ | {"TMPDIR": str(tmp_path)})
    [left] = tmp_path.iterdir()
    assert any(b"Ana Alvarez" in file.read_bytes() for file in left.iterdir())
    under_way, not_ours = tmp_path / f"{UNFINISHED}{os.getpid()}-a", tmp_path / "tmp"
    under_way.mkdir()
    not_ours.mkdir()

    hook()

    assert set(tmp_path.iterdir()) == {under_way, not_ours}


def test_a_workbook_leaves_nothing_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    workbook(sheet_of(islice(many(), 10), has_addresses=False), "Few", "Few")[0].close()
    assert list(tmp_path.iterdir()) == []
