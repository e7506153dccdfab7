from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercare.admin.protocols.arranging import ArrangingPages
from aftercare.admin.protocols.moving_over import MoveOverPages
from aftercare.admin.protocols.outcomes import OutcomePages
from aftercare.admin.protocols.pages import state_of
from aftercare.admin.protocols.preview import PreviewPages
from aftercare.admin.protocols.steps import StepPages
from aftercare.admin.protocols.versions import VersionPages
from aftercare.admin.reading import ReadOnly
from aftercare.models import Protocol
from notifications.admin.reading import badge
from scheduling.services.staff import staff_name


@admin.register(Protocol)
class ProtocolAdmin(MoveOverPages, PreviewPages, StepPages, ArrangingPages, OutcomePages, VersionPages, ReadOnly):
    list_display = ["shown_name", "version", "state", "for_treatments", "published_at", "publisher"]
    list_display_links = ["shown_name"]
    list_select_related = ["published_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Protocol]:
        return super().get_queryset(request).prefetch_related("treatments")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("aftercare.add_protocol"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("aftercare.change_protocol"))

    @admin.display(description=_("name"), ordering="slug")
    def shown_name(self, protocol: Protocol) -> str:
        return protocol.name

    @admin.display(description=_("published by"), ordering="published_by__last_name")
    def publisher(self, protocol: Protocol) -> str:
        return staff_name(protocol.published_by) or "–"

    @admin.display(description=_("state"))
    def state(self, protocol: Protocol) -> SafeString:
        return badge(*state_of(protocol))

    @admin.display(description=_("for"))
    def for_treatments(self, protocol: Protocol) -> str:
        return ", ".join(map(str, protocol.treatments.all())) or gettext("every treatment without its own")
