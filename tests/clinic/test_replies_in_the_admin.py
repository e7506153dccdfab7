"""What was written back, from whomever: in plain words, and from whose number only for managers."""

import pytest

from notifications.models import Message, Reply
from tests.clinic_world import TODAY

REPLIES = "/admin/notifications/reply/"
LONG = "Is it normal that my cheeks are still warm? " * 5


@pytest.fixture(autouse=True)
def _written(db):
    said = [("please stop", "stop"), ("start", "start"), ("help", "help"), (LONG, "words")]
    for number, (body, meaning) in enumerate(said):
        Reply.objects.create(
            channel="sms", address="+12125550101", body=body, meaning=meaning, provider_id=f"SM{number}", received_at=TODAY
        )


def test_only_managers_see_the_number(sign_in, role):
    client = sign_in(role)
    for here in (REPLIES, f"{REPLIES}{Reply.objects.latest('pk').pk}/change/"):
        page = client.get(here).content.decode()
        assert ("+12125550101" in page) is (role == "Manager")
        assert ("…0101" in page) is (role != "Manager")


def test_what_each_asks_for_is_in_plain_words_and_a_long_one_is_cut(sign_in):
    page = sign_in("Front desk").get(REPLIES).content.decode()
    for words in ("wants no more texts", "wants texts again", "asks for help", "wrote to us"):
        assert f">{words}</span>" in page
    assert f">{LONG[:159]}…<" in page


def test_the_list_of_all_that_is_sent_is_the_outbox_wherever_it_is_named(sign_in):
    client = sign_in("Manager")
    assert ">Outbox</a>" in client.get("/admin/").content.decode()
    page = client.get("/admin/notifications/message/").content.decode()
    assert "<h1>Outbox</h1>" in page
    assert "0 messages" in " ".join(page.split())
    assert Message._meta.verbose_name_plural == "outbox"
