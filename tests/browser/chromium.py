"""The browser: Debian's own, or what the environment variable CHROMIUM names. For the tests here and for docs/screenshots.py."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NOWHERE = "There is no Chromium: install Debian's chromium, or say in CHROMIUM where one is."
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
    return shutil.which(os.environ.get("CHROMIUM") or "chromium")


def launched(playwright: Playwright) -> Browser:
    """Raises playwright's Error where it can't be started."""
    return playwright.chromium.launch(executable_path=executable() or "/usr/bin/chromium", args=FLAGS)
