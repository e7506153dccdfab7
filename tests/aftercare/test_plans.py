"""What a completed session sets off, in the same transaction, and what becomes of it when the completion is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from aftercare.domain.reasons import NO_CONSENT
from aftercare.models import CareMessage, Plan, Protocol
from aftercare.services import draft_of, give_consent, load_protocol, protocol_for, reachable_by, start_plan, withdraw_consent
from aftercare.services.plans.starting import TOO_LATE
from aftercare.services.protocols.loading import read_protocol
from aftercare.services.telling.tellings import FALLBACK
from notifications.models import Message
from notifications.services import dispatch
from scheduling import services as scheduling
from scheduling.errors import IllegalMove
from scheduling.models import Appointment
from tests.clinic_world import FIRST, TODAY, WEEK, at, ledger, local, outbox
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)  # Tuesday 3 November, 14:00
HOUR = timedelta(hours=1)


def planned(kind: str | None = None) -> list[CareMessage]:
    return ledger(plan__isnull=False, **{"kind": kind} if kind else {})


class TestStarting:
    def test_a_completed_session_starts_the_whole_plan(self, clinic):
        session = clinic.treat(clinic.consents(clinic.ana))
        plan = Plan.objects.get()
        assert (plan.appointment, plan.completed_at, plan.stopped_at) == (session, END, None)
        assert plan.protocol.slug == "microneedling"

        doses = [local(line.planned_for) for line in planned("dose")]
        assert doses[:8] == [
            *("Tue 3 Nov 17:00", "Tue 3 Nov 20:00", "Tue 3 Nov 23:00"),
            *("Wed 4 Nov 02:00", "Wed 4 Nov 05:00", "Wed 4 Nov 08:00", "Wed 4 Nov 11:00", "Wed 4 Nov 14:00"),
        ]
        assert doses[8:10] == ["Wed 4 Nov 20:00", "Thu 5 Nov 08:00"]
        assert (len(doses), doses[-1]) == (22, "Wed 11 Nov 08:00")
        assert [(kind, len(planned(kind))) for kind in ("education", "check_in", "results")] == [
            ("education", 5),
            ("check_in", 3),
            ("results", 2),
        ]
        assert all(line.message.status == "scheduled" and line.message.send_at == line.planned_for for line in planned())

    def test_words_addresses_and_references_are_in_place(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        first, *_ = [line.message for line in planned("dose")]
        assert first.body == (
            "Maple Street Clinic: time for your hyaluronic acid serum (1 of 8). Clean hands, a thin layer."
            " Worried? Reply, or call (212) 555-0100. Reply STOP to opt out."
        )
        assert (first.channel, first.address, first.subject, first.html) == ("sms", "+12125550101", "", "")
        assert first.reference == f"patient-{clinic.ana.pk}"
        email = planned("education")[0].message
        assert (email.channel, email.address, email.subject) == ("email", "ana1@example.org", "Day 1: what you may see in the mirror")
        assert "(212) 555-0100" in email.body
        assert "(212) 555-0100" in email.html

    def test_no_text_of_hers_names_her_the_treatment_or_the_area(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        texts = [message.body.lower() for message in Message.objects.filter(channel="sms")]
        assert len(texts) > 20
        assert [text for text in texts if any(word in text for word in ("microneedling", "face", "ana ", "alvarez"))] == []

    def test_only_the_first_text_to_her_says_how_to_stop(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        clinic.treat(clinic.consents(clinic.ben), FIRST + 3 * HOUR)
        for patient in (clinic.ana, clinic.ben):
            assert self.hints(patient) == [True] + [False] * 24

    def test_a_text_that_goes_before_the_one_which_was_to_be_the_first_says_it_too(self, clinic):
        """A walk-in books her next session while she pays: the confirmation comes before the first dose."""
        clinic.treat(clinic.consents(clinic.ana))
        clinic.book(clinic.ana, at("2026-12-01"), now=END)
        assert self.hints(clinic.ana) == [True, True] + [False] * 26

    def hints(self, patient) -> list[bool]:
        texts = Message.objects.filter(channel="sms", status="scheduled", reference=f"patient-{patient.pk}").order_by("send_at", "pk")
        return ["Reply STOP to opt out." in text.body for text in texts]

    def test_the_first_day_of_a_patient_who_agreed_to_night_texts_knows_no_quiet_hours(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        nightly = [line.message for line in planned("dose")][:8]
        assert {(message.quiet_from, message.quiet_until) for message in nightly} == {(None, None)}
        rest = [line.message for line in planned() if line.message not in nightly]
        assert {(f"{message.quiet_from:%H:%M}", f"{message.quiet_until:%H:%M}") for message in rest} == {("21:00", "08:00")}

    def test_one_who_wants_quiet_nights_gets_the_nights_doses_in_one_text(self, clinic):
        clinic.ana.wants_quiet_nights = True
        clinic.ana.save()
        clinic.treat(clinic.consents(clinic.ana))
        doses = planned("dose")
        assert [local(line.planned_for) for line in doses][:6] == [
            *("Tue 3 Nov 17:00", "Tue 3 Nov 20:00", "Tue 3 Nov 20:30"),
            *("Wed 4 Nov 08:00", "Wed 4 Nov 11:00", "Wed 4 Nov 14:00"),
        ]
        assert doses[2].message.body == (
            "Maple Street Clinic: your hyaluronic acid serum tonight, only if you are awake: at about 11:00 PM, 2:00 AM and 5:00 AM, "
            "then at 8:00 AM. Worried? Reply, or call (212) 555-0100."
        )
        assert all(line.message.quiet_from for line in planned())

    def test_a_session_that_was_brought_forward_counts_from_its_real_end(self, clinic):
        here = scheduling.arrive(clinic.book(clinic.consents(clinic.ana)), now=FIRST - 3 * HOUR)
        scheduling.complete(here, now=FIRST - 2 * HOUR)
        assert local(planned("dose")[0].planned_for) == "Tue 3 Nov 14:00"
        assert outbox(caremessage__kind="reminder") == []
        assert [len([line for line in planned("dose") if slug in line.key]) for slug in ("serum-day", "serum-week")] == [8, 14]

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            (
                "en",
                "time for your hyaluronic acid serum. Tonight, only if you are awake: at about 11:30 PM, 2:30 AM and 5:30 AM, then at "
                "8:30 AM. Worried? Reply, or call (212) 555-0100.",
            ),
            (
                "es",
                "es hora de su sérum hialuronico. Esta noche, solo si no duerme: 11:30 PM, 2:30 AM y 5:30 AM, y luego a las 8:30 AM. "
                "¿Dudas? Responda o llame al (212) 555-0100.",
            ),
        ],
    )
    def test_a_dose_at_that_very_time_is_told_in_the_same_text(self, clinic, language, said):
        clinic.ana.wants_quiet_nights, clinic.ana.language = True, language
        clinic.ana.save()
        clinic.treat(clinic.consents(clinic.ana), FIRST + HOUR / 2)
        doses = planned("dose")
        assert [local(line.planned_for)[-5:] for line in doses][:4] == ["17:30", "20:30", "08:30", "11:30"]
        assert doses[1].message.body == f"Maple Street Clinic: {said}"

    def test_spanish(self, clinic):
        clinic.ana.language = "es"
        clinic.ana.save()
        clinic.treat(clinic.consents(clinic.ana))
        assert planned("dose")[0].message.body == (
            "Maple Street Clinic: es hora de su sérum hialuronico (1 de 8). Manos limpias, capa fina. "  # an accent less, or three segments
            "¿Dudas? Responda o llame al (212) 555-0100. Responda STOP para salir."
        )
        assert "Llámenos de inmediato" in planned("education")[0].message.body

    def test_her_own_time_zone_decides_about_mornings_and_evenings(self, clinic):
        clinic.ana.time_zone = "America/Los_Angeles"
        clinic.ana.save()
        clinic.treat(clinic.consents(clinic.ana))
        week = [local(line.planned_for, "America/Los_Angeles")[-5:] for line in planned("dose")[8:]]
        assert week == ["20:00", "08:00"] * 7

    def test_a_plan_needs_a_completed_session(self, clinic):
        with pytest.raises(ValueError, match="when its session is completed"):
            start_plan(clinic.book(clinic.ana), now=TODAY)
        assert not Plan.objects.exists()

    def test_the_remaining_reminders_of_the_session_go(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana), FIRST)
        scheduling.complete(booked, completed_at=FIRST + HOUR, now=END)
        about_the_booking = ledger(plan=None)
        assert {line.message.status for line in about_the_booking} == {"cancelled"}
        assert {line.message.reason for line in about_the_booking} == {"the session is completed"}


class TestAllOrNothing:
    def test_where_the_plan_fails_the_completion_didnt_happen(self, clinic, monkeypatch):
        booked = clinic.book(clinic.consents(clinic.ana))
        before = outbox(), len(ledger())
        monkeypatch.setattr("aftercare.services.plans.starting.tell", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            scheduling.complete(booked, now=END)
        booked.refresh_from_db()
        assert (booked.status, booked.completed_at) == ("booked", None)
        assert not Plan.objects.exists()
        assert (outbox(), len(ledger())) == before

    def test_where_the_caller_fails_nothing_happened_at_all(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana))
        before = outbox(), len(ledger())

        def complete_and_fail():
            with transaction.atomic():
                scheduling.complete(booked, now=END)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            complete_and_fail()
        assert Appointment.objects.get().status == "booked"
        assert not Plan.objects.exists()
        assert (outbox(), len(ledger())) == before

    def test_an_illegal_completion_plans_nothing(self, clinic):
        cancelled = scheduling.cancel(clinic.book(clinic.consents(clinic.ana)), reason="ill", now=TODAY)
        before = len(ledger())
        with pytest.raises(IllegalMove):
            scheduling.complete(cancelled, now=END)
        assert not Plan.objects.exists()
        assert len(ledger()) == before

    def test_a_plan_is_written_in_a_few_statements(self, clinic, django_assert_max_num_queries):
        session = clinic.treat(clinic.consents(clinic.ana))
        Plan.objects.update(stopped_at=END)
        session = Appointment.objects.select_related("course__treatment", "patient", "location").get(pk=session.pk)
        with django_assert_max_num_queries(15):
            start_plan(session, now=END)
        assert connection.vendor == "postgresql"


class TestCompletedLate:
    def test_past_doses_are_in_the_ledger_with_the_reason_and_never_sent(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana))
        scheduling.complete(booked, now=END + timedelta(hours=10))  # midnight: three doses late
        missed = [line for line in planned() if line.message is None]
        assert [(local(line.planned_for), line.reason) for line in missed] == [
            ("Tue 3 Nov 17:00", TOO_LATE),
            ("Tue 3 Nov 20:00", TOO_LATE),
            ("Tue 3 Nov 23:00", TOO_LATE),
        ]
        assert local(outbox()[0].send_at) == "Wed 4 Nov 02:00"
        assert "(4 of 8)" in outbox()[0].body

    def test_advice_that_is_still_of_use_goes_at_once(self, clinic):
        """The session ended on Tuesday afternoon and is marked completed on Wednesday at 10:28: the advice of 10:00 isn't lost."""
        booked = clinic.book(clinic.consents(clinic.ana))
        now = END + timedelta(hours=20, minutes=28)
        scheduling.complete(booked, completed_at=END, now=now)
        first = outbox()[0]
        assert (first.channel, local(first.send_at), first.subject) == ("email", "Wed 4 Nov 10:28", "Day 1: what you may see in the mirror")
        assert [line for line in planned() if line.kind == "education" and line.message is None] == []

    def test_of_what_is_late_one_goes_at_once_and_the_next_a_little_later(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana))
        now = END + timedelta(days=14, hours=3, minutes=30)  # the two weeks' email of 10:00 and the check-in of 17:00 are of use
        scheduling.complete(booked, completed_at=END, now=now)
        assert [(one.channel, local(one.send_at)) for one in outbox()[:2]] == [("sms", "Tue 17 Nov 17:30"), ("email", "Tue 17 Nov 17:45")]

    def test_a_night_that_is_over_was_told_by_nobody(self, clinic):
        """She went home in her quiet hours, and the session is marked completed in the morning."""
        clinic.ana.wants_quiet_nights = True
        clinic.ana.save()
        booked = clinic.book(clinic.consents(clinic.ana))
        scheduling.complete(booked, completed_at=END + timedelta(hours=8), now=END + timedelta(hours=20))
        night = next(line for line in planned() if line.key.endswith("-night"))
        assert (night.message, night.reason) == (None, TOO_LATE)

    def test_weeks_late_there_is_no_burst(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana))
        now = END + timedelta(days=20)
        scheduling.complete(booked, completed_at=END, now=now)
        assert [local(message.send_at) for message in outbox()] == ["Tue 1 Dec 10:00", "Tue 1 Dec 17:00"]
        assert len([line for line in planned() if line.reason == TOO_LATE]) == 30
        assert dispatch(now=now).accepted == 0


