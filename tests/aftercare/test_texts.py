"""Every word that a patient can read: short enough, discreet enough, in both languages."""

import ast
import gettext
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from string import Formatter
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from aftercare import wording
from aftercare.domain.expansion import Planned
from aftercare.domain.facts import FACTS, facts_in
from aftercare.domain.placeholders import unknown
from aftercare.domain.protocol import Kind, Text
from aftercare.services.protocols.loading import read_protocol
from aftercare.wording import (
    clock_times,
    closed_until,
    day_and_time,
    how_to_answer_an_offer,
    how_to_stop,
    letter,
    render,
    take_or_pass,
    usual_product,
)
from notifications.domain.segments import fitted, segments

LANGUAGES = ["en", "es"]
LONGEST_NAME = "Riverside Dermatology and Laser Skin Spa"
ACCENTED_NAME = "Clínica Dermatológica y Láser Río Hondo"
PHONE, OTHER_PHONE = "(212) 555-0100", "(212) 555-0199"
NEW_YORK = ZoneInfo("America/New_York")
BOOKING_TEXTS = {
    "CONFIRMATION": wording.CONFIRMATION,
    "MOVED": wording.MOVED,
    "CANCELLATION": wording.CANCELLATION,
    "REMINDER": wording.REMINDER,
    **{f"CONFIRMED_ALREADY {number}": text for number, text in enumerate(wording.CONFIRMED_ALREADY.values())},
    "STILL_HELD": wording.STILL_HELD,
}
ANSWERS = {
    name: getattr(wording, name)
    for name in [
        "ANSWER_FINE",
        "ANSWER_UNCLEAR",
        "ANSWER_SOON",
        "ANSWER_SOON_CLOSED",
        "ANSWER_URGENT",
        "ANSWER_URGENT_CLOSED",
        "ANSWER_NOTED_CLOSED",
    ]
}
RECALLS = {recall.name: recall.text for recall in wording.RECALLS.values()}
TEXTS_ONLY = {
    **{
        name: getattr(wording, name)
        for name in ["OFFER", "OFFER_INSTEAD", "TAKEN", "GONE", "PASSED", "CONFIRMED", "TO_BE_MOVED", "WILL_CALL", "HELP"]
    },
    **ANSWERS,
}
STEPS = {step.slug: step for step in read_protocol("microneedling").steps}
WORDING = Path(wording.__file__).parent
CATALOGUE = WORDING.parent / "locale" / "es" / "LC_MESSAGES" / "django.po"

# A whole year of days, at the hour whose text is longest.
DAYS = [datetime(2026, 1, 1, 22, 30, tzinfo=NEW_YORK) + timedelta(days=day) for day in range(365)]


def products(language: str) -> list[str]:
    return [usual_product(language), "Alastin Regenerating Skin Nectar"]


def values(language: str) -> dict[str, str]:
    return {
        "clinic": LONGEST_NAME,
        "address": "1 Maple Street, New York",
        "place": f"{LONGEST_NAME}, 1 Maple Street, New York",
        "phone": PHONE,
        "phone_e164": "+12125550100",
        "product": usual_product(language),
        "emergency": "911",
        "turn_to": OTHER_PHONE,
    }


def told_at_most(language: str) -> dict[str, str]:
    """With the day, and the time of opening, that take the most room."""
    longest = max(
        (day_and_time(day, NEW_YORK, language) for day in DAYS), key=lambda told: (segments(told["day"]).encoding, len(told["day"]))
    )
    closed = max((closed_until(day, NEW_YORK, language) for day in DAYS), key=lambda closed: (segments(closed).encoding, len(closed)))
    return (
        values(language) | longest | {"own_day": longest["day"], "minutes": "15", "closed": closed} | take_or_pass(language, in_words=True)
    )


def booking_letters(language: str) -> dict[str, wording.Letter]:
    told = told_at_most(language)
    return {
        **{name: render(text, language, told) for name, text in (BOOKING_TEXTS | RECALLS | TEXTS_ONLY).items()},
        **{
            f"{name} without another number": render(text, language, told | {"turn_to": "911"})
            for name, text in ANSWERS.items()
            if text in wording.NO_OTHER_NUMBER
        },
    }


