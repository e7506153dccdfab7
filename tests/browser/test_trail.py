"""A manager reads who changed what and who looked at whom: on the trail, and in a patient's history."""

from playwright.sync_api import expect

from clinic.services.acting import Actor, acting_as
from scheduling.models import Patient
from tests.browser.screens import on_every_screen
from tests.staff import member


@on_every_screen
def test_the_trail_and_a_patients_history(desk, clinic, axe, fits, looks_right):
    eva, page = member("Front desk"), desk("Manager")
    with acting_as(Actor(eva.username, eva.pk)):
        clinic.treat(clinic.ana)
        Patient.objects.filter(pk=clinic.ana.pk).update(phone="+12125550199", notes="likes tea")

    page.goto("/admin/")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("navigation", name="Everything else").get_by_role("link", name="Trail").click()
    changed = page.get_by_role("row").filter(has_text="Cell phone")
    expect(changed).to_contain_text("from (212) 555-0101 to (212) 555-0199")
    expect(changed).to_contain_text("frontdesk")
    looks_right(page, "trail")
    axe(page)
    fits(page)

    page.get_by_label("Patient").fill("brooks")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("added the patient")).to_be_visible()
    expect(page.get_by_text("Cell phone")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    assert download.value.suggested_filename.startswith("trail-")
    page.get_by_role("link", name="All of it").click()
    expect(page.get_by_text("exported the trail")).to_be_visible()

    page.goto(f"/admin/scheduling/patient/{clinic.ana.pk}/history/")
    expect(page.get_by_role("region", name="Who changed it, and who looked at it")).to_contain_text("added the appointment")
    looks_right(page, "history")
    axe(page)
    fits(page)
