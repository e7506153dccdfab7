"""C, R, 1 and 2: what counts as an answer, what it is about, and what she hears."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count

import pytest

from aftercare.domain.answers import Answer, answer_of
from aftercare.models import CareMessage, Concern
from aftercare.reports import thread_of
from aftercare.services.replies import answering
from notifications.domain.replies import meaning_of
from notifications.domain.states import Meaning
from notifications.models import Message, Reply
from notifications.services import dispatch
from notifications.signals import reply_received
from scheduling import services as scheduling
from scheduling.models import Appointment, Offer
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PHONE = "(212) 555-0100"
numbers = count(1)


def write(body: str, *, number="+12125550101", now=TODAY + HOUR) -> Reply:
    meaning, _language = meaning_of(body)
    reply = Reply.objects.create(
        channel="sms", address=number, body=body, meaning=meaning.value, provider_id=f"SManswer{next(numbers)}", received_at=now
    )
    reply_received.send(Reply, reply=reply, now=now)
    return reply


def answers() -> list[str]:
    return [message.body.removeprefix("Maple Street Clinic: ") for message in outbox() if message.dedupe_key.startswith("answer-")]


def unread() -> list[str]:
    return [line.reply.body for line in CareMessage.objects.to_read().order_by("pk")]


class TestReading:
    @pytest.mark.parametrize("body", ["C", "c", " c. ", "C!", "“C”", "'c'", "Confirm", "confirmed", "CONFIRMO", "¡Confirmo!", "Ｃ"])
    def test_she_comes(self, body):
        assert answer_of(body) is Answer.CONFIRM

    @pytest.mark.parametrize(
        ("body", "answer"), [("1", Answer.TAKE), ("1.", Answer.TAKE), ("(2)", Answer.PASS), ("１", Answer.TAKE), ("r", Answer.MOVE)]
    )
    def test_the_others(self, body, answer):
        assert answer_of(body) is answer

    @pytest.mark.parametrize(
        "body",
        [
            "",
            " ",
            "C?",
            "1?",
            "1 2",
            "1 please",
            "12",
            "c u soon",
            "R U open",
            "yes",
            "ok",
            "3",
            "C [1 picture]",
            "sí",
            "-1",
            "1/2",
            "С",
        ],
    )
    def test_anything_else_is_words(self, body):
        assert answer_of(body) is None

    @pytest.mark.parametrize("body", ["1", "2", "C", "R", "confirm", "confirmo", "confirmado"])
    def test_no_answer_means_stop_or_start(self, body):
        assert meaning_of(body)[0] is Meaning.WORDS


@pytest.fixture
def booked(clinic) -> Appointment:
    """Ana has had her confirmation."""
    appointment = clinic.book(clinic.consents(clinic.ana))
    dispatch(now=TODAY)
    return appointment


class TestAboutHerAppointment:
    def test_c_confirms_it_and_nobody_has_to_read_that(self, booked):
        write("c.")
        booked.refresh_from_db()
        assert booked.confirmed_at == TODAY + HOUR
        assert answers() == ["thank you, see you Tue, Nov 3 at 1:00 PM."]
        assert unread() == []
        [line] = ledger(message__dedupe_key__startswith="answer-")
        assert (line.kind, line.appointment, line.reason) == ("reply", booked, "an answer to “C”")

    def test_her_reminders_dont_ask_again(self, booked):
        write("C")
        reminders = outbox(caremessage__kind="reminder")
        assert [message.body for message in reminders] == [
            f"Maple Street Clinic: see you Tue, Nov 3 at 1:00 PM. If you can't come, reply R or call {PHONE}."
        ] * 2
        assert {message.reason for message in outbox("cancelled")} == {"the appointment is confirmed"}
        write("C", now=TODAY + 2 * HOUR)
        assert len(outbox(caremessage__kind="reminder")) == 2
        assert len(outbox("cancelled")) == 2

    def test_r_lands_with_the_front_desk_and_she_is_told_so(self, booked):
        write("R")
        booked.refresh_from_db()
        assert (booked.move_requested_at, booked.confirmed_at, booked.status) == (TODAY + HOUR, None, "booked")
        assert answers() == [f"our front desk will call you to find another time instead of Tue, Nov 3. Or call us: {PHONE}."]
        assert unread() == ["R"]

    def test_until_it_is_moved_what_is_still_to_come_says_that_her_time_stands_and_doesnt_ask_again(self, booked):
        write("R")
        reminders = outbox(caremessage__kind="reminder")
        assert [message.body for message in reminders] == [
            "Maple Street Clinic: we hold Tue, Nov 3 at 1:00 PM for you until we have found you another time. "
            f"Reply C to keep it after all, or call {PHONE}."
        ] * 2
        assert {message.reason for message in outbox("cancelled")} == {"another time was asked for"}
        write("R", now=TODAY + 2 * HOUR)
        assert len(outbox("cancelled")) == 2
        write("C", now=TODAY + 3 * HOUR)
        assert [message.body.partition(". ")[0] for message in outbox(caremessage__kind="reminder")] == [
            "Maple Street Clinic: see you Tue, Nov 3 at 1:00 PM"
        ] * 2

    def test_moved_at_last_she_is_asked_about_the_new_time(self, booked):
        write("R")
        scheduling.move(booked, starts_at=FIRST + DAY, now=TODAY + 2 * HOUR)
        bodies = [message.body for message in outbox(caremessage__kind__in=["confirmation", "reminder"])]
        assert len(bodies) == 3
        assert all(body.endswith(f"Reply C to confirm, R to move it, or call {PHONE}.") for body in bodies)

    def test_the_answer_goes_at_any_hour_and_is_worthless_after_one(self, booked):
        night = at("2026-10-27", "02:00")
        write("C", now=night)
        [answer] = outbox(caremessage__kind="reply")
        assert (answer.send_at, answer.quiet_from, answer.expires_at) == (night, None, night + HOUR)
        assert dispatch(now=night).accepted == 1

    @pytest.mark.parametrize("body", ["C", "R"])
    def test_while_she_hasnt_heard_of_a_move_it_isnt_about_the_new_time(self, booked, body):
        scheduling.move(booked, starts_at=FIRST + DAY, now=TODAY + HOUR)
        write(body, now=TODAY + HOUR + MINUTE)
        booked.refresh_from_db()
        assert (booked.confirmed_at, booked.move_requested_at, answers(), unread()) == (None, None, [], [body])
        assert outbox()[0].body.endswith(f"is moved to Wed, Nov 4 at 1:00 PM. Reply C to confirm, R to move it, or call {PHONE}.")

    @pytest.mark.parametrize(("news", "answered"), [("undelivered", []), ("accepted", ["thank you, see you Wed, Nov 4 at 1:00 PM."])])
    def test_nor_where_the_news_of_it_couldnt_be_delivered(self, booked, news, answered):
        scheduling.move(booked, starts_at=FIRST + DAY, now=TODAY + HOUR)
        dispatch(now=TODAY + HOUR + 3 * MINUTE)
        Message.objects.filter(caremessage__key=f"appointment-{booked.pk}-1-confirmation").update(status=news)
        write("C", now=TODAY + 2 * HOUR)
        booked.refresh_from_db()
        assert (booked.confirmed_at is not None, answers()) == (bool(answered), answered)
        assert unread() == ([] if answered else ["C"])

    def test_once_she_has_heard_of_it_or_it_is_taken_back_it_is(self, booked):
        scheduling.move(booked, starts_at=FIRST + DAY, now=TODAY + HOUR)
        scheduling.undo_move(booked.moves.get(), now=TODAY + HOUR + MINUTE)
        write("C", now=TODAY + HOUR + 2 * MINUTE)
        assert answers() == ["thank you, see you Tue, Nov 3 at 1:00 PM."]
        scheduling.move(booked, starts_at=FIRST + DAY, now=TODAY + 2 * HOUR)
        dispatch(now=TODAY + 2 * HOUR + 3 * MINUTE)
        write("C", now=TODAY + 3 * HOUR)
        assert answers() == ["thank you, see you Wed, Nov 4 at 1:00 PM."]

    def test_moved_in_that_very_moment_it_is_about_the_time_that_she_knows(self, booked, monkeypatch):
        usual = answering.heard

        def moved_after_the_look(appointment):
            known = usual(appointment)
            scheduling.move(appointment, starts_at=FIRST + DAY, now=TODAY + HOUR)
            return known

        monkeypatch.setattr(answering, "heard", moved_after_the_look)
        write("C", now=TODAY + HOUR)
        booked.refresh_from_db()
        assert (booked.confirmed_at, answers(), unread()) == (None, [], ["C"])

    def test_received_twice_it_is_answered_once(self, booked):
        reply = write("C")
        scheduling.request_move(booked, now=TODAY + 2 * HOUR)
        reply_received.send(Reply, reply=reply, now=TODAY + 3 * HOUR)
        booked.refresh_from_db()
        assert (len(answers()), booked.confirmed_at) == (1, None)

    def test_over_and_over_it_is_left_to_a_person(self, booked):
        for minute in range(8):
            write("C", now=TODAY + HOUR + minute * MINUTE)
        assert len(answers()) == 6
        assert unread() == ["C", "C"]
        write("C", now=TODAY + 3 * HOUR)
        assert len(answers()) == 7

    def test_in_spanish(self, clinic, booked):
        clinic.ana.language = "es"
        clinic.ana.save()
        write("Confirmo")
        assert answers() == ["gracias, le esperamos el mar 3 nov, 1:00 PM."]

    def test_before_any_text_about_it_went_out_it_is_words(self, clinic):
        clinic.book(clinic.consents(clinic.ana))
        write("C")
        assert (answers(), unread()) == ([], ["C"])
        assert not Appointment.objects.exclude(confirmed_at=None).exists()

    @pytest.mark.parametrize("body", ["C", "R"])
    def test_about_one_that_is_cancelled_or_past_it_is_words(self, booked, body):
        write(body, now=FIRST + HOUR)
        scheduling.cancel(booked, reason="ill", now=TODAY + HOUR)
        write(body, now=TODAY + 2 * HOUR)
        assert (answers(), unread()) == ([], [body, body])

    def test_from_a_number_that_no_patient_has_it_is_words(self, booked):
        write("C", number="+12125550188")
        assert (answers(), unread()) == ([], ["C"])

    def test_among_several_it_is_the_one_that_the_last_text_was_about(self, clinic, booked):
        later = clinic.book(clinic.ana, at("2026-12-08"), now=TODAY + HOUR)
        dispatch(now=TODAY + HOUR)
        write("C", now=TODAY + 2 * HOUR)
        assert list(Appointment.objects.exclude(confirmed_at=None)) == [later]
        assert answers() == ["thank you, see you Tue, Dec 8 at 1:00 PM."]

    def test_on_a_shared_number_too(self, clinic, booked):
        clinic.chloe.phone = clinic.ana.phone
        clinic.chloe.save()
        hers = clinic.book(clinic.consents(clinic.chloe, "sms"), at("2026-11-04"), now=TODAY + HOUR)
        dispatch(now=TODAY + HOUR)
        write("R", now=TODAY + 2 * HOUR)
        assert list(Appointment.objects.exclude(move_requested_at=None)) == [hers]
        assert len(unread()) == 2  # with both, as all that comes from that number
        assert len(answers()) == 1

    def test_where_the_last_text_was_about_none_of_several_somebody_reads_it(self, clinic, booked):
        clinic.book(clinic.ana, at("2026-12-08"), now=TODAY + HOUR)
        dispatch(now=TODAY + HOUR)
        write("HELP", now=TODAY + 2 * HOUR)
        Message.objects.filter(dedupe_key__startswith="help-").update(status="accepted")
        CareMessage.objects.filter(message__dedupe_key__startswith="help-").update(appointment=None)
        write("C", now=TODAY + 2 * HOUR + MINUTE)
        assert not Appointment.objects.exclude(confirmed_at=None).exists()
        assert unread() == ["C"]


class TestAboutAnOffer:
    @pytest.fixture
    def offer(self, clinic) -> Offer:
        scheduling.wait(
            patient=clinic.consents(clinic.ana),
            treatment=clinic.face,
            location=clinic.location,
            first_on=date(2026, 10, 26),
            last_on=date(2026, 11, 9),
            now=TODAY,
        )
        scheduling.cancel(clinic.book(clinic.ben), reason="ill", now=TODAY)
        assert scheduling.offer_openings(TODAY) == 1
        dispatch(now=TODAY)
        return Offer.objects.get()

    def test_1_takes_it_and_one_text_says_so(self, clinic, offer):
        write("1", now=TODAY + MINUTE)
        [booked] = Appointment.objects.coming()
        assert (booked.patient, booked.starts_at, booked.confirmed_at) == (clinic.ana, FIRST, TODAY + MINUTE)
        assert answers() == [f"you are booked for Tue, Nov 3 at 1:00 PM. To move it, reply R or call {PHONE}."]
        assert [message.reason for message in outbox("cancelled", caremessage__kind="confirmation")] == [
            "the appointment is confirmed",
            "the answer to the patient's text says it",
        ]
        assert [line.kind for line in ledger(appointment=booked, message__status="scheduled")] == ["confirmation", "reminder", "reminder"]
        assert unread() == []
        said = [(line.kind, line.message.reason) for line in thread_of(clinic.ana, TODAY + MINUTE).lines if line.message]
        assert said == [("offer", ""), ("confirmation", "")]  # and not the one that it stands for

    def test_that_text_is_her_confirmation(self, clinic, offer):
        write("1", now=TODAY + MINUTE)
        dispatch(now=TODAY + MINUTE)
        [booked] = Appointment.objects.coming()
        scheduling.cancel(booked, reason="ill", now=TODAY + HOUR)
        assert outbox()[-1].body.startswith("Maple Street Clinic: your session on Tue, Nov 3 at 1:00 PM is cancelled.")

    def test_1_again_says_it_again(self, clinic, offer):
        write("1", now=TODAY + MINUTE)
        write("1", now=TODAY + 2 * MINUTE)
        assert len(answers()) == 2
        assert Appointment.objects.coming().count() == 1
        assert unread() == []
        assert {line.answers for line in ledger(reply__isnull=False)} == {ledger(kind="offer")[0]}

    def test_1_again_once_it_is_moved_tells_nothing_before_the_news(self, clinic, offer):
        write("1", now=TODAY + MINUTE)
        dispatch(now=TODAY + MINUTE)
        scheduling.move(Appointment.objects.coming().get(), starts_at=FIRST + DAY, now=TODAY + 2 * MINUTE)
        write("1", now=TODAY + 3 * MINUTE)
        assert (answers(), unread()) == ([], ["1"])
        [news, *_reminders] = outbox()
        assert (news.send_at, "is moved to Wed, Nov 4" in news.body) == (TODAY + 5 * MINUTE, True)

    def test_late_it_is_hers_while_it_is_free(self, clinic, offer):
        scheduling.offer_openings(TODAY + HOUR)
        offer.refresh_from_db()
        assert offer.outcome == "expired"
        write("1", now=TODAY + 2 * HOUR)
        assert [booked.patient for booked in Appointment.objects.coming()] == [clinic.ana]

    def test_gone_she_is_told_and_stays_on_the_list(self, clinic, offer):
        clinic.book(clinic.chloe, now=TODAY + MINUTE)
        write("1", now=TODAY + 2 * MINUTE)
        assert answers() == ["sorry, Tue, Nov 3 at 1:00 PM is no longer free. You stay on the waitlist."]
        offer.refresh_from_db()
        assert (offer.outcome, offer.entry.status) == ("lost", "waiting")
        assert unread() == []

    def test_2_passes_it_on(self, offer):
        write("2", now=TODAY + MINUTE)
        offer.refresh_from_db()
        assert (offer.outcome, offer.entry.status) == ("declined", "waiting")
        assert answers() == ["all right, we'll offer it to somebody else. You stay on the waitlist."]
        assert unread() == []

    def test_off_the_list_meanwhile_somebody_reads_it(self, offer):
        scheduling.withdraw(offer.entry, now=TODAY + MINUTE)
        write("1", now=TODAY + 2 * MINUTE)
        assert (answers(), unread()) == ([], ["1"])
        assert not Appointment.objects.coming().exists()

    def test_about_a_time_that_is_past_somebody_reads_it(self, offer):
        write("1", now=FIRST + MINUTE)
        assert (answers(), unread()) == ([], ["1"])

    @pytest.mark.parametrize(("body", "outcome"), [("take", "accepted"), ("TOMO.", "accepted"), ("Pass", "declined"), ("paso", "declined")])
    def test_words_take_it_or_pass_too(self, offer, body, outcome):
        write(body, now=TODAY + MINUTE)
        offer.refresh_from_db()
        assert (offer.outcome, unread()) == (outcome, [])
        assert len(ledger(reason=f"an answer to “{body.upper().rstrip('.')}”")) == 1

    def test_with_two_offers_at_one_number_somebody_reads_it(self, clinic, offer):
        clinic.chloe.phone = clinic.ana.phone
        clinic.chloe.save()
        clinic.consents(clinic.chloe, "sms")
        scheduling.wait(
            patient=clinic.chloe,
            treatment=clinic.face,
            location=clinic.location,
            first_on=date(2026, 10, 26),
            last_on=date(2026, 11, 9),
            now=TODAY,
        )
        scheduling.cancel(clinic.book(clinic.ben, FIRST + 2 * HOUR), reason="ill", now=TODAY)
        scheduling.offer_openings(TODAY + MINUTE)
        assert Offer.objects.filter(outcome="open").count() == 2
        write("1", now=TODAY + 2 * MINUTE)
        assert answers() == []
        assert not Appointment.objects.coming().exists()

    def test_from_another_number_it_is_words(self, clinic, offer):
        write("1", number="+12125550102")
        assert (answers(), unread()) == ([], ["1"])


class TestWhereACheckInAsksForANumberToo:
    """A 2 that says “unsure” is never taken for “I pass”, nor is a time ever taken by a 1 that says “fine”: whichever was asked first."""

    WHICH = (
        f"does your answer say how you are? Then tell us in a few words, or call {PHONE}. About the time that is free, reply TAKE or PASS."
    )
    SOON = (
        f"thank you for telling us. Someone from our team will get back to you. If it gets worse, don't wait: call {PHONE}. "
        "If it is an emergency, call 911."
    )

    @pytest.fixture
    def asked(self, clinic) -> Callable[..., CareMessage]:
        clinic.consents(clinic.ana)

        def check_in(at_=TODAY) -> CareMessage:
            text = {"dedupe_key": "check-in", "channel": "sms", "address": "+12125550101", "body": "1, 2 or 3?", "status": "accepted"}
            message = Message.objects.create(**text, send_at=at_, due_at=at_, expires_at=at_ + DAY)
            return CareMessage.objects.create(patient=clinic.ana, kind="check_in", channel="sms", planned_for=at_, message=message)

        return check_in

    @pytest.fixture
    def offered(self, clinic) -> Callable[..., Offer]:
        clinic.consents(clinic.ana)
        days = {"first_on": date(2026, 10, 26), "last_on": date(2026, 11, 9)}
        scheduling.wait(patient=clinic.ana, treatment=clinic.face, location=clinic.location, now=TODAY, **days)
        scheduling.cancel(clinic.book(clinic.ben), reason="ill", now=TODAY)

        def offer(at_=TODAY) -> Offer:
            assert scheduling.offer_openings(at_) == 1
            dispatch(now=at_)
            return Offer.objects.get()

        return offer

    @pytest.fixture(params=["the check-in first", "the offer first"])
    def both(self, request, asked, offered) -> tuple[CareMessage, Offer]:
        if request.param == "the check-in first":
            return asked(), offered(TODAY + 5 * MINUTE)
        offer = offered()
        return asked(TODAY + 5 * MINUTE), offer

    def stands(self, offer: Offer) -> bool:
        offer.refresh_from_db()
        return offer.outcome == "open" and not Appointment.objects.coming().exists()

    @pytest.mark.parametrize("body", ["1", "(1)", "1 please", "One!", "#1", "Answer: 1", "opción 1"])
    def test_a_1_is_neither_and_she_is_asked_which(self, both, body):
        write(body, now=TODAY + 7 * MINUTE)
        assert self.stands(both[1])
        assert (answers(), unread()) == ([self.WHICH], [body])
        assert ledger(reply__isnull=False)[0].answers is None
        assert not Concern.objects.exists()

    @pytest.mark.parametrize("body", ["2", "2.", "2 please", "Two"])
    def test_a_2_is_a_concern_and_she_hears_how_to_pass(self, both, body):
        check_in, offer = both
        write(body, now=TODAY + 7 * MINUTE)
        assert self.stands(offer)
        assert (answers(), unread()) == ([f"{self.SOON} About the time that is free, reply TAKE or PASS."], [body])
        assert [(concern.severity, concern.said) for concern in Concern.objects.all()] == [("soon", body)]
        assert len(ledger(reason="an answer to a number that may mean the check-in or the time that was offered")) == 1
        assert ledger(reply__isnull=False)[0].answers == check_in

    def test_control_without_a_look_at_the_check_in_it_would_be_taken_for_i_pass(self, asked, offered, monkeypatch):
        asked()
        offer = offered(TODAY + 5 * MINUTE)
        monkeypatch.setattr(answering, "check_in_of", lambda *about: None)
        write("2", now=TODAY + 7 * MINUTE)
        assert not self.stands(offer)
        assert not Concern.objects.exists()

    @pytest.mark.parametrize("body", ["3", "2 and it bleeds a lot", "I am worried about it"])
    def test_what_can_only_be_about_her_skin_is(self, both, body):
        write(body, now=TODAY + 7 * MINUTE)
        assert self.stands(both[1])
        assert Concern.objects.get().said == body
        assert ["TAKE" in answer for answer in answers()] == [False]

    def test_fine_in_words_is_fine(self, both):
        write("all fine, thank you", now=TODAY + 7 * MINUTE)
        assert self.stands(both[1])
        assert (answers(), unread()) == ([f"thank you for telling us. If anything changes or worries you, call {PHONE}."], [])

    @pytest.mark.parametrize(("body", "outcome"), [("TAKE", "accepted"), ("paso", "declined")])
    def test_asked_which_she_takes_it_or_passes(self, both, body, outcome):
        write("1", now=TODAY + 7 * MINUTE)
        write(body, now=TODAY + 8 * MINUTE)
        both[1].refresh_from_db()
        assert (both[1].outcome, len(answers()), unread()) == (outcome, 2, ["1"])
        assert not Concern.objects.exists()

    def test_in_spanish(self, clinic, both):
        clinic.ana.language = "es"
        clinic.ana.save()
        write("1", now=TODAY + 7 * MINUTE)
        assert answers() == [
            f"¿su respuesta dice qué tal sigue? Escriba unas palabras o llame al {PHONE}. Sobre el horario libre, responda TOMO o PASO."
        ]

    @pytest.mark.parametrize(
        ("language", "how"), [("en", "Answer TAKE within 15 minutes to take it, PASS to pass."), ("es", "responda TOMO")]
    )
    def test_where_a_check_in_was_first_the_offer_itself_asks_for_words(self, clinic, asked, offered, language, how):
        clinic.ana.language = language
        clinic.ana.save()
        asked()
        offered(TODAY + 5 * MINUTE)
        assert how in Message.objects.get(caremessage__kind="offer").body

    def test_who_shares_the_number_may_be_the_one_who_was_offered_it(self, clinic, both):
        check_in, offer = both
        CareMessage.objects.filter(pk=check_in.pk).update(patient=clinic.chloe)
        clinic.chloe.phone = clinic.ana.phone
        clinic.chloe.save()
        write("2", now=TODAY + 7 * MINUTE)
        assert self.stands(offer)
        assert [concern.patient for concern in Concern.objects.all()] == [clinic.chloe]

    def test_what_was_answered_or_over_before_the_check_in_went_out_is_not_meant_any_more(self, asked, offered):
        offer = offered()
        write("2", now=TODAY + MINUTE)
        check_in = asked(TODAY + 5 * MINUTE)
        write("1", now=TODAY + 7 * MINUTE)
        offer.refresh_from_db()
        assert (offer.outcome, unread(), "TAKE" in answers()[-1]) == ("declined", [], False)
        assert ledger(reply__body="1")[0].answers == check_in

    def test_nor_is_one_that_she_let_go_by(self, asked, offered):
        offered()
        scheduling.offer_openings(TODAY + HOUR)
        asked(TODAY + HOUR)
        write("1", now=TODAY + 2 * HOUR)
        assert (unread(), len(answers()), "TAKE" in answers()[0]) == ([], 1, False)
        assert not Appointment.objects.coming().exists()

    def test_long_after_the_check_in_an_offer_has_the_numbers_to_itself(self, asked, offered):
        asked(TODAY - 4 * DAY)
        offer = offered()
        write("1", now=TODAY + MINUTE)
        offer.refresh_from_db()
        assert (offer.outcome, unread()) == ("accepted", [])


def test_1_without_any_offer_is_words(clinic, booked):
    write("1")
    assert (answers(), unread()) == ([], ["1"])
