"""Why something about a patient's care is refused. Each has a `code` for programs and a sentence for people."""

from collections.abc import Sequence

from aftercare.domain.checking import Problem


class Refused(Exception):
    """Nothing was changed. `str()` is the sentence that whoever asked for it reads."""

    code = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TakenAlready(Refused):
    """Somebody else has acknowledged the concern, or resolved it."""

    code = "taken_already"


class SaidMore(Refused):
    """More was said after whoever acknowledges, answers or resolves had looked."""

    code = "said_more"


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


class NoLocation(Refused):
    """The clinic has none yet, and so neither a phone to name nor anybody on call."""

    code = "no_location"


class NotReady(Refused):
    """A draft that can't be published yet: `problems` is what must be mended."""

    code = "not_ready"

    def __init__(self, sentence: str, problems: Sequence[Problem]) -> None:
        super().__init__(sentence)
        self.problems = list(problems)


class NotADraft(Refused):
    """It was published meanwhile, or discarded."""

    code = "not_a_draft"


class StepGone(Refused):
    """Somebody else has removed the step from the draft."""

    code = "step_gone"


class ChangedMeanwhile(Refused):
    """Somebody else has saved another version of it since it was opened."""

    code = "changed_meanwhile"


class NameTaken(Refused):
    """Another protocol, or another step of this one, has that name."""

    code = "name_taken"


class StillNeeded(Refused):
    """Without this protocol there would be none for some sessions."""

    code = "still_needed"


class CantStop(Refused):
    """There is no running plan, or nobody said why."""

    code = "cant_stop"


class CantStart(Refused):
    """The plan runs, its session isn't completed, or nothing of it lies ahead."""

    code = "cant_start"


class CantErase(Refused):
    """She was erased already, or something of hers is still under way."""

    code = "cant_erase"


class CantMoveOver(Refused):
    """It isn't the version that plans follow from now on."""

    code = "cant_move_over"
