"""Patients out of a file: read, shown, and imported only once somebody says so."""

import csv
import io
import re
import tempfile
import zipfile
from datetime import date, timedelta
from html import unescape

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aftercare.errors import CantErase
from aftercare.services.privacy.erasing import erase_patient
from scheduling.domain.lists import LABELS, column_of, read_date
from scheduling.models import Patient, PatientFile
from scheduling.services import importing
from tests.clinic_world import outbox, patient
from tests.staff import member

IMPORT = "/admin/scheduling/patient/import/"
LIST = "/admin/scheduling/patient/"
HEADER = "First name,Last name,DOB,Cell phone,Email,Language,Quiet nights"
GITA = "Gita,Gupta,1988-02-29,(212) 555-0144,gita@example.org,English,no"
HUGO = "Hugo,Hale,7/4/1975,212-555-0145,,es,yes"


@pytest.fixture
def manager(sign_in):
    return sign_in("Manager")


def upload(client, content, name="patients.csv"):
    if isinstance(content, (list, tuple)):
        content = "\r\n".join(content)
    if isinstance(content, str):
        content = content.encode()
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def preview(client, content, name="patients.csv"):
    """Where the preview is, and what it says."""
    answer = upload(client, content, name)
    assert answer.status_code == 302, refusal(answer)
    return answer["Location"], text(client.get(answer["Location"]))


def text(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def refusal(answer) -> str:
    assert answer.status_code == 200
    found = re.search(r'<ul class="errorlist"[^>]*>(.*?)</ul>', answer.content.decode(), re.S)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


def workbook(*rows, **sheets) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Patients"
    for row in rows:
        book.active.append(row)
    for title, others in sheets.items():
        for row in (sheet := book.create_sheet(title)) and others:
            sheet.append(row)
    return saved(book)


def saved(book) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def everybody() -> list[str]:
    return [f"{one.full_name} {one.birth_date} {one.phone and one.phone.as_e164}" for one in Patient.objects.order_by("pk")]


# --- the way it goes ----------------------------------------------------------------------------------------------------


def test_a_file_is_shown_first_and_imported_when_somebody_says_so(manager):
    here, said = preview(manager, [HEADER, GITA, HUGO])

    assert "2 new 0 already here 0 rows to fix" in said
    assert "Gita Gupta Feb 29, 1988 (212) 555-0144 gita@example.org" in said
    assert "Nobody is texted until consent is taken" in said
    assert not Patient.objects.exists()

    done = manager.post(here, {"import": "Import 2 patients"}, follow=True)

    assert done.redirect_chain == [(LIST, 302)]
    assert "2 patients imported. Nobody is texted until consent is taken. Ask for it on each patient’s page." in text(done)
    assert everybody() == ["Gita Gupta 1988-02-29 +12125550144", "Hugo Hale 1975-07-04 +12125550145"]
    hugo = Patient.objects.get(first_name="Hugo")
    assert (hugo.email, hugo.language, hugo.wants_quiet_nights, hugo.time_zone) == ("", "es", True, "America/New_York")
    assert outbox() == []
    assert not PatientFile.objects.exists()


def test_each_patient_is_in_the_log_without_a_name(manager):
    here, _said = preview(manager, [HEADER, GITA])
    manager.post(here)

    gita = Patient.objects.get()
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.object_repr, entry.user.username) == (str(gita.pk), f"Patient {gita.pk}", "manager")
    assert entry.get_change_message() == "Imported from a file."
    assert entry.is_addition()


def test_put_away_imports_nobody_and_keeps_nothing(manager):
    here, _said = preview(manager, [HEADER, GITA])
    away = manager.post(here, {"put_away": "1"}, follow=True)

    assert "The file is discarded. Nobody was imported." in text(away)
    assert not Patient.objects.exists()
    assert not PatientFile.objects.exists()


def test_confirmed_twice_it_is_imported_once(manager):
    here, _said = preview(manager, [HEADER, GITA])
    manager.post(here)
    again = manager.post(here, follow=True)

    assert "That file was imported or discarded already." in text(again)
    assert len(everybody()) == 1


