"""Somebody of the clinic answers a patient in words of their own."""

from datetime import timedelta

import pytest

from aftercare.errors import CantBeReached, NothingToSay, TooLong
from aftercare.models import CareMessage, OnCallContact
from aftercare.services import answer, raise_concern, way_to
from notifications.domain.segments import segments
from notifications.models import Message
from notifications.services import dispatch, suppress
from tests.clinic_world import at, ledger, outbox
from tests.staff import member

NIGHT = at("2026-10-28", "23:30")
SAID_ON = "October 28, 2026"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def staff(db):
    return member("Clinician")


def say(clinic, words: str, staff, now=NIGHT, **more) -> CareMessage:
    return answer(clinic.ana, words, by=staff, now=now, **more)


def test_at_once_at_night_and_without_her_consent_with_the_clinics_name_in_front(clinic, staff):
    line = say(clinic, " Press a clean cloth on it.\r\nI call you now. ", staff)
    assert line.message == outbox()[0]
    assert (line.patient, line.kind, line.channel, line.written_by, line.planned_for) == (clinic.ana, "reply", "sms", staff, NIGHT)
    [text] = outbox()
    assert text.body == "Maple Street Clinic: Press a clean cloth on it.\nI call you now."
    assert (text.address, text.send_at, text.quiet_from, text.pause_key) == ("+12125550101", NIGHT, None, "")
    assert dispatch(now=NIGHT).accepted == 1


def test_what_looks_like_a_placeholder_stays_as_it_is(clinic, staff):
    say(clinic, "{phone} {clinic} %s {", staff)
    assert outbox()[0].body == "Maple Street Clinic: {phone} {clinic} %s {"


def test_it_goes_while_what_is_routine_is_paused_and_is_a_step_of_her_concern(clinic, staff):
    OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120")
    concern = raise_concern(patient=clinic.ana, severity="urgent", said="bleeding", now=NIGHT)
    line = say(clinic, "I call you now.", staff, now=NIGHT + MINUTE)
    concern.refresh_from_db()
    assert line.concern == concern
    assert [event.what for event in concern.events.all()] == ["raised", "told", "acknowledged", "answered"]
    assert (concern.acknowledged_by, concern.escalate_at) == (staff, None)
    assert dispatch(now=NIGHT + MINUTE).accepted == 1  # the answer, and the alert no more
    say(clinic, "Better now?", staff, now=NIGHT + 9 * MINUTE)
    assert [event.what for event in concern.events.all()][4:] == ["answered"]


def test_an_answer_from_the_desk_leaves_the_clock_running(clinic, staff):
    """Whoever may not resolve a concern hasn't taken it by answering: there is a button to acknowledge it."""
    OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120")
    concern = raise_concern(patient=clinic.ana, severity="urgent", said="bleeding", now=NIGHT)
    before = concern.escalate_at
    say(clinic, "Somebody calls you.", member("Front desk"), now=NIGHT + MINUTE)
    concern.refresh_from_db()
    assert [event.what for event in concern.events.all()] == ["raised", "told", "answered"]
    assert (concern.acknowledged_at, concern.escalate_at) == (None, before)
    assert before is not None
    assert dispatch(now=NIGHT + MINUTE).accepted == 2  # the answer, and the alert


@pytest.mark.parametrize("words", ["", " \n", "\x00", "\u200b", "\u200d\u2060 \ufeff", "\u3164"])
def test_without_words_nothing_goes(clinic, staff, words):
    with pytest.raises(NothingToSay, match="Write an answer first"):
        say(clinic, words, staff)
    assert not CareMessage.objects.exists()


def test_the_longest_and_one_more(clinic, staff):
    most = 2 * 153 - len("Maple Street Clinic: ")
    with pytest.raises(TooLong, match=r"^That would go out as 3 texts\. Shorten it to about 300 characters, the clinic's name included\.$"):
        say(clinic, "x" * (most + 1), staff)
    assert not Message.objects.exists()
    assert segments(say(clinic, "x" * most, staff).message.body).number == 2


def test_one_emoji_makes_it_dearer(clinic, staff):
    most = 2 * 67 - len("Maple Street Clinic: ") - 2
    assert segments(say(clinic, "🙂" + "x" * most, staff).message.body) == ("UCS-2", 2)
    with pytest.raises(TooLong, match="about 130, because of a character such as an emoji") as refused:
        say(clinic, "🙂" + "x" * (most + 1), staff)
    assert refused.value.segments == 3
    assert Message.objects.count() == 1


def test_to_a_number_that_said_stop_it_goes_by_email_at_any_length(clinic, staff):
    suppress("sms", "+12125550101", reason="said stop", now=NIGHT)
    line = say(clinic, "x" * 400, staff)
    assert (line.channel, line.message.address, line.message.subject) == ("email", "ana1@example.org", "Maple Street Clinic")
    assert "x" * 400 in line.message.body


def test_it_says_why_an_answer_goes_by_email(clinic):
    assert way_to(clinic.ana) == ("sms", "+12125550101", "")
    suppress("sms", "+12125550101", reason="said stop", now=NIGHT)
    assert way_to(clinic.ana) == ("email", "ana1@example.org", f"Ana's number said STOP on {SAID_ON}: the answer goes by email.")
    clinic.ana.phone = ""
    clinic.ana.save()
    assert way_to(clinic.ana).why == "Ana has no mobile number here: the answer goes by email."


def test_where_nothing_is_possible_it_says_so_and_nothing_is_written(clinic, staff):
    suppress("sms", "+12125550101", reason="said stop", now=NIGHT)
    suppress("email", "ana1@example.org", reason="unsubscribed", now=NIGHT)
    with pytest.raises(
        CantBeReached, match=rf"^Ana's number said STOP on {SAID_ON}, and there is no email address that may be used\. Please call\.$"
    ):
        say(clinic, "Hello", staff)
    clinic.ana.phone = clinic.ana.email = ""
    clinic.ana.save()
    with pytest.raises(CantBeReached, match="no mobile number and no email address"):
        say(clinic, "Hello", staff)
    assert ledger() == []


def test_pressed_twice_it_is_sent_once_and_said_again_later_twice(clinic, staff):
    assert say(clinic, "Call me.", staff) == say(clinic, "Call me.", staff, now=NIGHT + timedelta(seconds=50))
    assert len(outbox()) == 1
    say(clinic, "Call me.", staff, now=NIGHT + 3 * MINUTE)
    say(clinic, "Call me!", staff, now=NIGHT + 3 * MINUTE)
    assert len(outbox()) == 3


def test_pressed_twice_at_the_same_moment(committed_clinic, at_once):
    staff = member("Clinician")
    first, second = at_once([lambda: say(committed_clinic, "Call me.", staff)] * 2)
    assert first == second
    assert len(ledger()) == 1
