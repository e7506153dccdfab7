"""What Sentry is told, as it goes over the wire: what failed, where, and in which request or task; and nothing about a patient."""

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.processes import run

NAME, NUMBER = "Alvarez", "+12125550101"

# The name comes from outside: what stands in the code is in a traceback.
STORY = """
import logging, os
from contextlib import suppress
import django
from unittest.mock import patch
with patch("clinic.ops.sentry.without_anybody", lambda event, hint: event) if "UNGUARDED" in os.environ else suppress():
    django.setup()
from django.contrib.auth.models import Group
from django.test import Client
import sentry_sdk
from notifications.tasks import dispatch_due
from scheduling import services

def fail(*args, **kwargs):
    name, number = os.environ["NAME"], os.environ["NUMBER"]
    raise ValueError(f"{name} at {number}")

def twice(*args, **kwargs):
    for _ in range(2):
        Group.objects.create(name=os.environ["NAME"])

client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
with patch("django.contrib.auth.forms.AuthenticationForm.clean", fail):
    answer = client.post("/admin/login/?q=" + os.environ["NAME"], {"username": os.environ["NAME"], "password": os.environ["NUMBER"]})
assert answer.status_code == 500
with patch("notifications.services.dispatch_until_idle", twice):
    dispatch_due.apply(task_id="a-task-of-ours", args=())
logging.getLogger("clinic").error("%s is gone", os.environ["NAME"])
print(answer["X-Request-ID"] if answer.has_header("X-Request-ID") else "")
sentry_sdk.flush(10)
"""


class Ears(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """A test's output is its own."""


@pytest.fixture
def sentry():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    server.heard = []
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_it_is_told_of_errors_and_never_of_patients(process_env, sentry):
    env = process_env | {"DJANGO_SETTINGS_MODULE": "clinic.settings", "NAME": NAME, "NUMBER": NUMBER}
    done = run("-c", STORY, env=env | {"SENTRY_DSN": f"http://key@127.0.0.1:{sentry.server_port}/1"})

    assert done.returncode == 0, done.stderr
    wire = b"\n".join(sentry.heard)
    assert NAME.encode() not in wire
    assert NUMBER[1:].encode() not in wire
    events = [json.loads(body.split(b"\n")[2]) for body in sentry.heard]
    page, task, line = sorted(events, key=lambda event: event["transaction"] == "", reverse=False)
    assert [page["exception"]["values"][-1][key] for key in ("type", "value")] == ["ValueError", "ValueError"]
    assert page["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "fail"
    assert page["tags"] == {"request_id": done.stdout.strip()}
    assert task["exception"]["values"][-1]["value"].startswith("IntegrityError: 23505 duplicate key value violates unique constraint")
    assert task["tags"] == {"task": "notifications.tasks.dispatch_due", "task_id": "a-task-of-ours"}
    assert line["logentry"] == {"message": "%s is gone"}
    assert not any({"request", "extra", "breadcrumbs", "contexts"} & event.keys() for event in events)


def test_control_left_to_itself_the_sdk_tells_of_them(process_env, sentry):
    """Though it is asked for no personal data: errors say what they say."""
    env = process_env | {"DJANGO_SETTINGS_MODULE": "clinic.settings", "NAME": NAME, "NUMBER": NUMBER, "UNGUARDED": "yes"}
    done = run("-c", STORY, env=env | {"SENTRY_DSN": f"http://key@127.0.0.1:{sentry.server_port}/1"})

    assert done.returncode == 0, done.stderr
    wire = b"\n".join(sentry.heard)
    assert NAME.encode() in wire
    assert NUMBER[1:].encode() in wire


def test_without_a_dsn_it_isnt_even_loaded(process_env):
    look = "import sys, django; django.setup(); print('sentry_sdk' in sys.modules)"
    assert run("-c", look, env=process_env | {"DJANGO_SETTINGS_MODULE": "clinic.settings"}).stdout.strip() == "False"
