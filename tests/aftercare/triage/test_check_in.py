"""Answers to a check-in: 1 fine, 2 unsure, 3 worse, or words."""

import pytest

from aftercare.domain.triage import Level, Verdict, triage
from notifications.wording import with_pictures


@pytest.mark.parametrize(
    "text", ["1", " 1. ", "1️⃣", "１", "one", "ONE!", "uno", "#1", "1 thanks", "It's a 1", "1 👍", "opción 1", "1, gracias", "Todo bien"]
)
def test_a_one_is_fine(text):
    assert triage(text, asked=True) == Verdict(Level.FINE)
    assert triage(text).level is Level.WORDS


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "3",
        "2️⃣",
        "a 2",
        "I'd say 3",
        "two",
        "dos",
        "TRES",
        "opción 2",
        "2 or 3",
        "1 2",
        "1 or 2",
        "1/2",
        "1-2",
        "1?",
        "0",
        "4",
        "12",
        "2, thanks",
    ],
)
def test_anything_else_that_is_a_number_is_a_concern(text):
    assert triage(text, asked=True) == Verdict(Level.SOON)


@pytest.mark.parametrize(
    "text",
    ["3pm works", "see you at 3", "2 weeks ago I bought the serum", "nos vemos a las 3", "my appointment is on the 2nd"],
)
def test_a_number_of_something_is_no_answer(text):
    assert triage(text, asked=True) == Verdict(Level.WORDS)


@pytest.mark.parametrize("text", ["1 but when can I wear makeup?", "1 and how long until I can swim", "1 pero cuándo es mi cita"])
def test_a_one_with_a_question_is_read_by_the_desk(text):
    assert triage(text, asked=True) == Verdict(Level.WORDS)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("1 but it's bleeding a lot", Verdict(Level.URGENT, ("bleeding",))),
        ("1 pero tengo fiebre", Verdict(Level.URGENT, ("fever",))),
        ("1 but there's a hard lump", Verdict(Level.SOON, ("knots",))),
        ("3 and I have a fever", Verdict(Level.URGENT, ("fever",))),
        ("1 but it looks weird", Verdict(Level.SOON)),
    ],
)
def test_a_sign_counts_for_more_than_the_number(text, verdict):
    assert triage(text, asked=True) == verdict


@pytest.mark.parametrize(
    "text", ["ok", "thanks", "👍", "gracias", "all good?", "fine but dry", "bien pero reseca", "All good, see you Tuesday"]
)
def test_fine_must_be_certain(text):
    assert triage(text, asked=True).level is Level.WORDS


@pytest.mark.parametrize("number", [1, 2])
def test_a_picture_is_looked_at(number):
    """The note is notifications' own; a picture alone may show anything."""
    assert triage(with_pictures("1", number), asked=True) == Verdict(Level.WORDS)
    assert triage(with_pictures("all good", number), asked=True) == Verdict(Level.WORDS)
    assert triage(with_pictures("here is my insurance card", number)) == Verdict(Level.WORDS)
    assert triage(with_pictures("", number)) == Verdict(Level.SOON)
    assert triage(with_pictures("what is this", number)) == Verdict(Level.SOON)
    assert triage(with_pictures("mira esto", number)) == Verdict(Level.SOON)
    assert triage(with_pictures("it's bleeding a lot", number)) == Verdict(Level.URGENT, ("bleeding",))


@pytest.mark.parametrize("text", ["", "   ", "\x00", "🙂", "...", "?!"])
def test_of_nothing_nothing_is_made(text):
    assert triage(text) == Verdict(Level.WORDS)
    assert triage(text, asked=True).level is not Level.URGENT


@pytest.mark.parametrize("text", ["我的脸肿了", "лицо опухло", "وجهي متورم"])
def test_what_the_rules_cannot_read_is_in_doubt(text):
    assert triage(text) == Verdict(Level.SOON)
