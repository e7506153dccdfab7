"""Databases of a test's own, on the tests' server."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def own_database(template: str = "template0") -> Iterator[str]:
    """Its address: an empty one, or as another one is. Gone afterwards."""
    name = f"own_{secrets.token_hex(4)}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            session.execute(f"DROP DATABASE {name} WITH (FORCE)")
