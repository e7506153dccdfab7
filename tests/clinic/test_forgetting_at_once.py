"""The night's work beside somebody else's. In a module of its own, since it commits."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from clinic.services.forgetting import KINDS, forget
from notifications.models import Message
from tests.clinic_world import FIRST, Clinic, outbox, wait_until, waiting_for_a_lock


@pytest.mark.django_db(transaction=True)
def test_where_it_and_an_erasure_wait_for_each_other_it_begins_anew(committed_clinic, at_once):
    """Each has one of two messages, and wants the other."""
    first, last = (m.pk for m in outbox_of_two(committed_clinic))
    has_it = Event()

    def erasure() -> None:
        with transaction.atomic():
            Message.objects.filter(pk=last).update(body="")
            has_it.set()
            wait_until(waiting_for_a_lock)
            Message.objects.filter(pk=first).update(body="")

    def night() -> int:
        assert has_it.wait(20)
        return len(forget(FIRST + timedelta(days=800)).forgotten)

    assert at_once([erasure, night]) == [None, len(KINDS)]
    assert not Message.objects.exclude(body="", address="").exists()


def outbox_of_two(clinic: Clinic) -> list[Message]:
    clinic.book(clinic.consents(clinic.ana))
    Message.objects.exclude(pk__in=[message.pk for message in outbox()[:2]]).delete()
    Message.objects.update(status="delivered")
    return outbox("delivered")
