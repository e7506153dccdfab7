"""A refusal by a service, or by the database under it, shown on the form that asked for it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from scheduling.errors import BookingRefused
from scheduling.services import note_refusal


class RefusalsOnForm(admin.ModelAdmin):
    """`save_model` calls a service. Where that refuses, even in a race that the form's own checks have passed, the admin's transaction is
    rolled back and the same form comes back with the sentence on it and everything that was typed."""

    # The refusal's code → the field that it is shown at; the others are shown above the form.
    refusal_fields: dict[str, str] = {}

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except BookingRefused as refusal:
            note_refusal(refusal)
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.ModelForm]:
        form: type[forms.ModelForm] = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        if refusal is None:
            return form
        field = self.refusal_fields.get(refusal.code)

        class RefusedForm(form):  # type: ignore[valid-type, misc]
            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean()
                self.add_error(field if field in self.fields else None, str(refusal))
                return cleaned

        return RefusedForm
