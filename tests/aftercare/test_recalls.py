"""Patients who are due are asked back: each once, in her day, and no more once she has booked or doesn't want it."""

from datetime import date, timedelta
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from aftercare import services
from aftercare.domain.recalls import WhyNot
from aftercare.models import CareMessage, Concern
from aftercare.services.recalls import telling
from aftercare.tasks import wake_recalls
from aftercare.views.meaning import means
from notifications.models import Alarm, Message
from notifications.services import receive_reply, suppress
from scheduling import services as scheduling
from scheduling.domain.outcomes import Outcome
from scheduling.models import Appointment, Location, Patient, RecallAction, Standing
from scheduling.services.recalls import differences
from tests.clinic_world import FIRST, Clinic, at, ledger, local, outbox, patient, wait_until, waiting_for_a_lock
from tests.processes import running
from tests.staff import member
from tests.test_story import WORKER

DUE = at("2026-12-15", "11:00")  # of Ana's next session, six weeks after FIRST
MINUTE = timedelta(minutes=1)


@pytest.fixture
def due(clinic: Clinic) -> Clinic:
    return treat_them(clinic)


def treat_them(clinic: Clinic) -> Clinic:
    """Ana agreed to texts and emails about what is due, Ben to emails, Chloe to none. All were treated on the same day."""
    clinic.agrees_to_recalls(clinic.ana, channels=("sms", "email"))
    clinic.agrees_to_recalls(clinic.ben, channels=("email",))
    for hours, who in enumerate((clinic.ana, clinic.ben, clinic.chloe)):
        clinic.treat(who, FIRST - timedelta(hours=2 * hours))
    return clinic


def want(*patients, now=DUE, by=None):
    return services.want_recalls([patient.pk for patient in patients], by=by, now=now)


def recalls(*, status="scheduled", **about) -> list[Message]:
    return outbox(status, caremessage__kind="recall", **about)


def made(patient) -> list[tuple[str, str, str]]:
    return [(one.way, one.outcome, one.reason) for one in RecallAction.objects.filter(patient=patient).order_by("pk")]


