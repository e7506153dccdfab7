from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare.admin.reading import ReadOnly
from aftercare.domain.consent import wording_of
from aftercare.models import Consent
from notifications.admin.reading import badge
from notifications.domain.masking import masked
from scheduling.services.staff import staff_name


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    """The evidence: who agreed to what, word for word, for which address, and who took it down."""

    list_display = ["given_at", "patient_name", "purpose", "channel", "word", "source", "taken_by"]
    list_filter = ["purpose", "channel", "is_granted", "source"]
    led_to_by = ("patient",)
    list_select_related = ["patient", "actor"]
    search_fields = ["patient__first_name", "patient__last_name"]
    search_help_text = _("Patient's name")
    readonly_fields = (
        *("patient_link", "word", "purpose", "channel", "address", "masked_address", "given_at", "source", "taken_by"),
        *("wording_version", "most_per_day", "words"),
    )

    def get_fields(self, request: HttpRequest, obj: Consent | None = None) -> Any:
        address = "address" if request.user.has_perm("aftercare.view_addresses") else "masked_address"
        about = ["patient_link", "word", "purpose", "channel", address, "given_at", "source", "taken_by", "wording_version"]
        return [*about, *(["most_per_day", "words"] if obj and obj.is_granted else [])]

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, consent: Consent) -> str:
        return consent.patient.full_name

    @admin.display(description=_("patient"))
    def patient_link(self, consent: Consent) -> SafeString:
        address = reverse("admin:scheduling_patient_change", args=[consent.patient_id])
        return format_html('<a href="{}">{}</a>', address, consent.patient.label)

    @admin.display(description=_("status"), ordering="is_granted")
    def word(self, consent: Consent) -> SafeString:
        status, label = ("delivered", _("agreed")) if consent.is_granted else ("cancelled", _("withdrawn"))
        return badge(status, label)

    @admin.display(description=_("taken by"), ordering="actor")
    def taken_by(self, consent: Consent) -> str:
        return staff_name(consent.actor)

    @admin.display(description=_("address"))
    def masked_address(self, consent: Consent) -> str:
        return masked(consent.address)

    @admin.display(description=_("what they were told"))
    def words(self, consent: Consent) -> SafeString:
        return shown(consent.wording_version, consent.purpose, consent.channel)


def shown(version: str, purpose: str, channel: str) -> SafeString:
    """The wording in every language that it is kept in."""
    wording = wording_of(version, purpose, channel)
    return format_html_join("", '<p class="wording" lang="{}">{}</p>', wording.texts.items() if wording else ())
