"""How the outbox stands."""

from notifications.reports.health import Backlog, backlog

__all__ = ["Backlog", "backlog"]
