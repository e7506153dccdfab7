"""In which language a text is written, tried on every red flag of the labelled answers."""

import pytest

from aftercare.domain.triage import language_of
from tests.aftercare.triage.labelled import answers_of

RED = {(answer.language, answer.text) for name in ("answers", "held_out", "tried_out") for answer in answers_of(name) if answer.is_red}


def test_no_red_flag_is_taken_for_the_other_language():
    other = {"en": "es", "es": "en"}
    assert [text for language, text in sorted(RED) if language_of(text, otherwise=language) == other[language]] == []


def test_nearly_all_are_known_by_their_words_alone():
    unknown = [text for _language, text in RED if language_of(text, otherwise="") == ""]
    assert len(unknown) < len(RED) / 20


@pytest.mark.parametrize("text", ["3", "", "?!", "101.5", "pus", "😟"])
def test_what_says_nothing_of_it_is_left_to_the_patients_own(text):
    assert [language_of(text, otherwise=own) for own in ("en", "es")] == ["en", "es"]
