"""The board under a hand, a keyboard and a thumb."""

import re
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import NoReverseMatch, reverse
from playwright.sync_api import Locator, Page, expect

from scheduling.models import Absence, Appointment, Closure
from tests.browser.days import on, workday
from tests.browser.screens import on_a_phone, on_every_screen
from tests.clinic_world import WEEK, Clinic

DAY = workday(2)


@pytest.fixture
def anas(clinic: Clinic) -> Appointment:
    """With Dana, at 1 PM."""
    return clinic.book(clinic.ana, on(DAY), now=on(DAY, "08:00") - 52 * WEEK)


@pytest.fixture
def move_page() -> None:
    """Only where appointments have a page on which they are moved can they be dragged."""
    try:
        reverse("admin:scheduling_appointment_move", args=[1])
    except NoReverseMatch:
        pytest.skip("there is no page on which an appointment is moved")


def board(page: Page, **asked: object) -> Page:
    page.goto(f"/admin/board/?{urlencode({'view': 'day', 'by': 'practitioner', 'day': DAY} | asked)}")
    return page


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@on_every_screen
def test_a_full_day(desk, clinic, anas, looks_right):
    Absence.objects.create(practitioner=clinic.eli, during=DateTimeTZRange(on(DAY, "09:00"), on(DAY, "11:00")), reason="Dentist")
    Appointment.objects.filter(pk=anas.pk).update(confirmed_at=on(DAY))
    clinic.book(clinic.ben, on(DAY, "15:00"), practitioner=clinic.eli, room=clinic.other_room, now=None)
    page = board(desk())

    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_visible()
    looks_right(page, "board")


@on_every_screen
@pytest.mark.parametrize("asked", [{"view": "week"}, {"by": "room"}], ids=["week", "rooms"])
def test_the_other_ways_to_look(desk, clinic, anas, asked, looks_right):
    page = board(desk(), **asked)

    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_attached()
    looks_right(page, f"board-{'-'.join(asked.values())}")


@on_every_screen
def test_a_closed_day(desk, clinic, looks_right):
    Closure.objects.create(location=clinic.location, starts_on=DAY, ends_on=DAY, reason="new floor")
    page = board(desk())

    expect(page.get_by_text("Closed: new floor").first).to_be_visible()
    looks_right(page, "board-closed")


def test_a_click_on_a_free_time_opens_the_booking_form_with_it(desk, clinic, anas):
    page = board(desk())
    page.get_by_role("link", name="Book Dana Diaz at 10:15 AM").click()

    page.wait_for_url("**/appointment/add/**")
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["starts_at"], asked["practitioner"]) == ([f"{DAY}T10:15"], [str(clinic.dana.pk)])


@on_every_screen
def test_an_appointment_opens_its_card_beside_the_board(desk, clinic, anas, looks_right):
    page = board(desk())
    page.get_by_role("link", name="Ana Alvarez").click()

    card = page.get_by_role("dialog", name="Ana Alvarez")
    expect(card.get_by_text("Session 1 of 3")).to_be_visible()
    expect(card.get_by_role("link", name="Move")).to_be_visible()
    looks_right(page, "card")
    card.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()


@on_every_screen
def test_the_card_is_a_page_of_its_own_too(desk, clinic, anas, looks_right):
    page = desk()
    page.goto(f"/admin/scheduling/appointment/{anas.pk}/card/")

    expect(page.get_by_role("heading", name="Ana Alvarez")).to_be_visible()
    looks_right(page, "card-page")
    page.get_by_role("link", name="Back to the board").click()
    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_attached()


def test_the_keyboard_goes_through_a_column_and_opens_and_closes_the_card(desk, clinic, anas):
    page = board(desk())
    first = page.get_by_role("link", name="Book Dana Diaz at 8:00 AM")
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Book Dana Diaz at 8:15 AM")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="Book Eli Evans at 8:15 AM")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="Book Dana Diaz at 5:45 PM")).to_be_focused()

    link = page.get_by_role("link", name="Ana Alvarez")
    for _ in range(15):  # a quarter each, from 5:45 up to 2:15, and over the session
        page.keyboard.press("ArrowUp")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Ana Alvarez")
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(link).to_be_focused()


