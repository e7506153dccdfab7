"""What the inbox and the concerns rely on: levels, and flags that name their facts."""

import pytest

from aftercare.domain.triage import FLAGS, Level, Verdict, triage


def test_a_flag_is_urgent_or_soon_and_names_facts_that_exist():
    facts = {f"F{number}" for number in range(1, 22)}
    for slug, flag in FLAGS.items():
        assert flag.severity.is_concern, slug
        assert set(flag.facts) <= facts, slug
        assert flag.name


def test_the_facts_that_call_for_a_concern_each_have_a_flag():
    assert {"F7", "F11", "F12", "F14"} <= {fact for flag in FLAGS.values() for fact in flag.facts}


@pytest.mark.parametrize(
    ("body", "level"),
    [("1", Level.FINE), ("1 thanks", Level.FINE), ("2", Level.SOON), ("3", Level.SOON), ("tres", Level.SOON)],
)
def test_a_number_answers_a_check_in_and_nothing_else(body, level):
    assert triage(body, asked=True).level is level
    assert triage(body) == Verdict(Level.WORDS)


def test_a_one_with_a_red_flag_is_no_one():
    assert triage("1 but it's bleeding a lot", asked=True) == Verdict(Level.URGENT, ("bleeding",))


@pytest.mark.parametrize(
    "body",
    [
        "my nose is swollen",
        "a hard lump on my jaw",
        "I have a bruise on my cheek",
        "brown patches on my forehead",
        "it is worse",
        "tengo la nariz hinchada",
        "un bulto duro en la quijada",
        "tengo un moretón en la mejilla",
        "manchas cafés en la frente",
        "está peor",
    ],
)
def test_a_plain_sign_that_can_wait_calls_nobody_at_once(body):
    """However much words beside it are like what is urgent: how soon a named sign is, a clinician says."""
    assert triage(body).level is Level.SOON
    assert triage(body).flags
