"""The pages on which all that is held of a patient is handed out, and on which she is erased; and what is shown of her afterwards."""

from typing import Any, cast
from unicodedata import category

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.admin.privacy.file import file_of
from aftercare.errors import CantErase
from aftercare.models.consent import MAY_ERASE, MAY_EXPORT
from aftercare.services.privacy.erasing import LONGEST_REASON, erase_patient, foresee_erasure
from aftercare.services.privacy.exporting import note_export
from scheduling.errors import PatientErased
from scheduling.fields import plain
from scheduling.models import Appointment, Patient

NOT_HER = gettext_lazy("Type the name as it stands above: so nobody else is erased by mistake.")
IS_DELETED = gettext_lazy("The patient is erased. There was no appointment, so nothing at all is left.")
IS_ERASED = gettext_lazy("The patient is erased. Of the appointments, the day, the treatment and the price are left.")


class PrivacyPages(admin.ModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("<int:pk>/export/", self.admin_site.admin_view(self.hand_out_view), name="scheduling_patient_hand_out"),
            path("<int:pk>/erase/", self.admin_site.admin_view(self.erase_view), name="scheduling_patient_erase"),
        ]
        return [*pages, *super().get_urls()]

    @admin.display(description="")
    def hand_out(self, patient: Patient) -> SafeString:
        page = reverse("admin:scheduling_patient_hand_out", args=[patient.pk])
        return format_html('<a href="{}">{}</a>', page, _("Hand out all that is held of this patient"))

    @admin.display(description="")
    def erase(self, patient: Patient) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:scheduling_patient_erase", args=[patient.pk]), _("Erase this patient"))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        patient = self.get_object(request, object_id) if object_id else None
        if patient is not None and patient.erased_at:
            if not self.has_view_permission(request, patient):
                raise PermissionDenied
            return self._erased_page(request, patient)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PatientErased as refusal:  # by somebody else, while this was typed
            messages.error(request, str(refusal))
            return redirect(request.path)

    def hand_out_view(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        """Says what is in the file. It is made when it is asked for, and written down before it goes out."""
        patient = self._patient(request, pk, MAY_EXPORT)
        if request.method != "POST":
            return self._privacy_page(request, "hand_out", patient, title=_("Hand out all that is held"))
        now = timezone.now()
        file = file_of(patient, now)
        note_export(patient, by=cast(User, request.user), now=now)
        name = f"patient-{patient.pk}-{timezone.localdate(now).isoformat()}.zip"
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Says what goes, what stays and why, and asks for a reason and for her name."""
        patient, now = self._patient(request, pk, MAY_ERASE), timezone.now()
        reason, name, refusal, of = request.POST.get("reason", ""), request.POST.get("name", ""), "", ""
        if request.method == "POST" and not patient.erased_at:
            try:
                if _as_compared(name) != _as_compared(patient.full_name):
                    of = "name"
                    raise CantErase(str(NOT_HER))
                of = "reason"
                stays = erase_patient(patient, reason=reason, by=cast(User, request.user), now=now)
            except CantErase as refused:
                refusal, left = str(refused), Patient.objects.filter(pk=pk).first()
                if left is None:  # a colleague was faster
                    messages.error(request, refusal)
                    return redirect("admin:scheduling_patient_changelist")
                patient = left
            else:
                messages.success(request, IS_ERASED if stays else IS_DELETED)
                back = reverse("admin:scheduling_patient_change", args=[pk]) if stays else reverse("admin:scheduling_patient_changelist")
                return redirect(back)
        foreseen = foresee_erasure(patient, now)
        return self._privacy_page(
            request,
            "erase",
            patient,
            title=_("Erase patient"),
            foreseen=foreseen,
            coming=[f"{one.local_time_text}, {one.course.treatment}" for one in foreseen.coming],
            why_not=foreseen.why_not,
            reason=reason.replace("\0", ""),
            name=name.replace("\0", ""),
            refusal="" if refusal == foreseen.why_not else refusal,
            refusal_of=of,
            longest_reason=LONGEST_REASON,
        )

    def _patient(self, request: HttpRequest, pk: int, rights: tuple[str, ...]) -> Patient:
        if not request.user.has_perms(rights):
            raise PermissionDenied
        return get_object_or_404(Patient, pk=pk)

    def _erased_page(self, request: HttpRequest, patient: Patient) -> HttpResponse:
        if request.method == "POST":
            messages.error(request, str(PatientErased()))
            return redirect(reverse("admin:scheduling_patient_change", args=[patient.pk]))
        appointments = Appointment.objects.filter(patient=patient).select_related("course__treatment", "practitioner", "location")
        return self._privacy_page(
            request,
            "erased",
            patient,
            title=patient.full_name,
            erased_on=date_format(timezone.localtime(cast(Any, patient.erased_at)), "F j, Y"),
            appointments=appointments.order_by("-during"),
        )

    def _privacy_page(self, request: HttpRequest, page: str, patient: Patient, **context: Any) -> HttpResponse:
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "patient": patient}
        return TemplateResponse(request, f"aftercare/privacy/{page}.html", frame | context)


def _as_compared(name: str) -> str:
    """However it is written, and spaced; and without what nobody sees, or types."""
    seen = "".join(letter for letter in name if letter.isspace() or category(letter) not in ("Cc", "Cf"))
    return " ".join(plain(seen).split())
