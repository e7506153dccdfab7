"""A practitioner's days in her phone's calendar: behind a secret address, and without a word about patients."""

import logging
from datetime import UTC, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from clinic.masking import SecretAddresses
from clinic.models import Entry
from clinic.reports.trail_words import told
from scheduling import services
from scheduling.models import Absence, CalendarFeed, Practitioner
from scheduling.reports.calendar import calendar_of
from tests.clinic_world import FIRST, TODAY, at
from tests.clock import freeze_time

WEEK = timedelta(weeks=1)


def address_of(practitioner: Practitioner, now=TODAY, by: User | None = None) -> str:
    _feed, token = services.make_calendar_address(practitioner, by=by, now=now)
    return f"/calendar/{token}.ics"


def read(address: str, now=TODAY, **headers: str):
    with freeze_time(now):
        return Client().get(address, headers=headers)


def events(answer) -> list:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def of_the_report(practitioner: Practitioner, now=TODAY) -> list:
    feed, _token = services.make_calendar_address(practitioner, now=TODAY)
    return list(Calendar.from_ical(calendar_of(feed, now)).walk("VEVENT"))


# --- what is in it ------------------------------------------------------------------------------------------------------


def test_a_session_is_there_without_its_patient(clinic, settings):
    settings.PUBLIC_BASE_URL = "https://clinic.example.org"
    booked = clinic.book(clinic.ana)
    answer = read(address_of(clinic.dana))
    [event] = events(answer)

    assert (event["SUMMARY"], event["LOCATION"]) == ("Session, Room 1", "Maple Street Clinic, 1 Maple Street, New York")
    assert (event.start, event.end) == (FIRST, at("2026-11-03", "14:00"))  # without the turnaround
    assert event["UID"] == f"appointment-{booked.pk}@clinic.example.org"
    assert (event["SEQUENCE"], event["STATUS"], event["CLASS"]) == (0, "CONFIRMED", "PRIVATE")
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == TODAY
    assert event["URL"] == f"https://clinic.example.org/admin/scheduling/appointment/{booked.pk}/change/"
    told = answer.content.decode().lower()
    for secret in ("ana", "alvarez", "555", "example.org/admin/scheduling/patient", "microneedling", "face", "1990"):
        assert secret not in told.replace("x-wr-calname:sessions\\, dana diaz", "").replace("name:sessions\\, dana diaz", "")


def test_the_calendar_says_whose_it_is_and_how_often_to_ask(clinic):
    answer = read(address_of(clinic.dana))
    calendar = Calendar.from_ical(answer.content)

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert calendar["VERSION"] == "2.0"
    assert b"\r\nNAME:Sessions\\, Dana Diaz\r\n" in answer.content
    assert b"X-WR-CALNAME:Sessions\\, Dana Diaz\r\n" in answer.content
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in answer.content


def test_only_her_own_that_take_place(clinic):
    kept = clinic.book(clinic.ana)
    arrived = clinic.book(clinic.ben, FIRST + timedelta(hours=2))
    services.arrive(arrived, now=FIRST + timedelta(hours=2))
    services.cancel(clinic.book(clinic.chloe, FIRST + timedelta(hours=4)), reason="ill", now=TODAY)
    clinic.book(clinic.chloe, FIRST, practitioner=clinic.eli, room=clinic.other_room)

    assert [event["UID"].split("@")[0] for event in of_the_report(clinic.dana)] == [f"appointment-{kept.pk}", f"appointment-{arrived.pk}"]


def test_a_move_keeps_the_event_and_counts_up(clinic):
    booked = clinic.book(clinic.ana)
    [before] = of_the_report(clinic.dana)
    services.move(booked, starts_at=FIRST + WEEK, room=clinic.other_room, now=TODAY + timedelta(hours=1))
    [after] = of_the_report(clinic.dana)

    assert after["UID"] == before["UID"]
    assert (after["SUMMARY"], after.start, after["SEQUENCE"]) == ("Session, Room 2", FIRST + WEEK, 1)


def test_moved_to_somebody_else_it_changes_calendars(clinic):
    booked = clinic.book(clinic.ana)
    services.move(booked, starts_at=FIRST, practitioner=clinic.eli, now=TODAY)
    assert of_the_report(clinic.dana) == []
    assert len(of_the_report(clinic.eli)) == 1


