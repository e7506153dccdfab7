"""The patient's page, with what she agreed to and what she was told."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare import services
from aftercare.admin.ledger import summary
from aftercare.models import CareMessage
from scheduling.admin import PatientAdmin
from scheduling.models import Patient

MOST_RECENT = 12


class PatientForm(forms.ModelForm):
    """The patient with her consent to messages about her care."""

    consents_to_sms = forms.BooleanField(
        label=_("Agreed to texts about their care"),
        required=False,
        help_text=_("Told: up to 12 a day in the first 24 hours, STOP ends them."),
    )
    consents_to_email = forms.BooleanField(label=_("Agreed to emails about their care"), required=False)

    class Meta:
        model = Patient
        fields = "__all__"  # noqa: DJ007 - the fieldsets choose

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reachable = services.reachable_by(self.instance, "care") if self.instance.pk else {}
        for channel in ("sms", "email"):
            self.initial[f"consents_to_{channel}"] = channel in reachable

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for channel, field in (("sms", "phone"), ("email", "email")):
            if cleaned.get(f"consents_to_{channel}") and field in cleaned and not cleaned[field]:
                self.add_error(field, _("It can't be empty: the patient agreed to be written to here."))
        return cleaned


admin.site.unregister(Patient)


@admin.register(Patient)
class PatientWithConsentAdmin(PatientAdmin):
    form = PatientForm

    def get_fieldsets(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        consent = (_("Consent"), {"fields": ["consents_to_sms", "consents_to_email"]})
        ledger = [(_("Messages"), {"fields": ["recent_messages"]})] if obj else []
        first, reach, *rest = super().get_fieldsets(request, obj)
        return [first, reach, consent, *rest, *ledger]

    def get_readonly_fields(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "recent_messages"]

    @admin.display(description="")
    def recent_messages(self, patient: Patient) -> SafeString:
        """The next ones and the latest of the ledger, so that “what was I told?” is answered on her page."""
        lines = CareMessage.objects.filter(patient=patient).select_related("patient", "message")
        now = timezone.now()
        coming = lines.filter(planned_for__gt=now).order_by("planned_for", "pk")[: MOST_RECENT // 3]
        gone = lines.filter(planned_for__lte=now)[:MOST_RECENT]
        shown = [*reversed(coming), *gone]
        if not shown:
            return format_html("{}", _("None yet."))
        rows = format_html_join("", "<li>{} · {} · {} · {} {}</li>", map(summary, shown))
        everything = reverse("admin:aftercare_caremessage_changelist")
        return format_html(
            '<ul class="sessions">{}</ul><p><a href="{}?patient={}">{}</a></p>',
            rows,
            everything,
            patient.pk,
            _("All messages to this patient"),
        )

    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        by = cast(User, request.user)
        for channel, field in (("sms", "phone"), ("email", "email")):
            is_ticked, was_ticked = form.cleaned_data[f"consents_to_{channel}"], form.initial[f"consents_to_{channel}"]
            if was_ticked and field in form.changed_data:
                services.withdraw_consent(obj, "care", channel, source="the address changed", by=by)
                messages.warning(request, f"Consent was for the old {field}. Ask {obj.first_name} again, and tick it for the new one.")
            elif is_ticked and not was_ticked:
                services.give_consent(obj, "care", channel, source="front desk", by=by)
            elif was_ticked and not is_ticked:
                services.withdraw_consent(obj, "care", channel, source="front desk", by=by)
