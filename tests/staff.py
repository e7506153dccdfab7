"""Who works at the clinic of the tests, in the groups that the roles make."""

from functools import reduce
from operator import or_
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q
from django.test.client import ClientMixin

from clinic.roles import permissions_of


def member(role: str) -> User:
    """Somebody with that role, always the same one; with "" somebody whom nobody has given one yet."""
    username = role.lower().replace(" ", "") or "newcomer"
    user, is_new = User.objects.get_or_create(username=username, defaults={"is_staff": True})
    if is_new and role:
        user.groups.add(group(role))
    return user


def group(role: str) -> Group:
    """The migration's, or, after a test that emptied the tables, one like it."""
    found, is_new = Group.objects.get_or_create(name=role)
    if is_new:
        named = (Q(content_type__app_label=label, codename=codename) for label, codename in permissions_of(role))
        found.permissions.set(Permission.objects.filter(reduce(or_, named)))
    return found


def sign_in_quietly() -> None:
    """`force_login` is nobody's sign-in: nothing of it is on the trail."""
    sign_in = ClientMixin._login

    def quietly(self: ClientMixin, user: User, backend: Any = None) -> None:
        with patch("clinic.signing_in.receivers.trail.note"):
            sign_in(self, user, backend)

    ClientMixin._login = quietly