class TestReopening:
    def test_what_is_queued_goes_and_what_was_sent_stays(self, clinic):
        session = clinic.treat(clinic.consents(clinic.ana))
        dispatch(now=END + 3 * HOUR)
        scheduling.reopen(session, now=END + 4 * HOUR)
        plan = Plan.objects.get()
        assert (plan.stopped_at, plan.stop_reason) == (END + 4 * HOUR, "the session was reopened")
        sent, *rest = planned()
        assert (sent.message.status, local(sent.planned_for)) == ("accepted", "Tue 3 Nov 17:00")
        assert {(line.message.status, line.message.reason) for line in rest} == {("cancelled", "the session was reopened")}
        assert outbox() == []

    def test_completed_again_it_gets_a_new_plan(self, clinic):
        session = clinic.treat(clinic.consents(clinic.ana))
        reopened = scheduling.reopen(session, now=END + 10 * timedelta(minutes=1))
        scheduling.complete(reopened, completed_at=END + timedelta(minutes=5), now=END + timedelta(minutes=11))
        first, second = Plan.objects.order_by("pk")
        assert first.stopped_at
        assert (second.stopped_at, second.completed_at) == (None, END + timedelta(minutes=5))
        assert [local(message.send_at) for message in outbox()][:2] == ["Tue 3 Nov 17:05", "Tue 3 Nov 20:05"]
        assert len(outbox()) == 32

    def test_the_first_text_of_the_new_plan_says_how_to_stop_where_none_went_out_before(self, clinic):
        session = clinic.treat(clinic.consents(clinic.ana))
        reopened = scheduling.reopen(session, now=END + timedelta(minutes=10))
        scheduling.complete(reopened, now=END + timedelta(minutes=11))
        assert "Reply STOP to opt out." in outbox(channel="sms")[0].body


