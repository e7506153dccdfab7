"""The red flags by their keys."""

from aftercare.domain.triage.levels import Flag, Level
from aftercare.domain.triage.rules import read_table


def _flags() -> dict[str, Flag]:
    flags = {}
    for key, table in read_table("flags").items():
        severity = Level(table["severity"])
        mild = Level(table.get("mild", severity))
        asked = Level(table.get("mild_when_asked", mild))
        fading = Level(table["fading"]) if "fading" in table else None
        flags[key] = Flag(table["name"], tuple(table["facts"].split()), severity, mild, asked, fading)
    return flags


FLAGS = _flags()