class TestByHand:
    def test_a_text_to_whoever_agreed_to_texts_an_email_to_whoever_didnt_and_nothing_without_consent(self, due):
        wanted = want(due.ana, due.ben, due.chloe)
        assert (wanted.by("sms"), wanted.by("email"), wanted.later) == (1, 1, 0)
        assert dict(wanted.not_told) == {WhyNot.NO_CONSENT: 1}
        assert services.tell_recalls(DUE) is False

        text, email = recalls()
        assert (text.channel, text.address) == ("sms", "+12125550101")
        assert text.body == (
            "Maple Street Clinic: it's time to plan your next session. Reply BOOK and we'll call you, or call (212) 555-0100."
            " Reply STOP to opt out."
        )
        assert (email.channel, email.address, email.subject) == ("email", "ben2@example.org", "It's time to plan your next session")
        assert "/emails/" in email.unsubscribe_url
        assert {(message.send_at, message.expires_at) for message in (text, email)} == {(DUE, DUE + timedelta(hours=8))}
        assert [(line.patient, line.recall_action.wording) for line in ledger(kind="recall")] == [(due.ana, "next-1"), (due.ben, "next-1")]
        assert Standing.objects.get(patient=due.ana).attempts == 1
        assert Standing.objects.get(patient=due.chloe).attempts == 0
        assert list(differences()) == []

    def test_of_maintenance_it_says_something_else_in_her_language(self, due):
        due.ana.language = "es"
        due.ana.save()
        now = at("2027-06-10", "11:00")
        for day in ("2026-12-01", "2027-01-05"):
            due.treat(due.ana, at(day))
        assert dict(want(due.ana, now=now - timedelta(days=60)).not_told) == {WhyNot.NOT_YET_DUE: 1}
        want(due.ana, now=now)
        services.tell_recalls(now)
        assert recalls()[0].body == (
            "Maple Street Clinic: ya es tiempo de volver a verle. Responda CITA y le llamamos, o llame al (212) 555-0100."
            " Responda STOP para salir."
        )
        assert RecallAction.objects.get().wording == "maintenance-1"

    def test_nobody_is_asked_back_in_the_days_after_a_session(self, due):
        """She stands in the report from then on, so “all that match” has her, too."""
        for days in (41, 31):
            assert dict(want(due.ana, now=DUE - timedelta(days=days)).not_told) == {WhyNot.NOT_YET_DUE: 1}
        assert not RecallAction.objects.exists()
        assert want(due.ana, now=DUE - timedelta(days=30)).number == 1

    def test_wanted_twice_it_goes_once_and_the_second_press_says_so(self, due):
        want(due.ana)
        assert dict(want(due.ana).not_told) == {WhyNot.WAITS: 1}
        services.tell_recalls(DUE)
        services.tell_recalls(DUE)
        assert len(recalls()) == 1
        assert dict(want(due.ana, now=DUE + timedelta(hours=5)).not_told) == {WhyNot.HAD_ONE: 1}

    def test_at_night_it_waits_for_ten_in_her_morning(self, due):
        """It is one in the afternoon in Tokyo, and eleven in the evening in New York."""
        night = at("2026-12-15", "23:00")
        due.ben.time_zone = "Asia/Tokyo"
        due.ben.save()
        wanted = want(due.ana, due.ben, now=night)
        assert (wanted.number, wanted.later) == (2, 1)
        services.tell_recalls(night)
        assert [message.address for message in recalls()] == ["ben2@example.org"]
        services.tell_recalls(at("2026-12-16", "09:59"))
        assert len(recalls()) == 1
        services.tell_recalls(at("2026-12-16", "10:00"))
        assert [message.address for message in recalls()] == ["ben2@example.org", "+12125550101"]

    def test_late_in_the_day_it_is_of_use_until_her_quiet_hours_begin(self, due):
        evening = at("2026-12-15", "19:30")
        want(due.ana, now=evening)
        services.tell_recalls(evening)
        assert local(recalls()[0].expires_at) == "Tue 15 Dec 21:00"

    def test_three_for_a_session_and_never_two_on_a_day_of_hers(self, due):
        for days in range(3):
            now = DUE + timedelta(days=days)
            want(due.ana, now=now)
            services.tell_recalls(now)
        assert dict(want(due.ana, now=DUE + timedelta(days=3)).not_told) == {WhyNot.HAD_ENOUGH: 1}
        assert Standing.objects.get(patient=due.ana).attempts == 3
        # Only the first says how to stop.
        assert [message.body.endswith("Reply STOP to opt out.") for message in recalls()] == [True, False, False]

    def test_whoever_nobody_knows_is_counted_and_told_nothing(self, due):
        wanted = services.want_recalls([due.ana.pk, 999_999], by=None, now=DUE)
        assert (wanted.number, dict(wanted.not_told)) == (1, {WhyNot.NOT_ASKED_BACK: 1})

    def test_what_is_foreseen_is_what_happens_and_foreseeing_writes_nothing(self, due):
        patients = [due.ana.pk, due.ben.pk, due.chloe.pk]
        foreseen = services.foresee_recalls(patients, now=DUE)
        assert not RecallAction.objects.exists()
        assert foreseen == services.want_recalls(patients, by=None, now=DUE)

    @pytest.fixture
    def crowd(self, clinic) -> Clinic:
        """Five who are sent a recall at the same moment."""
        crowd = [patient("Pat Pending", 100 + number) for number in range(5)]
        clinic.agrees_to_recalls(*crowd)
        for day, who in enumerate(crowd):
            clinic.treat(who, at("2026-11-02", "13:00") - timedelta(days=day))
        assert want(*crowd).number == 5
        return clinic

    def told_by(self, now) -> int:
        assert services.tell_recalls(now) is False
        told = len(recalls())
        Message.objects.filter(caremessage__kind="recall").update(status="delivered")
        return told

    def test_control(self, crowd):
        assert self.told_by(DUE) == 5

    def test_where_texts_leave_at_a_rate_no_more_are_queued_than_leave_within_a_minute(self, crowd, settings):
        settings.SMS_PER_SECOND, settings.RECALLS_EVERY_SECONDS = 0.05, 60
        services.tell_recalls(DUE)
        assert [self.told_by(DUE + minutes * MINUTE) for minutes in (1, 2, 3)] == [3, 2, 0]

    def test_half_of_the_days_cap_is_left_to_texts_about_somebodys_care(self, crowd, settings):
        settings.SMS_DAILY_CAP = 4
        tomorrow = DUE + timedelta(days=1)
        assert [self.told_by(now) for now in (DUE, DUE + 60 * MINUTE, tomorrow, tomorrow + 60 * MINUTE)] == [2, 0, 2, 0]

    def test_after_an_outage_of_more_than_three_days_it_isnt_sent(self, due):
        want(due.ana)
        services.tell_recalls(DUE + timedelta(days=3, minutes=1))
        assert made(due.ana) == [("sms", "not_told", "couldn't be sent in time")]
        assert recalls() == []


