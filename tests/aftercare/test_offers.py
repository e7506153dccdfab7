"""A time that became free is offered by text: who may be texted, in which words, and what the ledger says of it."""

from datetime import date, timedelta

import pytest

from aftercare.models import CareMessage
from aftercare.services import withdraw_consent
from notifications.services import dispatch
from scheduling import services as scheduling
from scheduling.errors import IllegalMove
from scheduling.models import Appointment, Move, Offer, WaitlistEntry
from tests.callbacks import reply
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox
from tests.clock import freeze_time

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def waits(clinic, who, **changed) -> WaitlistEntry:
    wanted = {"treatment": clinic.face, "location": clinic.location, "first_on": date(2026, 10, 26), "last_on": date(2026, 11, 9)}
    return scheduling.wait(patient=who, **(wanted | {"now": TODAY} | changed))


def frees(clinic, starts_at=FIRST, who=None) -> None:
    scheduling.cancel(clinic.book(who or clinic.ben, starts_at), reason="ill", now=TODAY)


def offers() -> list[str]:
    return [message.body for message in outbox(caremessage__kind="offer")]


class TestTheText:
    def test_it_says_when_and_how_to_answer_and_expires_with_the_offer(self, clinic):
        waits(clinic, clinic.consents(clinic.ana))
        frees(clinic)
        assert scheduling.offer_openings(TODAY) == 1
        assert offers() == [
            "Maple Street Clinic: a time is free on Tue, Nov 3 at 1:00 PM. Answer 1 within 15 minutes to take it, 2 to pass."
            " Reply STOP to opt out."
        ]
        [line] = ledger(kind="offer")
        assert (line.patient, line.channel, line.appointment, line.reason) == (clinic.ana, "sms", None, "")
        assert (line.message.send_at, line.message.expires_at) == (TODAY, TODAY + 15 * MINUTE)

    def test_who_has_a_time_is_told_which_one_it_is_instead_of(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana), FIRST + 7 * DAY)
        waits(clinic, clinic.ana, appointment=booked)
        frees(clinic)
        scheduling.offer_openings(TODAY)
        assert offers() == [
            "Maple Street Clinic: Tue, Nov 3 at 1:00 PM is free, instead of your session on Tue, Nov 10."
            " Answer 1 within 15 minutes to take it, 2 to pass."
        ]

    def test_in_spanish(self, clinic):
        clinic.ana.language = "es"
        clinic.ana.save()
        waits(clinic, clinic.consents(clinic.ana))
        frees(clinic)
        scheduling.offer_openings(TODAY)
        assert offers() == [
            "Maple Street Clinic: hay un horario libre el mar 3 nov, 1:00 PM. "
            "Tiene 15 minutos: responda 1 para tomarlo o 2 para dejarlo pasar. Responda STOP para salir."
        ]

    def test_what_couldnt_leave_in_time_isnt_sent(self, clinic):
        waits(clinic, clinic.consents(clinic.ana))
        frees(clinic)
        scheduling.offer_openings(TODAY)
        assert dispatch(now=TODAY + 20 * MINUTE).accepted == 0
        assert [line.message.status for line in ledger(kind="offer")] == ["expired"]

    def test_another_language_meanwhile_leaves_it_as_it_is(self, clinic):
        waits(clinic, clinic.consents(clinic.ana))
        frees(clinic)
        scheduling.offer_openings(TODAY)
        with freeze_time(TODAY + MINUTE):
            clinic.ana.language = "es"
            clinic.ana.save()
        assert len(offers()) == 1


class TestWhoIsTold:
    def test_only_by_text_never_by_email(self, clinic):
        waits(clinic, clinic.consents(clinic.ana, "email"))
        waits(clinic, clinic.consents(clinic.chloe), now=TODAY + MINUTE)
        frees(clinic)
        assert scheduling.offer_openings(TODAY + HOUR) == 1
        assert [message.address for message in outbox(caremessage__kind="offer")] == ["+12125550103"]
        anas, chloes = ledger(kind="offer")
        assert (anas.patient, anas.message, anas.channel, anas.reason) == (clinic.ana, None, "sms", "texts aren't possible")
        assert chloes.patient == clinic.chloe
        assert [offer.outcome for offer in Offer.objects.order_by("pk")] == ["untold", "open"]

    def test_without_consent_the_ledger_says_so_and_the_next_is_asked(self, clinic):
        waits(clinic, clinic.ana)
        frees(clinic)
        assert scheduling.offer_openings(TODAY) == 0
        assert [(line.message, line.reason) for line in ledger(kind="offer")] == [(None, "no consent for texts or emails")]
        assert [offer.outcome for offer in Offer.objects.all()] == ["untold"]

    def test_never_more_texts_a_day_than_agreed_to(self, clinic):
        waits(clinic, clinic.consents(clinic.ana))
        for hours in range(13):
            starts_at = FIRST + DAY * (hours // 4) + HOUR * 2 * (hours % 4 - 2)
            scheduling.cancel(clinic.book(clinic.ben, starts_at), reason="ill", now=TODAY)
        for _ in range(13):
            scheduling.offer_openings(TODAY)
            Offer.objects.filter(outcome="open").update(outcome="declined")
        assert len(offers()) == 12
        assert "more texts on that day than agreed to: at most 12" in {line.reason for line in ledger(kind="offer")}

    def test_a_withdrawn_consent_takes_it_back(self, clinic):
        waits(clinic, clinic.consents(clinic.ana))
        frees(clinic)
        scheduling.offer_openings(TODAY)
        withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY + MINUTE)
        assert offers() == []
        assert outbox(channel="email") == []


