"""Pictures of the product for the README, taken from a running demo.

    python docs/screenshots.py [address] [--phone] [--dark] [--to FOLDER]

Needs the demo's data and Chromium (/usr/bin/chromium, or what the environment variable CHROMIUM names).
"""

import argparse
import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Error, Page, sync_playwright

from clinic.demo.accounts import DEMO_ACCOUNTS
from tests.browser.chromium import launched

PAGES = {
    "dashboard": "/admin/",
    "maintenance-due": "/admin/maintenance-due/",
    "demo-phone": "/demo/phone/",
    "patient": "/admin/scheduling/patient/",  # the first on the list is opened
}
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LARGEST = 400_000  # bytes: a README that loads


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the README's pictures from a running Afterglow.")
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--phone", action="store_true", help="take them at a phone's width too")
    parser.add_argument("--dark", action="store_true", help="take them in the dark colors")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent / "images", metavar="FOLDER")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    address = asked.address.rstrip("/")
    try:
        shoot(address, DESKTOP, asked.to, dark=asked.dark)
        if asked.phone:
            shoot(address, PHONE, asked.to, dark=asked.dark, ending="-phone")
    except Error as problem:
        why = problem.message.splitlines()[0]
        sys.exit(f"No pictures: {why}\nThey need Afterglow with its demo data at {address}, and Chromium where CHROMIUM says.")


def shoot(address: str, size: dict[str, int], folder: Path, *, dark: bool, ending: str = "") -> None:
    with signed_in(address, size, dark=dark) as page:
        for name, path in PAGES.items():
            answer = page.goto(address + path)
            if answer is None or not answer.ok:
                print(f"{name}: skipped, {path} answers {answer.status if answer else 'nothing'}")
                continue
            if name == "patient":
                page.locator("#result_list tbody th a").first.click()
                page.wait_for_load_state()
            save(page, folder / f"{name}{'-dark' if dark else ''}{ending}.png")


@contextmanager
def signed_in(address: str, size: dict[str, int], *, dark: bool) -> Iterator[Page]:
    username, password = next((username, password) for username, password, role in DEMO_ACCOUNTS if role == "Manager")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")  # type: ignore[arg-type]
        page.goto(f"{address}/admin/login/?next=/admin/")
        page.fill("#id_username", username)
        page.fill("#id_password", password)
        page.click("#login-form input[type=submit]")
        page.wait_for_selector("#user-tools", timeout=10_000)
        yield page
        browser.close()


def save(page: Page, file: Path) -> None:
    """At two pixels a pixel, or fewer where the file would grow too large."""
    size = page.viewport_size
    if size is None:
        raise ValueError("a page without a size has no picture")
    chromium = page.context.new_cdp_session(page)
    picture = b""
    for scale in (2, 1.5, 1):
        clip = {"x": 0, "y": 0, **size, "scale": scale}
        picture = base64.b64decode(chromium.send("Page.captureScreenshot", {"format": "png", "clip": clip})["data"])
        if len(picture) < LARGEST:
            break
    file.write_bytes(picture)
    print(f"{file.name}: {len(picture) // 1000} kB")


if __name__ == "__main__":
    main()