def test_who_was_added_since_the_preview_is_skipped(manager):
    here, said = preview(manager, [HEADER, GITA, HUGO])
    assert "2 new" in said
    patient("Gita Gupta", 44, birth_date=date(1988, 2, 29))

    done = text(manager.post(here, follow=True))

    assert "1 patient imported. 1 was here already." in done
    assert [one.split()[0] for one in everybody()] == ["Gita", "Hugo"]


def test_two_confirm_their_files_at_once_and_she_is_there_once(committed_clinic, at_once, django_user_model):
    people = [django_user_model.objects.create(username=name) for name in ("mia", "noor")]
    files = [importing.bring_file("p.csv", "\n".join([HEADER, GITA]).encode(), by=who) for who in people]

    at_once([lambda file=file, who=who: importing.import_file(file, by=who) for file, who in zip(files, people, strict=True)])

    assert Patient.objects.filter(last_name="Gupta").count() == 1


def test_without_the_lock_she_would_be_there_twice(committed_clinic, at_once, django_user_model, monkeypatch):
    """The control: both look before either has saved."""
    from threading import Barrier

    from scheduling.services.importing import files, twins

    both, init = Barrier(2), twins.Twins.__init__

    def look_together(self, days):
        init(self, days)
        both.wait(timeout=20)

    monkeypatch.setattr(twins.Twins, "__init__", look_together)
    monkeypatch.setattr(files, "take_turns", lambda: None)
    people = [django_user_model.objects.create(username=name) for name in ("mia", "noor")]
    brought = [importing.bring_file("p.csv", "\n".join([HEADER, GITA]).encode(), by=who) for who in people]

    at_once([lambda file=file, who=who: importing.import_file(file, by=who) for file, who in zip(brought, people, strict=True)])

    assert Patient.objects.filter(last_name="Gupta").count() == 2


# --- whose it is --------------------------------------------------------------------------------------------------------


def test_only_managers_import(sign_in, role):
    client = sign_in(role)
    is_allowed = role == "Manager"

    assert client.get(IMPORT).status_code == (200 if is_allowed else 403)
    assert client.get(f"{IMPORT}template.csv").status_code == (200 if is_allowed else 403)
    assert upload(client, [HEADER, GITA]).status_code == (302 if is_allowed else 403)
    assert (f'href="{IMPORT}"' in client.get(LIST).content.decode()) is is_allowed
    assert PatientFile.objects.count() == is_allowed


def test_nobody_confirms_or_sees_another_managers_file(manager, sign_in):
    here, _said = preview(manager, [HEADER, GITA])
    other = sign_in("Manager").__class__()
    user = User.objects.create(username="other", is_staff=True, is_superuser=True)
    other.force_login(user)

    assert other.get(here)["Location"] == IMPORT
    assert other.post(here)["Location"] == IMPORT
    assert other.post(here, {"put_away": "1"})["Location"] == IMPORT
    assert not Patient.objects.exists()
    assert PatientFile.objects.count() == 1


def test_the_service_itself_asks_whose_file_it_is(manager):
    preview(manager, [HEADER, GITA])
    other = User.objects.create(username="other")

    with pytest.raises(importing.FileRefused, match="discarded already"):
        importing.import_file(PatientFile.objects.get(), by=other)
    assert not Patient.objects.exists()


@pytest.mark.parametrize("number", ["0", "99", "9" * 40])
def test_a_made_up_number_leads_back_to_the_start(manager, number):
    assert manager.get(f"{IMPORT}{number}/")["Location"] == IMPORT
    assert manager.post(f"{IMPORT}{number}/")["Location"] == IMPORT


def test_after_an_hour_a_file_is_gone(manager):
    here, _said = preview(manager, [HEADER, GITA])
    now = timezone.now()
    PatientFile.objects.update(brought_at=now - timedelta(minutes=61))

    assert "discarded already" in text(manager.post(here, follow=True))
    assert not Patient.objects.exists()
    assert importing.forget_files(now) == 1
    assert not PatientFile.objects.exists()


def test_a_file_of_59_minutes_stays(manager):
    preview(manager, [HEADER, GITA])
    assert importing.forget_files(timezone.now() + timedelta(minutes=59)) == 0


# --- somebody is erased meanwhile ---------------------------------------------------------------------------------------

ANAS = "Ana,Alvarez,1990-05-17,212-555-0101,,,"
FORGOTTEN = "A patient was erased while this file was waiting, and so it was forgotten. Nobody was imported. Choose it once more;"


