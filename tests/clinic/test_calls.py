"""Those who make the calls see whom to call: the report's list, without its sums and without a file."""

from html import unescape

import pytest
from django.test import Client

from clinic.dashboard import dashboard
from scheduling.models import Location, Room, Standing
from scheduling.views.due import page as page_module
from tests.clinic_world import FIRST, TODAY, at, patient
from tests.clock import freeze_time
from tests.staff import member
from tests.worlds import once_a_module

PAGE = "/admin/calls/"
NOON = at("2026-12-20", "12:00")


def due(clinic):
    """On 20 December: Ana's next session is five days late, Ben's is booked, Chloe's is due in a week, and Dora was here an hour ago."""
    clinic.comes_due()
    clinic.treat(patient("Dora Day", 90), at("2026-12-20", "10:00"))
    return clinic


made, clinic = once_a_module(due)


@pytest.fixture(autouse=True)
def on_that_day(clinic):
    with freeze_time(NOON):
        yield


@pytest.fixture
def desk(clinic, sign_in) -> Client:
    return sign_in("Front desk")


def shown(client: Client, address: str = PAGE) -> str:
    return unescape(client.get(address).content.decode())


def names(client: Client, query: str = "") -> list[str]:
    return [row.due.patient for row in client.get(f"{PAGE}?{query}").context["report"].rows]


def test_who_is_late_or_due_soon_stands_there_and_nothing_of_what_it_is_worth(clinic, desk):
    assert names(desk) == ["Ana Alvarez", "Chloe Chen"]
    page = shown(desk)
    assert "2 patients to call" in page
    for left_out in ("USD", "Value", "Export", 'type="checkbox"', "Send recall", "Snooze", "/admin/maintenance-due/?"):
        assert left_out not in page


def test_whoever_was_called_is_off_it(clinic, desk):
    call = f"/admin/maintenance-due/patients/{clinic.ana.pk}/call/"
    assert f'href="{call}?next=%2Fadmin%2Fcalls%2F%3F"' in shown(desk)
    session = clinic.ana.appointment_set.get()

    answer = desk.post(call, {"outcome": "agreed", "session": session.pk, "seen": "0", "next": f"{PAGE}?"}, follow=True)

    assert answer.redirect_chain == [(f"{PAGE}?", 302)]
    assert "Ana Alvarez is off the list until January 19, 2027." in answer.content.decode()
    assert names(desk) == ["Chloe Chen"]


def test_one_location_at_a_time(clinic, desk):
    assert "<select" not in shown(desk)
    elsewhere = Location.objects.create(name="Oak Avenue", address="2 Oak Avenue", phone="+12125550180", time_zone="America/New_York")
    room = Room.objects.create(location=elsewhere, name="Room 9")
    clinic.eli.locations.add(elsewhere)
    with freeze_time(TODAY):
        olga = clinic.treat(patient("Olga Other", 91), FIRST, room=room, practitioner=clinic.eli).patient

    assert names(desk) == ["Ana Alvarez", "Olga Other", "Chloe Chen"]
    assert names(desk, f"location={elsewhere.pk}") == ["Olga Other"]
    clinic.book(olga, at("2026-12-23"), now=NOON)
    assert "Nobody to call at Oak Avenue." in shown(desk, f"{PAGE}?location={elsewhere.pk}")


def test_the_reports_groups_and_days_arent_asked_here(clinic, desk):
    assert names(desk, "bucket=all&as_of=2027-06-01&due_until=2026-12-16") == ["Ana Alvarez", "Chloe Chen"]
    assert names(desk, "sort=name&dir=desc") == ["Chloe Chen", "Ana Alvarez"]


def test_what_it_says_of_the_order_is_so_and_another_location_keeps_it(clinic, desk):
    Location.objects.create(name="Oak Avenue", address="2 Oak Avenue", phone="+12125550180", time_zone="America/New_York")
    longest_first = "Whoever has waited longest stands first."
    assert longest_first in shown(desk)
    by_name = shown(desk, f"{PAGE}?sort=name&dir=desc&location={clinic.location.pk}")
    assert longest_first not in by_name
    assert '<input type="hidden" name="sort" value="name"><input type="hidden" name="dir" value="desc">' in by_name


def test_who_is_booked_from_the_list_leads_back_to_it(clinic, desk):
    book = f"/admin/scheduling/appointment/add/?patient={clinic.ana.pk}&treatment={clinic.face.pk}"
    assert f'href="{book}&next=%2Fadmin%2Fcalls%2F%3Fsort%3Dname"' in shown(desk, f"{PAGE}?sort=name")


def test_pages_go_on(clinic, desk, monkeypatch):
    monkeypatch.setattr(page_module, "ROWS_PER_PAGE", 1)
    first = desk.get(PAGE).context["report"]

    assert [row.due.patient for row in desk.get(PAGE + first.next).context["report"].rows] == ["Chloe Chen"]


def test_the_desk_finds_it_in_the_header_and_on_the_first_page_and_managers_the_report(clinic, desk, sign_in):
    def tile(role):
        return [(one.name, one.count, one.url) for one in dashboard(member(role), NOON).tiles if one.name == "To call"]

    assert tile("Front desk") == [("To call", 2, PAGE)]
    assert tile("Manager") == tile("Clinician") == []
    assert [(place.url == PAGE) for place in desk.get(PAGE).context["places"] if place.is_current] == [True]
    assert PAGE not in [place.url for place in sign_in("Manager").get("/admin/").context["places"]]


def test_where_nobody_is_to_be_called_it_says_why(clinic, desk):
    for who, clock in ((clinic.ana, "09:00"), (clinic.chloe, "15:00")):
        clinic.book(who, at("2026-12-23", clock), now=NOON)

    assert "Nobody to call." in shown(desk)
    assert "Whoever is late, or due within 30 days, is booked, snoozed, has declined, or is over a year late." in shown(desk)


def test_before_the_first_session_it_says_how_somebody_comes_here(db, sign_in):
    Standing.objects.all().delete()
    assert "As soon as a session is completed, its patient stands here" in shown(sign_in("Front desk"))
