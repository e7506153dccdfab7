"""The board: who is where and when on the location's own clock, what is free, and what its links lead to."""

import re
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from freezegun import freeze_time

from scheduling import services
from scheduling.models import (
    Absence,
    Appointment,
    Closure,
    Course,
    Location,
    OpeningHours,
    Practitioner,
    Room,
    WorkingHours,
)
from tests.clinic.crowd import crowd
from tests.clinic_world import FIRST, TODAY, Clinic, at
from tests.staff import member

BOARD = "/admin/board/"
DAY = "2026-11-03"  # a Tuesday


@pytest.fixture
def desk(sign_in) -> Client:
    return sign_in("Front desk")


@pytest.fixture(autouse=True)
def in_october():
    with freeze_time(TODAY, ignore=["psycopg"]):
        yield


def page(client: Client, now: datetime = TODAY, **asked: Any) -> str:
    with freeze_time(now) if now != TODAY else nullcontext():
        answer = client.get(BOARD, {"view": "day", "by": "practitioner", "day": DAY} | asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def slots(text: str) -> dict[str, str]:
    """What a screen reader says of each free time → its address."""
    return {label: url for url, label in re.findall(r'<a class="slot [^"]*" href="([^"]+)" aria-label="([^"]+)"', text)}


def free(text: str, name: str) -> list[str]:
    return [label.removeprefix(f"Book {name} at ") for label in slots(text) if label.startswith(f"Book {name} at ")]


def entry(text: str, name: str) -> str:
    """The link of the appointment of whoever is called so."""
    [found] = [link for link in re.findall(r'<a class="entry .*?</a>', text) if f'"entry-who">{name}<' in link]
    return found


def words(link: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", link)).strip()


def row(link: str) -> tuple[int, int]:
    """Its first row, from 1, and how many it covers."""
    return int(re.search(r"\brow-(\d+)", link)[1]), int(re.search(r"\brows-(\d+)", link)[1])  # type: ignore[index]


def shades(text: str) -> list[tuple[str, int, int, str]]:
    found = re.findall(r'<div class="shade shade-(\w+) row-(\d+) rows-(\d+)">(.*?)</div>', text)
    return [(kind, int(first), int(rows), words(said)) for kind, first, rows, said in found]


def hours(text: str) -> list[str]:
    return [words(hour) for hour in re.findall(r'<span class="hour .*?</span>', text)]


def opens(location: Location, opens_at: str = "09:00", closes_at: str = "18:00", weekdays: range = range(5)) -> None:
    for weekday in weekdays:
        OpeningHours.objects.create(location=location, weekday=weekday, opens_at=opens_at, closes_at=closes_at)


# --- the story --------------------------------------------------------------------------------------------------------


def test_everybody_at_the_clinic_sees_the_day(clinic: Clinic, sign_in, role: str) -> None:
    clinic.book(clinic.ana)
    text = page(sign_in(role))
    assert "Tuesday, November 3" in text
    assert "1 booked" in text
    assert words(entry(text, "Ana Alvarez")) == "1:00 – 2:00 PM Ana Alvarez Microneedling, face · Room 1 booked"
    assert "Book Dana Diaz at 10:15 AM" in slots(text)


def test_who_may_not_see_appointments_sees_no_board(clinic: Clinic, sign_in) -> None:
    appointment = clinic.book(clinic.ana)
    card = f"/admin/scheduling/appointment/{appointment.pk}/card/"
    nobody = sign_in("Front desk")
    nobody.get(BOARD).wsgi_request.user.groups.clear()
    for address in (BOARD, card):
        assert nobody.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert sign_in("Manager").post(BOARD).status_code == 405


def test_a_free_time_opens_the_booking_form_with_the_slot_filled_in(clinic: Clinic, desk: Client) -> None:
    url = urlsplit(slots(page(desk))["Book Dana Diaz at 10:15 AM"])
    assert url.path == "/admin/scheduling/appointment/add/"
    assert parse_qs(url.query) == {
        "practitioner": [str(clinic.dana.pk)],
        "location": [str(clinic.location.pk)],
        "starts_at": ["2026-11-03T10:15"],
        "next": [f"/admin/board/?view=day&by=practitioner&location={clinic.location.pk}&day=2026-11-03"],
    }


def test_by_room_the_practitioner_stays_open(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana)
    text = page(desk, by="room")
    assert "1:00 PM" not in free(text, "Room 1")
    assert "1:00 PM" in free(text, "Room 2")
    asked = parse_qs(urlsplit(slots(text)["Book Room 2 at 1:00 PM"]).query)
    assert asked["room"] == [str(clinic.other_room.pk)]
    assert "practitioner" not in asked
    assert "Dana Diaz" in words(entry(text, "Ana Alvarez"))


def test_a_session_takes_its_quarters_and_its_turnaround(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana)  # 13:00 to 14:00, and a quarter of an hour for the room
    text = page(desk)
    assert [time for time in free(text, "Dana Diaz") if time.endswith("PM")][:5] == [
        "12:00 PM",
        "12:15 PM",
        "12:30 PM",
        "12:45 PM",
        "2:15 PM",
    ]
    assert "1:00 PM" in free(text, "Eli Evans")
    first, rows = row(entry(text, "Ana Alvarez"))
    assert (first, rows) == (21, 4)  # from 8:00 on
    assert f'<div class="tail row-{first + rows} rows-1">' in text


def test_what_is_cancelled_is_gone_and_a_no_show_is_faint_and_takes_no_time(clinic: Clinic, desk: Client) -> None:
    services.cancel(clinic.book(clinic.ana), reason="ill", now=TODAY)
    text = page(desk)
    assert "Ana Alvarez" not in text
    assert "1:00 PM" in free(text, "Dana Diaz")

    services.mark_no_show(clinic.book(clinic.ben), now=FIRST + timedelta(minutes=20))
    text = page(desk, now=FIRST + timedelta(minutes=20))
    assert "entry-noshow" in entry(text, "Ben Brooks")
    assert "no-show" in words(entry(text, "Ben Brooks"))
    assert free(text, "Dana Diaz")[0] == "1:15 PM"


def test_two_in_one_column_lie_beside_each_other(clinic: Clinic, desk: Client) -> None:
    services.mark_no_show(clinic.book(clinic.ben), now=FIRST + timedelta(minutes=20))
    clinic.book(clinic.ana, FIRST + timedelta(minutes=30), now=FIRST + timedelta(minutes=21))
    text = page(desk, now=FIRST + timedelta(minutes=21))
    assert "lane-1-of-2" in entry(text, "Ben Brooks")
    assert "lane-2-of-2" in entry(text, "Ana Alvarez")


def test_statuses_have_words_and_not_colors_alone(clinic: Clinic, desk: Client) -> None:
    booked = clinic.book(clinic.ana)
    Appointment.objects.filter(pk=booked.pk).update(confirmed_at=TODAY)
    assert words(entry(page(desk), "Ana Alvarez")).endswith("booked, confirmed")
    assert words(entry(page(desk, now=FIRST + timedelta(minutes=11)), "Ana Alvarez")).endswith("not here yet, confirmed")
    Appointment.objects.filter(pk=booked.pk).update(move_requested_at=TODAY)
    text = page(desk)
    assert words(entry(text, "Ana Alvarez")).endswith("booked, asked to move")
    assert "1 asked to move" in text
    services.arrive(booked, now=FIRST)
    assert "arrived" in words(entry(page(desk), "Ana Alvarez"))
    services.complete(booked, now=FIRST + timedelta(hours=1))
    assert "completed" in words(entry(page(desk), "Ana Alvarez"))


def test_odd_minutes_round_outwards_and_are_said_exactly(clinic: Clinic, desk: Client) -> None:
    clinic.face.duration_minutes, clinic.face.turnaround_minutes = 50, 0
    clinic.face.save()
    clinic.book(clinic.ana, at(DAY, "09:05"))
    text = page(desk)
    assert words(entry(text, "Ana Alvarez")).startswith("9:05 – 9:55 AM")
    assert row(entry(text, "Ana Alvarez")) == (5, 4)
    assert not {"9:00 AM", "9:45 AM"} & set(free(text, "Dana Diaz"))
    assert {"8:45 AM", "10:00 AM"} <= set(free(text, "Dana Diaz"))


def test_nothing_is_offered_in_the_past(clinic: Clinic, desk: Client) -> None:
    assert slots(page(desk, now=at("2026-11-04"))) == {}
    today = free(page(desk, now=at(DAY, "12:20")), "Dana Diaz")
    assert today[0] == "12:15 PM"  # begun, but the service takes a quarter of an hour's grace
    assert slots(page(desk, now=at("2024-10-01"))) == {}  # more than two years ahead


def test_who_may_not_book_sees_no_free_times(clinic: Clinic, sign_in) -> None:
    from django.contrib.auth.models import Permission

    client = sign_in("Front desk")
    user = client.get(BOARD).wsgi_request.user
    user.groups.clear()
    user.user_permissions.add(Permission.objects.get(codename="view_appointment"))
    booked = clinic.book(clinic.ana)
    text = page(client)
    assert "Ana Alvarez" in text
    assert slots(text) == {}
    assert "data-move" not in text
    card = client.get(f"/admin/scheduling/appointment/{booked.pk}/card/").content.decode()
    assert "Ana Alvarez" in card
    assert "/step/" not in card


# --- hours, closures, absences ----------------------------------------------------------------------------------------


def test_the_hours_shown_are_the_opening_hours_and_what_is_booked_outside_them(clinic: Clinic, desk: Client) -> None:
    early = clinic.book(clinic.ana, at(DAY, "07:20"))
    opens(clinic.location)
    text = page(desk)
    assert (hours(text)[0], hours(text)[-1]) == ("7 AM", "5 PM")
    assert row(entry(text, "Ana Alvarez"))[0] == 2
    assert free(text, "Dana Diaz")[0] == "9:00 AM"
    assert free(text, "Dana Diaz")[-1] == "5:45 PM"
    services.cancel(early, reason="moved", now=TODAY)
    assert hours(page(desk))[0] == "9 AM"


def test_outside_working_hours_a_column_is_dimmed(clinic: Clinic, desk: Client) -> None:
    opens(clinic.location)
    WorkingHours.objects.create(practitioner=clinic.dana, location=clinic.location, weekday=1, opens_at="10:00", closes_at="16:30")
    text = page(desk)
    assert "10 AM – 4:30 PM" in text
    assert shades(text) == [("off", 1, 4, ""), ("off", 31, 6, "")]
    assert (free(text, "Dana Diaz")[0], free(text, "Dana Diaz")[-1]) == ("10:00 AM", "4:15 PM")
    assert free(text, "Eli Evans")[0] == "9:00 AM"  # no hours of his own: whenever the location is open


def test_who_is_not_in_has_no_column(clinic: Clinic, desk: Client) -> None:
    opens(clinic.location)
    WorkingHours.objects.create(practitioner=clinic.dana, location=clinic.location, weekday=0, opens_at="10:00", closes_at="16:30")
    text = page(desk)
    assert "Not in: Dana Diaz" in text
    assert free(text, "Dana Diaz") == []


def test_a_closure_is_hatched_with_its_reason(clinic: Clinic, desk: Client) -> None:
    opens(clinic.location)
    Closure.objects.create(location=clinic.location, starts_on=DAY, ends_on=DAY, reason="new floor")
    text = page(desk)
    assert shades(text) == [("closed", 1, 36, "Closed: new floor")] * 2
    assert slots(text) == {}
    assert page(desk, by="room").count("Closed: new floor") >= 2
    assert "Closed: new floor" in page(desk, view="week")


def test_a_weekday_without_hours_says_so(clinic: Clinic, desk: Client) -> None:
    opens(clinic.location)
    text = page(desk, day="2026-11-07")
    assert "Closed on Saturdays" in text
    assert slots(text) == {}


def test_an_absence_is_hatched_with_its_reason(clinic: Clinic, desk: Client) -> None:
    Absence.objects.create(practitioner=clinic.dana, during=DateTimeTZRange(at(DAY, "11:00"), at(DAY, "12:20")), reason="dentist")
    text = page(desk)
    assert ("away", 13, 6, "dentist") in shades(text)
    assert not {"11:00 AM", "12:15 PM"} & set(free(text, "Dana Diaz"))
    assert {"10:45 AM", "12:30 PM"} <= set(free(text, "Dana Diaz"))
    assert "11:00 AM" in free(text, "Eli Evans")


def test_nobody_is_at_two_locations_at_once(clinic: Clinic, desk: Client) -> None:
    other = Location.objects.create(name="Riverside", phone="+12125550107", time_zone="America/New_York")
    clinic.dana.locations.add(other)
    clinic.book(clinic.ana, room=Room.objects.create(location=other, name="Garden"))
    text = page(desk, location=clinic.location.pk)
    assert "Ana Alvarez" not in text  # she is on Riverside's board
    assert ("elsewhere", 21, 5, "At Riverside") in shades(text)
    assert "1:00 PM" not in free(text, "Dana Diaz")
    assert "Ana Alvarez" in page(desk, location=other.pk)


def test_somebody_who_left_keeps_a_column_for_what_is_booked(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana)
    Practitioner.objects.filter(pk=clinic.dana.pk).update(is_active=False)
    assert "Ana Alvarez" in page(desk)
    assert "Dana Diaz" not in page(desk, day="2026-11-04")


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_nine_in_phoenix_is_nine_on_phoenixs_board(clinic: Clinic, desk: Client) -> None:
    phoenix = Location.objects.create(name="Phoenix", phone="+16025550107", time_zone="America/Phoenix")
    clinic.dana.locations.add(phoenix)
    booked = clinic.book(clinic.ana, at(DAY, "09:00", "America/Phoenix"), room=Room.objects.create(location=phoenix, name="Palm"))
    text = page(desk, location=phoenix.pk)
    assert words(entry(text, "Ana Alvarez")).startswith("9:00 – 10:00 AM")
    assert row(entry(text, "Ana Alvarez"))[0] == 5  # from 8:00 on
    assert "9:00 AM – 10:00 AM" in card(desk, booked)


def test_today_is_the_locations_own(clinic: Clinic, desk: Client) -> None:
    """At half past midnight on Wednesday in New York it is still Tuesday in Phoenix."""
    phoenix = Location.objects.create(name="Phoenix", phone="+16025550107", time_zone="America/Phoenix")
    clinic.dana.locations.add(phoenix)
    Room.objects.create(location=phoenix, name="Palm")
    late = at("2026-11-04", "00:30")
    with freeze_time(late):
        assert "Wednesday, November 4" in desk.get(BOARD, {"location": clinic.location.pk}).content.decode()
        assert "Tuesday, November 3" in desk.get(BOARD, {"location": phoenix.pk}).content.decode()


@pytest.mark.parametrize(
    ("now", "line"), [("12:20", 'now row-18 plus-5" data-minute="260"'), ("08:00", 'now row-1 plus-0" data-minute="0"')]
)
def test_the_line_of_now_lies_where_the_clock_is(clinic: Clinic, desk: Client, now: str, line: str) -> None:
    assert page(desk, now=at(DAY, now)).count(line) == 2  # in each column
    assert page(desk, now=at(DAY, now), view="week", who=clinic.dana.pk).count(line) == 1  # on today's day only
    assert "data-minute" not in page(desk, now=at(DAY, "23:00"))
    assert "data-minute" not in page(desk, now=at("2026-11-04", now))


def test_a_day_of_25_hours(clinic: Clinic, desk: Client) -> None:
    """On November 1 the clock strikes one twice in New York."""
    clinic.book(clinic.ana, datetime(2026, 11, 1, 1, 30, tzinfo=clinic.location.zone))
    clinic.book(clinic.ben, at("2026-11-01", "09:00"))
    text = page(desk, day="2026-11-01")
    assert words(entry(text, "Ana Alvarez")).startswith("1:30 AM EDT – 1:30 AM EST")
    assert row(entry(text, "Ana Alvarez")) == (3, 4)
    assert row(entry(text, "Ben Brooks"))[0] == 33  # eight hours below one o'clock


def test_a_day_of_23_hours(clinic: Clinic, desk: Client) -> None:
    """On March 14, 2027 there is no clock between two and three in New York."""
    clinic.book(clinic.ana, at("2027-03-14", "01:00"))
    clinic.book(clinic.ben, at("2027-03-14", "09:00"))
    text = page(desk, day="2027-03-14")
    assert ("closed", 5, 4, "The clock is set forward") in shades(text)
    assert row(entry(text, "Ben Brooks"))[0] == 33
    assert not {"2:00 AM", "2:45 AM"} & set(free(text, "Eli Evans"))
    assert {"1:45 AM", "3:00 AM"} <= set(free(text, "Eli Evans"))


def test_a_session_over_midnight_is_on_both_days(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana, at(DAY, "23:30"))
    assert row(entry(page(desk), "Ana Alvarez"))[1] == 2
    assert row(entry(page(desk, day="2026-11-04"), "Ana Alvarez")) == (1, 2)


# --- the week ---------------------------------------------------------------------------------------------------------


def test_the_week_of_all(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana)
    clinic.book(clinic.ben, at("2026-11-07", "10:00"), practitioner=clinic.eli)
    text = page(desk, view="week")
    assert "November 1 – 7, 2026" in text
    assert words(entry(text, "Ana Alvarez")).startswith("1:00 PM Ana Alvarez")
    assert words(entry(text, "Ben Brooks")).startswith("10:00 AM Ben Brooks")
    assert "2 booked" in text
    assert 'aria-label="Book Dana Diaz on Tuesday, November 3"' in text


def test_the_week_of_one(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana)
    clinic.book(clinic.ben, practitioner=clinic.eli, room=clinic.other_room)
    text = page(desk, view="week", who=clinic.dana.pk)
    assert "Ana Alvarez" in text
    assert "Ben Brooks" not in text
    assert re.findall('data-day="([^"]+)"', text) == [f"2026-11-{day:02}" for day in range(1, 8)]
    url = slots(text)["Book Dana Diaz at 10:15 AM on Wednesday, November 4"]
    assert parse_qs(urlsplit(url).query)["starts_at"] == ["2026-11-04T10:15"]
    assert "There is nobody, and no room, by that number here." in page(desk, view="week", who=999)


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_what_was_chosen_is_remembered_and_only_that(clinic: Clinic, desk: Client) -> None:
    other = Location.objects.create(name="Riverside", phone="+12125550107")
    desk.get(BOARD)
    assert "board" not in desk.session
    desk.get(BOARD, {"location": other.pk, "by": "room", "view": "week"})
    answer = desk.get(BOARD)
    choice = answer.context["choice"]
    assert (choice.location, choice.by, choice.view) == (other, "room", "week")
    desk.get(BOARD, {"view": "day", "by": "nonsense", "location": "999"})
    choice = desk.get(BOARD).context["choice"]
    assert (choice.location, choice.by, choice.view) == (other, "room", "day")


def test_what_htmx_asks_for_is_the_grid_alone_and_remembers_nothing(clinic: Clinic, desk: Client) -> None:
    clinic.book(clinic.ana)
    answer = desk.get(BOARD, {"day": DAY, "view": "week"}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "Ana Alvarez" in text
    assert "<html" not in text
    assert 'id="board-summary" hx-swap-oob="true"' in text
    assert "board" not in desk.session


def test_the_ways_to_the_other_days(clinic: Clinic, desk: Client) -> None:
    text = page(desk)
    here = f"/admin/board/?view=day&by=practitioner&location={clinic.location.pk}&day="
    assert f'href="{here}2026-11-02"' in text
    assert f'href="{here}2026-11-04"' in text
    assert f'href="{here}2026-10-26"' in text  # today
    assert f'href="{here}2026-11-10"'.replace("view=day", "view=week") in page(desk, view="week")


GARBAGE = [
    "",
    "x",
    "\0",
    "999999999999999999999999",
    "-1",
    "0",
    "²",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-W01-1",
    "a" * 5000,
    "'\"><",
]


@pytest.mark.parametrize("name", ["view", "by", "location", "day", "who"])
def test_an_address_may_hold_anything(clinic: Clinic, desk: Client, name: str) -> None:
    for value in GARBAGE:
        for view in ("day", "week"):
            assert desk.get(BOARD, {"view": view, name: value}).status_code == 200, value


@pytest.mark.parametrize("day", ["2000-01-10", "2199-12-20", "2026-03-08", "2028-02-29"])
@pytest.mark.parametrize("view", ["day", "week"])
def test_a_day_far_away_is_a_day(clinic: Clinic, desk: Client, day: str, view: str) -> None:
    assert f'value="{day}"' in page(desk, day=day, view=view)


def test_a_session_may_hold_anything(clinic: Clinic, desk: Client) -> None:
    session = desk.session
    for kept in ("x", ["x"], {"location": [1], "view": {}, "by": 7}):
        session["board"] = kept
        session.save()
        assert desk.get(BOARD).status_code == 200


def test_a_sentence_says_what_could_not_be_followed(clinic: Clinic, desk: Client) -> None:
    assert "There is no such location, so this is Maple Street Clinic." in page(desk, location=999)
    assert "“someday” is not a day of the calendar, so this is today." in page(desk, day="someday")


def test_an_empty_clinic_has_a_board(db: None, sign_in) -> None:
    manager, desk = sign_in("Manager"), sign_in("Front desk")
    assert "Add a location" in manager.get(BOARD).content.decode()
    assert "A manager adds it." in desk.get(BOARD).content.decode()
    Location.objects.create(name="Riverside", phone="+12125550107")
    assert "Nobody works at Riverside yet." in page(manager)
    assert "Riverside has no room in use yet." in page(manager, by="room")
    assert "Nobody works at Riverside yet." in page(manager, view="week")


# --- the card ---------------------------------------------------------------------------------------------------------


def card(client: Client, appointment: Appointment, now: datetime = TODAY, **asked: str) -> str:
    with freeze_time(now) if now != TODAY else nullcontext():
        answer = client.get(reverse("admin:scheduling_appointment_card", args=[appointment.pk]), asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def steps(text: str) -> list[str]:
    return re.findall(r"/step/([\w-]+)/", text)


def test_the_card_says_who_what_when_and_what_to_mind(clinic: Clinic, desk: Client) -> None:
    clinic.treat(clinic.ana, at("2026-10-05", "09:00"))
    clinic.ana.hyperpigmentation_risk = True
    clinic.ana.save()
    text = card(desk, clinic.book(clinic.ana))
    for said in (
        "Ana Alvarez",
        "Tuesday, November 3, 2026",
        "1:00 PM – 2:00 PM",
        "Microneedling, face",
        "Session 2 of 3",
        "Dana Diaz",
        "Room 1",
        "(212) 555-0101",
        "640.00 USD",
        "not confirmed",
        "Ana tends to dark patches after treatment.",
    ):
        assert said in text
    assert f"/admin/scheduling/patient/{clinic.ana.pk}/change/" in text


def test_the_card_offers_the_steps_that_are_open(clinic: Clinic, desk: Client) -> None:
    booked = clinic.book(clinic.ana)
    assert steps(card(desk, booked)) == ["cancel"]
    assert "Move</a>" in card(desk, booked)
    assert steps(card(desk, booked, now=FIRST)) == ["arrive", "complete", "cancel", "no-show"]
    services.complete(booked, now=FIRST + timedelta(hours=1))
    done = card(desk, booked, now=FIRST + timedelta(hours=1))
    assert steps(done) == ["reopen"]
    assert "Move</a>" not in done


def test_one_click_checks_in_and_leads_back_to_the_board(clinic: Clinic, desk: Client) -> None:
    booked = clinic.book(clinic.ana)
    back = f"/admin/board/?view=day&by=practitioner&location={clinic.location.pk}&day={DAY}"
    text = card(desk, booked, now=FIRST, next=back)
    [action] = re.findall(r'<form method="post" action="([^"]+)"', text)
    assert "csrfmiddlewaretoken" in text
    assert parse_qs(urlsplit(action).query)["next"] == [back]
    with freeze_time(FIRST):
        assert desk.post(action).status_code == 302
    booked.refresh_from_db()
    assert booked.status == "arrived"


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "//evil.example.org/", "javascript:alert(1)", "\0", ""])
def test_the_way_back_leads_nowhere_else(clinic: Clinic, desk: Client, elsewhere: str) -> None:
    text = card(desk, clinic.book(clinic.ana), next=elsewhere)
    assert "evil" not in text
    assert "javascript:" not in text
    assert f"/admin/board/?view=day&location={clinic.location.pk}&day={DAY}" in text


def test_the_card_tells_how_to_reach_her_only_whom_her_page_would(clinic: Clinic) -> None:
    clinic.ana.notes = "Faints easily"
    clinic.ana.save()
    booked = clinic.book(clinic.ana)
    somebody, client = member(""), Client()
    somebody.user_permissions.add(Permission.objects.get(codename="view_appointment"))
    client.force_login(somebody)
    told = ("555-0101", "Faints easily", "<dt>Age</dt>")
    assert [word for word in told if word in card(client, booked)] == []
    somebody.user_permissions.add(Permission.objects.get(codename="view_patient"))
    assert [word for word in told if word in card(client, booked)] == list(told)


def test_htmx_gets_the_card_alone_and_a_card_that_is_not_there_is_a_404(clinic: Clinic, desk: Client) -> None:
    booked = clinic.book(clinic.ana)
    address = f"/admin/scheduling/appointment/{booked.pk}/card/"
    assert "<html" not in desk.get(address, headers={"HX-Request": "true"}).content.decode()
    for pk in (0, 999, 10**30):
        assert desk.get(f"/admin/scheduling/appointment/{pk}/card/").status_code == 404
    assert desk.post(address).status_code == 405
    assert (Appointment.objects.get().status, desk.get(address).status_code) == ("booked", 200)


def test_a_session_after_the_planned_ones_is_maintenance(clinic: Clinic, desk: Client) -> None:
    clinic.treat(clinic.ana, at("2026-10-05", "09:00"))
    booked = clinic.book(clinic.ana)
    Course.objects.update(planned_sessions=1)
    assert "Maintenance session" in card(desk, booked)


def test_a_name_is_only_a_name(clinic: Clinic, desk: Client) -> None:
    clinic.ana.last_name = '<script>"alert(1)'
    clinic.ana.save()
    booked = clinic.book(clinic.ana)
    for address in (f"{BOARD}?day={DAY}&view=day", f"/admin/scheduling/appointment/{booked.pk}/card/"):
        raw = desk.get(address).content.decode()
        assert "<script>&quot;" not in raw
        assert '<script>"alert' not in raw


# --- how much it costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"view": "day"}, {"view": "week"}, {"view": "day", "by": "room"}, {"view": "week", "by": "room"}])
def test_a_full_board_takes_no_more_queries_than_an_empty_one(clinic: Clinic, desk: Client, asked: dict[str, str]) -> None:
    opens(clinic.location, "08:00", "20:00")
    Closure.objects.create(location=clinic.location, starts_on="2026-11-06", ends_on="2026-11-06", reason="new floor")
    Absence.objects.create(practitioner=clinic.dana, during=DateTimeTZRange(at(DAY, "11:00"), at(DAY, "12:00")))

    def queries(shown: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            text = page(desk, **asked)
        assert text.count('class="entry entry-') == shown
        return len(captured)

    page(desk, **asked)  # the choice is remembered by now
    empty = queries(0)
    crowd(clinic, date(2026, 11, 3), 20)
    assert queries(20) == empty
    crowd(clinic, date(2026, 11, 3), 200, already=20)
    assert queries(200) == empty
    assert empty <= 14  # the header counts the inbox in one of them, and one writes the trail


def test_the_geometry_has_a_class_for_each_row() -> None:
    from django.conf import settings

    sheet = (settings.BASE_DIR / "clinic/static/clinic/board-grid.css").read_text()
    assert all(f".row-{number} " in sheet and f".rows-{number} " in sheet for number in range(1, 97))
    assert all(f".plus-{number} " in sheet for number in range(1, 15))
    assert all(f".lane-{lane}-of-{of} " in sheet for of in (2, 3, 4) for lane in range(1, of + 1))
