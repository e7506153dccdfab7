"""What is written down: one JSON object a line, with whose request or task it was, and nothing about a patient."""

import asyncio
import gc
import json
import logging
import re
import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory

from clinic.masking import SecretAddresses, UnsaidErrors, described, masked, traced
from clinic.ops.logs import JsonLines, TextLines
from clinic.requests import NOTHING, WORK, Work, current_id
from notifications.tasks import dispatch_due
from tests.staff import member


@pytest.fixture
def lines():
    """Those of the clinic's own loggers and of Django's, as production writes them."""
    written = []

    class Kept(logging.Handler):
        def emit(self, record):
            written.append(json.loads(self.format(record)))

    handler = Kept()
    handler.setFormatter(JsonLines())
    request_logger = logging.getLogger("clinic.request")
    level = request_logger.level
    logging.getLogger().addHandler(handler)
    request_logger.setLevel(logging.INFO)
    yield written
    logging.getLogger().removeHandler(handler)
    request_logger.setLevel(level)


def failed(work):
    try:
        work()
    except Exception as error:
        return error
    raise AssertionError("it should have failed")


def record_of(error):
    return logging.LogRecord("clinic", logging.ERROR, "", 0, "it failed", (), (type(error), error, error.__traceback__))


class TestRequests:
    def test_each_leaves_one_line_without_what_was_asked_for(self, db, lines):
        client = Client()
        client.force_login(member("Front desk"))
        answer = client.get("/admin/scheduling/patient/", {"q": "Alvarez"})

        (line,) = [line for line in lines if line["logger"] == "clinic.request"]
        assert line.pop("at").endswith("+00:00")
        assert line.pop("ms") >= 0
        assert line == {
            "level": "INFO",
            "logger": "clinic.request",
            "message": "GET /admin/scheduling/patient/ 200",
            "method": "GET",
            "path": "/admin/scheduling/patient/",
            "status": 200,
            "request_id": answer["X-Request-ID"],
            "user_id": str(member("Front desk").pk),
        }

    def test_a_secret_address_is_none(self, db, lines):
        Client().get("/calendar/abcdefghijklmnopqrstuvwxyz012345.ics")
        (line,) = [line for line in lines if line["logger"] == "clinic.request"]
        assert (line["path"], line["message"]) == ("/calendar/…", "GET /calendar/… 404")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("/admin/Ana-Alvarez/", "/admin/…"),
            ("/admin/scheduling/patient/Alvarez/change/", "/admin/scheduling/patient/…/change/"),
            ("/admin/scheduling/patient/a/change/", "/admin/scheduling/patient/…/change/"),
            ("/admin/scheduling/patient/12/change/", "/admin/scheduling/patient/12/change/"),
            ("/admin/scheduling/patient/12345678/change/", "/admin/scheduling/patient/12345678/change/"),
            ("/admin/scheduling/patient/2125550199/change/", "/admin/scheduling/patient/…/change/"),
            ("/admin/scheduling/patient/655501999/change/", "/admin/scheduling/patient/…/change/"),
            ("/admin/inbox/02125550199/", "/admin/inbox/…/"),
            ("/Ana-Alvarez", "/…"),
            ("/emails/abcdefgh/Alvarez/", "/…"),
        ],
    )
    def test_a_name_that_is_typed_into_an_address_isnt_in_it(self, db, lines, typed, said):
        client = Client()
        client.force_login(member("Front desk"))
        client.get(typed)
        (line,) = [line for line in lines if line["logger"] == "clinic.request"]
        assert line["path"] == said

    def test_nor_in_djangos_own_lines(self):
        request = RequestFactory().post("/admin/Ana-Alvarez/")
        args = ("CSRF cookie not set.", request.path)
        record = logging.LogRecord("django.security.csrf", logging.WARNING, "", 0, "Forbidden (%s): %s", args, None)
        record.request = request

        SecretAddresses().filter(record)
        assert record.getMessage() == "Forbidden (CSRF cookie not set.): /admin/…"

    @pytest.mark.parametrize(
        "given",
        [
            "444535f9378a3dfa1b8604bc9e05a303",  # nginx
            "7b1e4f0c-9a52-4c3f-8d6e-0a1b2c3d4e5f",  # Envoy, Traefik, Caddy, Heroku
            "7B1E4F0C-9A52-4C3F-8D6E-0A1B2C3D4E5F",
            "00f067aa0ba902b7",  # a span's
            "a" * 64,
        ],
    )
    def test_a_proxys_id_is_taken_over(self, db, given):
        answer = Client().get("/admin/login/", headers={"X-Request-ID": given})
        assert answer["X-Request-ID"] == given

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "short",
            "a" * 65,
            "Ana Alvarez",
            "Zaphodina",
            "2125550199",
            "0012125550199",
            "2125550199212555",
            "12125550-1992-1255-5019-921255501992",
            "Ana-Alvarez-Ana-Alvarez",
            "facade",
            "abcdefgh\r\nX: y",
            "{}" * 6,
            "ünïcödé-id",
            "é" * 16,
            "7b1e4f0c-9a52-4c3f-8d6e-0a1b2c3d4e5f\n",
        ],
    )
    def test_but_not_just_anything(self, db, given):
        one, other = (Client().get("/admin/login/", headers={"X-Request-ID": given})["X-Request-ID"] for _ in range(2))
        assert re.fullmatch(r"[0-9a-f]{32}", one)
        assert one != other

    def test_its_id_is_known_meanwhile_and_not_afterwards(self, db, monkeypatch):
        seen = []
        monkeypatch.setattr("clinic.ops.middleware.logger.info", lambda *args, **kwargs: seen.append(current_id()))
        answer = Client().get("/admin/login/")
        assert seen == [answer["X-Request-ID"]]
        assert current_id() == ""

    def test_nobodys_session_is_read_for_it(self):
        request = RequestFactory().get("/")

        class Session(dict):
            accessed = False

            def get(self, *args):
                raise AssertionError("it is a query")

        request.session = Session()
        assert Work("1", request=request).user_id == ""

    def test_what_is_static_is_left_out_and_what_is_asked_all_the_time(self, lines):
        for address in ("/static/admin/css/base.css", "/healthz"):
            Client().get(address)
        assert [line for line in lines if line["logger"] == "clinic.request" and line["status"] < 400] == []


