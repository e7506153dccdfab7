"""What somebody typed, or wrote to us."""

from unicodedata import category

# Neither a letter nor a sign: controls, what has no width, spaces, and accents without a letter under them.
UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me")
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters by name, drawn as nothing


def words_in(text: str) -> str:
    """Without NUL and the space around it, its line ends as one; "" where there is nothing to be seen in it."""
    words = text.replace("\0", "").replace("\r\n", "\n").strip()
    return words if any(category(letter) not in UNSEEN and letter not in BLANK_LETTERS for letter in words) else ""
