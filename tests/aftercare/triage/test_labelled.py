"""The labelled answers: no red flag missed, few false alarms. The table is printed."""

import pytest

from aftercare.domain.triage import FLAGS, Level
from tests.aftercare.triage.labelled import answers_of, false_alarms, missed, overlooked, table_of, texts_of

MOST_FALSE_ALARMS = 0.10
ANSWERS = answers_of("answers")


def listed(answers):
    return "\n".join(map(str, answers))


def test_the_table_is_printed(capsys):
    with capsys.disabled():
        print(  # noqa: T201 - it is to be seen in the log
            f"\nWhat is made of {texts_of('answers')} answers\n{table_of(ANSWERS)}"
        )


def test_no_red_flag_is_missed():
    assert not missed(ANSWERS), listed(missed(ANSWERS))


def test_what_may_be_something_is_a_concern():
    assert not overlooked(ANSWERS), listed(overlooked(ANSWERS))


@pytest.mark.parametrize("language", ["en", "es"])
def test_few_ordinary_ones_raise_a_false_alarm(language):
    ordinary = [answer for answer in ANSWERS if answer.language == language and answer.is_ordinary]
    assert len(false_alarms(ordinary)) <= MOST_FALSE_ALARMS * len(ordinary), listed(false_alarms(ordinary))


def test_only_who_is_plainly_well_is_fine():
    """Most of those who are, and nobody else who isn't ordinary."""
    fine = [answer for answer in ANSWERS if answer.label == "fine"]
    assert sum(answer.verdict.level is Level.FINE for answer in fine) >= 0.9 * len(fine)
    assert not [str(answer) for answer in ANSWERS if not answer.is_ordinary and answer.verdict.level is Level.FINE]
    assert not [str(answer) for answer in ANSWERS if not answer.asked and answer.verdict.level is Level.FINE]


def test_the_set_is_large_and_even():
    distinct = {(answer.language, answer.label, answer.flag, answer.text) for answer in ANSWERS}
    assert len(distinct) >= 450
    for language in ("en", "es"):
        theirs = [entry for entry in distinct if entry[0] == language]
        assert len(theirs) >= 225
        ordinary = sum(label in ("fine", "ordinary") for _, label, _, _ in theirs)
        ambiguous = sum(label == "ambiguous" for _, label, _, _ in theirs)
        assert ordinary / len(theirs) == pytest.approx(0.5, abs=0.04)
        assert ambiguous / len(theirs) == pytest.approx(0.25, abs=0.04)
        assert {flag for _, _, flag, _ in theirs if flag} == set(FLAGS)


def test_control_words_alone_would_take_ordinary_ones_for_red_flags_and_miss_many():
    """Looking for a dozen words anywhere, as is often done."""
    words = ("swell", "swollen", "bruis", "bleed", "fever", "pus", "infec", "pain", "hinch", "sangr", "moret", "fiebre", "dolor")

    def holds_one(answer):
        return any(word in answer.text.lower() for word in words)

    assert len({answer.text for answer in ANSWERS if answer.is_ordinary and holds_one(answer)}) >= 20
    assert len({answer.text for answer in ANSWERS if answer.is_red and not holds_one(answer)}) >= 40
