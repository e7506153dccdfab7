"""While a step is being typed, its page shows what a patient would get of it. Nothing is saved."""

import re

import pytest

from tests.clinic.protocol_pages import form_of, page, published, read, step_of, step_page

TUESDAY = {"show": "1", "ended_on": "2026-11-10", "ended_at": "14:00", "nights": "texts", "language": "en"}


@pytest.fixture
def typed(dana, draft):
    """`typed("serum-day", every_hours="2")`: what stands there once that is typed."""

    def shown(slug: str, /, **changed: str) -> str:
        row = step_of(draft, slug)
        before = row.as_domain()
        answer = dana.post(step_page(row), form_of(dana, step_page(row)) | TUESDAY | changed)
        assert answer.status_code == 200
        after = step_of(draft, slug).as_domain()
        assert (after, after.texts) == (before, before.texts)
        return panel(read(answer))

    return shown


def panel(said: str) -> str:
    """With what stands above the form and in it."""
    return said[said.index('id="advice"') : said.index("Save and go back")]


def wrong(said: str, field: str) -> str:
    """What stands at that field."""
    said = said[said.index(f'id="id_{field}-wrong"') :].partition(">")[2]
    return " ".join(re.sub(r"<[^>]+>", "", said[: said.index("</div>")]).split())


def times_told(said: str) -> list[str]:
    return re.findall(r'<time datetime="[^"]+">([^<]+)</time>', said)


def test_it_is_there_from_the_beginning(dana, draft):
    said = panel(read(dana.get(step_page(step_of(draft, "serum-day")))))
    assert "8 doses, every 3 hours from 3 hours after the session’s end." in said
    assert len(times_told(said)) == 8


def test_times_and_words_follow_what_is_typed(typed):
    said = typed("serum-day", every_hours="2", times="3", **{"en-sms": "{clinic}: {number} of {of}, {phone}."})
    assert "3 doses, every 2 hours from 3 hours after the session’s end." in said
    assert times_told(said) == ["5:00 PM", "7:00 PM", "9:00 PM"]
    assert "Maple Street Clinic: 1 of 3, (212) 555-0100. Reply STOP to opt out." in said
    assert "Maple Street Clinic: 3 of 3, (212) 555-0100." in said
    assert "F16 says every 3 hours; this step says every 2 hours." in said


def test_for_whom_is_chosen(typed):
    said = typed("serum-day", nights="quiet", language="es")
    assert times_told(said)[:3] == ["5:00 PM", "8:00 PM", "8:30 PM"]
    assert "The night’s doses: 11:00 PM, 2:00 AM, 5:00 AM." in said
    assert "su sérum hialurónico" in said
    refused = typed("serum-day", ended_on="")
    assert "Choose a day." in refused
    assert times_told(refused) == []


def test_an_email_step_as_a_text_for_whom_no_email_reaches(typed):
    words = {"en-sms": "{clinic}: rest today. {phone}"}
    assert "rest today" not in typed("education-day-1", **words).split('class="chosen"')[1]
    said = typed("education-day-1", reached_by="sms", **words).split('class="chosen"')[1]
    assert "Maple Street Clinic: rest today. (212) 555-0100" in said
    assert "By text: email isn" in said


def test_what_is_mended_while_typing_is_not_said_any_more(typed, draft):
    step_of(draft).texts.filter(language="en").update(sms="{clinic}: your face. {phone}")
    assert "The text message says “face”." in typed("education-day-1")
    assert "The text message says “face”." not in typed("education-day-1", **{"en-sms": "{clinic}: rest. {phone}"})


def test_what_would_keep_it_from_being_published_is_said(typed):
    said = typed("serum-day", every_hours="1", times="24", **{"en-sms": "{clinic}: your {patient} face."})
    assert "On one day it can send" in said
    assert "The text message says “face”." in said
    assert "“{patient}” in the text message stands for nothing." in said


def test_what_isn_t_complete_is_named(typed):
    said = typed("serum-day", every_hours="", times="x")
    assert "Fill in or correct these, and it is shown here: How many at most." in said
    assert times_told(said) == []


def test_what_is_wrong_with_a_field_is_said_at_the_field(typed):
    said = typed("serum-week", at="8am 8pm", valid_hours="0")
    assert wrong(said, "at") == "“8am 8pm” is no time of day, such as 8:00 AM."
    assert wrong(said, "valid_hours") == "Enter 0.1 or more."
    assert wrong(said, "times") == ""


