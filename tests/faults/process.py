"""`python -m tests.faults.process`: has imported what production's processes import, and becomes as many of them as it is asked for.

Each line of its input is one, as JSON: `{"command": ["celery", …], "without": [GUARD, …], "log": PATH}`; the answer is its process id.
`without` leaves out some of the engine's guards: for the controls. All of them end with the test run that began it, however that ends.
"""

import ctypes
import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

MAINS = {"celery": ("celery.__main__", "main"), "gunicorn": ("gunicorn.app.wsgiapp", "run")}
USED_LATER = ("celery.bin.celery", "celery.apps.worker", "celery.apps.beat", "celery.concurrency.prefork", "celery.concurrency.solo")
PR_SET_PDEATHSIG = 1


def end_with_the_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def import_everything() -> None:
    import django

    django.setup()
    for name in (*USED_LATER, *(module for module, _name in MAINS.values())):
        import_module(name)
    celery = import_module("clinic.celery")
    celery.app.loader.import_default_modules()
    celery.load_channels()


def become(command: list[str], without: list[str], log: str) -> None:
    end_with_the_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(file, number)
    if without:
        from tests.faults.unguarded import leave_out

        for guard in without:
            leave_out(guard)
    sys.argv = command
    module, name = MAINS[command[0]]
    getattr(import_module(module), name)()


def main() -> None:
    end_with_the_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is gone at once; nobody here waits
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as `-m` does
    import_everything()
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        number = os.fork()
        if not number:
            become(**order)
            return
        print(number, flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