class TestItStops:
    """What waits and what is queued; of each there is the control that nothing else had stopped it."""

    @pytest.fixture(params=["waits", "queued"])
    def on_its_way(self, due, request) -> Clinic:
        want(due.ana)
        if request.param == "queued":
            services.tell_recalls(DUE)
            assert len(recalls()) == 1
        return due

    @pytest.fixture
    def missed(self, due) -> Appointment:
        """Yesterday's, which nobody has completed, so that she is asked back, too."""
        appointment = due.book(due.ana, at("2026-12-14", "11:00"), now=at("2026-12-10"))
        want(due.ana)
        services.tell_recalls(DUE)
        assert len(recalls()) == 1
        return appointment

    def told_nothing(self, clinic: Clinic, reason: str) -> bool:
        services.tell_recalls(DUE + MINUTE)
        stands = Standing.objects.filter(patient=clinic.ana).order_by("stands_from").last()
        why = [(outcome, why) for _, outcome, why in made(clinic.ana)]
        return (recalls(), why, stands.attempts) == ([], [("not_told", reason)], 0)

    def test_control(self, on_its_way):
        services.tell_recalls(DUE + MINUTE)
        assert [(outcome, why) for _, outcome, why in made(on_its_way.ana)] == [("told", "")]
        assert len(recalls()) == 1

    def test_once_something_is_booked(self, on_its_way):
        on_its_way.book(on_its_way.ana, at("2026-12-22"), now=DUE)
        assert self.told_nothing(on_its_way, "something was booked")

    def test_once_she_says_stop(self, on_its_way):
        suppress("sms", "+12125550101", reason="STOP", now=DUE)
        assert self.told_nothing(on_its_way, "STOP by text")

    def test_once_her_consent_is_withdrawn(self, on_its_way):
        services.withdraw_consent(on_its_way.ana, "recall", "sms", source="front desk", now=DUE)
        assert self.told_nothing(on_its_way, "consent was withdrawn")

    @pytest.mark.parametrize(("outcome", "reason"), [("declined", "moves away"), ("agreed", ""), ("call_later", "")])
    def test_once_she_says_so_on_the_phone(self, on_its_way, outcome, reason):
        session = RecallAction.objects.get().session_id
        user = member("Manager")
        scheduling.log_call(on_its_way.ana, Outcome(outcome), session=session, reason=reason, by=user, now=DUE)
        services.tell_recalls(DUE + MINUTE)
        assert recalls() == []
        assert [one for _, one, _ in made(on_its_way.ana)] == ["not_told", outcome]

    def test_once_she_is_snoozed(self, on_its_way):
        scheduling.snooze([on_its_way.ana.pk], until=date(2027, 1, 10), by=member("Manager"), now=DUE)
        services.tell_recalls(DUE + MINUTE)
        assert (recalls(), [one for _, one, _ in made(on_its_way.ana)]) == ([], ["not_told", "snoozed"])
        assert list(differences()) == []

    def test_consent_for_her_care_is_another_matter(self, on_its_way):
        on_its_way.consents(on_its_way.ana, "sms")
        services.withdraw_consent(on_its_way.ana, "care", "sms", source="front desk", now=DUE)
        services.tell_recalls(DUE + MINUTE)
        assert len(recalls()) == 1

    def test_what_is_booked_behind_our_back_is_found_when_it_is_to_be_told(self, due, monkeypatch):
        monkeypatch.setattr("aftercare.receivers.services.stop_recalls", lambda *args, **kwargs: 0)
        want(due.ana)
        due.book(due.ana, at("2026-12-22"), now=DUE)
        services.tell_recalls(DUE)
        assert made(due.ana) == [("sms", "not_told", "booked already")]

    def test_once_a_session_that_was_missed_is_moved_to_a_day_to_come(self, missed):
        scheduling.move(missed, starts_at=at("2026-12-22", "11:00"), now=DUE + MINUTE)
        assert (recalls(), made(missed.patient)) == ([], [("sms", "not_told", "something was booked")])

    def test_once_yesterdays_patient_is_marked_as_arrived(self, missed):
        scheduling.arrive(missed, now=DUE + MINUTE)
        assert (recalls(), made(missed.patient)) == ([], [("sms", "not_told", "the patient is here")])

    def test_once_a_no_show_comes_after_all(self, due):
        late = due.book(due.ana, DUE - timedelta(hours=1), now=at("2026-12-10"))
        scheduling.mark_no_show(late, now=DUE - 30 * MINUTE)
        want(due.ana)
        services.tell_recalls(DUE)
        assert len(recalls()) == 1
        scheduling.arrive(late, now=DUE + MINUTE)
        assert (recalls(), made(due.ana)) == ([], [("sms", "not_told", "the patient is here")])
        assert list(differences()) == []

    def test_once_yesterdays_session_is_completed(self, missed):
        scheduling.complete(missed, completed_at=at("2026-12-14", "11:40"), now=DUE + MINUTE)
        assert (recalls(), made(missed.patient)) == ([], [("sms", "not_told", "the patient came back")])

    def test_until_a_session_of_another_treatment_is_over(self, due):
        """The text doesn't say which one it is about."""
        due.book(due.ana, at("2026-12-16", "11:00"), now=at("2026-12-10"), treatment=due.scalp)
        assert dict(want(due.ana).not_told) == {WhyNot.BOOKED: 1}
        assert not RecallAction.objects.exists()
        assert want(due.ana, now=at("2026-12-16", "12:30")).number == 1

    def test_a_session_of_this_evening_where_the_clinic_has_tomorrow_already(self, clinic):
        """Half past midnight in New York is half past seven in Honolulu, where she is expected at a quarter to eight."""
        Location.objects.update(time_zone="Pacific/Honolulu")
        clinic.room.location.refresh_from_db()
        clinic.ana.time_zone = "Pacific/Honolulu"
        clinic.ana.save()
        clinic.agrees_to_recalls(clinic.ana)
        clinic.treat(clinic.ana, at("2026-11-02", "11:00", "Pacific/Honolulu"))
        clinic.book(clinic.ana, at("2026-12-15", "19:45", "Pacific/Honolulu"), now=at("2026-12-10"))
        assert dict(want(clinic.ana, now=at("2026-12-16", "00:30")).not_told) == {WhyNot.BOOKED: 1}
        assert not RecallAction.objects.exists()

    def test_an_urgent_concern_goes_first(self, due):
        want(due.ana)
        services.raise_concern(patient=due.ana, severity=Concern.Severity.URGENT, said="It is bleeding", now=DUE)
        services.tell_recalls(DUE)
        assert made(due.ana) == [("sms", "not_told", "an urgent concern is open")]


