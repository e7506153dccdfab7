"""Whatever a test presses: whoever is named in a sentence that comes with the next page is on the trail."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.contrib.messages.storage.base import BaseStorage
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from clinic.models import Entry
from clinic.on_the_trail import TrailMiddleware
from clinic.requests import current_id
from clinic.services.trail import IN_A_SENTENCE
from scheduling.models import Patient

ADD, ANSWER = BaseStorage.add, TrailMiddleware.__call__
UNSEEN = "{sentence}\nnames {name}, and the trail has no line of it. Say it by say_of(), or give the address its Page in clinic/shown.py."


@contextmanager
def watched() -> Iterator[None]:
    """In which a request fails that names somebody past the trail."""
    with patch.object(BaseStorage, "add", _add), patch.object(TrailMiddleware, "__call__", _answer):
        yield


def _add(storage: BaseStorage, level: int, message: Any, extra_tags: str = "") -> None:
    storage.request.__dict__.setdefault("sentences", []).append(str(message))
    ADD(storage, level, message, extra_tags)


def _answer(middleware: TrailMiddleware, request: HttpRequest) -> HttpResponse:
    response = ANSWER(middleware, request)
    if said := request.__dict__.get("sentences"):
        counts, connection.force_debug_cursor = connection.force_debug_cursor, False  # a test's, which doesn't mean these
        try:
            _look_up(request, said)
        finally:
            connection.force_debug_cursor = counts
    return response


def _look_up(request: HttpRequest, said: list[str]) -> None:
    numbers = defaultdict(set)
    for pk, first, last in Patient.objects.values_list("pk", "first_name", "last_name"):
        for name in (first, f"{first} {last}"):
            numbers[name].add(pk)
    of_this = Q(request_id=current_id()) | Q(action="saw", note=IN_A_SENTENCE)
    for sentence in said:
        for name in [name for name in numbers if re.search(rf"\b{re.escape(name)}\b", sentence)]:
            is_there = Entry.objects.filter(of_this, user_id=request.user.pk, patient_id__in=numbers[name]).exists()
            assert is_there, UNSEEN.format(sentence=sentence, name=name)
