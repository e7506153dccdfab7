import json
from argparse import ArgumentTypeError
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from aftercare.domain import protocol as domain
from aftercare.domain.expansion import Planned, expand
from aftercare.domain.timeline import Weeks, weeks_after
from aftercare.models import Protocol
from aftercare.services.protocols.loading import read_protocol
from aftercare.wording import letter, usual_product
from notifications.domain.quiet import QuietHours
from scheduling.fields import validate_time_zone
from scheduling.models.appointments import YEARS

SAMPLE = {
    "clinic": "Your Clinic",
    "address": "1 Example Street",
    "phone": "(212) 555-0100",
    "phone_e164": "+12125550100",
    "emergency": "911",
    "turn_to": "(212) 555-0199",
}


def instant(text: str) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a time in ISO 8601, such as 2026-12-01T14:00.") from error
    if given.year not in YEARS:
        raise ArgumentTypeError(f"The year {given.year} is out of reach: it must be from {YEARS[0]} to {YEARS[-1]}.")
    return given


def time_zone(text: str) -> str:
    try:
        validate_time_zone(text)
    except ValidationError as error:
        raise ArgumentTypeError(error.messages[0]) from error
    return text


def quiet_hours(text: str) -> QuietHours:
    try:
        starts, ends = (time.fromisoformat(part) for part in text.split("-"))
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” are not quiet hours, such as 21:00-08:00.") from error
    if starts == ends:
        raise ArgumentTypeError("Quiet hours can't end when they start.")
    return QuietHours(starts, ends)


class Command(BaseCommand):
    help = "Show every message that a patient would get after a session. Needs no patient and writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--completed-at", type=instant, required=True, metavar="ISO", help="end of the session; local unless it has an offset"
        )
        parser.add_argument("--time-zone", type=time_zone, default=settings.TIME_ZONE, metavar="ZONE")
        parser.add_argument("--quiet", type=quiet_hours, metavar="HH:MM-HH:MM", help="fold the night's doses into one evening message")
        parser.add_argument("--protocol", default="microneedling", metavar="SLUG")
        parser.add_argument("--language", default="en", choices=[code for code, _ in settings.PATIENT_LANGUAGES])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        zone = ZoneInfo(options["time_zone"])
        completed_at = options["completed_at"]
        if timezone.is_naive(completed_at):
            completed_at = completed_at.replace(tzinfo=zone)
        planned = expand(self.protocol(options["protocol"]), completed_at, zone.key, options["quiet"])
        weeks = weeks_after(planned, completed_at, zone)
        rows = [self.row(message, zone, options["language"], weeks) for message in planned]
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for message, row in zip(planned, rows, strict=True):
            local = message.send_at.astimezone(zone)
            first_line = row["body"].splitlines()[0]
            self.stdout.write(f"{local:%a %d %b %H:%M}  {row['kind']:<10} {row['channel']:<6} {first_line}")
        self.stdout.write(f"{len(rows)} messages, times in {zone.key}.")

    def protocol(self, slug: str) -> domain.Protocol:
        """The published version, or, where there is no database to ask, the one that comes with the software."""
        try:
            published = Protocol.objects.filter(slug=slug).exclude(published_at=None).order_by("-version").first()
            if published:
                return published.as_domain()
        except DatabaseError:
            pass
        try:
            return read_protocol(slug)
        except FileNotFoundError as error:
            raise CommandError(f"There is no protocol “{slug}”.") from error

    def row(self, message: Planned, zone: ZoneInfo, language: str, weeks: Weeks) -> dict[str, str]:
        words = letter(message, language, zone, {**SAMPLE, "product": usual_product(language)}, weeks)
        return {
            "send_at": message.send_at.astimezone(zone).isoformat(),
            "expires_at": message.expires_at.astimezone(zone).isoformat(),
            "kind": message.step.kind.value,
            "channel": message.step.channel,
            "body": words.sms if message.step.channel == "sms" else words.email,
        }
