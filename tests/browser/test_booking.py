"""Booking at the desk: with few clicks, without a mouse, without scripts, and while somebody else books."""

import re

import pytest
from playwright.sync_api import Page, expect

from scheduling.models import Appointment, Patient
from tests.browser.days import on, workday
from tests.browser.held import go_on
from tests.browser.screens import on_a_phone, on_every_screen
from tests.clinic_world import Clinic

ADD = "/admin/scheduling/appointment/add/"
COUNT_CLICKS = """() => {
    const count = () => sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks") ?? 0) + 1);
    document.addEventListener("pointerdown", count, true);
}"""


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """Ana has been here before, six weeks ago."""
    clinic.treat(clinic.ana, on(workday()).replace(hour=10) - 6 * (on(workday(6)) - on(workday(1))))
    return clinic


def from_the_board(clinic: Clinic, clock: str = "10:00") -> str:
    """What a click on a free time of the board leads to."""
    return f"{ADD}?starts_at={workday()}T{clock}&practitioner={clinic.dana.pk}&room={clinic.room.pk}"


def found(page: Page, **about):
    return page.locator("#found").get_by_role("option", **about)


def book_button(page: Page):
    return page.get_by_role("button", name=re.compile("book$", re.IGNORECASE))


def test_a_known_patient_is_booked_from_the_board_with_three_clicks_and_a_name(desk, clinic):
    page = desk()
    page.add_init_script(f"({COUNT_CLICKS})()")
    page.goto(f"/admin/board/?day={workday()}")

    page.get_by_role("link", name="Book Dana Diaz at 10:00 AM").click()
    expect(page.get_by_role("combobox", name="Find a patient")).to_be_focused()
    page.keyboard.type("alvar")
    found(page, name="Ana Alvarez").click()
    expect(book_button(page)).to_be_focused()
    book_button(page).click()

    expect(page.locator(".messagelist")).to_contain_text("Booked: Ana Alvarez, ")
    assert page.evaluate("Number(sessionStorage.getItem('clicks'))") == 3
    assert Appointment.objects.get(status="booked").starts_at == on(workday(), "10:00")


def test_who_types_before_the_page_listens_is_heard(desk, clinic):
    page = desk()
    scripts = []
    page.route("**/htmx-2*.js", lambda script: scripts.append(script))  # which wait
    page.goto(from_the_board(clinic), wait_until="commit")

    page.get_by_label("Find a patient").press_sequentially("alvar")
    expect(page.get_by_role("combobox", name="Find a patient")).to_have_count(0)
    go_on(page, scripts)
    expect(found(page)).to_have_count(1)


def test_without_a_mouse(desk, clinic):
    page = desk()
    page.goto(from_the_board(clinic))

    search = page.get_by_role("combobox", name="Find a patient")
    expect(search).to_be_focused()
    expect(search).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("5/17/1990")
    expect(found(page)).to_have_count(3)
    expect(search).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#said")).to_have_text("3 patients found")
    expect(search).to_have_accessible_description("3 patients found")
    expect(found(page, name="Ana Alvarez")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(found(page, name="Chloe Chen")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(found(page, name="Chloe Chen")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(found(page)).to_have_count(0)
    expect(search).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("alvarez")
    page.keyboard.press("Enter")  # before the answer is there
    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_visible()
    expect(book_button(page)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("Booked: Ana Alvarez, ")
    assert Appointment.objects.filter(status="booked").count() == 1


def test_several_are_seen_before_one_is_chosen(desk, clinic):
    page = desk()
    page.goto(ADD)
    page.keyboard.type("555010")
    page.keyboard.press("Enter")
    expect(found(page)).to_have_count(3)
    page.wait_for_timeout(300)
    expect(page.get_by_role("combobox", name="Find a patient")).to_be_visible()

    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_visible()


def test_without_a_time_it_takes_a_name_a_patient_a_time_and_book(desk, clinic, axe):
    page = desk()
    page.goto(ADD)
    page.keyboard.type("alvarez")
    found(page, name="Ana Alvarez").click()
    first = page.locator(".slot").first
    expect(first).to_be_focused()
    when = first.locator(".slot-time").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".suits")).to_contain_text(f"{when} with Dana Diaz in Room 1 works.")
    expect(page.locator('.slot[aria-pressed="true"]')).to_have_count(1)
    expect(book_button(page)).to_be_focused()
    axe(page)
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text(f"{when}, with Dana Diaz in Room 1.")


def test_what_is_chosen_elsewhere_is_weighed_at_once(desk, clinic):
    clinic.book(clinic.ben, on(workday(), "10:00"), now=None)
    page = desk()
    page.goto(f"{from_the_board(clinic)}&patient={clinic.ana.pk}")
    expect(page.locator(".does-not-suit")).to_contain_text("Dana Diaz already has an appointment from 10:00 AM to 11:15 AM")

    page.get_by_label("Room", exact=True).select_option(label="Room 2, Maple Street Clinic")
    page.locator("#id_practitioner").select_option(label="Eli Evans")
    expect(page.locator(".suits")).to_contain_text("with Eli Evans in Room 2 works.")
    page.get_by_label("Treatment").select_option(label="Microneedling, scalp")
    expect(page.locator(".facts")).to_contain_text("Session 1 of 3")
    page.locator("#look-with").select_option(label="Eli Evans")
    expect(page.locator(".slot-who").first).to_have_text("Eli Evans")
    expect(page.locator(".slot-who", has_text="Dana")).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"\d+ more on ")).first.click()
    expect(page.locator(".slot").nth(20)).to_be_visible()