def test_a_column_is_one_stop_of_the_tab_key(desk, clinic, anas):
    page = board(desk())
    page.get_by_role("link", name="Dana Diaz", exact=True).focus()
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"))
    assert stops[:3] == ["Book Dana Diaz at 8:00 AM", "Eli Evans", "Book Eli Evans at 8:00 AM"]


def test_dragging_asks_for_the_move_with_the_new_time_and_person(desk, clinic, anas, move_page):
    page = board(desk())
    asked = []
    page.route(re.compile(r"/move/"), lambda route: (asked.append(route.request), route.fulfill(status=200, body="moved")))
    x, y = middle(page.get_by_role("link", name="Ana Alvarez"))
    there, eight = middle(page.get_by_role("link", name="Book Eli Evans at 8:00 AM"))
    quarter = middle(page.get_by_role("link", name="Book Eli Evans at 8:15 AM"))[1] - eight
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(there, y - 2 * quarter, steps=4)
    page.mouse.move(there, y - 4 * quarter, steps=4)
    page.mouse.up()
    page.wait_for_url("**/move/**")

    [request] = asked
    assert (request.method, urlsplit(request.url).path) == ("POST", f"/admin/scheduling/appointment/{anas.pk}/move/")
    sent = parse_qs(request.post_data)
    assert sent.pop("csrfmiddlewaretoken")
    assert sent == {
        "starts_at": [f"{DAY}T12:00"],
        "practitioner": [str(clinic.eli.pk)],
        "room": [str(clinic.room.pk)],
        "seen": [anas.whereabouts],
        "next": [f"/admin/board/?view=day&by=practitioner&location={clinic.location.pk}&day={DAY}"],
    }


