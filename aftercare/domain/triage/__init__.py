"""How soon somebody must see what a patient wrote. It sorts, and never diagnoses: in doubt it is a concern.

The rules are data, rules/*.toml, and so are the examples that all else is compared with, examples/*.toml: docs/triage.md.
"""

from aftercare.domain.triage.flags import FLAGS
from aftercare.domain.triage.language import language_of
from aftercare.domain.triage.levels import Flag, Level, Verdict
from aftercare.domain.triage.sorting import triage

__all__ = ["FLAGS", "Flag", "Level", "Verdict", "language_of", "triage"]
