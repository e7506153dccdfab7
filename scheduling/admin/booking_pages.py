"""The page on which the desk books: find the patient or add her, choose a time, done. Its buttons work without scripts (ADR 0011)."""

from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from scheduling import services
from scheduling.admin.booking_found import SUGGESTED, found_by, usual_treatment_of
from scheduling.admin.booking_panel import MOST_SLOTS, Asked, Panel, Wanted, panel
from scheduling.admin.booking_typed import PREFIX, day_in, initial_of, one_of, typed_in
from scheduling.admin.names import say_of
from scheduling.admin.ways_back import next_of
from scheduling.errors import BookingRefused
from scheduling.forms import BookingForm, NewcomerForm
from scheduling.forms.sent import number
from scheduling.models import Appointment, Location, Patient, Practitioner, Treatment

# The buttons that show the page again, with what they say; without one of them it books.
SHOWING = ("show", "choose", "slot", "later", "all_of")
REFUSAL_FIELDS = {"practitioner_busy": "practitioner", "not_offered": "practitioner", "room_busy": "room", "patient_busy": "starts_at"}
REFUSAL_FIELDS |= dict.fromkeys(("too_soon", "in_past", "too_far_ahead", "closed", "no_such_time"), "starts_at")


class BookingPages(admin.ModelAdmin):
    """Whoever knows more of a patient overrides `newcomer_form`, `welcome` and `cautions`: aftercare asks for consent."""

    newcomer_form: type[NewcomerForm] = NewcomerForm

    def welcome(self, request: HttpRequest, form: NewcomerForm, patient: Patient) -> None:
        """What else there is to do about a patient who was added just now, in the transaction that adds and books her."""

    def cautions(self, patient: Patient) -> list[str]:
        """What the desk should know of her before it books, in sentences."""
        return []

    def get_urls(self) -> list[URLPattern]:
        found = path(
            "add/patients/", self.admin_site.admin_view(require_GET(self.found_view)), name="scheduling_appointment_booking_patients"
        )
        return [found, *super().get_urls()]

    def found_view(self, request: HttpRequest) -> HttpResponse:
        """The patients who match what is being typed; the page itself shows the same ones."""
        self._require_permission(request)
        return TemplateResponse(request, "scheduling/booking_found.html", found_by(request.GET.get("q", ""), timezone.now()))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require_permission(request)
        page = BookingPage(self, request)
        if page.is_booking and (booked := page.book()):
            if not page.is_repeated:
                self.log_addition(request, booked, [{"added": {}}])
            when, place = booked.local_time_text, f"with {booked.practitioner} in {booked.room.name}"
            how = "Booked already" if page.is_repeated else "Booked"
            say_of(request, messages.SUCCESS, booked.patient, f"{how}: {booked.patient.full_name}, {when}, {place}.")
            for warning in services.warnings_of(booked):
                messages.warning(request, warning)
            return redirect(page.next or reverse("admin:scheduling_appointment_change", args=[booked.pk]))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Book an appointment", **page.context()}
        return TemplateResponse(request, "scheduling/booking.html", context)

    def _require_permission(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request) or not request.user.has_perm("scheduling.view_patient"):
            raise PermissionDenied


