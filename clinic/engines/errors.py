class EngineError(Exception):
    """An engine can't be had. `str()` is the sentence that says what to do."""
