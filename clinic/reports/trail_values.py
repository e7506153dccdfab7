"""A value as PostgreSQL wrote it into the trail, in words."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from phonenumber_field.modelfields import PhoneNumberField
from phonenumber_field.phonenumber import to_python

LONGEST = 200
EMPTY: tuple[Any, ...] = (None, "", [])
BOUNDS = re.compile(r"""[\[(]"?([^",]+)"?,"?([^",]+)"?[\])]""")


def in_words(field: Any, value: Any, known: Mapping[Any, Mapping[Any, Any]]) -> str:
    """“nothing” for what is empty. What can't be understood, since its field is another one by now, is shown as it is."""
    if value in EMPTY:
        return _("nothing")
    try:
        return _in_words(field, value, known)
    except (ValueError, TypeError):
        return _as_it_is(value)


def _in_words(field: Any, value: Any, known: Mapping[Any, Mapping[Any, Any]]) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if related := getattr(field, "related_model", None):
        thing = known.get(related, {}).get(value)
        return _name_of(thing) if thing is not None else _("number %s") % value
    if choices := dict(getattr(field, "flatchoices", ())):
        return str(choices.get(value, value))
    match field:
        case DateTimeRangeField():
            return _span(value)
        case models.DateTimeField():
            return _moment(value)
        case models.DateField():
            return date_format(date.fromisoformat(value))
        case models.TimeField():
            return time_format(time.fromisoformat(value))
        case PhoneNumberField():
            number = to_python(value)
            return number.as_national if number and number.is_valid() else str(value)
    return _as_it_is(value)


def _name_of(thing: Any) -> str:
    """A right's own words, without the app and the model that Django puts before them."""
    return thing.name if isinstance(thing, Permission) else str(getattr(thing, "label", thing))


def _span(value: str) -> str:
    found = BOUNDS.fullmatch(value)
    if not found:
        return value
    start, end = (timezone.localtime(datetime.fromisoformat(bound)) for bound in found.groups())
    return f"{date_format(start, 'DATETIME_FORMAT')} – {time_format(end)}"


def _moment(value: str) -> str:
    return date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def _as_it_is(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, str):
        return f"“{Truncator(value).chars(LONGEST)}”"
    return str(value)
