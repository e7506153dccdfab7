"""A pytest plugin, named with -p: Django reads its settings before any fixture runs, so the engines have to be there earlier still.

Everything else that settings read is set too, so that neither a developer's .env nor her shell changes what is tested.
"""

import os
from contextlib import ExitStack

import pytest

from clinic.engines import ephemeral_engines

NAMES = ("DATABASE_URL", "REDIS_URL")
LEAVING = ExitStack()

if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ |= LEAVING.enter_context(ephemeral_engines(tuple(name for name in NAMES if name not in os.environ)))
    os.environ |= {
        "ENV_FILE": os.devnull,
        "DEBUG": "true",
        "SECRET_KEY": "only-for-tests",
        "SMS_BACKEND": "demo",
        "EMAIL_URL": "",
        "TIME_ZONE": "America/New_York",
    }


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    LEAVING.close()
