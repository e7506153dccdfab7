"""PostgreSQL and Redis for development and tests, out of wheels: nothing else has to be installed.

Production names its own in DATABASE_URL and REDIS_URL and never comes here. No Django in here: settings need it before Django is there.
"""

from clinic.engines.ephemeral import ephemeral_engines
from clinic.engines.errors import EngineError
from clinic.engines.local import local_engines, remove_local_engines

__all__ = ["EngineError", "ephemeral_engines", "local_engines", "remove_local_engines"]
