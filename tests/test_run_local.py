"""`make run` from its start to Ctrl-C, and what goes wrong in between: with real processes and a `.local` of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from clinic.demo.accounts import DEMO_ACCOUNTS
from clinic.engines import remove_local_engines
from clinic.engines.places import free_port

ROOT = Path(__file__).parents[1]


class Place:
    """A `.local` of our own with what runs there."""

    def __init__(self, local: Path) -> None:
        self.local = local
        self.port = free_port()
        ours = ("DATABASE_URL", "REDIS_URL", "PUBLIC_BASE_URL")
        self.env = {name: value for name, value in os.environ.items() if name not in ours}
        self.env |= {"LOCAL_DIR": str(local), "PORT": str(self.port)}

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as page:
            return page.read().decode()

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[str]]:
        """`run_local`, as a terminal has it: in a process group of its own."""
        run = subprocess.Popen(
            [sys.executable, "manage.py", "run_local"], cwd=ROOT, env=self.env, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert run.stdout
        with run.stdout:
            try:
                yield run
            finally:
                if run.poll() is None:
                    run.terminate()
                    run.wait(20)

    def processes(self) -> list[str]:
        """What runs for us: our servers by their command line, everything else by the environment that it got."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or [])
            try:
                if process.environ().get("LOCAL_DIR") == str(self.local) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(line)
            except psutil.Error:
                continue
        return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("local"))
    yield place
    remove_local_engines(place.local)


def until_it_runs(run: subprocess.Popen[str]) -> str:
    assert run.stdout
    lines = []
    for line in run.stdout:
        lines.append(line)
        if "Ctrl-C stops it" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def until_it_ends(run: subprocess.Popen[str]) -> str:
    assert run.stdout
    rest = run.stdout.read()
    run.wait(20)
    return rest


@pytest.fixture(scope="module")
def first_run(place: Place) -> dict[str, str]:
    """The first start of all, its page, and Ctrl-C."""
    with place.running() as run:
        said = until_it_runs(run)
        phones = place.page("/demo/phone/")
        emails = [
            place.page(email)
            for phone in re.findall(r'href="(\?patient=\d+)"', phones)
            for email in re.findall(r'src="(/demo/phone/mail/\d+/)"', place.page(f"/demo/phone/{phone}"))
        ]
        second = place.manage("run_local", "--port", str(free_port()))
        os.killpg(run.pid, signal.SIGINT)
        rest = until_it_ends(run)
    return {
        "said": said,
        "phones": phones,
        "emails": "\n".join(emails),
        "second": second.stderr,
        "rest": rest,
        "left": "\n".join(place.processes()),
    }


def test_the_first_start_says_where_to_go_and_who_may_sign_in(first_run: dict[str, str], place: Place) -> None:
    assert f"http://127.0.0.1:{place.port}/admin/" in first_run["said"]
    assert f"http://127.0.0.1:{place.port}/demo/phone/" in first_run["said"]
    for username, password, role in DEMO_ACCOUNTS:
        assert re.search(rf"{username} +password {password} +{role}", first_run["said"])
    assert "<html" in first_run["phones"]


def test_the_first_emails_lead_to_where_it_runs(first_run: dict[str, str], place: Place) -> None:
    assert set(re.findall(r'href="http://([^/"]+)/emails/', first_run["emails"])) == {f"127.0.0.1:{place.port}"}


def test_ctrl_c_stops_everything_without_a_traceback(first_run: dict[str, str]) -> None:
    assert "Afterglow has stopped." in first_run["rest"]
    assert "Traceback" not in first_run["said"] + first_run["rest"]
    assert first_run["left"] == ""


def test_a_second_one_in_the_same_folder_is_refused(first_run: dict[str, str], place: Place) -> None:
    assert first_run["second"].startswith(f"CommandError: Afterglow already runs from this folder, at http://127.0.0.1:{place.port}.")


def test_after_a_kill_the_next_start_tidies_up_and_finds_the_same_data(first_run: dict[str, str], place: Place) -> None:
    with place.running() as run:
        until_it_runs(run)
        run.kill()
        run.wait()
    assert len(place.processes()) > 3

    with place.running() as run:
        said = until_it_runs(run)
        assert "An earlier run was cut off" in said
        assert "Making the demo clinic" not in said
        run.terminate()
        until_it_ends(run)
    assert place.processes() == []


def test_when_one_process_dies_the_others_stop_and_its_name_is_said(first_run: dict[str, str], place: Place) -> None:
    with place.running() as run:
        until_it_runs(run)
        (beat,) = [process for process in psutil.Process(run.pid).children(recursive=True) if "beat" in process.cmdline()]
        beat.kill()
        assert "The process “beat” ended by itself" in until_it_ends(run)
        assert run.returncode == 1
    assert place.processes() == []


def test_a_port_in_use_is_one_sentence(place: Place) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        done = place.manage("run_local", "--port", str(port))
    assert done.stderr == f"CommandError: Port {port} is in use by another program. Choose another one: PORT={port + 123} make run\n"
    assert (done.returncode, place.processes()) == (1, [])


PRODUCTION = {
    "DEBUG": "false",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SMS_BACKEND": "twilio",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "none",
    "TWILIO_FROM_NUMBER": "+12125550100",
    "ALLOWED_HOSTS": "clinic.example.org",
    "PUBLIC_BASE_URL": "https://clinic.example.org",
    "EMAIL_URL": "smtp://127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "aftercare@example.org",
}


@pytest.mark.parametrize("unset", ["DATABASE_URL", "REDIS_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER"])
def test_production_says_which_setting_is_missing_and_starts_nothing(unset: str, tmp_path: Path) -> None:
    place = Place(tmp_path / "local")
    place.env |= PRODUCTION | {unset: ""}
    done = place.manage("migrate")
    assert re.fullmatch(rf"Afterglow can't start: {unset} isn't set\. .*\n", done.stderr)
    assert done.returncode == 1
    assert not place.local.exists()