def protocol_letter(slug: str, language: str, product: str = "") -> wording.Letter:
    step = STEPS[slug]
    last = Planned(step, step.times, step.times, DAYS[0], DAYS[1])
    return letter(last, language, NEW_YORK, values(language) | ({"product": product} if product else {}))


def night_letters(language: str) -> dict[str, wording.Letter]:
    """Four doses are the most that a night of eleven hours can hold, in whichever hour it starts; each product, with the dose after it.

    Shortly before it there may be another.
    """
    letters = {}
    for product in products(language):
        for first in range(3):
            night = tuple(DAYS[0] + timedelta(hours=first + 3 * dose) for dose in range(4))
            for then in (None, night[0] + timedelta(hours=11)):
                for before in ((), (night[0] - timedelta(minutes=30),)):
                    planned = Planned(STEPS["serum-day"], 1, 8, DAYS[0], night[0], folded=(*before, *night), then=then)
                    name = f"night from {first}, {product}, {'then on' if then else 'the last'}{', and now' if before else ''}"
                    letters[name] = letter(planned, language, NEW_YORK, values(language) | {"product": product})
    return letters


def named_letters(language: str) -> dict[str, wording.Letter]:
    """Every text that a patient may be sent, under a name of its own."""
    doses = {slug for slug, step in STEPS.items() if step.kind is Kind.DOSE}
    return {
        **booking_letters(language),
        **{slug: protocol_letter(slug, language) for slug in STEPS if slug not in doses},
        **{f"{slug}, {product}": protocol_letter(slug, language, product) for slug in doses for product in products(language)},
        **night_letters(language),
    }


def every_letter(language: str) -> list[wording.Letter]:
    return list(named_letters(language).values())


def as_the_first(text: str, language: str) -> str:
    return fitted(f"{text} {how_to_stop(language)}")


