"""gunicorn's own settings beyond its command line: `--config python:clinic.ops.gunicorn`."""

import gc
import sys
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http.errors import ParseException

preload_app = True  # it is in memory once, for all processes that answer
control_socket_disable = True  # nobody uses it, and it would be a file in a home folder, which a container has no right to write


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

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """gunicorn would quote what it can't read: with a blank in it an address, and whom somebody searched for."""
        error = sys.exc_info()[1]
        if isinstance(error, ParseException):
            who, found, _quoted = str(msg).partition(": ")
            msg, args = f"{who if found else 'Invalid request'}: {type(error).__name__}", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Likewise the whole address, where an answer fails when Django is through with it. The traceback says where."""
        if str(msg).startswith("Error handling request %s"):
            msg, args = "Error handling request", ()
        super().exception(msg, *args, **kwargs)
