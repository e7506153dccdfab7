"""What becomes of a version: it is published, taken out of use or discarded, each after a page that says what will happen."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare import services
from aftercare.admin.protocols.differences import news
from aftercare.admin.protocols.pages import Pages, former_of, linked, page_of, remarks_of
from aftercare.errors import Refused
from aftercare.models import Plan, Protocol
from aftercare.services.protocols.publishing import why_not_retire


class OutcomePages(Pages):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/publish/", view(self.publish_view), name="aftercare_protocol_publish"),
            path("<int:pk>/retire/", view(self.retire_view), name="aftercare_protocol_retire"),
            path("<int:pk>/discard/", view(self.discard_view), name="aftercare_protocol_discard"),
            *super().get_urls(),
        ]

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        problems = services.problems_of(protocol) if protocol.is_draft else []
        former = former_of(protocol)
        return self._confirmed(
            request,
            protocol,
            lambda: services.publish(protocol, by=cast(User, request.user), now=timezone.now()),
            title=_("Publish %(protocol)s") % {"protocol": protocol},
            button=_("Publish"),
            done=_("%(protocol)s is published: sessions completed from now on follow it.") % {"protocol": protocol},
            explained=_what_publishing_does(protocol, former),
            news=news(former, protocol) if former and protocol.is_draft else None,
            remarks=remarks_of(protocol) if protocol.is_draft else [],
            refused="" if protocol.is_draft else _("%(protocol)s is published already.") % {"protocol": protocol},
            problems=linked(problems, protocol),
        )

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        return self._confirmed(
            request,
            protocol,
            lambda: services.retire(protocol, by=cast(User, request.user), now=timezone.now()),
            title=_("Take %(name)s out of use") % {"name": protocol.name},
            button=_("Take it out of use"),
            done=_("%(name)s is out of use.") % {"name": protocol.name},
            explained=[
                _("No session that is completed from now on follows it, in whichever version. Its treatments follow “%(general)s”.")
                % {"general": _general_beside(protocol)},
                _("Plans under way go on to their end. Publishing a new version brings it back into use."),
            ],
            refused=why_not_retire(protocol),
        )

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        back = reverse("admin:aftercare_protocol_changelist")
        return self._confirmed(
            request,
            protocol,
            lambda: self._discard(request, protocol),
            title=_("Discard the draft of %(name)s") % {"name": protocol.name},
            button=_("Discard the draft"),
            done=_("The draft is discarded."),
            explained=[_("Its steps and their words are gone for good. Published versions stay as they are.")],
            way_on=back,
            refused="" if protocol.is_draft else _("%(protocol)s is published: it can’t be discarded.") % {"protocol": protocol},
        )

    def _discard(self, request: HttpRequest, draft: Protocol) -> None:
        """It is gone, and its own history with it."""
        former, called = former_of(draft), str(draft)
        services.discard(draft)
        if former:
            self.log_change(request, former, _("The draft of %(protocol)s is discarded.") % {"protocol": called})

    def _confirmed(
        self,
        request: HttpRequest,
        protocol: Protocol,
        do: Callable[[], Any],
        *,
        title: str,
        button: str,
        done: str,
        way_on: str = "",
        refused: str = "",
        **context: Any,
    ) -> HttpResponse:
        """A page that says what will happen, whose button makes it happen."""
        if request.method == "POST":
            try:
                do()
            except Refused as refusal:
                refused = str(refusal)
            else:
                if not way_on:
                    self.log_change(request, protocol, done)
                messages.success(request, done)
                return redirect(way_on or page_of(protocol))
        context |= {"protocol": protocol, "button": button, "refused": refused}
        return self.shown(request, "aftercare/protocols/confirm.html", title, context)


def _general_beside(protocol: Protocol) -> str:
    """The name of the protocol that treatments without their own follow, once this one is out of use."""
    general = Protocol.objects.in_use().filter(treatments=None).exclude(pk=protocol.pk).order_by("-published_at", "-pk").first()
    return general.name if general else ""


def _what_publishing_does(protocol: Protocol, former: Protocol | None) -> list[str]:
    names = [str(treatment) for treatment in protocol.treatments.all()]
    whose = ", ".join(names) if names else _("every treatment that has no protocol of its own")
    said = [_("Sessions that are completed from now on follow it, for %(whose)s.") % {"whose": whose}]
    if former:
        running = Plan.objects.filter(protocol__slug=protocol.slug, stopped_at=None, caremessage__planned_for__gt=timezone.now())
        number = running.distinct().count()
        kept = ngettext(
            "%(count)s plan under way keeps its version, unless you move it over afterwards.",
            "%(count)s plans under way keep their version, unless you move them over afterwards.",
            number,
        )
        said.append(kept % {"count": number} if number else _("No plan is under way."))
    said.append(_("Once it is published, nothing in it can be changed: a change is a new version."))
    return said
