"""Requests that a test holds back (`page.route`), to see what a page does meanwhile."""

from playwright.sync_api import Page, Route


def go_on(page: Page, held: list[Route]) -> None:
    """The oldest of those that are held back, as soon as there is one."""
    for _tenth in range(100):
        if held:
            return held.pop(0).continue_()
        page.wait_for_timeout(100)
    raise AssertionError("Nobody asked.")
