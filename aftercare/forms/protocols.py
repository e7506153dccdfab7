"""What a clinician types: a protocol's name and treatments, and a step with its times and its words."""

import re
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.formats import time_format
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from aftercare.domain.facts import facts_in, unknown_facts
from aftercare.domain.protocol import Kind, Step, Text
from aftercare.models import Protocol
from aftercare.models.protocols import KINDS
from notifications.models.messages import CHANNELS
from scheduling.models import Treatment

OF_A_PROTOCOL = (Kind.DOSE, Kind.EDUCATION, Kind.CHECK_IN, Kind.RESULTS)
A_YEAR = 366 * 24  # hours
MOST_MESSAGES = 60  # of one step
LONGEST_TEXT, LONGEST_EMAIL = 1_000, 10_000
ELAPSED, CLOCK = "elapsed", "clock"
TIME_OF_DAY = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:([ap])\.?\s*m?\.?)?", re.IGNORECASE)
PARTS = ("sms", "subject", "email")
BOUNDS: dict[str, Any] = {"min_value": _("Enter %(limit_value)s or more."), "max_value": _("Enter %(limit_value)s or less.")}


class Words(forms.CharField):
    """What is too long is said with how much too long it is. The browser cuts nothing off: all that was typed or pasted comes back."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest

    def to_python(self, value: Any) -> str:
        words = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        if (over := len(words) - self.longest) > 0:
            said = ngettext(
                "It is %(over)s character too long: %(longest)s are the most.",
                "It is %(over)s characters too long: %(longest)s are the most.",
                over,
            )
            raise ValidationError(said % {"over": f"{over:,}", "longest": f"{self.longest:,}"})
        return words


class ClockTimes(Words):
    """“8:00 AM, 8:00 PM” and “8, 20:00”: several times of day."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(time_format(at, "g:i A") for at in value) if isinstance(value, (list, tuple)) else value

    def to_python(self, value: Any) -> list[time]:  # type: ignore[override]
        written = [part.strip() for part in re.split(r",|;|\band\b|\n", super().to_python(value)) if part.strip()]
        return sorted({_time_of_day(part) for part in written})


def _time_of_day(written: str) -> time:
    found = TIME_OF_DAY.fullmatch(written)
    hour = int(found[1]) if found else 24
    half = found[3].lower() if found and found[3] else ""
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half:
        hour = 24
    minute = int(found[2] or 0) if found else 0
    if hour > 23 or minute > 59:
        raise ValidationError(_("“%(written)s” is no time of day, such as 8:00 AM."), params={"written": written})
    return time(hour, minute)


class WholeNumber(forms.IntegerField):
    default_error_messages = BOUNDS | {"invalid": _("Enter a whole number.")}


class Number(forms.DecimalField):
    default_error_messages = BOUNDS | {"invalid": _("Enter a number.")}