def test_from_30_days_back_to_180_ahead(clinic):
    clinic.treat(clinic.ana, FIRST)
    clinic.book(clinic.ben, FIRST + timedelta(days=150), now=FIRST)

    assert len(of_the_report(clinic.dana, now=at("2026-12-03", "12:00"))) == 2
    assert [event.start for event in of_the_report(clinic.dana, now=at("2026-12-05", "12:00"))] == [FIRST + timedelta(days=150)]
    assert [event.start for event in of_the_report(clinic.dana, now=at("2026-10-01", "12:00"))] == [FIRST]


def test_an_absence_is_busy_and_its_reason_nobodys_business(clinic):
    Absence.objects.create(
        practitioner=clinic.dana, during=DateTimeTZRange(at("2026-11-05", "00:00"), at("2026-11-07", "00:00")), reason="Surgery"
    )
    [event] = of_the_report(clinic.dana)

    assert (event["SUMMARY"], event["TRANSP"]) == ("Away", "OPAQUE")
    assert (event.start, event.end) == (at("2026-11-05", "00:00"), at("2026-11-07", "00:00"))
    assert "Surgery" not in event.to_ical().decode()


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2026-10-31", "17:00"), ("2026-11-01", "18:00"), ("2027-03-13", "18:00"), ("2027-03-14", "17:00")],
    ids=["the day before the clocks go back", "the day of it", "the day before they go forward", "the day of it"],
)
def test_one_oclock_at_the_clinic_stays_one_oclock(clinic, day, utc):
    clinic.book(clinic.ana, at(day, "13:00"))
    [event] = of_the_report(clinic.dana)

    assert f"{event.start.astimezone(UTC):%Y-%m-%d %H:%M}" == f"{day} {utc}"
    assert event.start == at(day, "13:00")
    assert event.end - event.start == timedelta(hours=1)


def test_an_absence_over_the_change_of_clocks_is_an_hour_longer(clinic):
    Absence.objects.create(practitioner=clinic.dana, during=DateTimeTZRange(at("2026-11-01", "00:00"), at("2026-11-02", "00:00")))
    [event] = of_the_report(clinic.dana)
    assert event.end - event.start == timedelta(hours=25)


def test_names_with_anything_in_them_and_long_ones(clinic):
    """RFC 5545: commas, semicolons and backslashes are escaped, no line is longer than 75 bytes, and every one ends with CR and LF."""
    room = "Room; “Ä, B\\C” " + "ñ" * 70
    type(clinic.room).objects.filter(pk=clinic.room.pk).update(name=room)
    type(clinic.dana).objects.filter(pk=clinic.dana.pk).update(name="Diaz, Dana; MD\nEND:VCALENDAR")
    clinic.book(clinic.ana)
    answer = read(address_of(clinic.dana))
    [event] = events(answer)

    assert event["SUMMARY"] == f"Session, {room}"
    assert b"\r\nNAME:Sessions\\, Diaz\\, Dana\\; MD\\nEND:VCALENDAR\r\n" in answer.content
    assert answer.content.count(b"\r\nEND:VCALENDAR") == 1
    lines = answer.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in b"".join(lines)


# --- how it is read -----------------------------------------------------------------------------------------------------


