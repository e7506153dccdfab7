"""Numbers, money and shares as the report says them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.models.recalls import OUTCOMES

REACHED_BY = {"sms": gettext_lazy("text"), "email": gettext_lazy("email")}
OUTCOME = dict(OUTCOMES)


def count(number: int) -> str:
    """“12,345”."""
    return number_format(number, use_l10n=True, force_grouping=True)


def money(values: Mapping[str, Decimal]) -> str:
    """“24,320 USD”; one after the other where there are several currencies."""
    return " + ".join(f"{amount(value)} {currency}" for currency, value in sorted(values.items()) if value)


def amount(value: Decimal) -> str:
    return number_format(value, 0 if value == value.to_integral_value() else 2, use_l10n=True, force_grouping=True)


def day(on: date) -> str:
    return date_format(on, "M j, Y")


def ways(reached_by: str, has_phone: bool) -> list[str]:
    """By what she may be asked back: a call is always allowed where there is a number."""
    named = [str(REACHED_BY[way]) for way in reached_by.split(",") if way]
    return [*named, _("call")] if has_phone else named


def outcome(last_outcome: str, is_answered: bool) -> str:
    return _("answered") if is_answered else str(OUTCOME.get(last_outcome, ""))