class TestTasks:
    def test_a_line_says_which_one_it_was(self, db, lines, monkeypatch):
        monkeypatch.setattr("notifications.tasks.services.dispatch_until_idle", lambda **_: logging.getLogger("clinic").warning("now"))
        monkeypatch.setattr("notifications.tasks.wake", lambda: None)
        dispatch_due.apply(task_id="a-task-of-ours", throw=False)
        line = next(line for line in lines if line["message"] == "now")
        assert (line["task_id"], line["task"]) == ("a-task-of-ours", "notifications.tasks.dispatch_due")
        assert "request_id" not in line
        assert current_id() == ""

    def test_what_a_failed_ones_error_says_is_left_out(self, db, lines, monkeypatch):
        def fail(**_):
            raise ValueError(secret)

        secret = "Ana " + "Alvarez"
        monkeypatch.setattr("notifications.tasks.services.dispatch_until_idle", fail)
        dispatch_due.apply(task_id="a-task-of-ours")
        (line,) = [line for line in lines if line["logger"] == "celery.app.trace"]
        assert "ValueError" in line["message"]
        assert "in fail" in line["error"]
        assert secret not in json.dumps(line)

    def test_control_celery_itself_would_say_it(self):
        error = failed(lambda: int("Ana"))
        said = {"name": "a", "id": "1", "description": "raised unexpected", "exc": repr(error), "traceback": "", "args": "", "kwargs": ""}
        record = logging.LogRecord(
            "celery.app.trace", logging.ERROR, "", 0, "Task %(name)s[%(id)s] %(description)s: %(exc)s", (said,), None
        )
        record.exc_info = (type(error), error, error.__traceback__)
        assert "Ana" in record.getMessage()
        assert UnsaidErrors().filter(record)
        assert record.getMessage() == "Task a[1] raised unexpected: ValueError"


class TestWhatNobodyWaitedFor:
    secret = "Ana " + "Alvarez"

    def line_of(self, lines):
        """Of asyncio, about a task that fails and is forgotten."""

        async def fail():
            raise ValueError(self.secret)

        async def forget():
            asyncio.ensure_future(fail())  # noqa: RUF006
            await asyncio.sleep(0)

        asyncio.run(forget())
        gc.collect()
        (line,) = [line for line in lines if line["logger"] == "asyncio"]
        return line

    def test_its_error_says_nothing(self, lines):
        line = self.line_of(lines)
        assert line["message"] == "Task exception was never retrieved"
        assert "in fail" in line["error"]
        assert self.secret not in json.dumps(line)

    def test_control_asyncio_itself_would_say_it(self, lines, monkeypatch):
        monkeypatch.setattr(logging.getLogger("asyncio"), "filters", [])
        assert self.secret in self.line_of(lines)["message"]