def erase(whom) -> bool:
    return erase_patient(whom, reason="asked for it", by=member("Manager"), now=timezone.now())


@pytest.mark.parametrize("was_booked", [False, True])
def test_who_is_erased_meanwhile_is_not_added_anew(clinic, manager, was_booked):
    """Neither is anybody else: what made her somebody who is here already went with her."""
    if was_booked:
        clinic.treat(clinic.ana)
    here, said = preview(manager, [HEADER, ANAS, GITA])
    assert "1 new 1 already here" in said

    assert erase(clinic.ana) is was_booked
    others = everybody()

    assert FORGOTTEN in text(manager.get(here, follow=True))
    done = manager.post(here, {"import": "Import 1 patient"}, follow=True)
    assert done.redirect_chain == [(IMPORT, 302)]
    assert f"{FORGOTTEN} if that patient is in it, take them out first." in text(done)
    assert everybody() == others


def test_of_whom_is_erased_no_waiting_file_has_anything(clinic, manager):
    """Whoever brought it, and however she is written in it."""
    preview(manager, [HEADER, GITA], "Ana Alvarez and others.csv")
    importing.bring_file("a.csv", "\n".join([HEADER, " ANA ,Álvarez-Ruiz,5/17/1990,,,,"]).encode(), by=User.objects.create(username="noor"))

    erase(clinic.ana)

    assert [(file.name, bytes(file.content)) for file in PatientFile.objects.all()] == [("", b"")] * 2
    assert importing.forget_files(timezone.now() + timedelta(hours=1)) == 2


def test_erased_between_the_look_and_the_press_it_is_refused_by_the_service(clinic, manager):
    preview(manager, [HEADER, ANAS, GITA])
    file = PatientFile.objects.get()
    erase(clinic.ana)
    others = everybody()

    with pytest.raises(importing.FileRefused, match="A patient was erased while this file was waiting"):
        importing.import_file(file, by=file.brought_by)
    assert everybody() == others


def test_chosen_after_that_it_is_a_file_as_any_other(clinic, manager):
    preview(manager, [HEADER, GITA])
    erase(clinic.ana)
    here, said = preview(manager, [HEADER, GITA])

    assert "1 new 0 already here" in said
    assert "1 patient imported." in text(manager.post(here, follow=True))


def test_an_erasure_that_is_refused_leaves_the_files_there(clinic, manager):
    here, _said = preview(manager, [HEADER, GITA])
    with pytest.raises(CantErase):
        erase_patient(clinic.ana, reason="", by=member("Manager"), now=timezone.now())
    assert "1 patient imported." in text(manager.post(here, follow=True))


# --- duplicates ---------------------------------------------------------------------------------------------------------


def test_who_is_here_already_is_skipped_and_never_changed(clinic, manager):
    """Ana is (212) 555-0101, born May 17, 1990."""
    before = everybody()
    here, said = preview(manager, [HEADER, "Ana,Alvarez,5/17/1990,212.555.0101,new@example.org,es,yes", GITA])

    assert "1 new 1 already here" in said
    assert "Ana Alvarez May 17, 1990 (212) 555-0101 new@example.org Is here already." in said

    manager.post(here)
    assert everybody() == [*before, "Gita Gupta 1988-02-29 +12125550144"]
    clinic.ana.refresh_from_db()
    assert (clinic.ana.email, clinic.ana.language) == ("ana1@example.org", "en")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (" ANA ,álvarez,1990-05-17,212-555-0101,,,", "Is here already."),
        (
            "Ana,Alvarez,1990-05-17,212-555-0177,,,",
            "Is here already, but the number on record is (212) 555-0101. If this file knows better, change it on the patient’s page.",
        ),
        (
            "Anna,Alvares,1990-05-17,212-555-0101,,,",
            "Same phone and date of birth as Ana Alvarez, born May 17, 1990. If this is somebody else, add them by hand.",
        ),
    ],
)
def test_why_somebody_counts_as_here(clinic, manager, row, reason):
    here, said = preview(manager, [HEADER, row])

    assert "0 new 1 already here" in said
    assert reason in said
    assert f"/admin/scheduling/patient/{clinic.ana.pk}/change/" in manager.get(here).content.decode()
    assert "There is nobody to import" in said


