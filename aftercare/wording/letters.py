"""A text with its placeholders filled in, as a text message and as an email."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Literal, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from aftercare.domain.answers import Answer
from aftercare.domain.expansion import Planned
from aftercare.domain.placeholders import fill
from aftercare.domain.protocol import Text
from aftercare.domain.timeline import Weeks
from aftercare.wording.answers import HOW_TO_ANSWER_AN_OFFER, NO_OTHER_NUMBER
from aftercare.wording.times import clock_times, then_at
from aftercare.wording.weeks import shown
from notifications.domain.segments import fitted

A_DAY = timedelta(days=1)
SERUM = gettext_noop("hyaluronic acid serum")  # F16

NIGHT = Text(  # {then}: the next dose after the night
    sms=gettext_noop("{clinic}: your {product} tonight, only if you are awake: at about {times}, {then}. Worried? Reply, or call {phone}."),
    subject=gettext_noop("Your {product} tonight"),
    email=gettext_noop("The next times for your {product} are about {times}, {then}.\n\nOnly if you are awake: sleep comes first."),
)
LAST_NIGHT = Text(  # where no dose follows
    sms=gettext_noop("{clinic}: your {product} tonight, only if you are awake: at about {times}. Worried? Reply, or call {phone}."),
    subject=gettext_noop("Your {product} tonight"),
    email=gettext_noop("The next times for your {product} are about {times}.\n\nOnly if you are awake: sleep comes first."),
)
# The same, at the time of a dose shortly before the night.
NOW_AND_NIGHT = Text(
    sms=gettext_noop(
        "{clinic}: time for your {product}. Tonight, only if you are awake: at about {times}, {then}. Worried? Reply, or call {phone}."
    ),
    subject=gettext_noop("Time for your {product}, and tonight"),
    email=gettext_noop(
        "It is time for your {product}. The next times are about {times}, {then}.\n\nTonight, only if you are awake: sleep comes first."
    ),
)
NOW_AND_LAST_NIGHT = Text(
    sms=gettext_noop(
        "{clinic}: time for your {product}. Tonight, only if you are awake: at about {times}. Worried? Reply, or call {phone}."
    ),
    subject=gettext_noop("Time for your {product}, and tonight"),
    email=gettext_noop(
        "It is time for your {product}. The next times are about {times}.\n\nTonight, only if you are awake: sleep comes first."
    ),
)
HOW_TO_STOP = gettext_noop("Reply STOP to opt out.")

# Under every email about a session that was (F12), and under those about one to come.
WHEN_TO_CALL = gettext_noop("Call us at once about bleeding, bruising or peeling that is more than mild, or any sign of infection.")
IN_AN_EMERGENCY = gettext_noop("In an emergency, call {emergency}.")
QUESTIONS = gettext_noop("Any questions? Call us:")
NOBODY_READS = gettext_noop("Nobody reads replies to this email: please call us at {phone}.")
END_THEM = gettext_noop("End these emails")
YOUR_WEEKS = gettext_noop("Your weeks after the session")

Frame = Literal["care", "booking", "staff"]


class Words(TypedDict):
    subject: str
    body: str
    html: str
    from_name: str
    unsubscribe_url: str


class Letter(NamedTuple):
    """A message in both of its forms, with nothing left to fill in. An email is written once somebody asks for it: most are texts."""

    sms: str
    subject: str
    as_email: Callable[[], tuple[str, str]]  # as plain text, and as a page
    written: str  # the text message before it was fitted into what a text may take
    clinic: str  # whom the email is from
    end_emails: str  # the link in it that ends emails like it; "" where it has none

    @property
    def email(self) -> str:
        return self.as_email()[0]

    @property
    def html(self) -> str:
        return self.as_email()[1]

    def over(self, channel: str, hint: str = "") -> Words:
        """What of it goes over that channel. A `hint` follows a text, and counts in what it may take."""
        if channel == "sms":
            return {"subject": "", "body": fitted(self.sms + hint), "html": "", "from_name": "", "unsubscribe_url": ""}
        return {
            "subject": self.subject,
            "body": self.email,
            "html": self.html,
            "from_name": self.clinic,
            "unsubscribe_url": self.end_emails,
        }


def render(text: Text, language: str, values: dict[str, str], *, frame: Frame = "care", weeks: Weeks | None = None) -> Letter:
    """Fill in a text. Booking texts are translated on the way; protocol texts come in the patient's language already.

    Whatever a clinician has written, it never fails: what isn't among `values` stays in its braces. The `frame` of an email says when to
    call and whom; with `weeks` it shows where in them she is, and with `end_emails` among the values how to end emails like it.
    """
    if values.get("turn_to") == values.get("emergency"):
        text = NO_OTHER_NUMBER.get(text, text)
    with translation.override(language):
        sms, subject, body = (fill(_(part), values) if part else "" for part in (text.sms, text.subject, text.email.strip()))

    @cache
    def as_email() -> tuple[str, str]:
        with translation.override(language):
            return _as_email(subject, body, language, values, frame, weeks)

    return Letter(fitted(sms), subject, as_email, sms, values.get("clinic", ""), values.get("end_emails", ""))


def above_foot(body: str, language: str) -> str:
    """What an email says itself, without what stands under every one about a session that was."""
    with translation.override(language):
        call = _(WHEN_TO_CALL)
    return body.partition(f"\n\n{call}\n")[0].strip()


def _as_email(subject: str, body: str, language: str, values: dict[str, str], frame: Frame, weeks: Weeks | None) -> tuple[str, str]:
    """As plain text and as a page, in the language that is active."""
    nobody_reads = "" if frame == "staff" else fill(_(NOBODY_READS), values)
    context = {
        **values,
        "language": language,
        "subject": subject,
        "body": body,
        "paragraphs": [_with_link(paragraph, values) for paragraph in body.split("\n\n")],
        "frame": frame,
        "call": {"care": _(WHEN_TO_CALL), "booking": _(QUESTIONS), "staff": ""}[frame],
        "in_an_emergency": fill(_(IN_AN_EMERGENCY), values) if frame == "care" and values.get("emergency") else "",
        "preheader": body.split("\n\n")[0],
        "nobody_reads": nobody_reads,
        "nobody_reads_linked": _with_link(nobody_reads, values),
        "end_them": _(END_THEM),
        "your_weeks": _(YOUR_WEEKS),
        "weeks": shown(weeks, language, values.get("product", "")) if weeks else None,
    }
    plain = render_to_string("aftercare/email.txt", context)
    return plain.strip() + "\n", render_to_string("aftercare/email.html", context)


def _with_link(paragraph: str, values: dict[str, str]) -> SafeString:
    """The clinic's number can be touched wherever it stands."""
    html, phone = str(escape(paragraph)), escape(values.get("phone", ""))
    if phone and values.get("phone_e164"):
        html = html.replace(phone, f'<a href="tel:{escape(values["phone_e164"])}">{phone}</a>')
    return mark_safe(html.replace("\n", "<br>"))  # nosec B703 # escaped above


