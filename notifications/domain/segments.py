"""What a text costs: SMS segments and the alphabet that decides their length. Two segments are the most that a text may take."""

from typing import NamedTuple
from unicodedata import combining, normalize

MOST = 2  # segments of a text

# 3GPP TS 23.038: the default alphabet, and what costs two of its places.
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_ESCAPED = set("^{}\\[~]|€\f")


TYPEWRITTEN = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " "})


class Segments(NamedTuple):
    encoding: str  # GSM-7 or UCS-2
    number: int


def segments(text: str) -> Segments:
    """How many segments `text` is sent in: 160 places in one and 153 in each of several, or 70 and 67 once a character isn't GSM-7."""
    if set(text) <= GSM_7 | GSM_7_ESCAPED:
        places = len(text) + sum(character in GSM_7_ESCAPED for character in text)
        return Segments("GSM-7", _count(places, 160, 153))
    return Segments("UCS-2", _count(len(text.encode("utf-16-le")) // 2, 70, 67))


def outside_gsm_7(text: str) -> list[str]:
    """The characters that make it UCS-2, each once, in their order."""
    return [character for character in dict.fromkeys(text) if character not in GSM_7 | GSM_7_ESCAPED]


def _count(places: int, alone: int, joined: int) -> int:
    return 1 if places <= alone else -(-places // joined)


def lost_in(written: str, sent: str) -> list[str]:
    """The characters of what was `written` that `fitted` put others in place of, each once; none where it is sent as it is written."""
    return [character for character in outside_gsm_7(written) if character not in sent] if sent != written else []


def plain(character: str) -> str:
    """What stands for it where a text must do with GSM-7: “o” for “ó”, and a straight quote for a curly one."""
    return "".join(_without_accent(part) for part in character.translate(TYPEWRITTEN))


def fitted(text: str) -> str:
    """The text as it is, or, where that takes more than two segments and GSM-7 helps, without the accents that GSM-7 lacks: “sábado”
    becomes “sabado”, while ñ, é and ü stay. People write their own texts so, and what comes in one piece is read."""
    if segments(text).number <= MOST:
        return text
    return min(text, plain(text), key=lambda form: segments(form).number)


def _without_accent(character: str) -> str:
    if character in GSM_7 or character in GSM_7_ESCAPED:
        return character
    return "".join(part for part in normalize("NFD", character) if not combining(part))
