from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.clinic_world import Clinic, open_clinic


@pytest.fixture
def clinic(db: None) -> Clinic:
    return open_clinic()


@pytest.fixture
def committed_clinic(transactional_db: None) -> Clinic:
    """For what other connections must see: threads, worker processes."""
    return open_clinic()


@pytest.fixture
def at_once() -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Run the functions in as many threads, all let go at the same moment; each answers with its result or its exception."""

    def run(functions: list[Callable[[], Any]]) -> list[Any]:
        barrier = Barrier(len(functions))

        def one(function: Callable[[], Any]) -> Any:
            try:
                connection.ensure_connection()
                barrier.wait(timeout=20)
                return function()
            except Exception as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(one, functions))

    return run


@pytest.fixture
def no_constraint(transactional_db: None) -> Iterator[Callable[[str], None]]:
    """Drop one of the appointment's constraints for this test only."""
    dropped = []

    def drop(name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
            dropped.append((name, cursor.fetchone()[0]))
            cursor.execute(f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}")

    yield drop
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_appointment CASCADE")
        for name, definition in dropped:
            cursor.execute(f"ALTER TABLE scheduling_appointment ADD CONSTRAINT {name} {definition}")