class TestWhatComesToNothing:
    @pytest.mark.parametrize(
        ("status", "reason", "outcome"),
        [
            ("failed", "the number doesn't exist", "not_told"),
            ("undelivered", "", "not_told"),
            ("expired", "its time passed", "not_told"),
            ("delivered", "", "told"),
            ("failed", "it may have been sent: please check with the patient", "told"),
        ],
    )
    def test_it_counts_as_an_attempt_only_if_it_may_have_reached_her(self, due, status, reason, outcome):
        want(due.ana)
        services.tell_recalls(DUE)
        Message.objects.update(status=status, reason=reason)
        assert services.settle_recalls(DUE + MINUTE) == (outcome == "not_told")
        assert [one for _, one, _ in made(due.ana)] == [outcome]
        assert Standing.objects.get(patient=due.ana).attempts == (outcome == "told")
        assert list(differences()) == []

    def test_where_texts_dont_arrive_the_next_one_is_an_email(self, due):
        for days in range(3):
            want(due.ana, now=DUE + timedelta(days=days))
            services.tell_recalls(DUE + timedelta(days=days))
            Message.objects.filter(channel="sms").update(status="undelivered")
            services.settle_recalls(DUE + timedelta(days=days))
        assert [way for way, _, _ in made(due.ana)] == ["sms", "sms", "email"]


