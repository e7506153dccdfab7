"""What the pages are looked at on. `@on_every_screen` and `@on_a_phone` go on a test that takes `desk`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Page


@dataclass(frozen=True)
class Screen:
    width: int = 1280
    height: int = 800

    @property
    def is_narrow(self) -> bool:
        return self.width < 768

    def __str__(self) -> str:
        return "phone" if self.is_narrow else "desk"


DESK, PHONE = Screen(), Screen(390, 844)

# ms. A covered page may be asking since before somebody signed in again; then it knows by its next look, ten seconds later.
THE_NEXT_LOOK = 25_000

on_every_screen = pytest.mark.parametrize("screen", [DESK, PHONE], ids=str)
on_a_phone = pytest.mark.parametrize("screen", [PHONE], ids=str)


def by_day_and_by_night(page: Page) -> Iterator[str]:
    """The open page in light colors, and then in dark ones; a test that went all its way once more for them would see nothing else."""
    page.wait_for_load_state()  # A click waits for the next page to begin: there may be no element of it yet.
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for colors in schemes:
        _take(page, colors)
        yield colors
    _take(page, "light")


def _take(page: Page, colors: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=colors)
    # Django's buttons change theirs gradually.
    page.evaluate("document.getAnimations().filter((one) => one instanceof CSSTransition).forEach((one) => one.finish())")