class TestConsent:
    def test_without_it_everything_is_in_the_ledger_and_nothing_in_the_outbox(self, clinic):
        clinic.treat(clinic.ana)
        assert len(planned()) == 32
        assert {(line.message, line.reason) for line in planned()} == {(None, NO_CONSENT)}
        assert not Message.objects.exists()

    def test_only_by_email_everything_goes_by_email_and_says_so(self, clinic):
        clinic.treat(clinic.consents(clinic.ana, "email"))
        assert {message.channel for message in outbox()} == {"email"}
        assert {message.address for message in outbox()} == {"ana1@example.org"}
        assert {(line.kind, line.reason) for line in planned()} == {
            *(("dose", FALLBACK["sms"]), ("check_in", FALLBACK["sms"])),
            *(("education", ""), ("results", "")),
        }
        first = outbox()[0]
        assert first.subject == "Time for your hyaluronic acid serum (1 of 8)"
        assert "STOP" not in first.body

    def test_only_by_text_emails_become_texts(self, clinic):
        clinic.treat(clinic.consents(clinic.ana, "sms"))
        assert {message.channel for message in outbox()} == {"sms"}
        assert {line.reason for line in planned("education")} == {FALLBACK["email"]}

    def test_it_is_void_when_the_number_changes(self, clinic):
        clinic.consents(clinic.ana)
        clinic.ana.phone = "+12125550177"
        with freeze_time(TODAY - timedelta(days=1)):
            clinic.ana.save()
        assert reachable_by(clinic.ana, "care") == {"email": "ana1@example.org"}
        clinic.treat(clinic.ana)
        assert {message.channel for message in outbox()} == {"email"}
        give_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY)
        assert reachable_by(clinic.ana, "care")["sms"] == "+12125550177"

    def test_the_latest_word_counts(self, clinic):
        clinic.consents(clinic.ana, "sms")
        withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY)
        assert reachable_by(clinic.ana, "care") == {}
        give_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY + HOUR)
        assert reachable_by(clinic.ana, "care") == {"sms": "+12125550101"}

    def test_consent_to_recalls_is_another_one(self, clinic):
        give_consent(clinic.ana, "recall", "sms", source="front desk", now=TODAY - WEEK)
        assert reachable_by(clinic.ana, "care") == {}
        clinic.treat(clinic.ana)
        assert not Message.objects.exists()

    def test_withdrawn_what_is_queued_over_that_channel_goes(self, clinic):
        clinic.treat(clinic.consents(clinic.ana))
        withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=END)
        assert {message.channel for message in outbox()} == {"email"}
        assert {line.message.reason for line in planned() if line.message.channel == "sms"} == {"consent was withdrawn"}

    def test_without_an_address_there_is_nothing_to_agree_to(self, clinic):
        clinic.ana.phone = ""
        clinic.ana.save()
        clinic.consents(clinic.ana, "sms")
        assert reachable_by(clinic.ana, "care") == {}


