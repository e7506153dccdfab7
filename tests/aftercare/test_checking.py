"""What keeps a protocol from being published, and the sentence that says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from time import process_time
from typing import Any

import pytest

from aftercare.domain.checking import Surroundings, problems_in
from aftercare.domain.discretion import reserved, revealing
from aftercare.domain.facts import facts_in
from aftercare.domain.protocol import Kind, Protocol, Step, Text
from aftercare.models import Protocol as Row
from aftercare.services import draft_of, problems_of
from aftercare.services.protocols.checking import surroundings
from aftercare.services.protocols.loading import read_protocol
from notifications.domain.quiet import QuietHours
from scheduling.models import Location, Product, Treatment
from tests.clinic_world import TODAY

HOUR = timedelta(hours=1)
VALUES = {"clinic": "Maple", "phone": "(212) 555-0100", "product": "serum", "address": "1 Maple Street", "emergency": "911"}
WORDS = Text("{clinic}: all is well. Call {phone}.", "All is well", "All is well.")
AROUND = Surroundings(
    languages={"en": "English", "es": "Spanish"},
    values={"en": [VALUES], "es": [VALUES]},
    how_to_stop={"en": "Reply STOP to opt out.", "es": "Responda STOP para no recibir más."},
    night=lambda planned, language, values: f"{values['clinic']}: " + ", ".join("11:00 PM" for _ in planned.folded),
    treatments=["Aqua Glow"],
    most_per_day=12,
    quiet=QuietHours(time(21), time(8)),
)
DOSE = Step("day", Kind.DOSE, "sms", 3 * HOUR, 8, 2 * HOUR, every=3 * HOUR, texts={"en": WORDS, "es": WORDS})
ADVICE = Step("advice", Kind.EDUCATION, "email", 12 * HOUR, 1, 10 * HOUR, at=(time(10),), texts={"en": WORDS, "es": WORDS})


def said(*steps: Step, around: Surroundings = AROUND) -> list[tuple[str, str, str]]:
    return [(problem.step, problem.language, problem.sentence) for problem in problems_in(Protocol("p", "P", steps), around)]


def worded(**changed: str) -> Step:
    """Advice whose English words are changed."""
    return replace(ADVICE, texts={"en": replace(WORDS, **changed), "es": WORDS})


def only(problems: list[tuple[str, str, str]]) -> str:
    [(step, _language, sentence)] = problems
    assert step == "" or f"“{step}”" in sentence
    return sentence


def test_what_is_in_order_has_nothing_to_mend():
    assert said(DOSE, ADVICE) == []


class TestTheWhole:
    def test_without_a_step_there_is_nothing_to_send(self):
        assert said() == [("", "", "It has no step yet: add what patients are to be told.")]

    def test_two_steps_of_one_name(self):
        assert said(ADVICE, ADVICE)[0] == ("advice", "", "2 steps are called “advice”: give each its own name.")

    def test_more_on_a_day_than_patients_agreed_to(self):
        """Eight doses and one piece of advice are just what twelve leave room for."""
        second = replace(ADVICE, slug="more-advice", at=(time(11),))
        assert only(said(DOSE, ADVICE, second)) == (
            "On one day it can send 10 messages, 8 of them from “day”. Patients agreed to 12 a day, and 3 of those are kept for a "
            "confirmation and two reminders: 1 too many."
        )
        assert said(DOSE, ADVICE, second, around=replace(AROUND, most_per_day=13)) == []


class TestDoses:
    def test_one_that_may_go_out_once_the_next_is_due(self):
        late = replace(DOSE, valid_for=3 * HOUR + timedelta(minutes=1))
        assert only(said(late)) == (
            "“day”: a dose may go out up to 3 hours and 1 minute late, which can be after the next one is due. Lower “Worth sending for” "
            "to 3 hours."
        )
        assert said(replace(DOSE, valid_for=3 * HOUR)) == []

    def test_across_steps_that_are_both_counted_from_the_sessions_end(self):
        then = replace(DOSE, slug="then", first_after=25 * HOUR, times=1)
        assert only(said(replace(DOSE, valid_for=2 * HOUR), then)) == (
            "“day”: a dose may go out up to 2 hours late, which can be after “then” is due. Lower “Worth sending for” to 1 hour."
        )

    def test_at_times_of_day_the_shorter_gap_counts(self):
        week = replace(DOSE, slug="week", first_after=24 * HOUR, every=None, at=(time(8), time(11)), times=14, valid_for=4 * HOUR)
        assert "Lower “Worth sending for” to 3 hours." in only(said(week))
        assert said(replace(week, valid_for=3 * HOUR)) == []

    def test_from_counted_hours_to_times_of_day_it_must_not_outlive_the_next(self):
        """The 24th hour can end at any time before 20:00, by a minute or by twelve hours."""
        week = replace(DOSE, slug="week", first_after=24 * HOUR, every=None, at=(time(8), time(20)), times=14, valid_for=4 * HOUR)
        day = replace(DOSE, times=1, first_after=24 * HOUR)
        assert said(day, week) == []
        assert "which can be after “week” is due" in only(said(replace(day, valid_for=5 * HOUR), week))

    def test_where_one_goes_on_into_the_next_the_one_that_goes_on_is_named(self):
        """24 doses, one an hour from 3 hours on: the last ones would come between those of the week."""
        week = replace(DOSE, slug="week", first_after=24 * HOUR, every=None, at=(time(8), time(20)), times=14, valid_for=4 * HOUR)
        hourly = replace(DOSE, every=HOUR, times=24, valid_for=HOUR)
        assert only(said(hourly, week, around=replace(AROUND, most_per_day=99, night=lambda *_: ""))) == (
            "“day”: its doses go on once “week” has begun. Send 22 of them at most, or let “week” begin later."
        )
        assert said(replace(hourly, times=22), week, around=replace(AROUND, most_per_day=99, night=lambda *_: "")) == []

    def test_advice_can_be_typed(self):
        """An hour and a half lies between the two: the field takes whole hours."""
        week = replace(DOSE, slug="week", first_after=24 * HOUR, every=None, at=(time(8), time(9, 30)), times=14, valid_for=3 * HOUR)
        assert "Lower “Worth sending for” to 1 hour." in only(said(week))
        assert said(replace(week, valid_for=HOUR)) == []

    def test_two_at_the_same_moment(self):
        assert "Leave one of them out." in only(said(replace(DOSE, times=1), replace(DOSE, slug="twin", times=1)))


class TestTimes:
    def test_a_step_that_ends_before_it_begins(self):
        assert "it sends nothing" in only(said(replace(ADVICE, until=6 * HOUR)))

    def test_a_time_of_day_in_the_quiet_hours(self):
        assert only(said(replace(ADVICE, at=(time(22),), valid_for=12 * HOUR))) == (
            "“advice”: 10:00 PM is in the quiet hours, 9:00 PM to 8:00 AM, in which nothing is sent: choose another time of day."
        )
        assert said(replace(ADVICE, at=(time(8),))) == []

    def test_what_waits_for_the_morning_must_be_worth_sending_then(self):
        elapsed = replace(ADVICE, at=(), times=1)
        assert "raise “Worth sending for” to 11 hours" in only(said(elapsed))
        assert said(replace(elapsed, valid_for=11 * HOUR)) == []

    def test_a_fact_that_there_is_not(self):
        assert only(said(replace(ADVICE, facts="F2 F22"))) == "“advice”: “F22” is no clinical fact: they are F1 to F21."
        assert facts_in("f2, F3;f2") == ["F2", "F3"]


class TestWords:
    def test_a_language_is_missing(self):
        assert said(replace(ADVICE, texts={"en": WORDS})) == [("advice", "es", "“advice” has no words in Spanish yet.")]

    @pytest.mark.parametrize(
        ("part", "sentence"),
        [
            ("sms", "“advice”, English: the text message is empty. It goes to patients whom no email reaches."),
            ("subject", "“advice”, English: the email’s subject is empty. It is what patients get."),
            ("email", "“advice”, English: the email is empty. It is what patients get."),
        ],
    )
    def test_a_part_is_empty(self, part, sentence):
        assert said(worded(**{part: "  "})) == [("advice", "en", sentence)]

    def test_a_placeholder_that_stands_for_nothing(self):
        sentence = only(said(worded(email="Hello {patient}.")))
        assert sentence == (
            "“advice”, English: “{patient}” in the email stands for nothing. There are {clinic}, {phone}, {product}, {number}, {of}, "
            "{address} and {emergency}."
        )

    def test_a_brace_that_is_left_over(self):
        assert "“}” in the email’s subject belongs to no placeholder" in only(said(worded(subject="All is well}")))

    def test_the_clinics_name_and_number(self):  # F12
        assert "begin it with {clinic}" in only(said(worded(sms="All is well. Call {phone}.")))
        assert "say when to call {phone}" in only(said(worded(sms="{clinic}: all is well.")))
        assert said(replace(DOSE, texts={"en": replace(WORDS, sms="{clinic}: all is well."), "es": WORDS})) == []

    @pytest.mark.parametrize("word", ["microneedling", "Scalp", "Aqua Glow", "aqua glow", "cuello", "Menton", "MENTÓN"])
    def test_what_the_text_gives_away(self, word):
        assert f"says “{word}”" in only(said(worded(sms=f"{{clinic}}: about your {word}. Call {{phone}}.")))
        assert said(worded(email=f"About your {word}.")) == []

    def test_words_that_only_look_like_it(self):
        assert revealing("Your surface, careful charms, come back, keep an eye, wash your hands, encaramado, lávese las manos") == []
        assert revealing("{clinic}: cara y cuello, cara") == ["cara", "cuello"]

    @pytest.mark.parametrize("word", ["STOP", "YES"])
    def test_an_answer_that_stops_or_starts_all_texts(self, word):
        assert f"says “{word}” in capitals" in only(said(worded(sms=f"{{clinic}}: all fine? If not, reply {word}. Call {{phone}}.")))
        assert reserved("Yes, at the end. ENDING") == []

    def test_longer_than_two_segments_by_so_many_characters(self):
        """306 places in two; the clinic, the number and how to stop take their share."""
        fits = "{clinic}: {phone} " + "x" * (306 - len("Maple: (212) 555-0100 ") - len(" Reply STOP to opt out."))
        assert said(worded(sms=fits)) == []
        sentence = only(said(worded(sms=fits + "xyz")))
        assert sentence.startswith("“advice”, English: the text message can take 3 SMS segments, and 2 are the most:")
        assert "it is 3 characters too long" in sentence

    def test_however_long_it_is_that_is_said_at_once(self):
        """Cut off letter by letter, it kept the page that shows a step while it is typed waiting for 26 seconds."""
        around = replace(AROUND, values={"en": [VALUES | {"address": "a" * 200}], "es": [VALUES]})
        begun = process_time()
        sentence = only(said(worded(sms="{clinic}: {phone} " + "{address}" * 109), around=around))
        assert process_time() - begun < 2
        assert f"it is {len('Maple: (212) 555-0100 ') + 109 * 200 + len(' Reply STOP to opt out.') - 306} characters too long" in sentence

    def test_letters_that_make_a_text_dear_are_named(self):
        """Not accents, which are left out where a text is too long with them."""
        assert said(worded(sms="{clinic}: {phone} í ó " + "x" * 134)) == []
        assert "A text with ✨ and ♥ in it holds less than half as much." in only(said(worded(sms="{clinic}: {phone} ✨ ♥ " + "x" * 134)))

    def test_the_longest_name_counts_wherever_it_comes_from(self):
        long = VALUES | {"product": "s" * 280}
        around = replace(AROUND, values={"en": [VALUES, long, VALUES], "es": [VALUES]})
        assert "too long" in only(said(worded(sms="{clinic}: {product}, {phone}"), around=around))

    def test_the_last_number_of_many_counts(self):
        sms = "{clinic}: {number} of {of} " + "x" * (306 - len("Maple: 8 of 8  Reply STOP to opt out."))
        for times, is_fine in ((8, True), (10, False)):
            step = replace(DOSE, times=times, every=HOUR, valid_for=HOUR, texts={"en": replace(WORDS, sms=sms), "es": WORDS})
            assert (said(step, around=replace(AROUND, most_per_day=99)) == []) is is_fine

    def test_the_nights_text_names_every_dose_of_the_night(self):
        """Eleven hours of quiet, and twelve in the night in which clocks go back."""
        hourly = replace(DOSE, first_after=HOUR, every=HOUR, times=40, valid_for=HOUR)
        problems = said(hourly, around=replace(AROUND, most_per_day=99, night=lambda p, _l, _v: "x" * 30 * len(p.folded)))
        assert [language for _step, language, _sentence in problems] == ["en", "es"]
        assert "that stands for a quiet night’s 12 doses can take 3 SMS segments" in problems[0][2]


class TestInTheClinic:
    @pytest.fixture
    def draft(self, clinic) -> Row:
        return draft_of(Row.objects.get(), by=None, now=TODAY)

    def test_the_protocol_that_comes_with_the_software_may_be_published(self, draft):
        assert problems_of(draft) == []

    def test_and_with_a_long_name_and_an_emergency_number(self, draft):
        Location.objects.create(name="Riverside Skin & Laser Clinics", address="2 River Road", phone="+12125550199")
        assert problems_of(draft) == []

    @pytest.fixture
    def full(self, draft) -> Row:
        """One of its texts has no room left, with the names that there are: 306 places, of which how to stop takes 23."""
        sms = "{clinic}: {product}, {phone} "
        filled = len("Maple Street Clinic: Alastin Regenerating Skin Nectar, (212) 555-0100 ")
        draft.steps.get(slug="education-day-1").texts.filter(language="en").update(sms=sms + "x" * (306 - 23 - filled))
        assert problems_of(draft) == []
        return draft

    def test_a_location_may_be_called_too_much(self, full):
        Location.objects.create(name="Maple Street Clinics", address="2 River Road", phone="+12125550199")
        [problem] = problems_of(full)
        assert (problem.step, problem.language) == ("education-day-1", "en")
        assert "it is 1 character too long" in problem.sentence

    def test_a_product_in_use_counts_and_one_out_of_use_does_not(self, full):
        serum = Product.objects.create(name="the very best serum that there is anywhere")
        assert [problem.step for problem in problems_of(full)] == ["education-day-1"]
        serum.is_active = False
        serum.save()
        assert problems_of(full) == []

    def test_the_clinics_own_treatments_are_known_by_name(self, clinic, draft):
        Treatment.objects.create(name="Aqua Glow (1, deluxe)", skin_area="face", duration_minutes=60)
        text = draft.steps.get(slug="education-day-1").texts.get(language="en")
        text.sms = "{clinic}: 1 day after your aqua glow, call {phone}."
        text.save()
        [problem] = problems_of(draft)
        assert "says “aqua glow”" in problem.sentence

    def test_for_some_treatments_only_it_would_leave_the_others_without(self, clinic, draft):
        draft.treatments.add(clinic.face)
        [problem] = problems_of(draft)
        assert problem.sentence.startswith("The other treatments would have no protocol")

    def test_it_is_checked_against_what_patients_are_told_today(self, clinic):
        around = surroundings()
        assert around.most_per_day == 12
        assert {values["phone"] for values in around.values["es"]} == {"(212) 555-0100"}
        assert {"Microneedling, face", "face"} <= set(around.treatments)


def test_control_the_software_s_own_protocol_changed_for_the_worse(clinic):
    content = read_protocol("microneedling")
    harm: dict[str, Callable[[Step], Any]] = {
        "serum-day": lambda step: replace(step, valid_for=4 * HOUR),
        "check-in-day-4": lambda step: replace(step, at=(time(23),)),
    }
    steps = tuple(harm[step.slug](step) if step.slug in harm else step for step in content.steps)
    assert {problem.step for problem in problems_in(replace(content, steps=steps), surroundings())} == set(harm)
