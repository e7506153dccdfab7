"""What a text message mustn't say: anybody may read it on a locked screen. Words as data, without accents, in small letters.

Hands aren't among the parts of the body: to be told to wash them gives nothing away. Nor is what means something else as well, such as
“back” and “eye”.
"""

import re
import unicodedata
from collections.abc import Iterable

TREATMENTS = (
    *("microneedling", "needling", "needle", "needles", "dermaroller", "treatment", "treatments"),
    *("microagujas", "agujas", "aguja", "micropuncion", "tratamiento", "tratamientos"),
)
BODY = (
    *("face", "facial", "forehead", "temples", "eyelid", "eyelids", "eyes", "nose", "cheek", "cheeks", "lip", "lips", "mouth", "chin"),
    *("jaw", "jawline", "neck", "decollete", "decolletage", "chest", "breast", "breasts", "scalp", "shoulders", "arm", "arms", "underarms"),
    *("armpit", "armpits", "abdomen", "belly", "stomach", "tummy", "hips", "buttocks", "thigh", "thighs", "leg", "legs", "knees"),
    *("cara", "rostro", "frente", "sienes", "parpado", "parpados", "ojos", "nariz", "mejilla", "mejillas", "labio", "labios", "boca"),
    *("menton", "barbilla", "mandibula", "cuello", "escote", "pecho", "pechos", "senos", "cuero cabelludo", "cabeza", "hombros", "brazo"),
    *("brazos", "axila", "axilas", "abdomen", "vientre", "barriga", "estomago", "caderas", "gluteos", "nalgas", "muslo", "muslos"),
    *("pierna", "piernas", "rodillas", "espalda"),
)
# An answer that the provider itself takes for STOP or START, and never hands on.
RESERVED = ("STOP", "YES", "UNSTOP", "START", "CANCEL", "END", "QUIT", "UNSUBSCRIBE", "STOPALL", "REVOKE", "OPTOUT")


def revealing(text: str, names: Iterable[str] = ()) -> list[str]:
    """What in `text` names a treatment or a part of the body, as it stands there. `names` are those of the clinic's own treatments."""
    found = re.finditer(_any_of((*TREATMENTS, *BODY, *map(_plain, names))), _plain(text))
    return list(dict.fromkeys(text[match.start() : match.end()] for match in found))


def reserved(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(_any_of(RESERVED), text)))


def _any_of(words: Iterable[str]) -> str:
    longest_first = sorted({word for word in words if word.strip()}, key=lambda word: (-len(word), word))
    return r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)"


def _plain(text: str) -> str:
    """As long as `text` is: letter for letter without its accent, and small."""
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter)[:1].casefold()
    return bare if len(bare) == 1 else letter
