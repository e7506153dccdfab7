"""Who in a file is here already, and who only looks like it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from phonenumber_field.phonenumber import to_python

from scheduling.domain.lists import folded
from scheduling.models import Patient

Key = tuple[str, date]


@dataclass(frozen=True, slots=True)
class Known:
    """A patient of the clinic, or one in a row further up: then `row` is its number and there is no `pk`."""

    name: str
    birth_date: date
    phone: str
    pk: int | None = None
    row: int | None = None

    @classmethod
    def of(cls, patient: Patient, row: int | None = None) -> "Known":
        return cls(patient.full_name, patient.birth_date, _number(patient), None if row else patient.pk, row)


def _number(patient: Patient) -> str:
    return str(patient.phone.as_e164) if patient.phone else ""


class Twins:
    """The same phone and birth date, or the same names and birth date, is the same person. The same phone with another birth date may
    be family, and is only pointed out."""

    def __init__(self, days: Iterable[date]) -> None:
        self._by_phone: dict[Key, Known] = {}
        self._by_name: dict[Key, Known] = {}
        for patient in Patient.objects.filter(birth_date__in=set(days)).order_by("pk"):
            self._keep(Known.of(patient))

    def add(self, patient: Patient, row: int) -> None:
        self._keep(Known.of(patient, row))

    def find(self, patient: Patient) -> Known | None:
        phone = _number(patient)
        return self._by_name.get((folded(patient.full_name), patient.birth_date)) or (
            self._by_phone.get((phone, patient.birth_date)) if phone else None
        )

    def _keep(self, known: Known) -> None:
        self._by_name.setdefault((folded(known.name), known.birth_date), known)
        if known.phone:
            self._by_phone.setdefault((known.phone, known.birth_date), known)


def why(known: Known, patient: Patient) -> str:
    """Why the row of this patient is skipped, and what to do if that is wrong."""
    is_same_name, is_same_phone = folded(known.name) == folded(patient.full_name), known.phone == _number(patient)
    if not is_same_name:
        return f"Same phone and date of birth as {_named(known)}. If this is somebody else, add them by hand."
    if known.row:
        return f"Row {known.row} is the same person{'' if is_same_phone else ', with another phone number'}."
    if is_same_phone:
        return "Is here already."
    here = f"the number on record is {_phone_text(known.phone)}" if known.phone else "there is no number on record"
    return f"Is here already, but {here}. If this file knows better, change it on the patient’s page."


def point_out_family(patients: Iterable[tuple[int, Patient]]) -> dict[int, str]:
    """Row → a sentence about somebody else with the same number."""
    by_phone: dict[str, list[Known]] = {}
    found = [(row, patient) for row, patient in patients if patient.phone]
    for known in Patient.objects.filter(phone__in={_number(patient) for _row, patient in found}).order_by("pk"):
        by_phone.setdefault(_number(known), []).append(Known.of(known))
    for row, patient in found:
        by_phone.setdefault(_number(patient), []).append(Known.of(patient, row))
    said = {}
    for row, patient in found:
        other = next((other for other in by_phone[_number(patient)] if other.row != row), None)
        if other:
            hint = "The same name, too: is a date of birth mistyped?" if folded(other.name) == folded(patient.full_name) else "Family?"
            said[row] = f"Same phone as {_named(other)}. {hint}"
    return said


def _named(known: Known) -> str:
    born = f"{known.name}, born {date_format(known.birth_date, 'DATE_FORMAT')}"
    return f"{born} (row {known.row})" if known.row else born


def _phone_text(phone: str) -> str:
    return str(to_python(phone))  # as it is read out, not as it is stored
