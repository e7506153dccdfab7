"""What may stand in a cell of a file that a spreadsheet program opens."""

import re
from functools import lru_cache

# A cell that begins so is worked out instead of shown; some languages' programs take the full-width signs for the same (OWASP on CSV
# injection). Where lists are separated by semicolons, a program begins a new cell behind one.
BEGINS_A_FORMULA = re.compile(r"(?:^|(?<=[;,\t\r\n]))(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r\n])")
IN_NORTH_AMERICA = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")


@lru_cache(maxsize=4096)
def harmless(text: str) -> str:
    """The text behind an apostrophe where a spreadsheet program would take it, or a part of it, for a formula."""
    return BEGINS_A_FORMULA.sub("'", text)


def phone_text(number: str) -> str:
    """(212) 555-0101 for +12125550101, which a spreadsheet program leaves as it is; another country's number stays as it is stored."""
    return IN_NORTH_AMERICA.sub(r"(\1) \2-\3", number)