class TestLength:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_text_fits_two_segments_even_as_the_first_one_with_how_to_stop(self, language, capsys):
        assert len(LONGEST_NAME) == 40
        rows = []
        for name, written in named_letters(language).items():
            first = as_the_first(written.sms, language)
            rows.append((f"{name} ({language})", len(written.sms), *segments(written.sms), len(first), *segments(first)))
        with capsys.disabled():
            sys.stdout.write(table(rows))
        assert [row for row in rows if row[3] > 2 or row[6] > 2] == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_recall_takes_one_segment_even_with_how_to_stop(self, language):
        """Thousands go at once, and each segment is paid for."""
        firsts = [as_the_first(booking_letters(language)[name].sms, language) for name in RECALLS]
        assert [segments(first) for first in firsts] == [("GSM-7", 1), ("GSM-7", 1)]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_so_does_every_answer_with_how_to_answer_an_offer(self, language):
        """The offer itself was a text, so that none of these is the first one."""
        answers = {name: written for name, written in booking_letters(language).items() if name.startswith("ANSWER")}
        lengths = {name: segments(fitted(f"{written.sms} {how_to_answer_an_offer(language)}")).number for name, written in answers.items()}
        assert {name for name, length in lengths.items() if length > 2} == set()

    def test_so_does_the_text_to_the_person_on_call(self):
        link = "https://afterglow.riverside-dermatology.example.org/admin/inbox/1234567/"
        told = values("en") | {"severity": "urgent", "by": "Wed, Sep 30, 10:30 PM", "link": link}
        assert segments(render(wording.ALERT, "en", told).sms) == ("GSM-7", 2)

    def test_an_accented_name_of_a_clinic_costs_the_accents_not_a_third_segment(self):
        written = render(wording.ANSWER_URGENT_CLOSED, "es", told_at_most("es") | {"clinic": ACCENTED_NAME})
        assert written.sms.startswith("Clinica Dermatologica y Laser Rio Hondo: estamos cerrados ahora; abrimos el ")
        assert segments(written.sms) == ("GSM-7", 2)

    def test_english_needs_no_letter_that_gsm_7_lacks_and_the_protocols_spanish_doesnt_either(self):
        assert {segments(written.sms).encoding for written in every_letter("en")} == {"GSM-7"}
        without_product = [step.texts["es"].sms for step in STEPS.values()]
        assert {segments(sms).encoding for sms in without_product} == {"GSM-7"}

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_control_a_longer_clinic_name_would_not_fit(self, language):
        longest = max((written.sms for written in every_letter(language)), key=len)
        assert segments(fitted(longest + "x" * 153)).number > 2

    def test_gsm_7_counts_160_then_153_and_its_extensions_twice(self):
        assert segments("a" * 160) == ("GSM-7", 1)
        assert segments("a" * 161) == ("GSM-7", 2)
        assert segments("a" * 306) == ("GSM-7", 2)
        assert segments("a" * 307) == ("GSM-7", 3)
        assert segments("€" * 80) == ("GSM-7", 1)
        assert segments("€" * 80 + "a") == ("GSM-7", 2)
        assert segments("¿ñé ü Ñ¡à") == ("GSM-7", 1)

    def test_ucs_2_counts_70_then_67_and_an_emoji_twice(self):
        assert segments("í" * 70) == ("UCS-2", 1)
        assert segments("í" * 71) == ("UCS-2", 2)
        assert segments("í" * 134) == ("UCS-2", 2)
        assert segments("í" * 135) == ("UCS-2", 3)
        assert segments("😀" * 35) == ("UCS-2", 1)
        assert segments("😀" * 36) == ("UCS-2", 2)
        assert segments("a\u00a0b").encoding == "UCS-2"  # a non-breaking space doubles the price

    def test_what_would_take_three_segments_leaves_out_the_accents_that_gsm_7_lacks(self):
        assert fitted("é" * 306) == "é" * 306
        assert fitted("á" * 134) == "á" * 134  # it fits as it is
        assert fitted("sábado, más tarde – “así” … ñandú, él, güero " * 4) == 'sabado, mas tarde - "asi" ... ñandu, él, güero ' * 4
        assert fitted("á" * 400) == "a" * 400  # three segments instead of six
        assert fitted("β" + "á" * 134) == "β" + "á" * 134  # it wouldn't help
        assert segments(fitted("á" * 306)) == ("GSM-7", 2)

    def test_no_text_at_all(self):
        assert segments("") == ("GSM-7", 1)


class TestDiscretion:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_text_names_neither_treatment_nor_body_area(self, language):
        revealing = re.compile(
            r"microneedl|needl|aguja|treatment|tratamiento|\b(face|facial|scalp|neck|hands?|abdomen|legs?|cheek|forehead)\b"
            r"|\b(cara|rostro|cuello|cuero|piernas?|frente|mejillas?)\b",
            re.IGNORECASE,
        )
        # Told to wash her hands, a patient's treatment isn't given away.
        texts = [re.sub(r"Clean hands|Manos limpias", "", written.sms) for written in every_letter(language)]
        assert [text for text in texts if revealing.search(text)] == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_text_starts_with_the_clinics_name(self, language):
        assert [written.sms for written in every_letter(language) if not written.sms.startswith(f"{LONGEST_NAME}: ")] == []

    def test_no_placeholder_for_a_patient_or_a_treatment_exists(self):
        known = {"clinic", "phone", "place", "product", "number", "of", "day", "time", "times"}
        known |= {"own_day", "minutes", "then", "emergency", "turn_to", "closed", "take", "pass"}
        texts = [
            *BOOKING_TEXTS.values(),
            *TEXTS_ONLY.values(),
            *RECALLS.values(),
            wording.NIGHT,
            wording.LAST_NIGHT,
            wording.NOW_AND_NIGHT,
            wording.NOW_AND_LAST_NIGHT,
            *wording.NO_OTHER_NUMBER.values(),
            *(text for step in STEPS.values() for text in step.texts.values()),
        ]
        named = {place for text in texts for part in (text.sms, text.subject, text.email) for place in places(part)}
        assert named <= known

    def test_nobody_is_asked_to_answer_with_a_word_that_the_provider_takes_for_stop_or_start(self):
        reserved = re.compile(r"\b(YES|CANCEL|END|QUIT|UNSUBSCRIBE|STOPALL|REVOKE|OPTOUT|UNSTOP|START)\b")
        assert [text.sms for language in LANGUAGES for text in every_letter(language) if reserved.search(text.sms)] == []


