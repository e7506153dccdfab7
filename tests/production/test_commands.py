"""The image's commands, as they are, in a folder that holds what the image holds, by a user who can't write there."""

import json
import os
import re
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from clinic.engines import ephemeral_engines
from tests.clinic_world import wait_until
from tests.processes import beside
from tests.production.shipped import as_nobody, command_of, compose, dockerfile, health_of, make_image


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    with open_folder() as folder:
        make_image(folder)
        yield folder


@pytest.fixture
def scratch() -> Iterator[Path]:
    """What is /tmp in a container."""
    with open_folder() as folder:
        folder.chmod(0o777)
        yield folder


@contextmanager
def open_folder() -> Iterator[Path]:
    """Where everybody can walk to: pytest's own are for their owner only."""
    with tempfile.TemporaryDirectory(prefix="afterglow-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def environment(process_env, scratch):
    """Of a service, with the test's own engines."""

    def of(service: str) -> dict[str, str]:
        said = compose()["services"][service]["environment"]
        here = {"DATABASE_URL": process_env["DATABASE_URL"], "REDIS_URL": process_env["REDIS_URL"], "ENV_FILE": "/dev/null"}
        alive = {"ALIVE_FILE": said["ALIVE_FILE"].replace("/tmp", str(scratch))} if "ALIVE_FILE" in said else {}
        return {name: str(value) for name, value in (said | here | alive).items()} | {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/nonexistent",
        }

    return of


def run(command: list[str], image: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(as_nobody(command), cwd=image, env=env, capture_output=True, text=True, timeout=60)


def running(command: list[str], image: Path, env: dict[str, str], log: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return beside(as_nobody(command), env, image, log, seconds=20)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_well(service: str, image: Path, env: dict[str, str], *moved: tuple[str, str]) -> bool:
    """By the service's own health check, for what is elsewhere here."""
    words = health_of(service)
    for was, now in moved:
        words = [word.replace(was, now) for word in words]
    return run(words, image, env).returncode == 0


def loggers(log: Path) -> set[str]:
    """Who wrote its lines: each of them is an object, from the first to the last."""
    return {json.loads(line)["logger"] for line in log.read_text().splitlines()}


def test_what_is_collected_at_building_needs_no_other_setting(image):
    [said] = [said for word, said in dockerfile() if word == "RUN" and "collectstatic" in said]
    words = shlex.split(said.rpartition("&&")[2])
    env = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    command = [word for word in words if not re.match(r"[A-Z_]+=", word)]

    done = run([*command, "--dry-run"], image, env | {"PATH": os.environ["PATH"], "ENV_FILE": "/dev/null"})

    assert done.returncode == 0, done.stderr
    assert re.search(r"\d\d+ static files? copied", done.stdout)


def test_migrate_finds_nothing_to_do(image, environment):
    done = run([*command_of("migrate"), "--plan"], image, environment("migrate"))

    assert done.returncode == 0, done.stderr
    assert "No planned migration operations." in done.stdout


def test_a_backup_is_written_to_its_volume_and_nowhere_else(image, environment, scratch):
    command = [word.replace("/backups", f"{scratch}/backups") for word in command_of("backup")]

    done = run(command, image, environment("backup"))

    assert done.returncode == 0, done.stderr
    assert sorted(path.suffix for path in (scratch / "backups").iterdir()) == [".dump", ".json"]
    assert [path.name for path in scratch.iterdir()] == ["backups"]


def test_web_is_well_once_it_answers_and_can_change_nothing_in_its_folder(image, environment, scratch, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, env, moved = command_of("web"), environment("web") | {"HOME": str(scratch)}, ("8000", str(port))
    assert command[command.index("--bind") + 1] == "0.0.0.0:8000"
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    before = {path: path.stat().st_mtime_ns for path in image.rglob("*")}

    assert not is_well("web", image, env, moved)
    with running(command, image, env, tmp_path / "log") as web:
        # It listens before it has loaded us, and the check waits five seconds only.
        wait_until(lambda: web.poll() is not None or (is_listening(port) and is_well("web", image, env, moved)), seconds=60)
        assert web.poll() is None, (tmp_path / "log").read_text()
    assert loggers(tmp_path / "log") >= {"gunicorn.error"}
    assert {path: path.stat().st_mtime_ns for path in image.rglob("*")} == before
    assert not (scratch / ".gunicorn").exists()  # where its control socket would be


def test_workers_that_lost_redis_say_so_a_line_a_try(image, environment, tmp_path):
    """With gossip each try was pages of Celery's own code, where there were two of them."""
    logs = [tmp_path / "one", tmp_path / "two"]
    with ephemeral_engines(("REDIS_URL",)) as own, ExitStack() as workers:
        for log in logs:  # each has a host of its own in a container
            workers.enter_context(running([*command_of("worker"), "-n", log.name], image, environment("worker") | own, log))
        redis = Redis.from_url(own["REDIS_URL"])
        wait_until(lambda: all("ready." in log.read_text() for log in logs), seconds=60)
        time.sleep(3)  # they have heard of each other
        with suppress(RedisConnectionError):
            redis.shutdown(nosave=True)
        wait_until(lambda: all(log.read_text().count("Cannot connect to") > 1 for log in logs), seconds=30)

    said = "".join(log.read_text() for log in logs)
    assert "Traceback" not in said
    assert "CPendingDeprecationWarning" not in said


@pytest.mark.parametrize("service", ["worker", "beat"])
def test_a_worker_and_beat_are_well_for_as_long_as_they_go_on(image, environment, scratch, tmp_path, service):
    env, moved = environment(service), ("/tmp/", f"{scratch}/")
    command = [word.replace("/tmp/", f"{scratch}/") for word in command_of(service)]

    assert not is_well(service, image, env, moved)
    with running(command, image, env, tmp_path / "log") as process:
        wait_until(lambda: process.poll() is not None or (scratch / "alive").exists(), seconds=60)
        assert process.poll() is None, (tmp_path / "log").read_text()
        assert is_well(service, image, env, moved)
        first = (scratch / "alive").stat().st_mtime_ns
        wait_until(lambda: (scratch / "alive").stat().st_mtime_ns > first, seconds=30)
        assert loggers(tmp_path / "log") >= {"worker": {"celery.apps.worker"}, "beat": {"clinic.celery"}}[service]
    long_ago = time.time() - 61
    os.utime(scratch / "alive", (long_ago, long_ago))
    assert not is_well(service, image, env, moved)


def test_beat_says_in_a_line_what_ended_it(image, environment, scratch):
    command = [word.replace("/tmp/beat", f"{scratch}/nowhere/beat") for word in command_of("beat")]

    done = run(command, image, environment("beat"))

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert [line["logger"] for line in lines] == ["celery.beat", "celery.beat", "clinic.celery"]
    assert lines[-1]["message"].startswith("Ended by ")
