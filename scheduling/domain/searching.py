"""What is typed to find a patient, as the pieces of text that she is found by."""

import re
from datetime import date
from unicodedata import normalize

MOST_WORDS = 10
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
DAY, YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?:,?\s+(?P<year>\d{4}))?"
# With its day: a month alone may be a patient's own name, as May Chen's is.
ORDERS = (rf"{MONTH}\s+{DAY}", rf"{DAY}\s+{MONTH}")
SPELLED_OUT = [re.compile(rf"(?<!\S){order}{YEAR}(?![^\s,;])", re.ASCII) for order in ORDERS]
IN_FIGURES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", re.ASCII)
BEGUN_WITH_SLASHES = re.compile(r"0?(\d{1,2})/0?(\d{0,2})(?:/(\d{0,3}))?", re.ASCII)
ISO = re.compile(r"(\d{4})?-\d{2}-\d{2}", re.ASCII)
PART_OF_A_NUMBER = re.compile(r"[\d().+-]*\d[\d().+-]*", re.ASCII)
WHOLE_NUMBER = range(7, 16)  # digits

Piece = tuple[str, ...]


def pieces(typed: str) -> list[Piece]:
    """What must be found in `Patient.searchable`: all the pieces, each in one of its spellings.

    A number may be typed as (212) 555-0101, 212.555.0101 or 5550101, a birth date as 1990-05-17, 5/17/1990, 05/17/1990 or May 17 1990; all
    of them may be typed by half.
    """
    text = normalize("NFC", typed).replace("\0", " ").lower()
    for spelled_out in SPELLED_OUT:
        text = spelled_out.sub(_dashed, text)
    words = [word.strip(",;") for word in text.split()[:MOST_WORDS]]
    found: list[Piece] = []
    number: list[str] = []
    for word in filter(None, words):
        birth_date = _birth_date(word)
        if not birth_date and PART_OF_A_NUMBER.fullmatch(word):
            number.append(word)
            continue
        found += [*_number(number), birth_date or (word,)]
        number = []
    return found + _number(number)


def _number(words: list[str]) -> list[Piece]:
    """A number typed with spaces in it is one piece."""
    if len(_digits("".join(words))) in WHOLE_NUMBER:
        words = ["".join(words)]
    return [_spellings(word) for word in words]


def _spellings(number: str) -> Piece:
    """As typed, for it may be part of an email or a date; and as the digits of E.164, where a number has no 0 before its area code."""
    digits = _digits(number)
    without_trunk = digits.lstrip("0") if len(digits) in WHOLE_NUMBER else digits
    return tuple(dict.fromkeys((number, without_trunk or digits)))


def _digits(text: str) -> str:
    return "".join(re.findall(r"[0-9]", text))


def _birth_date(word: str) -> Piece | None:
    """Its spellings, ISO for choice: 1/17/1990 is in 11/17/1990 too."""
    if ISO.fullmatch(word):
        return (word,)
    if whole := IN_FIGURES.fullmatch(word):
        month, day, year = int(whole[1]), int(whole[3]), int(whole[4])
        try:
            return (date(year, month, day).isoformat(),)
        except ValueError:
            return None
    if begun := BEGUN_WITH_SLASHES.fullmatch(word):
        month_and_day = f"{begun[1]}/{begun[2]}"
        if begun[3] is None:
            return (month_and_day,)
        centuries = [f"{century}{begun[3]}-{int(begun[1]):02}-{int(begun[2] or 0):02}" for century in (19, 20) if len(begun[3]) == 2]
        return (f"{month_and_day}/{begun[3]}", *centuries)
    return None


def _dashed(found: re.Match[str]) -> str:
    month = MONTHS.index(found["month"][:3]) + 1
    return f"{found['year'] or ''}-{month:02}-{int(found['day']):02}"
