"""What a patient is asked, along with who she is."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare import services
from aftercare.domain.consent import CURRENT, wording_of
from scheduling.forms import NewcomerForm, UntouchedStays
from scheduling.models import Patient

ADDRESSES = {"sms": "phone", "email": "email"}
NEEDED = {
    "sms": _("%(name)s agreed to texts. Untick that, or enter a number."),
    "email": _("%(name)s agreed to emails. Untick that, or enter an address."),
}
# (purpose, channel) → the field that asks for it
ASKED = {
    ("care", "sms"): "care_by_sms",
    ("care", "email"): "care_by_email",
    ("recall", "sms"): "recall_by_sms",
    ("recall", "email"): "recall_by_email",
}


class ConsentBoxes(forms.ModelForm):
    """A patient's consent, each purpose and channel on its own, in the very words that she is asked to agree to."""

    care_by_sms = forms.BooleanField(label=_("Agreed to texts about their care"), required=False)
    care_by_email = forms.BooleanField(label=_("Agreed to emails about their care"), required=False)
    recall_by_sms = forms.BooleanField(label=_("Agreed to texts when a session is due"), required=False)
    recall_by_email = forms.BooleanField(label=_("Agreed to emails when a session is due"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreed = services.agreements(self.instance) if self.instance.pk else {}
        language = self.initial.get("language") or self.instance.language
        for about, field in ASKED.items():
            self.initial[field] = about in agreed
            # What she agreed to, rather than what others are asked by now.
            version = agreed[about].wording_version if about in agreed else CURRENT
            self.fields[field].help_text = _to_be_read_out(version, *about, language=language)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for channel, field in ADDRESSES.items():
            is_asked_for = any(cleaned.get(box) for (_purpose, over), box in ASKED.items() if over == channel)
            if is_asked_for and field in cleaned and not cleaned[field]:
                name = cleaned.get("first_name") or _("The patient")
                self.add_error(field, NEEDED[channel] % {"name": name})
        return cleaned


class PatientForm(UntouchedStays, ConsentBoxes):
    class Meta:
        model = Patient
        fields = "__all__"  # noqa: DJ007 - the fieldsets choose


class NewcomerWithConsentForm(ConsentBoxes, NewcomerForm):
    """A patient who is added as she is booked."""

    class Meta(NewcomerForm.Meta):
        pass

    def __init__(self, *args: Any, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=initial, **kwargs)
        self.initial.update(initial or {})  # what was ticked already stays


def _to_be_read_out(version: str, purpose: str, channel: str, *, language: str) -> SafeString:
    """The wording in the patient's language; in the others for the case that the form doesn't know it yet."""
    wording = wording_of(version, purpose, channel)
    texts = dict(wording.texts) if wording else {}
    own = texts.pop(language, "")
    names = dict(settings.PATIENT_LANGUAGES)
    others = format_html_join(
        "",
        '<details class="wording"><summary>{}</summary><p lang="{}">{}</p></details>',
        ((names[code], code, text) for code, text in texts.items()),
    )
    return format_html('<p class="wording" lang="{}">{}</p>{}', language, own, others)
