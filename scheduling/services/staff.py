"""What those are called who work at the clinic."""

from django.contrib.auth.models import User


def staff_name(user: User | None) -> str:
    """ "" for nobody, as where a patient's own answer did it."""
    return user.get_full_name() or user.get_username() if user else ""
