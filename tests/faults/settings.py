"""The settings of the worker processes that the fault tests break: the clinic's own, on a faster clock."""

import os

from clinic.settings import *  # noqa: F403
from clinic.settings import CELERY_BEAT_SCHEDULE, EMAIL_TIMEOUT

# Somebody at the desk has been through it before the story begins.
SECOND_FACTOR = False

IS_LONG = os.environ.get("FAULTS") == "long"

# A night of an outage has to fit into seconds. What hangs on what stays as it is: a try's time-out is shorter than its lease.
# Where nothing shall be given up, a story takes its time (Story.take_time): a machine may stand still for a second.
DISPATCH_LEASE_SECONDS = float(os.environ.get("FAULTS_LEASE_SECONDS", 4 if IS_LONG else 2))
LOOK_AFTER_SECONDS = 1 if IS_LONG else 0.5
SECOND_LOOK_SECONDS = 3 if IS_LONG else 1.5
BACKOFF_FIRST_SECONDS = 0.5
DISPATCH_RUN_SECONDS = 3
TWILIO_TIMEOUT_SECONDS = float(os.environ.get("FAULTS_TIMEOUT_SECONDS", 2 if IS_LONG else 1))
EMAIL_TIMEOUT = TWILIO_TIMEOUT_SECONDS  # noqa: F811
DISPATCH_EVERY_SECONDS = 0.3
RECONCILE_EVERY_SECONDS = 0.3
DISPATCH_BATCH_SIZE = 50

EVERY_SECONDS = {"dispatch-due": DISPATCH_EVERY_SECONDS, "reconcile": RECONCILE_EVERY_SECONDS}
CELERY_BEAT_SCHEDULE = {
    name: entry | {"schedule": EVERY_SECONDS[name], "options": entry["options"] | {"expires": EVERY_SECONDS[name] * 2}}
    for name, entry in CELERY_BEAT_SCHEDULE.items()
    if name in EVERY_SECONDS
}
