"""The tutorial way: a Celery ETA task for each message, which reads its row, calls the SDK's ordinary client and saves the row."""

import os
from datetime import UTC, datetime, timedelta
from functools import cache

from celery import Celery
from twilio.rest import Client

app = Celery("tutorial", broker=os.environ.get("TUTORIAL_REDIS_URL"), set_as_current=False)  # the current one is ours
app.conf.update(task_ignore_result=True, enable_utc=True, timezone="UTC", broker_connection_retry_on_startup=True)


@cache
def client() -> Client:
    made = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
    made.api.base_url = os.environ["TWILIO_API_BASE_URL"]
    return made


@app.task
def send_text(message_id: int) -> None:
    from notifications.models import Message

    message = Message.objects.get(pk=message_id)
    sent = client().messages.create(to=message.address, from_=os.environ["TWILIO_FROM_NUMBER"], body=message.body)
    message.status, message.provider_id = "accepted", sent.sid
    message.save()


def queue(message_ids: list[int], *, seconds_ahead: float) -> None:
    with app.producer_pool.acquire() as producer:
        for message_id in message_ids:
            send_text.apply_async([message_id], eta=datetime.now(UTC) + timedelta(seconds=seconds_ahead), producer=producer)
