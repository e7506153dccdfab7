"""The first page: each count is that of the list behind it."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aftercare.models import Concern, OnCallContact
from aftercare.services import acknowledge, raise_concern, resolve
from clinic.dashboard import Tile, dashboard
from notifications.services import raise_alarm, receive_reply
from scheduling import services
from scheduling.models import Appointment, Location, Offer, Opening, Patient, Room, WaitlistEntry
from tests.clinic_world import WEEK, Clinic, at, patient
from tests.clock import freeze_time
from tests.staff import member
from tests.worlds import once_a_module

NOW = at("2026-11-03", "15:00")  # a Tuesday
DAY = timedelta(days=1)

EVERYTHING = {
    "Alarms open": 1,
    "Appointments today": 3,
    "Unconfirmed tomorrow": 2,
    "Asked to move": 1,
    "Left open": 1,
    "On the waitlist": 1,
    "Concerns open": 1,
    "Replies to read": 1,
    "Messages to look at": 8,  # nobody has asked them for their consent
    "Next session due": 2,  # not Kim, who was treated this morning
    "Maintenance due": 1,
}


def fill(clinic: Clinic) -> Clinic:
    """A Tuesday on which every tile has something to say, and something next to it that doesn't count."""
    gwen, jane = patient("Gwen Green", 30), patient("Jane Jones", 33)
    for weeks_before in (10, 5, 0):  # her course is done, and her maintenance has been due for a day
        clinic.treat(gwen, at("2026-05-02") - weeks_before * WEEK)
    clinic.treat(patient("Hana Hill", 31), at("2026-09-22"))  # today is the 42nd day
    clinic.treat(patient("Iris Irwin", 32), at("2026-09-20"))
    clinic.treat(jane, at("2026-10-01"))  # due, too; but booked
    phoenix = Location.objects.create(name="Saguaro Clinic", phone="+12125550102", time_zone="America/Phoenix")
    there = Room.objects.create(location=phoenix, name="Room 1")
    clinic.eli.locations.add(phoenix)

    clinic.treat(patient("Kim King", 34), at("2026-11-03", "09:00"))
    clinic.book(clinic.ana, at("2026-11-03", "16:00"))
    clinic.book(clinic.ben, at("2026-11-03", "23:30", "America/Phoenix"), practitioner=clinic.eli, room=there)  # on Wednesday in New York
    services.cancel(clinic.book(clinic.chloe, at("2026-11-03", "18:00")), reason="ill", now=NOW)
    services.mark_no_show(clinic.book(patient("Lea Lund", 35), at("2026-11-03", "11:00")), now=NOW)
    clinic.book(patient("Mia Moss", 36), at("2026-10-30", "11:00"))  # left open
    clinic.book(jane, at("2026-11-04", "10:00"))
    clinic.book(patient("Nora Nash", 38), at("2026-11-04", "12:00"))
    said_so = clinic.book(patient("Olga Olsen", 39), at("2026-11-04", "14:00"))
    asks = clinic.book(patient("Pia Parker", 40), at("2026-11-06", "14:00"))
    Appointment.objects.filter(pk=said_so.pk).update(confirmed_at=NOW)
    Appointment.objects.filter(pk=asks.pk).update(move_requested_at=NOW)
    asked_before = clinic.book(patient("Rita Reed", 41), at("2026-11-09", "14:00"))
    Appointment.objects.filter(pk=asked_before.pk).update(move_requested_at=NOW)
    services.cancel(asked_before, reason="she can't", now=NOW)
    services.note_reach({one.pk: "sms" for one in Patient.objects.all()})

    days = {"first_on": NOW.date(), "last_on": (NOW + WEEK).date()}
    waits = {"treatment": clinic.face, "location": clinic.location, "created_at": NOW} | days
    entry = WaitlistEntry.objects.create(patient=clinic.chloe, **waits)
    WaitlistEntry.objects.create(patient=clinic.ana, **waits, status="withdrawn", closed_at=NOW)
    opening = Opening.objects.create(
        practitioner=clinic.dana, room=clinic.room, location=clinic.location, during=asks.during, freed_by=asked_before, freed_at=NOW
    )
    Offer.objects.create(opening=opening, entry=entry, offered_at=NOW, answer_by=NOW + timedelta(minutes=15))

    OnCallContact.objects.create(name="Dana Diaz", phone="+12125550190")
    receive_reply("sms", "+12125550101", "Can my sister come along next time?", provider_id="SM1", now=NOW)
    raise_concern(patient=clinic.ben, severity="urgent", said="It bleeds.", now=NOW)
    raise_alarm("sms", "30007", "carriers filter our texts", times=3, now=NOW)
    return clinic


made, busy = once_a_module(fill)


def tiles(at_: datetime = NOW) -> dict[str, Tile]:
    return {tile.name: tile for tile in dashboard(member("Manager"), at_).tiles}


def rows_of(page: str) -> int:
    if 'id="inbox-list"' in page:
        unread = re.findall(r'status-to-read">(\d+) to read', page)
        return sum(map(int, unread)) + len(re.findall(r'<li class="concern ', page))
    table = re.search(r'<table id="(?:result_list|due-list)">.*?<tbody>(.*?)</tbody>', page, re.S)
    return len(re.findall(r"<tr[ >]", table.group(1))) if table else 0


