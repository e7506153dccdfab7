"""Tables that are filled by the million: first without most of their indexes, foreign keys and exclusions, held to them again afterwards.

All in one transaction: until it commits nobody else sees or writes these tables, and if it doesn't, nothing has happened.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

# Rows come practitioner by practitioner, so what each is compared with is small, and at hand, and another processor works out the next ones
# meanwhile. Afterwards each would be looked up in an index of all, which takes half as long again, with nobody to share the work.
KEPT = ("practitioner_is_free", "room_is_free")

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
        return 20 if self.is_long else 10 if "USING gi" in self.definition else 1

    def drop(self, cursor: Any) -> None:
        cursor.execute(f'DROP INDEX "{self.name}"' if self.kind == "i" else f'ALTER TABLE {self.table} DROP CONSTRAINT "{self.name}"')

    def restore(self, cursor: Any) -> None:
        is_index = self.kind == "i"
        cursor.execute(self.definition if is_index else f'ALTER TABLE {self.table} ADD CONSTRAINT "{self.name}" {self.definition}')


def lay_bare(cursor: Any, tables: Iterable[str]) -> list[Rule]:
    """What was taken away, in the order in which to restore it."""
    rules = [rule for table in tables for rule in _rules(cursor, table) if rule.name not in KEPT]
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
