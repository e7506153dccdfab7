"""What is said not to be is no red flag; what a “no” doesn't reach is one."""

import pytest

from aftercare.domain.triage import Level, triage

NOTHING_THERE = [
    "no bleeding",
    "not swollen any more",
    "the swelling is gone",
    "the bleeding stopped",
    "bleeding has stopped",
    "no swelling, bruising, or bleeding",
    "no swelling bruising or bleeding",
    "No fever, no pus, no bruises.",
    "I don't have any bleeding or pus",
    "haven't had a fever",
    "no signs of infection",
    "no red streaks",
    "no trouble breathing",
    "it bled a little at first but it stopped",
    "I had a fever, it's gone now",
    "swelling and bruising are gone",
    "swelling? gone. bruising? gone.",
    "w/o any bleeding",
    "no swelling/bruising",
    "ya no sangra",
    "sin fiebre",
    "no tengo fiebre ni escalofríos",
    "sin hinchazón, moretones ni sangrado",
    "ya se me quitó la hinchazón",
    "la fiebre ya se me quitó",
    "dejó de sangrar",
    "nunca tuve moretones",
    "no hay pus",
    "the bruise is almost gone",
    "bruises are fading",
    "el moretón ya casi ni se ve",
]
STILL_THERE = [
    ("how do i stop the bleeding", Level.URGENT, "bleeding"),
    ("I need to stop the bleeding", Level.URGENT, "bleeding"),
    ("pressing on it to stop the bleeding", Level.URGENT, "bleeding"),
    ("waiting for bleeding to stop", Level.URGENT, "bleeding"),
    ("how long until the bleeding stops", Level.URGENT, "bleeding"),
    ("how do i make the fever go away", Level.URGENT, "fever"),
    ("need the fever to go down", Level.URGENT, "fever"),
    ("not bleeding but it's full of pus", Level.URGENT, "infection"),
    ("no fever, but a hard lump", Level.SOON, "knots"),
    ("no fever hard lump on my chin", Level.SOON, "knots"),
    ("no fever just pus", Level.URGENT, "infection"),
    ("the bleeding hasn't stopped", Level.URGENT, "bleeding"),
    ("the bleeding has not really stopped", Level.URGENT, "bleeding"),
    ("can't stop bleeding", Level.URGENT, "bleeding"),
    ("it won't stop bleeding", Level.URGENT, "bleeding"),
    ("No, it's bleeding", Level.URGENT, "bleeding"),
    ("no it's bleeding", Level.URGENT, "bleeding"),
    ("not really, bleeding a lot", Level.URGENT, "bleeding"),
    ("no bleeding until this morning", Level.URGENT, "bleeding"),
    ("bleeding stopped and started again", Level.URGENT, "bleeding"),
    ("I'm bleeding and the swelling is gone", Level.URGENT, "bleeding"),
    ("fever, swelling gone", Level.URGENT, "fever"),
    ("I have had a fever since the swelling went away", Level.URGENT, "fever"),
    ("theres blood all over", Level.URGENT, "bleeding"),
    ("the swelling isn't gone", Level.SOON, "swelling"),
    ("never been this swollen", Level.SOON, "swelling"),
    ("no thanks bleeding a lot", Level.URGENT, "bleeding"),
    ("no swelling except my left eye", Level.URGENT, "swelling"),
    ("not just red, I have a fever", Level.URGENT, "fever"),
    ("I did not sleep, fever all night", Level.URGENT, "fever"),
    ("no para de sangrar", Level.URGENT, "bleeding"),
    ("no deja de sangrar", Level.URGENT, "bleeding"),
    ("no, está sangrando", Level.URGENT, "bleeding"),
    ("no se me quita la hinchazón", Level.SOON, "swelling"),
    ("la hinchazón no ha bajado", Level.SOON, "swelling"),
    ("sin fiebre pero con pus", Level.URGENT, "infection"),
    ("no me duele pero tengo fiebre", Level.URGENT, "fever"),
    ("Sí tengo fiebre", Level.URGENT, "fever"),
    ("sí, me sale pus", Level.URGENT, "infection"),
    ("se me quitó la fiebre pero volvió", Level.URGENT, "fever"),
    ("the swelling went down to my neck", Level.SOON, "swelling"),
    ("la hinchazón me bajó hasta el cuello", Level.SOON, "swelling"),
    ("it's gone, looks infected", Level.URGENT, "infection"),
    ("I passed out for a minute earlier. Everything has healed", Level.URGENT, "collapse"),
    ("no issues, itchy welts all over my neck", Level.URGENT, "allergy"),
    ("ya se me quitó la hinchazón, gracias, throat feels tight", Level.URGENT, "allergy"),
    ("my bruise is almost gone but there's a hard lump", Level.SOON, "knots"),
]
STILL_IN_DOUBT = [
    "my face doesn't feel like mine",
    "no se ve nada bien",
    "it's not getting better",
    "no better",
    "not sure",
    "I don't feel right",
    "no mejora",
    "no estoy bien",
    "no sé si está bien",
]
ONLY_A_LITTLE = [
    ("not much bleeding", Level.SOON),
    ("a tiny bit of blood", Level.SOON),
    ("bleeding just a little", Level.SOON),
    ("me sangra poquito", Level.SOON),
    ("a little swollen", Level.WORDS),
    ("un poco hinchada", Level.WORDS),
]
ONLY_FEARED = [
    "what if it gets infected?",
    "what if I get a fever?",
    "how do I know if it's infected?",
    "¿y si se infecta?",
    "¿qué hago si me da fiebre?",
    "my daughter has a fever, can we move my appointment?",
    "mi hijo tiene calentura, puedo cambiar la cita?",
    "will I bleed? asking for my mom",
]
HER_OWN = [
    ("my daughter noticed pus on my cheek, can we move my appointment?", "infection"),
    ("my son has strep and now I have a fever, have to cancel", "fever"),
    ("my sister wants to know if it's normal that my face is bleeding", "bleeding"),
    ("mi hija me vio pus, puedo mover la cita?", "infection"),
]


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("text", NOTHING_THERE)
def test_what_is_denied_or_over_is_no_concern(text, asked):
    verdict = triage(text, asked=asked)
    assert not verdict.level.is_concern
    assert verdict.flags == ()


