"""A manager sets the clinic up in the admin."""

from datetime import UTC, datetime

import pytest

from scheduling.models import Absence, Location
from tests.clinic_world import NEW_YORK


@pytest.fixture
def manager(sign_in):
    return sign_in("Manager")


def formset(prefix, **row):
    rows = {f"{prefix}-0-{name}": value for name, value in row.items()}
    return {f"{prefix}-TOTAL_FORMS": str(int(bool(row))), f"{prefix}-INITIAL_FORMS": "0"} | rows


def location(**changed):
    return {
        "name": "Harbor Clinic",
        "address": "2 Harbor Road",
        "phone": "(212) 555-0177",
        "time_zone": "America/New_York",
        "emergency_number": "911",
        **formset("opening_hours"),
        **formset("closures"),
    } | changed


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"time_zone": "Nowhere"}, "“Nowhere” is not a time zone"),
        (formset("opening_hours", weekday="0", opens_at="18:00", closes_at="09:00"), "“From” must be earlier than “until”."),
        (formset("closures", starts_on="2026-12-27", ends_on="2026-12-24", reason="Holidays"), "can&#x27;t be before its first"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(manager, changed, sentence):
    answer = manager.post("/admin/scheduling/location/add/", location(**changed))

    assert sentence in answer.content.decode()
    assert not Location.objects.exists()


def test_a_location_with_its_hours(manager):
    hours = formset("opening_hours", weekday="0", opens_at="09:00", closes_at="18:00")

    assert manager.post("/admin/scheduling/location/add/", location(**hours)).status_code == 302

    assert str(Location.objects.get().opening_hours.get()) == "Monday 09:00–18:00"


def test_a_time_zone_stays_once_days_have_been_counted_in_it(clinic, manager):
    clinic.book(clinic.ana)
    here = f"/admin/scheduling/location/{clinic.location.pk}/change/"

    answer = manager.post(here, location(time_zone="America/Phoenix"))

    assert "appointments are counted in days of America/New_York" in answer.content.decode()


def test_an_absence_is_typed_on_the_clinics_clock(clinic, manager):
    here = f"/admin/scheduling/practitioner/{clinic.dana.pk}/change/"
    away = formset("absences", during_0="2026-12-01T09:00", during_1="2026-12-02T18:00", reason="Conference")
    form = {"name": "Dana Diaz", "is_active": "on", "locations": [clinic.location.pk], "treatments": [clinic.face.pk]}

    assert manager.post(here, form | formset("working_hours") | away).status_code == 302

    during = Absence.objects.get().during
    assert during.lower == datetime(2026, 12, 1, 9, tzinfo=NEW_YORK)
    assert during.upper == datetime(2026, 12, 2, 23, tzinfo=UTC)


@pytest.mark.parametrize(("price", "is_warned"), [("299.99", True), ("300", False), ("700", False), ("701", True)])
def test_an_unusual_price_is_allowed_with_a_warning(clinic, manager, price, is_warned):
    form = {
        "name": "Microneedling, hands",
        "skin_area": "hands",
        "duration_minutes": "30",
        "turnaround_minutes": "15",
        "minimum_interval_days": "28",
        "recommended_within_days": "42",
        "maintenance_months": "6",
        "planned_sessions": "3",
        "list_price": price,
        "currency": "USD",
    }

    page = manager.post("/admin/scheduling/treatment/add/", form, follow=True).content.decode()

    assert ("the usual price of a session is 300 to 700" in page) is is_warned
    assert "was added successfully" in page


@pytest.mark.parametrize("days", ["27", "43", "-1"])
def test_a_treatments_interval_is_28_to_42_days(clinic, manager, days):
    here = f"/admin/scheduling/treatment/{clinic.face.pk}/change/"

    assert manager.post(here, {"minimum_interval_days": days}).status_code == 200

    clinic.face.refresh_from_db()
    assert clinic.face.minimum_interval_days == 28