def test_twice_in_the_file_is_once_in_the_clinic(manager):
    here, said = preview(manager, [HEADER, GITA, HUGO, "Gita,Gupta,2/29/1988,+12125550144,,,", "Gita,Gupta,2/29/1988,,,,"])

    assert "2 new 2 already here" in said
    assert "Row 2 is the same person." in said
    assert "Row 2 is the same person, with another phone number." in said
    manager.post(here)
    assert [one.split()[0] for one in everybody()] == ["Gita", "Hugo"]


def test_a_row_to_mend_is_nobodys_twin(manager):
    _here, said = preview(manager, [HEADER, "Gita,Gupta,1988-02-29,12,,,", GITA])
    assert "1 new 0 already here 1 row to fix" in said


def test_a_family_is_pointed_out_and_imported(clinic, manager):
    here, said = preview(
        manager,
        [
            HEADER,
            "Alba,Alvarez,2001-01-31,2125550101,,,",
            "Ana,Alvarez,1990-05-18,2125550101,,,",
            GITA,
            "Gil,Gupta,1980-01-01,2125550144,,,",
        ],
    )

    assert "4 new 0 already here" in said
    assert "Same phone as Ana Alvarez, born May 17, 1990. Family?" in said
    assert "Same phone as Ana Alvarez, born May 17, 1990. The same name, too: is a date of birth mistyped?" in said
    assert "Same phone as Gil Gupta, born Jan 1, 1980 (row 5). Family?" in said
    manager.post(here)
    assert Patient.objects.count() == 7


# --- what is in the cells -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1990-05-17", date(1990, 5, 17)),
        ("1990/5/17", date(1990, 5, 17)),
        ("5/17/1990", date(1990, 5, 17)),
        (" 05-17-1990 ", date(1990, 5, 17)),
        ("May 17, 1990", date(1990, 5, 17)),
        ("17-May-1990", date(1990, 5, 17)),
        ("17 may 1990", date(1990, 5, 17)),
        ("1990-05-17 00:00:00", date(1990, 5, 17)),
        ("5/17/1990 12:00:00 AM", date(1990, 5, 17)),
        ("2/29/1988", date(1988, 2, 29)),
    ],
)
def test_dates_as_people_write_them(written, day):
    assert read_date(written) == day


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"First name": ""}, "First name: it is empty. Every patient needs one."),
        ({"Last name": "x" * 81}, "Last name: it has 81 characters; at most 80 fit."),
        ({"First name": "=A2&B2"}, "First name: this is a formula. Write the value itself."),
        ({"First name": "Gi\x07ta"}, "First name: there is a character in it that can't be stored. Type it again."),
        ({"First name": "Gi\u202eta"}, "First name: There is a character in it that can’t be seen. Please type the name again."),
        ({"Notes": "#N/A"}, "Notes: the spreadsheet shows #N/A here. Write the value itself, or leave it empty."),
        ({"DOB": ""}, "Date of birth: it is empty. Write it as 1990-05-17 or 5/17/1990."),
        ({"DOB": "2/30/1990"}, "Date of birth: “2/30/1990” is no day of the calendar. Write it as 1990-05-17 or 5/17/1990."),
        (
            {"DOB": "17/5/1990"},
            "Date of birth: “17/5/1990” has no month 17: dates are read as month/day/year. Write it as 1990-05-17 or 5/17/1990.",
        ),
        (
            {"DOB": "5/17/90"},
            "Date of birth: “5/17/90” doesn’t say which century. Write it as 1990-05-17 or 5/17/1990, with four digits of the year.",
        ),
        ({"DOB": "32278"}, "Date of birth: “32278” isn’t a date. Write it as 1990-05-17 or 5/17/1990."),
        ({"DOB": "1990-05-١٧"}, "Date of birth: “1990-05-١٧” isn’t a date."),
        ({"DOB": "2130-01-01"}, "Date of birth: Please check the year of birth."),
        (
            {"Phone": "12345"},
            "Cell phone: “12345” is no phone number. Write it as (212) 555-0100, and one from abroad with its + in front.",
        ),
        ({"Phone": "212-555-0144 x12"}, "Cell phone: “212-555-0144 x12” has an extension, which no text reaches."),
        ({"Email": "gita@"}, "Email: “gita@” is no email address. Write one such as robin@example.org, or leave it empty."),
        ({"Time zone": "Mars/Olympus"}, "Time zone: “Mars/Olympus” is no time zone. Write one such as America/New_York"),
        ({"Language": "Klingon"}, "Language: “Klingon” is none that we write in. Write English or Spanish."),
        ({"Quiet nights": "maybe"}, "Quiet nights: “maybe” is neither yes nor no. Write yes, no, or nothing for no."),
    ],
)
def test_a_row_to_mend_says_in_words_what_to_write(manager, cells, sentence):
    row = {"First name": "Gita", "Last name": "Gupta", "DOB": "1988-02-29"} | cells
    file = io.StringIO()
    csv.writer(file).writerows([row.keys(), row.values()])
    here, said = preview(manager, file.getvalue())

    assert "0 new 0 already here 1 row to fix" in said
    assert sentence in said
    assert "Fix these rows in your file and choose it again." in said

    manager.post(here, {"leave_out": "on"})
    assert not Patient.objects.exists()


