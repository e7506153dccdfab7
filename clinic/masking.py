"""What log lines, and errors that are told elsewhere, must not repeat."""

import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

# Who is searched for is a patient, by her name or number. Where somebody must sign in first, the page that was asked for stands in
# another one's address, percent-encoded, as often as that happens. All up to the address's end: an address in a path is decoded.
BEGINS = r"(?:[?&]|%(?:25)*(?:3f|26))"
EQUALS = r"(?:=|%(?:25)*3d)"
SEARCHED = rf"({BEGINS}(?:q|term|name|_changelist_filters|phone){EQUALS})[^&\"\r\n]+?(?=\s+HTTP/|[&\"\r\n]|$)"
# The address is the key: whoever reads it in a log could read the calendar, or end a patient's emails.
KEYS = r"(/(?:calendar|emails)/)[^\s\"'?&]+"
# Nobody writes these on purpose. Where they come to us in somebody else's words, they end here.
NUMBER = r"(\+|%2B)\d{8,15}(?!\d)"
NUMBER_AS_WRITTEN = r"()(?<![\d-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])"
EMAIL = r"()(?<![\w.+-])[\w.+-]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+"
# Digits by which somebody is called, in an address that should have a row's: the largest chain has none of a hundred million.
TELEPHONE = re.compile(r"\d{9,}")
SECRETS = tuple(re.compile(secret, re.IGNORECASE) for secret in (SEARCHED, KEYS, NUMBER, NUMBER_AS_WRITTEN, EMAIL))


class SecretAddresses(logging.Filter):
    """Writes /calendar/… for /calendar/<token>.ics, /emails/… likewise, and ?q=… for what was searched for, in a message and in what is put
    into it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.msg)
        request = getattr(record, "request", None)  # Django's own lines have it, and its path as it was typed
        typed = {request.path: path_of(request)} if isinstance(request, HttpRequest) else {}
        if isinstance(record.args, tuple):
            record.args = tuple(typed.get(value) or masked(value) if isinstance(value, str) else value for value in record.args)
        return True


class UnsaidErrors(logging.Filter):
    """Of a task that failed, Celery would write what the error says, and what the task was given."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict) and "exc" in record.args:
            error = record.exc_info[1] if record.exc_info else None
            said = described(error) if error else "an error"
            record.args = {**record.args, "exc": said, "traceback": "", "args": "", "kwargs": ""}
            record.data = None
        return True


class FirstLines(logging.Filter):
    """Of a task that nobody waited for, asyncio writes below the first line what its error says."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
        return True


def masked(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for secret in SECRETS:
        value = secret.sub(r"\1…", value)
    return value


def path_of(request: HttpRequest) -> str:
    """Without what somebody may have typed: of what a route leaves open only numbers of rows, and nothing of a path that no route knows."""
    match: ResolverMatch | None = request.resolver_match
    try:
        match = match or resolve(request.path_info)
    except Resolver404:
        return "/…"
    path = request.path
    for value in match.kwargs.values():
        if isinstance(value, str) and value and not value.isdecimal():
            path = re.sub(rf"/{re.escape(value)}(?=[/.]|$)", "/…", path)
    return str(masked(TELEPHONE.sub("…", path)))


# --- errors -------------------------------------------------------------------------------------------------------------

# What these say is about code. What others say may be about whom it worked for: a value that couldn't be read, the row that was refused.
ABOUT_CODE = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TypeError, ImproperlyConfigured)
# Of PostgreSQL's, by class: connections, integrity, transactions, syntax, resources, limits, states, operators' doing, its own faults.
WITHOUT_VALUES = ("08", "23", "25", "40", "42", "53", "54", "55", "57", "XX")


def described(error: BaseException) -> str:
    """Its type, and what it says as far as that names nobody."""
    name = type(error).__name__
    said = _said(error)
    return f"{name}: {masked(said)}" if said else name


def _said(error: BaseException) -> str:
    if isinstance(error, ABOUT_CODE):
        return str(error)
    diagnosis = getattr(error, "diag", None) or getattr(error.__cause__, "diag", None)
    if diagnosis is not None and (state := diagnosis.sqlstate):  # its first line only: the others show the row
        return f"{state} {diagnosis.message_primary or ''}".strip() if state.startswith(WITHOUT_VALUES) else str(state)
    return unreached(error) or ((error.strerror or "") if isinstance(error, OSError) else "")


def unreached(error: BaseException) -> str:
    """That PostgreSQL or Redis isn't reached, and why, as they say it themselves; "" where the error is another one.

    What PostgreSQL answers to a statement, which may hold its values, has a state; what is said of a connection has none.
    """
    if isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return f"Redis isn't reached: {str(error).rstrip('.')}"
    from_psycopg = error if isinstance(error, psycopg.OperationalError) else error.__cause__
    if not isinstance(from_psycopg, psycopg.OperationalError) or from_psycopg.sqlstate:
        return ""
    why = str(from_psycopg).partition("\n")[0].rpartition(" failed: ")[2].removeprefix("FATAL:").strip()
    return f"PostgreSQL isn't reached: {why}"


def traced(error: BaseException) -> str:
    """As Python writes it, with what led to it, and with `described` in place of what it says."""
    return "\n".join(
        f"{how}Traceback (most recent call last):\n{''.join(traceback.format_tb(each.__traceback__, limit=-50))}{described(each)}"
        for each, how in _chain(error)
    )


def chain(error: BaseException) -> list[BaseException]:
    """The error, and what it came from."""
    return [each for each, _how in _chain(error)]


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """What it came from, first."""
    found: list[tuple[BaseException, str]] = []
    following: BaseException | None = error
    while following is not None and all(following is not each for each, _how in found):
        cause = following.__cause__
        how = "\nThe above exception was the direct cause of the following exception:\n\n"
        if cause is None:
            cause = None if following.__suppress_context__ else following.__context__
            how = "\nDuring handling of the above exception, another exception occurred:\n\n"
        found.append((following, how if cause is not None else ""))
        following = cause
    return reversed(found)
