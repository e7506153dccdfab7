"""What a sign-in takes after name and password: django-otp's two devices, whose secrets a copy of the database doesn't give away."""

import secrets
from base64 import b32encode
from typing import Any

from django.utils.crypto import salted_hmac
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

CODES = 10
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is taken for another
LENGTH = 10  # letters: 50 bits
# django-otp waits 1, 2, 4, 8 … seconds after wrong codes, in the end for years. No longer than after the 13th: 68 minutes.
MOST_FAILURES = 13


class Forbearing:
    """Doubles the wait after each wrong code, up to an hour: whoever has lost the password only isn't shut out for good."""

    throttling_failure_count: int

    def throttle_increment(self, commit: bool = True) -> None:
        self.throttling_failure_count = min(self.throttling_failure_count, MOST_FAILURES - 1)
        super().throttle_increment(commit=commit)  # type: ignore[misc]


class Phone(Forbearing, TOTPDevice):
    """An app that shows six digits, others every 30 seconds; each is taken once, and half a minute early or late."""

    class Meta:
        proxy = True
        default_permissions = ()

    @property
    def bin_key(self) -> bytes:
        """The secret that the app knows. It comes of `key` and SECRET_KEY together: `key` alone, in a stolen backup, is worth nothing."""
        return salted_hmac("clinic.models.Phone", self.key, algorithm="sha256").digest()[:20]

    @property
    def secret(self) -> str:
        """To be typed into the app where it can't see the picture."""
        return b32encode(self.bin_key).decode()

    def shows(self, code: str) -> bool:
        """Whether it knows the secret. Unlike `verify_token` it uses nothing up, and counts nothing."""
        typed = as_typed(code)
        return typed.isdecimal() and bool(TOTP(self.bin_key).verify(int(typed), self.tolerance))


class RecoveryCodes(Forbearing, StaticDevice):
    """Ten codes on paper, each for once. Kept as hashes keyed by SECRET_KEY: nobody can read them here, not even we."""

    class Meta:
        proxy = True
        default_permissions = ()

    def fill(self) -> list[str]:
        """Ten of them. This is the only time that they are known."""
        codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=self, token=self._hashed(code)) for code in codes)
        return codes

    def begin_anew(self) -> None:
        """The same codes, in another row: no session that one of them has opened knows it."""
        row: Any = self
        was, row.pk, row._state.adding = row.pk, None, True
        row.save()
        StaticToken.objects.filter(device=was).update(device=row)
        RecoveryCodes.objects.filter(pk=was).delete()

    def verify_token(self, token: str) -> bool:
        return bool(super().verify_token(self._hashed(token)))

    def _hashed(self, code: str) -> str:
        digest = salted_hmac("clinic.models.RecoveryCodes", f"{self.user_id}:{code}", algorithm="sha256").digest()
        return b32encode(digest[:10]).decode()  # the field holds 16 letters


def as_read(code: str) -> str:
    """A recovery code in two groups, as people copy it."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def as_typed(given: Any) -> str:
    """Whatever somebody typed, without spaces, hyphens and capitals."""
    return "".join(letter for letter in str(given).lower() if letter.isalnum())