def test_all_that_is_wrong_with_a_row_is_said_at_once(manager):
    _here, said = preview(manager, [HEADER, ",Gupta,yesterday,12,gita,Latin,no"])
    for column in ("First name", "Date of birth", "Cell phone", "Email", "Language"):
        assert f"{column}: " in said


def test_rows_to_mend_hold_up_the_others_unless_they_are_left_out(manager):
    here, said = preview(manager, [HEADER, GITA, "Hugo,Hale,1975,,,,"])
    assert "1 new 0 already here 1 row to fix" in said

    refused = manager.post(here)
    assert "Some rows can’t be imported as they are." in text(refused)
    assert not Patient.objects.exists()

    done = manager.post(here, {"leave_out": "on"}, follow=True)
    assert "1 patient imported. 1 row was left out." in text(done)
    assert everybody() == ["Gita Gupta 1988-02-29 +12125550144"]


def test_too_many_cells_are_no_guess(manager):
    _here, said = preview(manager, ["First name,Last name,DOB,Notes", "Gita,Gupta,1988-02-29,likes tea, not coffee"])
    assert "there are more cells than the first row names" in said
    assert "1 row to fix" in said


@pytest.mark.parametrize(
    ("column", "written", "field", "value"),
    [
        ("Time zone", "", "time_zone", "America/New_York"),
        ("Time zone", "america/los_angeles", "time_zone", "America/Los_Angeles"),
        ("Time zone", "US/Eastern", "time_zone", "US/Eastern"),
        ("Time zone", "Central Standard Time", "time_zone", "America/Chicago"),
        ("Time zone", "PST", "time_zone", "America/Los_Angeles"),
        ("Language", "Español", "language", "es"),
        ("Language", "en-US", "language", "en"),
        ("Language", "", "language", "en"),
        ("Quiet nights", "X", "wants_quiet_nights", True),
        ("Quiet nights", "0", "wants_quiet_nights", False),
        ("Risk of dark patches", "TRUE", "hyperpigmentation_risk", True),
        ("Active products", " Retinol  0.3% ", "active_products", "Retinol 0.3%"),
        ("Mobile", "1 (212) 555-0144", "phone", "+12125550144"),
        ("Mobile", "+44 20 7946 0018", "phone", "+442079460018"),
        ("Notes", '"one\r\ntwo"', "notes", "one\ntwo"),
    ],
)
def test_cells_are_read_forgivingly(manager, column, written, field, value):
    here, _said = preview(manager, [f"First name,Last name,DOB,{column}", f"Gita,Gupta,1988-02-29,{written}"])
    manager.post(here)
    assert getattr(Patient.objects.get(), field) == value


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("DOB (mm/dd/yyyy)", "birth_date"),
        ("  E-Mail ", "email"),
        ("birth_date", "birth_date"),
        ("Teléfono", "phone"),
        ("SURNAME", "last_name"),
        ("Insurance", None),
        ("", None),
        ("Home phone", None),
    ],
)
def test_headers_go_by_several_names(header, column):
    assert column_of(header) == column