class TestProtocols:
    def test_a_treatments_own_protocol_comes_before_the_general_one(self, clinic):
        content = replace(read_protocol("microneedling"), slug="scalp")
        own = load_protocol(content, treatments=[clinic.scalp], now=TODAY)
        assert protocol_for(clinic.scalp) == own
        assert protocol_for(clinic.face).slug == "microneedling"

    def test_a_newer_version_for_other_treatments_takes_the_older_ones_away(self, clinic):
        content = replace(read_protocol("microneedling"), slug="own")
        load_protocol(content, treatments=[clinic.scalp, clinic.face], now=TODAY)
        newer = load_protocol(content, treatments=[clinic.face], now=TODAY)
        assert protocol_for(clinic.face) == newer
        assert protocol_for(clinic.scalp).slug == "microneedling"

    def test_out_of_use_neither_it_nor_an_older_version_counts(self, clinic):
        content = replace(read_protocol("microneedling"), slug="own")
        for _version in range(2):
            newest = load_protocol(content, treatments=[clinic.face], now=TODAY)
        newest.retired_at = TODAY
        newest.save()
        assert protocol_for(clinic.face).slug == "microneedling"

    def test_the_newest_version_counts_and_plans_under_way_keep_theirs(self, clinic):
        clinic.treat(clinic.ana)
        newer = load_protocol(read_protocol("microneedling"))
        assert protocol_for(clinic.face) == newer
        assert Plan.objects.get().protocol.version == 1

    def test_a_draft_isnt_used(self, clinic):
        assert draft_of(Protocol.objects.get(), by=None, now=TODAY).version == 2
        assert protocol_for(clinic.face).version == 1

    def test_what_is_in_the_database_is_what_came_with_the_software(self, clinic):
        assert protocol_for(clinic.face).as_domain() == read_protocol("microneedling")
        in_database = {step.slug: step.texts for step in protocol_for(clinic.face).as_domain().steps}
        assert in_database == {step.slug: step.texts for step in read_protocol("microneedling").steps}

    def test_until_comes_out_of_the_database_as_it_went_in(self, clinic):
        content = read_protocol("microneedling")
        ends = replace(content, steps=(replace(content.steps[0], until=timedelta(hours=12)), *content.steps[1:]))
        assert load_protocol(ends).as_domain() == ends
