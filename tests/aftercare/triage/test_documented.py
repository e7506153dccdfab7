"""The one page that a clinician checks says what the rules do."""

import re
from pathlib import Path

import pytest

from aftercare.domain.triage import FLAGS, Level

ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in re.findall(r"^\|.*\|$", Path("docs/triage.md").read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("flag", FLAGS.values(), ids=FLAGS)
def test_each_flag_has_its_row_with_its_facts_and_its_severity(flag):
    _name, facts, urgent, soon, _words = next(row for row in ROWS if row[0] == flag.name)
    assert facts == (" ".join(flag.facts) or "—")
    assert {Level.URGENT: urgent, Level.SOON: soon}[flag.severity]