class TestWhileAnAnswerIsOnItsWay:
    """What is typed or chosen then isn't in the answer, which takes the place of the fields."""

    @pytest.fixture
    def page(self, desk) -> Page:
        return desk()

    @pytest.fixture
    def answers(self, page) -> list:
        """Each waits to be told to go on."""
        held: list = []
        page.route(f"**{ADD}", lambda question: held.append(question) if question.request.method == "POST" else question.continue_())
        return held

    def test_a_practitioner_is_chosen(self, clinic, page, answers):
        page.goto(f"{from_the_board(clinic)}&patient={clinic.ana.pk}")
        page.get_by_label("Treatment").select_option(label="Microneedling, scalp")
        page.locator("#id_practitioner").select_option(label="Eli Evans")
        page.get_by_label("Quiet nights").check()
        for _question in range(2):
            go_on(page, answers)

        expect(page.locator(".suits")).to_contain_text("with Eli Evans")
        expect(page.locator("#id_practitioner option:checked")).to_have_text("Eli Evans")
        expect(page.get_by_label("Quiet nights")).to_be_checked()
        assert answers == []

    def test_the_treatment_is_chosen_after_the_patient(self, clinic, page, answers):
        page.goto(from_the_board(clinic))
        page.keyboard.type("alvar")
        found(page, name="Ana Alvarez").click()
        page.get_by_label("Treatment").select_option(label="Microneedling, scalp")
        for _question in range(2):
            go_on(page, answers)

        expect(page.locator(".facts")).to_contain_text("Session 1 of 3")
        expect(page.get_by_label("Treatment").locator("option:checked")).to_have_text("Microneedling, scalp")

    def test_a_new_patients_name_is_typed(self, clinic, page, answers):
        page.goto(f"{from_the_board(clinic)}&treatment={clinic.face.pk}")
        page.get_by_role("button", name="Add a new patient").click()
        go_on(page, answers)
        page.locator(".slot", has_text="Eli Evans").first.click()
        page.get_by_label("Last name").fill("Dunn")
        page.get_by_label("Agreed to texts about their care").check()
        go_on(page, answers)

        expect(page.locator(".suits")).to_contain_text("with Eli Evans")
        expect(page.get_by_label("Last name")).to_have_value("Dunn")
        expect(page.get_by_label("Agreed to texts about their care")).to_be_checked()


