"""The pages that everybody passes: signing in, the first page, the diary."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen


@on_every_screen
def test_signing_in(desk, clinic, looks_right):
    page = desk(None)
    page.goto("/admin/")

    expect(page).to_have_url(re.compile(r"/admin/login/\?next=/admin/$"))
    looks_right(page, "sign-in")


@pytest.mark.parametrize("width", [800, 1024, 1025, 1160, 1161, 1280])
def test_the_header_has_room_for_all_its_links(desk, clinic, width):
    page = desk("Manager")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/admin/")

    assert page.locator("#work-nav").evaluate("(nav) => nav.scrollWidth <= nav.clientWidth")


@on_every_screen
def test_the_first_page(desk, clinic, looks_right):
    clinic.book(clinic.ana, on(workday()), now=None)
    page = desk("Manager")
    page.goto("/admin/")

    expect(page.get_by_role("link", name="Appointments today")).to_be_visible()
    looks_right(page, "first-page")


@on_every_screen
def test_the_diary_as_a_list(desk, clinic, looks_right):
    clinic.book(clinic.ana, on(workday()), now=None)
    page = desk()
    page.goto("/admin/scheduling/appointment/?when=week")

    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_visible()
    looks_right(page, "appointments")
