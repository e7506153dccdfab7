"""The next version of the protocol, on which a clinician is at work: one thing is left to mend."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User

from aftercare import services
from aftercare.models import Protocol
from aftercare.services.protocols.drafts import details_seen, step_seen

SLUG, STEP = "microneedling", "education-day-5"
NOTE = "Day 5 in plainer words."
# Of a part of the body nothing is said in a text.
REVEALING = "{clinic}: day 5. Your face may still itch or peel a little; that goes away by itself. Anything more than mild? Call {phone}."


def begin_a_version(clinician: User, now: datetime) -> None:
    """Nobody gets it: it is a draft."""
    published = Protocol.objects.in_use().get(slug=SLUG)
    draft = services.draft_of(published, by=clinician, now=now)
    services.describe(draft, name=draft.name, treatments=draft.treatments.all(), note=NOTE, seen=details_seen(draft))
    row = draft.steps.get(slug=STEP)
    step = row.as_domain()
    texts = {**step.texts, "en": replace(step.texts["en"], sms=REVEALING)}
    services.change_step(row, replace(step, texts=texts), seen=step_seen(step))
