"""What a row of the report says in a file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from scheduling.domain.cells import phone_text
from scheduling.domain.lots import in_lots
from scheduling.forms.due import BUCKETS
from scheduling.models import Patient
from scheduling.reports import Due
from scheduling.views.due import words

Cell = str | int | Decimal | date | None
Row = list[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in characters, as spreadsheet programs count it."""

    heading: str
    width: int
    of: Callable[[Due], Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: `rows` can be read once. Text in them is as people typed it."""

    headings: list[str]
    widths: list[int]
    rows: Iterator[Row]


def sheet_of(dues: Iterable[Due], *, has_addresses: bool) -> Sheet:
    columns = _columns()
    headings, widths = [column.heading for column in columns], [column.width for column in columns]
    rows: Iterator[Row] = ([column.of(due) for column in columns] for due in dues)
    if has_addresses:
        headings += [_("Phone"), _("Email")]
        widths += [16, 30]
        rows = _with_addresses(dues, columns)
    return Sheet(headings, widths, rows)


def _columns() -> list[Column]:
    # Looked up here, once: a label translates itself anew each time.
    buckets = {bucket: str(label) for bucket, label in BUCKETS.items()}
    outcome = cache(words.outcome)
    ways = cache(lambda reached_by, has_phone: ", ".join(words.ways(reached_by, has_phone)) or _("nothing"))
    return [
        Column(_("Patient number"), 15, lambda due: due.patient_id),
        Column(_("Patient"), 28, lambda due: due.patient),
        Column(_("Treatment"), 26, lambda due: due.treatment),
        Column(_("Group"), 30, lambda due: buckets[due.bucket]),
        Column(_("Last session"), 13, lambda due: due.last_session_on),
        Column(_("Due"), 12, lambda due: due.due_on),
        Column(_("Days late"), 10, lambda due: due.days_late),
        Column(_("Booked for"), 12, lambda due: due.booked_on),
        Column(_("Off the list until"), 17, lambda due: due.hidden_until),
        Column(_("Attempts"), 10, lambda due: due.attempts),
        Column(_("Last outcome"), 16, lambda due: outcome(due.last_outcome, due.is_answered)),
        Column(_("Reachable by"), 14, lambda due: ways(due.reached_by, due.has_phone)),
        Column(_("Expected value"), 15, lambda due: due.value),
        Column(_("Currency"), 10, lambda due: due.currency),
        Column(_("Location"), 24, lambda due: due.location),
        Column(_("Practitioner"), 24, lambda due: due.practitioner),
    ]


def _with_addresses(dues: Iterable[Due], columns: list[Column]) -> Iterator[Row]:
    for lot in in_lots(dues):
        patients = Patient.objects.filter(pk__in=[due.patient_id for due in lot])
        # As text: the phone field would take each number to pieces, and a file of them many seconds.
        found = patients.values_list("pk", Cast("phone", TextField()), "email")
        addresses = {pk: (phone_text(phone), email) for pk, phone, email in found}
        for due in lot:
            yield [*(column.of(due) for column in columns), *addresses.get(due.patient_id, ("", ""))]
