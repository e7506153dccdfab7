"""Who signs in and out is on the trail, whichever way it happens. Who only tries to: lockout.py."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from clinic.models.trail import Action
from clinic.services import trail
from clinic.signing_in.lockout import from_where
from clinic.signing_in.second_factor import note_password
from clinic.signing_in.sessions import SIGNED_IN_AT, end_sessions_of


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Django would go on with the session of whoever signs in twice: the password alone would begin another day, the code still given."""
    request.session.pop(DEVICE_ID_SESSION_KEY, None)
    request.session[SIGNED_IN_AT] = timezone.now().timestamp()
    note_password(request, user)
    request.session.cycle_key()
    trail.note(Action.PASSWORD_GIVEN if settings.SECOND_FACTOR else Action.SIGNED_IN, user=user, note=from_where(request))


@receiver(post_save, sender=User)
def end_what_is_open(instance: User, **kwargs: Any) -> None:
    """Of whoever leaves. Django lets nobody in who isn't active, but would go on with the session once she is so again."""
    if not instance.is_active:
        end_sessions_of(instance.pk)


@receiver(user_logged_out)
def note_sign_out(user: User | None, **kwargs: Any) -> None:
    if user is not None:
        trail.note(Action.SIGNED_OUT, user=user)
