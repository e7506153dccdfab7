"""The numbers of the clinical facts that steps rest on, F1 to F21."""

import re

FACTS = tuple(f"F{number}" for number in range(1, 22))


def facts_in(text: str) -> list[str]:
    """“f2, F3” → F2 and F3: as they are written, in capitals, each once."""
    return list(dict.fromkeys(part.upper() for part in re.split(r"[\s,;]+", text) if part))


def unknown_facts(text: str) -> list[str]:
    return [fact for fact in facts_in(text) if fact not in FACTS]
