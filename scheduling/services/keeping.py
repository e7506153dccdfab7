"""Filters of the report that people keep under a name."""

from django.contrib.auth.models import User
from django.db import transaction

from scheduling.models import SavedView


@transaction.atomic
def keep_view(*, user: User, name: str, query: str, is_shared: bool = False) -> tuple[SavedView, bool]:
    """Under a name that she has already, it stands for these filters from now on. Gives the view, and whether it is new."""
    return SavedView.objects.update_or_create(user=user, name=name, defaults={"query": query, "is_shared": is_shared})


@transaction.atomic
def change_view(view: SavedView, *, name: str, is_shared: bool) -> None:
    """Its owner calls it otherwise, or shares it. What it shows stays. Raises IntegrityError where she has another one of that name."""
    SavedView.objects.filter(pk=view.pk).update(name=name, is_shared=is_shared)


@transaction.atomic
def forget_view(view: SavedView) -> None:
    SavedView.objects.filter(pk=view.pk).delete()
