"""The ways out. A channel is a file here with a `Channel` class; to add one, copy a file: CONTRIBUTING.md says how."""

from notifications.channels.courier import NOT_BEGUN, Courier
from notifications.channels.transport import Outcome, Transport, first_poll_at, read, remedy

__all__ = ["NOT_BEGUN", "Courier", "Outcome", "Transport", "first_poll_at", "read", "remedy"]
