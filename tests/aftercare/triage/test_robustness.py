"""Whatever a patient's phone makes of her words: capitals, accents, pictures, slips of the thumb, and texts meant to hurt."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.domain.triage import FLAGS, Level, triage
from tests.aftercare.triage.labelled import answers_of

ANSWERS = answers_of("answers") + answers_of("held_out")
ORDINARY = [answer for answer in ANSWERS if answer.is_ordinary]
RED = [answer for answer in ANSWERS if answer.is_red]
URGENT = [answer for answer in RED if answer.label == "urgent"]

MOST_SECONDS = 1.0  # of processor time for the longest message; it takes a tenth of that
LONGEST = 1600  # characters, of an SMS in parts

# Each with a sign that may be denied. Built at random, so that no list of sentences can be known by heart.
DENIED = {
    "en": (
        ["no", "not", "no more", "without any", "I don't have any", "never had any", "no signs of"],
        ["bleeding", "bruising", "pus", "infection", "swelling"],
    ),
    "es": (
        ["no tengo", "sin", "ya no hay", "no he tenido", "nada de", "nunca tuve"],
        ["fiebre", "moretones", "pus", "sangrado", "hinchazón"],
    ),
}
AROUND = ["", "Hi! ", "thanks, ", "Hola, "]


def without_accents(text):
    return "".join(character for character in unicodedata.normalize("NFD", text) if unicodedata.category(character) != "Mn")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: f"  {text.upper()} 🌸✨",
        lambda text: without_accents(text).lower().replace("'", ""),
        lambda text: unicodedata.normalize("NFD", text).replace("'", "’").replace(" ", "\u00a0"),
        lambda text: (text if text.endswith(("?", ".", "!")) else f"{text}!!!").replace(" ", "  "),
    ],
)
def test_how_it_is_written_makes_no_difference(change):
    assert [str(answer) for answer in ANSWERS if triage(change(answer.text), asked=answer.asked) != answer.verdict] == []


def test_a_red_flag_needs_no_punctuation():
    for answer in RED:
        bare = "".join(character for character in answer.text if character.isalnum() or character in " '’/.")
        assert triage(bare, asked=answer.asked).level.is_concern, str(answer)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ORDINARY), st.sampled_from(RED), st.sampled_from([". ", "! ", "\n", ", ", " but ", " and ", " pero "]))
def test_a_red_flag_among_ordinary_words_stays_a_concern(ordinary, red, joint):
    verdict = triage(f"{ordinary.text}{joint}{red.text}", asked=ordinary.asked)
    assert verdict.level.is_concern


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ORDINARY), st.sampled_from(URGENT), st.sampled_from([". ", "! ", "\n"]), st.booleans())
def test_an_urgent_sentence_among_others_stays_urgent(ordinary, red, joint, comes_first):
    texts = (red.text, ordinary.text) if comes_first else (ordinary.text, red.text)
    verdict = triage(joint.join(texts), asked=ordinary.asked)
    assert verdict.level.is_concern
    if not comes_first:
        assert verdict.level is Level.URGENT
        assert red.flag in verdict.flags


@given(st.data(), st.sampled_from(["en", "es"]), st.sampled_from(AROUND), st.booleans())
def test_a_denied_sign_alone_is_never_urgent(data, language, before, asked):
    denials, signs = DENIED[language]
    text = f"{before}{data.draw(st.sampled_from(denials))} {data.draw(st.sampled_from(signs))}"
    assert not triage(text, asked=asked).level.is_concern


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RED), st.data())
def test_one_slip_in_a_long_word_hides_no_red_flag(answer, data):
    """Two letters of a word swapped, not the first."""
    words = answer.text.split(" ")
    long = [number for number, word in enumerate(words) if len(word) >= 8 and word.isalpha() and word.isascii()]
    if not long:
        return
    number = data.draw(st.sampled_from(long))
    word = words[number]
    place = data.draw(st.integers(1, len(word) - 3))
    words[number] = f"{word[:place]}{word[place + 1]}{word[place]}{word[place + 2 :]}"
    assert triage(" ".join(words), asked=answer.asked).level.is_concern


@settings(deadline=None)
@given(st.text(max_size=400), st.booleans())
def test_any_text_has_a_verdict(text, asked):
    verdict = triage(text, asked=asked)
    assert set(verdict.flags) <= set(FLAGS)
    assert verdict == triage(text, asked=asked)
    assert asked or verdict.level is not Level.FINE


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["no", "not", "or", "and", "so", "very", "bleeding", "swelling", "gone", "red", "but", "a lot", "what if", "pus", "no para de"]
        ),
        max_size=300,
    )
)
def test_words_of_the_rules_in_any_order_take_no_long_time(words):
    began = time.process_time()
    triage(" ".join(words)[:LONGEST])
    assert time.process_time() - began < MOST_SECONDS


@pytest.mark.parametrize(
    "part",
    [
        "no ",
        "bleeding ",
        "no bleeding or ",
        "swelling and ",
        "so ",
        "cant stop bleeding ",
        "is gone ",
        "a.",
        "?a",
        "a,",
        "x",
        "((",
        "no no red hot ",
        "not very ",
        "1 or 2 ",
        "é",
        "infectoin ",
    ],
)
def test_a_text_meant_to_hurt_takes_no_long_time(part):
    """In time that grows with its length only: no pattern tries what it has tried before."""
    text = (part * LONGEST)[:LONGEST]
    began = time.process_time()
    triage(text, asked=True)
    assert time.process_time() - began < MOST_SECONDS
