"""Settings that are allowed, and under which Twilio couldn't tell us anything."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from notifications.domain.public import is_public


@register(Tags.urls)
def check_callbacks_can_arrive(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A stand-in for Twilio's API may be anywhere, and so may we."""
    if settings.SMS_BACKEND != "twilio" or settings.TWILIO_API_BASE_URL:
        return []
    if is_public(settings.PUBLIC_BASE_URL) and settings.PUBLIC_BASE_URL.startswith("https://"):
        return []
    return [
        Warning(
            f"PUBLIC_BASE_URL is “{settings.PUBLIC_BASE_URL}”, where Twilio can't tell us what became of a text or what a patient replied.",
            hint="Set PUBLIC_BASE_URL to the https:// address at which the clinic is reached from outside.",
            id="notifications.W001",
        )
    ]
