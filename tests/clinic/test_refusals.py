"""What can't be answered with a page is answered with a sentence; what was typed isn't lost where that is safe."""

import logging
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopFutureHandlers
from django.db.models.signals import post_save
from django.test import Client

from clinic.uploads import MOST_READ, LimitedUploadHandler
from scheduling.models import Patient, PatientFile
from scheduling.services.importing import MOST_BYTES
from tests.callbacks import through_wsgi
from tests.clinic.test_patients_in_the_admin import ADD, DORA
from tests.staff import member

ELSEWHERE = "https://evil.example.org"
HERE = "http://testserver"


@pytest.fixture(autouse=True)
def _in_silence(caplog: Any) -> None:
    caplog.set_level(logging.CRITICAL, logger="django")


@pytest.fixture
def desk(sign_in: Any) -> Client:
    return sign_in("Front desk")


def read(answer: Any) -> str:
    return unescape(answer.content.decode())


class TestPages:
    def test_what_a_button_uses_isnt_opened(self, desk):
        answer = desk.get("/admin/inbox/1/answer/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "Nothing was changed: start from that page again." in read(answer)

    def test_a_program_reads_a_sentence_and_no_page(self, db):
        answer = Client().get("/webhooks/twilio/inbound/")
        assert (answer.status_code, answer["Allow"], answer["Content-Type"]) == (405, "POST", "text/plain; charset=utf-8")
        assert Client().get("/calendar/unknown.ics").content == b"The address may be mistyped, or what it named is gone.\n"

    @pytest.mark.parametrize(
        "address", ["/nowhere/", "/admin/nowhere/", "/admin/inbox/99999/", "/admin/scheduling/appointment/99999/card/"]
    )
    def test_a_wrong_address_is_no_page_for_developers_in_the_demo_either(self, desk, settings, address):
        settings.DEBUG = True
        answer = desk.get(address)
        assert answer.status_code == 404
        assert "The address may be mistyped, or what it named is gone." in read(answer)
        assert "URLconf" not in read(answer)

    def test_another_role(self, desk):
        answer = desk.get("/admin/maintenance-due/")
        assert answer.status_code == 403
        assert "this page takes another role" in read(answer)

    def test_an_error_says_nothing_of_itself(self, desk, monkeypatch):
        def broken(*_args: Any) -> None:
            raise RuntimeError("Ana Alvarez +12125550101")

        monkeypatch.setattr("clinic.site.dashboard", broken)
        desk.raise_request_exception = False
        answer = desk.get("/admin/")
        assert answer.status_code == 500
        assert "Look whether what you entered was saved before you repeat it." in read(answer)
        assert "Alvarez" not in read(answer)

    def test_who_is_signed_out_meanwhile_is_told_to_look_what_came_of_it(self, desk):
        """Of the session Django says so after the page has done its work, which stays."""

        def sign_out(**_: Any) -> None:
            Session.objects.all().delete()

        post_save.connect(sign_out, Patient)
        try:
            answer = desk.post(ADD, DORA)
        finally:
            post_save.disconnect(sign_out, Patient)
        assert answer.status_code == 400
        assert "You were signed out while this was sent. Sign in, and look whether it was saved before you repeat it." in read(answer)
        assert Patient.objects.get().full_name == "Dora Dunn"

    def test_by_a_name_that_isnt_ours(self, db):
        answer = Client(headers={"Host": "evil.example.org"}).get("/admin/login/")
        assert answer.status_code == 400
        assert answer.content.decode().startswith("The clinic isn’t known under the name by which you called it.")


class TestTooMuch:
    def test_more_fields_than_any_page_has(self, desk, settings):
        answer = desk.post(ADD, DORA | {f"x{n}": "" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)})
        assert answer.status_code == 400
        assert "More was sent than any of our pages asks for. Nothing was saved" in read(answer)
        assert not Patient.objects.exists()

    def test_a_text_of_megabytes(self, desk, settings):
        answer = desk.post(ADD, DORA | {"notes": "n" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
        assert answer.status_code == 413
        assert "What you sent is too large to be read. Nothing was saved" in read(answer)
        assert not Patient.objects.exists()

    def test_what_is_far_too_large_isnt_read(self, db):
        class Unread(BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                raise AssertionError("It was read.")

        kind = "multipart/form-data; boundary=x"
        body = {"CONTENT_LENGTH": str(MOST_READ + 1), "CONTENT_TYPE": kind, "wsgi.input": Unread()}
        assert through_wsgi("/admin/scheduling/patient/import/", b"", **body) == 413
        assert through_wsgi("/admin/scheduling/patient/import/", b"", CONTENT_LENGTH="9" * 400) == 413

    def test_a_file_that_is_too_large_leaves_its_form_there(self, sign_in):
        file = SimpleUploadedFile("patients.csv", b"First name,Last name\n" + b"x" * (2 * MOST_BYTES))
        answer = sign_in("Manager").post("/admin/scheduling/patient/import/", {"file": file})
        assert answer.status_code == 200
        assert "The file is larger than 5 MB. Split it, and import one part after the other." in read(answer)
        assert 'type="file"' in read(answer)
        assert not PatientFile.objects.exists()

    def test_of_it_no_more_is_kept_than_tells_that(self):
        handler, chunk, kept = LimitedUploadHandler(), b"x" * 2**16, 0
        for _ in range(1000):
            kept += len(handler.receive_data_chunk(chunk, 0) or b"")
        assert MOST_BYTES < kept <= MOST_BYTES + len(chunk)

    def test_two_files_are_one_too_many(self, sign_in):
        files = {name: SimpleUploadedFile(f"{name}.csv", b"x") for name in ("file", "other")}
        assert sign_in("Manager").post("/admin/scheduling/patient/import/", files).status_code == 400


class TestForgeries:
    @pytest.fixture
    def strict(self, db: None) -> Client:
        """Whose page was opened before she signed in anew."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(member("Front desk"))
        client.get("/admin/password_change/")  # brings the cookie
        return client

    def test_what_was_typed_goes_again_by_one_press(self, strict):
        answer = strict.post(ADD, DORA | {"csrfmiddlewaretoken": "a" * 64}, headers={"Origin": HERE})
        page = read(answer)
        assert answer.status_code == 403
        assert "Somebody signed in or out in this browser after you opened the page, so nothing was saved." in page
        assert "<dt>First name</dt><dd>Dora</dd>" in page
        assert not Patient.objects.exists()

        again = dict(answer.context["sent"]) | {"csrfmiddlewaretoken": str(answer.context["csrf_token"])}
        assert again | DORA == again
        assert strict.post(ADD, again, headers={"Origin": HERE}).status_code == 302
        assert Patient.objects.get().full_name == "Dora Dunn"

    @pytest.mark.parametrize("origin", [{}, {"Origin": ELSEWHERE}, {"Origin": "null"}, {"Origin": "http://testserver.evil.example.org"}])
    def test_what_another_site_sends_is_offered_to_nobody(self, strict, origin):
        answer = strict.post(ADD, DORA, headers=origin)
        assert answer.status_code == 403
        assert "This didn’t come from one of our pages, so nothing was changed." in read(answer)
        assert "Dora" not in read(answer)
        assert "<form method" not in read(answer).partition('id="content"')[2]

    def test_a_password_isnt_shown(self, strict):
        typed = {"old_password": "correct horse", "new_password1": "battery", "new_password2": "battery"}
        page = read(strict.post("/admin/password_change/", typed, headers={"Origin": HERE}))
        assert "Not saved yet" in page
        assert "correct horse" not in page
        assert "battery" not in page

    def test_nor_is_anything_to_whoever_isnt_signed_in(self, db):
        page = read(Client(enforce_csrf_checks=True).post(ADD, DORA, headers={"Origin": HERE}))
        assert "Allow cookies for this address" in page
        assert "Dora" not in page


def test_control_without_a_limit_all_of_a_file_is_kept():
    from django.core.files.uploadhandler import MemoryFileUploadHandler

    handler = MemoryFileUploadHandler()
    handler.handle_raw_input(None, {}, 10, b"")
    with pytest.raises(StopFutureHandlers):
        handler.new_file("file", "patients.csv", "text/csv", 10)
    for _ in range(200):
        assert handler.receive_data_chunk(b"x" * 2**16, 0) is None  # it took it
    assert handler.file.tell() > 2 * MOST_BYTES
