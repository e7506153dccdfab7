from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from aftercare.domain.reasons import ALREADY_TOLD, UNREACHABLE
from notifications.domain.states import SETTLED, WENT_WRONG, MessageStatus
from scheduling.domain.states import COMING

LOOKED_AT = timedelta(days=7)
IN_A_ROW = 2
# What she said, and what one of us wrote to her: not what goes out by itself.
SPOKEN = Q(reply__isnull=False) | Q(written_by__isnull=False)


class CareMessageQuerySet(models.QuerySet):
    def gone_wrong(self, now: datetime, *, one_a_plan: bool = True) -> Self:
        """What didn't reach her in the last 7 days, or may not have, and what has no way to reach her, past or to come.

        Without what something else went instead of, or somebody has dealt with. Where nothing can reach her, one line for each plan,
        and one for all bookings, is enough to ask her.
        """
        open_lines = self.filter(planned_for__gt=now - LOOKED_AT, stand_in=None, dealt_with_at=None)
        not_arrived = open_lines.filter(planned_for__lte=now, message__status__in=WENT_WRONG)
        of_use = Q(plan__isnull=False, plan__stopped_at=None) | Q(
            plan=None, appointment__status__in=COMING, appointment__during__startswith__gt=now
        )
        no_way = open_lines.filter(of_use, reason__in=UNREACHABLE)
        if one_a_plan:
            no_way = no_way.order_by("patient_id", "plan_id", "planned_for", "pk").distinct("patient_id", "plan_id")
        # Each by its own index: what is to come is most of the ledger.
        return self.filter(pk__in=not_arrived.order_by().values("pk").union(no_way.values("pk")))

    def without_replaced(self) -> Self:
        """What went out, what is to come, and what nothing stands in for."""
        never_left = Q(message=None) | Q(message__status__in=[MessageStatus.CANCELLED.value, MessageStatus.SUPPRESSED.value])
        return self.exclude(never_left, stand_in__isnull=False)

    def to_come(self, now: datetime) -> Self:
        """Soonest first. What was taken back doesn't come, nor what has gone sooner than planned, be it from an earlier plan."""
        coming = self.without_replaced().filter(planned_for__gt=now).exclude(message__status=MessageStatus.CANCELLED.value)
        coming = coming.exclude(message__accepted_at__isnull=False).exclude(reason=ALREADY_TOLD)
        return coming.order_by("planned_for", "pk")

    def texts_dont_arrive_at(self, number: str) -> bool:
        """The last two of whose fate the provider said something didn't reach it."""
        settled = self.filter(channel="sms", message__address=number, message__status__in=SETTLED)
        last = settled.order_by("-message__send_at", "-pk").values_list("message__status", flat=True)[:IN_A_ROW]
        return len(last) == IN_A_ROW and MessageStatus.DELIVERED not in last

    def spoken(self) -> Self:
        return self.filter(SPOKEN)

    def known(self) -> Self:
        """Without those of patients who were erased, and what came from a number that nobody keeps any more."""
        return self.filter(patient__erased_at=None).exclude(patient=None, reply__address="")

    def to_read(self) -> Self:
        """Replies that nobody has read yet."""
        return self.filter(reply__isnull=False, read_at=None)


class ProtocolQuerySet(models.QuerySet):
    def newest(self) -> Self:
        """Of each protocol the newest version that was published, in use or not."""
        published = self.exclude(published_at=None).order_by("slug", "-version").distinct("slug")
        return self.filter(pk__in=published.values("pk"))

    def in_use(self) -> Self:
        """Those that sessions completed from now on follow. An older version never comes back into use by itself."""
        return self.newest().filter(retired_at=None)