class TestFromTheCancellationToTheAnswer:
    """Through the webhook, and Twilio's stand-in on loopback: nothing in between is made up."""

    def test_cancelled_offered_taken_and_told(self, clinic, twilio):
        hers = clinic.book(clinic.consents(clinic.ana), FIRST + 7 * DAY)
        dispatch(now=TODAY)
        waits(clinic, clinic.ana, appointment=hers)
        frees(clinic)
        scheduling.offer_openings(TODAY + MINUTE)
        dispatch(now=TODAY + MINUTE)
        assert twilio.sent[-1]["Body"].startswith(
            "Maple Street Clinic: Tue, Nov 3 at 1:00 PM is free, instead of your session on Tue, Nov 10."
        )
        with freeze_time(TODAY + 5 * MINUTE):
            assert reply("1", sid="SManswer").status_code == 200
            assert reply("1", sid="SManswer").status_code == 200  # delivered once more
        hers.refresh_from_db()
        assert (hers.starts_at, hers.confirmed_at) == (FIRST, TODAY + 5 * MINUTE)
        assert dispatch(now=TODAY + 5 * MINUTE).accepted == 1
        assert twilio.sent[-1]["To"] == "+12125550101"
        assert twilio.sent[-1]["Body"] == (
            "Maple Street Clinic: you are booked for Tue, Nov 3 at 1:00 PM. To move it, reply R or call (212) 555-0100."
        )
        assert len(twilio.sent) == 3
        assert not CareMessage.objects.to_read().exists()
        dispatch(now=TODAY + 10 * MINUTE)
        assert len(twilio.sent) == 3  # one text says it all

    def test_what_she_was_told_that_she_has_isnt_taken_back(self, clinic, twilio):
        """Taken by text, it is told at once: the desk's three minutes don't hold for it."""
        hers = clinic.book(clinic.consents(clinic.ana), FIRST + 7 * DAY)
        dispatch(now=TODAY)
        waits(clinic, clinic.ana, appointment=hers)
        frees(clinic)
        scheduling.offer_openings(TODAY + MINUTE)
        dispatch(now=TODAY + MINUTE)
        with freeze_time(TODAY + 5 * MINUTE):
            reply("1")
        move = hers.moves.get()
        assert not Move.objects.open(TODAY + 6 * MINUTE).exists()
        with pytest.raises(IllegalMove, match="took that time herself, from the waitlist, and was told at once"):
            scheduling.undo_move(move, now=TODAY + 6 * MINUTE)
        hers.refresh_from_db()
        assert hers.starts_at == FIRST

    def test_what_the_desk_took_for_her_on_the_phone_is(self, clinic, django_user_model):
        hers = clinic.book(clinic.consents(clinic.ana), FIRST + 7 * DAY)
        dispatch(now=TODAY)
        waits(clinic, clinic.ana, appointment=hers)
        frees(clinic)
        scheduling.offer_openings(TODAY + MINUTE)
        scheduling.accept_offer(Offer.objects.get(), by=django_user_model.objects.create_user("frida"), now=TODAY + 5 * MINUTE)
        [move] = Move.objects.open(TODAY + 6 * MINUTE)
        scheduling.undo_move(move, now=TODAY + 6 * MINUTE)
        hers.refresh_from_db()
        assert hers.starts_at == FIRST + 7 * DAY

    def test_the_next_one_gets_it_when_the_first_stays_silent(self, clinic, twilio):
        waits(clinic, clinic.consents(clinic.ana))
        waits(clinic, clinic.consents(clinic.chloe), now=TODAY + MINUTE)
        frees(clinic)
        for minute in (2, 17):
            scheduling.offer_openings(TODAY + minute * MINUTE)
            dispatch(now=TODAY + minute * MINUTE)
        assert [sent["To"] for sent in twilio.sent] == ["+12125550101", "+12125550103"]
        with freeze_time(TODAY + 18 * MINUTE):
            reply("1", number="+12125550103")
            reply("1", number="+12125550101")
        assert [booked.patient for booked in Appointment.objects.coming()] == [clinic.chloe]
        dispatch(now=TODAY + 18 * MINUTE)
        told = {sent["To"]: sent["Body"] for sent in twilio.sent}
        assert told["+12125550103"].startswith("Maple Street Clinic: you are booked for Tue, Nov 3 at 1:00 PM.")
        assert told["+12125550101"] == ("Maple Street Clinic: sorry, Tue, Nov 3 at 1:00 PM is no longer free. You stay on the waitlist.")


def test_at_night_nobody_is_texted(clinic):
    waits(clinic, clinic.consents(clinic.ana))
    frees(clinic)
    assert scheduling.offer_openings(at("2026-10-27", "23:00")) == 0
    assert ledger(kind="offer") == []
    assert scheduling.offer_openings(at("2026-10-28", "08:00")) == 1


@pytest.mark.parametrize("verb", ["cancel", "complete"])
def test_control_her_own_messages_are_about_her_own_appointment(clinic, verb):
    """What is offered to Ana isn't taken back with what becomes of an appointment of hers that she doesn't give up."""
    treated = clinic.book(clinic.consents(clinic.ana), at("2026-11-03", "17:00"), treatment=clinic.scalp)
    waits(clinic, clinic.ana)
    frees(clinic)
    scheduling.offer_openings(TODAY)
    if verb == "cancel":
        scheduling.cancel(treated, reason="ill", now=TODAY + MINUTE)
    else:
        scheduling.complete(treated, now=treated.ends_at)
    assert len(offers()) == 1
