"""What the desk is shown before it completes a session is, to the letter, what completing it then plans."""

from datetime import timedelta

import pytest

from aftercare.domain.reasons import NO_CONSENT, SAID_STOP
from aftercare.models import CareMessage, Consent, Plan
from aftercare.services import Foreseen, foresee_plan, give_consent, withdraw_consent
from aftercare.services.plans.starting import TOO_LATE
from aftercare.services.previews import completion
from aftercare.services.telling.limits import UNCHANGED
from aftercare.services.telling.tellings import FALLBACK
from notifications.models import Message
from notifications.services import Draft, dispatch, suppress
from scheduling import services as scheduling
from scheduling.models import Appointment, Product
from tests.clinic_world import FIRST, TODAY, WEEK, at, ledger, local
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)  # Tuesday 3 November, 14:00
HOUR = timedelta(hours=1)


def told(kind, channel, planned_for, key, reason, message) -> tuple:
    """All that matters of one line, whether it is planned or only foreseen."""
    went = message and (
        *(message.channel, message.address, message.subject, message.body, message.html, message.reference),
        *(message.send_at, message.expires_at, message.time_zone, quiet_hours_of(message)),
    )
    return (kind, channel, planned_for, key.split("-", 2)[2], reason, went or None)


def quiet_hours_of(message) -> tuple | None:
    if isinstance(message, Draft):
        return message.quiet and tuple(message.quiet)
    return message.quiet_from and (message.quiet_from, message.quiet_until)


def of_preview(preview: list[Foreseen]) -> list[tuple]:
    lines = [foreseen.line for foreseen in preview]
    return [told(line.kind, line.channel, line.planned_for, line.key, line.reason, line.draft) for line in lines]


def of_ledger(appointment: Appointment) -> list[tuple]:
    lines = CareMessage.objects.filter(plan__appointment=appointment, plan__stopped_at=None).select_related("message").order_by("pk")
    return [told(line.kind, line.channel, line.planned_for, line.key, line.reason, line.message) for line in lines]


def everything() -> tuple:
    models = (Appointment, CareMessage, Consent, Message, Plan)
    return tuple(list(model.objects.order_by("pk").values()) for model in models)


def completed_as_previewed(appointment: Appointment, *, completed_at=END, now=END, **answers) -> list[Foreseen]:
    """Look, and see that looking changed nothing; complete, and see that it came as it was shown."""
    before = everything()
    with freeze_time(now):
        preview = foresee_plan(Appointment.objects.get(pk=appointment.pk), completed_at=completed_at, now=now, **answers)
        assert everything() == before
        scheduling.complete(appointment, completed_at=completed_at, now=now, **answers)
    assert of_preview(preview) == of_ledger(appointment)
    return preview


def goes_out(preview: list[Foreseen]) -> list[Foreseen]:
    return [foreseen for foreseen in preview if foreseen.line.draft]


def reasons(preview: list[Foreseen]) -> set[str]:
    return {foreseen.line.reason for foreseen in preview if foreseen.line.draft is None}


@pytest.fixture
def booked(clinic) -> Appointment:
    return clinic.book(clinic.consents(clinic.ana))