class NamedForm(forms.Form):
    """What is missing is said with the name of its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = gettext("Please fill in “%(field)s”.") % {"field": field.label}


class DetailsForm(NamedForm):
    name = Words(label=_("Name"), longest=100, help_text=_("As you call it among yourselves. Patients don’t see it."))
    treatments = forms.ModelMultipleChoiceField(
        Treatment.objects.order_by("name"),
        label=_("Treatments"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose none, and it is for every treatment that has no protocol of its own."),
    )
    note = Words(
        label=_("What is new in it"),
        required=False,
        longest=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For your colleagues."),
    )

    @staticmethod
    def of(protocol: Protocol) -> dict[str, Any]:
        return {"name": protocol.name, "treatments": list(protocol.treatments.all()), "note": protocol.note}


class NewProtocolForm(DetailsForm):
    note = None  # type: ignore[assignment]
    like = forms.ModelChoiceField(
        Protocol.objects.newest(), label=_("Begin with the steps of"), required=False, empty_label=_("none: an empty protocol")
    )
    field_order = ["name", "like", "treatments"]


class StepForm(NamedForm):
    """Drafts may be saved without all their words: what is missing is said, and keeps them from being published."""

    slug = Words(
        label=_("Short name"), longest=50, help_text=_("Such as “education-day-1”. Patients don’t see it."), widget=forms.TextInput
    )
    kind = forms.ChoiceField(label=_("What it is"), choices=[(kind, called) for kind, called in KINDS if kind in OF_A_PROTOCOL])
    channel = forms.ChoiceField(
        label=_("Sent by"),
        choices=CHANNELS,
        widget=forms.RadioSelect,
        help_text=_("Where that isn’t possible for a patient, the other one is used: both need words."),
    )
    facts = Words(
        label=_("Clinical facts"), required=False, longest=100, help_text=_("The facts that it rests on, F1 to F21, such as “F2 F10”.")
    )
    timing = forms.ChoiceField(
        label=_("When"),
        choices=[
            (ELAPSED, _("So many hours after the session’s end")),
            (CLOCK, _("At set times of day, on the patient’s own clock")),
        ],
        widget=forms.RadioSelect,
    )
    first_after_hours = WholeNumber(
        label=_("First after … hours"),
        min_value=0,
        max_value=A_YEAR,
        help_text=_("Counted from the session’s end. A day is 24 hours, a week 168. For a time of day on day 3 enter 60, half a day less."),
    )
    every_hours = WholeNumber(label=_("Then every … hours"), required=False, min_value=1, max_value=A_YEAR)
    at = ClockTimes(label=_("At"), required=False, longest=200, help_text=_("Such as “8:00 AM, 8:00 PM”."))
    times = WholeNumber(label=_("How many at most"), min_value=1, max_value=MOST_MESSAGES)
    until_hours = WholeNumber(
        label=_("None later than … hours"),
        required=False,
        min_value=0,
        max_value=A_YEAR,
        help_text=_("From the session’s end, too: with 48, nothing is sent later than two days after it. Left empty, the number decides."),
    )
    valid_hours = Number(
        label=_("Worth sending for … hours"),
        min_value=Decimal("0.1"),
        max_value=A_YEAR,
        decimal_places=2,
        help_text=_("What couldn’t be sent by then isn’t sent at all."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language, _called in settings.PATIENT_LANGUAGES:
            words = {
                "sms": Words(label=_("Text message"), required=False, longest=LONGEST_TEXT, widget=_lines(5)),
                "subject": Words(label=_("Email’s subject"), required=False, longest=120),
                "email": Words(label=_("Email"), required=False, longest=LONGEST_EMAIL, widget=_lines(12)),
            }
            for part, field in words.items():
                field.widget.attrs |= {"lang": language, "spellcheck": "true"}
                self.fields[f"{language}-{part}"] = field

    def clean_slug(self) -> str:
        slug = slugify(self.cleaned_data["slug"])
        if not slug:
            raise ValidationError(_("Please use letters from A to Z."))
        return slug

    def clean_facts(self) -> str:
        unknown = unknown_facts(self.cleaned_data["facts"])
        if unknown:
            raise ValidationError(_("There is no fact “%(fact)s”: they are F1 to F21."), params={"fact": unknown[0]})
        return " ".join(facts_in(self.cleaned_data["facts"]))

    def clean(self) -> None:
        super().clean()
        answers = self.cleaned_data
        if answers.get("timing") == CLOCK and "at" in answers and not answers["at"]:
            self.add_error("at", _("At which times of day? Such as “8:00 AM, 8:00 PM”."))
        is_repeated = answers.get("timing") == ELAPSED and answers.get("times", 1) > 1
        if is_repeated and "every_hours" in answers and not answers["every_hours"]:
            self.add_error("every_hours", _("How many hours lie between two of them?"))

    def step(self) -> Step:
        """What was typed. The form is valid."""
        answers = self.cleaned_data
        by_clock = answers["timing"] == CLOCK
        every, until = answers["every_hours"], answers["until_hours"]
        return Step(
            slug=answers["slug"],
            kind=Kind(answers["kind"]),
            channel=answers["channel"],
            first_after=timedelta(hours=answers["first_after_hours"]),
            every=timedelta(hours=every) if every and not by_clock and answers["times"] > 1 else None,
            at=tuple(answers["at"]) if by_clock else (),
            times=answers["times"],
            until=None if until is None else timedelta(hours=until),
            valid_for=timedelta(minutes=round(answers["valid_hours"] * 60)),
            facts=answers["facts"],
            texts={language: self.text(language) for language, _called in settings.PATIENT_LANGUAGES},
        )

    def typed(self) -> Step | None:
        """What was typed; None where nothing was, or a field isn't right. What else keeps it from being saved makes no difference."""
        return None if not self.is_bound or set(self.errors) - {NON_FIELD_ERRORS} else self.step()

    def with_words(self, step: Step) -> Step:
        """The `step` in the words that were typed, as far as they are right, where other fields aren't."""
        wrong = {name.partition("-")[0] for name in self.errors}
        typed = {language: self.text(language) for language, _called in settings.PATIENT_LANGUAGES if language not in wrong}
        return replace(step, texts=step.texts | typed)

    @staticmethod
    def blank() -> Step:
        """What stands for a step of which nothing is known yet."""
        return Step("new", Kind.EDUCATION, "sms", timedelta(), 1, timedelta(hours=12))

    def text(self, language: str) -> Text:
        """As it was typed, also where something is wrong with it."""
        names = [f"{language}-{part}" for part in PARTS]
        return Text(*(self.cleaned_data.get(name, self[name].value() or "") for name in names))

    @staticmethod
    def of(step: Step) -> dict[str, Any]:
        minutes = step.valid_for // timedelta(minutes=1)
        shown: dict[str, Any] = {
            "slug": step.slug,
            "kind": step.kind.value,
            "channel": step.channel,
            "facts": step.facts,
            "timing": CLOCK if step.at else ELAPSED,
            "first_after_hours": step.first_after // timedelta(hours=1),
            "every_hours": step.every // timedelta(hours=1) if step.every else None,
            "at": list(step.at),
            "times": step.times,
            "until_hours": None if step.until is None else step.until // timedelta(hours=1),
            "valid_hours": f"{Decimal(minutes) / 60:.2f}".rstrip("0").rstrip("."),
        }
        for language, text in step.texts.items():
            shown |= {f"{language}-{part}": getattr(text, part) for part in PARTS}
        return shown


def _lines(number: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": number})


NEW_STEP = {"channel": "sms", "timing": ELAPSED, "times": 1, "valid_hours": "12", "kind": Kind.EDUCATION.value}
