"""From a file's bytes to rows of text, or to one sentence why not."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from scheduling.domain.lists import LABELS, REQUIRED, column_of, is_example, shortened
from scheduling.errors import FileRefused
from scheduling.services.importing.workbook import TooLarge, Unreadable, require_modest

MOST_ROWS = 5_000  # a page that takes longer to save them than the server waits would save nothing
MOST_COLUMNS = 200
MOST_LINES = 10 * MOST_ROWS  # blank ones included
LONGEST_ROW = 200_000  # letters of one in a CSV file
MOST_LETTERS = 10_000_000  # in the columns that are read: in an Excel file many cells may be one long text
MOST_BYTES_UNPACKED = 100_000_000  # an .xlsx is a zip: a small one may unpack to gigabytes

PDF, XLSX, OLD_EXCEL, UTF_16 = b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", (b"\xff\xfe", b"\xfe\xff")
SAVE_ANEW = "Open it in your spreadsheet program, save it as .xlsx or as CSV, and choose that file."
UNREADABLE = f"This Excel file can't be read. {SAVE_ANEW}"
FAR_TOO_LARGE = f"This Excel file is far too large once unpacked. At most {MOST_ROWS:,} rows can be imported at a time."


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the one that a spreadsheet program shows at its left. `beyond`: it has more cells than the header names."""

    number: int
    values: dict[str, str]
    beyond: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    rows: list[Row]
    unread: list[str] = field(default_factory=list)  # headers of columns that aren't ours
    notes: list[str] = field(default_factory=list)  # what to look at twice, in sentences


def read_sheet(content: bytes) -> Sheet:
    """Raises FileRefused."""
    notes: list[str] = []
    if content.startswith(OLD_EXCEL):
        raise FileRefused(f"This is an old Excel file (.xls), or one with a password. {SAVE_ANEW}")
    if content.startswith(PDF):
        raise FileRefused("This is a PDF file, and no rows can be read from it. Export the list as .xlsx or as CSV, and choose that file.")
    lines = _excel_lines(content, notes) if content.startswith(XLSX) else _text_lines(content, notes)
    return _sheet(lines, notes)


# --- CSV ----------------------------------------------------------------------------------------------------------------


def _text_lines(content: bytes, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content, notes)
    chosen = re.match(r"sep=(.)\r?\n", text)
    if chosen:  # Excel's own way to say it
        text = text[chosen.end() :]
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=chosen[1] if chosen else _delimiter(text), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            lines.begin_row()
            yield number, cells
    except (csv.Error, TypeError):
        raise FileRefused(
            f"Line {reader.line_num} of the file can't be read: a quotation mark is missing there, or one too many. {SAVE_ANEW}"
        ) from None


