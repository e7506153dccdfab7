"""The report as a file, out of a web server as production runs it: how long 350,000 rows take, and what of its memory."""

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil

from tests.bench.figures import Figure, say
from tests.bench.sizes import Sizes
from tests.bench.world import FOLDER, _end, wait_until

MOST_MEGABYTES = 200
TOKEN = "a" * 32
STANDINGS = """
INSERT INTO scheduling_standing (patient_id, stands_from, stands_until, recall_id, kind, stage, treatment_id, location_id, practitioner_id,
       last_session_on, due_on, reached_by, attempts, last_outcome, sort_name)
SELECT id, '1900-01-01', '2999-12-31', id, 'maintenance', 'open', %s, %s, %s, %s, %s::date - (id %% 300)::int, 'sms,email', 1, 'told',
       'exported ana ' || id
  FROM scheduling_patient
 WHERE last_name = 'Exported'
"""


def export(sizes: Sizes) -> Iterator[Figure]:
    rows = sizes.exported
    cookie = fill(rows)
    with web() as (port, process):
        for name, about in (("csv", "CSV"), ("xlsx", "Excel")):
            before = process.memory_info().rss
            first, all_of_it, size, most = download(port, cookie, name, process)
            say(f"{about}: {rows:,} rows, {size / 1e6:.0f} MB, first byte after {first:.2f} s, the process had {before / 1e6:.0f} MB")
            yield Figure(f"report.export_{name}", f"s for {rows:,} rows", all_of_it)
            yield Figure(f"report.export_{name}_memory", "MB of the web process at most", most / 1e6, goal=f"ours <= {MOST_MEGABYTES}")


def fill(rows: int) -> str:
    """Patients who are due. Their appointments and recalls are left out: an export reads neither. Returns a manager's cookie."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django_otp import DEVICE_ID_SESSION_KEY

    from clinic.models import Phone
    from scheduling.models import Location, Patient, Practitioner, Treatment

    where = Location.objects.create(
        name="Bench Street Clinic", address="1 Bench Street", phone="+12125550100", time_zone="America/New_York"
    )
    face = Treatment.objects.create(name="Microneedling, bench", skin_area="face", duration_minutes=60, turnaround_minutes=15)
    dana = Practitioner.objects.create(name="Dana Diaz")
    about = {"first_name": "Ana", "last_name": "Exported", "birth_date": date(1990, 5, 17), "phone": "+12125550101"}
    Patient.objects.create(**about, email="ana1@example.org", time_zone="America/New_York")
    columns = [field.column for field in Patient._meta.concrete_fields if not field.primary_key and not field.generated]
    copied = ", ".join(f"{column} || ' ' || n" if column == "first_name" else column for column in columns)
    today = date.today()  # noqa: DTZ011
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no foreign key is looked at
        cursor.execute(
            f"INSERT INTO scheduling_patient ({', '.join(columns)}) SELECT {copied} FROM scheduling_patient, generate_series(2, %s) n "
            "WHERE last_name = 'Exported'",
            [rows],
        )
        cursor.execute(STANDINGS, [face.pk, where.pk, dana.pk, today - timedelta(days=200), today])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE scheduling_patient, scheduling_standing")
    client, exporter = Client(), User.objects.create_superuser("exporter")
    client.force_login(exporter)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = Phone.objects.create(user=exporter, name="phone").persistent_id  # as if she had given a code
    session.save()
    return f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"


def command() -> list[str]:
    """The Dockerfile's own."""
    written = re.search(r"^CMD (\[.*\])", (FOLDER / "Dockerfile").read_text().replace("\\\n", ""), re.MULTILINE)
    assert written
    return re.findall(r'"([^"]*)"', written[1])


@contextmanager
def web() -> Iterator[tuple[int, psutil.Process]]:
    """Its port, and the one process that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = command()
    words[words.index("--bind") + 1], words[words.index("--workers") + 1] = f"127.0.0.1:{port}", "1"
    process: Any = subprocess.Popen([str(Path(sys.executable).parent / words[0]), *words[1:]], cwd=FOLDER, env=os.environ | {"TZ": "UTC"})
    try:
        wait_until(lambda: _answers(port))
        [worker] = psutil.Process(process.pid).children()
        yield port, worker
    finally:
        _end(process)


def _answers(port: int) -> bool:
    with suppress(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/admin/login/")
        return connection.getresponse().status == 200
    return False


def download(port: int, cookie: str, format: str, process: psutil.Process) -> tuple[float, float, int, int]:
    """Seconds to the first byte, and to the last; bytes; and the most memory that the process had meanwhile."""
    most, is_over = [process.memory_info().rss], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        body = urllib.parse.urlencode({"format": format, "query": "bucket=all", "csrfmiddlewaretoken": TOKEN})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        began = time.monotonic()
        connection.request("POST", "/admin/maintenance-due/export/", body, headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()[:500]
        size = len(answer.read(1))
        first = time.monotonic() - began
        while piece := answer.read(1 << 16):
            size += len(piece)
        return first, time.monotonic() - began, size, most[0]
    finally:
        is_over.set()
        watching.join()
