"""Writing back from the phones of the local demo, and what the first look at it finds: replies, an opt-out, receipts, an alarm."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from aftercare.domain.reasons import ALREADY_TOLD
from aftercare.models import CareMessage, Plan
from aftercare.reports import thread_of
from aftercare.services import give_consent, has_said_stop, raise_concern, resolve, start_again, stop_by_hand
from aftercare.services.privacy.erasing import erase_patient
from clinic.demo.building import build
from clinic.demo.skipping import skip
from clinic.demo.views import TRY_FIRST
from notifications.models import Alarm, Message, Reply, Suppression
from notifications.services import dispatch
from scheduling.models import Patient
from scheduling.services import complete
from tests.clinic_world import FIRST, TODAY, Clinic, ledger, patient
from tests.clock import freeze_time
from tests.staff import member
from tests.test_demo import TUESDAY_NOON

pytestmark = pytest.mark.django_db

PHONE, WRITE = "/demo/phone/", "/demo/phone/write/"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TREATED = FIRST + HOUR + MINUTE  # Ana's session is over at 2 PM; the first dose is due at 5
ANAS = "+12125550101"
CONFIRMED = "You won't get any more texts from us. Text START to get them again."


@pytest.fixture
def treated(clinic: Clinic) -> Clinic:
    """Ana agreed to texts and emails, and her first session is just over."""
    clinic.consents(clinic.ana)
    session = clinic.book(clinic.ana)
    dispatch(now=TODAY)
    complete(session, now=FIRST + HOUR)
    return clinic


def write(writer: object, text: str, at=TREATED):
    with freeze_time(at):
        return Client().post(WRITE, {"patient": getattr(writer, "pk", writer), "text": text})


def page(owner: Patient, at=TREATED) -> str:
    with freeze_time(at):
        return unescape(Client().get(PHONE, {"patient": owner.pk}).text)


def thread(owner: Patient, at=TREATED) -> list[tuple[str, str]]:
    """What is on the phone in its order: own, text, mail or stopped, and how its text begins."""
    items = re.findall(r'<li id="[^"]+" class="(own|text|mail|stopped)(.*?)</li>', page(owner, at), re.S)
    return [(kind, _bubble(rest)) for kind, rest in items]


def _bubble(item: str) -> str:
    bubble = re.search(r'<p class="bubble">(?:<span class="unseen".*?</span>)?(.*?)</p>', item, re.S)
    return bubble.group(1).strip() if bubble else ""


def coming(owner: Patient, at=TREATED) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page(owner, at).partition('id="coming-list"')[2]))


class TestWritingBack:
    def test_words_stand_on_the_phone_and_wait_at_the_desk(self, treated):
        answer = write(treated.ana, "it won’t stop stinging")

        assert (answer.status_code, answer.headers["Location"]) == (302, f"/demo/phone/?patient={treated.ana.pk}#newest")
        assert thread(treated.ana)[-1] == ("own", "it won’t stop stinging")
        assert "sent Tue 2:01 PM" in page(treated.ana)
        reply = Reply.objects.get()
        assert (reply.channel, reply.address, reply.body, reply.meaning) == ("sms", ANAS, "it won’t stop stinging", "words")
        assert [line.patient for line in CareMessage.objects.to_read()] == [treated.ana]
        assert '<a href="/admin/inbox/">Inbox</a>' in page(treated.ana)
        assert not has_said_stop("sms", ANAS)

    def test_help_is_answered_out_of_the_outbox(self, treated):
        write(treated.ana, "HELP")
        dispatch(now=TREATED)

        (own, said), (text, answered) = thread(treated.ana)[-2:]
        assert (own, said, text) == ("own", "HELP", "text")
        assert answered.startswith("Maple Street Clinic: ")
        assert answered == Message.objects.get(dedupe_key__startswith="help-").body
        assert "answered Tue 2:01 PM" in page(treated.ana)

    def test_after_stop_texts_have_stopped_and_the_rest_goes_by_email_until_start(self, treated):
        assert "text message" in coming(treated.ana)
        write(treated.ana, "STOP")

        assert thread(treated.ana)[-2:] == [("own", "STOP"), ("stopped", "")]
        assert "Texts to this number have stopped." in page(treated.ana)
        assert "Serum dose by email: texts aren't possible planned for Tue, Nov 3, 5:00 PM" in coming(treated.ana)
        assert "text message" not in coming(treated.ana)

        write(treated.ana, "START", TREATED + MINUTE)
        assert thread(treated.ana, TREATED + MINUTE)[-2:] == [("own", "STOP"), ("own", "START")]
        assert "have stopped" not in page(treated.ana)
        assert "Serum dose text message planned for Tue, Nov 3, 5:00 PM" in coming(treated.ana, TREATED + MINUTE)

    def test_without_email_nothing_is_coming_until_start_brings_it_back(self, clinic):
        clinic.ana.email = ""
        clinic.ana.save()
        clinic.consents(clinic.ana, "sms")
        clinic.treat(clinic.ana)
        write(clinic.ana, "STOP")
        assert "Nothing is planned for Ana." in coming(clinic.ana)

        write(clinic.ana, "START", TREATED + MINUTE)
        assert "Serum dose text message planned for Tue, Nov 3, 5:00 PM" in coming(clinic.ana)

    def test_an_opt_out_in_free_words_is_confirmed_on_the_phone_once(self, treated):
        write(treated.ana, "please stop texting me")
        write(treated.ana, "stop texting me please", TREATED + MINUTE)

        assert thread(treated.ana)[-4:] == [
            ("own", "please stop texting me"),
            ("text", CONFIRMED),
            ("own", "stop texting me please"),
            ("stopped", ""),
        ]
        assert Reply.objects.count() == 2  # asking for the answer writes nothing

    def test_who_shares_the_number_sees_it_on_her_phone_too(self, treated):
        treated.chloe.phone = ANAS
        treated.chloe.save()
        give_consent(treated.chloe, "care", "sms", source="front desk", now=TREATED)
        write(treated.chloe, "HELP")
        dispatch(now=TREATED)
        write(treated.ana, "STOP", TREATED + MINUTE)

        helped = Message.objects.get(dedupe_key__startswith="help-").body
        said = [("own", "HELP"), ("text", helped), ("own", "STOP"), ("stopped", "")]
        assert thread(treated.ana, TREATED + 2 * MINUTE)[-4:] == said
        assert thread(treated.chloe, TREATED + 2 * MINUTE)[-4:] == said
        assert ("own", "STOP") not in thread(treated.ben)

    def test_what_is_there_to_be_tried_first_does_what_it_says(self, treated):
        for number, text in enumerate(TRY_FIRST):
            assert f'value="{text}"' in page(treated.ana)
            write(treated.ana, text, TREATED + number * MINUTE)
        meanings = Reply.objects.order_by("received_at").values_list("meaning", flat=True)
        assert list(meanings) == ["words", "words", "stop", "start", "help", "words", "words", "stop"]

    def test_where_a_check_in_asks_for_a_number_there_are_three(self, treated):
        assert 'name="text" value="3"' not in page(treated.ana)
        check_in = CareMessage.objects.filter(kind="check_in", channel="sms").earliest("planned_for").message
        Message.objects.filter(pk=check_in.pk).update(status="accepted", send_at=TREATED, accepted_at=TREATED)
        assert [f'name="text" value="{number}"' in page(treated.ana) for number in (1, 2, 3)] == [True] * 3

    def test_after_a_recall_there_is_its_word(self, treated):
        assert 'name="text" value="BOOK"' not in page(treated.ana)
        line = CareMessage.objects.filter(patient=treated.ana, channel="sms", message__status="accepted").earliest("planned_for")
        CareMessage.objects.filter(pk=line.pk).update(kind="recall")
        assert 'name="text" value="BOOK"' in page(treated.ana)
        Patient.objects.filter(pk=treated.ana.pk).update(language="es")
        assert 'name="text" value="CITA"' in page(treated.ana)

    def test_after_skipped_hours_stop_sends_the_rest_by_email_at_the_plans_own_time(self, treated):
        skip(24 * HOUR, now=TREATED)
        dispatch(now=TREATED)
        assert thread(treated.ana)[-1][0] == "text"

        write(treated.ana, "STOP", TREATED + MINUTE)

        assert not Alarm.objects.exists()  # nothing that listens has failed
        waiting = ledger(message__status="scheduled", stands_in_for__isnull=False)
        assert waiting
        assert all(line.channel == "email" and line.message.send_at == line.planned_for for line in waiting)
        assert thread(treated.ana)[-2:] == [("own", "STOP"), ("stopped", "")]

    def test_what_was_sent_sooner_isnt_told_again_by_a_plan_that_is_started_again(self, treated):
        skip(3 * HOUR, now=TREATED)
        dispatch(now=TREATED)
        [first] = ledger(kind="dose", message__status="accepted")
        plan = Plan.objects.get()
        stop_by_hand(plan, reason="by mistake", by=User.objects.create_user("maya"), now=TREATED + MINUTE)

        again = start_again(plan, now=TREATED + 2 * MINUTE)

        assert [line.planned_for for line in ledger(kind="dose", reason=ALREADY_TOLD)] == [first.planned_for]
        assert ledger(plan=again, kind="dose", message__status="scheduled")[0].planned_for == first.planned_for + 3 * HOUR

    def test_in_the_conversation_it_stands_before_what_was_written_after_it(self, treated):
        skip(3 * HOUR, now=TREATED)
        dispatch(now=TREATED)
        write(treated.ana, "thanks", TREATED + MINUTE)

        talk = thread_of(treated.ana, TREATED + 2 * MINUTE)

        assert [line.kind for line in talk.lines if line.kind in ("dose", "reply")][:2] == ["dose", "reply"]
        assert talk.lines[0].kind != "reply"
        assert all(line.message.status == "scheduled" for line in talk.to_come)

    def test_what_an_urgent_concern_held_back_goes_once_it_is_resolved(self, treated):
        concern = raise_concern(patient=treated.ana, severity="urgent", said="It bleeds.", now=TREATED)
        skip(3 * HOUR, now=TREATED)
        dispatch(now=TREATED)
        assert not ledger(kind="dose", message__status="accepted")

        resolve(concern, note="Called her.", by=User.objects.create_user("maya"), now=TREATED + MINUTE)
        dispatch(now=TREATED + MINUTE)

        assert [line.planned_for for line in ledger(kind="dose", message__status="accepted")] == [FIRST + 4 * HOUR]

    def test_it_stands_under_the_day_that_the_plan_has_come_to(self, treated):
        skip(24 * HOUR, now=TREATED)
        dispatch(now=TREATED)
        write(treated.ana, "thanks", TREATED + MINUTE)
        assert re.findall(r'class="day" lang="en">(.*?)<', page(treated.ana))[-1] == "Wednesday, November 4"
        assert "sent Tue 2:02 PM" in page(treated.ana)


class TestWhatCantGo:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "Write something first."),
            ("   ", "Write something first."),
            ("a" * 1601, "A text has 1600 characters at most, and this one has 1601."),
            ("a\x00b", "Null characters are not allowed."),
        ],
    )
    def test_the_reason_stands_under_the_field_and_the_text_is_still_in_it(self, treated, text, said):
        answer = write(treated.ana, text)
        assert answer.status_code == 400
        assert f'role="alert">{said}</p>' in answer.text
        assert f'name="text" value="{text}"' in answer.text
        assert "Ana’s phone" in answer.text.replace(" Alvarez", "")
        assert not Reply.objects.exists()

    @pytest.mark.parametrize("nobody", ["", "x", "0", "9" * 40, "²"])
    def test_a_patient_that_isnt_there(self, treated, nobody):
        answer = write(nobody, "hello")
        assert answer.status_code == 400
        assert "No patient has that phone." in answer.text
        assert 'value="hello"' in answer.text
        assert not Reply.objects.exists()

    def test_whoever_was_erased_has_no_phone_any_more(self, treated):
        ana, later = treated.ana, FIRST + 6 * HOUR
        dispatch(now=later)
        assert f"?patient={ana.pk}" in page(ana, later)
        erase_patient(ana, reason="asked for it", by=member("Manager"), now=later)

        assert f"?patient={ana.pk}" not in page(ana, later)
        assert 'class="bubble"' not in page(ana, later)
        assert "Erased patient" not in page(ana, later)

    def test_on_an_empty_demo(self):
        answer = write("1", "hello")
        assert answer.status_code == 400
        assert "No patient has that phone." in answer.text

    @pytest.mark.parametrize("case", ["no number", "emails only", "asked nothing"])
    def test_who_gets_no_texts_has_a_sentence_instead_of_a_field(self, clinic, case):
        ben = clinic.ben
        if case == "no number":
            ben = patient("Bea Birch", 9, phone="")
        if case != "asked nothing":
            clinic.consents(ben, "email")
        sentence = f"{ben.first_name} gets no texts, so there is nothing to write back to."
        assert sentence in page(ben)
        assert 'name="text"' not in page(ben)
        answer = write(ben, "hello")
        assert answer.status_code == 400
        assert sentence in answer.text
        assert not Reply.objects.exists()

    def test_only_out_of_the_pages_own_form(self, treated):
        fields = {"patient": treated.ana.pk, "text": "hello"}
        assert Client(enforce_csrf_checks=True).post(WRITE, fields).status_code == 403
        assert Client().get(WRITE, fields).status_code == 405
        assert not Reply.objects.exists()


def test_the_first_look_finds_replies_an_opt_out_receipts_and_an_alarm() -> None:
    build(24, 1, now=TUESDAY_NOON)

    replies = CareMessage.objects.filter(reply__isnull=False)
    assert (replies.count(), replies.to_read().count()) == (10, 3)
    assert {line.read_by.username for line in replies.exclude(read_by=None)} == {"frontdesk", "clinician"}
    assert [line.reply.meaning for line in replies.filter(read_by=None).exclude(read_at=None)] == ["stop"]
    assert all(reply.received_at < TUESDAY_NOON for reply in Reply.objects.all())

    stop = Reply.objects.get(meaning="stop")
    assert Suppression.objects.count() == 1
    [gone_quiet] = Patient.objects.filter(phone=stop.address)
    since = CareMessage.objects.filter(patient=gone_quiet, message__send_at__gt=stop.received_at, stands_in_for__isnull=False)
    assert set(since.values_list("channel", flat=True)) == {"email"}
    assert set(since.values_list("message__status", flat=True)) == {"accepted", "scheduled"}
    assert CONFIRMED in page(gone_quiet, TUESDAY_NOON)

    [filtered] = CareMessage.objects.filter(message__status="undelivered")
    assert (filtered.message.error_code, filtered.stand_in.channel) == ("30007", "email")
    assert filtered.stand_in.message.status == "accepted"
    [alarm] = Alarm.objects.filter(cleared_at=None)
    assert (alarm.code, alarm.explanation, alarm.times) == ("30007", "carriers filter our texts", 1)

    delivered = Message.objects.filter(status="delivered")
    assert delivered.exists()
    for message in delivered:
        assert message.delivered_at - message.accepted_at == timedelta(seconds=4)
        assert set(message.receipt_set.values_list("provider_status", flat=True)) == {"sent", "delivered"}
    assert all(message.attempt_set.count() == 1 for message in Message.objects.filter(accepted_at__isnull=False))
