"""Pages that are there to be read: what they show is written by services only."""

from typing import Any

from django.http import HttpRequest

from notifications.admin import reading
from scheduling.models import Patient


class ReadOnly(reading.ReadOnly):
    change_list_template = "aftercare/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """A list that is about one patient says so, and leads back to her page."""
        return super().changelist_view(request, {"about_patient": _patient_asked_for(request), **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        if not request.GET:
            changelist.full_result_count = changelist.result_count  # no “show all” that leads here again
        return changelist


def _patient_asked_for(request: HttpRequest) -> Patient | None:
    asked_for = request.GET.get("patient", "")
    return Patient.objects.filter(pk=asked_for).first() if asked_for.isdecimal() and len(asked_for) < 19 else None
