"""Slips of the thumb and spoken Spanish are understood, and everyday words are no slips."""

import pytest

from aftercare.domain.triage import triage
from aftercare.domain.triage.rules import LANGUAGES, read_table

SAID = [
    ("my cheek is sweling", "swelling"),
    ("i think its infectoin", "infection"),
    ("zangrando otra ves", "bleeding"),
    ("tengo fievre", "fever"),
    ("fiebrecita desde ayer", "fever"),
    ("bomito desde ayer", "unwell"),
    ("ando bien inchao", "swelling"),
    ("estoy mareá y mareao", "unwell"),
    ("siento que me late la cara y está roja", "infection"),
    ("my eyelid is droopy", "collapse"),
    ("half my face dropped", "collapse"),
    ("it's seeping", "infection"),
]
EVERYDAY = [
    "Can I book September 12?",
    "tiene citas en septiembre?",
    "quiero separar una cita",
    "do I pay the deposit separately",
    "I'm leaving now",
    "here's my new number",
    "que alegría verlas",
    "I dropped the bottle of serum, can I buy another",
    "my son has to be dropped off first",
    "are eye drops ok",
    "I'm on Ozempic, does it matter",
    "my daughter Sandra is coming",
    "soy Marie, cita el martes",
    "can't stop smiling",
    "sorry I'm running late, my skin is a little red but fine",
    "I worked out this morning",
    "is it ok if I'm sleeping on my side",
    "we're painting the house",
    "do you do lip injections",
    "no se ve tan marcada la línea, gracias",
    "tambien hacen labios? los quiero mas grandes",
    "use a pea sized amount of serum on my face?",
]


@pytest.mark.parametrize(("text", "flag"), SAID)
def test_how_it_is_spelled_hides_no_red_flag(text, flag):
    assert flag in triage(text).flags


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_words_are_no_red_flag(text):
    assert not triage(text).level.is_concern


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_everyday_word_is_taken_for_a_red_flag(language):
    flagged = {word: flags for word in read_table(language)["spelling"]["everyday"] if (flags := triage(f"{word} y {word}").flags)}
    assert flagged == {}
