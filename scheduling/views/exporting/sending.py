"""From a sheet to a download, and how it ended to the audit trail.

A CSV file leaves while it is read. Where that comes to grief, its last line says that it isn't complete, and the connection is broken
off, so that the browser calls the download failed. A workbook is written to the disk first: it leaves whole, with its length, or not
at all.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import IO

from django.db import DatabaseError, connection
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling import services
from scheduling.errors import TooSlow
from scheduling.models import ReportExport
from scheduling.models.reporting import BROKEN_OFF, COMPLETE, FAILED
from scheduling.views.exporting.columns import Sheet
from scheduling.views.exporting.files import csv_blocks, csv_lines, workbook

logger = logging.getLogger(__name__)

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTES_AT_ONCE = 64 * 1024


def csv_download(export: ReportExport, sheet: Sheet) -> StreamingHttpResponse:
    return _download(export, csv_blocks(sheet), "text/csv; charset=utf-8")


def excel_download(export: ReportExport, sheet: Sheet) -> StreamingHttpResponse:
    """Raises what reading raises, TooSlow among it, and then nothing has left."""
    try:
        file, rows = workbook(sheet, _("Maintenance due"), export.words)
    except BaseException:
        _end(export, FAILED, rows=0)
        raise
    response = _download(export, _pieces(file, rows), EXCEL)
    response.headers["Content-Length"] = str(file.seek(0, 2))
    file.seek(0)
    return response


def _download(export: ReportExport, blocks: Iterable[tuple[bytes, int]], content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_recorded(export, blocks), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="maintenance-due-{export.as_of}.{export.format}"'
    return response


def _recorded(export: ReportExport, blocks: Iterable[tuple[bytes, int]]) -> Iterator[bytes]:
    ending, rows = BROKEN_OFF, 0  # which it stays where the browser goes away in the middle
    try:
        for block, rows_in_it in blocks:
            rows += rows_in_it
            yield block
        ending = COMPLETE
    except Exception as error:
        ending = FAILED
        why = str(error) if isinstance(error, TooSlow) else _("Something went wrong at the clinic’s server.")
        yield csv_lines([[_("THIS FILE IS NOT COMPLETE: %s Export it again.") % why]])
        raise
    finally:
        _end(export, ending, rows=rows)


def _pieces(file: IO[bytes], rows: int) -> Iterator[tuple[bytes, int]]:
    with file:
        while piece := file.read(BYTES_AT_ONCE):
            yield piece, rows
            rows = 0  # they count once


def _end(export: ReportExport, ending: str, *, rows: int) -> None:
    try:
        try:
            services.end_export(export, ending, rows=rows, now=timezone.now())
        except DatabaseError:
            connection.close()  # the database may have gone away, and come back
            services.end_export(export, ending, rows=rows, now=timezone.now())
    except DatabaseError:
        logger.exception("Export %s of the report (%s, at most %s rows): its end can't be written down.", export.pk, ending, rows)
