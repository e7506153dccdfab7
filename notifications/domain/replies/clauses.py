"""A text as plain words, clause by clause: without capitals, accents, apostrophes and pictures."""

import re
import unicodedata

LONGEST_CLAUSE = 200
TOO_LONG = "…"  # such a clause asks for more than one thing: it matches no pattern

ENDS = re.compile(r"[.!?;,:…\n\r()\[\]¿¡“”\"«»—–]| - ")
APOSTROPHES = re.compile(r"['’‘ʼ`´′]")
NO_WORD = re.compile(r"[^a-z0-9]+")


def clauses_of(text: str) -> list[str]:
    """“Please STOP, it's enough 🙏” → ["please stop", "its enough"]."""
    plain = unicodedata.normalize("NFKC", APOSTROPHES.sub("", text))
    plain = unicodedata.normalize("NFKD", plain.casefold().replace("&", " and "))
    plain = "".join(character for character in plain if unicodedata.category(character) not in ("Mn", "Cf"))
    clauses = (NO_WORD.sub(" ", clause).strip() for clause in ENDS.split(plain))
    return [clause if len(clause) <= LONGEST_CLAUSE else TOO_LONG for clause in clauses if clause]
