"""A patient follows the link in an email on whatever she reads it on, and ends her emails with one press."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from aftercare.models import Consent
from aftercare.services.telling.ending import link_to_end
from tests.browser.screens import on_every_screen


@on_every_screen
def test_she_presses_once(desk, clinic, looks_right):
    clinic.ana.language = "es"
    clinic.ana.save()
    link = urlsplit(link_to_end(clinic.consents(clinic.ana))).path
    page = desk(None)
    page.goto(link)
    looks_right(page, "ending-asked")

    page.get_by_role("button", name="Dejar de recibir estos correos").click()
    expect(page.get_by_role("heading", name="Ya no recibirá estos correos")).to_be_visible()
    looks_right(page, "ending-done")
    assert Consent.objects.latest("pk").is_granted is False


@on_every_screen
def test_a_link_that_was_cut_off_is_explained(desk, clinic, looks_right, troubles):
    page = desk(None)
    page.goto(f"{urlsplit(link_to_end(clinic.ana)).path[:-9]}/")
    expect(page.get_by_role("heading", name="No conocemos este enlace")).to_be_visible()
    looks_right(page, "ending-unknown")
    troubles.clear()  # a 404, as it should be
