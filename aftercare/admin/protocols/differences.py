"""What a version does otherwise than the one before it, in sentences and text by text."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.admin.protocols.words import in_words, listed
from aftercare.domain.protocol import Protocol, Text

PARTS = {"sms": gettext_lazy("text message"), "subject": gettext_lazy("email’s subject"), "email": gettext_lazy("email")}


def differences(old: Protocol, new: Protocol, languages: dict[str, Any]) -> list[str]:
    """What is new in `new`, step by step, in sentences."""
    was, will_be = ({step.slug: step for step in protocol.steps} for protocol in (old, new))
    said = [_("“%(step)s” is new: %(words)s.") % {"step": slug, "words": in_words(will_be[slug])} for slug in will_be if slug not in was]
    said += [_("“%(step)s” is left out.") % {"step": slug} for slug in was if slug not in will_be]
    for slug, step in will_be.items():
        before = was.get(slug, step)
        if before != step:
            said.append(_("“%(step)s” is another: %(words)s.") % {"step": slug, "words": in_words(step)})
        reworded = [str(called) for code, called in languages.items() if before.texts.get(code) != step.texts.get(code)]
        if reworded:
            said.append(_("“%(step)s” has other words in %(languages)s.") % {"step": slug, "languages": listed(reworded)})
    return said


def rewordings(old: Protocol, new: Protocol, languages: dict[str, Any]) -> list[dict[str, Any]]:
    """Each changed text of a step that both have, before and after."""
    was = {step.slug: step.texts for step in old.steps}
    found = []
    for step in new.steps:
        for code, called in languages.items():
            before, after = was.get(step.slug, {}).get(code, Text("")), step.texts.get(code, Text(""))
            parts = [
                {"called": PARTS[part], "before": getattr(before, part), "after": getattr(after, part)}
                for part in PARTS
                if getattr(before, part) != getattr(after, part)
            ]
            if step.slug in was and parts:
                found.append({"step": step.slug, "code": code, "language": called, "parts": parts})
    return found