def test_it_is_the_same_until_something_changes(clinic):
    clinic.book(clinic.ana)
    address = address_of(clinic.dana)
    first = read(address)

    again = read(address, TODAY + timedelta(hours=2), if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")

    clinic.book(clinic.ben, FIRST + WEEK)
    changed = read(address, TODAY + timedelta(hours=2), if_none_match=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_deleted_absence_is_a_change(clinic):
    absence = Absence.objects.create(practitioner=clinic.dana, during=DateTimeTZRange(FIRST, FIRST + WEEK))
    address = address_of(clinic.dana)
    first = read(address)
    absence.delete()
    assert read(address, if_none_match=first["ETag"]).status_code == 200


def test_nothing_is_kept_on_the_way(clinic):
    answer = read(address_of(clinic.dana))
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")


def test_a_full_diary_takes_no_more_queries_than_an_empty_one(clinic):
    address = address_of(clinic.dana)
    read(address)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert read(address).status_code == 200
        return len(captured)

    empty = queries()
    for number, patient in enumerate((clinic.ana, clinic.ben, clinic.chloe)):
        clinic.book(patient, FIRST + timedelta(days=number))
        Absence.objects.create(practitioner=clinic.dana, during=DateTimeTZRange(FIRST + WEEK, FIRST + 2 * WEEK))
    assert queries() == empty == 3


def test_that_it_was_read_is_noted_once_an_hour(clinic):
    address = address_of(clinic.dana)

    def noted(now):
        assert read(address, now).status_code == 200
        return CalendarFeed.objects.get().last_read_at

    assert noted(TODAY) == TODAY
    assert noted(TODAY + timedelta(minutes=59)) == TODAY
    assert noted(TODAY + timedelta(minutes=60)) == TODAY + timedelta(minutes=60)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_is_only_ever_read(clinic, method):
    address = address_of(clinic.dana)
    assert getattr(Client(), method)(address).status_code == 405
    assert CalendarFeed.objects.get().last_read_at is None


def test_head_is_answered(clinic):
    with freeze_time(TODAY):
        answer = Client().head(address_of(clinic.dana))
    assert (answer.status_code, answer.content) == (200, b"")


# --- the secret ---------------------------------------------------------------------------------------------------------


def test_the_address_is_kept_nowhere(clinic):
    address = address_of(clinic.dana)
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    feed = CalendarFeed.objects.get()

    assert len(token) == 32  # letters of 6 bits each
    assert len(feed.token_hash) == 64
    assert token not in str(vars(feed))
    assert address_of(clinic.eli) != address


def test_a_new_address_revokes_the_old_one(clinic):
    old = address_of(clinic.dana)
    new = address_of(clinic.dana, TODAY + WEEK)

    assert read(old).status_code == 404
    assert read(new).status_code == 200
    assert list(CalendarFeed.objects.values_list("revoked_at", flat=True)) == [None, TODAY + WEEK]


def test_two_make_one_at_once_and_one_is_left(committed_clinic, at_once):
    made = at_once([lambda: services.make_calendar_address(committed_clinic.dana)] * 2)

    assert [type(result) for result in made] == [tuple, tuple]
    open_ones = CalendarFeed.objects.filter(revoked_at=None)
    assert open_ones.count() == 1
    assert sum(services.calendar_feed(token) is not None for _feed, token in made) == 1


def test_who_made_and_who_revoked_one_is_on_the_trail_and_never_which(clinic, sign_in):
    manager, page = sign_in("Manager"), page_of(clinic.dana)
    for _ in range(2):
        address = shown_address(manager.post(page, {"make": "1"}))
        assert Client().get(address).status_code == 200  # reading it leaves nothing
    manager.post(page, {"revoke": "1"})

    second, first = CalendarFeed.objects.order_by("-pk")
    rows = Entry.objects.filter(about="scheduling.calendarfeed").order_by("pk")
    assert [(row.actor, row.action, row.object_id, list(row.changes)) for row in rows] == [
        ("manager", "added", first.pk, []),
        ("manager", "changed", first.pk, ["revoked_at"]),
        ("manager", "added", second.pk, []),
        ("manager", "changed", second.pk, ["revoked_at"]),
    ]
    made, revoked, *_ = (line.words for line in told(list(rows)))
    assert made == "added the calendar address Dana Diaz"
    assert revoked.startswith("changed the calendar address Dana Diaz: Revoked from nothing to ")

    second.delete()
    assert rows.last().changes["token_hash"] == [None, None]
    assert second.token_hash not in str(list(rows.values()))


def test_revoked_it_opens_nothing_and_the_others_stay(clinic):
    danas, elis = address_of(clinic.dana), address_of(clinic.eli)
    assert services.revoke_calendar_address(clinic.dana, now=TODAY)
    assert not services.revoke_calendar_address(clinic.dana, now=TODAY)

    assert read(danas).status_code == 404
    assert read(elis).status_code == 200


def test_who_has_left_has_no_calendar(clinic):
    address = address_of(clinic.dana)
    Practitioner.objects.filter(pk=clinic.dana.pk).update(is_active=False)
    assert read(address).status_code == 404


def test_with_her_sign_in_goes_her_calendar(clinic):
    user = User.objects.create(username="dana")
    Practitioner.objects.filter(pk=clinic.dana.pk).update(user=user)
    address = address_of(clinic.dana)
    assert read(address).status_code == 200

    User.objects.filter(pk=user.pk).update(is_active=False)
    assert read(address).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "A" * 32 + ".ics",
        "A" * 31 + ".ics",
        "A" * 33 + ".ics",
        "A" * 31 + "%00.ics",
        ".ics",
        "../" * 10 + ".ics",
        "é" * 32 + ".ics",
        "A" * 9999,
    ],
)
def test_anything_else_is_not_found(clinic, path):
    address_of(clinic.dana)
    assert Client().get(f"/calendar/{path}").status_code == 404


