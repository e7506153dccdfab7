"""Running plans of older versions follow this one: first what that would do, then it is done."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare import services
from aftercare.admin.protocols.pages import Pages, page_of
from aftercare.errors import Refused
from aftercare.models import CareMessage, Protocol
from notifications.domain.states import MessageStatus

MOVE = "aftercare.move_plans_over"
ON_A_PAGE = 50  # plans whose messages are counted one plan at a time


def plans_behind(request: HttpRequest, protocol: Protocol) -> int:
    """How many plans this person may move over to this version; 0 where nobody may."""
    if not request.user.has_perm(MOVE) or protocol.published_at is None or protocol.retired_at is not None:
        return 0
    return services.plans_behind(protocol, timezone.now()).count()


class MoveOverPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        page = path("<int:pk>/move-over/", self.admin_site.admin_view(self.move_over_view), name="aftercare_protocol_move_over")
        return [page, *super().get_urls()]

    def move_over_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(MOVE):
            raise PermissionDenied
        protocol = get_object_or_404(Protocol, pk=pk)
        now = timezone.now()
        if request.method == "POST":
            return self._move_over(request, protocol)
        behind = services.plans_behind(protocol, now)
        context: dict[str, Any] = {"protocol": protocol, "back": page_of(protocol)}
        try:
            some = Paginator(behind.select_related("appointment__patient", "protocol"), ON_A_PAGE).get_page(request.GET.get("page"))
            context["foreseen"] = services.foresee_move_over(some, protocol, now)
        except Refused as refused:
            context["refusal"] = str(refused)
        else:
            waiting = CareMessage.objects.filter(plan__in=behind.order_by(), message__status=MessageStatus.SCHEDULED.value)
            planned = None if some.has_other_pages() else sum(one.planned for one in context["foreseen"])
            context |= {"some": some, "count": some.paginator.count, "taken_back": waiting.count(), "planned": planned}
        return self.shown(request, "aftercare/protocols/move_over.html", _("Move running plans over"), context)

    def _move_over(self, request: HttpRequest, protocol: Protocol) -> HttpResponse:
        here = redirect("admin:aftercare_protocol_move_over", protocol.pk)
        try:
            moved = services.move_over(protocol, by=cast(User, request.user), now=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
            return here
        if moved.failed:
            failed = ngettext(
                "Of %(failed)s patient it failed: her plan stays as it was. The log says why.",
                "Of %(failed)s patients it failed: their plans stay as they were. The log says why.",
                moved.failed,
            )
            messages.error(request, failed % {"failed": moved.failed})
        if moved.failed and not moved.plans:
            return here
        if not moved.plans:
            messages.info(request, _("No plan followed an older version any more: nothing was changed."))
            return here if moved.left else redirect(page_of(protocol))
        said = ngettext(
            "%(plans)s plan follows version %(version)s now: %(back)s of its messages were taken back, %(planned)s planned anew.",
            "%(plans)s plans follow version %(version)s now: %(back)s of their messages were taken back, %(planned)s planned anew.",
            moved.plans,
        ) % {"plans": moved.plans, "version": protocol.version, "back": moved.taken_back, "planned": moved.planned}
        self.log_change(request, protocol, said)
        if moved.left:
            left = ngettext("%(left)s is left: press the button once more.", "%(left)s are left: press the button once more.", moved.left)
            messages.warning(request, f"{said} {left % {'left': moved.left}}")
            return here
        messages.success(request, said)
        return redirect(page_of(protocol))
