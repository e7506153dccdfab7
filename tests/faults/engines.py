"""A PostgreSQL and a Redis that may be killed: each comes back at the same port, as a restarted machine would."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import redis

from clinic.engines import EngineError, ephemeral_engines
from clinic.engines.postgres import Postgres
from clinic.engines.redis import Redis

# What is committed must survive the death of the server's processes: commits are written before they are answered. Nobody pulls the
# plug here, so the disk itself needn't be waited for.
SURVIVES_A_KILL = "-c synchronous_commit=on -c fsync=off -c full_page_writes=off -c max_connections=300"


class SteadyPostgres(Postgres):
    def __init__(self, data: Path, password: str, port: int) -> None:
        super().__init__(data, password, durable=True)
        self.port = port

    def crash(self) -> None:
        """`immediate`: its processes stop where they stand and tell nobody; what wasn't committed is gone."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)

    def come_back(self) -> None:
        if self._is_running():
            return
        self._forget_stale_pid()
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {SURVIVES_A_KILL}"
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.data / "server.log", "-o", options)


class SteadyRedis(Redis):
    def crash(self) -> None:
        """Killed with all that it held."""
        pid = self._pid()
        assert pid is not None
        server = psutil.Process(pid)
        server.kill()
        with suppress(psutil.TimeoutExpired):
            server.wait(10)

    def come_back(self) -> None:
        if self._pid() is None:
            self._launch(int(self._port_file.read_text()))


class Engines:
    def __init__(self, database_url: str, redis_url: str) -> None:
        self.server_url = database_url.rpartition("/")[0]
        self.redis_url = redis_url
        with psycopg.connect(database_url) as session:
            (data,) = session.execute("SHOW data_directory").fetchone() or ("",)
        with redis.Redis.from_url(redis_url) as client:
            folder = Path(client.config_get("dir")["dir"])
        database, queue = urlsplit(database_url), urlsplit(redis_url)
        self.postgres = SteadyPostgres(Path(data), database.password or "", database.port or 0)
        self.redis = SteadyRedis(folder, queue.password or "")
        self.postgres.stop()
        self.postgres.come_back()

    def come_back(self) -> None:
        """For the next story, when one failed while it held an engine down."""
        self.postgres.come_back()
        self.redis.come_back()

    def database_url(self, name: str) -> str:
        return f"{self.server_url}/{name}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """A database of its own for each story, with the tables that `template` has."""
        assert re.fullmatch(r"[a-z0-9_]+", name)
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as session:
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            session.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as session:
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def forget_the_queue(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()


@contextmanager
def engines() -> Iterator[Engines]:
    """Gone afterwards, also when they have been restarted meanwhile."""
    with ephemeral_engines() as addresses:
        yield Engines(addresses["DATABASE_URL"], addresses["REDIS_URL"])


__all__ = ["EngineError", "Engines", "engines"]