class TestAsItIsPlanned:
    def test_by_text_and_email(self, booked):
        preview = completed_as_previewed(booked)
        assert len(goes_out(preview)) == 32
        assert local(preview[0].line.planned_for) == "Tue 3 Nov 17:00"
        assert preview[0].words == (
            "Maple Street Clinic: time for your hyaluronic acid serum (1 of 8). Clean hands, a thin layer."
            " Worried? Reply, or call (212) 555-0100. Reply STOP to opt out."
        )

    def test_how_to_stop_isnt_said_again_to_one_who_was_texted(self, clinic, booked):
        dispatch(now=TODAY)  # the confirmation is out
        assert "STOP" not in completed_as_previewed(booked)[0].words

    def test_without_consent(self, clinic):
        preview = completed_as_previewed(clinic.book(clinic.ana))
        assert (goes_out(preview), reasons(preview)) == ([], {NO_CONSENT})
        assert preview[0].words.startswith("Maple Street Clinic: time for your")

    def test_by_email_only(self, clinic):
        preview = completed_as_previewed(clinic.book(clinic.consents(clinic.ana, "email")))
        assert {foreseen.line.channel for foreseen in preview} == {"email"}
        assert preview[0].line.reason == FALLBACK["sms"]
        assert preview[0].words.startswith("It is time for your hyaluronic acid serum: number 1 of 8")

    def test_by_text_only(self, clinic):
        assert {foreseen.line.channel for foreseen in completed_as_previewed(clinic.book(clinic.consents(clinic.ana, "sms")))} == {"sms"}

    def test_a_number_that_said_stop(self, clinic):
        booked = clinic.book(clinic.consents(clinic.ana, "sms"))
        suppress("sms", "+12125550101", reason="STOP", now=TODAY)
        give_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY)  # at the desk; only START opens the number again
        preview = completed_as_previewed(booked)
        assert (goes_out(preview), reasons(preview)) == ([], {SAID_STOP})

    def test_a_number_that_said_stop_where_emails_are_agreed_to(self, booked):
        suppress("sms", "+12125550101", reason="STOP", now=TODAY)
        assert {foreseen.line.channel for foreseen in goes_out(completed_as_previewed(booked))} == {"email"}

    def test_quiet_nights_that_she_asked_for_before(self, clinic):
        clinic.ana.wants_quiet_nights = True
        clinic.ana.save()
        preview = completed_as_previewed(clinic.book(clinic.consents(clinic.ana)))
        [night] = [foreseen for foreseen in preview if foreseen.telling.planned.folded]
        assert local(night.line.planned_for) == "Tue 3 Nov 20:30"
        assert [local(dose) for dose in night.telling.planned.folded] == ["Tue 3 Nov 23:00", "Wed 4 Nov 02:00", "Wed 4 Nov 05:00"]

    @pytest.mark.parametrize(("before", "answer", "messages"), [(False, True, 30), (True, False, 32), (True, None, 30), (False, False, 32)])
    def test_quiet_nights_that_she_is_asked_about_at_check_out(self, clinic, before, answer, messages):
        clinic.ana.wants_quiet_nights = before
        clinic.ana.save()
        booked = clinic.book(clinic.consents(clinic.ana))
        assert len(completed_as_previewed(booked, wants_quiet_nights=answer)) == messages
        clinic.ana.refresh_from_db()
        assert clinic.ana.wants_quiet_nights is (before if answer is None else answer)

    def test_completed_late(self, booked):
        preview = completed_as_previewed(booked, now=END + 10 * HOUR)
        dropped = [foreseen for foreseen in preview if foreseen.line.draft is None]
        assert [(local(foreseen.line.planned_for), foreseen.line.reason) for foreseen in dropped] == [
            ("Tue 3 Nov 17:00", TOO_LATE),
            ("Tue 3 Nov 20:00", TOO_LATE),
            ("Tue 3 Nov 23:00", TOO_LATE),
        ]
        assert goes_out(preview)[0].telling.planned.number == 4

    def test_in_spanish_with_the_product_that_was_used(self, clinic):
        clinic.ana.language = "es"
        clinic.ana.save()
        serum = Product.objects.create(name="calming serum", name_es="suero calmante")
        preview = completed_as_previewed(clinic.book(clinic.consents(clinic.ana)), product=serum)
        assert preview[0].words == (
            "Maple Street Clinic: es hora de su suero calmante (1 de 8). Manos limpias, capa fina. "
            "¿Dudas? Responda o llame al (212) 555-0100. Responda STOP para salir."
        )

    def test_in_english_with_the_product_that_was_used(self, booked):
        serum = Product.objects.create(name="calming serum", name_es="suero calmante")
        assert "time for your calming serum (1 of 8)" in completed_as_previewed(booked, product=serum)[0].words
        assert Plan.objects.get().product == serum

    @pytest.mark.parametrize("quiet", [False, True])
    @pytest.mark.parametrize(
        ("day", "clocks"),
        [("2027-03-13", ["21:00", "00:00", "04:00", "07:00"]), ("2026-10-31", ["21:00", "00:00", "02:00", "05:00"])],
    )
    def test_over_the_night_in_which_the_clocks_change(self, clinic, day, clocks, quiet):
        starts_at = at(day, "17:00")
        now = starts_at + HOUR
        booked = clinic.book(clinic.consents(clinic.ana), starts_at, now=starts_at - HOUR)
        preview = completed_as_previewed(booked, completed_at=now, now=now, wants_quiet_nights=quiet)
        night = preview[0].telling.planned.folded if quiet else [foreseen.line.planned_for for foreseen in preview[:4]]
        assert [local(dose)[-5:] for dose in night] == clocks

    def test_on_a_clock_of_her_own(self, clinic):
        clinic.ana.time_zone = "Pacific/Honolulu"
        clinic.ana.save()
        preview = completed_as_previewed(clinic.book(clinic.consents(clinic.ana)), wants_quiet_nights=True)
        assert local(preview[0].line.planned_for, "Pacific/Honolulu") == "Tue 3 Nov 12:00"

    def test_reopened_and_completed_again(self, clinic, booked):
        completed_as_previewed(booked)
        reopened = scheduling.reopen(booked, now=END + HOUR)
        completed_as_previewed(reopened, completed_at=END + HOUR, now=END + 2 * HOUR)


