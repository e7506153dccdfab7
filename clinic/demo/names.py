"""What the demo's patients are made up from. No name, number or address is anybody's: 555-01xx numbers and example.org belong to nobody."""

import tomllib
import unicodedata
from pathlib import Path

NAMES = tomllib.loads((Path(__file__).parent / "names.toml").read_text(encoding="utf-8"))

LINES = range(110, 200)  # of 555-0110 to 555-0199; the first ten are the clinic's own

ACTIVE_PRODUCTS = ("retinol, every other night", "glycolic acid toner", "tretinoin 0.025 %", "salicylic acid cleanser")
NOTES = (
    "Prefers mornings.",
    "A little nervous of needles: numbing cream early.",
    "Drives in from out of town: please call if we run late.",
    "Likes the quiet room.",
)


def ascii_letters(text: str) -> str:
    """Of a name, for an email's address."""
    return unicodedata.normalize("NFD", text.lower()).encode("ascii", "ignore").decode()
