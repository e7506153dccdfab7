"""What a clinician is shown of a protocol is, to the letter, what it then plans for a patient; a draft that isn't right is shown, too."""

import re
from datetime import timedelta

import pytest

from aftercare.models import CareMessage, Plan, Protocol, ProtocolStep, StepText
from aftercare.services import Previewed, foresee_plan, preview_protocol
from aftercare.services.plans.starting import SPOKEN, TOO_LATE
from aftercare.services.previews.protocol import OF_NO_USE_BY_THEN
from aftercare.services.telling.tellings import FALLBACK
from notifications.models import Message
from scheduling.models import Location, Product
from tests.clinic_world import FIRST, at, local
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)  # Tuesday 3 November, 14:00
HOUR = timedelta(hours=1)


@pytest.fixture
def preview(clinic):
    def look(completed_at=END, protocol=None, **changed) -> list[Previewed]:
        asked = {"time_zone": "America/New_York", "quiet": False, "language": "en", "location": clinic.location} | changed
        return preview_protocol(protocol or Protocol.objects.get(), completed_at=completed_at, **asked)

    return look


@pytest.fixture
def draft(clinic) -> Protocol:
    """With one step, a text at once after the session."""
    draft = Protocol.objects.create(slug="own", version=1, name="Our own")
    step = ProtocolStep.objects.create(
        protocol=draft, position=1, slug="hello", kind="education", channel="sms", first_after_hours=1, valid_minutes=60
    )
    StepText.objects.create(step=step, language="en", sms="{clinic}: hello.", subject="Hello", email="Hello.")
    return draft


def of(draft: Protocol, **changed) -> Protocol:
    ProtocolStep.objects.filter(protocol=draft).update(**changed)
    return draft


def worded(draft: Protocol, **changed) -> Protocol:
    StepText.objects.filter(step__protocol=draft).update(**changed)
    return draft


def to_nobody(words: str) -> str:
    """Without whose emails its link ends."""
    return re.sub(r"/emails/[^/]+/", "/emails/preview/", words)


class TestAsItIsPlanned:
    @pytest.mark.parametrize("late", [timedelta(), 10 * HOUR])
    @pytest.mark.parametrize("quiet", [False, True])
    @pytest.mark.parametrize("language", ["en", "es"])
    @pytest.mark.parametrize("over", [("sms", "email"), ("sms",), ("email",)])
    def test_to_the_letter(self, clinic, preview, language, quiet, over, late):
        """Of a patient who was never written to: what completing her session would plan."""
        clinic.ana.language = language
        clinic.ana.save()
        booked = clinic.book(clinic.ana)
        clinic.consents(clinic.ana, *over)  # only now, so that nothing about the booking has gone out
        serum = Product.objects.create(name="calming serum", name_es="suero calmante")

        foreseen = foresee_plan(booked, completed_at=END, product=serum, wants_quiet_nights=quiet, now=END + late)
        previewed = preview(language=language, quiet=quiet, product=serum, over=over, now=END + late)

        def told(one):
            draft = one.line.draft
            html = draft.html if draft else ""
            return (one.line.channel, one.line.planned_for, one.line.reason, to_nobody(one.words), to_nobody(html))

        assert [told(one) for one in foreseen] == [
            (one.channel, one.send_at, one.reason or one.remark, one.words, one.html if one.goes and one.channel == "email" else "")
            for one in previewed
        ]

    def test_it_needs_no_patient_and_writes_nothing(self, preview):
        before = [list(model.objects.values()) for model in (CareMessage, Message, Plan)]
        assert len(preview()) == 32
        assert [list(model.objects.values()) for model in (CareMessage, Message, Plan)] == before

    def test_nor_does_it_need_a_location(self, clinic, preview):
        sample = Location(name="Your Clinic", address="1 Example Street", phone="+12125550100")
        assert preview(location=sample)[0].words.startswith("Your Clinic: time for your hyaluronic acid serum (1 of 8).")
        assert Location.objects.get() == clinic.location


