"""What is in a database: how many rows of what, which migrations, and what PostgreSQL holds to."""

from typing import Any, NamedTuple

import psycopg
from psycopg import sql

# What is no backup's business. Whoever reads a row of the first is signed in as somebody: everybody signs in again after a restore. The
# second would show life where nothing runs yet.
LEFT_OUT = ("django_session", "clinic_heartbeat")
# Who said stop, and the one table that may have more rows than the backup: nobody is forgotten whom the database knew until then.
STOPS = "notifications_suppression"

TABLES = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1, 2
"""

# Only what is in force: a constraint that old rows needn't keep, or a trigger that is switched off, holds nothing.
HELD = """
SELECT kind || ' ' || name
  FROM (SELECT 'constraint' AS kind, conrelid AS on_table, conname || ' of ' || conrelid::regclass AS name
          FROM pg_constraint WHERE conrelid <> 0 AND convalidated AND conenforced
        UNION ALL
        SELECT 'trigger', tgrelid, tgname || ' of ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'
        UNION ALL
        SELECT 'index', indrelid, indexrelid::regclass::text FROM pg_index WHERE indisvalid) AS held
  JOIN pg_class c ON c.oid = on_table
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 1
"""


class Contents(NamedTuple):
    rows: dict[str, int]  # by table
    migrations: list[str]  # “scheduling.0001_initial”, in the order in which they were applied
    held: list[str]  # constraints, triggers and indexes that are in force

    @property
    def patients(self) -> int:
        return self.rows.get("scheduling_patient", 0)

    @property
    def appointments(self) -> int:
        return self.rows.get("scheduling_appointment", 0)


def contents_of(session: psycopg.Connection[Any]) -> Contents:
    """All of it counted, which takes a second for some millions of rows."""
    tables = session.execute(TABLES).fetchall()
    rows = {_label(*table): _count(session, *table) for table in tables if table[1] not in LEFT_OUT}
    has_migrations = "django_migrations" in rows
    migrations = session.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id").fetchall() if has_migrations else []
    return Contents(rows, [name for (name,) in migrations], [name for (name,) in session.execute(HELD)])


def tables_in(session: psycopg.Connection[Any]) -> int:
    return len(session.execute(TABLES).fetchall())


def _count(session: psycopg.Connection[Any], schema: str, table: str) -> int:
    (count,) = session.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, table))).fetchone() or (0,)
    return int(count)


def _label(schema: str, table: str) -> str:
    return table if schema == "public" else f"{schema}.{table}"
