"""What a session's end changes among the messages, and what it changes back where it is reopened. In the transaction that does it."""

from datetime import datetime

from django.db import transaction

from aftercare.services.plans.starting import REOPENED, start_plan
from aftercare.services.plans.stopping import end_earlier_plans, start_last_again, stop_plan
from aftercare.services.telling.consent import hold
from aftercare.services.telling.taking_back import take_back
from scheduling.models import Appointment, Product


@transaction.atomic
def tell_of_completion(appointment: Appointment, *, product: Product | None = None, now: datetime) -> None:
    """Nothing more about the booking, nor from an earlier session of the same skin; from now on it is this plan's turn."""
    hold(appointment.patient)
    take_back(reason="the session is completed", appointment=appointment)
    end_earlier_plans(appointment, now=now)
    start_plan(appointment, product=product, now=now)


@transaction.atomic
def tell_of_reopening(appointment: Appointment, *, now: datetime) -> None:
    """Its plan stops. If it ended an earlier one, that goes on."""
    stop_plan(appointment, reason=REOPENED, by=appointment.status_by, now=now)
    start_last_again(appointment, now=now)
