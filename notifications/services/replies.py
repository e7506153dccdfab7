"""What people write back: kept once, however often it is delivered, and acted on in the same transaction."""

from datetime import datetime

from django.utils import timezone

from notifications.domain.replies import is_answered_by_twilio, meaning_of, says_more
from notifications.domain.states import Meaning
from notifications.models import Reply
from notifications.services.announcing import announce
from notifications.services.durably import durably
from notifications.services.suppressing import lift_suppression, suppress
from notifications.signals import reply_received
from notifications.wording import OPTED_OUT, with_pictures


@durably
def receive_reply(
    channel: str, address: str, body: str, *, provider_id: str, opt_out_type: str = "", pictures: int = 0, now: datetime | None = None
) -> str:
    """Write down a reply and do what it asks for; it is committed on return. Returns the text to answer with, or "".

    Delivered once more, it does nothing and gets the same answer.
    """
    now = now or timezone.now()
    return take_reply(channel, address, body, provider_id=provider_id, opt_out_type=opt_out_type, pictures=pictures, now=now)


def take_reply(channel: str, address: str, body: str, *, provider_id: str, opt_out_type: str = "", pictures: int = 0, now: datetime) -> str:
    """As `receive_reply`, within the caller's transaction."""
    meaning, language = meaning_of(body, opt_out_type)
    reply, is_new = Reply.objects.get_or_create(
        provider_id=provider_id,
        defaults={
            "channel": channel,
            "address": address,
            "body": with_pictures(body, pictures),
            "meaning": meaning.value,
            "received_at": now,
        },
    )
    if is_new:
        _act(reply, says_more=bool(pictures) or says_more(body, opt_out_type), now=now)
    if meaning is not Meaning.STOP or is_answered_by_twilio(body, opt_out_type) or _has_said_so(reply):
        return ""
    return OPTED_OUT[language]


def _act(reply: Reply, *, says_more: bool, now: datetime) -> None:
    if reply.meaning == Meaning.STOP:
        suppress(reply.channel, reply.address, reason=f"said stop in reply {reply.pk}", now=now)
    elif reply.meaning == Meaning.START and not lift_suppression(
        reply.channel, reply.address, reason=f"said start in reply {reply.pk}", now=now
    ):
        # A “yes” from somebody who never said stop is an answer to something else.
        reply.meaning = Meaning.WORDS.value
        reply.save(update_fields=["meaning"])
    is_settled = reply.meaning in (Meaning.STOP, Meaning.START) and not says_more
    announce(reply_received, reply=reply, is_settled=is_settled, now=now)


def _has_said_so(reply: Reply) -> bool:
    """Since the last START: one confirmation is enough, and two machines mustn't thank each other for ever."""
    earlier = Reply.objects.filter(channel=reply.channel, address=reply.address, pk__lt=reply.pk)
    last = earlier.filter(meaning__in=[Meaning.STOP.value, Meaning.START.value]).order_by("-pk").first()
    return last is not None and last.meaning == Meaning.STOP
