"""What became, or would become, of each row."""

from dataclasses import dataclass, field
from datetime import date

from scheduling.domain.lists import LABELS


@dataclass(slots=True)
class Line:
    """A row of the file, as it is shown. `twin` is the primary key of the patient who is here already."""

    number: int
    name: str
    birth_date: date | str
    phone: str = ""
    email: str = ""
    language: str = ""
    remarks: list[str] = field(default_factory=list)  # good to know; the row can be imported
    reason: str = ""  # why it is skipped
    twin: int | None = None
    errors: list[str] = field(default_factory=list)  # what to mend

    def complain(self, column: str, sentence: str) -> None:
        self.errors.append(f"{LABELS.get(column, column)}: {sentence}")


@dataclass(slots=True)
class Preview:
    new: list[Line] = field(default_factory=list)
    here: list[Line] = field(default_factory=list)
    mend: list[Line] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
