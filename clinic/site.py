"""The admin site: Django's own, with our pages in it, its first page the day's work, and patients called by their names."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import navigation
from clinic.dashboard import dashboard
from clinic.signing_in.forms import NewPasswordForm, SignInForm
from clinic.signing_in.second_factor import has_to_begin_anew, is_complete

# Where somebody may go who has given name and password, and no code yet: to where it is asked for, and out again.
HALFWAY = ("admin:second_factor", "admin:second_factor_set_up", "admin:logout")

# What a list takes beside its filters, and how a filter's name goes on where Django writes it into an address.
OF_ANY_LIST = {*IGNORED_PARAMS, PAGE_VAR, ERROR_FLAG}
ENDS = {"", "exact", "isnull", "isempty", "gte", "lt"}


class NamedAutocomplete(AutocompleteJsonView):
    def process_request(self, request: HttpRequest) -> Any:
        term, *about = super().process_request(request)
        found: tuple[Any, ...] = (term.replace("\0", ""), *about)  # PostgreSQL knows no such letter
        if not found[2].concrete:  # the other side of a relation, which no form is filled from: Django trips over it
            raise PermissionDenied
        return found

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        # str() of a patient is made for logs and holds no name.
        return super().serialize_result(obj, to_field_name) | {"text": getattr(obj, "label", str(obj))}


class ClinicAdminSite(AdminSite):
    site_title = "Afterglow"
    site_header = "Afterglow"
    index_title = _("Today at the clinic")
    empty_value_display = "–"
    enable_nav_sidebar = False  # the header leads everywhere
    login_form = SignInForm

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from aftercare import views as aftercare
        from clinic.admin import trail
        from clinic.signing_in import views as signing_in
        from scheduling import views as scheduling

        card, hers = "scheduling/appointment/<int:pk>/card/", "maintenance-due/patients/<int:pk>"
        pages: list[URLResolver | URLPattern] = [
            path("second-factor/", self.admin_view(signing_in.second_factor_page), name="second_factor"),
            path("second-factor/set-up/", self.admin_view(signing_in.second_factor_set_up_page), name="second_factor_set_up"),
            path("second-factor/codes/", self.admin_view(signing_in.recovery_codes_view), name="recovery_codes"),
            path("session/", self.admin_view(signing_in.session_view), name="session"),
            path("board/", self.admin_view(scheduling.board_page), name="board"),
            path(card, self.admin_view(scheduling.appointment_card), name="scheduling_appointment_card"),
            path("inbox/", self.admin_view(aftercare.inbox_page), name="inbox"),
            path("inbox/<int:pk>/", self.admin_view(aftercare.thread_page), name="inbox_thread"),
            path("inbox/<int:pk>/answer/", self.admin_view(aftercare.answer_view), name="inbox_answer"),
            path("inbox/<int:pk>/count/", self.admin_view(aftercare.count_view), name="inbox_count"),
            path("inbox/<int:pk>/read/", self.admin_view(aftercare.read_view), name="inbox_read"),
            path("inbox/<int:pk>/raise/", self.admin_view(aftercare.raise_view), name="concern_raise"),
            path("inbox/unknown/<int:pk>/", self.admin_view(aftercare.unknown_page), name="inbox_unknown"),
            path("inbox/unknown/<int:pk>/read/", self.admin_view(aftercare.read_number_view), name="inbox_unknown_read"),
            path("inbox/concern/<int:pk>/acknowledge/", self.admin_view(aftercare.acknowledge_view), name="concern_acknowledge"),
            path("inbox/concern/<int:pk>/resolve/", self.admin_view(aftercare.resolve_view), name="concern_resolve"),
            path("calls/", self.admin_view(scheduling.calls_page), name="calls"),
            path("maintenance-due/", self.admin_view(scheduling.maintenance_due_page), name="maintenance_due"),
            path("maintenance-due/send/", self.admin_view(aftercare.recall_send_page), name="recall_send"),
            path("maintenance-due/automatic/", self.admin_view(aftercare.recall_policy_page), name="recall_policy"),
            path("maintenance-due/views/", self.admin_view(scheduling.kept_views_page), name="maintenance_due_views"),
            path("maintenance-due/views/<int:pk>/", self.admin_view(scheduling.kept_view_view), name="maintenance_due_view"),
            path("maintenance-due/outcomes/", self.admin_view(aftercare.outcomes_page), name="recall_outcomes"),
            path("my-calendar/", self.admin_view(scheduling.my_calendar_page), name="my_calendar"),
            path("maintenance-due/snooze/", self.admin_view(scheduling.recall_snooze_page), name="recall_snooze"),
            path(f"{hers}/call/", self.admin_view(scheduling.recall_call_page), name="recall_call"),
            path(f"{hers}/resume/", self.admin_view(scheduling.recall_resume_view), name="recall_resume"),
            path(f"{hers}/take-back/", self.admin_view(scheduling.recall_take_back_view), name="recall_take_back"),
            path("maintenance-due/export/", self.admin_view(scheduling.maintenance_due_export), name="maintenance_due_export"),
            path("trail/", self.admin_view(trail.trail_page), name="trail"),
            path("trail/export/", self.admin_view(trail.trail_export), name="trail_export"),
        ]
        return pages + super().get_urls()

    def has_permission(self, request: HttpRequest) -> bool:
        """Name and password, and then the code: `admin_view` asks this for every page."""
        return super().has_permission(request) and (is_complete(request) or request.path in map(reverse, HALFWAY))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        return super().admin_view(_only_what_it_offers(view), cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Whoever is signed in is led on, to the code if that is still to come; but whose phone was reset gives the password again."""
        from clinic.signing_in.views import to_second_factor
        from scheduling.admin.ways_back import next_of

        is_in = super().has_permission(request)
        extra_context = {"title": _("Sign in"), **(extra_context or {})}
        if is_in and has_to_begin_anew(request):
            # Without `user` it looks as it does to anybody.
            extra_context |= {"user": None, "was_reset": True}
        elif is_in and request.method == "GET":
            return HttpResponseRedirect(next_of(request) or reverse("admin:index")) if is_complete(request) else to_second_factor(request)
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's, with a form that knows from where it is asked."""
        context = self.each_context(request) | (extra_context or {})
        form = partial(NewPasswordForm, request)
        done = reverse("admin:password_change_done")
        return PasswordChangeView.as_view(form_class=form, success_url=done, extra_context=context)(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Halfway in, a page has the frame of one to sign in."""
        context = super().each_context(request) | navigation.frame(request)
        return context | {"has_permission": context["has_permission"] and is_complete(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        return apps if app_label else navigation.grouped(apps, has_trail=request.user.has_perm("clinic.view_trail"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"dashboard": dashboard(request.user, timezone.now()), **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        view: Any = NamedAutocomplete.as_view(admin_site=self)
        return view(request)


def _only_what_it_offers(view: Callable[..., Any]) -> Callable[..., Any]:
    """A list is filtered by what it offers. Django takes any lookup that is typed into an address: what is masked could be guessed digit by
    digit, with `?address__startswith=`, whom somebody looks for like that isn't on the trail, and PostgreSQL trips over `?id__regex=(`."""
    admin = getattr(view, "__self__", None)
    if not isinstance(admin, ModelAdmin) or view.__name__ != "changelist_view":
        return view

    @wraps(view)
    def listed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not all(_offers(admin, request, asked, values) for asked, values in request.GET.lists()):
            raise DisallowedModelAdminLookup("A list isn't filtered by that")
        return view(request, *args, **kwargs)

    return listed


def _offers(admin: ModelAdmin, request: HttpRequest, asked: str, values: list[str]) -> bool:
    filters = [shown[0] if isinstance(shown, tuple) else shown for shown in admin.get_list_filter(request)]
    if asked in OF_ANY_LIST or asked in [getattr(shown, "parameter_name", None) for shown in filters]:
        return True
    name, _, how = asked.partition("__")
    is_offered = asked in getattr(admin, "led_to_by", ()) or (name in filters and how.rpartition("__")[2] in ENDS)
    return is_offered and "\0" not in "".join(values)  # PostgreSQL knows no such letter
