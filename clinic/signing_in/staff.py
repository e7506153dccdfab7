"""A sign-in's page in the admin, with its second factor; and django-otp's own pages, which show secrets, out of it."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinic.models import Phone
from clinic.signing_in import second_factor
from clinic.signing_in.forms import GivenPasswordForm, StaffForm

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
HELP = {
    "username": gettext_lazy("What is typed at the sign-in: letters, digits and @ . + - _"),
    "is_active": gettext_lazy("Take this away from whoever has left, rather than delete: the trail goes on naming them."),
    "is_staff": gettext_lazy("Without this nobody signs in here."),
    "is_superuser": gettext_lazy("May do everything, whatever the roles, and gives out rights: whoever runs Afterglow."),
    "groups": gettext_lazy("What a role may do, whoever has it may."),
    "user_permissions": gettext_lazy("What no role gives."),
}
LABELS = {
    "groups": gettext_lazy("Roles"),
    "is_staff": gettext_lazy("Is one of the staff"),
    "is_superuser": gettext_lazy("Superuser"),
    "user_permissions": gettext_lazy("Rights"),
}
PERSON = ("first_name", "last_name", "email")

admin.site.unregister([User, Group, TOTPDevice, StaticDevice])


class RoleFilter(admin.RelatedFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("role")


@admin.register(User)
class StaffAdmin(UserAdmin):
    form, add_form, change_password_form = StaffForm, UserCreationForm, GivenPasswordForm
    add_form_template = None  # Django's says that the rest comes afterwards
    change_user_password_template = "signing_in/given_password.html"  # nosec B105 # a template's name
    list_filter = ("is_active", ("groups", RoleFilter))
    filter_horizontal = ("user_permissions",)

    def get_list_display(self, request: HttpRequest) -> Any:
        return ("username", "full_name", "roles", "is_active", "last_sign_in", *(("has_phone",) if settings.SECOND_FACTOR else ()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        has_phone = Exists(Phone.objects.filter(user=OuterRef("pk")))
        return super().get_queryset(request).prefetch_related("groups").annotate(has_a_phone=has_phone)

    @admin.display(description=gettext_lazy("name"), ordering="first_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=gettext_lazy("role"))
    def roles(self, user: User) -> str:
        names = [_("everything")] if user.is_superuser else [group.name for group in user.groups.all()]
        return ", ".join(map(str, names))

    @admin.display(description=gettext_lazy("last sign-in"), ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        return date_format(localtime(user.last_login), "DATETIME_FORMAT") if user.last_login else _("never")

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def has_phone(self, user: User) -> bool:
        return bool(user.has_a_phone)  # type: ignore[attr-defined]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        roles = ("groups",) if request.user.is_superuser else ()
        if obj is None:
            return [(None, {"fields": ("username", *PERSON, *roles, "password1", "password2")})]
        beside = ("user_permissions",) if obj.user_permissions.exists() else ()
        if not self.has_change_permission(request, obj):
            about = ("username", "full_name", "email", "roles", *beside, "is_active", "last_sign_in", *_about_phone(request))
            return [(None, {"fields": about})]
        staff = () if obj.is_staff else ("is_staff",)
        return [
            (None, {"fields": ("username", "password", *_about_phone(request), "last_sign_in")}),
            (_("Who it is"), {"fields": PERSON}),
            (_("What they may do"), {"fields": ("groups", "is_active", *staff, "is_superuser")}),
            (_("Rights beside the roles"), {"fields": ("user_permissions",), "classes": () if beside else ("collapse",)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who may change sign-ins gives nobody, nor herself, what she hasn't: rights are a superuser's to give."""
        rights = () if request.user.is_superuser else RIGHTS
        shown = ("full_name", "roles", "last_sign_in")
        return (*super().get_readonly_fields(request, obj), *rights, *shown, *_about_phone(request))

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Whoever only reads is told nothing about filling in."""
        is_read = obj is not None and not self.has_change_permission(request, obj)
        told = {"help_texts": dict.fromkeys(HELP, "") if is_read else HELP, "labels": LABELS}
        return super().get_form(request, obj, change=change, **told, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """There are few roles, and none is made beside a person."""
        is_roles = db_field.name == "groups"
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs | ({"widget": CheckboxSelectMultiple()} if is_roles else {}))
        if is_roles:
            field.widget.can_add_related = False
        return field

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A superuser's sign-in, its password too, is hers and other superusers'."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not is_above

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or self.has_change_permission(request, obj))

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Django goes on to the rest of the fields; here they were on the first page."""
        return admin.ModelAdmin.response_add(self, request, obj, post_url_continue)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Nobody has a sign-in here but the staff."""
        if not change and request.user.is_superuser:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("second factor"))
    def second_factor_to_reset(self, user: User) -> str:
        said = self.second_factor(user)
        if not self.has_phone(user):
            return said
        return format_html('{} <a href="{}">{}</a>', said, reverse("admin:reset_second_factor", args=[user.pk]), _("Phone lost? Reset it"))

    @admin.display(description=gettext_lazy("second factor"))
    def second_factor(self, user: User) -> str:
        phone = second_factor.phone_of(user)
        if phone is None:
            return _("None yet: it is set up at the next sign-in.")
        left = second_factor.codes_left(user)
        return ngettext("Since %(day)s; %(count)s recovery code left.", "Since %(day)s; %(count)s recovery codes left.", left) % {
            "day": date_format(localtime(phone.created_at), "DATE_FORMAT"),
            "count": left,
        }

    def get_urls(self) -> list[URLPattern]:
        reset = self.admin_site.admin_view(self.reset_page)
        return [path("<int:pk>/second-factor/", reset, name="reset_second_factor"), *super().get_urls()]

    def reset_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks, and then forgets somebody else's phone and codes. A superuser's, for it lets whoever has the password in."""
        if not request.user.is_superuser:
            raise PermissionDenied
        if not settings.SECOND_FACTOR:
            raise Http404
        user = get_object_or_404(User, pk=pk)
        if user.pk == request.user.pk:  # or whoever is at her desk
            return redirect("admin:second_factor")
        here = redirect("admin:auth_user_change", user.pk)
        if request.method == "POST":
            if second_factor.reset(user, by=request.user):
                said = _("Reset: %(who)s sets up a phone at the next sign-in. Until then the password alone lets somebody do so.")
                messages.success(request, said % {"who": user.get_username()})
            return here
        context = self.admin_site.each_context(request) | {"title": _("Reset the second factor"), "staff": user, "opts": self.opts}
        return TemplateResponse(request, "signing_in/reset.html", context)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """What a role may do, whoever is in it may: that is a superuser's to say, too."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)


def _about_phone(request: HttpRequest) -> tuple[str, ...]:
    """Nothing in the demo; only superusers may reset one."""
    if not settings.SECOND_FACTOR:
        return ()
    return ("second_factor_to_reset",) if request.user.is_superuser else ("second_factor",)
