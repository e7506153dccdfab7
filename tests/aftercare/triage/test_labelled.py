"""The labelled answers: no red flag missed, few false alarms. The table is printed."""

import pytest

from aftercare.domain.triage import FLAGS, Level
from tests.aftercare.triage.labelled import answers_of, false_alarms, missed, overlooked, table_of, texts_of

MOST_FALSE_ALARMS = 0.10
SETS = {name: answers_of(name) for name in ("answers", "held_out", "tried_out", "unseen", "tried_again")}
ANSWERS = SETS["answers"]

every_set = pytest.mark.parametrize("name", SETS)


def listed(answers):
    return "\n".join(map(str, answers))


@every_set
def test_the_table_is_printed(name, capsys):
    with capsys.disabled():
        print(f"\n{name}: what is made of {texts_of(name)} texts, those that may come at any time tried twice\n{table_of(SETS[name])}")  # noqa: T201


@every_set
def test_no_red_flag_is_missed(name):
    assert not missed(SETS[name]), listed(missed(SETS[name]))


@every_set
def test_what_may_be_something_is_a_concern(name):
    assert not overlooked(SETS[name]), listed(overlooked(SETS[name]))


@every_set
@pytest.mark.parametrize("language", ["en", "es"])
def test_few_ordinary_ones_raise_a_false_alarm(name, language):
    ordinary = [answer for answer in SETS[name] if answer.language == language and answer.is_ordinary]
    assert len(false_alarms(ordinary)) <= MOST_FALSE_ALARMS * len(ordinary), listed(false_alarms(ordinary))


@every_set
def test_only_who_is_plainly_well_is_fine(name):
    """Most of those who are, and nobody else who isn't ordinary."""
    fine = [answer for answer in SETS[name] if answer.label == "fine"]
    assert sum(answer.verdict.level is Level.FINE for answer in fine) >= 0.9 * len(fine)
    assert not [str(answer) for answer in SETS[name] if not answer.is_ordinary and answer.verdict.level is Level.FINE]
    assert not [str(answer) for answer in SETS[name] if not answer.asked and answer.verdict.level is Level.FINE]


def test_the_held_out_set_holds_nothing_of_the_others():
    theirs = {answer.text.lower() for name in ("answers", "tried_out") for answer in SETS[name]}
    shared = {answer.text.lower() for answer in SETS["held_out"] if len(answer.text) > 3} & theirs
    assert not shared
    assert texts_of("held_out") >= 120


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
