"""The clinic's own, for processes that look twice a second whether all goes well."""

from clinic.settings import *  # noqa: F403

HEARTBEAT_SECONDS = 0.5
WATCH_EVERY_SECONDS = 0.5
