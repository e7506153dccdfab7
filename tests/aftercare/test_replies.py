"""What patients write back is in the ledger, and a call for help is answered."""

from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from aftercare.models import CareMessage
from aftercare.services import mark_read
from notifications.domain.states import Meaning
from notifications.models import Message, Reply
from notifications.services import dispatch
from notifications.signals import reply_received
from scheduling import services as scheduling
from scheduling.models import Location, Room
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox

HOUR = timedelta(hours=1)
numbers = count(1)


def write(body: str, meaning: Meaning, *, address="+12125550101", now=TODAY) -> Reply:
    reply = Reply.objects.create(
        channel="sms", address=address, body=body, meaning=meaning.value, provider_id=f"SM{next(numbers)}", received_at=now
    )
    reply_received.send(Reply, reply=reply, now=now)
    return reply


def test_her_words_are_in_the_ledger_and_wait_to_be_read(clinic):
    reply = write("can I swim next week?", Meaning.WORDS)
    [line] = ledger()
    assert (line.patient, line.kind, line.channel, line.reply, line.planned_for) == (clinic.ana, "reply", "sms", reply, TODAY)
    assert (line.message, line.read_at) == (None, None)
    assert list(CareMessage.objects.to_read()) == [line]
    assert not Message.objects.exists()


def test_received_twice_it_is_there_once(clinic):
    reply = write("thank you", Meaning.WORDS)
    reply_received.send(Reply, reply=reply, now=TODAY + HOUR)
    assert len(ledger()) == 1


def test_from_a_shared_number_it_is_with_both_and_read_for_both(clinic):
    clinic.chloe.phone = "+12125550101"
    clinic.chloe.save()
    write("which of us?", Meaning.WORDS)
    mine, hers = ledger()
    assert {mine.patient, hers.patient} == {clinic.ana, clinic.chloe}
    desk = User.objects.create_user("desk")
    assert mark_read([mine], by=desk, now=TODAY + HOUR) == 2
    hers.refresh_from_db()
    assert (hers.read_at, hers.read_by) == (TODAY + HOUR, desk)
    assert mark_read([mine], by=desk, now=TODAY + 2 * HOUR) == 0


def test_from_a_number_that_no_patient_has_nothing_goes_out_and_somebody_must_read_it(clinic):
    reply = write("HELP", Meaning.HELP, address="+12125550188")
    reply_received.send(Reply, reply=reply, now=TODAY + HOUR)
    [line] = CareMessage.objects.to_read()
    assert (line.patient, line.reply.address, str(line)) == (None, "+12125550188", "reply, patient None")
    assert not Message.objects.exists()


def test_what_is_told_is_always_told_to_somebody(clinic):
    with pytest.raises(IntegrityError, match="only_a_reply_may_be_nobodys"):
        CareMessage.objects.create(kind="dose", channel="sms", planned_for=TODAY)


class TestHelp:
    def test_it_is_answered_at_once_with_name_and_number_whatever_the_hour(self, clinic):
        night = at("2026-10-27", "02:00")
        write("HELP", Meaning.HELP, now=night)
        asked, answer = ledger()
        assert (asked.reply.body, asked.read_at) == ("HELP", night)
        assert answer.message.body == "Maple Street Clinic: we are here for you. Call us at (212) 555-0100. Reply STOP to opt out."
        assert (answer.kind, answer.reason, answer.message.address) == ("reply", "an answer to HELP", "+12125550101")
        assert dispatch(now=night).accepted == 1

    def test_received_twice_it_is_answered_once(self, clinic):
        reply = write("HELP", Meaning.HELP)
        reply_received.send(Reply, reply=reply, now=TODAY + HOUR)
        assert len(outbox()) == 1

    def test_over_and_over_it_is_left_to_a_person(self, clinic):
        """A machine at the other end may take our answer for a call for help."""
        for minute in range(6):
            write("HELP", Meaning.HELP, now=TODAY + timedelta(minutes=minute))
        assert len(outbox()) == 3
        assert CareMessage.objects.to_read().count() == 3
        write("HELP", Meaning.HELP, now=TODAY + 2 * HOUR)
        assert len(outbox()) == 4

    def test_in_spanish(self, clinic):
        clinic.ana.language = "es"
        clinic.ana.save()
        write("AYUDA", Meaning.HELP)
        assert outbox()[0].body == "Maple Street Clinic: estamos para ayudarle. Llame al (212) 555-0100. Responda STOP para salir."

    @pytest.fixture
    def oak_street(self, clinic) -> Room:
        oak = Location.objects.create(name="Oak Street Clinic", phone="+12125550107", time_zone="America/New_York")
        clinic.dana.locations.add(oak)
        return Room.objects.create(location=oak, name="Oak 1")

    def test_by_the_location_of_the_next_appointment_or_else_the_last(self, clinic, oak_street):
        clinic.treat(clinic.ana)
        booked = clinic.book(clinic.ana, at("2026-12-08"), room=oak_street, now=FIRST + HOUR)
        write("HELP", Meaning.HELP, now=FIRST + 2 * HOUR)
        assert outbox()[-1].body.startswith("Oak Street Clinic: ")
        assert ledger(message__isnull=False)[-1].appointment == booked
        scheduling.cancel(booked, reason="ill", now=FIRST + 3 * HOUR)
        write("HELP", Meaning.HELP, now=FIRST + 4 * HOUR)
        assert outbox()[-1].body.startswith("Maple Street Clinic: ")

    def test_one_answer_to_a_shared_number(self, clinic):
        clinic.chloe.phone = "+12125550101"
        clinic.chloe.save()
        write("HELP", Meaning.HELP)
        assert len(outbox()) == 1
        assert len(ledger()) == 3
