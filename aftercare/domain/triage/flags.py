"""The red flags by their keys."""

from aftercare.domain.triage.levels import Flag, Level
from aftercare.domain.triage.rules import read_table


def _flags() -> dict[str, Flag]:
    flags = {}
    for key, table in read_table("flags").items():
        severity = Level(table["severity"])
        mild = Level(table.get("mild", severity))
        flags[key] = Flag(table["name"], tuple(table["facts"].split()), severity, mild, Level(table.get("mild_when_asked", mild)))
    return flags


FLAGS = _flags()
