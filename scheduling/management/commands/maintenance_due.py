import csv
import json
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import date
from textwrap import indent
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from scheduling.errors import TooSlow
from scheduling.models.appointments import YEARS
from scheduling.reports import Due, maintenance_due

Row = dict[str, Any]

COLUMNS = ("patient_id", "last_session_on", "due_on", "days_late", "bucket", "value")
# As wide as the widest there is: rows are written as they come.
LINE = "{patient_id:<10}  {last_session_on:<15}  {due_on:<10}  {days_late:<9}  {bucket:<23}  {value}"


def day(text: str) -> date:
    try:
        given = date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a date such as 2026-12-01.") from error
    if given.year not in YEARS:
        raise ArgumentTypeError(f"The year {given.year} is out of the report’s reach: it begins with {YEARS[0]} and ends with {YEARS[-1]}.")
    return given


def as_row(due: Due) -> Row:
    return {
        "patient_id": due.patient_id,
        "last_session_on": due.last_session_on.isoformat(),
        "due_on": due.due_on.isoformat(),
        "days_late": due.days_late,
        "bucket": due.bucket.value,
        "value": str(due.value),
    }


class Command(BaseCommand):
    help = "Who is due for the next session or for maintenance, and who is late. Patients by number, not by name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=day, default=None, metavar="DATE", help="today if left out; a later date is a projection")
        parser.add_argument("--format", choices=["table", "csv", "json"], default="table")

    def handle(self, *args: Any, as_of: date | None, **options: Any) -> None:
        rows = map(as_row, maintenance_due(as_of or timezone.localdate(), seconds=settings.COMMAND_SECONDS))
        try:
            {"json": self.json, "csv": self.csv, "table": self.table}[options["format"]](rows)
        except TooSlow as error:
            raise CommandError(str(error)) from error

    def json(self, rows: Iterator[Row]) -> None:
        opening = "["
        for row in rows:
            self.stdout.write(f"{opening}\n{indent(json.dumps(row, indent=1), ' ')}", ending="")
            opening = ","
        self.stdout.write("[]" if opening == "[" else "\n]")

    def csv(self, rows: Iterator[Row]) -> None:
        writer = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    def table(self, rows: Iterator[Row]) -> None:
        number = 0
        self.stdout.write(LINE.format(**{column: column.replace("_", " ") for column in COLUMNS}).rstrip())
        for number, row in enumerate(rows, start=1):  # noqa: B007
            self.stdout.write(LINE.format(**row).rstrip())
        self.stdout.write(f"{number} {'patient' if number == 1 else 'patients'}.")
