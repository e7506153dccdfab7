"""A world that most of a module's tests only look at, made once for all of them."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.clinic_world import open_clinic


def once_a_module(build: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Two fixtures, to be named in a module: the first has what `build` made of an open clinic, once, and takes it back after the module's
    last test; the second asks for it by the name `made`, and hands each test a copy of its own.

    What a test writes is rolled back after it, as ever. All tests of such a module live in that world, and none of them commits.
    """

    @pytest.fixture(scope="module")
    def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
        around_all = transaction.atomic()
        around_all._from_testcase = True  # as Django says it of its own: within it a transaction may be the outermost one
        with django_db_blocker.unblock(), around_all:
            yield build(open_clinic())
            transaction.set_rollback(True)

    @pytest.fixture
    def world(made: Any, db: None) -> Any:
        return deepcopy(made)

    return made, world
