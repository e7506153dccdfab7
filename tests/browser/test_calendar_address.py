"""A clinician gets the address of her own calendar."""

from playwright.sync_api import expect

from scheduling.models import Practitioner
from tests.browser.screens import on_every_screen
from tests.staff import member


@on_every_screen
def test_her_own_calendar(desk, clinic, axe, fits, looks_right):
    Practitioner.objects.filter(pk=clinic.dana.pk).update(user=member("Clinician"))
    page = desk("Clinician")
    page.goto("/admin/")
    page.locator("#user-tools summary").last.click()
    page.get_by_role("link", name="My calendar").click()
    axe(page)
    fits(page)

    page.get_by_role("button", name="Make the address").click()
    address = page.get_by_label("Calendar address", exact=True)
    expect(address).to_contain_text("/calendar/")
    looks_right(page, "calendar-address")

    path = "/calendar/" + (address.text_content() or "").split("/calendar/")[1]
    answer = page.context.request.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"

    page.get_by_role("link", name="Done").click()
    page.goto("/admin/my-calendar/")
    expect(page.get_by_text("It can’t be shown again.")).to_be_visible()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("The address is revoked.")).to_be_visible()
    assert page.context.request.get(path).status == 404