def unlocked(patient, now):
    return RecallAction.objects.filter(patient=patient, outcome="waiting")


class TestTwoAtOnce:
    @pytest.fixture
    def due(self, committed_clinic):
        return treat_them(committed_clinic)

    @pytest.mark.parametrize("is_guarded", [True, False])
    def test_whoever_is_being_booked_is_passed_over_and_told_nothing_afterwards(self, due, at_once, monkeypatch, is_guarded):
        """The booking isn't committed yet when a worker looks. Without the locks, which is the control, it tells her to book."""
        if not is_guarded:
            monkeypatch.setattr(telling, "_held", lambda pk: Patient.objects.get(pk=pk))
            monkeypatch.setattr(telling, "_waiting", unlocked)
        want(due.ana)
        is_booked, told = Event(), Event()

        def book():
            with transaction.atomic():
                due.book(due.ana, at("2026-12-22"), now=DUE)
                is_booked.set()
                wait_until(lambda: told.is_set() or waiting_for_a_lock())

        def tell():
            is_booked.wait(20)
            services.tell_recalls(DUE)
            told.set()

        assert at_once([book, tell]) == [None, None]
        services.tell_recalls(DUE + MINUTE)
        if is_guarded:
            assert (recalls(), made(due.ana)) == ([], [("sms", "not_told", "something was booked")])
        else:
            assert len(recalls()) == 1

    @pytest.mark.parametrize("is_guarded", [True, False])
    def test_what_the_policy_wanted_and_is_being_told_as_it_is_switched_off_goes(self, due, at_once, monkeypatch, is_guarded):
        """Without the lock, which is the control, it is taken back under the worker's hands, and an operator hears of a failure."""
        if not is_guarded:
            monkeypatch.setattr(telling, "_waiting", unlocked)
        services.set_recall_policy({"is_on": True}, now=DUE - timedelta(days=20))
        services.want_by_policy(at("2026-12-15", "08:00"))
        assert RecallAction.objects.filter(patient=due.ana, outcome="waiting").exclude(step=None).count() == 1
        usual, is_told, is_off = telling._tell, Event(), Event()

        def slowly(*args):
            is_told.set()
            assert is_off.wait(20)
            usual(*args)

        def switch_off():
            assert is_told.wait(20)
            services.set_recall_policy({"is_on": False}, now=DUE)
            is_off.set()

        monkeypatch.setattr(telling, "_tell", slowly)
        assert at_once([lambda: services.tell_recalls(DUE), switch_off]) == [False, None]
        alarms = list(Alarm.objects.values_list("code", flat=True))
        if is_guarded:
            assert (len(recalls()), alarms) == (1, [])
        else:
            assert (recalls(), alarms) == ([], [f"recall not told, patient {due.ana.pk}"])

    def test_four_workers_tell_forty_patients_each_once(self, due, at_once):
        crowd = [patient("Pat Pending", 100 + number) for number in range(40)]
        due.agrees_to_recalls(*crowd)
        for day, who in enumerate(crowd):
            due.treat(who, at("2026-11-02", "13:00") - timedelta(days=day))
        assert want(*crowd).by("sms") == 40
        assert at_once([lambda: services.tell_recalls(DUE)] * 4) == [False] * 4
        services.tell_recalls(DUE)
        assert sorted(message.address for message in recalls()) == sorted(who.phone.as_e164 for who in crowd)
        assert set(RecallAction.objects.values_list("outcome", flat=True)) == {"told"}
        assert list(differences()) == []

    def test_two_presses_at_the_same_moment_make_one_recall(self, due, at_once):
        at_once([lambda: want(due.ana, due.ben)] * 2)
        assert RecallAction.objects.count() == 2