class TestOneMessage:
    def test_the_first_text(self, preview):
        first, second, *_ = preview()
        assert (first.key, first.kind, first.channel, first.number, first.of) == ("serum-day-1", "dose", "sms", 1, 8)
        assert (local(first.send_at), local(first.expires_at)) == ("Tue 3 Nov 17:00", "Tue 3 Nov 19:00")
        assert first.words.endswith(" Reply STOP to opt out.")
        assert "STOP" not in second.words
        assert (first.cost, first.dear, first.troubles, first.goes) == (("GSM-7", 1), [], (), True)

    def test_an_email(self, preview):
        email = next(one for one in preview() if one.channel == "email")
        assert (email.key, email.subject) == ("education-day-1-1", "Day 1: what you may see in the mirror")
        assert "Your skin may even look older for a short while" in email.words
        assert "<h1>Day 1: what you may see in the mirror</h1>" in email.html

    def test_the_letters_that_make_a_text_dear(self, draft, preview):
        [hello] = preview(protocol=worded(draft, sms="{clinic}: sábado, ñandú, 8 €, sábado."))
        assert (hello.dear, hello.cost) == (["á", "ú"], ("UCS-2", 2))

    def test_the_first_text_of_a_quiet_night_in_spanish_gives_its_accent_for_the_clinics_number(self, preview):
        night = next(one for one in preview(language="es", quiet=True, completed_at=END + 6 * HOUR) if one.night)
        assert night.words == (
            "Maple Street Clinic: su sérum hialuronico esta noche, solo si no duerme: 11:00 PM, 2:00 AM y 5:00 AM, y luego a las 8:00 AM. "
            "¿Dudas? Responda o llame al (212) 555-0100. Responda STOP para salir."
        )
        assert (night.cost, night.lost) == (("GSM-7", 2), ("ó",))

    def test_what_a_text_loses_so_that_it_fits(self, draft, preview):
        [hello] = preview(protocol=worded(draft, sms="{clinic}: sábado – “sí” " + "x" * 90))
        assert 'sabado - "si"' in hello.words
        assert hello.lost == ("á", "–", "“", "í", "”")

    def test_quiet_nights_fold_the_doses_of_a_night(self, preview):
        previewed = preview(quiet=True)
        [night] = [one for one in previewed if one.night]
        assert (night.key, local(night.send_at), local(night.expires_at)) == ("serum-day-3-night", "Tue 3 Nov 20:30", "Tue 3 Nov 21:00")
        assert [local(dose) for dose in night.night] == ["Tue 3 Nov 23:00", "Wed 4 Nov 02:00", "Wed 4 Nov 05:00"]
        assert "11:00 PM, 2:00 AM and 5:00 AM, then at 8:00 AM" in night.words
        assert len(previewed) == 30

    def test_a_session_that_ends_in_quiet_hours_leaves_a_night_to_tell_of(self, preview):
        night = preview(at("2026-11-03", "22:00"), quiet=True)[0]
        assert (night.reason, night.goes) == (SPOKEN, False)
        assert [local(dose) for dose in night.night] == ["Wed 4 Nov 01:00", "Wed 4 Nov 04:00", "Wed 4 Nov 07:00"]

    def test_what_waits_for_the_end_of_the_quiet_hours(self, draft, preview):
        [hello] = preview(at("2026-11-03", "21:30"), protocol=of(draft, valid_minutes=720))
        assert (local(hello.send_at), local(hello.waits_until)) == ("Tue 3 Nov 22:30", "Wed 4 Nov 08:00")
        assert (hello.goes, hello.troubles) == (True, ())

    def test_or_is_worthless_by_then(self, draft, preview):
        [hello] = preview(at("2026-11-03", "21:30"), protocol=draft)
        assert (hello.reason, hello.goes) == (OF_NO_USE_BY_THEN, False)
        assert hello.troubles == ("Due in the quiet hours and worthless by their end, it never goes out.",)
        assert "STOP" not in hello.words

    def test_doses_of_the_first_day_wait_for_nothing(self, preview):
        assert {one.waits_until for one in preview()} == {None}

    def test_completed_late(self, preview):
        previewed = preview(now=END + 10 * HOUR)
        left_out = [one for one in previewed if not one.goes]
        assert [(local(one.send_at), one.is_late, one.reason) for one in left_out] == [
            ("Tue 3 Nov 17:00", True, TOO_LATE),
            ("Tue 3 Nov 20:00", True, TOO_LATE),
            ("Tue 3 Nov 23:00", True, TOO_LATE),
        ]
        first = next(one for one in previewed if one.goes)
        assert (first.number, first.words.endswith("Reply STOP to opt out.")) == (4, True)

    def test_reached_by_email_only(self, preview):
        previewed = preview(over=("email",))
        assert {one.channel for one in previewed} == {"email"}
        assert previewed[0].remark == FALLBACK["sms"]
        assert previewed[0].words.startswith("It is time for your hyaluronic acid serum: number 1 of 8")


