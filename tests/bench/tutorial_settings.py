"""Ours, but for the database's connections: as Django has them unless told otherwise, and so the tutorials."""

from clinic.settings import *  # noqa: F403
from clinic.settings import DATABASES

DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
