"""Every word that a patient can read: short enough, discreet enough, in both languages."""

import ast
import gettext
import re
from datetime import datetime, timedelta
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from aftercare import wording
from aftercare.domain.expansion import Planned
from aftercare.domain.protocol import Kind, Text
from aftercare.services.protocols import read_protocol
from aftercare.wording import clock_times, day_and_time, how_to_stop, letter, render, usual_product, weekday_and_time
from notifications.domain.segments import fitted, segments

LANGUAGES = ["en", "es"]
LONGEST_NAME = "Riverside Skin & Laser Clinics"
PHONE = "(212) 555-0100"
NEW_YORK = ZoneInfo("America/New_York")
BOOKING_TEXTS = {
    "CONFIRMATION": wording.CONFIRMATION,
    "MOVED": wording.MOVED,
    "CANCELLATION": wording.CANCELLATION,
    "REMINDER": wording.REMINDER,
    **{f"CONFIRMED_ALREADY {number}": text for number, text in enumerate(wording.CONFIRMED_ALREADY.values())},
    "STILL_HELD": wording.STILL_HELD,
}
TEXTS_ONLY = {
    name: getattr(wording, name)
    for name in [
        *("OFFER", "OFFER_INSTEAD", "TAKEN", "GONE", "PASSED", "CONFIRMED", "TO_BE_MOVED", "HELP"),
        *("ANSWER_FINE", "ANSWER_SOON", "ANSWER_SOON_CLOSED", "ANSWER_URGENT", "ANSWER_URGENT_CLOSED", "ANSWER_NOTED_CLOSED"),
    ]
}
STEPS = {step.slug: step for step in read_protocol("microneedling").steps}
WORDING = Path(wording.__file__).parent
CATALOGUE = WORDING.parent / "locale" / "es" / "LC_MESSAGES" / "django.po"

# A whole year of days, at the hour whose text is longest.
DAYS = [datetime(2026, 1, 1, 22, 30, tzinfo=NEW_YORK) + timedelta(days=day) for day in range(365)]


def values(language: str) -> dict[str, str]:
    assert len(LONGEST_NAME) == 30
    return {
        "clinic": LONGEST_NAME,
        "address": "1 Maple Street, New York",
        "phone": PHONE,
        "phone_e164": "+12125550100",
        "product": usual_product(language),
        "emergency": "911",
        "turn_to": "(212) 555-0199",
    }


def booking_letters(language: str) -> list[wording.Letter]:
    longest = max(
        (day_and_time(day, NEW_YORK, language) for day in DAYS), key=lambda told: (segments(told["day"]).encoding, len(told["day"]))
    )
    told = values(language) | longest | {"own_day": longest["day"], "minutes": "15"}
    told |= {"opens": max((weekday_and_time(day, NEW_YORK, language) for day in DAYS), key=len)}
    without = told | {"turn_to": told["emergency"]}
    return [
        *(render(text, language, told) for text in (*BOOKING_TEXTS.values(), *TEXTS_ONLY.values())),
        *(render(text, language, without) for text in wording.NO_OTHER_NUMBER),
    ]


def protocol_letter(slug: str, language: str) -> wording.Letter:
    step = STEPS[slug]
    last = Planned(step, step.times, step.times, DAYS[0], DAYS[1])
    return letter(last, language, NEW_YORK, values(language))


def night_letters(language: str) -> list[wording.Letter]:
    """Four doses are the most that a night of eleven hours can hold, in whichever hour it starts."""
    nights = [tuple(DAYS[0] + timedelta(hours=first + 3 * dose) for dose in range(4)) for first in range(3)]
    return [
        letter(Planned(STEPS["serum-day"], 1, 8, DAYS[0], DAYS[1], folded=night, then=then), language, NEW_YORK, values(language))
        for night in nights
        for then in (night[-1] + timedelta(hours=3), None)
    ]


def every_letter(language: str) -> list[wording.Letter]:
    return [*booking_letters(language), *(protocol_letter(slug, language) for slug in STEPS), *night_letters(language)]


