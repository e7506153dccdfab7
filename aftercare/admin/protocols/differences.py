"""What is otherwise than it was, in sentences and text by text: in a version, and in a step that was saved."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.admin.protocols.words import hours, in_words, listed
from aftercare.domain.protocol import Protocol, Step, Text
from aftercare.models import Protocol as Version
from aftercare.models.protocols import KINDS
from notifications.models.messages import CHANNELS

PARTS = {"sms": gettext_lazy("text message"), "subject": gettext_lazy("email’s subject"), "email": gettext_lazy("email")}


def news(former: Version, version: Version) -> dict[str, Any]:
    """What `version` does otherwise than `former`: sentences, and each changed text of a step that both have, before and after."""
    old, new = former.as_domain(), version.as_domain()
    was = {step.slug: step for step in old.steps}
    texts = [text for step in new.steps if step.slug in was for text in rewordings(was[step.slug], step)]
    sentences = [*of_details(_about(former), _about(version)), *_of_steps(old, new)]
    return {"former": former, "sentences": sentences, "rewordings": texts}


def details_of(version: Version) -> dict[str, str]:
    return {**_about(version), _("What is new in it"): version.note}


def _about(version: Version) -> dict[str, str]:
    treatments = [str(treatment) for treatment in version.treatments.all()]
    return {_("Name"): version.name, _("For"): listed(treatments) if treatments else _("every treatment that has no protocol of its own")}


def of_details(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [_was(aspect, was, after[aspect]) for aspect, was in before.items() if was != after[aspect]]


def of_step(before: Step, after: Step) -> list[str]:
    """What is otherwise in a step, in sentences that each name it as it is called now."""
    was, now = _aspects(before), _aspects(after)
    if was[_("when")] != now[_("when")]:
        del was[_("first after")]  # that says it already
    changed = [_was(f"“{after.slug}”, {aspect}", was[aspect], now[aspect]) for aspect in was if was[aspect] != now[aspect]]
    in_languages = [
        _("%(language)s (%(parts)s)") % {"language": one["language"], "parts": listed([str(part["called"]) for part in one["parts"]])}
        for one in rewordings(before, after)
    ]
    if in_languages:
        changed.append(_("“%(step)s” has other words in %(languages)s.") % {"step": after.slug, "languages": listed(in_languages)})
    return changed


def rewordings(before: Step, after: Step) -> list[dict[str, Any]]:
    """Each language in which its words differ, with the parts that do, before and after."""
    found = []
    for code, called in settings.PATIENT_LANGUAGES:
        was, now = (step.texts.get(code, Text("")) for step in (before, after))
        parts = [
            {"called": said, "before": getattr(was, part), "after": getattr(now, part)}
            for part, said in PARTS.items()
            if getattr(was, part) != getattr(now, part)
        ]
        if parts:
            found.append({"step": after.slug, "code": code, "language": called, "parts": parts})
    return found


def _of_steps(old: Protocol, new: Protocol) -> Iterator[str]:
    was, will_be = ({step.slug: step for step in protocol.steps} for protocol in (old, new))
    for slug, step in will_be.items():
        if slug not in was:
            yield _("“%(step)s” is new: %(words)s.") % {"step": slug, "words": in_words(step)}
    for slug in was:
        if slug not in will_be:
            yield _("“%(step)s” is left out.") % {"step": slug}
    for slug, step in will_be.items():
        yield from of_step(was.get(slug, step), step)


def _aspects(step: Step) -> dict[str, str]:
    """Everything of a step but its words."""
    return {
        _("short name"): step.slug,
        _("what it is"): str(dict(KINDS)[step.kind.value]),
        _("sent by"): str(dict(CHANNELS)[step.channel]),
        _("when"): in_words(step),
        _("first after"): hours(step.first_after),
        _("worth sending for"): hours(step.valid_for),
        _("clinical facts"): step.facts or _("none"),
    }


def _was(what: str, before: str, after: str) -> str:
    return _("%(what)s: “%(after)s”, instead of “%(before)s”.") % {"what": what, "after": after, "before": before}
