"""A real browser at the desk: the admin on a server of its own, on loopback, with its Content-Security-Policy."""

import os
from collections.abc import Callable, Iterator
from datetime import time
from unittest.mock import patch

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from scheduling.models import OpeningHours
from tests.browser.chromium import NOWHERE, executable, launched
from tests.browser.screens import DESK, Screen, by_day_and_by_night
from tests.clinic_world import Clinic
from tests.staff import member

PATIENCE = 10_000  # ms, for whatever is waited for
SERIOUS = ("serious", "critical")
# Without loading the stylesheets that others import: the policy forbids that, and our own listener would say so.
ALL_RULES = {"preload": False, "resultTypes": ["violations"]}
# Those of axe-core's that look at colors. In other colors the others find the same once more.
COLOR_RULES = ALL_RULES | {"runOnly": ["color-contrast", "link-in-text-block"]}

Desk = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all the tests here. While it runs, Playwright's event loop counts as running in this thread, and Django would warn of it."""
    if not executable():
        pytest.skip(NOWHERE)
    with patch.dict(os.environ, DJANGO_ALLOW_ASYNC_UNSAFE="1"), sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def screen() -> Screen:
    return DESK


@pytest.fixture
def clinic(committed_clinic: Clinic) -> Clinic:
    """Open from 8 AM to 6 PM on weekdays. The server goes by the real clock: `tests.browser.days` has days on which to book."""
    for weekday in range(5):
        OpeningHours.objects.create(location=committed_clinic.location, weekday=weekday, opens_at=time(8), closes_at=time(18))
    return committed_clinic


@pytest.fixture
def troubles() -> Iterator[list[str]]:
    """What went wrong in a browser so far; it fails the test. One that means it to go wrong clears the list."""
    heard: list[str] = []
    yield heard
    if heard:
        pytest.fail("The browser complained:\n" + "\n".join(heard), pytrace=False)


@pytest.fixture
def desk(browser: Browser, live_server: LiveServer, screen: Screen, troubles: list[str], transactional_db: None) -> Iterator[Desk]:
    """`desk("Front desk")`: an empty page in a browser of her own, signed in; `desk(None)`: in which nobody is."""
    contexts = []

    def at_the_desk(role: str | None = "Front desk") -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": screen.width, "height": screen.height},
            color_scheme="light",
            has_touch=screen.is_narrow,
            reduced_motion="reduce",
            locale="en-US",
            timezone_id=settings.TIME_ZONE,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if role is not None:
            client = Client()
            client.force_login(member(role))
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        _listen(page, troubles)
        return page

    yield at_the_desk
    for context in contexts:
        context.close()


def _listen(page: Page, troubles: list[str]) -> None:
    """A page's own errors, whatever its Content-Security-Policy blocks, and what couldn't be loaded."""

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            troubles.append(f"{page.url}: {message.text} ({message.location.get('url', '')})")

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # by a step to another page
            troubles.append(f"{page.url}: {request.method} {request.url} {request.failure}")

    page.on("console", said)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on("requestfailed", failed)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """`axe(page)`: anybody can use the page as it is now; no serious or critical violation of the rules that axe-core knows."""

    def look(page: Page) -> None:
        for colors in by_day_and_by_night(page):
            rules = ALL_RULES if colors == "light" else COLOR_RULES
            found = Axe().run(page, options=rules).response["violations"]
            said = [_in_words(violation) for violation in found if violation["impact"] in SERIOUS]
            if said:
                pytest.fail(f"axe-core, on {page.url}, in {colors} colors:\n" + "\n".join(said), pytrace=False)

    return look


def _in_words(violation: dict) -> str:
    lines = [f"{violation['impact']}: {violation['help']} ({violation['id']})"]
    for node in violation["nodes"]:
        lines += [f"    {' '.join(map(str, node['target']))}", f"        {node['html'][:200]}"]
        lines += [f"        {check['message']}" for check in [*node["any"], *node["all"], *node["none"]]]
    return "\n".join(lines)


@pytest.fixture
def picture(screen: Screen) -> Callable[[Page, str], None]:
    """`picture(page, "board")` keeps .local/pictures/board-desk-light.png and -dark.png, or board-phone-…, for whoever sets PICTURES."""

    def take(page: Page, name: str) -> None:
        if not os.environ.get("PICTURES"):
            return
        folder = settings.LOCAL_DIR / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        for colors in by_day_and_by_night(page):
            page.screenshot(path=folder / f"{name}-{screen}-{colors}.png", full_page=True)

    return take


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """`fits(page)`: nothing makes the page as a whole scroll sideways."""

    def measure(page: Page) -> None:
        page.wait_for_load_state()
        wide = page.evaluate(WHAT_STICKS_OUT)
        if wide:
            pytest.fail(f"{page.url} is wider than the screen: {', '.join(wide)}", pytrace=False)

    return measure


@pytest.fixture
def looks_right(
    axe: Callable[[Page], None], fits: Callable[[Page], None], picture: Callable[[Page, str], None]
) -> Callable[[Page, str], None]:
    """`looks_right(page, "board")`: anybody can use it, nothing sticks out, and there are pictures of it."""

    def look(page: Page, name: str) -> None:
        axe(page)
        fits(page)
        picture(page, name)

    return look


WHAT_STICKS_OUT = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) {
        return [];
    }
    const edge = root.clientWidth;
    const out = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > edge + 1);
    const name = (element) => `${element.localName}#${element.id}.${[...element.classList].join(".")}`;
    return [`${root.scrollWidth} > ${edge} px`, ...out.slice(0, 8).map(name)];
}"""
