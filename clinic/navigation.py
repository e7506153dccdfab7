"""Where people go from the header, and the models in the order in which the clinic works with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from aftercare.reports import waiting
from clinic.demo.accounts import DEMO_ACCOUNTS
from clinic.signing_in.second_factor import is_complete
from scheduling.models import Practitioner
from scheduling.models.recalls import MAY_CALL, MAY_SEE_REPORT

INBOX, CALLS = "admin:inbox", "admin:calls"

# label, name of the view or its path, permissions that it takes
PLACES: tuple[tuple[Any, str, *tuple[str, ...]], ...] = (
    (_("Today"), "admin:index"),
    (_("Board"), "admin:board", "scheduling.view_appointment"),
    (_("Inbox"), INBOX, "aftercare.view_concern", "aftercare.view_caremessage"),
    (_("Appointments"), "admin:scheduling_appointment_changelist", "scheduling.view_appointment"),
    (_("Waitlist"), "admin:scheduling_waitlistentry_changelist", "scheduling.view_waitlistentry"),
    (_("Patients"), "admin:scheduling_patient_changelist", "scheduling.view_patient"),
    (_("To call"), CALLS, *MAY_CALL),
    (_("Maintenance due"), "admin:maintenance_due", MAY_SEE_REPORT),
    (_("Messages"), "admin:aftercare_caremessage_changelist", "aftercare.view_caremessage"),
    (_("Demo phones"), "/demo/phone/"),
)

WHO = _("Sign-ins & trail")
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        _("Patients & diary"),
        (
            *("scheduling.Patient", "scheduling.Appointment", "scheduling.WaitlistEntry", "scheduling.Course", "scheduling.RecallAction"),
            "scheduling.ReportExport",
        ),
    ),
    (_("Aftercare"), ("aftercare.Plan", "aftercare.CareMessage", "aftercare.Consent", "aftercare.Protocol", "aftercare.OnCallContact")),
    (_("Sending & replies"), ("notifications.Message", "notifications.Reply", "notifications.Alarm")),
    (WHO, ("auth.User", "auth.Group")),
    (
        _("Clinic set-up"),
        (
            *("scheduling.Treatment", "scheduling.Product", "scheduling.Practitioner", "scheduling.CalendarFeed"),
            *("scheduling.Location", "scheduling.Room"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    label: Any
    url: str
    is_current: bool
    count: Any = None  # of what waits there, asked for only where a page has the header


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame around every page of the admin needs. `request.user` may be nobody yet, on the page to sign in."""
    from scheduling.views.just_moved import undo_of_mine

    return {
        "places": places(request),
        # Asked for, and so used up, only where a page shows it.
        "undo": SimpleLazyObject(lambda: undo_of_mine(request, timezone.now())) if is_complete(request) else None,
        "has_second_factor": settings.SECOND_FACTOR,
        "ends_in": request.session.get_expiry_age() if settings.IDLE_MINUTES and hasattr(request, "session") else "",
        "is_demo": settings.DEMO,
        "demo_accounts": DEMO_ACCOUNTS if settings.DEMO else [],
        "treats_patients": SimpleLazyObject(lambda: treats_patients(request)),
    }


def treats_patients(request: HttpRequest) -> bool:
    """Whether this is a practitioner, with a calendar of her own. Asked only where a page has the menu."""
    return request.user.is_authenticated and Practitioner.objects.filter(user=request.user, is_active=True).exists()


def places(request: HttpRequest) -> list[Place]:
    """The header's links: those that this installation has and this person may follow."""
    here = request.path
    found = []
    for label, view, *permissions in PLACES:
        url = address(view)
        is_within_another = view == CALLS and request.user.has_perm(MAY_SEE_REPORT)
        if url and request.user.has_perms(permissions) and not is_within_another:
            is_current = here == url if view == "admin:index" else here.startswith(url)
            found.append(Place(label, url, is_current, SimpleLazyObject(lambda: waiting(timezone.now())) if view == INBOX else None))
    return found


def address(view: str) -> str:
    """Where a view is found, by its name or its path; empty where this installation doesn't have it."""
    try:
        if not view.startswith("/"):
            return reverse(view)
        resolve(view)
    except (NoReverseMatch, Resolver404):
        return ""
    return view


def grouped(apps: Iterable[dict[str, Any]], *, has_trail: bool) -> list[dict[str, Any]]:
    """Django's list of apps, by what people do rather than by the app that the code lives in. What no group names joins the last.

    The trail, which is no model's list, comes after those whose trail it is.
    """
    models = {model["model"]._meta.label: model for app in apps for model in app["models"]}
    named = {label for _name, labels in GROUPS for label in labels}
    rest = tuple(label for label in models if label not in named)
    groups = []
    for position, (name, labels) in enumerate(GROUPS):
        wanted = labels + rest if position == len(GROUPS) - 1 else labels
        members = [models[label] for label in wanted if label in models]
        if name == WHO and has_trail:
            members.append({"name": _("Trail"), "admin_url": address("admin:trail")})
        if members:
            groups.append({"name": name, "app_label": "", "app_url": address("admin:index"), "has_module_perms": True, "models": members})
    return groups
