"""What went wrong with a message, and somebody has seen to."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from aftercare.domain.reasons import UNREACHABLE
from aftercare.models import CareMessage


@transaction.atomic
def deal_with(lines: Iterable[CareMessage], *, by: User, now: datetime | None = None) -> int:
    """Somebody has called, or asked, or let it be. Says of how many lines that was.

    Where nothing can reach her, asking once settles the whole plan.
    """
    now = now or timezone.now()
    wrong = list(CareMessage.objects.gone_wrong(now, one_a_plan=False).filter(pk__in=[line.pk for line in lines]))
    settled = Q(pk__in=[line.pk for line in wrong])
    for patient, plan in {(line.patient_id, line.plan_id) for line in wrong if line.reason in UNREACHABLE}:
        settled |= Q(patient=patient, plan=plan, reason__in=UNREACHABLE)
    CareMessage.objects.filter(settled, dealt_with_at=None).update(dealt_with_at=now, dealt_with_by=by)
    return len(wrong)
