from notifications.domain.states import Verdict


class TransportError(Exception):
    """A channel couldn't hand the message over. `verdict` says what may be done about it, `code` is the provider's.

    `alarm` says that only an operator can mend it. The text never holds an address or a body: it ends in logs.
    """

    def __init__(self, verdict: Verdict, code: str, explanation: str = "", *, alarm: bool = False) -> None:
        super().__init__(explanation or code)
        self.verdict = verdict
        self.code = code
        self.alarm = alarm