def test_what_is_yet_to_be_filled_in_is_no_mistake_while_typing(dana, draft):
    new = {"slug": "hello", "first_after_hours": "", "times": "0"}
    assert wrong(panel(read(dana.post(page(draft, "step"), new | TUESDAY))), "first_after_hours") == ""
    assert wrong(panel(read(dana.post(page(draft, "step"), new | TUESDAY))), "times") == "Enter 1 or more."
    assert wrong(panel(read(dana.post(page(draft, "step"), new))), "first_after_hours") == "Please fill in “First after … hours”."


def test_until_every_field_is_right_only_the_words_are_judged(typed, draft):
    """What is saved would be judged in place of what is typed."""
    draft.steps.filter(slug="serum-day").update(times=24, every_hours=1)
    assert "On one day it can send" in typed("serum-day")
    said = typed("serum-day", times="x", **{"en-sms": "{clinic}: your face. {phone}"})
    assert "The text message says “face”." in said
    assert "On one day it can send" not in said
    assert "F16 says every 3 hours" not in said
    assert "24 doses" not in said


def test_a_new_step_too(dana, draft):
    new = {"slug": "hello", "kind": "education", "channel": "sms", "timing": "clock", "first_after_hours": "36", "at": "9 am", "times": "1"}
    answer = dana.post(page(draft, "step"), new | TUESDAY | {"valid_hours": "12", "en-sms": "{clinic}: hello. {phone}"})
    said = panel(read(answer))
    assert times_told(said) == ["9:00 AM"]
    assert re.search(r"Thursday, November 12 <span[^>]*>day 2</span>", said)
    assert "Maple Street Clinic: hello. (212) 555-0100" in said
    assert not draft.steps.filter(slug="hello").exists()


def test_a_published_step_has_none_and_a_manager_sees_none(dana, draft, sign_in):
    assert "as-typed" not in read(dana.get(step_page(step_of(published()))))
    manager, row = sign_in("Manager"), step_of(draft)
    assert "as-typed" not in read(manager.get(step_page(row)))
    assert manager.post(step_page(row), TUESDAY).status_code == 403


class TestCounting:
    def size(self, said: str, language: str = "en") -> str:
        rest = said[said.index(f'id="size-{language}"') :]
        return " ".join(rest[: rest.index("</div>")].split())

    def test_a_text_is_counted_as_it_is_written(self, typed):
        size = self.size(typed("education-day-1", **{"en-sms": "{clinic}: hello {phone}"}))
        assert "<strong>1 segment</strong> · 64 characters with the longest names" in size
        assert "Maple Street Clinic: hello (212) 555-0100 Reply STOP to opt out." in size
        assert "3 segments" in self.size(typed("serum-day", **{"en-sms": "{clinic}: {phone} your scalp " + "x" * 300}))
        assert "No words yet." in self.size(typed("serum-day", **{"en-sms": " "}))

    def test_also_one_that_is_too_long_to_be_saved(self, typed):
        assert "8 segments" in self.size(typed("serum-day", **{"en-sms": "{clinic}: {phone} " + "x" * 1_100}))

    def test_the_dearer_of_a_text_with_and_without_how_to_stop_counts(self, typed):
        """With it a Spanish dose loses its accents, and is cheaper: 1 segment. All the others keep theirs, in 2."""
        sms = "{clinic}: toca su {product} ({number} de {of}). Manos limpias, capa fina. ¿Dudas? Llame: {phone}"
        size = self.size(typed("serum-day", **{"es-sms": sms}), "es")
        assert "<strong>2 segments</strong>" in size
        assert "In a text with “ó” a segment holds 70 characters, not 160." in size
        assert (
            "As the first text of all, which says how to stop, it goes without accents so that it fits in 2 segments: “o” for “ó”." in size
        )

    def test_accents_that_are_left_out_are_named(self, typed):
        size = self.size(typed("serum-day", **{"es-sms": "{clinic}: {phone} Cuídese. Aquí estamos. " + "x" * 100}), "es")
        assert "Accents are left out so that it fits in 2 segments: “i” for “í”." in size
        assert "Cuidese. Aqui estamos." in size
        assert "left out" not in self.size(typed("serum-day", **{"es-sms": "{clinic}: Cuídese. {phone}"}), "es")

    def test_a_curly_quote_is_said_in_words(self, typed):
        size = self.size(typed("serum-day", **{"en-sms": "{clinic}: it’s {phone}"}))
        assert "In a text with the curly quote ’ a segment holds 70 characters, not 160." in size


def test_garbage_is_shown_or_named(dana, draft):
    for row in (step_page(step_of(draft)), page(draft, "step")):
        for posted in ({}, {"en-sms": "\0 {", "kind": "fly", "times": "9" * 40, "language": "xx"}, {"en-sms": "x" * 99_999, "times": "²"}):
            assert dana.post(row, {"show": "1", "ended_on": "9999-99-99", "nights": "\0"} | posted).status_code == 200
