"""An email about the weeks after a session, in a mailbox as narrow as a small phone and as wide as a desk, in light and in dark."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from aftercare.domain.expansion import expand
from aftercare.domain.timeline import weeks_after
from aftercare.services.protocols.loading import read_protocol
from aftercare.wording import letter, usual_product

NEW_YORK = ZoneInfo("America/New_York")
END = datetime(2026, 12, 1, 14, 0, tzinfo=NEW_YORK)


def html(slug: str, language: str) -> str:
    planned = expand(read_protocol("microneedling"), END, NEW_YORK.key)
    message = next(message for message in planned if message.step.slug == slug)
    values = {
        "clinic": "Riverside Dermatology and Laser Skin Spa",
        "address": "1 Maple Street, New York",
        "phone": "(212) 555-0100",
        "phone_e164": "+12125550100",
        "emergency": "911",
        "product": usual_product(language),
        "end_emails": "https://clinic.example.org/emails/7-care-0a1b2c3d4e5f.abc/",
    }
    return letter(message, language, NEW_YORK, values, weeks_after(planned, END, NEW_YORK)).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 700])
@pytest.mark.parametrize(("slug", "language"), [("education-day-3", "en"), ("check-in-day-4", "es")])
def test_it_fits_and_anybody_can_read_it(
    browser: Browser, axe: Callable[[Page], None], scheme: str, width: int, slug: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.set_content(html(slug, language))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        here = page.locator("[aria-current=step]")
        assert here.count() == 1
        assert {"en": "You are here", "es": "Usted está aquí"}[language] in here.inner_text()
        axe(page)  # contrast among it
    finally:
        context.close()