def letter(message: Planned, language: str, zone: ZoneInfo, values: dict[str, str], weeks: Weeks | None = None) -> Letter:
    """The words of a planned message of aftercare, in the patient's language or, where the protocol has no text in it, in English."""
    own = {**values, "number": str(message.number), "of": str(message.of)}
    here = weeks.at(message.send_at) if weeks else None
    if message.is_night:
        return _night(message, language, zone, own, here)
    texts = message.step.texts
    spoken = language if language in texts else "en"
    # A draft may have no words yet, and is looked at nevertheless.
    return render(texts.get(spoken, Text("")), spoken, own, weeks=here)


def _night(message: Planned, language: str, zone: ZoneInfo, values: dict[str, str], weeks: Weeks | None) -> Letter:
    is_now = message.overnight != message.folded
    times = {"times": clock_times(message.overnight, zone, language)}
    # “Then at 8:00 AM” is the next morning. A dose on a later day has a text of its own before it.
    if message.then is None or message.then >= message.overnight[0] + A_DAY:
        return render(NOW_AND_LAST_NIGHT if is_now else LAST_NIGHT, language, {**values, **times}, weeks=weeks)
    then = {"then": then_at(message.then, zone, language)}
    return render(NOW_AND_NIGHT if is_now else NIGHT, language, {**values, **times, **then}, weeks=weeks)


def usual_product(language: str) -> str:
    with translation.override(language):
        return _(SERUM)


def how_to_answer_an_offer(language: str) -> str:
    with translation.override(language):
        return fill(_(HOW_TO_ANSWER_AN_OFFER), take_or_pass(language, in_words=True))


def take_or_pass(language: str, *, in_words: bool) -> dict[str, str]:
    """With what an offer is answered: {take} and {pass}."""
    with translation.override(language):
        return {"take": _("TAKE"), "pass": _("PASS")} if in_words else {"take": Answer.TAKE, "pass": Answer.PASS}


def how_to_stop(language: str) -> str:
    with translation.override(language):
        return _(HOW_TO_STOP)
