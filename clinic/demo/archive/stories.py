"""Where the archive's patients stand: how long ago the last session was, and what comes next."""

from itertools import accumulate

from clinic.demo.stages import Path

# Of a hundred, one course each. Every group of the report has its share, and about a third are to be called.
STORIES = (
    Path(2, following=(1, 40)),
    Path(12, last=(0, 40), following=(1, 45)),
    Path(7, last=(1, 41)),
    Path(8, last=(43, 390)),
    Path(6, last=(100, 230), following=(1, 60), course_done=True),
    Path(18, last=(0, 150), course_done=True),
    Path(6, last=(153, 181), course_done=True),
    Path(14, last=(184, 540), course_done=True),
    Path(9, last=(410, 1150)),
    Path(16, last=(560, 1150), course_done=True),
    Path(2),  # booked once, and never came
)
STORIES_SO_FAR = tuple(accumulate(story.share for story in STORIES))

HALF_YEARLY = (0, 0, 0, 0, 0, 0, 0, 0, 1, 1)  # maintenance sessions after a finished course (F20)
HALF_YEAR_DAYS = (168, 214)
LATE_DAYS = (43, 75)  # a next session after the recommended window (F19)
LATE = 0.15
MISSED = 0.29  # for each session: cancelled, or she didn't come