class TestCompleteness:
    @pytest.mark.parametrize("slug", STEPS)
    def test_every_step_has_every_language_in_every_form(self, slug):
        texts = STEPS[slug].texts
        assert set(texts) == set(LANGUAGES)
        for language in LANGUAGES:
            written = protocol_letter(slug, language)
            assert all([written.sms, written.subject, written.email, written.html]), slug
            assert "{" not in written.sms + written.subject + written.email, slug
        assert texts["en"] != texts["es"]

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", [slug for slug, step in STEPS.items() if step.kind is Kind.EDUCATION])
    def test_every_education_text_says_whom_to_call_in_both_forms(self, slug, language):  # F12
        written = protocol_letter(slug, language)
        assert PHONE in written.sms
        assert PHONE in written.email
        assert f'href="tel:+12125550100">{PHONE}</a>' in written.html
        when_to_call = {"en": "Call us at once about bleeding", "es": "Llámenos de inmediato"}[language]
        assert when_to_call in written.email
        assert when_to_call in written.html

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", STEPS)
    def test_every_text_of_the_protocol_has_the_clinics_number_itself(self, slug, language):
        text = STEPS[slug].texts[language]
        assert "{phone}" in text.sms
        assert "{phone}" in text.email

    @pytest.mark.parametrize("slug", [slug for slug, step in STEPS.items() if step.kind is Kind.CHECK_IN])
    def test_a_check_in_asks_for_1_2_3_or_words_by_text_and_for_a_call_by_email(self, slug):
        english, spanish = (STEPS[slug].texts[language] for language in LANGUAGES)
        assert "Answer 1 if fine, 2 if unsure, 3 if worse, or in your own words." in english.sms
        assert "Responda 1 si va bien, 2 si no sabe, 3 si va peor, o con sus palabras." in spanish.sms
        assert "call us at {phone}" in english.email
        assert "llámenos al {phone}" in spanish.email
        assert "text message" not in english.email  # who gets it can't be texted, and knows no number to text
        assert not re.search(r"\b[123]\b", english.email + spanish.email)

    def test_every_fact_that_patients_are_told_of_is_named_by_a_step_and_no_other(self):
        named = {fact for step in STEPS.values() for fact in facts_in(step.facts)}
        assert named == set(FACTS) - {"F21"}  # what a session costs is for the catalogue
        assert all(step.facts for step in STEPS.values())

    @pytest.mark.parametrize("slug", [slug for slug, step in STEPS.items() if step.kind in (Kind.EDUCATION, Kind.CHECK_IN)])
    def test_whatever_may_be_more_than_mild_is_a_call(self, slug):  # F12 over F13
        assert "F12" in facts_in(STEPS[slug].facts)

    def test_five_days_of_education_and_check_ins_on_day_4_and_weeks_2_and_4(self):
        by_kind = {kind: [slug for slug, step in STEPS.items() if step.kind is kind] for kind in Kind}
        assert by_kind[Kind.DOSE] == ["serum-day", "serum-week"]
        assert by_kind[Kind.EDUCATION] == [f"education-day-{day}" for day in range(1, 6)]
        assert by_kind[Kind.CHECK_IN] == ["check-in-day-4", "check-in-week-2", "check-in-week-4"]
        assert by_kind[Kind.RESULTS] == ["results-week-2", "results-week-4"]