@pytest.mark.parametrize(("text", "level", "flag"), STILL_THERE)
def test_a_denial_reaches_no_further_than_what_it_denies(text, level, flag):
    verdict = triage(text)
    assert flag in verdict.flags
    assert verdict.level is level


@pytest.mark.parametrize("text", STILL_IN_DOUBT)
def test_not_well_is_not_a_denial(text):
    assert triage(text).level is Level.SOON


@pytest.mark.parametrize(("text", "level"), ONLY_A_LITTLE)
def test_what_is_only_a_little_is_milder(text, level):
    assert triage(text).level is level


def test_asked_on_day_four_a_little_swelling_counts():
    """F11: by then it should be gone."""
    assert triage("a little swollen", asked=True).level is Level.SOON
    assert triage("un poco hinchada", asked=True).level is Level.SOON


@pytest.mark.parametrize("text", ONLY_FEARED)
def test_what_is_only_feared_calls_nobody_out_of_bed_but_is_a_concern(text):
    verdict = triage(text)
    assert verdict.level is Level.SOON
    assert verdict.flags


@pytest.mark.parametrize(("text", "flag"), HER_OWN)
def test_what_others_see_or_have_makes_hers_no_milder(text, flag):
    verdict = triage(text)
    assert verdict.level is Level.URGENT
    assert flag in verdict.flags


@pytest.mark.parametrize(
    "text",
    ["my kids threw up all night, can we do another day?", "my dog is sick, need to reschedule", "mi hijo está malito, cambiamos la cita?"],
)
def test_somebody_elses_illness_moves_a_visit_and_no_more(text):
    assert triage(text).level is Level.WORDS
