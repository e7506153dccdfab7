"""The pages that are Django's own forms, as anybody can use them."""

import pytest

from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen

PAGES = {
    "patient": "/admin/scheduling/patient/{ana}/change/",
    "patient-add": "/admin/scheduling/patient/add/",
    "patients": "/admin/scheduling/patient/",
    "appointments": "/admin/scheduling/appointment/",
    "practitioner": "/admin/scheduling/practitioner/{dana}/change/",
    "practitioner-calendar": "/admin/scheduling/practitioner/{dana}/calendar/",
}


@on_every_screen
@pytest.mark.parametrize("name", PAGES)
def test_a_page(desk, clinic, name, looks_right):
    clinic.book(clinic.ana, on(workday(3)), now=on(workday(1), "08:00"))
    page = desk("Manager")
    page.goto(PAGES[name].format(ana=clinic.ana.pk, dana=clinic.dana.pk))
    looks_right(page, name)
