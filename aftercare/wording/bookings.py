"""What goes with a booking, and with a time that is offered. {clinic}, {place}, {day} and {time} are filled in when it is told."""

from dataclasses import replace

from django.utils.translation import gettext_noop

from aftercare.domain.protocol import Text

CONFIRMATION = Text(
    sms=gettext_noop("{clinic}: you are booked for {day} at {time}. Reply C to confirm, R to move it, or call {phone}."),
    subject=gettext_noop("You are booked for {day}"),
    email=gettext_noop(  # F1
        "You are booked for {day} at {time}, at {place}.\n\n"
        "About your treatment: very fine needles make tiny punctures, and as the skin heals it renews itself. Over the following weeks "
        "wrinkles, discoloration and stretch marks lessen.\n\n"
        "If the time no longer suits you, please call us."
    ),
)
MOVED = Text(
    sms=gettext_noop("{clinic}: your session is moved to {day} at {time}. Reply C to confirm, R to move it, or call {phone}."),
    subject=gettext_noop("Your session is moved to {day}"),
    email=gettext_noop("Your session is moved to {day} at {time}, at {place}.\n\nIf the time doesn't suit you, please call us."),
)
CANCELLATION = Text(
    sms=gettext_noop("{clinic}: your session on {day} at {time} is cancelled. For a new time, call {phone}."),
    subject=gettext_noop("Your session on {day} is cancelled"),
    email=gettext_noop("Your session on {day} at {time} is cancelled.\n\nCall us and we will find a new time."),
)
REMINDER = Text(
    sms=gettext_noop("{clinic}: see you {day} at {time}. Reply C to confirm, R to move it, or call {phone}."),
    subject=gettext_noop("See you {day}"),
    email=gettext_noop("See you {day} at {time}, at {place}.\n\nIf you can't come, please call us."),
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
        "We hold {day} at {time} for you, at {place}, until we have found you another time.\n\n"
        "If it suits you after all, or to find another time now, please call us."
    ),
)
ASKED_TO_MOVE = dict.fromkeys(CONFIRMED_ALREADY, STILL_HELD)
# By text only, and so are the answers to an answer.
OFFER = Text(
    sms=gettext_noop("{clinic}: a time is free on {day} at {time}. Answer {take} within {minutes} minutes to take it, {pass} to pass.")
)
OFFER_INSTEAD = Text(
    sms=gettext_noop(
        "{clinic}: {day} at {time} is free, instead of your session on {own_day}. "
        "Answer {take} within {minutes} minutes to take it, {pass} to pass."
    )
)
TAKEN = CONFIRMED_ALREADY[CONFIRMATION]
GONE = Text(sms=gettext_noop("{clinic}: sorry, {day} at {time} is no longer free. You stay on the waitlist."))
PASSED = Text(sms=gettext_noop("{clinic}: all right, we'll offer it to somebody else. You stay on the waitlist."))
CONFIRMED = Text(sms=gettext_noop("{clinic}: thank you, see you {day} at {time}."))
TO_BE_MOVED = Text(sms=gettext_noop("{clinic}: our front desk will call you to find another time instead of {day}. Or call us: {phone}."))