class BookingPage:
    """One showing of the page: what was typed so far, read as far as it can be."""

    def __init__(self, pages: BookingPages, request: HttpRequest) -> None:
        self.pages, self.request, self.now = pages, request, timezone.now()
        self.is_booking = request.method == "POST" and not any(name in request.POST for name in SHOWING)
        self.typed = typed = typed_in(request)
        self.next = next_of(request)
        self.is_newcomer = typed.get("who") == "new" and request.user.has_perm("scheduling.add_patient")
        self.patient = None if self.is_newcomer else one_of(Patient.objects.known(), typed.get("patient"))
        if self.patient and not typed.get("treatment"):
            typed["treatment"] = usual_treatment_of(self.patient)
        if not typed.get("treatment"):
            offered = Treatment.objects.filter(is_active=True).values_list("pk", flat=True)[:2]
            typed["treatment"] = str(offered[0]) if len(offered) == 1 else ""
        if not self.is_booking:
            self._fill_in()
        if self.patient and not typed.get("nights"):
            typed["nights"] = "quiet" if self.patient.wants_quiet_nights else "texts"
        self.form = BookingForm(typed, is_newcomer=self.is_newcomer)
        self.newcomer = pages.newcomer_form(typed, prefix=PREFIX) if self.is_newcomer else None
        self.likely: list[Patient] = []  # who may be the one that is being added
        self.is_repeated = False  # it is booked just as it is asked for

    def _fill_in(self) -> None:
        """A board of practitioners brings no room along, and one of rooms nobody to treat: here is the first who is free then.

        Free for anybody: whether it suits this patient is said beside the form.
        """
        typed = self.typed
        treatment = one_of(Treatment.objects.filter(is_active=True), typed.get("treatment"))
        if treatment is None or bool(typed.get("practitioner")) is bool(typed.get("room")):
            return
        known = BookingForm(typed, is_newcomer=self.is_newcomer)
        known.is_valid()
        who, room, starts_at = (known.cleaned_data.get(name) for name in ("practitioner", "room", "starts_at"))
        location = room.location if room else one_of(Location.objects.all(), typed.get("location")) or Location.objects.first()
        if location is None or starts_at is None or not (who or room):
            return
        starts_at = starts_at if room else starts_at.replace(tzinfo=location.zone)
        free = services.free_slots(
            treatment=treatment,
            location=location,
            from_date=starts_at.date(),
            days=1,
            practitioner=who,
            limit=MOST_SLOTS,
            now=self.now,
        )
        slot = next((slot for slot in free if slot.starts_at == starts_at), None)
        if slot:
            typed |= {"room": str(slot.room.pk)} if who else {"practitioner": str(slot.practitioner.pk)}

    def book(self) -> Appointment | None:
        """None, and the sentences on the form, where it couldn't be."""
        is_valid = [form.is_valid() for form in (self.form, self.newcomer) if form is not None]  # each says what is wrong
        if not all(is_valid):
            return None
        asked = dict(self.form.cleaned_data)
        nights = asked.pop("nights", "")
        if self.newcomer:
            asked["patient"] = self.newcomer.instance
            self.likely = self._likely(self.newcomer.instance)
            if self.likely:
                return None
        try:
            return services.book_at_desk(
                **asked,
                wants_quiet_nights=nights == "quiet" if nights else None,
                welcome=partial(self.pages.welcome, self.request, self.newcomer) if self.newcomer else None,
                by=cast(User, self.request.user),
                now=self.now,
            )
        except BookingRefused as refusal:
            if booked := self._booked_already(asked, nights):
                self.is_repeated = True
                return booked
            services.note_refusal(refusal)
            self.form.add_error(REFUSAL_FIELDS.get(refusal.code), refusal.sentence)
            return None

    def _booked_already(self, asked: dict[str, Any], nights: str) -> Appointment | None:
        """Not where something else was said of her nights meanwhile, which would be passed over. A newcomer is shown who she may be."""
        if self.newcomer or (nights and (nights == "quiet") is not asked["patient"].wants_quiet_nights):
            return None
        return services.booked_already(**asked)

    def _likely(self, newcomer: Patient) -> list[Patient]:
        if self.typed.get("is_somebody_else"):
            return []
        phone = str(newcomer.phone.as_e164) if newcomer.phone else ""
        return list(
            Patient.objects.resembling(
                first_name=newcomer.first_name, last_name=newcomer.last_name, birth_date=newcomer.birth_date, phone=phone
            )[:SUGGESTED]
        )

    def context(self) -> dict[str, Any]:
        form, newcomer, typed = self.form, self.newcomer, self.typed
        location = self._location()
        shown = self._panel(location)
        focus = self._focus(shown)
        if not self.is_booking:  # nobody is told yet what is still missing
            form = BookingForm(initial=initial_of(typed), is_newcomer=self.is_newcomer)
            if newcomer:
                # As it was typed; fields that weren't shown yet begin as a patient does.
                sent = {name: typed[key] for name in newcomer.fields if (key := f"{PREFIX}-{name}") in typed}
                newcomer = self.pages.newcomer_form(initial=sent, prefix=PREFIX)
                if focus == "newcomer":
                    first = next((name for name in newcomer.fields if not sent.get(name)), "first_name")
                    newcomer.fields[first].widget.attrs["autofocus"] = True
        locations = list(Location.objects.all())
        searching = not self.patient and not self.is_newcomer
        return {
            "is_gone": searching and bool(typed.get("patient")),  # erased meanwhile
            "form": form,
            "newcomer": newcomer,
            "patient": self.patient,
            "cautions": self.pages.cautions(self.patient) if self.patient else [],
            "likely": self.likely,
            "panel": shown,
            "treatment": self._known().get("treatment"),
            "location": location,
            "asked_location": number(typed.get("location")),
            "locations": locations if len(locations) > 1 else [],
            "has_several_zones": len({location.time_zone for location in locations}) > 1,
            "practitioners": Practitioner.objects.filter(is_active=True),
            "asked_for": number(typed.get("with")),
            "from": typed.get("from", ""),
            "next": self.next,
            "focus": focus,
            "is_ready": bool(shown and shown.wanted and not shown.refusal),
            "is_refused": self.is_booking,
            "may_add": self.request.user.has_perm("scheduling.add_patient"),
            **(found_by(typed.get("q", ""), self.now) if searching else {"q": typed.get("q", "")}),
        }

    def _focus(self, shown: Panel | None) -> str:
        """Where one goes on: what was asked for is there, and the next thing to do has the keyboard."""
        if self.is_booking:
            return "refusal"
        if not self.patient and not self.is_newcomer:
            return "search"
        if self.typed.get("show") == "newcomer":
            return "newcomer"
        if self.request.method == "POST" and not {"choose", "slot"} & self.request.POST.keys():
            return ""
        return "book" if shown and shown.wanted and not shown.refusal else "times"

    def _location(self) -> Location | None:
        """Where to look for times: where somebody said, or where she was last."""
        if asked := one_of(Location.objects.all(), self.typed.get("location")):
            return asked
        if room := self._known().get("room"):
            return cast(Location, room.location)
        last = Appointment.objects.filter(patient=self.patient).select_related("location").order_by("-during").first()
        return last.location if last else Location.objects.first()

    def _known(self) -> dict[str, Any]:
        """What can be read of the form, whatever else is missing."""
        self.form.is_valid()
        return self.form.cleaned_data

    def _panel(self, location: Location | None) -> Panel | None:
        treatment = self._known().get("treatment")
        if treatment is None or location is None or not (self.patient or self.is_newcomer):
            return None
        wanted = None
        # As it was sent, since a refusal takes the field that it is shown at out of what is known.
        sent = BookingForm(self.typed, is_newcomer=self.is_newcomer)
        sent.is_valid()
        if all(sent.cleaned_data.get(name) for name in ("practitioner", "room", "starts_at")):
            wanted = Wanted(*(sent.cleaned_data[name] for name in ("practitioner", "room", "starts_at")))
        asked = Asked(
            self.patient,
            self._newcomer(),
            treatment,
            location,
            one_of(Practitioner.objects.filter(is_active=True), self.typed.get("with")),
            day_in(self.typed.get("from")),
            day_in(self.typed.get("all_of")),
            wanted,
        )
        return panel(asked, self.now)

    def _newcomer(self) -> Patient | None:
        """As far as she is known."""
        if self.newcomer is None:
            return None
        self.newcomer.is_valid()
        born_on = self.newcomer.cleaned_data.get("birth_date")
        return Patient(first_name=self.typed.get(f"{PREFIX}-first_name") or "The patient", birth_date=born_on) if born_on else None
