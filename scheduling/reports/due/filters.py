"""What of the report is asked for."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from scheduling.domain.cadence import Bucket, Stage
from scheduling.domain.recalls import Range, ranges


@dataclass(frozen=True, slots=True)
class Filters:
    """Of everybody with a fulfilled session, as of a clinic-local day. Without `buckets` all of them; `due_from` and `due_until` count."""

    as_of: date
    buckets: Collection[Bucket] = field(default=tuple(Bucket))
    location: int | None = None
    practitioner: int | None = None
    treatment: int | None = None
    due_from: date | None = None
    due_until: date | None = None

    def pieces(self) -> list[tuple[Stage, Range]]:
        """What is asked for, in pieces that one index reaches: each at one stage, with a range of due dates."""
        return [(stage, one) for one in ranges(self.as_of) if one.bucket in self.buckets for stage in one.stages]

    def where(self) -> tuple[str, dict[str, object]]:
        """A condition on the standings `s` of that day, without the buckets, and its parameters."""
        said, values = ["s.stands_from <= %(as_of)s", "s.stands_until > %(as_of)s"], {"as_of": self.as_of}
        for name, condition in CONDITIONS.items():
            value = getattr(self, name)
            if value is not None:
                said.append(condition)
                values[name] = value
        return " AND ".join(said), values


CONDITIONS = {
    "location": "s.location_id = %(location)s",
    "practitioner": "s.practitioner_id = %(practitioner)s",
    "treatment": "s.treatment_id = %(treatment)s",
    "due_from": "s.due_on >= %(due_from)s",
    "due_until": "s.due_on <= %(due_until)s",
}
