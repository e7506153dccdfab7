from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare import services
from aftercare.models import CareMessage, Consent, Plan, Protocol, ProtocolStep
from scheduling.admin import PatientAdmin
from scheduling.models import Patient


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def badge(status: str, label: Any) -> SafeString:
    return format_html('<span class="status status-{}">{}</span>', status, label)


def local_time(line: CareMessage) -> str:
    """On the patient's own clock."""
    return date_format(timezone.localtime(line.planned_for, line.patient.zone), "D, M j, g:i A")


def what_became_of(line: CareMessage) -> SafeString:
    if line.message is None:
        return badge("cancelled", _("not sent"))
    return badge(line.message.status, line.message.get_status_display())


def why(line: CareMessage) -> str:
    return "; ".join(filter(None, [line.reason, line.message.reason if line.message else ""]))


def summary(line: CareMessage) -> tuple[Any, ...]:
    return local_time(line), line.get_kind_display(), line.get_channel_display(), what_became_of(line), why(line)


@admin.register(CareMessage)
class CareMessageAdmin(ReadOnly):
    """The ledger: everything that a patient was to be told, what became of it, and why."""

    list_display = ["local_time", "patient_name", "kind", "channel", "what_became_of_it", "why"]
    list_display_links = ["local_time"]
    list_filter = ["kind", "channel", "message__status"]
    search_fields = ["patient__first_name", "patient__last_name"]
    search_help_text = _("Patient's name")
    list_select_related = ["patient", "message"]
    list_per_page = 50
    readonly_fields = (
        "patient_name",
        "kind",
        "channel",
        "local_time",
        "what_became_of_it",
        "why",
        "text",
    )
    fields = readonly_fields

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "patient" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("planned for"), ordering="planned_for")
    def local_time(self, line: CareMessage) -> str:
        return local_time(line)

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, line: CareMessage) -> str:
        return line.patient.full_name

    @admin.display(description=_("status"))
    def what_became_of_it(self, line: CareMessage) -> SafeString:
        return what_became_of(line)

    @admin.display(description=_("why"))
    def why(self, line: CareMessage) -> str:
        return why(line) or "–"

    @admin.display(description=_("text"))
    def text(self, line: CareMessage) -> SafeString:
        return format_html('<div class="message-text">{}</div>', line.message.body if line.message else "–")


class StepInline(admin.StackedInline):
    model = ProtocolStep
    readonly_fields = (
        "schedule",
        "facts",
        "texts_shown",
    )
    fields = readonly_fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("when"))
    def schedule(self, step: ProtocolStep) -> str:
        if step.at:
            clocks = " and ".join(f"{clock:%H:%M}" for clock in step.at)
            return f"at {clocks} local time, from {step.first_after_hours} h after the session on, {step.times} in all, by {step.channel}"
        every = f", then every {step.every_hours} h" if step.every_hours else ""
        return f"{step.first_after_hours} h after the session{every}, {step.times} in all, by {step.channel}"

    @admin.display(description=_("texts"))
    def texts_shown(self, step: ProtocolStep) -> SafeString:
        return format_html_join(
            "", '<h4>{}</h4><div class="message-text">{}</div>', ((text.get_language_display(), text.sms) for text in step.texts.all())
        )


@admin.register(Protocol)
class ProtocolAdmin(ReadOnly):
    list_display = ["name", "version", "published_at"]
    readonly_fields = (
        "name",
        "version",
        "published_at",
        "treatments",
    )
    fields = readonly_fields
    inlines = [StepInline]


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    list_display = ["patient_name", "completed_at", "protocol", "stopped_at", "stop_reason"]
    list_select_related = ["appointment__patient", "protocol"]
    search_fields = ["appointment__patient__first_name", "appointment__patient__last_name"]

    @admin.display(description=_("patient"))
    def patient_name(self, plan: Plan) -> str:
        return plan.appointment.patient.full_name


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


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ["patient_name", "purpose", "channel", "is_granted", "given_at", "source", "actor"]
    list_filter = ["purpose", "channel", "is_granted"]
    list_select_related = ["patient", "actor"]
    search_fields = ["patient__first_name", "patient__last_name"]

    @admin.display(description=_("patient"))
    def patient_name(self, consent: Consent) -> str:
        return consent.patient.full_name