class TestErrors:
    def test_where_and_what_but_not_of_whom(self):
        name = "Alvarez"
        line = json.loads(JsonLines().format(record_of(failed(lambda: {}[name]))))
        assert line["error"].startswith("Traceback (most recent call last):")
        assert line["error"].endswith("KeyError")
        assert f'File "{__file__}"' in line["error"]
        assert name not in line["error"].replace('name = "Alvarez"', "")

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (AttributeError("'NoneType' object has no attribute 'pk'"), "AttributeError: 'NoneType' object has no attribute 'pk'"),
            (ImproperlyConfigured("set SECRET_KEY"), "ImproperlyConfigured: set SECRET_KEY"),
            (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: Connection refused"),
            (ValueError("Ana Alvarez"), "ValueError"),
            (TypeError("no number: +12125550101"), "TypeError: no number: +…"),
        ],
    )
    def test_what_it_says_only_where_that_is_about_code(self, error, said):
        assert described(error) == said

    def test_postgresqls_first_line_says_which_rule_and_the_others_which_row(self, db):
        def twice():
            with transaction.atomic(), connection.cursor() as cursor:
                for _ in range(2):
                    cursor.execute("INSERT INTO auth_group (name) VALUES ('Alvarez')")

        error = failed(twice)
        assert "Alvarez" in str(error)
        assert described(error) == 'IntegrityError: 23505 duplicate key value violates unique constraint "auth_group_name_key"'
        assert "Alvarez" not in traced(error).replace("VALUES ('Alvarez')", "")

    def test_and_nothing_of_a_value_that_couldnt_be_read(self, db):
        def wrong():
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT %s::integer", ["Alvarez"])

        error = failed(wrong)
        assert isinstance(error, DatabaseError)
        assert "Alvarez" in str(error)
        assert described(error) == "DataError: 22P02"

    def test_what_led_to_it_is_there_too(self):
        def chained():
            try:
                raise KeyError("Ana")
            except KeyError as error:
                raise ValueError("Ben") from error

        lines = traced(failed(chained)).splitlines()
        assert [line for line in lines if line in ("KeyError", "ValueError")] == ["KeyError", "ValueError"]
        assert "The above exception was the direct cause of the following exception:" in lines

    def test_in_development_it_says_all(self):
        written = TextLines("{levelname} {name}: {message}", style="{").format(record_of(failed(lambda: int("x1"))))
        assert "invalid literal for int() with base 10: 'x1'" in written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("no answer for +12125550101.", "no answer for +…."),
        ("?To=%2B12125550101&From=1", "?To=%2B…&From=1"),
        ("/admin/trail/?action=saw&name=Ana+Alvarez&first_on=", "/admin/trail/?action=saw&name=…&first_on="),
        ("call (212) 555-0101 or 212-555-0101", "call … or …"),
        ("ana.alvarez+1@example.org is unknown", "… is unknown"),
        ("ana%40example.org", "…"),
        ("2026-11-27T05:00:00 took 1764219600 ns on 127.0.0.1:5432", "2026-11-27T05:00:00 took 1764219600 ns on 127.0.0.1:5432"),
        ("celery@host ready; SM0000000000000000000012125550101", "celery@host ready; SM0000000000000000000012125550101"),
    ],
)
def test_numbers_and_addresses_in_somebody_elses_words_are_masked(written, shown):
    assert masked(written) == shown


def test_a_page_of_garbage_is_masked_in_no_time():
    began_at = time.process_time()
    for garbage in ("a" * 50_000, "+" * 50_000, "1" * 50_000, "a." * 25_000, "a@" * 25_000, "?q=" * 20_000, "%40" * 20_000):
        masked(garbage)
    assert time.process_time() - began_at < 1


def test_a_line_is_one_line():
    record = logging.LogRecord("clinic", logging.WARNING, "", 0, "one\ntwo %s", ("\x1b[31m",), None)
    written = JsonLines().format(record)
    assert "\n" not in written
    assert "\x1b" not in written
    assert json.loads(written)["message"] == "one\ntwo \x1b[31m"


def test_outside_of_requests_and_tasks_it_has_no_id():
    assert WORK.get() is NOTHING
    line = json.loads(JsonLines().format(logging.LogRecord("clinic", logging.INFO, "", 0, "hello", (), None)))
    assert set(line) == {"at", "level", "logger", "message"}
