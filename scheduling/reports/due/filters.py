"""What of the report is asked for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from scheduling.domain.cadence import Bucket, RecallKind, Stage, due_soon_until
from scheduling.domain.recalls import TO_ACT_ON, ranges


@dataclass(frozen=True, slots=True)
class Piece:
    """Who is at one stage of one kind of recall, due from `first` to `last`: one index reaches them in their order."""

    stage: Stage
    kind: RecallKind
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Filters:
    """Of everybody with a fulfilled session, as of a clinic-local day. Without `buckets` all of them; `due_from` and `due_until` count.

    `is_due_soon` leaves out whose due date is more than 30 days away.
    """

    as_of: date
    buckets: Collection[Bucket] = field(default=tuple(Bucket))
    location: int | None = None
    practitioner: int | None = None
    treatment: int | None = None
    due_from: date | None = None
    due_until: date | None = None
    is_due_soon: bool = False

    @classmethod
    def to_call(cls, as_of: date) -> "Filters":
        """Of those to act on whoever is late, or due soon: nobody is called about the next session who left an hour ago."""
        return cls(as_of, TO_ACT_ON, is_due_soon=True)

    @property
    def latest(self) -> date | None:
        """The last due date that is asked for; None where there is no last one."""
        ends = [self.due_until, due_soon_until(self.as_of) if self.is_due_soon else None]
        return min((end for end in ends if end), default=None)

    def pieces(self) -> list[Piece]:
        """All that is asked for, each once; ranges of due dates that follow one another are one."""
        wanted = sorted(self._pieces(), key=lambda piece: (piece.stage, piece.kind, piece.first))
        return [piece for _, alike in groupby(wanted, key=lambda piece: (piece.stage, piece.kind)) for piece in _joined(alike)]

    def _pieces(self) -> Iterator[Piece]:
        for one in ranges(self.as_of):
            first, last = max(one.first, self.due_from or one.first), min(one.last, self.latest or one.last)
            if one.bucket in self.buckets and first <= last:
                yield from (Piece(stage, kind, first, last) for stage in one.stages for kind in RecallKind if one.kind in (None, kind))


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].last + timedelta(days=1) == piece.first:
            piece = Piece(piece.stage, piece.kind, joined.pop().first, piece.last)
        joined.append(piece)
    return joined
