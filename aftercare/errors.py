"""Why something about a patient's care is refused. Each has a `code` for programs and a sentence for people."""


class Refused(Exception):
    """Nothing was changed. `str()` is the sentence that whoever asked for it reads."""

    code = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TakenAlready(Refused):
    """Somebody else has acknowledged the concern, or resolved it."""

    code = "taken_already"


class NoteMissing(Refused):
    """A concern is resolved with a word on what came of it."""

    code = "note_missing"


class NothingToSay(Refused):
    """A concern, or an answer, without any words."""

    code = "nothing_to_say"


class TooLong(Refused):
    """`segments` is what the text would be sent in, the clinic's name included."""

    code = "too_long"

    def __init__(self, sentence: str, segments: int) -> None:
        super().__init__(sentence)
        self.segments = segments


class CantBeReached(Refused):
    """No number, or one that said STOP, and no email address."""

    code = "cant_be_reached"
