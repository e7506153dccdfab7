"""All that is held of one patient, as plain data: what she gets when she asks for it (docs/privacy.md says what the keys mean)."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from functools import reduce
from typing import Any

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import Range
from django.db.models import Model
from phonenumber_field.phonenumber import PhoneNumber

from aftercare.domain.consent import wording_of
from aftercare.services.privacy.addresses import CHANNELS, every_address, hers
from aftercare.services.privacy.table import TABLE, Held
from notifications.models import Reply
from notifications.services import said_stop_at
from scheduling.models import Patient

FORMAT = "afterglow-patient-1"

Row = dict[str, Any]


def held_of(patient: Patient, now: datetime) -> Row:
    """Times are ISO 8601 with their offset, money is text, and what is hers is named by its number."""
    data: Row = {"format": FORMAT, "made_at": now.isoformat(), "made_by": settings.PUBLIC_BASE_URL}
    for model, held in TABLE.items():
        if held.key:
            found = model._default_manager.filter(**{held.hers: patient.pk}).select_related(*_related(model, held)).order_by("pk")
            data[held.key] = [_row(one, held) for one in found.distinct()]
    [data["patient"]] = data["patient"]
    data["replies"] += _from_numbers(patient, data["replies"])
    for consent in data["consents"]:
        words = wording_of(consent["wording_version"], consent["purpose"], consent["channel"])
        consent["words"] = words.texts if words else {}
    addresses = {address for channel in CHANNELS for address in every_address(patient, channel)}
    data["opted_out"] = [
        {"channel": channel, "address": address, "since": since.isoformat()} for channel, address, since in said_stop_at(addresses)
    ]
    return data


def _from_numbers(patient: Patient, known: Iterable[Row]) -> list[Row]:
    """Written from an address that is hers alone before anybody knew whose it was."""
    already = {row["number"] for row in known}
    others = Reply.objects.filter(pk__in=hers(patient).replies).exclude(pk__in=already).order_by("pk")
    return [_row(one, TABLE[Reply]) for one in others]


def _related(model: type[Model], held: Held) -> list[str]:
    """What is named by its own name, rather than by its number, is read along."""
    found = set()
    for name in held.names:
        *path, last = name.split(".")
        field = model._meta.get_field(path[0] if path else last)
        if path:
            found.add("__".join(path))
        elif field.is_relation and field.related_model not in TABLE:
            found.add(last)
    return sorted(found)


def _row(one: Model, held: Held) -> Row:
    """Of what is reached by a path, the last step is the key."""
    return {"number": one.pk} | {name.rpartition(".")[2]: _plain(_value(one, name)) for name in held.names}


def _value(one: Model, name: str) -> Any:
    *path, last = name.split(".")
    owner: Any = reduce(getattr, path, one)
    field = owner._meta.get_field(last)
    return getattr(owner, field.attname) if field.is_relation and field.related_model in TABLE else getattr(owner, last)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case PhoneNumber():
            return str(value.as_e164)
        case Range():
            return {"from": _plain(value.lower), "until": _plain(value.upper)}
        case Decimal():
            return str(value)
        case list():
            return [_plain(one) for one in value]
    return str(value)