class TestSpanish:
    def test_the_compiled_catalogue_is_compiled_from_the_written_one(self):
        with CATALOGUE.with_suffix(".mo").open("rb") as compiled:
            catalogue = gettext.GNUTranslations(compiled)._catalog
        assert {key: text for key, text in catalogue.items() if key} == written_catalogue()

    def test_no_text_of_a_booking_lacks_its_spanish(self):
        written = written_catalogue()
        assert texts_to_translate() <= set(written)
        assert [text for text in written if not written[text]] == []

    def test_no_translation_is_left_over(self):
        assert set(written_catalogue()) <= texts_to_translate()

    def test_a_translation_fills_the_same_places(self):
        wrong = [text for text, spanish in written_catalogue().items() if places(spanish) != places(text)]
        assert wrong == []

    @pytest.mark.parametrize("slug", STEPS)
    def test_so_does_a_steps(self, slug):
        english, spanish = (STEPS[slug].texts[language] for language in LANGUAGES)
        assert places(english.sms) == places(spanish.sms)
        assert places(english.subject) == places(spanish.subject)
        assert places(english.email) == places(spanish.email)
        assert [part for text in (english, spanish) for part in (text.sms, text.subject, text.email) if unknown(part)] == []

    def test_a_confirmation_reads_like_this(self):
        told = day_and_time(datetime(2026, 12, 5, 14, 0, tzinfo=NEW_YORK), NEW_YORK, "es")
        written = render(wording.CONFIRMATION, "es", values("es") | {"clinic": "Maple Street Clinic"} | told)
        how = f"Responda C para confirmar, R para cambiarla o llame al {PHONE}."
        assert written.sms == f"Maple Street Clinic: su cita es el sáb 5 dic, 2:00 PM. {how}"
        long = render(wording.CONFIRMATION, "es", values("es") | told)
        assert long.sms == f"{LONGEST_NAME}: su cita es el sab 5 dic, 2:00 PM. {how}"  # it would take three segments
        assert written.subject == "Su cita es el sáb 5 dic"
        assert '<html lang="es">' in written.html

    def test_times_of_a_night_read_like_this(self):
        night = [datetime(2026, 12, 1, 23, 0, tzinfo=NEW_YORK) + timedelta(hours=3 * dose) for dose in range(3)]
        assert clock_times(night, NEW_YORK, "en") == "11:00 PM, 2:00 AM and 5:00 AM"
        assert clock_times(night, NEW_YORK, "es") == "11:00 PM, 2:00 AM y 5:00 AM"
        assert clock_times(night[:1], NEW_YORK, "es") == "11:00 PM"
        # Doses of two steps at one time are one time to her.
        assert clock_times([night[0], night[0] + timedelta(minutes=5)], NEW_YORK, "en") == "11:00 PM"

    def test_a_nights_text_says_when_to_go_on_where_that_is_the_next_morning(self):
        step, night = STEPS["serum-day"], (datetime(2026, 12, 1, 23, 0, tzinfo=NEW_YORK), datetime(2026, 12, 2, 2, 0, tzinfo=NEW_YORK))

        def sms(then: datetime | None, language: str = "en") -> str:
            return letter(Planned(step, 3, 8, night[0], night[0], folded=night, then=then), language, NEW_YORK, values(language)).sms

        start = f"{LONGEST_NAME}: your hyaluronic acid serum tonight, only if you are awake: at about 11:00 PM and 2:00 AM"
        end = f"Worried? Reply, or call {values('en')['phone']}."
        assert sms(datetime(2026, 12, 2, 8, 0, tzinfo=NEW_YORK)) == f"{start}, then at 8:00 AM. {end}"
        spanish = sms(datetime(2026, 12, 2, 8, 0, tzinfo=NEW_YORK), "es")
        assert "esta noche, solo si no duerme: 11:00 PM y 2:00 AM, y luego a las 8:00 AM. " in spanish
        # A day later, the same words would be taken for tonight.
        last = f"{start}. {end}"
        assert sms(None) == sms(datetime(2026, 12, 2, 23, 0, tzinfo=NEW_YORK)) == last

    def test_a_language_without_a_text_falls_back_to_english(self):
        step = STEPS["education-day-1"]
        assert letter(Planned(step, 1, 1, DAYS[0], DAYS[1]), "fr", NEW_YORK, values("en")).sms.startswith(f"{LONGEST_NAME}: marks, redness")


