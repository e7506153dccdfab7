"""What a protocol's preview is asked for: when a session ended, and whom it is told to."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from aftercare.domain.clocks import comes_twice, is_missing
from scheduling.fields import validate_time_zone
from scheduling.models import Location, Product

NIGHTS = [("texts", _("Messages at night too")), ("quiet", _("Quiet nights"))]
REACHED = {"both": ("sms", "email"), "sms": ("sms",), "email": ("email",)}
REACHED_BY = [("both", _("text and email")), ("sms", _("text only")), ("email", _("email only"))]
AFTERNOON = time(14)  # when many a session ends
YEARS: list[Any] = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day between 2000 and 2099.")),
    MaxValueValidator(date(2099, 12, 31), _("Choose a day between 2000 and 2099.")),
]
SAMPLE = {"name": "Your Clinic", "address": "1 Example Street", "phone": "+12125550100", "emergency_number": "911"}


class Day(forms.DateField):
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    default_validators = YEARS
    default_error_messages = {"required": _("Choose a day."), "invalid": _("Choose a day.")}


class Clock(forms.TimeField):
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    default_error_messages = {"required": _("Enter a time."), "invalid": _("Enter a time, such as 2:30 PM.")}


class PreviewForm(forms.Form):
    """What `sent` leaves out is as `suggested`. Once valid, `completed_at` and `now` are instants, and `remarks` say how they were read."""

    ended_on = Day(label=_("The session ended on"))
    ended_at = Clock(label=_("at"))
    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        help_text=_("Where the patient lives, such as America/Chicago. Left empty: the location’s."),
        widget=forms.TextInput({"list": "time-zones", "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    nights = forms.ChoiceField(label=_("Nights"), choices=NIGHTS, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language"), choices=settings.PATIENT_LANGUAGES)
    reached_by = forms.ChoiceField(label=_("Reached by"), choices=REACHED_BY)
    location = forms.ModelChoiceField(Location.objects.all(), label=_("Location"), empty_label=None)
    product = forms.ModelChoiceField(Product.objects.filter(is_active=True), label=_("Product used"), empty_label=None)
    late_on = Day(label=_("Marked completed only on"), required=False)
    late_at = Clock(label=_("at"), required=False)

    use_required_attribute = False  # what is missing is said by the server, in its own words

    def __init__(self, sent: dict[str, str]) -> None:
        super().__init__(suggested() | sent, label_suffix="", auto_id="preview-%s")
        self.remarks: dict[str, str] = {}
        for name in ("location", "product"):
            if not self.fields[name].queryset.exists():  # type: ignore[attr-defined]
                del self.fields[name]
        for name, field in self.fields.items():
            about = [f"preview-{name}-said", *([f"preview-{name}-help"] if field.help_text else [])]
            field.widget.attrs["aria-describedby"] = " ".join(about)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.cleaned_data["time_zone"])

    @property
    def location_or_sample(self) -> Location:
        return self.cleaned_data.get("location") or Location(**SAMPLE)

    def row(self, name: str) -> dict[str, Any]:
        """A field, and beside it what is wrong with it, or how it was read."""
        return {"field": self[name], "errors": self.errors.get(name, []), "remark": self.remarks.get(name, "")}

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"].strip()
        if name:
            validate_time_zone(name)
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "time_zone" in cleaned and "location" not in self.errors:
            cleaned["time_zone"] = cleaned["time_zone"] or self.location_or_sample.time_zone
        if "late_on" in cleaned and "late_at" in cleaned and bool(cleaned["late_on"]) != (cleaned["late_at"] is not None):
            self.add_error(*(("late_on", _("Choose a day, too.")) if cleaned["late_at"] else ("late_at", _("Enter a time, too."))))
        if self.errors:
            return cleaned
        cleaned["completed_at"] = self._instant("ended_on", "ended_at")
        cleaned["now"] = self._instant("late_on", "late_at") if cleaned["late_on"] else None
        if cleaned["now"] and cleaned["now"] < cleaned["completed_at"]:
            self.add_error("late_on", ValidationError(_("It can’t be marked completed before it ended.")))
        return cleaned

    def _instant(self, day: str, clock: str) -> datetime:
        local = datetime.combine(self.cleaned_data[day], self.cleaned_data[clock], tzinfo=self.zone)
        shown = date_format(local, "g:i A")
        if is_missing(local):
            there = date_format(localtime(local.astimezone(UTC), self.zone), "g:i A")
            self.remarks[day] = gettext("%(shown)s is missing on that day: the clocks go forward. It is taken as %(there)s.") % {
                "shown": shown,
                "there": there,
            }
        elif comes_twice(local):
            self.remarks[day] = gettext("%(shown)s comes twice on that day: the clocks go back. It is taken as the first.") % {
                "shown": shown
            }
        return local.astimezone(UTC)


def suggested() -> dict[str, str]:
    """A session that ends this afternoon, at the first location, with its usual serum (F16)."""
    location, product = Location.objects.first(), Product.objects.filter(is_active=True).order_by("pk").first()
    zone = location.zone if location else timezone.get_default_timezone()
    return {
        "ended_on": f"{localtime(timezone.now(), zone):%Y-%m-%d}",
        "ended_at": f"{AFTERNOON:%H:%M}",
        "time_zone": "",
        "nights": NIGHTS[0][0],
        "language": settings.PATIENT_LANGUAGES[0][0],
        "reached_by": REACHED_BY[0][0],
        "location": str(location.pk) if location else "",
        "product": str(product.pk) if product else "",
        "late_on": "",
        "late_at": "",
    }
