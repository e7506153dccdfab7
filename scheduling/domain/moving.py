"""A move can be taken back for a while, and the patient hears of it afterwards."""

from datetime import timedelta

UNDO_FOR = timedelta(minutes=3)
