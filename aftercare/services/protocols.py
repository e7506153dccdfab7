"""Which protocol a session follows, and how one gets into the database."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from aftercare.domain import protocol as domain
from aftercare.domain.protocol import Kind, Text
from aftercare.models import Protocol, ProtocolStep, StepText
from scheduling.models import Treatment

PROTOCOLS = Path(__file__).resolve().parent.parent / "protocols"


def protocol_for(treatment: Treatment) -> Protocol:
    """The newest published version of the treatment's own protocol, or else of the one for every treatment."""
    published = Protocol.objects.exclude(published_at=None).order_by("-published_at", "-version")
    own = published.filter(treatments=treatment).first()
    return own or published.filter(treatments=None)[:1].get()


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
def load_protocol(protocol: domain.Protocol, *, now: datetime | None = None) -> Protocol:
    """Publish it as the next version of its name. Plans under way keep theirs."""
    latest = Protocol.objects.filter(slug=protocol.slug).order_by("-version").first()
    version = Protocol.objects.create(
        slug=protocol.slug, name=protocol.name, version=latest.version + 1 if latest else 1, published_at=now or timezone.now()
    )
    for position, step in enumerate(protocol.steps, start=1):
        row = ProtocolStep.objects.create(
            protocol=version,
            position=position,
            slug=step.slug,
            kind=step.kind.value,
            channel=step.channel,
            facts=step.facts,
            first_after_hours=step.first_after // timedelta(hours=1),
            every_hours=step.every // timedelta(hours=1) if step.every else None,
            at=list(step.at),
            times=step.times,
            until_hours=step.until // timedelta(hours=1) if step.until is not None else None,
            valid_minutes=step.valid_for // timedelta(minutes=1),
        )
        StepText.objects.bulk_create(
            StepText(step=row, language=language, sms=text.sms, subject=text.subject, email=text.email)
            for language, text in step.texts.items()
        )
    return version
