from notifications.domain.states import Verdict


class TransportError(Exception):
    """A channel couldn't hand the message over. `verdict` says what may be done about it, `code` is the provider's.

    `is_too_many` means at a time: the channel is asked for less.
    `alarm` says that only an operator can mend it. The text never holds an address or a body: it ends in logs.
    """

    def __init__(self, verdict: Verdict, code: str, explanation: str = "", *, is_too_many: bool = False, alarm: bool = False) -> None:
        super().__init__(explanation or code)
        self.verdict = verdict
        self.code = code
        self.is_too_many = is_too_many
        self.alarm = alarm
