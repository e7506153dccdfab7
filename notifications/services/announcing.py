"""Telling the other apps what happened, in the transaction in which it did."""

import logging
import traceback
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.dispatch import Signal

from notifications.services.alarms import raise_alarm

logger = logging.getLogger(__name__)


def announce(signal: Signal, **news: Any) -> None:
    """A listener that fails takes back what it had begun, and nothing else: a STOP holds, and a batch's outcomes are kept.

    Somebody is told: an alarm opens. Without PostgreSQL nothing here holds either; that goes on to whoever called.
    """
    try:
        with transaction.atomic():
            signal.send(None, **news)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Where it failed and how, but not the error's own text: it may hold a number or a patient's words.
        place = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("A listener failed with %s in %s, %s:%s", type(error).__name__, place.name, place.filename, place.lineno)
        raise_alarm("sms", "listener failed", f"{type(error).__name__} in {place.name}, line {place.lineno}", now=news.get("now"))
