"""What a provider's word about a message changes: by rank, never backwards, whatever the order and however often it is said."""

from typing import NamedTuple

from notifications.domain.states import MessageStatus


class News(NamedTuple):
    """A provider's word about a message, in our terms."""

    status: MessageStatus | None  # accepted, delivered or undelivered; None for a word that we don't know
    code: str = ""
    explanation: str = ""  # in plain words, why it wasn't delivered
    opted_out: bool = False
    alarm: bool = False


# Everything else stands before them: as far as we knew, the provider didn't have it.
RANKS = {
    MessageStatus.ACCEPTED: 1,
    MessageStatus.UNCONFIRMED: 2,  # our own word for silence: the provider's last word still counts
    MessageStatus.DELIVERED: 3,
    MessageStatus.UNDELIVERED: 3,
}


def was_taken(stands: MessageStatus) -> bool:
    return stands in RANKS


def status_after(stands: MessageStatus, news: News, *, is_superseded: bool = False) -> MessageStatus:
    """Where a message stands after the news.

    A superseded try is one that was followed by another. That it came to nothing is no news of the message: the other may arrive.
    """
    if news.status is None or (is_superseded and news.status is MessageStatus.UNDELIVERED):
        return stands
    return news.status if RANKS[news.status] > RANKS.get(stands, 0) else stands
