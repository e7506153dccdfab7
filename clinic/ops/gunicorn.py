"""gunicorn's own settings beyond its command line: `--config python:clinic.ops.gunicorn`."""

import gc
from typing import Any

from gunicorn.glogging import Logger

preload_app = True  # it is in memory once, for all processes that answer


def when_ready(server: Any) -> None:
    """What is loaded stays for good. A garbage collector that looked through it would copy it, process by process."""
    gc.collect()
    gc.freeze()


def on_starting(server: Any) -> None:
    """What was being written to the disk when all of it was killed."""
    from scheduling.views.exporting.files import forget_unfinished

    forget_unfinished()


def child_exit(server: Any, worker: Any) -> None:
    """Likewise of one process, such as one that was out of memory."""
    on_starting(server)


class logger_class(Logger):  # noqa: N801 - gunicorn's name for the setting
    """Through Django's handlers, like everything else."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
