"""The rules of what a provider's word changes, alone: by rank, never backwards."""

from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.twilio import STATUSES, read
from notifications.domain.receipts import News, status_after
from notifications.domain.states import MessageStatus as Is


def test_the_rules_of_rank_alone():
    assert status_after(Is.SCHEDULED, News(Is.ACCEPTED)) is Is.ACCEPTED
    assert status_after(Is.UNCONFIRMED, News(Is.ACCEPTED)) is Is.UNCONFIRMED
    assert status_after(Is.ACCEPTED, News(None)) is Is.ACCEPTED
    for final in (Is.DELIVERED, Is.UNDELIVERED):
        for word in (None, Is.ACCEPTED, Is.DELIVERED, Is.UNDELIVERED):
            assert status_after(final, News(word)) is final
    assert status_after(Is.SENDING, News(Is.UNDELIVERED), is_superseded=True) is Is.SENDING


@given(st.sampled_from(Is), st.lists(st.sampled_from(list(STATUSES)), max_size=12), st.randoms(use_true_random=False))
def test_whatever_is_said_in_whatever_order_and_however_often(stands, words, random):
    """It ends as by the first final word that is said, or as accepted if anything is said at all; and repeating all changes nothing."""

    def after(status: Is, said: list[str]) -> Is:
        for word in said:
            status = status_after(status, read(word, ""))
        return status

    end = after(stands, words)
    finals = [STATUSES[word] for word in words if STATUSES[word] is not Is.ACCEPTED]
    repeated = [*words, *words]
    random.shuffle(repeated)
    assert after(end, repeated) is end
    if stands in (Is.DELIVERED, Is.UNDELIVERED) or not words:
        assert end is stands
    elif finals:
        assert end is finals[0]
    else:
        assert end is (stands if stands is Is.UNCONFIRMED else Is.ACCEPTED)
