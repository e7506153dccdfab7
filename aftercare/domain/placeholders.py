"""What may stand in braces in a protocol's texts, and the filling-in. The set is closed: nothing else is ever looked up or evaluated."""

import re
from collections.abc import Mapping

# Name → what stands there in the end, as the editor explains it.
PLACEHOLDERS = {
    "clinic": "The location’s name, which every text message begins with.",
    "phone": "The location’s phone number.",
    "product": "The serum that was chosen when the session was completed, in the patient’s language.",
    "number": "Which of a step’s messages it is: 3 in “3 of 8”.",
    "of": "How many messages the step has: 8 in “3 of 8”.",
    "address": "The location’s street address.",
    "emergency": "The emergency number where the location is, such as 911.",
}
NAME = re.compile(r"\{([a-z0-9_]+)\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put `values` in place of their `{name}`, once: what they hold is never filled in itself. Anything else in braces stays as it is."""
    return NAME.sub(lambda found: values.get(found[1], found[0]), text)


def unknown(text: str) -> list[str]:
    """What would be left in braces: placeholders that there aren't, and single braces, each once, in their order."""
    braced = re.findall(r"\{[^{}]*\}|[{}]", text)
    return [part for part in dict.fromkeys(braced) if part[1:-1] not in PLACEHOLDERS]
