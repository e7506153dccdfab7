"""Tables that are filled by the million: without their indexes, foreign keys and exclusions first, held to all of them again afterwards.

All in one transaction: until it commits nobody else sees or writes these tables, and if it doesn't, nothing has happened.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

# Each row is looked up among all those of its practitioner, or of its room: PostgreSQL compares it with every entry of a page. The pages of
# an index that is built by sorting are full; with pages a quarter full, which only a buffered build makes, it takes two thirds of the time.
SPARSE = "WITH (buffering = on, fillfactor = 25)"
CROWDED = ("practitioner_is_free", "room_is_free")

RULES = """
SELECT conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE conrelid = %s::regclass AND contype IN ('f', 'x') ORDER BY contype DESC, conname
"""
INDEXES = """
SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid
 WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY relname
"""


@dataclass(frozen=True)
class Rule:
    """`kind`: x for an exclusion, f for a foreign key, i for an index."""

    table: str
    name: str
    kind: str
    definition: str

    @property
    def is_long(self) -> bool:
        return self.kind == "x"

    @property
    def cost(self) -> float:
        """How long it takes, in comparison."""
        if self.name in CROWDED:
            return 20
        return 10 if self.is_long else 6 if "USING gi" in self.definition else 1

    def drop(self, cursor: Any) -> None:
        cursor.execute(f'DROP INDEX "{self.name}"' if self.kind == "i" else f'ALTER TABLE {self.table} DROP CONSTRAINT "{self.name}"')

    def restore(self, cursor: Any) -> None:
        if self.kind == "i":
            cursor.execute(self.definition)
            return
        is_crowded = self.name in CROWDED
        definition = self.definition.replace(" WHERE ", f" {SPARSE} WHERE ", 1) if is_crowded else self.definition
        cursor.execute(f'ALTER TABLE {self.table} ADD CONSTRAINT "{self.name}" {definition}')
        if is_crowded:
            cursor.execute(f'ALTER INDEX "{self.name}" RESET (buffering, fillfactor)')


def lay_bare(cursor: Any, tables: Iterable[str]) -> list[Rule]:
    """What was taken away, in the order in which to restore it."""
    rules = [rule for table in tables for rule in _rules(cursor, table)]
    for rule in rules:
        rule.drop(cursor)
    return sorted(rules, key=lambda rule: "ixf".index(rule.kind))


def _rules(cursor: Any, table: str) -> Iterator[Rule]:
    cursor.execute(RULES, [table])
    for name, kind, definition in cursor.fetchall():
        yield Rule(table, name, kind, definition)
    cursor.execute(INDEXES, [table])
    for name, definition in cursor.fetchall():
        yield Rule(table, name, "i", definition)