class TestLength:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_text_fits_two_segments_even_as_the_first_one_with_how_to_stop(self, language):
        too_long = {
            text: (len(text), segments(text))
            for text in (fitted(f"{written.sms} {how_to_stop(language)}") for written in every_letter(language))
            if segments(text).number > 2
        }
        assert too_long == {}

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_control_a_longer_clinic_name_would_not_fit(self, language):
        longest = max((written.sms for written in every_letter(language)), key=lambda text: (segments(text).encoding, len(text)))
        assert segments(longest + "x" * 153).number > 2

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
        known = {"clinic", "phone", "phone_e164", "address", "product", "number", "of", "day", "time", "times"}
        known |= {"own_day", "minutes", "then", "emergency", "turn_to", "opens"}
        texts = [
            *BOOKING_TEXTS.values(),
            *TEXTS_ONLY.values(),
            wording.NIGHT,
            *(text for step in STEPS.values() for text in step.texts.values()),
        ]
        named = {
            field for text in texts for part in (text.sms, text.subject, text.email) for _, field, _, _ in Formatter().parse(part) if field
        }
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
            assert all(written), slug
            assert "{" not in "".join(written).replace(written.html, ""), slug
        assert texts["en"] != texts["es"]

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", [slug for slug, step in STEPS.items() if step.kind is Kind.EDUCATION])
    def test_every_education_text_says_whom_to_call_in_both_forms(self, slug, language):  # F12
        written = protocol_letter(slug, language)
        assert PHONE in written.sms
        assert PHONE in written.email
        assert f'href="tel:+12125550100">{PHONE}</a>' in written.html
        when_to_call = {"en": "When to call us, at once", "es": "Llámenos de inmediato"}[language]
        assert when_to_call in written.email
        assert when_to_call in written.html

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", STEPS)
    def test_every_text_of_the_protocol_has_the_clinics_number(self, slug, language):
        assert PHONE in protocol_letter(slug, language).sms

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
        wrong = [
            text
            for text, spanish in written_catalogue().items()
            if {field for _, field, _, _ in Formatter().parse(spanish) if field}
            - {field for _, field, _, _ in Formatter().parse(text) if field}
        ]
        assert wrong == []

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
            return letter(Planned(step, 3, 8, DAYS[0], DAYS[1], folded=night, then=then), language, NEW_YORK, values(language)).sms

        start = f"{LONGEST_NAME}: the next times for your hyaluronic acid serum are about 11:00 PM and 2:00 AM"
        assert sms(datetime(2026, 12, 2, 8, 0, tzinfo=NEW_YORK)) == f"{start}, then at 8:00 AM. Only if you are awake: sleep comes first."
        assert "11:00 PM y 2:00 AM, y luego a las 8:00 AM" in sms(datetime(2026, 12, 2, 8, 0, tzinfo=NEW_YORK), "es")
        # A day later, the same words would be taken for tonight.
        last = f"{start}. Only if you are awake: sleep comes first."
        assert sms(None) == sms(datetime(2026, 12, 2, 23, 0, tzinfo=NEW_YORK)) == last

    def test_a_language_without_a_text_falls_back_to_english(self):
        step = STEPS["education-day-1"]
        assert letter(Planned(step, 1, 1, DAYS[0], DAYS[1]), "fr", NEW_YORK, values("en")).sms.startswith(f"{LONGEST_NAME}: marks, redness")


def test_an_email_escapes_what_could_be_markup():
    odd = values("en") | {"clinic": "<b>Maple</b> & Co"}
    written = render(Text("{clinic}", "Hello", "First line.\n\nSecond, at {clinic}."), "en", odd)
    assert "&lt;b&gt;Maple&lt;/b&gt; &amp; Co" in written.html
    assert "<b>" not in written.html
    assert "<b>Maple</b> & Co" in written.email
    assert "<p>First line.</p>" in written.html


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


def test_control_english_is_what_an_untranslated_text_would_show():
    with translation.override("es"):
        assert translation.gettext("a text that nobody translated") == "a text that nobody translated"