def test_unknown_and_revoked_look_the_same(clinic):
    revoked = address_of(clinic.dana)
    services.revoke_calendar_address(clinic.dana)
    one, other = Client().get(revoked), Client().get(f"/calendar/{'A' * 32}.ics")

    assert one.headers.pop("X-Request-ID") != other.headers.pop("X-Request-ID")
    assert (one.status_code, one.content, dict(one.items())) == (other.status_code, other.content, dict(other.items()))


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("%s: %s", ("Not Found", "/calendar/abcdefghijklmnopqrstuvwxyz012345.ics")),
        ('"%s" %s %s', ("GET /calendar/abcdefghijklmnopqrstuvwxyz012345.ics?x=1 HTTP/1.1", "200", 812)),
        ("GET /calendar/abcdefghijklmnopqrstuvwxyz012345.ics took long", ()),
    ],
)
def test_the_log_doesnt_tell_it(message, args):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, args, None)
    assert SecretAddresses().filter(record)
    assert "abcdef" not in record.getMessage()
    assert "/calendar/…" in record.getMessage()


@pytest.mark.parametrize(
    "line",
    [
        "GET /admin/scheduling/appointment/add/patients/?q=Ana+Alvarez HTTP/1.1",
        "GET /admin/scheduling/patient/?language__exact=en&q=Alvarez HTTP/1.1",
        "GET /admin/autocomplete/?term=Alvarez&app_label=scheduling HTTP/1.1",
        "GET /admin/scheduling/patient/7/change/?_changelist_filters=q%3DAlvarez HTTP/1.1",
        "GET /admin/login/?next=/admin/inbox/%3Fq%3DAlvarez HTTP/1.1",
        "GET /admin/login/?next=/admin/inbox/%3Fshow%3Dall%26q%3DAlvarez%26seen%3Dab HTTP/1.1",
        "GET /admin/login/?next=/admin/scheduling/patient/%3fq%3dAlvarez HTTP/1.1",
        "GET /admin/login/?next=/admin/login/%3Fnext%3D/admin/inbox/%253Fq%253DAlvarez HTTP/1.1",
        "GET /admin/inbox/?q=who?Alvarez HTTP/1.1",
        "GET /admin/inbox/?q=O'Alvarez HTTP/1.1",
        "GET /admin/scheduling/patient/add/?phone=%2B12125550101Alvarez HTTP/1.1",
    ],
)
def test_nor_who_is_searched_for(line):
    record = logging.LogRecord("django.server", logging.INFO, "", 0, '"%s" %s %s', (line, "200", 812), None)
    assert SecretAddresses().filter(record)
    assert "Alvarez" not in record.getMessage()
    assert record.getMessage().endswith('HTTP/1.1" 200 812')


def test_nor_where_it_stands_in_a_path():
    """%3F in an address that nobody has is decoded before it is logged."""
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s: %s", ("Not Found", "/admin/x/?q=Ana Alvarez"), None)
    assert SecretAddresses().filter(record)
    assert record.getMessage() == "Not Found: /admin/x/?q=…"


@pytest.mark.parametrize("path", ["inbox/", "scheduling/patient/"])
def test_nor_when_the_session_is_over(path, db):
    """The page to sign in is asked for with the page that was wanted."""
    answer = Client().get(f"/admin/{path}", {"q": "Alvarez"})
    record = logging.LogRecord("django.server", logging.INFO, "", 0, '"%s" %s %s', (f"GET {answer.url} HTTP/1.1", "200", 812), None)
    assert "Alvarez" in answer.url
    assert SecretAddresses().filter(record)
    assert "Alvarez" not in record.getMessage()


def test_what_django_logs_of_a_missing_one_goes_through_it(clinic, settings):
    for logger in ("", "django.server"):
        handlers = logging.getLogger(logger).handlers
        ours = [handler for handler in handlers if any(isinstance(one, SecretAddresses) for one in handler.filters)]
        assert ours, f"{logger or 'root'} has none"
    assert logging.getLogger("django").handlers == logging.getLogger("django.request").handlers == []  # or it says it past them


