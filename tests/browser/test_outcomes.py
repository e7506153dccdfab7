"""A manager looks at what came of the recalls."""

from datetime import timedelta

from playwright.sync_api import expect

from scheduling.models import RecallAction
from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen


def recalled(clinic):
    """Ana was asked back 60 days after her session and came; Ben has booked; Chloe can't be reached."""
    before = on(workday()) - timedelta(weeks=14)
    for number, (patient, way, outcome) in enumerate(
        [(clinic.ana, "sms", "told"), (clinic.ben, "call", "agreed"), (clinic.chloe, "call", "no_answer")]
    ):
        session = clinic.treat(patient, before + timedelta(hours=2 * number))
        when = before + timedelta(days=60)
        RecallAction.objects.create(
            session=session, patient=patient, way=way, outcome=outcome, at=when, wording="autumn" if way == "sms" else ""
        )
        if patient == clinic.ana:
            clinic.treat(patient, before + timedelta(weeks=10), now=when + timedelta(days=1))
        if patient == clinic.ben:
            clinic.book(patient, on(workday(2)), now=when + timedelta(days=2))


@on_every_screen
def test_what_came_of_the_recalls(desk, clinic, axe, fits, looks_right):
    page = desk("Manager")
    page.goto("/admin/maintenance-due/outcomes/")
    expect(page.get_by_text("No recalls in these months.")).to_be_visible()
    axe(page)
    fits(page)

    recalled(clinic)
    page.reload()
    funnel = page.get_by_role("region", name="From recall to session")
    expect(funnel.get_by_role("listitem")).to_have_text(
        ["Recalls made 3", "Answered 1 of 3", "Booked 2 of 3", "Completed 1 of 3"], use_inner_text=False
    )
    expect(funnel.get_by_text("640 USD")).to_have_count(2)
    looks_right(page, "outcomes")

    page.get_by_label("Practitioner", exact=True).select_option("Eli Evans")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No recalls in these months.")).to_be_visible()
    page.get_by_role("link", name="The last 12 months, everywhere").click()
    expect(funnel).to_contain_text("2 of 3")
