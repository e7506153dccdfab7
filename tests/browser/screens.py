"""What the pages are looked at on. `@on_every_screen` and `@on_a_phone` go on a test that takes `desk`."""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Screen:
    width: int = 1280
    height: int = 800
    is_dark: bool = False

    @property
    def is_narrow(self) -> bool:
        return self.width < 768

    def __str__(self) -> str:
        """As in a picture's name: “-dark-phone”, and nothing for the usual one."""
        return ("-dark" if self.is_dark else "") + ("-phone" if self.is_narrow else "")


DESK, DESK_AT_NIGHT = Screen(), Screen(is_dark=True)
PHONE, PHONE_AT_NIGHT = Screen(390, 844), Screen(390, 844, is_dark=True)
EVERY_SCREEN = [DESK, DESK_AT_NIGHT, PHONE, PHONE_AT_NIGHT]

on_every_screen = pytest.mark.parametrize("screen", EVERY_SCREEN, ids=lambda screen: str(screen).strip("-") or "desk")
on_a_phone = pytest.mark.parametrize("screen", [PHONE], ids=["phone"])
