"""`python -m tests.faults.process [--without GUARD]… celery|gunicorn ARGUMENTS`: what production starts, on a lead.

It ends with the test run that started it, however that ends. `--without` leaves out one of the engine's guards: for the controls.
"""

import ctypes
import os
import signal
import sys
from importlib import import_module

MAINS = {"celery": ("celery.__main__", "main"), "gunicorn": ("gunicorn.app.wsgiapp", "run")}
PR_SET_PDEATHSIG = 1


def end_with_the_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    arguments = sys.argv[1:]
    without = []
    while arguments[0] == "--without":
        without.append(arguments[1])
        del arguments[:2]
    end_with_the_parent()
    if without:
        import django

        django.setup()
        from tests.faults.unguarded import leave_out

        for guard in without:
            leave_out(guard)
    sys.argv = arguments
    module, name = MAINS[arguments[0]]
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as `-m` does
    getattr(import_module(module), name)()


if __name__ == "__main__":
    main()