class TestAnswers:
    """What answers a worrying message: numbers and a way, no diagnosis."""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_each_that_is_about_something_worrying_names_the_clinics_number_and_the_emergency_number(self, language):
        worrying = {name: written.sms for name, written in booking_letters(language).items() if "SOON" in name or "URGENT" in name}
        assert len(worrying) == 6
        assert [name for name, sms in worrying.items() if PHONE not in sms or "911" not in sms] == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_others_alarm_nobody_and_name_somebody_to_call(self, language):
        told = told_at_most(language)
        calm = {name: render(ANSWERS[name], language, told).sms for name in ("ANSWER_FINE", "ANSWER_UNCLEAR", "ANSWER_NOTED_CLOSED")}
        assert [name for name, sms in calm.items() if "911" in sms] == []
        assert [OTHER_PHONE if "CLOSED" in name else PHONE for name in calm] == [
            number for sms in calm.values() for number in (PHONE, OTHER_PHONE) if number in sms
        ]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_while_closed_each_says_when_the_clinic_opens_and_where_to_turn(self, language):
        told = told_at_most(language)
        closed = [text for name, text in ANSWERS.items() if name.endswith("CLOSED")]
        assert len(closed) == 3
        for text in closed:
            sms = render(text, language, told).sms
            assert fitted(told["closed"]) in sms or without_accents(told["closed"]) in sms
            assert OTHER_PHONE in sms
            alone = render(text, language, told | {"turn_to": "911"}).sms
            assert alone.count("911") == 1
            assert OTHER_PHONE not in alone

    @pytest.mark.parametrize(
        ("language", "until_monday", "for_good"),
        [
            ("en", "we are closed now and open on Monday at 9:00 AM, tel. (212) 555-0100.", "we are closed now, tel. (212) 555-0100."),
            (
                "es",
                "estamos cerrados ahora; abrimos el lunes, 9:00 AM, tel. (212) 555-0100.",
                "estamos cerrados ahora, tel. (212) 555-0100.",
            ),
        ],
    )
    def test_shut_for_good_it_opens_at_no_time(self, language, until_monday, for_good):
        monday = datetime(2026, 11, 9, 9, tzinfo=NEW_YORK)
        for opens_at, said in ((monday, until_monday), (None, for_good)):
            told = values(language) | {"closed": closed_until(opens_at, NEW_YORK, language)}
            assert said in render(wording.ANSWER_URGENT_CLOSED, language, told).sms

    def test_none_diagnoses_or_reassures(self):
        soothing = r"normal|nothing to worry|don't worry|harmless|will pass|no se preocupe|no es grave|infec|allerg|alerg"
        texts = [written.sms for language in LANGUAGES for name, written in booking_letters(language).items() if name.startswith("ANSWER")]
        assert [sms for sms in texts if re.search(soothing, sms, re.IGNORECASE)] == []


def without_accents(text: str) -> str:
    return "".join(character for character in normalize("NFD", text) if character not in "\u0301\u0303")


