"""How soon somebody must see what a patient wrote. It sorts, and never diagnoses: in doubt it is a concern."""

import re

from aftercare.domain.triage.levels import FLAGS, Flag, Level, Verdict
from notifications.domain.replies.clauses import clauses_of

__all__ = ["FLAGS", "Flag", "Level", "Verdict", "triage"]

SIGNS = {
    "bleeding": r"\bble+d|\bblood|\bsangr",
    "bruising": r"\bbruis|\bmoret",
    "infection": r"\binfect|\binfec|\bpuss?\b",
    "fever": r"\bfever|\bfiebre|\bchills",
    "pain": r"\b(?:severe|unbearable|terrible) pain|\bdolor (?:fuerte|insoportable)",
    "allergy": r"\bhives|\bcant breathe|\ballerg|\balerg|\bronchas|no puedo respirar",
    "eyes": r"\bcant see|no puedo ver|\beyes? .*\bshut",
    "collapse": r"\bfaint|\bpassed out|\bdesmay",
    "knots": r"\bknots?\b|\bcysts?\b|\bhard lumps?|\bquistes?\b|\bbultos?\b",
    "swelling": r"\bswol|\bswell|\bhincha",
    "dark-patches": r"\bdark (?:patch|spot)|\bmanchas? oscura",
    "worsening": r"\bworse|\bpeor|\bempeor",
}
FINE = r"(?:1|one|uno|fine|all good|all fine|todo bien|bien|good)(?: (?:thanks|thank you|gracias))?"


def triage(body: str, *, asked: bool = False) -> Verdict:
    """`asked`: a check-in awaits an answer, so that 1, 2 and 3 mean something."""
    clauses = [clause for clause in clauses_of(body) if not re.match(r"(?:no|not|sin|never)\b", clause)]
    found = tuple(slug for slug in FLAGS if slug in SIGNS and any(re.search(SIGNS[slug], clause) for clause in clauses))
    if found:
        return Verdict(max((FLAGS[slug].severity for slug in found), key=list(Level).index), found)
    whole = " ".join(clauses_of(body))
    if asked and re.match(r"(?:2|3|two|three|dos|tres)\b", whole):
        return Verdict(Level.SOON)
    if asked and re.fullmatch(FINE, whole):
        return Verdict(Level.FINE)
    return Verdict(Level.WORDS)
