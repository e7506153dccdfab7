"""The browser: Debian's own, or what the environment variable CHROMIUM names. For the tests here and for docs/screenshots.py.

Without its window Chromium draws and answers the same, for half the processor's time.
"""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NOWHERE = "There is no Chromium: install Debian's chromium-headless-shell or chromium, or say in CHROMIUM where one is."
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    names = [named] if (named := os.environ.get("CHROMIUM")) else ["chromium-headless-shell", "chromium"]
    return next(filter(None, map(shutil.which, names)), None)


def launched(playwright: Playwright) -> Browser:
    """Raises playwright's Error where it can't be started."""
    return playwright.chromium.launch(executable_path=executable() or "chromium", args=FLAGS)
