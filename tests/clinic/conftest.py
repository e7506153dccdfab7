from collections.abc import Callable

import pytest
from django.test import Client

from clinic.roles import ROLES
from tests.staff import member

SignIn = Callable[[str], Client]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """A browser in which somebody with that role is signed in."""

    def as_role(role: str) -> Client:
        client = Client()
        client.force_login(member(role))
        return client

    return as_role


@pytest.fixture(params=list(ROLES))
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)
