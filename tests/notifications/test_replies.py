"""What people write back: what follows from it, and what is answered."""

import pytest
from django.db import OperationalError

from notifications.domain.states import Meaning
from notifications.models import Message, Reply, Suppression
from notifications.services import dispatch, suppress
from notifications.signals import address_opted_in, address_opted_out, reply_received
from tests.callbacks import post, reply, signature
from tests.clock import freeze_time
from tests.notifications.conftest import NOON

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def answer(words: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{words}</Message></Response>'


ENGLISH = answer("You won't get any more texts from us. Text START to get them again.")
SPANISH = answer("Ya no le enviaremos mensajes de texto. Para volver a recibirlos, responda START.")


@pytest.fixture(autouse=True)
def _noon(twilio):
    with freeze_time(NOON):
        yield


@pytest.fixture
def heard(db):
    """What the other apps are told, but for what nobody needs to read."""
    told = []

    def out(channel, address, source, now, **kwargs):
        told.append(("out", channel, address, now))

    def back_in(channel, address, source, now, **kwargs):
        told.append(("in", channel, address, now))

    def received(reply, is_settled, now, **kwargs):
        if not is_settled:
            told.append(("reply", reply.meaning, reply.body, now))

    address_opted_out.connect(out), address_opted_in.connect(back_in), reply_received.connect(received)
    yield told
    address_opted_out.disconnect(out), address_opted_in.disconnect(back_in), reply_received.disconnect(received)


class TestStop:
    def test_twilios_keyword_reaches_every_queue_at_once(self, text, heard, twilio):
        waiting = text(address="+12125550101")
        other = text(address="+12125550102")
        by_email = text(channel="email", address="ana@example.org")
        said = reply("STOP", number="+12125550101")

        assert (said.status_code, said["Content-Type"], said.content.decode()) == (200, "text/xml", EMPTY)
        assert heard == [("out", "sms", "+12125550101", NOON)]
        dispatch(now=NOON)
        assert [Message.objects.get(pk=m.pk).status for m in (waiting, other, by_email)] == ["suppressed", "accepted", "accepted"]
        assert [form["To"] for form in twilio.sent] == ["+12125550102"]
        kept = Reply.objects.get()
        assert (kept.channel, kept.address, kept.body, kept.meaning, kept.received_at) == ("sms", "+12125550101", "STOP", "stop", NOON)
        assert Suppression.objects.get().reason == f"said stop in reply {kept.pk}"

    def test_free_words_that_twilio_doesnt_know_are_confirmed_in_their_language(self, heard):
        assert reply("please stop texting me", number="+12125550101").content.decode() == ENGLISH
        assert reply("Ya no me escriban, por favor", number="+12125550102").content.decode() == SPANISH
        assert [event[:3] for event in heard] == [("out", "sms", "+12125550101"), ("out", "sms", "+12125550102")]

    def test_what_twilio_answers_by_advanced_opt_out_isnt_answered_twice(self, heard):
        assert reply("ya basta", OptOutType="STOP").content.decode() == EMPTY
        assert heard == [("out", "sms", "+12125550101", NOON)]

    def test_only_one_confirmation_until_she_starts_again(self, heard):
        assert reply("please stop texting me").content.decode() == ENGLISH
        assert reply("I said stop texting me").content.decode() == EMPTY
        assert reply("STOP").content.decode() == EMPTY
        reply("START")
        assert reply("stop it please").content.decode() == ENGLISH
        assert [event[0] for event in heard] == ["out", "in", "out"]

    def test_with_other_words_somebody_reads_it_too(self, heard):
        body = "Stop texting me. My face is swollen."
        assert reply(body).content.decode() == ENGLISH
        assert heard == [("out", "sms", "+12125550101", NOON), ("reply", "stop", body, NOON)]

    def test_words_about_the_skin_suppress_nobody(self, heard):
        body = "it won't stop stinging"
        assert reply(body).content.decode() == EMPTY
        assert not Suppression.objects.exists()
        assert heard == [("reply", "words", body, NOON)]

    def test_control_with_a_careless_rule_they_would(self, monkeypatch, heard):
        monkeypatch.setattr("notifications.services.replies.meaning_of", lambda body, _: (Meaning.STOP, "en"))
        reply("it won't stop stinging")
        assert Suppression.objects.count() == 1


class TestStart:
    def test_she_gets_texts_again(self, text, heard, twilio):
        reply("STOP")
        assert reply("START").content.decode() == EMPTY
        assert [event[:3] for event in heard] == [("out", "sms", "+12125550101"), ("in", "sms", "+12125550101")]
        message = text(address="+12125550101")
        dispatch(now=NOON)
        assert Message.objects.get(pk=message.pk).status == "accepted"

    def test_it_lifts_what_twilios_error_suppressed(self, heard):
        suppress("sms", "+12125550101", reason="provider's error 21610", now=NOON)
        reply("unstop")
        assert not Suppression.objects.exists()

    def test_a_yes_from_somebody_who_never_said_stop_is_an_answer_to_read(self, heard):
        reply("Yes")
        assert Reply.objects.get().meaning == "words"
        assert heard == [("reply", "words", "Yes", NOON)]

    def test_words_that_only_sound_like_it_lift_nothing(self, heard):
        reply("STOP")
        reply("yes it still burns")
        reply("When do I start?")
        assert Suppression.objects.count() == 1


class TestHelpAndWords:
    @pytest.mark.parametrize(("body", "meaning"), [("HELP", "help"), ("Ayuda", "help"), ("help me it is burning", "words"), ("2", "words")])
    def test_somebody_reads_them(self, heard, body, meaning):
        assert reply(body).content.decode() == EMPTY
        assert heard == [("reply", meaning, body, NOON)]

    def test_a_number_that_no_patient_has_is_kept_too(self, heard):
        reply("Is this the clinic?", number="+12125550177")
        assert Reply.objects.get().address == "+12125550177"

    def test_a_picture_leaves_a_line(self, heard):
        reply("", NumMedia="1")
        reply("look", NumMedia="3")
        assert [event[2] for event in heard] == [
            "[with a picture, to be seen in the Twilio console]",
            "look\n[with 3 pictures, to be seen in the Twilio console]",
        ]

    def test_an_opt_out_with_a_picture_is_read(self, heard):
        reply("please stop texting me", NumMedia="1")
        assert [event[0] for event in heard] == ["out", "reply"]

    def test_a_nul_byte_costs_no_text(self, heard):
        reply("it\0 burns")
        assert heard[0][2] == "it burns"

    def test_a_text_longer_than_any_is_cut(self, heard):
        assert reply("ay " * 5000).status_code == 200
        assert len(Reply.objects.get().body) == 5000


class TestReplays:
    @pytest.mark.parametrize(
        ("body", "said"), [("please stop texting me", ENGLISH), ("STOP", EMPTY), ("deja de escribirme", SPANISH), ("it burns", EMPTY)]
    )
    def test_a_replay_does_nothing_and_is_answered_the_same(self, heard, body, said):
        answers = [reply(body, sid="SM1").content.decode() for _ in range(3)]
        assert answers == [said] * 3
        assert (Reply.objects.count(), len(heard)) == (1, 1)

    def test_a_replayed_stop_after_a_start_stops_nothing(self, heard):
        reply("please stop texting me", sid="SM1")
        reply("START", sid="SM2")
        assert reply("please stop texting me", sid="SM1").content.decode() == ENGLISH
        assert not Suppression.objects.exists()

    def test_control_without_the_unique_id_it_would(self, heard):
        reply("please stop texting me", sid="SM1")
        reply("START", sid="SM2")
        reply("please stop texting me", sid="SM3")
        assert Suppression.objects.exists()

    def test_delivered_twice_at_once_it_is_one(self, transactional_db, at_once):
        answers = at_once([lambda: reply("please stop texting me", sid="SM1").content.decode()] * 4)
        assert answers == [ENGLISH] * 4
        assert (Reply.objects.count(), Suppression.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"From": ""}, "From"),
        ({"From": "+1212555\0"}, "From"),
        ({"From": "+" + "1" * 300}, "From"),
        ({"MessageSid": "no such thing"}, "MessageSid"),
        ({"NumMedia": "-1"}, "NumMedia"),
        ({"OptOutType": "x" * 21}, "OptOutType"),
    ],
)
def test_nonsense_with_the_right_signature_is_named(db, changed, said):
    answer = post("/webhooks/twilio/inbound/", {"MessageSid": "SM1", "From": "+12125550101", "Body": "hello"} | changed)
    assert (answer.status_code, answer.content.decode()) == (400, f"Missing, or not as Twilio writes it: {said}.")
    assert not Reply.objects.exists()


