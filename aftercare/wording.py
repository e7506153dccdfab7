"""The words that patients read, and the filling-in of their placeholders. Protocol texts are data; what goes with a booking is here.

A text message carries the clinic's name and as little as possible: no treatment, no part of the body, no patient's name.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from aftercare.domain.expansion import Planned
from aftercare.domain.placeholders import fill
from aftercare.domain.protocol import Text
from notifications.domain.segments import fitted

A_DAY = timedelta(days=1)
SERUM = gettext_noop("hyaluronic acid serum")  # F16

CONFIRMATION = Text(
    sms=gettext_noop("{clinic}: you are booked for {day} at {time}. Reply C to confirm, R to move it, or call {phone}."),
    subject=gettext_noop("You are booked for {day}"),
    email=gettext_noop(  # F1
        "You are booked for {day} at {time}, at {clinic}, {address}.\n\n"
        "About your treatment: very fine needles make tiny punctures, and as the skin heals it renews itself. Over the following weeks "
        "wrinkles, discoloration and stretch marks lessen.\n\n"
        "If the time doesn't suit you any more, please call us."
    ),
)
MOVED = Text(
    sms=gettext_noop("{clinic}: your session is moved to {day} at {time}. Reply C to confirm, R to move it, or call {phone}."),
    subject=gettext_noop("Your session is moved to {day}"),
    email=gettext_noop(
        "Your session is moved to {day} at {time}, at {clinic}, {address}.\n\nIf the time doesn't suit you, please call us."
    ),
)
CANCELLATION = Text(
    sms=gettext_noop("{clinic}: your session on {day} at {time} is cancelled. For a new time, call {phone}."),
    subject=gettext_noop("Your session on {day} is cancelled"),
    email=gettext_noop("Your session on {day} at {time} is cancelled.\n\nCall us and we will find a new time."),
)
REMINDER = Text(
    sms=gettext_noop("{clinic}: see you {day} at {time}. Reply C to confirm, R to move it, or call {phone}."),
    subject=gettext_noop("See you {day}"),
    email=gettext_noop("See you {day} at {time}, at {clinic}, {address}.\n\nIf you can't come, please call us."),
)
# Once she has said that she comes, she isn't asked again.
CONFIRMED_ALREADY = {
    CONFIRMATION: replace(
        CONFIRMATION, sms=gettext_noop("{clinic}: you are booked for {day} at {time}. To move it, reply R or call {phone}.")
    ),
    MOVED: replace(
        MOVED, sms=gettext_noop("{clinic}: your session is moved to {day} at {time}. If that is wrong, reply R or call {phone}.")
    ),
    REMINDER: replace(REMINDER, sms=gettext_noop("{clinic}: see you {day} at {time}. If you can't come, reply R or call {phone}.")),
}
# Once she has asked to move it, what is still to come says that the time stands, and doesn't ask once more.
STILL_HELD = Text(
    sms=gettext_noop(
        "{clinic}: we hold {day} at {time} for you until we have found you another time. Reply C to keep it after all, or call {phone}."
    ),
    subject=gettext_noop("We hold {day} for you for now"),
    email=gettext_noop(
        "We hold {day} at {time} for you, at {clinic}, {address}, until we have found you another time.\n\n"
        "If it suits you after all, or to find another time now, please call us."
    ),
)
ASKED_TO_MOVE = dict.fromkeys(CONFIRMED_ALREADY, STILL_HELD)
# By text only, and so are the answers to an answer.
OFFER = Text(sms=gettext_noop("{clinic}: a time is free on {day} at {time}. Answer 1 within {minutes} minutes to take it, 2 to pass."))
OFFER_INSTEAD = Text(
    sms=gettext_noop(
        "{clinic}: {day} at {time} is free, instead of your session on {own_day}. Answer 1 within {minutes} minutes to take it, 2 to pass."
    )
)
TAKEN = CONFIRMED_ALREADY[CONFIRMATION]
GONE = Text(sms=gettext_noop("{clinic}: sorry, {day} at {time} is not free any more. You stay on the waitlist."))
PASSED = Text(sms=gettext_noop("{clinic}: all right, we pass it on. You stay on the waitlist."))
CONFIRMED = Text(sms=gettext_noop("{clinic}: thank you, see you {day} at {time}."))
TO_BE_MOVED = Text(sms=gettext_noop("{clinic}: our front desk will call you to find another time than {day}. Or call us: {phone}."))
NIGHT = Text(  # {then}: the next dose after the night
    sms=gettext_noop("{clinic}: the next times for your {product} are about {times}, {then}. Only if you are awake: sleep comes first."),
    subject=gettext_noop("Your {product} tonight"),
    email=gettext_noop(
        "The next times for your {product} are about {times}. Only if you are awake: sleep comes first, and nothing is lost if you "
        "sleep through.\n\nAfter the night: {then}."
    ),
)
LAST_NIGHT = Text(  # where no dose follows
    sms=gettext_noop("{clinic}: the next times for your {product} are about {times}. Only if you are awake: sleep comes first."),
    subject=gettext_noop("Your {product} tonight"),
    email=gettext_noop("The next times for your {product} are about {times}. Only if you are awake: sleep comes first."),
)
HELP = Text(
    sms=gettext_noop("{clinic}: we are here for you. Call us at {phone}."),
    subject=gettext_noop("How to reach us"),
    email=gettext_noop("We are here for you. Call us at {phone}."),
)
# To what she wrote, at once. Fixed words: they name numbers, and neither diagnose nor reassure (F12).
ANSWER_FINE = Text(sms=gettext_noop("{clinic}: thank you for telling us. If anything changes or worries you, call {phone}."))
ANSWER_SOON = Text(
    sms=gettext_noop(
        "{clinic}: thank you for telling us. Somebody from our team will get back to you. If it gets worse, don't wait: call {phone}. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_SOON_CLOSED = Text(
    sms=gettext_noop(
        "{clinic}: we have your message. We are closed now and open {opens} ({phone}). If it gets worse, don't wait: call {turn_to}. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_URGENT = Text(
    sms=gettext_noop(
        "{clinic}: please call us now at {phone}, don't wait for our reply. We pass your message on at once. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_URGENT_CLOSED = Text(
    sms=gettext_noop(
        "{clinic}: we are closed now and open {opens} ({phone}). Don't wait for us: call {turn_to} now. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_NOTED_CLOSED = Text(
    sms=gettext_noop(
        "{clinic}: we are closed now and read your message when we open {opens}. Worried? Don't wait: call {turn_to}. "
        "If it is an emergency, call {emergency}."
    )
)
# Where nobody is to be called out of hours but the emergency number.
NO_OTHER_NUMBER = {
    ANSWER_SOON_CLOSED: replace(
        ANSWER_SOON_CLOSED,
        sms=gettext_noop(
            "{clinic}: we have your message. We are closed now and open {opens} ({phone}). If it gets worse, don't wait for us: "
            "see a doctor. If it is an emergency, call {emergency}."
        ),
    ),
    ANSWER_URGENT_CLOSED: replace(
        ANSWER_URGENT_CLOSED,
        sms=gettext_noop(
            "{clinic}: we are closed now and open {opens} ({phone}). Don't wait for us: see a doctor now. "
            "If it is an emergency, call {emergency}."
        ),
    ),
    ANSWER_NOTED_CLOSED: replace(
        ANSWER_NOTED_CLOSED,
        sms=gettext_noop(
            "{clinic}: we are closed now and read your message when we open {opens}. Worried? Don't wait for us: see a doctor. "
            "If it is an emergency, call {emergency}."
        ),
    ),
}
# To the person on call, in English as our own pages are: neither the patient's name nor her words.
ALERT = Text(
    sms="{clinic}: a patient's message needs you ({severity}). Please acknowledge it by {by}: {link}",
    subject="A patient's message needs you ({severity})",
    email="A patient's message needs you ({severity}). Please acknowledge it by {by}: until somebody does, others are told, too.\n\n{link}",
)
HOW_TO_STOP = gettext_noop("Reply STOP to opt out.")


class Letter(NamedTuple):
    """A message in both of its forms, with nothing left to fill in."""

    sms: str
    subject: str
    email: str
    html: str


def render(text: Text, language: str, values: dict[str, str]) -> Letter:
    """Fill in a text. Booking texts are translated on the way; protocol texts come in the patient's language already.

    Whatever a clinician has written, it never fails: what isn't among `values` stays in its braces.
    """
    if values.get("turn_to") == values.get("emergency"):
        text = NO_OTHER_NUMBER.get(text, text)
    with translation.override(language):
        sms, subject, body = (fill(_(part), values) if part else "" for part in (text.sms, text.subject, text.email.strip()))
        context = {**values, "language": language, "subject": subject, "paragraphs": body.split("\n\n")}
        plain = render_to_string("aftercare/email.txt", {**context, "body": body})
        return Letter(fitted(sms), subject, plain.strip() + "\n", render_to_string("aftercare/email.html", context))


def letter(message: Planned, language: str, zone: ZoneInfo, values: dict[str, str]) -> Letter:
    """The words of a planned message of aftercare, in the patient's language or, where the protocol has no text in it, in English."""
    own = {**values, "number": str(message.number), "of": str(message.of)}
    if message.is_night:
        return _night(message, language, zone, own)
    texts = message.step.texts
    return render(texts[language], language, own) if language in texts else render(texts["en"], "en", own)


