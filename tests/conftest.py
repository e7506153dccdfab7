import gc
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import settings as hypothesis

from notifications.models import Message
from notifications.services import suppress
from notifications.services.durably import durably
from tests.clinic_world import Clinic, open_clinic, wait_until, waiting_for_a_lock
from tests.emptying import empty_quickly
from tests.providers import MailServer, TwilioServer
from tests.staff import sign_in_quietly

# No deadline for one example: another process may have the processor just then.
hypothesis.register_profile("afterglow", deadline=None)
# Where nobody looks on, the same examples each time: a red run is then of the change that it is about.
hypothesis.register_profile("ci", parent=hypothesis.get_profile("afterglow"), derandomize=True)
hypothesis.load_profile("ci" if "CI" in os.environ else "afterglow")


# They wait for processes of their own, and hardly calculate: they come first, in this order, to a worker that has nothing else.
WAITING = (
    *("tests/faults/", "tests/test_run_local.py", "tests/bench/", "tests/test_engines.py", "tests/test_urgent.py", "tests/test_story.py"),
    *("tests/notifications/test_waking.py::TestWithoutRedis", "tests/clinic/test_worker.py"),
)
# The fault tests disturb each other; a second process would make the demo clinic, and run the benches, once more; one browser is enough.
ONE_AFTER_THE_OTHER = ("tests/faults/", "tests/test_run_local.py", "tests/bench/", "tests/browser/", "tests/test_demo.py")


def pytest_configure(config: pytest.Config) -> None:
    # In the order of their collection, in which those that empty the tables come after those that rest on what the migrations wrote.
    config.option.loadscopereorder = False
    empty_quickly()
    sign_in_quietly()
    # The real one is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # All tests are one address, which asks more often than anybody; those of the limits set their own.
    settings.RATE_LIMITS = settings.REFUSAL_LIMITS = {}
    # A story goes on for weeks in one browser; tests/clinic/test_sessions.py has the long day's end.
    settings.LONGEST_SESSION_HOURS = 24 * 365
    # The SDK's own, one for each request.
    config.addinivalue_line("filterwarnings", "ignore:.*(BasicAuth|'auth' parameter) is deprecated:DeprecationWarning")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((place for place, path in enumerate(WAITING) if item.nodeid.startswith(path)), len(WAITING)))


def pytest_collection_finish() -> None:
    # Whatever is imported by now stays: why look through it for garbage again and again.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One a processor, and one that waits."""
    workers = yield
    return workers + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`make test` sends each test to whoever is free, but these one after the other to one and the same.

    xdist 3.8 has groups for it. But it writes them into an attribute that pytest 9.2 doesn't read, and so they come to nothing.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneAfterTheOther(LoadScopeScheduling):
        """Of three workers or more, the last has what is WAITING and then goes; the others help with it at the end."""

        waiter = None

        def schedule(self) -> None:
            if self.collection is None and len(self.nodes) > 2:
                self.waiter = self.nodes[-1]
            super().schedule()

        def _split_scope(self, nodeid: str) -> str:
            return next((path for path in ONE_AFTER_THE_OTHER if nodeid.startswith(path)), nodeid)

        def _first_for(self, node: Any) -> str | None:
            return next((scope for scope in self.workqueue if scope.startswith(WAITING) is (node is self.waiter)), None)

        def _assign_work_unit(self, node: Any) -> None:
            if first := self._first_for(node):
                self.workqueue.move_to_end(first, last=False)
            super()._assign_work_unit(node)

        def _reschedule(self, node: Any) -> None:
            if node is self.waiter and not node.shutting_down and not self._first_for(node):
                node.shutdown()
            else:
                super()._reschedule(node)

    return OneAfterTheOther(config, log)


@pytest.fixture
def clinic(db: None) -> Clinic:
    return open_clinic()


@pytest.fixture
def committed_clinic(transactional_db: None) -> Clinic:
    """For what other connections must see: threads, worker processes."""
    return open_clinic()


@pytest.fixture
def at_once() -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Run the functions in as many threads, all let go at the same moment; each answers with its result or its exception."""

    def run(functions: list[Callable[[], Any]]) -> list[Any]:
        barrier = Barrier(len(functions))

        def one(function: Callable[[], Any]) -> Any:
            try:
                connection.ensure_connection()
                barrier.wait(timeout=20)
                return function()
            except Exception as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(one, functions))

    return run


@pytest.fixture
def crossing(committed_clinic: Clinic, at_once: Callable[[list[Callable[[], Any]]], list[Any]]) -> Callable[..., list[Any]]:
    """The receipt of `message` says stop: it has that message, and wants its patient, whom somebody `at_the_desk` has, and who wants it.

    `how` is how the receipt is recorded. Answers with what came of both.
    """

    def run(message: Message, at_the_desk: Callable[[], Any], how: Callable[[Callable[[], Any]], Callable[[], Any]] = durably) -> list[Any]:
        has_it = Event()

        def receipt() -> None:
            Message.objects.select_for_update().get(pk=message.pk)
            if not has_it.is_set():
                has_it.set()
                wait_until(waiting_for_a_lock)
            suppress(message.channel, message.address, reason="provider's error 21610", now=message.send_at)

        def desk() -> Any:
            assert has_it.wait(20)
            return at_the_desk()

        return at_once([how(receipt), desk])

    return run


@pytest.fixture
def no_constraint(transactional_db: None) -> Iterator[Callable[[str], None]]:
    """Drop one of the appointment's exclusion constraints for this test only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'scheduling_appointment'::regclass AND contype = 'x' ORDER BY conindid"
        )
        exclusions = cursor.fetchall()

    def drop(name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}")

    yield drop
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_appointment CASCADE")
        for name, definition in exclusions:  # all of them: PostgreSQL asks the oldest first, and names that one where two say no
            cursor.execute(f"ALTER TABLE scheduling_appointment DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"ALTER TABLE scheduling_appointment ADD CONSTRAINT {name} {definition}")


@pytest.fixture
def twilio(settings: Any) -> Iterator[TwilioServer]:
    """A server on loopback that answers as Twilio does, and settings that send text messages there."""
    with TwilioServer() as server:
        settings.CHANNELS = settings.CHANNELS | {"sms": "twilio"}
        settings.TWILIO_ACCOUNT_SID = server.account_sid
        settings.TWILIO_AUTH_TOKEN = server.auth_token
        settings.TWILIO_FROM_NUMBER = "+12125550199"
        settings.TWILIO_MESSAGING_SERVICE_SID = ""
        settings.TWILIO_API_BASE_URL = server.url
        yield server


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A mail server on loopback, and settings that send emails there."""
    with MailServer() as server:
        settings.CHANNELS = settings.CHANNELS | {"email": "email"}
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = server.port
        yield server


@pytest.fixture
def real_env(process_env: dict[str, str], twilio: TwilioServer, mail_server: MailServer) -> dict[str, str]:
    """For processes that send over the wire, to the servers beside this test."""
    return process_env | {
        "SMS_BACKEND": "twilio",
        "TWILIO_ACCOUNT_SID": twilio.account_sid,
        "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "TWILIO_FROM_NUMBER": "+12125550199",
        "TWILIO_API_BASE_URL": twilio.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
    }
