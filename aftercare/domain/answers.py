"""What a patient's reply says, where we told her what to answer with. Anything else is words, for somebody to read."""

import unicodedata
from enum import StrEnum


class Answer(StrEnum):
    TAKE = "1"
    PASS = "2"
    CONFIRM = "C"
    MOVE = "R"


# Nothing that Twilio takes for STOP or START, and nothing that could be the beginning of something else.
WORDS = {
    "1": Answer.TAKE,
    "2": Answer.PASS,
    "c": Answer.CONFIRM,
    "confirm": Answer.CONFIRM,
    "confirmed": Answer.CONFIRM,
    "confirmo": Answer.CONFIRM,
    "confirmado": Answer.CONFIRM,
    "r": Answer.MOVE,
}
# A question mark isn't among them: “R?” is a question.
AROUND = " \t\r\n.!,;:'\"“”‘’«»()*¡"


def answer_of(body: str) -> Answer | None:
    """“ c. ” and “Confirm!” are an answer; “1 please” and “1 2” are words."""
    return WORDS.get(unicodedata.normalize("NFKC", body).strip(AROUND).casefold())
