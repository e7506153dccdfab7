"""What somebody has at hand who signs in: a password, a phone with an app, a browser."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from clinic.models import Entry, Phone
from clinic.models.trail import Action

PASSWORD = "violet-anchor-91"
HALF_A_MINUTE = timedelta(seconds=30)


def robin(**fields: Any) -> User:
    """At the desk."""
    return User.objects.create_user("robin", password=PASSWORD, is_staff=True, first_name="Robin", **fields)


def give_password(client: Client, password: str = PASSWORD, username: str = "robin", next: str = "/admin/board/", **extra: Any) -> Any:
    return client.post("/admin/login/", {"username": username, "password": password, "next": next}, **extra)


def shown_by(phone: Phone) -> str:
    return shown_for(phone.bin_key)


def shown_for(secret: bytes) -> str:
    """By an app that knows it, at this moment."""
    clock = TOTP(secret)
    clock.time = timezone.now().timestamp()
    return f"{clock.token():06}"


def wrong_for(phone: Phone) -> str:
    return f"{(int(shown_by(phone)) + 500_000) % 1_000_000:06}"


def sentences(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("&#x27;", "'").split())


def on_the_trail() -> list[tuple[str, str, str]]:
    """(what, who, note) of what has to do with signing in, in its order."""
    others = [Action.ADDED, Action.CHANGED, Action.DELETED, Action.SAW]
    return list(Entry.objects.exclude(action__in=others).order_by("pk").values_list("action", "actor", "note"))
