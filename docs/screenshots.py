"""Pictures of the product for the README, taken from a demo.

    python docs/screenshots.py [address] [--phone] [--dark] [--to FOLDER]

Without an address it runs a demo of its own for as long as it takes. Needs Chromium, with or without its window
(Debian's chromium-headless-shell or chromium, or what the environment variable CHROMIUM names).
"""

import argparse
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Error, Page, Response, sync_playwright

from clinic.demo.accounts import DEMO_ACCOUNTS
from clinic.engines.places import free_port
from tests.browser.chromium import launched

ROOT = Path(__file__).resolve().parent.parent
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
BUSY = "240"  # patients: a diary with something in it
LARGEST = 400_000  # bytes: a README that loads


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the README's pictures from a running Afterglow.")
    parser.add_argument("address", nargs="?", help="of a demo that runs already")
    parser.add_argument("--phone", action="store_true", help="take them at a phone's width too")
    parser.add_argument("--dark", action="store_true", help="take them in the dark colors")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent / "images", metavar="FOLDER")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    try:
        with demo(asked.address) as address:
            shoot(address, DESKTOP, asked.to, dark=asked.dark)
            if asked.phone:
                shoot(address, PHONE, asked.to, dark=asked.dark, ending="-phone")
    except Error as problem:
        sys.exit(f"No pictures: {problem.message.splitlines()[0]}\nThey need a demo, and Chromium where CHROMIUM says.")


@contextmanager
def demo(address: str | None) -> Iterator[str]:
    """The one at `address`, or one that ends with the pictures, in a folder that goes with it."""
    if address:
        yield address.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as local:
        port = free_port()
        env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "PUBLIC_BASE_URL")}
        env |= {"LOCAL_DIR": local}
        print("Making a demo clinic …", flush=True)
        for making in (["migrate", "-v", "0"], ["demo_data", "--patients", BUSY]):
            subprocess.run([sys.executable, "manage.py", *making], cwd=ROOT, env=env, check=True)
        command = [sys.executable, "manage.py", "run_local", "--port", str(port)]
        run = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            if not any("Afterglow is running" in line for line in run.stdout or ()):
                sys.exit("No pictures: the demo didn't start.")
            yield f"http://127.0.0.1:{port}"
        finally:
            run.terminate()
            run.communicate()


# --- the pages --------------------------------------------------------------------------------------------------------

Visit = Callable[[Page], Response | None]


def at(path: str) -> Visit:
    return lambda page: page.goto(path)


def first_of(path: str) -> Visit:
    """What the first on that list leads to."""
    return lambda page: page.goto(_first_on(page, path))


def booking(page: Page) -> Response | None:
    """A patient and a treatment are chosen."""
    patient = _number(_first_on(page, "/admin/scheduling/patient/"))
    treatment = _number(_first_on(page, "/admin/scheduling/treatment/"))
    return page.goto(f"/admin/scheduling/appointment/add/?patient={patient}&treatment={treatment}")


def completion(page: Page) -> Response | None:
    """Of whoever sits in the chair, or should have."""
    for query in ("status=arrived", "when=past&status=open", "when=today&status=open"):
        if path := _first_on(page, f"/admin/scheduling/appointment/?{query}"):
            return page.goto(f"/admin/scheduling/appointment/{_number(path)}/step/complete/")
    return None


def email(page: Page) -> Response | None:
    """One with the weeks after a session, as a mailbox shows it."""
    page.goto("/demo/phone/")
    phones = [link.get_attribute("href") for link in page.locator("#phone-list a").all()]
    for phone in phones:
        page.goto(f"/demo/phone/{phone}")
        for mail in [frame.get_attribute("src") or "" for frame in page.locator("iframe").all()]:
            answer = page.goto(mail)
            if "You are here" in page.content():
                return answer
    return None


def conversation(page: Page) -> Response | None:
    """With whoever waits most urgently."""
    page.goto("/admin/inbox/")
    links = page.locator(".concern h3 a")
    return page.goto(links.first.get_attribute("href") or "") if links.count() else None


def _first_on(page: Page, path: str) -> str:
    page.goto(path)
    links = page.locator("#result_list tbody th a")
    return (links.first.get_attribute("href") or "") if links.count() else ""


def _number(path: str) -> str:
    return path.split("/change/")[0].rpartition("/")[2]


PAGES: dict[str, Visit] = {
    "dashboard": at("/admin/"),
    "board": at("/admin/board/"),
    "inbox": at("/admin/inbox/"),
    "conversation": conversation,
    "booking": booking,
    "completion": completion,
    "maintenance-due": at("/admin/maintenance-due/"),
    "demo-phone": at("/demo/phone/"),
    "email": email,
    "patient": first_of("/admin/scheduling/patient/"),
}


# --- the pictures -----------------------------------------------------------------------------------------------------


def shoot(address: str, size: dict[str, int], folder: Path, *, dark: bool, ending: str = "") -> None:
    with signed_in(address, size, dark=dark) as page:
        for name, visit in PAGES.items():
            answer = visit(page)
            if answer is None or not answer.ok:
                print(f"{name}: skipped, {f'{answer.url} answers {answer.status}' if answer else 'there is nothing to show'}")
                continue
            page.wait_for_load_state("networkidle")
            save(page, folder / f"{name}{'-dark' if dark else ''}{ending}.png")


@contextmanager
def signed_in(address: str, size: dict[str, int], *, dark: bool) -> Iterator[Page]:
    username, password = next((username, password) for username, password, role in DEMO_ACCOUNTS if role == "Manager")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        scheme = "dark" if dark else "light"
        page = browser.new_page(base_url=address, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        page.goto("/admin/login/?next=/admin/")
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
