"""Filters that people keep under a name: for themselves, or for everybody who reads the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from scheduling import services
from scheduling.forms.due import ReportForm
from scheduling.forms.kept import KeptViewForm
from scheduling.models import SavedView
from scheduling.models.recalls import MAY_SEE_REPORT


@dataclass(frozen=True, slots=True)
class Kept:
    view: SavedView
    is_shown: bool  # just now
    is_own: bool


def kept_views(request: HttpRequest, shown: str) -> Sequence[Kept]:
    """Her own, and then those that others share. `shown`: the query of the page that they stand on."""
    user = cast(User, request.user)
    views = SavedView.objects.filter(Q(user=user) | Q(is_shared=True)).select_related("user")
    kept = [Kept(view, view.query == shown, view.user_id == user.pk) for view in views]
    return sorted(kept, key=lambda one: not one.is_own)


def worth_keeping(asked: ReportForm) -> str:
    """What a view stands for: filters and order. Not the day: it is looked at on another one."""
    return asked.query(as_of=None)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY_SEE_REPORT, raise_exception=True)
def kept_views_page(request: HttpRequest) -> HttpResponse:
    """All of them, hers to rename, to share or to delete. A POST keeps the filters in `query`."""
    query = worth_keeping(ReportForm(request.POST.get("query", request.GET.urlencode()), now=timezone.now()))
    form = KeptViewForm(request.POST or None, instance=SavedView(user=cast(User, request.user), query=query))
    if request.method == "POST" and form.is_valid():
        view, is_new = services.keep_view(user=cast(User, request.user), query=query, **form.cleaned_data)
        said = _("“%(name)s” is kept.") if is_new else _("“%(name)s” now shows these filters.")
        messages.success(request, said % {"name": view.name})
        return redirect(_report(query))
    return _page(request, query, form)


@require_POST
@permission_required(MAY_SEE_REPORT, raise_exception=True)
def kept_view_view(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own is renamed, shared or deleted; anybody else's isn't there."""
    view = get_object_or_404(SavedView, pk=pk, user=cast(User, request.user))
    if "delete" in request.POST:
        services.forget_view(view)
        messages.success(request, _("“%(name)s” is deleted. The patients in it are where they were.") % {"name": view.name})
        return redirect("admin:maintenance_due_views")
    form = KeptViewForm(request.POST, instance=view, auto_id=f"id_view_{pk}_%s")
    if form.is_valid():
        try:
            services.change_view(view, **form.cleaned_data)
        except IntegrityError:  # another page was as fast
            form.add_error("name", _("You have another view of that name. Choose another name."))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("admin:maintenance_due_views")
    return _page(request, "", None, tried=form)


def _page(request: HttpRequest, query: str, form: KeptViewForm | None, tried: KeptViewForm | None = None) -> HttpResponse:
    kept = kept_views(request, query)
    hers = [
        tried if tried and tried.instance.pk == one.view.pk else KeptViewForm(instance=one.view, auto_id=f"id_view_{one.view.pk}_%s")
        for one in kept
        if one.is_own
    ]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Saved views"),
        "form": form,
        "query": query,
        "hers": hers,
        "others": [one.view for one in kept if not one.is_own],
        "report": _report(query),
    }
    return TemplateResponse(request, "scheduling/maintenance_due_views.html", context)


def _report(query: str) -> str:
    url = reverse("admin:maintenance_due")
    return f"{url}?{query}" if query else url
