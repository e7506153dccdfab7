"""What the provider hands over must not be lost to two transactions that wait for each other."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

TRIES = 3

Given = ParamSpec("Given")
Result = TypeVar("Result")


def durably(service: Callable[Given, Result]) -> Callable[Given, Result]:
    """In a transaction of its own, committed on return. Where it and another one wait for each other, it begins anew."""

    @wraps(service)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for tries_left in reversed(range(TRIES)):
            try:
                with transaction.atomic(durable=True):
                    return service(*args, **kwargs)
            except OperationalError as error:
                if not tries_left or not isinstance(error.__cause__, DeadlockDetected):
                    raise
        raise AssertionError("unreachable")

    return run