@pytest.fixture
def manager(db):
    client = Client()
    with freeze_time(NOW):
        client.force_login(member("Manager"))
    return client


def test_what_each_tile_counts(busy):
    assert {name: tile.count for name, tile in tiles().items()} == EVERYTHING


@pytest.mark.parametrize("name", EVERYTHING)
def test_the_list_behind_a_tile_is_as_long_as_it_says(busy, manager, name):
    with freeze_time(NOW):
        page = manager.get(tiles()[name].url).content.decode()

    assert rows_of(page) == EVERYTHING[name]


def test_each_tile_is_on_the_page_and_leads_to_its_list(busy, manager):
    with freeze_time(NOW):
        page = unescape(manager.get("/admin/").content.decode())

    for tile in tiles().values():
        assert re.search(rf'<a href="{re.escape(tile.url)}" class="tile[^"]*">\s*<span class="tile-label">{tile.name}</span>', page)


def page_of(role: str, at_: datetime = NOW) -> str:
    client = Client()
    with freeze_time(at_):
        client.force_login(member(role))
        return unescape(client.get("/admin/").content.decode())


@pytest.mark.parametrize("role", ["Front desk", "Clinician", "Manager"])
def test_an_urgent_concern_stands_before_all_else_with_the_time_that_is_left(busy, role):
    page = page_of(role)
    first = page.index('class="tile ')
    assert first < page.index("Book an appointment")
    assert re.match(r'class="tile is-pressing is-alarm">\s*<span class="tile-label">Concerns open<', page[first:])
    assert "1 is urgent: 15 min left to acknowledge, by 1:15 PM at Saguaro Clinic." in page


def test_what_it_says_of_urgent_ones(busy):
    def said(at_: datetime) -> str:
        return tiles(at_)["Concerns open"].detail

    assert said(NOW + timedelta(minutes=20)) == "1 is urgent: 5 min late, since 1:15 PM at Saguaro Clinic."
    first = raise_concern(patient=busy.ana, severity="urgent", said="It bleeds.", now=NOW - timedelta(minutes=5))
    assert said(NOW) == "2 are urgent, the first: 10 min left to acknowledge, by 3:10 PM at Maple Street Clinic."
    acknowledge(first, by=member("Clinician"), now=NOW)
    assert said(NOW) == "2 are urgent, the first: 15 min left to acknowledge, by 1:15 PM at Saguaro Clinic."
    second = Concern.objects.get(patient=busy.ben)
    acknowledge(second, by=member("Clinician"), now=NOW)
    assert said(NOW) == "2 are urgent, acknowledged and not resolved yet."
    third = raise_concern(patient=busy.chloe, severity="soon", said="It stings.", now=NOW - timedelta(hours=4))
    assert said(NOW) == "2 are urgent, acknowledged and not resolved yet. 1 of the others is past its time."
    resolve(third, note="All well.", by=member("Clinician"), now=NOW)
    for concern in (first, second):
        resolve(concern, note="All well.", by=member("Clinician"), now=NOW)
    raise_concern(patient=busy.ben, severity="soon", said="Hm.", now=NOW)
    assert said(NOW) == "Each waits for somebody to take it on."
    acknowledge(Concern.objects.get(resolved_at=None), by=member("Clinician"), now=NOW)
    assert said(NOW) == "Acknowledged, and not resolved yet."
    raise_concern(patient=busy.ana, severity="soon", said="It stings.", now=NOW)
    assert said(NOW) == "1 of them waits for somebody to take it on."
    page = page_of("Manager")
    assert page.index("Book an appointment") < page.index('class="tile ')


def test_who_has_both_a_concern_and_something_to_read_is_named_in_both(busy):
    assert tiles()["Replies to read"].detail == "Patients wait for an answer."
    raise_concern(patient=busy.ana, severity="soon", said="She phoned: it hurts.", now=NOW)
    assert tiles()["Replies to read"].detail == "1 of them has a concern open, too."


def test_a_busier_day_takes_as_many_queries(busy, manager):
    def queries():
        with freeze_time(NOW), CaptureQueriesContext(connection) as captured:
            assert manager.get("/admin/").status_code == 200
        return len(captured)

    before = queries()
    for hours in (2, 4, 6):
        busy.book(patient(f"Nell Number{hours}", 60 + hours), NOW + timedelta(hours=hours), practitioner=busy.eli, room=busy.other_room)
        raise_concern(patient=busy.chloe, severity="soon", said="It stings.", now=NOW)
        receive_reply("sms", f"+1212555019{hours}", "Hello?", provider_id=f"SM9{hours}", now=NOW)

    assert queries() == before


@pytest.mark.parametrize("asked", ["?when=never", "?status=%00", "?answer=%00", "?status=on&status=open", "?answer=none&when=past"])
def test_whatever_is_asked_of_the_diary_it_answers(busy, manager, asked):
    assert manager.get(f"/admin/scheduling/appointment/{asked}").status_code in (200, 302)