class _Lines:
    """The lines of a text. Those that make one row, since a cell may have several, aren't longer than a row may be: a list of its cells
    would be there before anybody could count them."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._number = self._letters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._letters += len(line)
        if self._letters > LONGEST_ROW:
            raise FileRefused(
                f"Line {self._number} of the file can't be read: with more than {LONGEST_ROW:,} letters it is longer than any patient's."
                f" Perhaps a quotation mark is missing, or there are thousands of empty cells. {SAVE_ANEW}"
            )
        return line

    def begin_row(self) -> None:
        self._letters = 0


def _decoded(content: bytes, notes: list[str]) -> str:
    is_marked = content.startswith(UTF_16)
    if b"\0" in content and not is_marked:
        raise FileRefused(f"This is neither an Excel file nor a CSV file. {SAVE_ANEW}")
    for encoding in ("utf-16",) if is_marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise FileRefused(f"The letters in this file can't be made out. {SAVE_ANEW} For CSV, choose “CSV UTF-8”.")
    if "\0" in text:
        raise FileRefused(f"This is neither an Excel file nor a CSV file. {SAVE_ANEW}")
    if encoding == "cp1252":
        notes.append("The file doesn’t say how its letters are written; it was read as Windows-1252. Please look at names with accents.")
    return text


def _delimiter(text: str) -> str:
    """The one that splits the header into the most columns that we know."""
    header = next((line for line in islice(io.StringIO(text, newline=""), MOST_LINES) if line.strip()), "")[:LONGEST_ROW]

    def known(delimiter: str) -> int:
        return len({column_of(name) for name in header.split(delimiter, MOST_COLUMNS)[:MOST_COLUMNS]} - {None})

    return max(",;\t|", key=known)


# --- Excel --------------------------------------------------------------------------------------------------------------


def _excel_lines(content: bytes, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    import openpyxl  # a tenth of a second, that not every process has to wait for

    _require_modest_workbook(content)
    try:
        # Not the values that a program once computed: whoever wrote the file may have stored none, and a phone would be missing in silence.
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheets = workbook.worksheets
        if len(sheets) > 1:
            notes.append(f"Only the first sheet, “{shortened(sheets[0].title)}”, was read.")
        rows = _rows_of(sheets[0]) if sheets else iter(())
        yield from ((number, [_as_text(cell) for cell in row]) for number, row in enumerate(rows, start=1))
    except FileRefused:
        raise
    except Exception as error:  # of a dozen kinds, after what is broken in it
        raise FileRefused(UNREADABLE) from error


def _rows_of(sheet: Any) -> Iterator[Any]:
    sheet.reset_dimensions()  # a program that wrote the wrong ones would have rows left out, in silence
    return iter(sheet.iter_rows(max_col=MOST_COLUMNS))


def _require_modest_workbook(content: bytes) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
        if not any(entry.filename == "[Content_Types].xml" for entry in entries):
            raise FileRefused(f"This is neither an Excel file nor a CSV file. {SAVE_ANEW}")
        # zipfile reads no more of an entry than it declares.
        if sum(entry.file_size for entry in entries) > MOST_BYTES_UNPACKED:
            raise FileRefused(FAR_TOO_LARGE)
        require_modest(archive)
    except TooLarge:
        raise FileRefused(FAR_TOO_LARGE) from None
    except Unreadable:
        raise FileRefused(UNREADABLE) from None
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, RuntimeError):
        raise FileRefused(f"This Excel file is damaged. {SAVE_ANEW}") from None


def _as_text(cell: Any) -> str:
    value = cell.value
    if cell.data_type == "f":
        return "=" if not isinstance(value, str) else value
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


# --- both ---------------------------------------------------------------------------------------------------------------


def _sheet(lines: Iterable[tuple[int, list[str]]], notes: list[str]) -> Sheet:
    filled = _filled(lines)
    _number, header = next(filled, (0, []))
    header = _columns_of(header)
    columns = [column_of(name) for name in header]
    _require_columns(header, columns)
    rows, letters = [], 0
    for number, cells in filled:
        values = {column: value for column, value in zip(columns, cells, strict=False) if column}
        if is_example(values):
            continue
        beyond = any(value.strip() for value in cells[len(columns) :])
        if beyond or any(value.strip() for value in values.values()):
            rows.append(Row(number, values, beyond))
            letters += sum(map(len, values.values()))
        if len(rows) > MOST_ROWS:
            raise FileRefused(f"There are more than {MOST_ROWS:,} patients in this file. Split it, and import one part after the other.")
        if letters > MOST_LETTERS:
            raise FileRefused(
                "There is far more text in this file than in a list of patients. Split it, and import one part after the other."
            )
    if not rows:
        raise FileRefused("There is a header in this file, and no patient below it.")
    unread = [shortened(" ".join(name.split()), 40) for name, column in zip(header, columns, strict=True) if name.strip() and not column]
    return Sheet(rows, unread, notes)


def _columns_of(header: list[str]) -> list[str]:
    """Before anything else looks at them: each name costs time."""
    if any(name.strip() for name in header[MOST_COLUMNS:]):
        raise FileRefused(
            f"The first row names more than {MOST_COLUMNS} columns. Delete those that aren't needed, and choose the file again."
        )
    return header[:MOST_COLUMNS]


def _filled(lines: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in lines:
        if number > MOST_LINES:
            raise FileRefused(f"There are more than {MOST_LINES:,} lines in this file. Delete the empty ones at its end, or split it.")
        if any(cell.strip() for cell in cells):
            yield number, cells


def _require_columns(header: list[str], columns: list[str | None]) -> None:
    if not header:
        raise FileRefused("This file is empty.")
    missing = [f"“{LABELS[column]}”" for column in REQUIRED if column not in columns]
    if missing:
        found = ", ".join(f"“{shortened(' '.join(name.split()), 40)}”" for name in header[:8] if name.strip())
        raise FileRefused(f"The first row has to name the columns, and {_listed(missing)} isn't there. It says {found}.")
    for column in dict.fromkeys(column for column in columns if column):
        alike = [f"“{shortened(' '.join(name.split()), 40)}”" for name, meant in zip(header, columns, strict=True) if meant == column]
        if len(alike) > 1:
            raise FileRefused(f"{_listed(alike)} would all be the {LABELS[column].lower()}. Delete or rename all but one of them.")


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
