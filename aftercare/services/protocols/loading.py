"""Which protocol a session follows, and how one gets into the database."""

import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from aftercare.domain import protocol as domain
from aftercare.domain.protocol import Kind, Text
from aftercare.models import Protocol, ProtocolStep, StepText
from scheduling.models import Treatment

HOUR = timedelta(hours=1)
PROTOCOLS = Path(__file__).resolve().parents[2] / "protocols"


def protocol_for(treatment: Treatment) -> Protocol:
    """The treatment's own protocol, or else the one for every treatment: the one that was published last, where there are several.

    Of each only its newest published version counts, for the treatments that this one names, and not at all once it is retired.
    Raises Protocol.DoesNotExist, which `publish` and `retire` see to that it never comes to.
    """
    in_use = Protocol.objects.in_use().order_by("-published_at", "-pk")
    own = in_use.filter(treatments=treatment).first()
    return own or in_use.filter(treatments=None)[:1].get()


def read_protocol(slug: str) -> domain.Protocol:
    """A protocol as it comes with the software. Raises FileNotFoundError."""
    content = tomllib.loads((PROTOCOLS / f"{slug}.toml").read_text(encoding="utf-8"))
    return domain.Protocol(content["slug"], content["name"], tuple(_step(step) for step in content["steps"]))


def _step(content: dict[str, Any]) -> domain.Step:
    return domain.Step(
        slug=content["slug"],
        kind=Kind(content["kind"]),
        channel=content["channel"],
        first_after=timedelta(hours=content["first_after_hours"]),
        every=timedelta(hours=content["every_hours"]) if "every_hours" in content else None,
        at=tuple(content.get("at", ())),
        times=content.get("times", 1),
        until=timedelta(hours=content["until_hours"]) if "until_hours" in content else None,
        valid_for=timedelta(minutes=content["valid_minutes"]),
        facts=content.get("facts", ""),
        texts={language: Text(text["sms"], text["subject"], text["email"].strip()) for language, text in content["texts"].items()},
    )


@transaction.atomic
def load_protocol(protocol: domain.Protocol, *, treatments: Iterable[Treatment] = (), now: datetime | None = None) -> Protocol:
    """Publish it, as it is, as the next version of its name. Plans under way keep theirs. Raises IntegrityError where there is a draft."""
    now = now or timezone.now()
    version = Protocol.objects.create(slug=protocol.slug, name=protocol.name, version=next_version(protocol.slug), made_at=now)
    version.treatments.set(treatments)
    write_steps(version, protocol.steps)
    version.published_at = now  # from here on nothing of it can change
    version.save(update_fields=["published_at"])
    return version


def next_version(slug: str) -> int:
    latest = Protocol.objects.filter(slug=slug).order_by("-version").first()
    return latest.version + 1 if latest else 1


def write_steps(version: Protocol, steps: Iterable[domain.Step]) -> None:
    for position, step in enumerate(steps, start=1):
        row = ProtocolStep(protocol=version, position=position)
        write_step(row, step)


def write_step(row: ProtocolStep, step: domain.Step) -> None:
    """The step and its texts, in place of what the row held."""
    row.slug, row.kind, row.channel, row.facts = step.slug, step.kind.value, step.channel, step.facts
    row.first_after_hours = step.first_after // HOUR
    row.every_hours = step.every // HOUR if step.every else None
    row.at, row.times = list(step.at), step.times
    row.until_hours = step.until // HOUR if step.until is not None else None
    row.valid_minutes = step.valid_for // timedelta(minutes=1)
    row.save()
    row.texts.exclude(language__in=step.texts).delete()
    StepText.objects.bulk_create(
        [
            StepText(step=row, language=language, sms=text.sms, subject=text.subject, email=text.email)
            for language, text in step.texts.items()
        ],
        update_conflicts=True,
        unique_fields=["step", "language"],
        update_fields=["sms", "subject", "email"],
    )