class TestADayWithTwoSessions:
    """Face at one, scalp at three: what the first plan has queued takes up room on her days."""

    def second(self, clinic, most_per_day: int) -> Appointment:
        clinic.treat(clinic.consents(clinic.ana))
        give_consent(clinic.ana, "care", "sms", source="front desk", most_per_day=most_per_day, now=END)
        return clinic.book(clinic.ana, FIRST + 2 * HOUR, treatment=clinic.scalp, practitioner=clinic.eli, room=clinic.other_room, now=END)

    @pytest.mark.parametrize(("quiet", "too_many"), [(None, 1), (False, 1), (True, 0)])
    def test_no_more_texts_on_wednesday_than_she_was_told(self, clinic, quiet, too_many):
        second = self.second(clinic, 12)
        preview = completed_as_previewed(second, completed_at=second.ends_at, now=second.ends_at, wants_quiet_nights=quiet)
        left_out = [foreseen for foreseen in preview if foreseen.line.draft is None]
        assert [(local(foreseen.line.planned_for), foreseen.line.reason) for foreseen in left_out] == [
            ("Wed 4 Nov 20:00", "more texts on that day than agreed to: at most 12")
        ] * too_many

    def test_other_wishes_for_the_nights_make_room_in_the_first_plan_too(self, clinic):
        second = self.second(clinic, 9)
        preview = completed_as_previewed(second, completed_at=second.ends_at, now=second.ends_at, wants_quiet_nights=True)
        assert len(goes_out(preview)) == len(preview)

    def test_control_whoever_forgets_the_first_plan_shows_too_little(self, clinic, monkeypatch):
        second = self.second(clinic, 9)
        change = completion._change
        monkeypatch.setattr(completion, "_change", lambda *args, nights_change: change(*args, nights_change=False))
        with pytest.raises(AssertionError):
            completed_as_previewed(second, completed_at=second.ends_at, now=second.ends_at, wants_quiet_nights=True)


def test_control_what_is_queued_about_the_session_itself_goes_first(clinic, monkeypatch):
    """A reminder put off until after the session isn't what tells her how to stop."""
    booked = clinic.book(clinic.consents(clinic.ana))
    assert [line.message.status for line in ledger()] == ["scheduled"] * 3
    monkeypatch.setattr(completion, "_change", lambda *args, **kwargs: UNCHANGED)
    with pytest.raises(AssertionError):
        completed_as_previewed(booked)


def test_consent_withdrawn_between_the_two_looks_is_seen(clinic, booked):
    withdraw_consent(clinic.ana, "care", "sms", source="front desk", now=TODAY + WEEK)
    assert {foreseen.line.channel for foreseen in completed_as_previewed(booked)} == {"email"}
