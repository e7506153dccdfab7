"""Whether a migration may run while the version before it is still at work: CONTRIBUTING.md says how to make one that may."""

from collections.abc import Iterator

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.models import GeneratedField, ManyToManyField
from django.db.models.fields import NOT_PROVIDED

# By app, the last migration that the first release has. None is released yet: until then they are changed in place.
FIRST_RELEASE: dict[str, str] = {}

REASON = "safe_because"  # of a migration that may all the same: a sentence

GOES = "what the version before it still reads or writes goes"
DANGERS: dict[type[Operation], str] = {
    migrations.RemoveField: GOES,
    migrations.DeleteModel: GOES,
    migrations.RenameField: GOES,
    migrations.RenameModel: GOES,
    migrations.AlterModelTable: GOES,
    migrations.AlterField: "the version before it may write what no longer fits, and the table may be rewritten under a lock",
    migrations.AddConstraint: "the version before it may not keep to it, and the table is locked while it is looked through",
    AddConstraintNotValid: "the version before it may not keep to it",
    migrations.AddIndex: "nobody can write to the table while it is built: take AddIndexConcurrently",
    migrations.RunSQL: "nobody sees what it does",
    migrations.RunPython: "nobody sees what it does, and every row that it writes stays locked until its end",
}


def dangers(migration: migrations.Migration) -> list[str]:
    """Each with its operation. What is done to a table that the migration itself makes harms nobody."""
    if len(str(getattr(migration, REASON, "")).split()) >= 3:
        return []
    made = {each.name_lower for each in migration.operations if isinstance(each, migrations.CreateModel)}
    return [
        f"{operation.describe()}: {danger}"
        for operation in _those_on_the_database(migration.operations)
        if getattr(operation, "model_name_lower", None) not in made and (danger := _danger(operation))
    ]


def later_than_the_first_release(app: str, name: str, first_release: dict[str, str]) -> bool:
    return bool(first_release) and name > first_release.get(app, "")


def _those_on_the_database(operations: list[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _those_on_the_database(operation.database_operations)
        else:
            yield operation


def _danger(operation: Operation) -> str:
    if isinstance(operation, migrations.AddField):
        field = operation.field
        if isinstance(field, GeneratedField):
            return "the table is rewritten under a lock"
        if not field.null and field.db_default is NOT_PROVIDED and not isinstance(field, ManyToManyField):
            return "the version before it doesn't write it: give it null=True or a db_default"
        return ""
    return next((danger for kind, danger in DANGERS.items() if type(operation) is kind), "")
