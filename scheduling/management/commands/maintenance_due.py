import csv
import json
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from scheduling.errors import TooSlow
from scheduling.reports import Due, maintenance_due

COLUMNS = ("patient_id", "last_session_on", "due_on", "days_late", "bucket", "value")


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a date such as 2026-12-01.") from error


def as_row(due: Due) -> dict[str, Any]:
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
        try:
            rows = [as_row(due) for due in maintenance_due(as_of or timezone.localdate(), seconds=settings.COMMAND_SECONDS)]
        except TooSlow as error:
            raise CommandError(str(error)) from error
        match options["format"]:
            case "json":
                self.stdout.write(json.dumps(rows, indent=1))
            case "csv":
                writer = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            case _:
                self.table(rows)

    def table(self, rows: list[dict[str, Any]]) -> None:
        lines = [[column.replace("_", " ") for column in COLUMNS], *([str(row[column]) for column in COLUMNS] for row in rows)]
        widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
        for line in lines:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        self.stdout.write(f"{len(rows)} patients.")
