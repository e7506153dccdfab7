"""A message of which no email can be made."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications import services
from notifications.models import Message


@pytest.mark.django_db(transaction=True)
def test_it_is_refused_for_good(settings):
    """Uncertain, it would be looked for and sent again."""
    settings.CHANNELS = settings.CHANNELS | {"email": "email"}
    now = timezone.now()
    draft = services.Draft("x", "email", "ana@example.org", "Words.", now, now + timedelta(hours=1), subject="Two\nlines")
    [message] = services.schedule([draft], now=now)
    services.dispatch()
    message.refresh_from_db()
    assert (message.status, Message.objects.count(), mail.outbox) == ("failed", 1, [])