# --- files as programs write them ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "\n".join([HEADER, GITA]).encode("utf-8-sig"),
        "\r".join([HEADER, GITA]).encode(),
        "\r\n".join(["", HEADER, ",,,,,,", "", GITA, "  ", ",,,"]).encode(),
        "\n".join([HEADER, GITA]).replace(",", ";").encode(),
        ("sep=;\n" + "\n".join([HEADER, GITA]).replace(",", ";")).encode(),
        "\n".join([HEADER, GITA]).replace(",", "\t").encode("utf-16"),
        "\n".join([HEADER, GITA]).replace(",", "|").encode(),
    ],
    ids=["marked", "old Mac", "blank rows", "semicolons", "sep=", "Excel's Unicode text", "pipes"],
)
def test_csv_comes_in_many_ways(manager, content):
    here, said = preview(manager, content)
    assert "1 new 0 already here 0 rows to fix" in said
    manager.post(here)
    assert everybody() == ["Gita Gupta 1988-02-29 +12125550144"]


def test_old_windows_letters_are_read_and_said(manager):
    here, said = preview(manager, f"{HEADER}\nJosé,Muñoz,1988-02-29,,,,".encode("cp1252"))

    assert "José Muñoz" in said
    assert "it was read as Windows-1252. Please look at names with accents." in said
    manager.post(here)
    assert Patient.objects.get().full_name == "José Muñoz"


def test_what_is_not_read_is_named(manager):
    _here, said = preview(manager, ["First name,Last name,DOB,Insurance", "Gita,Gupta,1988-02-29,Acme"])
    assert "Not read: “Insurance”." in said


def test_an_excel_file(manager):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["First name", "Last name", "Birth date", "Phone", "Quiet nights", "Notes"])
    sheet.append(["Gita", "Gupta", date(1988, 2, 29), 2125550144, True, None])
    sheet.append([None] * 6)
    sheet.append(["Hugo", "Hale", "7/4/1975", 12125550145.0, None, 7])
    sheet.append(["Ines", "=B2", date(1980, 1, 1), None, False, None])
    book.create_sheet("More")
    here, said = preview(manager, saved(book), "patients.xlsx")

    assert "2 new 0 already here 1 row to fix" in said
    assert "Only the first sheet, “Sheet”, was read." in said
    assert "5 Ines =B2 1980-01-01 Last name: this is a formula. Write the value itself." in said
    manager.post(here, {"leave_out": "on"})
    assert everybody() == ["Gita Gupta 1988-02-29 +12125550144", "Hugo Hale 1975-07-04 +12125550145"]
    assert [one.wants_quiet_nights for one in Patient.objects.order_by("pk")] == [True, False]
    assert Patient.objects.get(first_name="Hugo").notes == "7"


def test_an_excel_file_by_any_name(manager):
    _here, said = preview(manager, workbook(["First name", "Last name", "DOB"], ["Gita", "Gupta", date(1988, 2, 29)]), "patients.csv")
    assert "1 new" in said


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\n\n , ,\n", "This file is empty."),
        (HEADER.encode(), "There is a header in this file, and no patient below it."),
        (b"Name,Phone\nGita,1", "“First name”, “Last name” and “Date of birth” isn't there. It says “Name”, “Phone”."),
        (b"First name,Last name,DOB,Phone,Cell\nGita,Gupta,1988-02-29,1,2", "“Phone” and “Cell” would all be the cell phone."),
        (b"First name,Last name,DOB\nGi\0ta,Gupta,1988-02-29", "This is neither an Excel file nor a CSV file."),
        (b'First name,Last name,DOB\n"Gita,Gupta,1988-02-29\n', "a quotation mark is missing there, or one too many."),
        (b"First name,Last name,DOB\nG\x81\xffta,Gupta,1988-02-29", "The letters in this file can't be made out."),
        (b"\xff\xfeF\0i\0", "“First name”, “Last name” and “Date of birth” isn't there."),
        (b"\xff\xfe\0\xd8\0", "The letters in this file can't be made out."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "This is neither an Excel file nor a CSV file."),
        (b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\n", "This is a PDF file, and no rows can be read from it."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "This is an old Excel file (.xls), or one with a password."),
        (b"PK\x03\x04 and so on", "This Excel file is damaged."),
        (zipped(hello=b"x"), "This is neither an Excel file nor a CSV file."),
        (zipped(**{"[Content_Types].xml": b"<nonsense"}), "This Excel file can't be read."),
        (zipped(**{"[Content_Types].xml": b"0" * 100_000_001}), "This Excel file is far too large once unpacked."),
        (f"First name,Last name,DOB\n{'x' * 200_000},Gupta,1988-02-29".encode(), "Line 2 of the file can't be read"),
        ("\n".join([HEADER, *["A,B,1990-01-01,,,,"] * 5_001]).encode(), "There are more than 5,000 patients in this file."),
        ((HEADER + "\n" * 50_001 + GITA).encode(), "There are more than 50,000 lines in this file."),
        (b"x" * 5_000_001, "The file is larger than 5 MB."),
    ],
)
def test_a_file_that_cant_be_read_gets_a_sentence_and_is_not_kept(manager, content, sentence):
    answer = upload(manager, content)

    assert sentence in refusal(answer)
    assert not PatientFile.objects.exists()
    assert not Patient.objects.exists()


