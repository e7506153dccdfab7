"""What a patient's words ask for, in English and Spanish.

Twilio's keywords count as it reads them: alone. Of other words only a clause that asks for nothing but an end of the messages is an
opt-out; one with a word in it that isn't foreseen here is left to a person. So “please stop texting me” is one, and “it won't stop
stinging”, “should I stop the serum?” and “don't text me at night” are not. In doubt somebody reads it.
"""

from notifications.domain.replies import english, spanish
from notifications.domain.replies.clauses import clauses_of
from notifications.domain.replies.phrases import Phrases
from notifications.domain.states import Meaning

TWILIOS = {
    Meaning.STOP: {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"},
    Meaning.START: {"start", "yes", "unstop"},
    Meaning.HELP: {"help", "info"},
}
SPANISH = {
    # “Cancelar” and “fin” may be about a session, and Twilio doesn't take them for STOP: somebody reads them.
    Meaning.STOP: {"alto", "para", "pare", "paren", "parar", "basta", "detener", "baja", "desuscribir"},
    Meaning.START: {"iniciar", "reanudar"},
    Meaning.HELP: {"ayuda"},
}
COURTESY = Phrases(english.COURTESY, spanish.COURTESY)
ASKED_FOR = {"1", "2", "3"}
OPT_OUT_TYPES = {"STOP": Meaning.STOP, "START": Meaning.START, "HELP": Meaning.HELP}


def meaning_of(body: str, opt_out_type: str = "") -> tuple[Meaning, str]:
    """What is asked for, and the language of the words, "en" or "es". `opt_out_type` is what Twilio says that it took them for."""
    meaning, language, _ = _read(body)
    return OPT_OUT_TYPES.get(opt_out_type, meaning), language


def says_more(body: str, opt_out_type: str = "") -> bool:
    """Does an opt-out hold other words, for somebody to read?"""
    return opt_out_type not in OPT_OUT_TYPES and _read(body)[2]


def without_stop(body: str) -> str:
    """The “2” of “2 STOP”, which answers what we asked; anything else as it is."""
    return _number_beside_stop(" ".join(clauses_of(body))) or body


def is_answered_by_twilio(body: str, opt_out_type: str = "") -> bool:
    return opt_out_type in OPT_OUT_TYPES or any(body.strip().lower() in words for words in TWILIOS.values())


def _number_beside_stop(whole: str) -> str:
    """ "" where it is anything else than one number that we ask for, and a plain “stop” before or after it."""
    numbers = [word for word in whole.split() if word in ASKED_FOR]
    others = " ".join(word for word in whole.split() if word not in ASKED_FOR)
    return numbers[0] if len(numbers) == 1 and english.PLAIN.fullmatch(others) else ""


def _read(body: str) -> tuple[Meaning, str, bool]:
    clauses = clauses_of(body)
    is_question = "?" in body
    whole = " ".join(clauses)
    language = "es" if spanish.MARKS.search(whole) else "en"
    for meaning in (Meaning.STOP, Meaning.START, Meaning.HELP):
        if whole in TWILIOS[meaning] | SPANISH[meaning] and not is_question:
            return meaning, "es" if whole in SPANISH[meaning] else "en", False

    if _number_beside_stop(whole) and not is_question:
        return Meaning.STOP, language, True
    asking = [clause for clause in clauses if english.OPT_OUT.fullmatch(clause) or spanish.OPT_OUT.fullmatch(clause)]
    others = [clause for clause in clauses if clause not in asking and not COURTESY.fullmatch(clause)]
    if asking:
        return Meaning.STOP, "es" if any(map(spanish.OPT_OUT.fullmatch, asking)) else language, bool(others)
    # A bare “stop” may be about anything: it counts with nothing but courtesies around it.
    bare = [clause for clause in others if english.BARE.fullmatch(clause) or spanish.BARE.fullmatch(clause)]
    if bare and bare == others and not is_question:
        return Meaning.STOP, language, False
    return Meaning.WORDS, language, False
