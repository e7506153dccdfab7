"""The few words that notifications has of its own. What patients are told otherwise is aftercare's."""

from typing import Any

# In GSM-7, so that it stays within one segment.
OPTED_OUT = {
    "en": "You won't get any more texts from us. Text START to get them again.",
    "es": "Ya no le enviaremos mensajes de texto. Para volver a recibirlos, responda START.",
}

# For alarms of our own making; a provider's codes have theirs in its channel.
OUR_REMEDIES = {
    "messages late": "Look whether worker, beat, PostgreSQL and Redis are well (docker compose ps, or systemctl status), and what their "
    "logs say. If they are, the provider is down, refuses us, or takes fewer a second than are to go: its status page and the outbox say "
    "which. The alarm clears itself once it is over.",
    "daily cap": "Let the rest wait for tomorrow, or raise SMS_DAILY_CAP if the sender's campaign allows for more.",
    "nobody on call": "Open the inbox and see to the concern. Then look who is on call, and whether their numbers are right.",
    "nobody to remind": "Open the inbox and see to the concern: it is open still. Then give those who are on call, or clinicians and "
    "managers, an email address, so that they are reminded themselves.",
    "concern not escalated": "That is a fault of ours: a concern waits, and nobody else is told. Open the inbox and see to it now, "
    "and report the fault.",
    "triage failed": "That is a fault of ours: what patients write becomes a concern unread until it is mended. "
    "Look the time up in the log, and report the fault.",
    "concern not raised": "That is a fault of ours: somebody's words wait among the replies to be read, and may be urgent. Read them now, "
    "and report the fault.",
    "answer not acted on": "That is a fault of ours: what a patient answered, such as C to confirm, waits among the replies to be read. "
    "See to it by hand, and report the fault.",
    "answer not written": "That is a fault of ours: a patient who wrote to us didn't get the fixed answer, which may have told her whom to "
    "call. Look through the inbox now, call her, and report the fault.",
    "patient not told": "That is a fault of ours: a text couldn't be delivered, and no email went in its place. Find it among what went "
    "wrong, tell the patient by hand, and report the fault.",
    "listener failed": "That is a fault of ours: what should have followed a reply or a failed message hasn't. "
    "Look the time up in the log, see to the patient by hand, and report the fault.",
}
ASK_THE_PROVIDER = "Look the code up in the provider's console, or ask its support."


def alarm_email(channel: Any, explanation: str, remedy: str, link: str) -> tuple[str, str]:
    """Subject and text of what an operator is told, once, when an alarm opens."""
    explanation = explanation.rstrip(".")
    return (
        f"Afterglow needs you: {explanation}"[:200],
        f"Something is wrong with the clinic's messages ({channel}): {explanation}.\n\n"
        f"What to do: {remedy}\n\n"
        "Patients may be missing their messages meanwhile. Those that failed are in the outbox. "
        f"How often it has happened, and the button to clear the alarm once it is mended:\n{link}\n",
    )


def with_pictures(body: str, number: int) -> str:
    """A reply's text, as staff read it, with a line for the pictures that came with it: those stay with the provider."""
    if not number:
        return body
    pictures = "a picture" if number == 1 else f"{number} pictures"
    return f"{body}\n[with {pictures}, to be seen in the Twilio console]".strip()