def test_entities_within_entities_get_a_sentence(manager):
    """A few hundred bytes that would unpack to gigabytes: &z; is twelve times &y;, which is twelve times &x;, and so on."""
    levels = "".join(f'<!ENTITY {chr(c)} "{f"&{chr(c - 1)};" * 12}">' for c in range(ord("b"), ord("z") + 1))
    real = zipfile.ZipFile(io.BytesIO(workbook(["First name", "Last name", "DOB"], ["Gita", "Gupta", "1988-02-29"])))
    files = {name: real.read(name) for name in real.namelist()}
    sheet = files["xl/worksheets/sheet1.xml"].decode()
    assert "Gita" in sheet
    files["xl/worksheets/sheet1.xml"] = f'<!DOCTYPE b [<!ENTITY a "lol">{levels}]>{sheet.replace("Gita", "&z;")}'.encode()

    assert "This Excel file can't be read." in refusal(upload(manager, zipped(**files), "p.xlsx"))


def test_a_wide_sheet_is_read_as_far_as_it_may_be(manager):
    book = openpyxl.Workbook()
    for row in (["First name", "Last name", "DOB"], ["Gita", "Gupta", "1988-02-29"]):
        book.active.append(row)
    book.active.cell(2, 16_384, "far out")
    _here, said = preview(manager, saved(book), "p.xlsx")
    assert "1 new" in said


def test_nothing_chosen(manager):
    assert refusal(manager.post(IMPORT, {})) == "Choose a file first."
    assert refusal(manager.post(IMPORT, {"file": "not a file"})) == "Choose a file first."


def test_a_name_of_a_file_with_anything_in_it(manager):
    here, _said = preview(manager, [HEADER, GITA], "<b>" + "x" * 300 + ".csv")
    assert manager.get(here).status_code == 200


# --- the template -------------------------------------------------------------------------------------------------------


def test_the_template_is_a_list_that_can_be_filled_in(manager):
    answer = manager.get(f"{IMPORT}template.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="patients.csv"'
    header, example = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert header == list(LABELS.values())
    assert "(212) 555-0100" in example

    added = dict.fromkeys(header, "") | {"First name": "Gita", "Last name": "Gupta", "Date of birth": "2/29/1988"}
    filled = answer.content.decode() + ",".join(added.values())
    here, said = preview(manager, filled)
    assert "1 new 0 already here 0 rows to fix" in said  # the example is left out by itself
    manager.post(here)
    assert everybody() == ["Gita Gupta 1988-02-29 "]


# --- many ---------------------------------------------------------------------------------------------------------------


def many(number: int) -> str:
    rows = (f"Given{i},Family{i},{1950 + i % 50}-0{1 + i % 9}-1{i % 9},,given{i}@example.org,en,no" for i in range(number))
    return "\n".join([HEADER, *rows])


def test_a_long_file_takes_no_more_queries_to_show_than_a_short_one(manager):
    counts = []
    for number in (2, 300):
        here, _said = preview(manager, many(number))
        with CaptureQueriesContext(connection) as queries:
            assert f"{number} new" in text(manager.get(here))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_of_a_long_file_the_first_rows_are_shown(manager):
    _here, said = preview(manager, many(300))
    assert "The first 200 of 300." in said
    assert "Given199 Family199" in said
    assert "Given200 Family200" not in said


def test_a_large_file_is_never_on_the_disk(manager, monkeypatch, tmp_path):
    """A process that is killed would leave it there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    answer = upload(manager, f"{HEADER}\n{'x' * 4_000_000}")

    assert "Line 2 of the file can't be read" in refusal(answer)
