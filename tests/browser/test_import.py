"""A manager imports a list of patients."""

from playwright.sync_api import expect

from scheduling.models import Patient
from tests.browser.screens import on_every_screen

LIST = """First name,Last name,DOB,Cell phone,Email,Insurance
Gita,Gupta,2/29/1988,(212) 555-0144,gita@example.org,Acme
Hugo,Hale,1975-07-04,(212) 555-0145,,
Ana,Alvarez,5/17/1990,(212) 555-0101,,
Alba,Alvarez,1/31/2001,(212) 555-0101,,
Kay,Kim,17/5/1990,555,kay@,
"""


@on_every_screen
def test_a_list_is_checked_and_then_imported(desk, clinic, axe, looks_right):
    page = desk("Manager")
    page.goto("/admin/scheduling/patient/")
    page.get_by_role("link", name="Import").click()
    looks_right(page, "import")

    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Choose a file first.")).to_be_visible()

    page.get_by_label("File").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="3 new 1 already here 1 row to fix")).to_be_visible()
    looks_right(page, "import-preview")
    assert Patient.objects.count() == 3

    page.get_by_role("button", name="Import 3 patients").click()
    expect(page.get_by_role("alert")).to_contain_text("Some rows can’t be imported as they are.")
    axe(page)
    assert Patient.objects.count() == 3

    page.get_by_label("Leave out the 1 row to fix").check()
    page.get_by_role("button", name="Import 3 patients").click()
    expect(page.get_by_text("3 patients imported. 1 was here already. 1 row was left out.")).to_be_visible()
    expect(page.get_by_role("link", name="Gita Gupta")).to_be_visible()
    assert Patient.objects.count() == 6
