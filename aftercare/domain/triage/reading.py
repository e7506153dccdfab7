"""A text as plain words, clause by clause: without capitals, accents, doubled letters and pictures."""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass

LONGEST = 4000  # characters, more than any text message has; what comes after is not read, and so is a matter of doubt
LONGEST_WORD = 24

APOSTROPHES = re.compile(r"['’‘ʼ`´′]")
WITHOUT = re.compile(r"\bw/o\b")
SLASH = re.compile(r"(?<=[a-z])\s*/\s*(?=[a-z])")
ENDS = re.compile(r"[!?;…\n\r¡¿]+|\.+(?!\d)|(?<!\d)\.+")  # not the point in 101.5
PIECES = re.compile(r"[a-z]+|\d+(?:[.,/:]\d+)*|[,:()\[\]\"“”«»—–]|-(?=\s)|(?<=\s)-")
DOUBLED = re.compile(r"([a-z])\1+")
# The few pictures that say something of their own. Any other is left out.
PICTURES = {
    "🩸": "blood",
    "🤒": "fever",
    "🤮": "vomiting",
    "🤢": "nauseous",
    "🆘": "emergency",
    "🚑": "ambulance",
    "🏥": "hospital",
    "👎": "notgood",
    "👍": "thumbsup",
    "👌": "thumbsup",
}
UNHAPPY = frozenset("😟😰😢😭😣😖😫😨😱😬🤕😞😔😩☹🙁😧😦")
SMILEYS = re.compile(r"(?<![a-z\d])[:;=]['’-]?[(\[/\\]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """`commas` are the numbers of the words before which one stands. `asks`: it is part of a question."""

    words: tuple[str, ...]
    commas: frozenset[int] = frozenset()
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    clauses: tuple[Clause, ...]
    is_unhappy: bool  # a face says so
    has_unread: bool  # letters that the rules cannot read, or more of them than they read

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for clause in self.clauses for word in clause.words)


def spelled(word: str) -> str:
    """“Swollen” and “swolen”, “pus” and “puss” are the same: each letter once."""
    return DOUBLED.sub(r"\1", word)


def spelled_term(text: str) -> tuple[str, ...]:
    """The words of a term of the rules, as they are found in a clause; a * stays at a word's end."""
    return tuple(spelled(word) for word in _plain(text).split())


def read(text: str, *, turns: Container[str] = ()) -> Said:
    """A clause ends before one of the `turns`, too."""
    is_unhappy = any(face in text for face in UNHAPPY) or bool(SMILEYS.search(text))
    plain = _plain(text[:LONGEST])
    foreign = sum(1 for character in plain if character.isalpha() and not character.isascii())
    clauses: list[Clause] = []
    position = 0
    for end in [*ENDS.finditer(plain), None]:
        sentence = plain[position : end.start() if end else len(plain)]
        clauses += _clauses(sentence, turns, asks=bool(end and "?" in end.group()))
        position = end.end() if end else position
    return Said(tuple(clauses), is_unhappy, foreign > 2 or len(text) > LONGEST)


def _plain(text: str) -> str:
    for picture, word in PICTURES.items():
        text = text.replace(picture, f" {word} ")
    plain = unicodedata.normalize("NFKC", APOSTROPHES.sub("", SMILEYS.sub(" ", text)))
    plain = unicodedata.normalize("NFKD", plain.casefold().replace("&", " and ").replace("\t", " "))
    plain = "".join(character for character in plain if unicodedata.category(character) not in ("Mn", "Me", "Cf"))
    return SLASH.sub(" or ", WITHOUT.sub("without", plain))


def _clauses(sentence: str, turns: Container[str], *, asks: bool) -> list[Clause]:
    clauses: list[Clause] = []
    words: list[str] = []
    commas: set[int] = set()
    for piece in PIECES.findall(sentence):
        if not piece[0].isalnum():
            commas.add(len(words))
            continue
        word = spelled(piece[:LONGEST_WORD])
        if word in turns and words:
            clauses.append(Clause(tuple(words), frozenset(commas), asks))
            words, commas = [], set()
        words.append(word)
    if words:
        clauses.append(Clause(tuple(words), frozenset(commas), asks))
    return clauses
