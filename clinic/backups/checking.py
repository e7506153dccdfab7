"""Whether what was restored is what was backed up, and what happens when it goes to work again."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Min

from aftercare.services import all_differences
from clinic.backups.contents import STOPS, Contents
from clinic.backups.manifest import Manifest, fingerprint
from notifications.models import Message
from notifications.services.claiming import LATE_MINUTES

SHOWN = 10


class Check(NamedTuple):
    about: str
    said: str
    is_well: bool = True


def missing_migrations() -> list[str]:
    """Those of this version of ours that the database hasn't seen."""
    loader = MigrationLoader(connection)
    return [f"{app}.{name}" for app, name in loader.disk_migrations.keys() - loader.applied_migrations.keys()]


def unknown_migrations(manifest: Manifest) -> list[str]:
    """Those that the backup has seen, and this version of ours doesn't know: it is older than the backup."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    return [name for name in manifest.contents.migrations if name not in known]


def checks(manifest: Manifest, now: Contents) -> Iterator[Check]:
    was = manifest.contents
    yield _check("migrations", _lost(was.migrations, now.migrations), f"{len(now.migrations)}, as in the backup")
    yield _check("rows", list(_miscounted(was, now)), f"{sum(now.rows.values()):,} in {len(now.rows)} tables, as in the backup")
    held = _lost(was.held, now.held)
    yield _check("held by the database", held, f"{len(now.held)} constraints, triggers and indexes, all in force")
    if missing := missing_migrations():
        yield Check(
            "this version", f"has {_counted(missing, 'newer migration')}. Now run: python manage.py migrate, then check_recalls --mend"
        )
        return
    wrong = [str(difference) for difference in all_differences()]
    yield _check("recalls", wrong, "each as it follows from the appointments")


def outlook(manifest: Manifest, *, now: datetime) -> Iterator[str]:
    """What whoever restored must know before the workers start. Only for a database that has all our migrations."""
    overdue = Message.objects.filter(status="scheduled", send_at__lte=now)
    if count := overdue.count():
        oldest = overdue.aggregate(Min("send_at"))["send_at__min"]
        texts, emails = (overdue.filter(channel=channel, expires_at__gt=now).count() for channel in ("sms", "email"))
        yield (
            f"{count} {_message(count)} due, the oldest since {oldest:%Y-%m-%d %H:%M} UTC. Once a worker runs, {texts} may go by text and "
            f"{emails} by email; for {count - texts - emails} it is too late. Before a text goes that is more than {LATE_MINUTES} minutes "
            "late, the provider is asked whether it has it; and nobody gets a burst."
        )
    else:
        yield "No message is due: once a worker runs, none goes out at once."
    if in_doubt := Message.objects.filter(status__in=("sending", "uncertain")).count():
        yield f"{in_doubt} {_message(in_doubt)} on its way when the backup was made: the provider is asked about each."
    if manifest.secret_key != fingerprint(settings.SECRET_KEY):
        yield (
            "SECRET_KEY is another one than then: links in emails that have been sent no longer work, nor do phones and recovery codes. "
            "Set the one of then, or run: python manage.py reset_second_factor --everybody"
        )
    yield f"What was done after {manifest.when} isn't in it: bookings, answers, and who said STOP. docs/operations.md says how to find it."


def _check(about: str, wrong: list[str], well: str) -> Check:
    shown = "; ".join(wrong[:SHOWN]) + (f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else "")
    return Check(about, shown or well, not wrong)


def _lost(was: list[str], now: list[str]) -> list[str]:
    return [f"{name} is missing" for name in was if name not in set(now)]


def _miscounted(was: Contents, now: Contents) -> Iterator[str]:
    for table in sorted(was.rows.keys() | now.rows.keys()):
        had, has = was.rows.get(table, 0), now.rows.get(table, 0)
        if has < had or (has > had and table != STOPS):
            yield f"{table} has {has:,}, had {had:,}"


def _counted(things: list[str], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def _message(count: int) -> str:
    return "message is" if count == 1 else "messages are"