class TestEmails:
    def test_what_could_be_markup_is_escaped(self):
        odd = values("en") | {"clinic": "<b>Maple</b> & Co"}
        written = render(Text("{clinic}", "Hello", "First line.\n\nSecond, at {clinic}."), "en", odd)
        assert "&lt;b&gt;Maple&lt;/b&gt; &amp; Co" in written.html
        assert "<b>" not in written.html
        assert "<b>Maple</b> & Co" in written.email
        assert "<p>First line.</p>" in written.html

    def test_the_clinics_number_can_be_touched_wherever_it_stands(self):
        written = render(Text("", "Hello", "Call {phone}, or <call> {phone}."), "en", values("en"))
        link = f'<a href="tel:+12125550100">{PHONE}</a>'
        assert f"<p>Call {link}, or &lt;call&gt; {link}.</p>" in written.html
        assert "<a" not in written.email

    def test_its_frame_says_what_to_call_for(self):
        text = Text("", "Hello", "Words.")
        care, booking, staff = (render(text, "en", values("en"), frame=frame) for frame in ("care", "booking", "staff"))
        assert ("any sign of infection" in care.email, "In an emergency, call 911." in care.email) == (True, True)
        assert ("infection" in booking.email, "911" in booking.email, "Any questions? Call us:" in booking.email) == (False, False, True)
        assert staff.email == "Words.\n"
        assert ("tel:" in care.html, "tel:" in booking.html, "tel:" in staff.html) == (True, True, False)
        assert ("911" in care.html, "911" in booking.html, "911" in staff.html) == (True, False, False)

    @pytest.mark.parametrize(
        ("language", "replies", "ends"),
        [
            ("en", f"Nobody reads replies to this email: please call us at {PHONE}.", "End these emails"),
            ("es", f"Nadie lee las respuestas a este correo: por favor, llámenos al {PHONE}.", "Dejar de recibir estos correos"),
        ],
    )
    def test_its_foot_says_what_becomes_of_a_reply_and_how_to_end_emails_like_it(self, language, replies, ends):
        link = "https://clinic.example.org/emails/7/"
        text, told = Text("", "Hello", "Words."), values(language) | {"end_emails": link}
        care, booking = (render(text, language, told, frame=frame) for frame in ("care", "booking"))
        assert care.email.endswith(f"--\n{replies}\n{ends}: {link}\n")
        assert booking.email.endswith(f"--\n{replies}\n{ends}: {link}\n")
        assert f'<a href="{link}">{ends}</a>' in care.html
        without = render(text, language, values(language))
        assert without.email.endswith(f"--\n{replies}\n")
        assert ends not in without.html

    def test_a_list_of_mails_shows_how_it_begins(self):
        written = render(Text("", "Hello", "First & foremost.\n\nSecond."), "en", values("en"))
        assert (
            '<div class="preheader" style="display:none;max-height:0;overflow:hidden;mso-hide:all">First &amp; foremost.</div>'
            in written.html
        )

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_one_is_whole_in_itself_and_fit_for_the_dark(self, language):
        for written in every_letter(language):
            assert f'<html lang="{language}">' in written.html
            assert '<meta name="color-scheme" content="light dark">' in written.html
            assert "prefers-color-scheme: dark" in written.html
            assert not re.search(r"<(img|link|script)|src=|https?://|url\(", written.html)


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def table(rows: list[tuple[str, int, str, int, int, str, int]]) -> str:
    widest = max(len(row[0]) for row in rows)
    head = f"\n{'text':<{widest}}  chars  segments      as the first"
    lines = [f"{row[0]:<{widest}}  {row[1]:>5}  {row[3]} {row[2]:<6}  {row[4]:>7}  {row[6]} {row[5]}" for row in rows]
    return "\n".join([head, *lines, ""])


def written_catalogue() -> dict[str, str]:
    """The .po file: text → translation."""
    entries = re.findall(r'^msgid ((?:"[^\n]*"\n)+)msgstr ((?:"[^\n]*"\n?)+)', CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    parsed = {unquoted(text): unquoted(spanish) for text, spanish in entries}
    del parsed[""]
    return parsed


def unquoted(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.splitlines())


def texts_to_translate() -> set[str]:
    """What the modules of aftercare.wording hand to gettext."""
    nodes = [node for module in WORDING.glob("*.py") for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {
        ast.literal_eval(call.args[0]) for call in calls if call.func.id in ("_", "gettext_noop") and isinstance(call.args[0], ast.Constant)
    }


def test_a_recalls_wording_has_a_label_for_people():
    assert {name: wording.recall_label(name) for name in RECALLS} == {
        "next-1": "Next session, first wording",
        "maintenance-1": "Maintenance, first wording",
    }
    assert wording.recall_label("autumn") == "autumn"


def test_control_english_is_what_an_untranslated_text_would_show():
    with translation.override("es"):
        assert translation.gettext("a text that nobody translated") == "a text that nobody translated"
