import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings

from tests.faults.engines import Engines, engines
from tests.faults.story import Story, tell

TEMPLATE = "migrated"
RESULTS: list[dict[str, Any]] = []
SEED = os.environ.get("SEED") or secrets.token_hex(4)
COLUMNS = (
    *("messages", "faults", "mid_batch", "taken", "doubled", "lost", "misplaced"),
    *("look_ups", "resends", "for_people", "expired", "seconds"),
)


class Size(NamedTuple):
    """How much is broken: a share of it in `make test`, all of it in `make faults`."""

    is_long: bool

    def __call__(self, long: Any, short: Any) -> Any:
        return long if self.is_long else short


@pytest.fixture(scope="session")
def size() -> Size:
    return Size(os.environ.get("FAULTS") == "long")


@pytest.fixture(scope="session")
def own_engines() -> Iterator[Engines]:
    with engines() as started:
        url = started.create_database(TEMPLATE)
        env = os.environ | {"DATABASE_URL": url, "REDIS_URL": started.redis_url}
        subprocess.run([sys.executable, "manage.py", "migrate", "--noinput", "-v", "0"], env=env, cwd=settings.BASE_DIR, check=True)
        yield started


Begin = Callable[..., AbstractContextManager[Story]]


@pytest.fixture
def begin(own_engines: Engines, tmp_path: Path, django_db_blocker: Any) -> Begin:
    """Begin a story. What it comes to goes into the table at the end of the run."""

    @contextmanager
    def one(name: str) -> Iterator[Story]:
        folder = tmp_path / name
        folder.mkdir()
        with django_db_blocker.unblock(), tell(name, SEED, own_engines, TEMPLATE, folder) as story:
            try:
                yield story
            finally:
                RESULTS.append({"story": name, **story.figures})

    return one


@pytest.fixture(scope="session", autouse=True)
def _written_down(size: Size) -> Iterator[None]:
    yield
    path = Path(settings.LOCAL_DIR) / ("faults.json" if size.is_long else "faults-short.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"seed": SEED, "long": size.is_long, "stories": RESULTS}, indent=2) + "\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(600))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not RESULTS:
        return
    terminalreporter.section(f"what was broken, and what became of the messages (SEED={SEED})")
    width = max(len(result["story"]) for result in RESULTS)
    terminalreporter.write_line(f"{'':{width}} " + " ".join(f"{name.replace('_', ' '):>10}" for name in COLUMNS))
    for result in RESULTS:
        values = " ".join(f"{_shown(result.get(name, '')):>10}" for name in COLUMNS)
        terminalreporter.write_line(f"{result['story']:{width}} {values}")


def _shown(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
