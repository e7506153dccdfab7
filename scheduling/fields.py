"""Values and expressions that scheduling's models are made of."""

from functools import cache
from unicodedata import category
from zoneinfo import available_timezones

from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Value
from django.db.models.functions import Cast, Concat, ExtractDay, ExtractMonth, ExtractYear, Lower, LPad
from django.utils.translation import gettext_lazy as _


@cache
def time_zones() -> set[str]:
    """Read from the disk once: a file of patients asks for them ten thousand times."""
    return available_timezones() - {"localtime"}  # some systems list it, and PostgreSQL doesn't know it


def validate_time_zone(value: str) -> None:
    if value not in time_zones():
        example = similar_time_zone(value) or "America/New_York"
        raise ValidationError(
            _("“%(value)s” is not a time zone; use a name such as %(example)s."),
            code="time_zone",
            params={"value": value, "example": example},
        )


def similar_time_zone(value: str) -> str:
    """America/Denver for “Denver”: the first one that ends in what was typed, America's before all others; "" for none."""
    ending = f"/{value.strip().casefold().replace(' ', '_')}"
    return min(
        (name for name in time_zones() if name.casefold().endswith(ending)), key=lambda name: (name[:8] != "America/", name), default=""
    )


def validate_one_line(value: str) -> None:
    if any(category(letter) in ("Cc", "Zl", "Zp") for letter in value):
        raise ValidationError(_("Please write it in one line, without line breaks or tabs."), code="one_line")


JOINERS = "\u200c\u200d"  # how letters of Persian, Hindi or Malayalam join belongs to the name


def validate_patient_name(value: str) -> None:
    """It is what it looks like: another who reads it can type it, and it turns nothing around it the other way."""
    validate_one_line(value)
    for before, letter in zip(" " + value, value, strict=False):
        if category(letter) == "Cf" and not (letter in JOINERS and category(before)[0] in "LM"):
            raise ValidationError(_("There is a character in it that can’t be seen. Please type the name again."), code="unseen")


def validate_name(value: str) -> None:
    """It stands in texts, and in emails' subjects."""
    validate_one_line(value)
    if "{" in value or "}" in value:
        raise ValidationError(_("Please leave out { and }: in texts they stand for what is filled in."), code="braces")


validate_currency = RegexValidator(r"\A[A-Z]{3}\Z", _("Use the three capital letters of a currency, such as USD."))


def recovery_days() -> Func:
    """daterange [the session's clinic-local day, that day + minimum interval): the days on which the skin takes no other session (F19)."""
    starts_at = Func(F("during"), function="lower", output_field=models.DateTimeField())
    own_day = Cast(Func(F("time_zone"), starts_at, function="timezone", output_field=models.DateTimeField()), models.DateField())
    first_day_after = ExpressionWrapper(own_day + F("minimum_interval_days"), output_field=models.DateField())
    return Func(own_day, first_day_after, function="daterange", output_field=DateRangeField())


# unaccent() is a dictionary's, which may change, so PostgreSQL doesn't let a generated column rest on it.
ACCENTED, PLAIN = "áàâäãåéèêëíìîïóòôöõúùûüñçýÿ", "aaaaaaeeeeiiiiooooouuuuncyy"


def plain(text: str) -> str:
    """What `unaccented` makes of it, without asking the database."""
    return text.lower().translate(str.maketrans(ACCENTED, PLAIN))


def unaccented(text: object) -> Func:
    return Func(Lower(text), Value(ACCENTED), Value(PLAIN), function="translate", output_field=models.TextField())


def searchable() -> Func:
    """All that a patient is looked for by, in small letters without accents: names, number, email, and the birth date as 1990-05-17 and
    5/17/1990."""
    year, month, day = (Cast(part("birth_date"), models.TextField()) for part in (ExtractYear, ExtractMonth, ExtractDay))
    space, slash = Value(" "), Value("/")
    iso = [year, Value("-"), LPad(month, 2, Value("0")), Value("-"), LPad(day, 2, Value("0"))]
    return unaccented(
        Concat(
            "first_name",
            space,
            "last_name",
            space,
            "phone",
            space,
            "email",
            space,
            *iso,
            space,
            month,
            slash,
            day,
            slash,
            year,
            output_field=models.TextField(),
        )
    )