class TestWhereClocksChange:
    @pytest.mark.parametrize(
        ("day", "clocks"),
        [("2027-03-13", ["21:00", "00:00", "04:00", "07:00"]), ("2026-10-31", ["21:00", "00:00", "02:00", "05:00"])],
    )
    def test_three_hours_are_three_hours(self, preview, day, clocks):
        assert [local(one.send_at)[-5:] for one in preview(at(day, "18:00"))[:4]] == clocks

    def test_in_the_night_that_is_folded(self, preview):
        [night] = [one for one in preview(at("2027-03-13", "18:00"), quiet=True) if one.night]
        assert [local(dose)[-5:] for dose in night.night] == ["21:00", "00:00", "04:00", "07:00"]

    def test_on_a_clock_of_her_own(self, preview):
        assert local(preview(time_zone="Pacific/Honolulu")[0].send_at, "Pacific/Honolulu") == "Tue 3 Nov 12:00"


class TestADraft:
    def test_is_shown(self, draft, preview):
        [hello] = preview(protocol=draft)
        assert hello.words == "Maple Street Clinic: hello. Reply STOP to opt out."

    @pytest.mark.parametrize(
        ("words", "shown", "trouble"),
        [
            ({"sms": "{clinic}: {colour}."}, "{colour}.", "{colour} is no placeholder: patients would read it as it stands."),
            ({"sms": "{clinic}: hello {"}, "hello {", "{ is no placeholder: patients would read it as it stands."),
            ({"sms": "{clinic.__class__}"}, "{clinic.__class__}", "{clinic.__class__} is no placeholder"),
            ({"sms": " "}, "", "The text message is empty."),
            ({"sms": "{clinic}: " + "very " * 70}, "very very", "It takes 3 SMS segments, and 2 are the most."),
        ],
    )
    def test_that_isnt_right_says_where(self, draft, preview, words, shown, trouble):
        [hello] = preview(protocol=worded(draft, **words))
        assert shown in hello.words
        assert [said for said in hello.troubles if said.startswith(trouble)]
        assert len(hello.troubles) == 1

    @pytest.mark.parametrize("part", ["subject", "email"])
    def test_with_an_empty_email(self, draft, preview, part):
        [hello] = preview(protocol=worded(of(draft, channel="email"), **{part: ""}))
        assert hello.troubles == (f"The {part} is empty.",)

    def test_without_its_spanish_words(self, draft, preview):
        [hello] = preview(protocol=draft, language="es")
        assert hello.words.startswith("Maple Street Clinic: hello.")
        assert hello.troubles == ("Nothing is written in Spanish yet: it goes in English.",)

    def test_without_any_words(self, draft, preview):
        StepText.objects.filter(step__protocol=draft).delete()
        [hello] = preview(protocol=draft)
        assert hello.troubles == ("Nothing is written in English yet.",)

    def test_without_steps(self, draft, preview):
        ProtocolStep.objects.filter(protocol=draft).delete()
        assert preview(protocol=draft) == []


def test_the_same_whenever_one_looks(preview):
    with freeze_time("2027-05-05"):
        later = preview()
    assert [(one.key, one.send_at, one.words, one.goes) for one in later] == [
        (one.key, one.send_at, one.words, one.goes) for one in preview()
    ]
