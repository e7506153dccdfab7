"""PostgreSQL and Redis out of wheels: who starts them, who stops them, and what a kill -9 leaves."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import psycopg
import pytest
import redis
from django.db import connection

from clinic.engines import EngineError, local_engines, remove_local_engines

ROOT = Path(__file__).parents[1]

# Uses the engines in the folder named, says so, and goes on until its input ends.
USER = """
import sys
from pathlib import Path
from clinic.engines import local_engines
with local_engines(Path(sys.argv[1])) as addresses:
    print(addresses["DATABASE_URL"], addresses["REDIS_URL"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for engines. pytest's own may be entered by its user only, so PostgreSQL's data then lie elsewhere, as in a 0700 home."""
    folder = tmp_path_factory.mktemp("local")
    yield folder
    remove_local_engines(folder)


Use = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def use(folder: Path) -> Iterator[Use]:
    """Start another process that uses the engines in `folder`."""
    processes = []

    def start(*before: str) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-c", USER, str(folder)]
        process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream
            stream.close()


def addresses(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    return process.stdout.readline().split()


def leave(process: subprocess.Popen[str]) -> None:
    end: IO[str] | None = process.stdin
    assert end
    end.close()
    assert process.wait(20) == 0


def answering(urls: list[str]) -> list[bool]:
    database, queue = urls
    found = []
    try:
        psycopg.connect(database).close()
        found.append(True)
    except psycopg.OperationalError:
        found.append(False)
    try:
        with redis.Redis.from_url(queue) as client:
            found.append(client.ping())
    except redis.ConnectionError:
        found.append(False)
    return found


def test_the_first_in_starts_them_and_the_last_out_stops_them(use: Use) -> None:
    first = use()
    urls = addresses(first)
    second = use()
    assert addresses(second) == urls

    leave(first)
    assert answering(urls) == [True, True]

    leave(second)
    assert answering(urls) == [False, False]


def test_data_stay_from_one_run_to_the_next_and_arent_removed_under_somebodys_hands(folder: Path) -> None:
    with local_engines(folder) as found, psycopg.connect(found["DATABASE_URL"]) as session:
        session.execute("CREATE TABLE visit AS SELECT 'Ana' AS name")
    with local_engines(folder) as found, psycopg.connect(found["DATABASE_URL"]) as session:
        with pytest.raises(EngineError, match="in use"):
            remove_local_engines(folder)
        assert session.execute("SELECT name FROM visit").fetchone() == ("Ana",)


def test_after_a_kill_the_next_one_takes_the_running_engines_over(use: Use) -> None:
    killed = use()
    urls = addresses(killed)
    killed.kill()
    killed.wait()
    assert answering(urls) == [True, True]

    following = use()
    assert addresses(following) == urls
    leave(following)
    assert answering(urls) == [False, False]


def test_engines_that_were_killed_too_start_again_though_their_pid_numbers_are_a_strangers(use: Use) -> None:
    killed = use()
    urls = addresses(killed)
    killed.kill()
    killed.wait()
    pid_files = find_pid_files(urls)
    for pid_file in pid_files:
        server = psutil.Process(int(pid_file.read_text().split()[0]))
        server.kill()
        server.wait()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        for pid_file in pid_files:
            _number, *rest = pid_file.read_text().splitlines()
            pid_file.write_text("\n".join([str(stranger.pid), *rest, ""]))

        following = use()
        assert answering(addresses(following)) == [True, True]
        leave(following)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can give up a right of root's")
def test_root_in_a_container_knows_its_own_postgresql_again(use: Use) -> None:
    # There root has no CAP_SYS_PTRACE: it can't see what the processes of another account are about.
    contained = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    first = use(*contained)
    urls = addresses(first)
    second = use(*contained)
    assert addresses(second) == urls
    leave(first)
    leave(second)
    assert answering(urls) == [False, False]


def test_they_listen_on_loopback_only_and_ask_for_the_password(folder: Path) -> None:
    with local_engines(folder) as found:
        with psycopg.connect(found["DATABASE_URL"]) as session, redis.Redis.from_url(found["REDIS_URL"]) as client:
            assert session.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
        password = found["REDIS_URL"].split(":")[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(found["DATABASE_URL"], password="guessed")
        with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(found["REDIS_URL"].replace(password, "guessed")) as client:
            client.ping()
        assert not [process for process in psutil.process_iter(["cmdline"]) if password in " ".join(process.info["cmdline"] or [])]


def test_a_process_that_a_test_starts_works_on_the_tests_own_database(process_env: dict[str, str]) -> None:
    code = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT current_database()').fetchone()[0])"
    done = subprocess.run([sys.executable, "-c", code], env=process_env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == connection.settings_dict["NAME"]
    assert done.stdout.startswith("test_")


@pytest.fixture
def temporary_place() -> Iterator[Path]:
    """A place for temporary files that PostgreSQL's user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="for-engines-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.parametrize("how", ["a mistyped option", "Ctrl-C", "kill -9, then another run"])
def test_nothing_of_a_test_run_stays_behind(how: str, temporary_place: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER")}
    env["TMPDIR"] = str(temporary_place)
    (tmp_path / "test_sleeping.py").write_text("import time\n\ndef test_it():\n    print('asleep', flush=True)\n    time.sleep(60)\n")
    pytest_command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]

    def end_at_once() -> None:
        assert subprocess.run([*pytest_command, "--mistyped"], cwd=ROOT, env=env, capture_output=True, check=False).returncode == 4

    if how == "a mistyped option":
        end_at_once()
    else:
        with subprocess.Popen([*pytest_command, str(tmp_path)], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE) as run:
            assert run.stdout
            assert any("asleep" in line for line in run.stdout)
            assert len(running_in(temporary_place)) == 2
            run.send_signal(signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL)
            run.communicate(timeout=20)
    if how.startswith("kill"):
        assert len(running_in(temporary_place)) == 2
        end_at_once()
    assert running_in(temporary_place) == []
    assert list(temporary_place.glob("afterglow-*")) == []


def running_in(place: Path) -> list[str]:
    """The servers whose command line names the place."""
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if f"{place}/" in line]


def find_pid_files(urls: list[str]) -> list[Path]:
    database, queue = urls
    with psycopg.connect(database) as session, redis.Redis.from_url(queue) as client:
        (data,) = session.execute("SHOW data_directory").fetchone() or ("",)
        return [Path(data) / "postmaster.pid", Path(client.config_get("dir")["dir"]) / "redis.pid"]
