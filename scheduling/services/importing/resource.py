"""The rows of a file as patients, by django-import-export: each is read, checked, compared with who is here, and saved."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from import_export import resources
from import_export.fields import Field
from import_export.results import RowResult
from import_export.widgets import Widget
from phonenumber_field.phonenumber import PhoneNumber, to_python
from tablib import Dataset

from scheduling.domain.lists import (
    COLUMNS,
    cell,
    limited,
    read_date,
    read_language,
    read_yes_or_no,
    shortened,
    time_zone_reader,
)
from scheduling.models import Patient
from scheduling.services.importing.lines import Line, Preview
from scheduling.services.importing.sheets import Sheet
from scheduling.services.importing.twins import Known, Twins, point_out_family, why

ROW, BEYOND = "row", "beyond"
NOT_REACHABLE = "No phone and no email: can’t be sent anything."
TOO_MANY_CELLS = "there are more cells than the first row names. A comma inside a cell needs quotation marks around the cell."


def read_phone(text: str) -> PhoneNumber | str:
    value = cell(text)
    if not value:
        return ""
    number = to_python(value, region=settings.PHONENUMBER_DEFAULT_REGION)
    if not number.is_valid():
        raise ValueError(f"“{shortened(value)}” is no phone number. Write it as (212) 555-0100, and one from abroad with its + in front.")
    if number.extension:
        raise ValueError(f"“{shortened(value)}” has an extension, which no text reaches. Write a cell phone’s number, or leave it empty.")
    return number


def read_email(text: str) -> str:
    value = limited(254)(text)
    try:
        if value:
            validate_email(value)
    except ValidationError:
        raise ValueError(f"“{shortened(value)}” is no email address. Write one such as robin@example.org, or leave it empty.") from None
    return value


READERS: dict[str, Callable[[str], Any]] = {
    "first_name": limited(80, is_required=True),
    "last_name": limited(80, is_required=True),
    "birth_date": read_date,
    "phone": read_phone,
    "email": read_email,
    "time_zone": time_zone_reader(settings.TIME_ZONE),
    "language": read_language,
    "wants_quiet_nights": read_yes_or_no,
    "hyperpigmentation_risk": read_yes_or_no,
    "active_products": limited(200),
    "notes": limited(5_000, is_long=True),
}


class Reading(Widget):
    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self.read = read

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return self.read(value or "")


class PatientResource(resources.ModelResource):
    """Only ever adds patients; who is here already is skipped, not overwritten."""

    class Meta:
        model = Patient
        fields = tuple(COLUMNS)
        import_id_fields = ()
        clean_model_instances = True
        skip_diff = True
        store_row_values = True
        use_transactions = False  # the service that calls it holds one, or wants nothing saved

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = {column: Field(column, column, Reading(read)) for column, read in READERS.items()}

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        self.twins = Twins(day for text in dataset["birth_date"] if (day := _day_or_none(text)))

    def get_or_init_instance(self, instance_loader: Any, row: dict[str, Any]) -> tuple[Patient, bool]:
        return Patient(), True

    def skip_row(self, instance: Patient, original: Any, row: dict[str, Any], import_validation_errors: Any = None) -> bool:
        twin = None if import_validation_errors else self.twins.find(instance)
        row["twin"] = twin
        return twin is not None

    def validate_instance(self, instance: Patient, import_validation_errors: Any = None, validate_unique: bool = True) -> None:
        errors = dict(import_validation_errors or {})
        beyond = {BEYOND: ValidationError(TOO_MANY_CELLS)} if self.has_cells_beyond else {}
        super().validate_instance(instance, errors | beyond, validate_unique)

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        self.has_cells_beyond = row[BEYOND]

    def after_import_row(self, row: dict[str, Any], row_result: RowResult, **kwargs: Any) -> None:
        if row_result.import_type == RowResult.IMPORT_TYPE_NEW:
            self.twins.add(row_result.instance, row[ROW])

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        """Not the library's own, which sets the sequence back to the highest number that it sees: somebody else's new patient, not yet
        committed, would lose hers."""


def go_through(sheet: Sheet, *, save: bool) -> tuple[Preview, list[Patient]]:
    """Every row of the sheet, and the patients that were, or would be, added. Whatever isn't about a row's own content is raised."""
    columns = [column for column in COLUMNS if column in sheet.rows[0].values]
    dataset = Dataset(headers=[*columns, ROW, BEYOND])
    for row in sheet.rows:
        dataset.append([*(row.values.get(column, "") for column in columns), row.number, row.beyond])
    resource = PatientResource()
    # import_data() itself would save each row of a dry run, and roll it back.
    result = resource.import_data_inner(
        dataset,
        dry_run=not save,
        raise_errors=False,
        using_transactions=False,
        collect_failed_rows=False,
        retain_instance_in_row_result=True,
    )
    for error in result.base_errors + [error for row in result.rows for error in row.errors]:
        raise error.error
    return _sorted_out(result.rows, dataset, sheet)


def _sorted_out(results: list[RowResult], dataset: Dataset, sheet: Sheet) -> tuple[Preview, list[Patient]]:
    preview = Preview(unread=sheet.unread, notes=list(sheet.notes))
    added: dict[int, Patient] = {}
    for result, row in zip(results, sheet.rows, strict=True):
        if result.validation_error:
            preview.mend.append(_to_mend(row.number, row.values, result.validation_error))
            continue
        patient: Patient = result.instance
        line = Line(
            row.number,
            patient.full_name,
            patient.birth_date,
            str(patient.phone or ""),
            patient.email,
            patient.get_language_display(),
        )
        if result.import_type == RowResult.IMPORT_TYPE_SKIP:
            known: Known = result.row_values["twin"]
            line.reason, line.twin = why(known, patient), known.pk
            preview.here.append(line)
            continue
        if not patient.phone and not patient.email:
            line.remarks.append(NOT_REACHABLE)
        preview.new.append(line)
        added[row.number] = patient
    family = point_out_family(added.items())
    for line in preview.new:
        line.remarks += [family[line.number]] if line.number in family else []
    return preview, list(added.values())


def _to_mend(number: int, values: dict[str, str], error: ValidationError) -> Line:
    def shown(column: str) -> str:
        return shortened(" ".join(values.get(column, "").split()))

    line = Line(number, f"{shown('first_name')} {shown('last_name')}".strip(), shown("birth_date"), shown("phone"), shown("email"))
    for column, sentences in error.message_dict.items():
        for sentence in sentences:
            line.complain(column, sentence)
    return line


def _day_or_none(text: str) -> Any:
    try:
        return read_date(text)
    except ValueError:
        return None
