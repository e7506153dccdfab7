class BackupError(Exception):
    """A backup can't be made or restored. `str()` is the sentence that says what to do."""


class NobodyKnows(BackupError):
    """Whether it is restored."""
