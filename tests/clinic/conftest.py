from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from aftercare.models import Protocol
from aftercare.services import draft_of
from clinic.roles import ROLES
from tests.clinic.protocol_pages import published
from tests.clinic.sentences import watched
from tests.clinic_world import TODAY, Clinic
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


@pytest.fixture(autouse=True)
def on_the_trail() -> Iterator[None]:
    """Nobody is named past the trail, in any test."""
    with watched():
        yield


@pytest.fixture(params=list(ROLES))
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def draft(clinic: Clinic) -> Protocol:
    """Of the default protocol's second version."""
    return draft_of(published(), by=None, now=TODAY)


@pytest.fixture
def dana(clinic: Clinic, sign_in: SignIn) -> Client:
    """A clinician's browser."""
    return sign_in("Clinician")
