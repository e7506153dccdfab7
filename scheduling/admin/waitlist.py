"""The waitlist: who waits for an earlier time, and what was offered to whom."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from scheduling import services
from scheduling.admin.booking_typed import one_of
from scheduling.admin.filters import StandingFilter
from scheduling.admin.names import CalledByName, badge
from scheduling.admin.refusals import RefusalsOnForm
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused, PatientErased
from scheduling.forms import WaitlistForm
from scheduling.forms.sent import number
from scheduling.models import Appointment, Course, Offer, Patient, WaitlistEntry
from scheduling.reports import outlook
from scheduling.services.staff import staff_name

WEEKS_AHEAD = timedelta(weeks=2)
# She may still say yes to it, at the desk too.
MAY_BE_TAKEN = (Offer.Outcome.OPEN, Offer.Outcome.EXPIRED, Offer.Outcome.DECLINED, Offer.Outcome.UNTOLD)


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(RefusalsOnForm, CalledByName):
    form = WaitlistForm
    list_display = ["patient_name", "treatment", "wants", "with_whom", "gives_up", "since", "offered", "status_badge"]
    list_display_links = ["patient_name"]
    list_filter = [StandingFilter, "treatment", "location"]
    list_select_related = ["patient", "treatment", "location", "practitioner", "appointment"]
    list_per_page = 50
    counted = _("waiting or served")
    search_fields = ["patient__first_name", "patient__last_name", "patient__phone"]
    search_help_text = _("Patient's name or phone number")
    autocomplete_fields = ["patient"]
    actions = ["take_off"]
    change_form_template = "scheduling/waitlistentry_form.html"
    refusal_fields = {"already_waiting": "patient"}
    readonly_fields = (
        *("patient_link", "treatment", "location", "wants", "with_whom", "gives_up_link", "since", "who_added"),
        *("status_badge", "sessions", "closed_at"),
    )
    fieldsets_to_add = [
        (None, {"fields": ["patient", "appointment", "treatment", "location", "shown_for"]}),
        (_("Would come"), {"fields": [("first_on", "last_on"), ("starts_from", "starts_until"), "practitioner"]}),
    ]

    # --- who sees what ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitlistEntry]:
        offers = Offer.objects.select_related("opening__location", "opening__practitioner").order_by("-offered_at", "-pk")
        return super().get_queryset(request).prefetch_related(Prefetch("offer_set", queryset=offers))

    def get_fieldsets(self, request: HttpRequest, obj: WaitlistEntry | None = None) -> Any:
        if obj is None:
            return self.fieldsets_to_add
        about = ["patient_link", "treatment", "location", "wants", "with_whom", *(["gives_up_link"] if obj.appointment_id else [])]
        standing = ["status_badge", "since", "who_added", *(["closed_at"] if obj.closed_at else [])]
        return [(None, {"fields": [*about, *standing]}), (_("Offered so far"), {"fields": ["sessions"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: WaitlistEntry | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:  # nothing on its page can be typed
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: WaitlistEntry | None = None) -> bool:
        return obj is None and super().has_change_permission(request)  # its page is there to be read; what is done are steps

    def has_delete_permission(self, request: HttpRequest, obj: WaitlistEntry | None = None) -> bool:
        return False  # an entry is withdrawn, never deleted

    # --- what is shown ---------------------------------------------------------------------------------------------

    def name_of(self, obj: WaitlistEntry) -> str:
        return f"{obj.patient.full_name}, {obj.treatment}"

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, entry: WaitlistEntry) -> str:
        return entry.patient.full_name

    @admin.display(description=_("patient"))
    def patient_link(self, entry: WaitlistEntry) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:scheduling_patient_change", args=[entry.patient_id]), entry.patient.label)

    @admin.display(description=_("would come"), ordering="first_on")
    def wants(self, entry: WaitlistEntry) -> str:
        days = f"{date_format(entry.first_on, 'M j')} – {date_format(entry.last_on, 'M j')}"
        if entry.starts_from and entry.starts_until:
            return f"{days}, {_clock(entry.starts_from)} – {_clock(entry.starts_until)}"
        if entry.starts_from:
            return str(_("%(days)s, from %(clock)s") % {"days": days, "clock": _clock(entry.starts_from)})
        if entry.starts_until:
            return str(_("%(days)s, until %(clock)s") % {"days": days, "clock": _clock(entry.starts_until)})
        return days

    @admin.display(description=_("with"), ordering="practitioner__name")
    def with_whom(self, entry: WaitlistEntry) -> str:
        return str(entry.practitioner) if entry.practitioner else str(_("anybody"))

    @admin.display(description=_("instead of"), ordering="appointment__during")
    def gives_up(self, entry: WaitlistEntry) -> str:
        return _short(entry.appointment) if entry.appointment else "–"

    @admin.display(description=_("instead of"))
    def gives_up_link(self, entry: WaitlistEntry) -> SafeString:
        address = reverse("admin:scheduling_appointment_change", args=[entry.appointment_id])
        return format_html('<a href="{}">{}</a>', address, entry.appointment.local_time_text if entry.appointment else "")

    @admin.display(description=_("since"), ordering="created_at")
    def since(self, entry: WaitlistEntry) -> str:
        return date_format(timezone.localtime(entry.created_at, entry.location.zone), "M j, g:i A")

    @admin.display(description=_("added by"))
    def who_added(self, entry: WaitlistEntry) -> str:
        return staff_name(entry.created_by) or "–"

    @admin.display(description=_("offered"))
    def offered(self, entry: WaitlistEntry) -> SafeString:
        """The last offer, and how many there were."""
        offers = list(entry.offer_set.all())
        if not offers:
            return format_html('<span class="quiet">{}</span>', _("nothing yet"))
        earlier = len(offers) - 1
        more = ngettext("and %(count)s before", "and %(count)s before", earlier) % {"count": earlier} if earlier else ""
        return format_html('{} {} <span class="quiet">{}</span>', _when(offers[0]), _outcome(offers[0]), more)

    @admin.display(description=_("status"), ordering="status")
    def status_badge(self, entry: WaitlistEntry) -> SafeString:
        return badge(entry.status, entry.get_status_display())

    @admin.display(description="")
    def sessions(self, entry: WaitlistEntry) -> SafeString:
        rows = format_html_join(
            "",
            "<li>{} · {} · {} {}</li>",
            ((_when(offer), offer.opening.practitioner, _outcome(offer), _details(offer)) for offer in entry.offer_set.all()),
        )
        return format_html('<ul class="sessions">{}</ul>', rows) if rows else format_html("{}", _("Nothing yet."))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = context.get("original")
        if entry is None:
            patient = one_of(Patient.objects.all(), str(context["adminform"].form["patient"].value() or ""))
            if patient and patient.erased_at:
                raise PatientErased
            context["patient"] = patient
        else:
            context["subtitle"] = entry.patient.full_name
            if entry.status == WaitlistEntry.Status.WAITING and self.has_change_permission(request):
                context["may_withdraw"] = True
                context["takeable"] = [(offer, _when(offer)) for offer in entry.offer_set.all() if _may_be_taken(offer)]
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From an appointment's page, or a patient's: what she has is what she would give up."""
        asked = {name: pk for name in ("patient", "appointment") if (pk := number(request.GET.get(name))) is not None}
        coming = Appointment.objects.filter(status=Status.BOOKED, during__startswith__gt=timezone.now()).order_by("during")
        given_up = None
        if "appointment" in asked:
            given_up = coming.filter(pk=asked["appointment"]).select_related("course", "location").first()
        elif "patient" in asked:
            given_up = coming.filter(patient=asked["patient"]).select_related("course", "location").first()
        today = timezone.localdate()
        initial: dict[str, Any] = {"first_on": today, "last_on": today + WEEKS_AHEAD}
        if given_up is None:
            under_way = Course.objects.filter(patient=asked.get("patient", 0), ended_at=None).order_by("-started_at")
            return initial | {"patient": asked.get("patient"), "treatment": under_way.values_list("treatment", flat=True).first()}
        return initial | {
            "patient": given_up.patient_id,
            "appointment": given_up.pk,
            "treatment": given_up.course.treatment_id,
            "location": given_up.location_id,
            "last_on": max(given_up.local_day - timedelta(days=1), today),
        }

    # --- what is done ----------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: WaitlistEntry, form: Any, change: bool) -> None:
        asked = {name: value for name, value in form.cleaned_data.items() if name != "shown_for"}
        saved = services.wait(**asked, by=cast(User, request.user))
        obj.__dict__.update(saved.__dict__)
        request.saved = obj  # type: ignore[attr-defined]
        allowed = outlook(saved.patient, saved.treatment, location=saved.location, instead_of=saved.appointment)
        if allowed.first_on > saved.last_on:
            day = date_format(allowed.first_on, "F j, Y")
            messages.warning(request, f"Nothing can be offered in those days: {saved.patient.first_name}'s skin needs until {day}.")

    @admin.action(description=_("Take off the list"), permissions=["change"])
    def take_off(self, request: HttpRequest, queryset: QuerySet[WaitlistEntry]) -> None:
        count = 0
        for entry in queryset.filter(status=WaitlistEntry.Status.WAITING):
            with suppress(PatientErased):  # just then, and all of hers with her
                count += services.withdraw(entry).status == WaitlistEntry.Status.WITHDRAWN
        said = ngettext("%(count)s patient is off the waitlist.", "%(count)s patients are off the waitlist.", count)
        messages.success(request, said % {"count": count})

    def get_urls(self) -> list[URLPattern]:
        def post(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(require_POST(view)), name=f"scheduling_waitlistentry_{name}")

        return [
            post("<int:pk>/withdraw/", self.withdraw_view, "withdraw"),
            post("offer/<int:pk>/accept/", self.accept_view, "accept"),
            *super().get_urls(),
        ]

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = get_object_or_404(WaitlistEntry.objects.select_related("patient", "treatment"), pk=pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        withdrawn = services.withdraw(entry)
        if withdrawn.status == WaitlistEntry.Status.BOOKED:
            messages.warning(request, f"{entry.patient.full_name} has taken a time just now.")
        else:
            messages.success(request, f"{entry.patient.full_name} is off the waitlist.")
        return redirect("admin:scheduling_waitlistentry_changelist")

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """She said yes on the phone."""
        offer = get_object_or_404(Offer.objects.select_related("entry__patient", "entry__appointment"), pk=pk)
        if not (self.has_change_permission(request) and request.user.has_perm("scheduling.change_appointment")):
            raise PermissionDenied
        try:
            appointment = services.accept_offer(offer, by=cast(User, request.user))
        except PatientErased:
            raise  # its own page names nobody
        except BookingRefused as refusal:
            services.note_refusal(refusal)
            messages.error(request, f"{offer.entry.patient.full_name}: {refusal}")
            return redirect("admin:scheduling_waitlistentry_change", offer.entry_id)
        messages.success(request, f"Booked: {offer.entry.patient.full_name}, {appointment.local_time_text}.")
        return redirect("admin:scheduling_appointment_change", appointment.pk)


def _may_be_taken(offer: Offer) -> bool:
    return offer.outcome in MAY_BE_TAKEN and offer.opening.during.lower > timezone.now()


def _clock(at: Any) -> str:
    return time_format(at, "g:i A")


def _short(appointment: Appointment) -> str:
    return date_format(timezone.localtime(appointment.starts_at, appointment.zone), "M j, g:i A")


def _when(offer: Offer) -> str:
    return date_format(timezone.localtime(offer.opening.during.lower, offer.opening.location.zone), "D, M j, g:i A")


def _outcome(offer: Offer) -> SafeString:
    return badge(f"offer-{offer.outcome}", offer.get_outcome_display())


def _details(offer: Offer) -> str:
    """“asked Nov 2, 9:00 AM, until 9:15 AM” or when she answered, on the clock of the location."""

    def at(instant: Any, form: str) -> str:
        return date_format(timezone.localtime(instant, offer.opening.location.zone), form)

    said = _("offered %(at)s") % {"at": at(offer.offered_at, "M j, g:i A")}
    if offer.outcome == Offer.Outcome.OPEN:
        return f"{said}, {_('until %(at)s') % {'at': at(offer.answer_by, 'g:i A')}}"
    return f"{said}, {_('answered %(at)s') % {'at': at(offer.answered_at, 'g:i A')}}" if offer.answered_at else str(said)
