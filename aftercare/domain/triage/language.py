"""In which language a text is written, so that what is worrying is answered in it."""

from collections.abc import Mapping

from aftercare.domain.triage.reading import read, spelled, spelled_term
from aftercare.domain.triage.rules import LANGUAGES, read_table

CODES = {"english": "en", "spanish": "es"}
# The little words that make a language. What is a word in both is in neither.
LITTLE = {
    "english": "the is my it and i im its have has are was this that still what with very not should can do cant wont dont help please so",
    "spanish": "el la los las mi esta que y con muy un una tengo estoy se lo por para le es ayuda porque cuando pero mucho mucha del al",
}


def _words(language: str) -> set[str]:
    """Those of the rules that are written out, and the little ones."""
    table = read_table(language)
    terms = [term for group in (*table["signs"].values(), *table["words"].values()) for term in group]
    alone = {words[0] for words in map(spelled_term, terms) if len(words) == 1 and words[0].isalpha()}
    return alone | {spelled(word) for word in LITTLE[language].split()}


def _known() -> Mapping[str, set[str]]:
    of_each = {language: _words(language) for language in LANGUAGES}
    in_both = set.intersection(*of_each.values())
    return {CODES[language]: words - in_both for language, words in of_each.items()}


KNOWN = _known()


def language_of(body: str, *, otherwise: str) -> str:
    """“en” or “es”: that of which it has more words; `otherwise` where neither has."""
    said = read(body).words
    number = {code: sum(word in words for word in said) for code, words in KNOWN.items()}
    most = max(number.values())
    leading = [code for code, count in number.items() if count == most]
    return leading[0] if len(leading) == 1 else otherwise
