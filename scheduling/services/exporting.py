"""Who took the report out of the house: written down before the first byte leaves, and how it ended afterwards. Kept for
years, it goes."""

from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from scheduling.models import ReportExport
from scheduling.services.erasing import as_eraser


@transaction.atomic
def begin_export(*, user: User, format: str, as_of: date, words: str, query: str, has_addresses: bool, now: datetime) -> ReportExport:
    return ReportExport.objects.create(user=user, format=format, as_of=as_of, words=words, query=query, has_addresses=has_addresses, at=now)


@transaction.atomic
def end_export(export: ReportExport, ending: str, *, rows: int, now: datetime) -> bool:
    """Whether it was its first end: there is no second. At most `rows` patients left the house."""
    return ReportExport.objects.filter(pk=export.pk, finished_at=None).update(ending=ending, rows=rows, finished_at=now) > 0


def old_exports(before: datetime) -> QuerySet[ReportExport]:
    return ReportExport.objects.filter(at__lt=before)


@transaction.atomic
def forget_exports(rows: QuerySet[ReportExport]) -> int:
    with as_eraser():
        return rows.delete()[0]