def test_a_new_patient_is_added_in_place(desk, clinic):
    page = desk()
    page.goto(from_the_board(clinic))
    page.keyboard.type("dora dunn")
    expect(page.locator("#found-count")).to_have_text("Nobody found. Check the spelling, or add a new patient.")
    page.get_by_role("button", name="Add a new patient").click()
    expect(page.get_by_label("Date of birth")).to_be_focused()
    page.keyboard.type("2/29/1988")
    page.get_by_label("Cell phone").fill("(212) 555-0144")
    page.get_by_label("Agreed to texts about their care").check()
    page.get_by_label("Treatment").select_option(label="Microneedling, face")
    expect(page.locator(".suits")).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Dora")
    book_button(page).click()

    expect(page.locator(".messagelist")).to_contain_text("Booked: Dora Dunn, ")
    assert Patient.objects.get(last_name="Dunn").birth_date.isoformat() == "1988-02-29"


def test_clicked_twice_it_books_once_and_says_so(desk, clinic):
    page, day = desk(), workday()
    asked = f"patient={clinic.ana.pk}&treatment={clinic.face.pk}&practitioner={clinic.dana.pk}&room={clinic.room.pk}"
    page.goto(f"/admin/scheduling/appointment/add/?{asked}&starts_at={day}T10:00")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    # The second one while the first is under way.
    page.get_by_role("button", name="Book", exact=True).evaluate("button => { button.click(); setTimeout(() => button.click(), 50); }")

    expect(page.locator(".messagelist .success")).to_contain_text("Booked: Ana Alvarez")
    assert len(sent) == 1
    assert Appointment.objects.get(status="booked").patient == clinic.ana


def test_somebody_else_takes_the_time_meanwhile(desk, clinic):
    page = desk()
    page.goto(f"{from_the_board(clinic)}&patient={clinic.ana.pk}")
    page.get_by_label("Quiet nights").check()
    clinic.book(clinic.ben, on(workday(), "10:00"), now=None)
    book_button(page).click()

    expect(page.locator(".booking-refused")).to_be_focused()
    expect(page.locator(".field-practitioner .errorlist")).to_contain_text("Dana Diaz already has an appointment from 10:00 AM")
    expect(page.get_by_label("Quiet nights")).to_be_checked()
    page.locator(".slot", has_text="Eli Evans").first.click()
    expect(page.locator(".suits")).to_contain_text("Eli Evans")
    book_button(page).click()
    expect(page.locator(".messagelist")).to_contain_text("Booked: Ana Alvarez, ")


def test_who_was_signed_out_loses_nothing(desk, clinic, troubles):
    page = desk()
    page.goto(from_the_board(clinic))
    page.context.clear_cookies()
    page.keyboard.type("alvarez")

    expect(page.locator("#trouble")).to_be_visible()
    expect(page.get_by_label("Find a patient")).to_have_value("alvarez")
    troubles.clear()


def test_without_scripts(browser, live_server, clinic, desk):
    signed_in = desk()
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(signed_in.context.cookies())
    page = context.new_page()
    page.goto(ADD)
    page.get_by_label("Find a patient").fill("alvarez")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ana Alvarez").click()
    page.locator(".slot").nth(1).click()
    expect(page.locator(".suits")).to_be_visible()
    page.locator("button[name=book]").click()

    expect(page.locator(".messagelist")).to_contain_text("Booked: Ana Alvarez, ")
    context.close()


@on_every_screen
def test_its_looks(desk, clinic, looks_right):
    page = desk()
    page.goto(ADD)
    page.keyboard.type("555")
    expect(found(page)).to_have_count(3)
    looks_right(page, "booking-search")

    page.goto(f"{from_the_board(clinic)}&patient={clinic.ana.pk}")
    expect(page.locator(".suits")).to_be_visible()
    looks_right(page, "booking")

    # Taking a picture leaves empty style attributes behind, which the next exchange would meet.
    page.goto(f"{from_the_board(clinic)}&patient={clinic.ana.pk}")
    page.get_by_role("button", name="Somebody else").click()
    page.get_by_role("button", name="Add a new patient").click()
    expect(page.get_by_label("First name")).to_be_focused()
    book_button(page).click()
    expect(page.locator(".booking-refused")).to_be_focused()
    looks_right(page, "booking-newcomer")


@on_a_phone
def test_on_a_phone_what_is_ready_comes_before_other_times(desk, clinic):
    page = desk()
    page.goto(f"{from_the_board(clinic)}&patient={clinic.ana.pk}")

    assert book_button(page).bounding_box()["y"] < page.locator(".slot").first.bounding_box()["y"]
