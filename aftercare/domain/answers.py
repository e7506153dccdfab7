"""What a patient's reply says, where we told her what to answer with. Anything else is words, for somebody to read."""

import unicodedata
from enum import StrEnum


class Answer(StrEnum):
    TAKE = "1"
    PASS = "2"  # nosec B105 # an answer
    CONFIRM = "C"
    MOVE = "R"
    BOOK = "BOOK"  # to a recall: we call her


# Nothing that Twilio takes for STOP or START, and nothing that could be the beginning of something else.
WORDS = {
    "take": Answer.TAKE,
    "tomo": Answer.TAKE,
    "pass": Answer.PASS,
    "paso": Answer.PASS,
    "c": Answer.CONFIRM,
    "confirm": Answer.CONFIRM,
    "confirmed": Answer.CONFIRM,
    "confirmo": Answer.CONFIRM,
    "confirmado": Answer.CONFIRM,
    "r": Answer.MOVE,
    "book": Answer.BOOK,
    "cita": Answer.BOOK,
}
# A check-in asks for numbers, too: while one awaits an answer, they are its own.
NUMBERS = {"1": Answer.TAKE, "2": Answer.PASS}
# A question mark isn't among them: “R?” is a question.
AROUND = " \t\r\n.!,;:'\"“”‘’«»()*¡"


def answer_of(body: str) -> Answer | None:
    """“ c. ” and “Confirm!” are an answer; “1 please” and “1 2” are words."""
    said = _plain(body)
    return WORDS.get(said) or NUMBERS.get(said)


def as_asked(body: str) -> str:
    """An answer as we ask for it: “C” for “c.”, “TAKE” for “take!”."""
    return _plain(body).upper()


def is_number(body: str) -> bool:
    """Whether it is one that takes or passes what is offered."""
    return _plain(body) in NUMBERS


def _plain(body: str) -> str:
    return unicodedata.normalize("NFKC", body).strip(AROUND).casefold()
