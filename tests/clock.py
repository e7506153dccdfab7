"""What time it is for the clinic: freezegun, without looking for clocks where there are none. The database's own goes on."""

import sys

from freezegun import api, configure, freeze_time

# At each start it looks through all that is imported for what tells the time, which took three times as long. Of others' code Django's
# alone shows a time that a test is about. Whoever else waits for something does so by the real clock.
OURS = {"__main__", "aftercare", "clinic", "django", "notifications", "scheduling", "tests"}
configure(extend_ignore_list=[*sorted({name.partition(".")[0] for name in sys.modules} - OURS), "django.db", "django.forms"])
# Whoever asks is one of ours, or isn't: not whoever called whoever asks, as pytest has called everybody.
api.call_stack_inspection_limit = 1

__all__ = ["freeze_time"]