# --- the pages ----------------------------------------------------------------------------------------------------------


def page_of(practitioner: Practitioner) -> str:
    return f"/admin/scheduling/practitioner/{practitioner.pk}/calendar/"


def shown_address(answer) -> str:
    page = answer.content.decode()
    assert page.count("/calendar/") >= 2
    return "/calendar/" + page.split('class="address"')[1].split("/calendar/")[1].split("<")[0]


def test_only_managers_make_one_for_others(clinic, sign_in, role):
    client, page = sign_in(role), page_of(clinic.dana)
    is_allowed = role == "Manager"

    assert client.get(page).status_code == (200 if is_allowed else 403)
    assert client.post(page, {"make": "1"}).status_code == (200 if is_allowed else 403)
    assert CalendarFeed.objects.count() == is_allowed
    assert (page in client.get(f"/admin/scheduling/practitioner/{clinic.dana.pk}/change/").content.decode()) is is_allowed


def test_the_address_is_shown_once(clinic, sign_in, settings):
    settings.PUBLIC_BASE_URL = "https://clinic.example.org"
    manager, page = sign_in("Manager"), page_of(clinic.dana)
    assert "No calendar address yet" in manager.get(page).content.decode()

    made = manager.post(page, {"make": "1"})
    address = shown_address(made)
    assert f'href="webcal://clinic.example.org{address}"' in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert made["Referrer-Policy"] == "no-referrer"
    assert Client().get(address).status_code == 200

    later = manager.get(page).content.decode()
    assert "There is a calendar address" in later
    assert "It can’t be shown again." in later
    assert address not in later


def test_it_says_who_made_it_and_when_it_was_read(clinic, sign_in):
    manager = sign_in("Manager")
    address = address_of(clinic.dana, by=User.objects.get(username="manager"))
    assert "not yet" in manager.get(page_of(clinic.dana)).content.decode()
    read(address, TODAY + timedelta(hours=1))

    page = manager.get(page_of(clinic.dana)).content.decode()
    assert "Mon, Oct 26, 2026, 9:00 AM · manager" in page
    assert "Mon, Oct 26, 2026, 10:00 AM" in page


def test_a_manager_revokes_it(clinic, sign_in):
    address = address_of(clinic.dana)
    answer = sign_in("Manager").post(page_of(clinic.dana), {"revoke": "1"}, follow=True)

    assert "The address is revoked. Calendars that read it get nothing more." in answer.content.decode()
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("posted", [{}, {"make": ""} | {"x": "\0"}, {"nonsense": "1"}])
def test_garbage_changes_nothing_or_makes_one(clinic, sign_in, posted):
    answer = sign_in("Manager").post(page_of(clinic.dana), posted)
    assert answer.status_code in (200, 302)
    assert CalendarFeed.objects.count() == ("make" in posted)


def test_for_somebody_who_has_left_none_is_made(clinic, sign_in):
    Practitioner.objects.filter(pk=clinic.dana.pk).update(is_active=False)
    manager = sign_in("Manager")
    assert "Dana Diaz doesn’t work here any more" in manager.get(page_of(clinic.dana)).content.decode()
    manager.post(page_of(clinic.dana), {"make": "1"})
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("number", ["0", "9" * 40])
def test_nobody_has_that_number(clinic, sign_in, number):
    assert sign_in("Manager").get(f"/admin/scheduling/practitioner/{number}/calendar/").status_code == 404


def test_a_practitioner_makes_her_own(clinic, sign_in):
    clinician = sign_in("Clinician")
    assert clinician.get("/admin/my-calendar/").status_code == 404
    assert "/admin/my-calendar/" not in clinician.get("/admin/").content.decode()

    Practitioner.objects.filter(pk=clinic.dana.pk).update(user=User.objects.get(username="clinician"))
    assert "/admin/my-calendar/" in clinician.get("/admin/").content.decode()
    made = clinician.post("/admin/my-calendar/", {"make": "1"})

    assert CalendarFeed.objects.get().practitioner == clinic.dana
    assert Client().get(shown_address(made)).status_code == 200
    assert clinician.post("/admin/my-calendar/", {"revoke": "1"})["Location"] == "/admin/my-calendar/"
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 0


def test_nobody_is_led_there_without_signing_in(clinic):
    for page in ("/admin/my-calendar/", page_of(clinic.dana)):
        assert Client().get(page)["Location"].startswith("/admin/login/")
