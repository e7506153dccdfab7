"""The environment's variables: what each must be, and everything that is missing or wrong said at once, before anything starts.

No sentence shows a value: it may be a secret. .env.example explains each variable to whoever fills it in.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from redis.connection import parse_url

LINE = re.compile(r"(?:export )?[A-Za-z_0-9]+=.*|#.*|")  # of .env, as django-environ reads it: it would write any other into the log
MOST = 999_999_999
SWITCHES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Variable(NamedTuple):
    parse: Callable[[str], Any]  # raises one of WRONG
    wanted: str  # what follows “It must be”
    default: str | None = ""  # None: nothing works without it


WRONG = (ValueError, KeyError, TypeError, InvalidOperation, ValidationError, environ.ImproperlyConfigured)


class Environment:
    """`env("NAME")` is what that variable says, or its default, parsed; "" where that is left empty."""

    def __init__(self, file: Path) -> None:
        faults = _read(file)
        self.variables = variables()
        faults += [fault for name in self.variables if (fault := self._fault(name))]
        if faults:
            said = "" if len(faults) == 1 else f"{len(faults)} things in its settings are missing or wrong.\n  "
            raise ImproperlyConfigured(said + "\n  ".join(faults))

    def __call__(self, name: str) -> Any:
        text = self._text(name)
        return self.variables[name].parse(text) if text else ""

    def _text(self, name: str) -> str:
        return os.environ.get(name, "").strip() or self.variables[name].default or ""

    def _fault(self, name: str) -> str:
        _parse, wanted, default = self.variables[name]
        if default is None and not self._text(name):
            return f"{name} isn't set. It must be {wanted}."
        try:
            self(name)
        except WRONG:
            return f"{name} can't be used. It must be {wanted}."
        return ""


@contextmanager
def or_a_sentence(exit_code: int = 1) -> Iterator[None]:
    """What keeps a program from starting says which variable to set; a traceback would bury that."""
    try:
        yield
    except ImproperlyConfigured as wrong:
        sys.stderr.write(f"Afterglow can't start: {wrong}\n")
        sys.exit(exit_code)


def _read(file: Path) -> list[str]:
    """The file's lines into the environment, where what is there already stays. What is wrong with the others."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{file} can't be read: {error.strerror}."]
    except UnicodeDecodeError:
        return [f"{file} can't be read: it isn't UTF-8 text."]
    environ.Env.read_env(StringIO("\n".join(line for line in lines if LINE.fullmatch(line))))
    return [
        f"Line {number} of {file} can't be read. It must be NAME=value, without blanks around the first =, or begin with #."
        for number, line in enumerate(lines, start=1)
        if not LINE.fullmatch(line)
    ]


# --- the table ------------------------------------------------------------------------------------------------------------


