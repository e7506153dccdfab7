"""Databases beside the first one, each filled with as much as is measured."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

EMPTY = "empty"


def database(name: str, fill: Callable[[Any], None]) -> Any:
    """Its connection; `fill` gets a cursor on the migrated database."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {EMPTY}")
    connections["default"].close()
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = wrapper.settings_dict | {"NAME": name}
    with using(wrapper), wrapper.cursor() as cursor:
        fill(cursor)
    return wrapper


def keep_empty() -> None:
    """A copy of the first one as it is now, migrated and empty, for the others to begin with."""
    name = connections["default"].settings_dict["NAME"]
    connections["default"].close()  # a template is nobody's while it is copied
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = wrapper.settings_dict | {"NAME": "template1"}
    with wrapper.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {EMPTY} TEMPLATE {name}")
    wrapper.close()


@contextmanager
def using(wrapper: Any) -> Iterator[None]:
    """What is asked within asks that database."""
    usual, connections["default"] = connections["default"], wrapper
    try:
        yield
    finally:
        connections["default"] = usual


@contextmanager
def without(cursor: Any, table: str, *, is_checked: bool = True, but: Collection[str] = ()) -> Iterator[None]:
    """Until the end of the block the table has no index but unique ones, no foreign key, no exclusion, and leaves no trail: it is filled
    ten times faster.

    To hold a million rows to the rules takes minutes: unless `is_checked`, only new ones are held to the foreign keys, and of the
    exclusions only the indexes are made. Of `but` not even those.
    """
    cursor.execute(
        "SELECT conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('f', 'x') ORDER BY contype",
        [table],
    )
    rules = cursor.fetchall()
    cursor.execute(
        "SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))",
        [table],
    )
    indexes = cursor.fetchall()
    for rule, _, _ in rules:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{rule}"')
    for index, _ in indexes:
        cursor.execute(f'DROP INDEX IF EXISTS "{index}"')  # an exclusion's is gone with it
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    again = {rule: definition for rule, kind, definition in rules if kind == "f" or is_checked}
    for index, definition in indexes:
        if index not in again and index not in but:
            cursor.execute(definition)
    for rule, definition in again.items():
        checked = "" if is_checked else "NOT VALID"
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{rule}" {definition} {checked}')