def _night(message: Planned, language: str, zone: ZoneInfo, values: dict[str, str]) -> Letter:
    times = {"times": clock_times(message.folded, zone, language)}
    # “Then at 8:00 AM” is the next morning. A dose on a later day has a text of its own before it.
    if message.then is None or message.then >= message.folded[0] + A_DAY:
        return render(LAST_NIGHT, language, {**values, **times})
    return render(NIGHT, language, {**values, **times, "then": then_at(message.then, zone, language)})


def usual_product(language: str) -> str:
    with translation.override(language):
        return _(SERUM)


def day_and_time(at: datetime, zone: ZoneInfo, language: str) -> dict[str, str]:
    local = timezone.localtime(at, zone)
    with translation.override(language):
        # Translators: a day in a text message, in Django's date format
        return {"day": date_format(local, _("D, M j")), "time": clock(local)}


def clock_times(instants: Sequence[datetime], zone: ZoneInfo, language: str) -> str:
    """“11:00 PM, 2:00 AM and 5:00 AM”, in the language, to the nearest quarter of an hour."""
    with translation.override(language):
        times = list(dict.fromkeys(clock(timezone.localtime(nearest_quarter(at), zone)) for at in instants))
        return times[0] if len(times) == 1 else _("{all_but_last} and {last}").format(all_but_last=", ".join(times[:-1]), last=times[-1])


def then_at(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“then at 8:00 AM”, in the language: what {then} stands for."""
    with translation.override(language):
        return _("then at {time}").format(time=clock(timezone.localtime(nearest_quarter(at), zone)))


def weekday_and_time(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“on Monday at 8:00 AM”, in the language: what {opens} stands for."""
    local = timezone.localtime(at, zone)
    with translation.override(language):
        return _("on {day} at {time}").format(day=date_format(local, "l"), time=clock(local))


def nearest_quarter(at: datetime) -> datetime:
    return datetime.fromtimestamp(round(at.timestamp() / 900) * 900, tz=at.tzinfo)


def clock(local: datetime) -> str:
    # Translators: a time of day in a text message, in Django's date format
    return date_format(local, _("g:i A"))


def how_to_stop(language: str) -> str:
    with translation.override(language):
        return _(HOW_TO_STOP)
