"""What people and states are called on a page: patients by their names, though `str()` of what is about them holds none for the logs."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from scheduling.models import Patient


def badge(status: str, label: Any) -> SafeString:
    """A status as a colored word; the stylesheet has a color for each."""
    return format_html('<span class="status status-{}">{}</span>', status, label)


def say_of(request: HttpRequest, level: int, patient: Patient, sentence: str) -> None:
    """On the next page, whichever that is. Whom the sentence names is on the trail, wherever the button was."""
    messages.add_message(request, level, sentence)
    request.named = named_in(request) | {patient.pk}  # type: ignore[attr-defined]


def named_in(request: HttpRequest) -> frozenset[int]:
    """The numbers of those whom the sentences of this request name, as far as `say_of` said them."""
    return getattr(request, "named", frozenset())


class CalledByName(admin.ModelAdmin):
    def name_of(self, obj: Any) -> str:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request.saved = obj  # type: ignore[attr-defined]

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        saved = getattr(request, "saved", None)
        if saved is not None:
            message = mark_safe(str(message).replace(escape(str(saved)), escape(self.name_of(saved))))  # nosec B703 # both are escaped
        super().message_user(request, message, *args, **kwargs)
