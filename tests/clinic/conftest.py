from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from clinic.roles import ROLES, permissions_of

SignIn = Callable[[str], Client]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A browser in which somebody with that role is signed in."""

    def as_role(role: str) -> Client:
        user, is_new = User.objects.get_or_create(username=role.lower().replace(" ", ""), defaults={"is_staff": True})
        if is_new:
            user.groups.add(group(role))
        client = Client()
        client.force_login(user)
        return client

    return as_role


def group(role: str) -> Group:
    """The migration's, or, after a test that emptied the tables, one like it."""
    from django.contrib.auth.models import Permission

    found, is_new = Group.objects.get_or_create(name=role)
    if is_new:
        for label, codename in permissions_of(role):
            found.permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))
    return found


@pytest.fixture(params=list(ROLES))
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)
