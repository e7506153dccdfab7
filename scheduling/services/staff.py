"""Those who work at the clinic: what they are called, and who may do something."""

from django.contrib.auth.models import User
from django.db.models import QuerySet


def staff_name(user: User | None) -> str:
    """ "" for nobody, as where a patient's own answer did it."""
    return user.get_full_name() or user.get_username() if user else ""


def who_may(right: str) -> QuerySet[User]:
    """Active ones with that right, "app.codename", by themselves or by a group; superusers, too."""
    return User.objects.with_perm(right, backend="django.contrib.auth.backends.ModelBackend")  # the others know of no rights
