"""The admin's look: its first page for everybody, its files, its colors, and nothing that the Content-Security-Policy would block."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.dashboard import DONE_SHOWN, SHOWN, dashboard
from scheduling import services
from scheduling.models import Appointment, Location, Patient, Practitioner, Room, Treatment
from tests.clock import freeze_time

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = datetime(2026, 3, 3, 10, 0, tzinfo=NEW_YORK)  # in the morning, at the clinic
OUR_APPS = ("clinic", "scheduling", "aftercare", "notifications")
TEMPLATES = sorted(path for app in OUR_APPS for path in (settings.BASE_DIR / app).glob("templates/**/*.html"))
STATIC = settings.BASE_DIR / "clinic" / "static" / "clinic"


class Desk:
    """A clinic in which the next patient can always be booked."""

    def __init__(self) -> None:
        self.treatment = Treatment.objects.create(name="Microneedling, face", skin_area="face")
        self.practitioner = Practitioner.objects.create(name="Maya Lindqvist")
        self.practitioner.treatments.add(self.treatment)
        self.locations = {}

    def location(self, zone: str) -> Location:
        if zone not in self.locations:
            self.locations[zone] = Location.objects.create(name=f"Juniper {zone}", phone="+12125550100", time_zone=zone)
            self.practitioner.locations.add(self.locations[zone])
            Room.objects.create(location=self.locations[zone], name="Room 1")
        return self.locations[zone]

    def book(self, starts_at: datetime, name: str = "Ana", zone: str = "America/New_York") -> Appointment:
        patient = Patient.objects.create(first_name=name, last_name="Reyes", birth_date=date(1990, 1, 1), phone="+12125550123")
        room = self.location(zone).room_set.get()
        return services.book(
            patient=patient,
            treatment=self.treatment,
            practitioner=self.practitioner,
            room=room,
            starts_at=starts_at,
            now=starts_at - timedelta(days=2),
        )


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def staff(role: str = "", **fields: bool) -> User:
    user = User.objects.create_user("jordan", password="afterglow", is_staff=True, first_name="Jordan", **fields)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def first_page(user: User, at: datetime = TUESDAY) -> str:
    client = Client()
    with freeze_time(at):
        client.force_login(user)
        return client.get("/admin/").content.decode()


# --- the first page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["Front desk", "Clinician", "Manager"])
def test_everybody_at_the_clinic_sees_the_day(desk: Desk, role: str) -> None:
    desk.book(TUESDAY + timedelta(hours=2))
    page = first_page(staff(role))
    assert "Good morning, Jordan" in page
    assert "Tuesday, March 3" in page
    assert "Ana Reyes" in page
    assert "12:00 PM" in page
    assert "Patients &amp; diary" in page


@pytest.mark.parametrize(("role", "sees_it"), [("Front desk", False), ("Clinician", False), ("Manager", True)])
def test_only_managers_are_led_to_the_report(db: None, role: str, sees_it: bool) -> None:
    page = first_page(staff(role))
    assert ("/admin/maintenance-due/" in page) is sees_it
    assert ("Maintenance due" in page) is sees_it


def test_somebody_without_a_role_sees_no_patients(desk: Desk) -> None:
    desk.book(TUESDAY + timedelta(hours=2))
    page = first_page(staff())
    assert "Ana Reyes" not in page
    assert "Nobody has given you a role yet" in page


def test_a_superuser_sees_everything(desk: Desk) -> None:
    desk.book(TUESDAY + timedelta(hours=2))
    page = first_page(staff(is_superuser=True))
    assert "Ana Reyes" in page
    assert "Users" in page


@pytest.mark.parametrize("role", ["Front desk", "Clinician", "Manager"])
def test_a_busy_day_takes_no_more_queries_than_an_empty_one(desk: Desk, role: str) -> None:
    for zone in ("America/New_York", "America/Phoenix"):
        desk.location(zone)
    client = Client()

    def queries() -> int:
        with freeze_time(TUESDAY), CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/").status_code == 200
        return len(captured)

    with freeze_time(TUESDAY):
        client.force_login(staff(role))
    desk.book(TUESDAY + timedelta(days=60))  # it isn't a new clinic, which says what comes first
    empty = queries()
    for number in range(5):
        desk.book(TUESDAY + timedelta(minutes=90 * (1 + number)))
    desk.book(TUESDAY + timedelta(hours=9, minutes=30), zone="America/Phoenix")
    services.complete(desk.book(TUESDAY - timedelta(days=1)), now=TUESDAY)
    assert queries() == empty
    assert empty <= 24


# --- what counts as today ---------------------------------------------------------------------------------------------


def test_today_is_each_locations_own_day(desk: Desk) -> None:
    """At half past midnight on Wednesday in New York it is still Tuesday in Phoenix."""
    now = datetime(2026, 3, 4, 0, 30, tzinfo=NEW_YORK)
    desk.book(TUESDAY + timedelta(hours=13, minutes=15), "Ana", "America/Phoenix")  # 21:15 on Tuesday there
    desk.book(TUESDAY + timedelta(hours=11), "Bea", "America/New_York")  # 21:00 on Tuesday: yesterday
    desk.book(TUESDAY + timedelta(days=1), "Cleo", "America/New_York")
    desk.book(TUESDAY + timedelta(days=1, hours=2), "Dora", "America/Phoenix")  # tomorrow, there
    shown = dashboard(staff("Front desk"), now)
    assert shown.rows is not None
    assert [row.appointment.patient.first_name for row in shown.rows] == ["Ana", "Cleo"]
    assert [f"{row.starts_at:%H:%M}" for row in shown.rows] == ["21:15", "10:00"]
    assert re.findall(r'class="time">([^<]+)', first_page(User.objects.get(), now)) == ["9:15 PM", "10:00 AM"]
    assert {tile.name: tile.count for tile in shown.tiles} == {
        "Appointments today": 2,
        "Unconfirmed tomorrow": 1,
        "Asked to move": 0,
        "Left open": 1,
        "On the waitlist": 0,
        "Concerns open": 0,
        "Replies to read": 0,
        "Messages to look at": 2,  # nobody has asked Cleo and Dora
        "To call": 0,
    }


def test_the_list_shows_what_is_still_to_come(desk: Desk) -> None:
    day = [desk.book(TUESDAY.replace(hour=0) + timedelta(minutes=80 * number), f"P{number}") for number in range(14)]
    now = TUESDAY.replace(hour=5)
    for appointment in day[:3]:
        services.complete(appointment, now=now)
    services.cancel(day[3], reason="She is ill", now=now)
    shown = dashboard(staff("Front desk"), now)
    assert shown.rows is not None
    names = [row.appointment.patient.first_name for row in shown.rows]
    assert names == ["P1", "P2", *(f"P{number}" for number in range(4, 4 + SHOWN - DONE_SHOWN))]
    assert shown.more == 2
    today = shown.tiles[0]
    assert (today.count, today.detail) == (13, "10 to come · 0 arrived · 3 completed")


def test_a_patient_who_is_late_is_marked(desk: Desk) -> None:
    desk.book(TUESDAY)
    assert "not here yet" not in first_page(staff("Front desk"), TUESDAY + timedelta(minutes=10))
    shown = dashboard(User.objects.get(), TUESDAY + timedelta(minutes=11))
    assert shown.rows is not None
    assert [row.is_late for row in shown.rows] == [True]


def test_a_session_of_yesterday_that_nobody_closed_presses(desk: Desk) -> None:
    desk.book(TUESDAY - timedelta(days=1))
    tiles = {tile.name: tile for tile in dashboard(staff("Front desk"), TUESDAY).tiles}
    assert (tiles["Left open"].count, tiles["Left open"].is_pressing) == (1, True)


# --- signing in -------------------------------------------------------------------------------------------------------


def test_the_demo_lists_its_sign_ins_and_nothing_else_does(client: Client, db: None, settings) -> None:
    assert "frontdesk / afterglow" in client.get("/admin/login/").content.decode()
    settings.DEMO = False
    assert "afterglow</code>" not in client.get("/admin/login/").content.decode()


# --- files and colors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_a_template_names_only_files_that_exist(template: Path) -> None:
    for name in re.findall(r"""\{%\s*static\s+["']([^"']+)""", template.read_text()):
        assert finders.find(name), f"{template.name} names {name}"


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_a_stylesheet_names_only_files_that_exist(sheet: Path) -> None:
    for name in re.findall(r"""url\(["']?([^"')]+)""", sheet.read_text()):
        assert (sheet.parent / name).is_file(), f"{sheet.name} names {name}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_a_template_holds_no_style_or_script_of_its_own(template: Path) -> None:
    if template.name in ("email.html", "weeks.html", "handed_out.html"):
        pytest.skip("an email, or a file, has no stylesheet to link to")
    text = template.read_text()
    assert not re.search(r"<style|\sstyle\s*=|<script(?![^>]*\ssrc=)|\son[a-z]+\s*=|javascript:|https?://", text)


def blocks() -> dict[str, dict[str, str]]:
    """Selector → variable → value, of the palette; the dark colors stand there twice, as CSS wants it."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / "palette.css").read_text(), flags=re.S)
    found = {}
    for at, selector, body in re.findall(r"(@media[^{]*\{)?\s*([^{}]+?)\s*\{([^{}]*)\}", text):
        key = "when the system is dark" if at else " ".join(selector.split())
        found[key] = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body))
    return found


def test_both_ways_into_the_dark_lead_to_the_same_colors() -> None:
    palette = blocks()
    assert palette["when the system is dark"] == palette['html[data-theme="dark"]']
    assert palette[':root, html[data-theme="light"]'].keys() == palette['html[data-theme="dark"]'].keys()


def luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


TEXT_ON = [
    *((ink, ground) for ink in ("ink", "ink-soft", "glow", "glow-strong") for ground in ("ground", "surface", "field", "hover", "tint")),
    ("on-glow", "glow"),
    ("on-glow", "glow-strong"),
    ("bad", "surface"),
    *((kind, f"{kind}-bg") for kind in ("good", "calm", "warn", "bad")),
]


@pytest.mark.parametrize("theme", [':root, html[data-theme="light"]', 'html[data-theme="dark"]'])
def test_text_can_be_read(theme: str) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for the edge of a field."""
    colors = {name.removeprefix("--"): value for name, value in blocks()[theme].items()}
    poor = [(ink, ground) for ink, ground in TEXT_ON if contrast(colors[ink], colors[ground]) < 4.5]
    poor += [("line-strong", ground) for ground in ("surface", "field", "ground") if contrast(colors["line-strong"], colors[ground]) < 3]
    assert poor == []
