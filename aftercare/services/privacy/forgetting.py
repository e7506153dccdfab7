"""What is kept of somebody whom nobody knows: no patient's page has it, so nobody can erase it, and it goes as the replies do."""

from datetime import datetime

from django.db.models import QuerySet

from aftercare.models import Concern
from aftercare.services.privacy.table import BLANKS


def old_concerns(before: datetime) -> QuerySet[Concern]:
    """From numbers that nobody has: resolved, and with words still."""
    return Concern.objects.filter(patient=None, raised_at__lt=before, resolved_at__isnull=False).exclude(said="")


def forget_concerns(rows: QuerySet[Concern]) -> int:
    """That there was one, how urgent, and how soon somebody saw to it stays. Requires a transaction."""
    return rows.update(**BLANKS[Concern])
