"""Pages that are there to be read: what they show is written by services only."""

from notifications.admin import reading


class ReadOnly(reading.ReadOnly):
    empty_value_display = ""  # the stylesheet shows a dash where there is room for it
