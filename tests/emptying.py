"""After a test that commits: the tables as the migrations made them, but empty. Django's own way, a TRUNCATE of all, takes 0.2 s."""

from typing import Any

from django.db import connection
from django.test import TransactionTestCase
from psycopg import sql

# The same after every migration, so that nothing has to make them again.
KEPT = ["django_migrations", "django_content_type", "auth_permission"]

# A table that nothing was ever written to has no pages.
WRITTEN_TO = """
SELECT relname FROM pg_class
 WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_relation_size(oid) > 0 AND relname <> ALL (%s)
"""


def empty_the_tables(*_: Any) -> None:
    """Waits for whoever still writes. As a superuser, past triggers and foreign keys: what may not be deleted must go too."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN_TO, [KEPT])
        tables = [sql.Identifier(name) for (name,) in cursor.fetchall()]
        if tables:
            deletes = sql.SQL("").join(sql.SQL("DELETE FROM {};").format(table) for table in tables)
            locked = sql.SQL("LOCK TABLE {};").format(sql.SQL(", ").join(tables))
            cursor.execute(sql.SQL("BEGIN; SET LOCAL session_replication_role = replica;") + locked + deletes + sql.SQL("COMMIT"))


def empty_quickly() -> None:
    TransactionTestCase._fixture_teardown = empty_the_tables
