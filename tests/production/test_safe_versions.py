"""No lock names a version that something is known against."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.production.safe_versions import SAFE_FROM

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements/production.txt", "requirements/lint.txt")


def pinned(lock: str) -> list[tuple[str, Version]]:
    """(name, version); a name stands twice where two versions of Python need two of it."""
    lines = (line.removesuffix("\\") for line in lock.splitlines() if line and not line.startswith(("#", " ")))
    return [(canonicalize_name(each.name), Version(str(each.specifier).removeprefix("=="))) for each in map(Requirement, lines)]


def unsafe(lock: str) -> list[str]:
    return [
        f"{name} {version}: {advisory}, mended in {safe_from}"
        for name, version in pinned(lock)
        for safe_from, advisory in [SAFE_FROM.get(name, ("0", ""))]
        if version < Version(safe_from)
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pinned_version_is_safe(lock):
    assert unsafe((ROOT / lock).read_text()) == []


def test_an_unsafe_version_is_found_whatever_stands_around_it():
    lock = """\
# by hand
django==5.2.19 \\
    --hash=sha256:00
PyJWT==2.9.0 ; python_full_version < '3.12' \\
    --hash=sha256:00
pyjwt==2.13.0 ; python_full_version >= '3.12' \\
    --hash=sha256:00
"""

    assert unsafe(lock) == ["pyjwt 2.9.0: CVE-2026-48526, mended in 2.13.0"]


def test_the_table_is_about_what_is_pinned():
    names = {name for lock in LOCKS for name, _ in pinned((ROOT / lock).read_text())}

    assert SAFE_FROM.keys() <= names
