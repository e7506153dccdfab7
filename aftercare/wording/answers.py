"""What answers a patient who has written, and what tells the person on call of it."""

from dataclasses import replace

from django.utils.translation import gettext_noop

from aftercare.domain.protocol import Text

HELP = Text(
    sms=gettext_noop("{clinic}: we are here for you. Call us at {phone}."),
    subject=gettext_noop("How to reach us"),
    email=gettext_noop("We are here for you. Call us at {phone}."),
)
# To what she wrote, at once. Fixed words: they name numbers, and neither diagnose nor reassure (F12).
ANSWER_FINE = Text(sms=gettext_noop("{clinic}: thank you for telling us. If anything changes or worries you, call {phone}."))
# A 1 or 2 may answer a check-in, or a time that is offered: what follows asks which.
ANSWER_UNCLEAR = Text(sms=gettext_noop("{clinic}: does your answer say how you are? Then tell us in a few words, or call {phone}."))
HOW_TO_ANSWER_AN_OFFER = gettext_noop("About the time that is free, reply {take} or {pass}.")
ANSWER_SOON = Text(
    sms=gettext_noop(
        "{clinic}: thank you for telling us. Someone from our team will get back to you. If it gets worse, don't wait: call {phone}. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_SOON_CLOSED = Text(
    sms=gettext_noop(
        "{clinic}: we have your message. We are {closed}, tel. {phone}. If it gets worse, don't wait: call {turn_to}. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_URGENT = Text(
    sms=gettext_noop(
        "{clinic}: please call us now at {phone}, don't wait for our reply. We are passing your message on now. "
        "If it is an emergency, call {emergency}."
    )
)
ANSWER_URGENT_CLOSED = Text(
    sms=gettext_noop(
        "{clinic}: we are {closed}, tel. {phone}. Don't wait for us: call {turn_to} now. If it is an emergency, call {emergency}."
    )
)
# To ordinary words: it alarms nobody.
ANSWER_NOTED_CLOSED = Text(
    sms=gettext_noop("{clinic}: we are {closed}. We will read your message when we are back. If it can't wait, call {turn_to}.")
)
# Where nobody is to be called out of hours but the emergency number.
NO_OTHER_NUMBER = {
    ANSWER_SOON_CLOSED: replace(
        ANSWER_SOON_CLOSED,
        sms=gettext_noop(
            "{clinic}: we have your message. We are {closed}, tel. {phone}. If it gets worse, don't wait for us: "
            "see a doctor. If it is an emergency, call {emergency}."
        ),
    ),
    ANSWER_URGENT_CLOSED: replace(
        ANSWER_URGENT_CLOSED,
        sms=gettext_noop(
            "{clinic}: we are {closed}, tel. {phone}. Don't wait for us: see a doctor now. If it is an emergency, call {emergency}."
        ),
    ),
    ANSWER_NOTED_CLOSED: replace(
        ANSWER_NOTED_CLOSED,
        sms=gettext_noop(
            "{clinic}: we are {closed}. We will read your message when we are back. "
            "If it can't wait, see a doctor; in an emergency, call {emergency}."
        ),
    ),
}
# To the people on call, in English as our own pages are: neither the patient's name nor her words.
ALERT = Text(
    sms="{clinic}: a patient's message needs you ({severity}). Please acknowledge it by {by}: {link}",
    subject="A patient's message needs you ({severity})",
    email="A patient's message needs you ({severity}). Please acknowledge it by {by}: until somebody does, others are told, too.\n\n{link}",
)
# A day later and again, while it is open.
STILL_OPEN = Text(
    sms="",
    subject="Still open: a patient's concern ({severity})",
    email="{who} acknowledged a patient's concern ({severity}) {at}, and nobody has resolved it yet.{paused}\n\n"
    "If it is over, a clinician or a manager writes what came of it and resolves it. If it isn't, please see to it:\n{link}",
)
STILL_WAITING = Text(
    sms="",
    subject="Nobody has seen to it yet: a patient's concern ({severity})",
    email="A patient's concern ({severity}) was raised {at}, and nobody has acknowledged it yet.{paused}\n\n"
    "Please acknowledge it, and see to it:\n{link}",
)