def variables() -> dict[str, Variable]:
    """Development has a stand-in for whatever production can't be without."""
    debug = SWITCHES.get(os.environ.get("DEBUG", "").strip().lower(), False)
    texts = os.environ.get("SMS_BACKEND", "").strip() or ("demo" if debug else "twilio")
    by_twilio = None if texts == "twilio" else ""
    no_service = None if texts == "twilio" and not os.environ.get("TWILIO_MESSAGING_SERVICE_SID", "").strip() else ""

    def in_production(development: str = "") -> str | None:
        return development if debug else None

    return {
        "DEBUG": Variable(lambda text: SWITCHES[text.lower()], "true or false", "false"),
        "SECRET_KEY": Variable(str, "a long random text, by which sessions and links are signed", None),
        "ADDRESS_HASH_KEY": Variable(
            _matching(r".{32,}"), "a random text of 32 characters or more, by which it is remembered who said STOP", in_production()
        ),
        "ALLOWED_HOSTS": Variable(
            _list_of(_matching(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]")),
            "the host names that the pages are reached at, without https://, separated by commas",
            in_production("localhost,127.0.0.1,[::1]"),
        ),
        "PUBLIC_BASE_URL": Variable(
            _matching(rf"{'https?' if debug else 'https'}://[^\s/?#@]+(/[^\s?#]*)?"),
            "the https:// address that the pages are reached at from outside, such as https://clinic.example.org",
            in_production("http://127.0.0.1:8000"),
        ),
        "TRUSTED_PROXIES": _number(0 if debug else 1),
        "LOCAL_DIR": Variable(str, "a folder"),
        "ALIVE_FILE": Variable(str, "a file"),
        "DATABASE_URL": Variable(
            _database, "a PostgreSQL database's address, such as postgres://user:password@host:port/name", in_production()
        ),
        "REDIS_URL": Variable(_redis, "a Redis database's address, such as redis://:password@host:port/0", in_production()),
        "TIME_ZONE": Variable(_one_of(available_timezones()), "a time zone's name, such as America/New_York", "America/New_York"),
        "EMAIL_URL": Variable(_mail_server, "a mail server's address, such as smtp+tls://user:password@host:587", in_production()),
        "DEFAULT_FROM_EMAIL": Variable(
            _sender,
            "the address that emails come from, such as Clinic <aftercare@clinic.example.org>",
            in_production("Afterglow <aftercare@example.org>"),
        ),
        "SMS_BACKEND": Variable(
            _one_of({"twilio", "demo"} if debug else {"twilio"}), "twilio, or demo with DEBUG=true, which sends nothing to anybody", texts
        ),
        "TWILIO_ACCOUNT_SID": Variable(_matching(r"AC\w+"), "the account's id from Twilio's console; it begins with AC", by_twilio),
        "TWILIO_AUTH_TOKEN": Variable(_matching(r"\S+"), "the account's token from Twilio's console", by_twilio),
        "TWILIO_MESSAGING_SERVICE_SID": Variable(_matching(r"MG\w+"), "a messaging service's id from Twilio's console; it begins with MG"),
        "TWILIO_FROM_NUMBER": Variable(
            _matching(r"\+[1-9][0-9]{7,14}|[0-9]{5,6}"),
            "the number that texts come from, such as +12125550100, or a short code; or set TWILIO_MESSAGING_SERVICE_SID instead",
            no_service,
        ),
        "TWILIO_API_BASE_URL": Variable(
            _matching(r"https?://[^\s/?#]+(/[^\s?#]*)?"), "an address, such as https://api.example.org, or empty"
        ),
        "SMS_PER_SECOND": _number(0),
        "SMS_DAILY_CAP": _number(0),
        "SMS_SEGMENT_PRICE": Variable(_price, "a price in US dollars, such as 0.0083", "0.0083"),
        "DISPATCH_IN_FLIGHT": _number(64, at_least=1),
        "OPERATOR_EMAILS": Variable(_list_of(_email), "one email address or more, separated by commas"),
        "LATE_AFTER_MINUTES": _number(10, at_least=1),
        "METRICS_TOKEN": Variable(_matching(r"[!-~]+"), "a long random text of letters and digits, or empty"),
        "SENTRY_DSN": Variable(_sentry, "an address such as https://key@sentry.example.org/1, or empty"),
        "ACKNOWLEDGE_URGENT_MINUTES": _number(15, at_least=1),
        "ACKNOWLEDGE_SOON_MINUTES": _number(120, at_least=1),
        "KEEP_MESSAGES_DAYS": _days(730),
        "KEEP_REPLIES_DAYS": _days(730),
        "KEEP_RECEIPTS_DAYS": _days(180),
        "KEEP_TRAIL_DAYS": _days(2190),
        "KEEP_EXPORTS_DAYS": _days(2190),
        "KEEP_FAILURES_DAYS": _days(90),
    }


# --- what may stand in one --------------------------------------------------------------------------------------------------


def _matching(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError
        return text

    return parse


def _one_of(names: set[str]) -> Callable[[str], str]:
    return {name: name for name in names}.__getitem__


def _list_of(parse: Callable[[str], str]) -> Callable[[str], list[str]]:
    def parse_each(text: str) -> list[str]:
        found = [parse(part.strip()) for part in text.split(",") if part.strip()]
        if not found:
            raise ValueError
        return found

    return parse_each


def _number(default: int, at_least: int = 0, at_most: int = MOST) -> Variable:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not at_least <= int(text) <= at_most:
            raise ValueError
        return int(text)

    wanted = f"{at_least} or more" if at_most == MOST else f"from {at_least} to {at_most}"
    return Variable(parse, f"a whole number, {wanted}", str(default))


def _days(default: int) -> Variable:
    """A hundred years at most: the calendar doesn't go back as far as one likes."""
    return _number(default, at_most=36_500)


def _price(text: str) -> Decimal:
    price = Decimal(text)
    if not price.is_finite() or price < 0:
        raise ValueError
    return price


def _email(text: str) -> str:
    validate_email(text)
    return text


def _sender(text: str) -> str:
    _email(parseaddr(text)[1])
    return text


def _database(text: str) -> dict[str, Any]:
    config: dict[str, Any] = environ.Env.db_url_config(text)
    if config.get("ENGINE") != "django.db.backends.postgresql" or not config.get("NAME"):
        raise ValueError
    return config


def _redis(text: str) -> str:
    _matching(r"rediss?://\S+")(text)
    parse_url(text)
    return text


def _mail_server(text: str) -> dict[str, Any]:
    _matching(r"smtp(s|\+tls|\+ssl)?://\S+")(text)
    config: dict[str, Any] = environ.Env.email_url_config(text)
    if not config.get("EMAIL_HOST"):
        raise ValueError
    return config


def _sentry(text: str) -> str:
    from sentry_sdk.utils import Dsn  # memory that nobody else needs

    Dsn(text)  # its BadDsn is a ValueError
    return text
