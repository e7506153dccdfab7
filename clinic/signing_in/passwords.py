"""Whoever guesses begins with what everybody knows."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ATTRIBUTES = ("username", "first_name", "last_name", "email")
WORDS = ("admin", "afterglow", "clinic", "microneedling", "password")
SHORTEST_WORD = 3
LEAST_BESIDES = 8


class KnownWordsValidator:
    """Django's own compares the whole password with a name: it takes a name with a few letters more."""

    def validate(self, password: str, user: Any = None) -> None:
        rest = password.lower()
        for word in sorted(_known(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(rest) < LEAST_BESIDES and len(rest) < len(password):
            raise ValidationError(
                _("The password is little more than a name or a word such as “clinic”: it must have %(count)s other characters or more."),
                code="password_of_known_words",
                params={"count": LEAST_BESIDES},
            )

    def get_help_text(self) -> str:
        return _("Your password can’t be little more than your name, or than a word such as “clinic” or “password”.")


def _known(user: Any) -> set[str]:
    names = " ".join(str(getattr(user, name, "")).partition("@")[0] for name in ATTRIBUTES).lower()
    return {word for word in re.split(r"[\W\d_]+", names) if len(word) >= SHORTEST_WORD} | set(WORDS)