def test_what_was_dragged_is_moved_and_can_be_taken_back(desk, clinic, anas, move_page):
    page = board(desk())
    x, y = middle(page.get_by_role("link", name="Ana Alvarez"))
    there, _y = middle(page.get_by_role("link", name="Book Eli Evans at 8:00 AM"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(there, y, steps=8)
    page.mouse.up()

    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert urlsplit(page.url).path == "/admin/board/"
    anas.refresh_from_db()
    assert (anas.practitioner, anas.starts_at) == (clinic.eli, on(DAY))
    undo.click()
    expect(undo).to_have_count(0)
    anas.refresh_from_db()
    assert anas.practitioner == clinic.dana


def test_of_two_who_drag_the_same_appointment_only_the_first_moves_it(desk, clinic, anas, move_page):
    first, second = board(desk()), board(desk("Manager"))
    for page, name in ((first, "Book Eli Evans at 8:00 AM"), (second, "Book Dana Diaz at 8:00 AM")):
        x, y = middle(page.get_by_role("link", name="Ana Alvarez"))
        there, _y = middle(page.get_by_role("link", name=name))
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(there, y + 60, steps=8)
        page.mouse.up()
        expect(page.get_by_role("button", name="Undo") if page is first else page.get_by_role("alert")).to_be_visible()

    expect(second.get_by_role("alert")).to_contain_text("Somebody moved this appointment just now")
    anas.refresh_from_db()
    assert anas.practitioner == clinic.eli


def test_a_card_asked_for_after_signing_out_is_the_page_to_sign_in(desk, clinic, anas):
    page = board(desk())
    page.context.clear_cookies()
    page.get_by_role("link", name="Ana Alvarez").click()

    expect(page.get_by_label("Username")).to_be_visible()
    assert urlsplit(page.url).path == "/admin/login/"
    expect(page.locator("#board-grid")).to_have_count(0)


@pytest.mark.parametrize("change_of_mind", ["Escape", "back again", "off the board"])
def test_a_drag_can_be_given_up(desk, clinic, anas, move_page, change_of_mind):
    page = board(desk())
    asked = []
    page.route(re.compile(r"/(move|card)/"), lambda route: (asked.append(route.request.url), route.abort()))
    x, y = middle(page.get_by_role("link", name="Ana Alvarez"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 60, steps=4)
    expect(page.locator(".is-ghost")).to_be_visible()
    if change_of_mind == "Escape":
        page.keyboard.press("Escape")
    else:
        page.mouse.move(*((x, y) if change_of_mind == "back again" else (x, 5)), steps=4)
    page.mouse.up()

    expect(page.locator(".is-ghost")).to_have_count(0)
    page.wait_for_timeout(200)
    assert asked == []


def test_the_board_is_renewed_each_minute_but_not_under_an_open_card(desk, clinic, anas):
    page = desk()
    page.clock.install(time=datetime.now(clinic.location.zone))
    board(page)
    expect(page.get_by_role("link", name="Ben Brooks")).to_have_count(0)
    page.get_by_role("link", name="Ana Alvarez").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    clinic.book(clinic.ben, on(DAY, "15:00"), now=on(DAY, "08:00"))
    page.clock.run_for(61_000)
    expect(page.get_by_role("link", name="Ben Brooks")).to_have_count(0)

    page.keyboard.press("Escape")
    page.clock.run_for(61_000)
    expect(page.get_by_role("link", name="Ben Brooks")).to_have_count(1)
    expect(page.locator("#board-summary")).to_have_text("2 booked")
    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_focused()  # as before


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(desk, clinic, anas):
    page = desk()
    page.clock.install(time=datetime.now(clinic.location.zone))
    board(page)
    page.context.clear_cookies()
    page.clock.run_for(61_000)
    page.get_by_role("dialog", name="You have been signed out").get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/login/**")


def test_arrived_is_one_click(desk, clinic):
    now = datetime.now(clinic.location.zone).replace(second=0, microsecond=0)
    clinic.location.opening_hours.all().delete()
    booked = clinic.book(clinic.ana, now, now=now)
    page = board(desk(), day=now.date())
    page.get_by_role("link", name="Ana Alvarez").click()
    page.get_by_role("button", name="Arrived").click()

    page.wait_for_load_state()
    booked.refresh_from_db()
    assert booked.status == "arrived"


@on_a_phone
def test_a_phone_shows_a_column_at_a_time_beside_the_hours(desk, clinic, anas):
    page = board(desk())
    columns = page.locator(".column")
    scroller = page.locator("#board-scroll")
    hours = page.locator(".axis").bounding_box()
    width = page.viewport_size["width"]
    assert columns.nth(0).bounding_box()["width"] > width * 0.7
    scroller.evaluate("element => element.scrollBy({left: 300, behavior: 'instant'})")
    page.wait_for_function("document.querySelectorAll('.column')[1].getBoundingClientRect().left < 80")
    assert page.locator(".axis").bounding_box()["x"] == hours["x"]


@on_a_phone
def test_fingers_find_half_hours_and_buttons_large_enough(desk, clinic, anas):
    page = board(desk())
    small = page.evaluate(
        """() => [...document.querySelectorAll(".board-head a, .board-head button, .board-head input, .board-head summary, .board-foot a")]
            .filter((element) => element.offsetParent && element.type !== "hidden" && element.getBoundingClientRect().height < 34)
            .map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_without_scripts_everything_is_a_link(browser, live_server, desk, clinic, anas):
    cookies = desk().context.cookies()
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(cookies)
    page = board(context.new_page())
    page.get_by_role("link", name="Ana Alvarez").click()
    expect(page.get_by_role("heading", name="Ana Alvarez")).to_be_visible()
    page.get_by_role("link", name="Back to the board").click()
    page.get_by_role("link", name="Book Dana Diaz at 10:15 AM").click()
    expect(page).to_have_url(re.compile(r"/appointment/add/"))
    context.close()