def test_without_a_signature_nothing_is_kept(db):
    answer = post("/webhooks/twilio/inbound/", {"MessageSid": "SM1", "From": "+12125550101", "Body": "STOP"}, signed="")
    assert answer.status_code == 403
    assert (Reply.objects.count(), Suppression.objects.count()) == (0, 0)


def test_the_address_may_be_entered_without_its_last_slash(db, settings):
    settings.DEBUG = True  # where Django would rather raise than redirect a POST
    said = {"MessageSid": "SM1", "From": "+12125550101", "Body": "STOP"}
    assert post("/webhooks/twilio/inbound", said).status_code == 200
    assert Suppression.objects.count() == 1
    assert post("/webhooks/twilio/inbound", said, signed=signature("/webhooks/twilio/inbound/", said)).status_code == 403


def test_what_fails_on_the_way_is_told_so_and_leaves_nothing(transactional_db):
    def fails(**kwargs):
        raise OperationalError("PostgreSQL is gone")

    address_opted_out.connect(fails)
    try:
        assert reply("STOP", sid="SM1").status_code == 500
    finally:
        address_opted_out.disconnect(fails)
    assert (Reply.objects.count(), Suppression.objects.count()) == (0, 0)
    assert reply("STOP", sid="SM1").status_code == 200
    assert (Reply.objects.count(), Suppression.objects.count()) == (1, 1)


def test_no_number_and_no_word_is_logged(db, caplog):
    reply("a secret of hers", number="+12125550101")
    reply("a secret of hers", number="+12125550101", NumMedia="-1")
    assert [line for line in caplog.messages if "secret" in line or "5550101" in line] == []
