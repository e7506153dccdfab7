import contextlib
import multiprocessing
import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from clinic.demo.accounts import DEMO_ACCOUNTS


class Command(BaseCommand):
    help = "Run everything on this machine: web, Celery worker and Celery beat, over PostgreSQL and Redis of our own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000")

    def handle(self, *args: Any, **options: Any) -> None:
        from clinic.running import RunFile

        port = self.port(options["port"])
        address = f"http://127.0.0.1:{port}"
        os.environ["PUBLIC_BASE_URL"] = settings.PUBLIC_BASE_URL = os.environ.get("PUBLIC_BASE_URL") or address  # in the demo's emails, too
        settings.LOCAL_DIR.mkdir(exist_ok=True)
        run_file = RunFile(settings.LOCAL_DIR / "run.json")
        if running_at := run_file.running_at():
            raise CommandError(f"Afterglow already runs from this folder, at {running_at}. Stop that one first (Ctrl-C in its terminal).")
        if left := run_file.end_left_behind():
            self.stdout.write(f"An earlier run was cut off; the {left} processes that it left behind are stopped now.")
        if not is_free(port):
            raise CommandError(f"Port {port} is in use by another program. Choose another one: PORT={port + 123} make run")
        self.prepare()
        try:
            died = self.run_processes(port, address, run_file)
        finally:
            run_file.remove()
        self.stdout.write("Afterglow has stopped. Your data stay where they are.")
        if died:
            raise CommandError(f"The process “{died}” ended by itself, so the others were stopped too. Its last lines above say why.")

    def port(self, text: str) -> int:
        if not text.isdigit() or not 0 < int(text) < 65_536:
            raise CommandError(f"“{text}” is not a port number, such as 8123.")
        return int(text)

    def prepare(self) -> None:
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0)
        if settings.DEMO and not get_user_model().objects.exists():
            self.stdout.write("Making the demo clinic …")
            call_command("demo_data")
        connection.close()

    def run_processes(self, port: int, address: str, run_file: Any) -> str:
        """Until Ctrl-C, or until one of them ends by itself: then its name is what comes back."""
        from honcho.compat import ProcessManager
        from honcho.manager import SIGNALS, SYSTEM_PRINTER_NAME, Manager
        from honcho.printer import Message, Printer

        class OnlyTheParents(ProcessManager):
            """Asks each of ours to end, not its children: Celery lets those finish, and the signal would tear them out of a transaction."""

            def terminate(self, pid: int) -> None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)

        class Announcing(Printer):
            """Prints the children's lines, and where to look as soon as the page answers."""

            is_announced = False
            first_to_stop = ""

            def write(self, message: Message) -> None:
                super().write(message)
                if message.name == SYSTEM_PRINTER_NAME and " stopped (" in message.data:
                    self.first_to_stop = self.first_to_stop or message.data.split()[0]
                if not self.is_announced:  # by now the children are forked; a thread may start
                    self.is_announced = True
                    threading.Thread(target=announce, args=(address, run_file), daemon=True).start()

        os.environ |= {
            "PYTHONUNBUFFERED": "1",
            "DJANGO_RUNSERVER_HIDE_WARNING": "true",
            # Root is who runs a container's shell; Celery would warn of it at every start.
            "PYTHONWARNINGS": "ignore:::celery.platforms",
        }
        multiprocessing.set_start_method("fork", force=True)
        celery = ["-m", "celery", "-q", "-A", "clinic"]
        worker = ["worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "info", "--without-gossip", "--without-mingle"]
        beat_file = settings.LOCAL_DIR.resolve() / "beat"
        commands: dict[str, list[str | Path]] = {
            "web": ["manage.py", "runserver", "--skip-checks", f"127.0.0.1:{port}"],
            "worker": [*celery, *worker],
            "beat": [*celery, "beat", "--schedule", beat_file, "--pidfile=", "--loglevel", "info"],
        }
        printer = Announcing()
        manager = Manager(printer)
        manager._procmgr = OnlyTheParents()
        for name, command in commands.items():
            line = shlex.join(str(word) for word in (sys.executable, *command))
            manager.add_process(name, f"exec {line}", cwd=settings.BASE_DIR)  # exec: the signals are for it, not for a shell
        manager.loop()
        was_asked = manager.returncode in {known["rc"] for known in SIGNALS.values()}
        return "" if was_asked else printer.first_to_stop


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def announce(address: str, run_file: Any) -> None:
    deadline = time.monotonic() + 120
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy doesn't know our 127.0.0.1
    while time.monotonic() < deadline:
        run_file.write(address)  # each time: the processes come one after the other
        with contextlib.suppress(OSError), direct.open(f"{address}/admin/login/", timeout=5):
            print(words(address), flush=True)  # noqa: T201 - the terminal is where it belongs
            return
        time.sleep(0.2)


def words(address: str) -> str:
    lines = ["", "  Afterglow is running.", "", f"  The clinic's desk   {address}/admin/"]
    if settings.DEMO:
        lines += [f"  Patients' phones    {address}/demo/phone/", "", "  Sign in as"]
        lines += [f"    {username:<11} password {password}   {role}" for username, password, role in DEMO_ACCOUNTS]
    else:
        lines += ["", "  First sign-in: .venv/bin/python manage.py createsuperuser"]
    return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])
