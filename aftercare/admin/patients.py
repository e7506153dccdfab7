"""The patient's page, with what she agreed to, what she was told and what she said."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare import services
from aftercare.admin import changes
from aftercare.admin.conversations import MAY_SEE, notice_of_concern
from aftercare.admin.lines import link_to_all, table_of, with_all_it_shows
from aftercare.admin.privacy import PrivacyPages
from aftercare.forms.consent import ADDRESSES, ASKED, PatientForm
from aftercare.models import CareMessage
from aftercare.models.consent import MAY_ERASE, MAY_EXPORT
from scheduling.admin import PatientAdmin
from scheduling.models import Patient

MOST_RECENT = 12
START_IS_ENOUGH = _("Texts start again when START is texted from it.")
START_IS_NEEDED = _("No text goes there until START is texted from it.")
STARTED = {
    ("care", "sms"): _("Texts start."),
    ("care", "email"): _("Emails start."),
    ("recall", "sms"): _("Texts when a session is due start."),
    ("recall", "email"): _("Emails when a session is due start."),
}
ENDED = {
    ("care", "sms"): _("Texts end."),
    ("care", "email"): _("Emails end."),
    ("recall", "sms"): _("Texts when a session is due end."),
    ("recall", "email"): _("Emails when a session is due end."),
}


admin.site.unregister(Patient)


@admin.register(Patient)
class PatientWithConsentAdmin(PrivacyPages, PatientAdmin):
    form = PatientForm
    change_form_template = "aftercare/patient_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        may_ask = self.has_change_permission(request, obj) if obj else True
        evidence = _link_to_consents(obj) if obj and request.user.has_perm("aftercare.view_consent") else ""
        consent = [(_("Consent"), {"fields": [*ASKED.values()] if may_ask else [], "description": evidence})] if may_ask or evidence else []
        may_read = obj and request.user.has_perm("aftercare.view_caremessage")
        recent = "whole_recent_messages" if request.user.has_perm("aftercare.view_addresses") else "recent_messages"
        ledger = [(_("Messages"), {"fields": [recent]})] if may_read else []
        first, (reach, reached_by), *rest = super().get_fieldsets(request, obj)
        if obj and self.reach_trouble(obj):
            reached_by = {**reached_by, "fields": ["reach_trouble", *reached_by["fields"]]}
        if obj and request.user.has_perms(MAY_SEE) and notice_of_concern(obj):
            first = (first[0], {**first[1], "fields": ["open_concern", *first[1]["fields"]]})
        ways = [name for name, rights in (("hand_out", MAY_EXPORT), ("erase", MAY_ERASE)) if obj and request.user.has_perms(rights)]
        held = [(_("Privacy"), {"fields": ways})] if ways else []
        return [first, (reach, reached_by), *consent, *rest, *ledger, *held]

    def get_readonly_fields(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        shown = ("recent_messages", "whole_recent_messages", "reach_trouble", "open_concern", "hand_out", "erase")
        return [*super().get_readonly_fields(request, obj), *shown]

    @admin.display(description="")
    def reach_trouble(self, patient: Patient) -> SafeString:
        """What keeps messages from her, where something does."""
        return format_html_join("", '<p class="notice">{}</p>', ((said,) for said in troubles(patient)))

    @admin.display(description="")
    def open_concern(self, patient: Patient) -> SafeString:
        return notice_of_concern(patient)

    @admin.display(description="")
    def recent_messages(self, patient: Patient) -> SafeString:
        return _recent_messages(patient)

    @admin.display(description="")
    def whole_recent_messages(self, patient: Patient) -> SafeString:
        return _recent_messages(patient, whole=True)

    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: bool) -> None:
        before = changes.queued(obj) if change else set()
        super().save_model(request, obj, form, change)  # what she agreed to for an old address is void from here on
        by = cast(User, request.user)
        void: list[str] = []
        said: list[Any] = []
        for (purpose, channel), box in ASKED.items():
            is_ticked, was_ticked = form.cleaned_data[box], form.initial[box]
            if was_ticked and ADDRESSES[channel] in form.changed_data:
                void.append(channel)
            elif is_ticked and not was_ticked:
                services.give_consent(obj, purpose, channel, source="front desk", by=by)
                said.append(STARTED[purpose, channel])
            elif was_ticked and not is_ticked:
                services.withdraw_consent(obj, purpose, channel, source="front desk", by=by)
                said.append(ENDED[purpose, channel])
        for channel in dict.fromkeys(void):
            field = ADDRESSES[channel]
            messages.warning(request, f"Consent was for the old {field}. Ask {obj.first_name} again, and tick it for the new one.")
        if change:
            sentences = [*said, *changes.since(obj, before, reach_changed=bool(said or void))]
            if note := " ".join(str(sentence) for sentence in sentences):
                messages.info(request, note)


def _recent_messages(patient: Patient, *, whole: bool = False) -> SafeString:
    """The next ones and the latest of the ledger, so that “what was I told?” is answered on her page."""
    lines, now = with_all_it_shows(CareMessage.objects.filter(patient=patient)), timezone.now()
    coming = lines.to_come(now)[: MOST_RECENT // 3]
    gone = lines.filter(planned_for__lte=now)[:MOST_RECENT]
    everything = link_to_all(_("All messages to this patient"), patient=patient.pk)
    return format_html("{}{}", table_of([*reversed(coming), *gone], whole=whole), everything)


def _link_to_consents(patient: Patient) -> SafeString:
    address = reverse("admin:aftercare_consent_changelist")
    return format_html('<a href="{}?patient={}">{}</a>', address, patient.pk, _("What was agreed to and withdrawn, when, and by whom"))


def troubles(patient: Patient) -> list[str]:
    """What keeps texts from her number, in sentences."""
    phone = str(patient.phone.as_e164) if patient.phone else ""
    found = []
    if phone and services.has_said_stop("sms", phone):
        goes_by_email = "email" in services.reachable_by(patient, "care")
        elsewhere = _("Care messages go by email.") if goes_by_email else _("Care messages can't go out.")
        again = START_IS_ENOUGH if services.start_is_enough(patient) else START_IS_NEEDED
        found.append(f"{_('This number said STOP.')} {elsewhere} {again}")
    elif phone and CareMessage.objects.filter(patient=patient).texts_dont_arrive_at(phone):
        found.append(str(_("Texts to this number don't arrive. Please ask for another one.")))
    return found
