"""What a worker does before its first message."""

import json

from tests.processes import run

LOOK = """
import gc, json, sys
import django
django.setup()
from celery.signals import worker_init
before, loose = "twilio.rest" in sys.modules, len(gc.get_objects())
worker_init.send(None)
print(json.dumps([before, "twilio.rest" in sys.modules, loose, len(gc.get_objects())]))
"""


def test_the_sdk_is_loaded_and_the_garbage_collector_has_nothing_left_to_look_through(process_env):
    """By then prefork has made no child: looking through what all share, each would make it its own."""
    env = process_env | {"DJANGO_SETTINGS_MODULE": "clinic.settings", "SMS_BACKEND": "twilio", "TWILIO_ACCOUNT_SID": "AC0"}
    looked = run("-c", LOOK, env=env | {"TWILIO_AUTH_TOKEN": "none", "TWILIO_FROM_NUMBER": "+12125550199"})
    assert looked.returncode == 0, looked.stderr
    before, loaded, loose, left = json.loads(looked.stdout)
    assert (before, loaded) == (False, True)
    assert loose > 50_000  # the control: so many it would look through
    assert left < 5_000
