"""A sheet as CSV, bit by bit, or as a workbook that Excel opens."""

import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from scheduling.domain.cells import harmless
from scheduling.domain.lots import in_lots
from scheduling.views.exporting.columns import Cell, Sheet

MOST_ROWS_IN_EXCEL = 1_048_576 - 1  # with the heading
UNFINISHED = "afterglow-workbook-"  # and the number of the process that writes it


def csv_blocks(sheet: Sheet) -> Iterator[tuple[bytes, int]]:
    """(bytes, rows in them): the heading at once, before anything is read. Excel takes it for UTF-8 by the mark at its beginning."""
    yield b"\xef\xbb\xbf" + csv_lines([list(sheet.headings)]), 0
    for lot in in_lots(sheet.rows):
        yield csv_lines(lot), len(lot)


def csv_lines(rows: list[list[Cell]]) -> bytes:
    """Dates as 2026-12-31."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def workbook(sheet: Sheet, title: str, words: str) -> tuple[IO[bytes], int]:
    """(a file to read from its beginning, the rows in it): each row goes to the disk before the next is read. `words` stand on a sheet
    of their own."""
    import xlsxwriter  # 8 MB, in every process, for what few of them ever do

    file = tempfile.TemporaryFile()  # noqa: SIM115 (it is handed on)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=f"{UNFINISHED}{os.getpid()}-") as folder,
            xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder}) as book,
        ):
            rows = _fill(book, book.add_worksheet(title), sheet)
            about = book.add_worksheet(_("About"))
            about.set_column(0, 0, 120)
            for number, line in enumerate(words.splitlines()):
                about.write_string(number, 0, harmless(line))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file, rows


def forget_unfinished() -> None:
    """What a process was writing when it was killed: it names patients, and nobody else would ever delete it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{UNFINISHED}*"):
        writer = re.match(r"\d+", folder.name.removeprefix(UNFINISHED))
        if writer and not _is_running(int(writer.group())):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


def _fill(book: Any, page: Any, sheet: Sheet) -> int:
    bold = book.add_format({"bold": True, "bottom": 1})
    day, money = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "#,##0.00"})
    for column, (heading, width) in enumerate(zip(sheet.headings, sheet.widths, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, heading, bold)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    number = 0
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            match cell:
                case None | "":
                    pass
                case str():
                    page.write_string(number, column, harmless(cell))
                case date():
                    page.write_datetime(number, column, cell, day)
                case Decimal():
                    page.write_number(number, column, cell, money)
                case _:
                    page.write_number(number, column, cell)
    page.autofilter(0, 0, number, len(sheet.headings) - 1)
    return number
