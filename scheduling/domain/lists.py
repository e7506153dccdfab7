"""A list of patients as somebody typed it: what its headers and its cells mean. Text in, values out; a ValueError says what to write."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any
from zoneinfo import available_timezones

# Column → what it is called on the page and in the template, and what else it goes by in other programs' exports.
COLUMNS = MappingProxyType(
    {
        "first_name": ("First name", "first", "given name", "forename", "nombre"),
        "last_name": ("Last name", "last", "surname", "family name", "apellido", "apellidos"),
        "birth_date": ("Date of birth", "birth date", "dob", "birthday", "born", "fecha de nacimiento"),
        "phone": (
            *("Cell phone", "phone", "cell", "mobile", "mobile phone", "phone number", "mobile number", "cell number", "cell phone number"),
            *("telephone", "tel", "teléfono", "celular"),
        ),
        "email": ("Email", "email address", "mail", "correo", "correo electrónico"),
        "time_zone": ("Time zone", "tz"),
        "language": ("Language", "preferred language", "lang", "idioma"),
        "wants_quiet_nights": ("Quiet nights", "wants quiet nights"),
        "hyperpigmentation_risk": ("Risk of dark patches", "hyperpigmentation risk", "hyperpigmentation", "dark patches"),
        "active_products": ("Active products", "products"),
        "notes": ("Notes", "note", "comments", "comment", "remarks"),
    }
)
LONGEST_HEADER = 200  # with a hint in brackets; looking for its end takes the square of the length
REQUIRED = ("first_name", "last_name", "birth_date")
LABELS = {column: names[0] for column, names in COLUMNS.items()}
EXAMPLE = {
    "first_name": "Robin",
    "last_name": "Example",
    "birth_date": "1990-05-17",
    "phone": "(212) 555-0100",
    "email": "robin@example.org",
    "time_zone": "America/New_York",
    "language": "English",
    "wants_quiet_nights": "no",
    "hyperpigmentation_risk": "no",
    "active_products": "Retinol 0.3%",
    "notes": "An example: this row is never imported.",
}

DATE_HELP = "Write it as 1990-05-17 or 5/17/1990"
YES, NO = {"yes", "y", "true", "t", "1", "x", "✓", "si", "on"}, {"", "no", "n", "false", "f", "0", "-", "–", "off"}
LANGUAGES = {"": "en", "en": "en", "eng": "en", "english": "en", "ingles": "en", "es": "es", "spa": "es", "spanish": "es", "espanol": "es"}
ZONES = {
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "arizona": "America/Phoenix",
    "pacific": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
}
SHORT_ZONES = {"e": "eastern", "c": "central", "m": "mountain", "p": "pacific"}
EXCEL_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#####")

MIDNIGHT = r"(?:[T ]\s*(?:0{1,2}|12):00(?::00(?:\.0+)?)?(?:\s*AM)?)?"
YEAR_FIRST = re.compile(rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){MIDNIGHT}", re.I)
MONTH_FIRST = re.compile(rf"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{4}}){MIDNIGHT}", re.I)
TWO_DIGIT_YEAR = re.compile(r"[0-9]{1,2}[-/. ]([0-9]{1,2}|[A-Za-z]{3,9})[-/. ]+'?[0-9]{2}")
IN_WORDS = ("%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%B-%Y")


def folded(text: str) -> str:
    """In small letters, without accents, each gap one blank: “  José  PÉREZ” and “jose perez” are the same name."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())


def _header_key(header: str) -> str:
    without_hint = re.sub(r"[(\[].*?[)\]]", "", header)
    return re.sub(r"[^a-z0-9]", "", folded(without_hint))


_BY_HEADER = {_header_key(name): column for column, names in COLUMNS.items() for name in (column, *names)}


def column_of(header: str) -> str | None:
    """column_of("DOB (mm/dd/yyyy)") is "birth_date"; None for what isn't read."""
    return _BY_HEADER.get(_header_key(header)) if len(header) <= LONGEST_HEADER else None


def cell(text: str, *, is_long: bool = False) -> str:
    """One line of plain text; several for the long ones."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip() if is_long else " ".join(text.split())
    if text.startswith("="):
        raise ValueError("this is a formula. Write the value itself.")
    if text.startswith(EXCEL_ERRORS):
        raise ValueError(f"the spreadsheet shows {text} here. Write the value itself, or leave it empty.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in text):
        raise ValueError("there is a character in it that can't be stored. Type it again.")
    return text


def limited(most: int, *, is_required: bool = False, is_long: bool = False) -> Callable[[str], str]:
    def read(text: str) -> str:
        value = cell(text, is_long=is_long)
        if is_required and not value:
            raise ValueError("it is empty. Every patient needs one.")
        if len(value) > most:
            raise ValueError(f"it has {len(value)} characters; at most {most} fit.")
        return value

    return read


def read_date(text: str) -> date:
    """A birth date as 1990-05-17, 5/17/1990 (month first, as in the US), May 17, 1990 or 17-May-1990."""
    value = cell(text)
    if not value:
        raise ValueError(f"it is empty. {DATE_HELP}.")
    if year_first := YEAR_FIRST.fullmatch(value):
        year, month, day = map(int, year_first.groups())
    elif month_first := MONTH_FIRST.fullmatch(value):
        month, day, year = map(int, month_first.groups())
        if month > 12 >= day:
            raise ValueError(f"“{value}” has no month {month}: dates are read as month/day/year. {DATE_HELP}.")
    elif TWO_DIGIT_YEAR.fullmatch(value):
        raise ValueError(f"“{value}” doesn’t say which century. {DATE_HELP}, with four digits of the year.")
    else:
        return _date_in_words(value)
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{value}” is no day of the calendar. {DATE_HELP}.") from None


def _date_in_words(value: str) -> date:
    for pattern in IN_WORDS:
        try:
            return datetime.strptime(value.replace(",", " ").replace(".", " "), pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(f"“{shortened(value)}” isn’t a date. {DATE_HELP}.")


def read_yes_or_no(text: str) -> bool:
    written = cell(text)
    value = folded(written)
    if value not in YES | NO:
        raise ValueError(f"“{shortened(written)}” is neither yes nor no. Write yes, no, or nothing for no.")
    return value in YES


def read_language(text: str) -> str:
    written = cell(text)
    value = re.split("[-_]", folded(written))[0]  # en-US, es_MX
    if value not in LANGUAGES:
        raise ValueError(f"“{shortened(written)}” is none that we write in. Write English or Spanish.")
    return LANGUAGES[value]


@cache
def _zones() -> dict[str, str]:
    names = {name.casefold().replace("_", " "): name for name in available_timezones() if "/" in name}
    short = {f"{letter}{kind}": ZONES[name] for letter, name in SHORT_ZONES.items() for kind in ("t", "st", "dt")}
    return names | ZONES | short


def time_zone_reader(default: str) -> Callable[[str], str]:
    """Reads America/New_York, Eastern, EST …; nothing is the `default`."""

    def read(text: str) -> str:
        value = cell(text)
        key = folded(value).replace("_", " ")
        found = _zones().get(key) or _zones().get(re.sub(r"^(us )?(.*?)( standard| daylight)?( time)?$", r"\2", key))
        if value and not found:
            raise ValueError(f"“{shortened(value)}” is no time zone. Write one such as America/New_York, or nothing for the clinic’s.")
        return found or default

    return read


def shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def is_example(row: dict[str, Any]) -> bool:
    """The template's own row, left standing."""
    return all(row.get(column, "") == EXAMPLE[column] for column in ("first_name", "last_name", "birth_date", "email"))
