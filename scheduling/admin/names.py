"""Patients are called by their names on the page, though `str()` of what is about them is made for logs and holds none."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import escape
from django.utils.safestring import mark_safe


class CalledByName(admin.ModelAdmin):
    def name_of(self, obj: Any) -> str:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request.saved = obj  # type: ignore[attr-defined]

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        saved = getattr(request, "saved", None)
        if saved is not None:
            message = mark_safe(str(message).replace(escape(str(saved)), escape(self.name_of(saved))))  # noqa: S308 - both are escaped
        super().message_user(request, message, *args, **kwargs)
