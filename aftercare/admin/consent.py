from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from aftercare.admin.reading import ReadOnly
from aftercare.models import Consent


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ["patient_name", "purpose", "channel", "is_granted", "given_at", "source", "actor"]
    list_filter = ["purpose", "channel", "is_granted"]
    list_select_related = ["patient", "actor"]
    search_fields = ["patient__first_name", "patient__last_name"]

    @admin.display(description=_("patient"))
    def patient_name(self, consent: Consent) -> str:
        return consent.patient.full_name
