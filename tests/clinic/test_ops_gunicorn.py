"""What gunicorn itself writes down of a request, before there is one for Django or after."""

import logging
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.http.parser import RequestParser
from gunicorn.workers.base import Worker

from clinic.ops.gunicorn import logger_class

TYPED = "Zaphodina"  # whom somebody searches for
HOST = "Host: clinic.example.org\r\n"
UNREADABLE = {
    f"GET /admin/scheduling/patient/?q=Ana {TYPED} HTTP/1.1\r\n{HOST}\r\n": "InvalidHTTPVersion",
    f"GET /admin/ HTTP/{TYPED}\r\n{HOST}\r\n": "InvalidHTTPVersion",
    f"{TYPED}(3 /admin/ HTTP/1.1\r\n{HOST}\r\n": "InvalidRequestMethod",
    f"{TYPED}\r\n{HOST}\r\n": "InvalidRequestLine",
    f"GET http://[{TYPED} HTTP/1.1\r\n{HOST}\r\n": "InvalidRequestLine",
    f"GET /admin/ HTTP/1.1\r\n{HOST}Ana {TYPED}: 1\r\n\r\n": "InvalidHeaderName",
    f"GET /admin/ HTTP/1.1\r\n{HOST}{TYPED}\r\n\r\n": "InvalidHeader",
    f"GET /admin/ HTTP/1.1\r\n{HOST}{TYPED}: a\0b\r\n\r\n": "InvalidHeader",
    f"GET /admin/ HTTP/1.1\r\n{HOST}{TYPED}: a\r\n b\r\n\r\n": "ObsoleteFolding",
    f"POST /emails/x/ HTTP/1.1\r\n{HOST}Transfer-Encoding: {TYPED}\r\n\r\n": "UnsupportedTransferCoding",
    f"GET /admin/ HTTP/1.1\r\n{HOST}Expect: {TYPED}\r\n\r\n": "ExpectationFailed",
    f"GET /admin/?q={TYPED}{'a' * 5000} HTTP/1.1\r\n{HOST}\r\n": "LimitRequestLine",
    f"GET /admin/ HTTP/1.1\r\n{HOST}X-A: {TYPED}{'a' * 9000}\r\n\r\n": "LimitRequestHeaders",
}
# What it says of each, and what of that is somebody else's.
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ParseException)]


@pytest.fixture
def written() -> Iterator[list[str]]:
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Kept()
    logging.getLogger().addHandler(handler)
    own = logging.getLogger("gunicorn.error")
    before = own.level, own.propagate, own.handlers[:]
    yield lines
    logging.getLogger().removeHandler(handler)
    own.level, own.propagate, own.handlers[:] = before


def handled(error: Exception, logger: type[Logger] = logger_class, request: Any = None) -> None:
    """As a worker does."""
    config = Config()
    log = logger(config)
    log.error_log.propagate = True
    worker = SimpleNamespace(log=log, cfg=config)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            raise error
        except Exception as caught:
            Worker.handle_error(worker, request, ours, ("198.51.100.7", 1), caught)  # type: ignore[arg-type]


def read(sent: str) -> Any:
    return next(RequestParser(Config(), iter([sent.encode()]), ("198.51.100.7", 1)))


def failure_of(sent: str) -> Exception:
    try:
        read(sent)
    except Exception as error:
        return error
    raise AssertionError("it could be read")


@pytest.mark.parametrize(("sent", "kind"), UNREADABLE.items(), ids=range(len(UNREADABLE)))
def test_what_cant_be_read_isnt_repeated(written, sent, kind):
    handled(failure_of(sent))

    assert written == [f"Invalid request from ip=198.51.100.7: {kind}"]


@pytest.mark.parametrize("kind", KINDS)
def test_nor_is_what_any_error_of_gunicorns_quotes(written, kind):
    error = kind() if kind in (errors.ParseException, errors.InvalidSchemeHeaders) else kind(TYPED)

    handled(error)

    [line] = written
    assert TYPED not in line


@pytest.mark.parametrize("error", [ValueError("a fault"), errors.InvalidResponseHeader("a fault")])
def test_nor_is_the_address_of_an_answer_that_failed(written, error):
    handled(error, request=read(f"GET /admin/?q={TYPED} HTTP/1.1\r\n{HOST}\r\n"))

    assert written == ["Error handling request"]


def test_control_gunicorn_itself_would_repeat_it(written):
    handled(failure_of(next(iter(UNREADABLE))), Logger)

    assert TYPED in written[0]


def test_what_else_it_warns_of_stays(written):
    log = logger_class(Config())

    log.warning("No connections can be handled: %s", "too few")
    try:
        raise OSError("a fault")
    except OSError:
        log.exception("Socket error processing request.")

    assert written == ["No connections can be handled: too few", "Socket error processing request."]