class TestAnswers:
    LATER = DUE + timedelta(hours=2)

    @pytest.fixture
    def told(self, due) -> Clinic:
        want(due.ana)
        services.tell_recalls(DUE)
        Message.objects.filter(caremessage__kind="recall").update(status="delivered", accepted_at=DUE)
        return due

    def writes(self, body: str, now=LATER) -> None:
        receive_reply("sms", "+12125550101", body, provider_id=f"SM{body}{now}", now=now)

    @pytest.mark.parametrize("body", ["BOOK", "book.", "Cita"])
    def test_book_asks_to_be_called_and_is_for_the_desk_to_read(self, told, body):
        self.writes(body)
        assert RecallAction.objects.get().answered_at == self.LATER
        (answer,) = outbox(caremessage__kind="reply")
        assert answer.body == "Maple Street Clinic: thank you. We'll call you to find a time. Or call us: (212) 555-0100."
        (line,) = CareMessage.objects.to_read()
        assert (line.patient, line.answers.kind) == (told.ana, "recall")
        assert means(line, line.zone) == "Asks to be called about a time."

    def test_other_words_answer_it_too_the_first_ones_count(self, told):
        self.writes("Do you have a Friday?")
        self.writes("Or a Monday?", now=self.LATER + MINUTE)
        assert RecallAction.objects.get().answered_at == self.LATER
        assert [means(line, line.zone) for line in CareMessage.objects.to_read()] == ["Written after the recall of Tue, Dec 15."] * 2

    def test_a_stop_is_no_answer(self, told):
        self.writes("STOP")
        assert RecallAction.objects.get().answered_at is None

    def test_after_something_else_words_dont_answer_it_but_book_does(self, told):
        told.consents(told.ana, "sms")
        told.book(told.ana, at("2026-12-22"), now=DUE + MINUTE)
        Message.objects.filter(caremessage__kind="confirmation").update(status="delivered", send_at=DUE + MINUTE)
        self.writes("Where do I park?")
        assert RecallAction.objects.get().answered_at is None
        self.writes("BOOK")
        assert RecallAction.objects.get().answered_at == self.LATER

    def test_book_without_a_recall_is_words(self, due):
        self.writes("BOOK")
        assert outbox(caremessage__kind="reply") == []
        assert CareMessage.objects.to_read().count() == 1


def test_with_every_part_real(committed_clinic, twilio, real_env, tmp_path):
    """A press wakes a worker through Redis: PostgreSQL, Celery and Twilio's SDK bring it to her, whatever the hour of this test."""
    clinic, log, now = committed_clinic, tmp_path / "worker.log", timezone.now()
    clinic.ana.time_zone = f"Etc/GMT{now.hour - 12:+d}"  # it is noon where she lives
    clinic.ana.save()
    clinic.agrees_to_recalls(clinic.ana)
    clinic.treat(clinic.ana, now - timedelta(days=42))
    with running(*WORKER, "--pool", "solo", env=real_env, log=log) as worker:
        wait_until(lambda: "ready." in log.read_text() or worker.poll() is not None, seconds=90)
        assert worker.poll() is None, log.read_text()
        services.want_recalls([clinic.ana.pk], by=None, now=timezone.now())
        wake_recalls()  # as the commit does, in a process that has a broker
        wait_until(lambda: twilio.texts_to("+12125550101") or worker.poll() is not None, seconds=60)
        assert worker.poll() is None, log.read_text()
    (text,) = twilio.texts_to("+12125550101")
    assert text.startswith("Maple Street Clinic: it's time to plan your next session. Reply BOOK")
    assert RecallAction.objects.get().outcome == "told"
    assert "2125550101" not in log.read_text()
