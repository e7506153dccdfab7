"""The front desk moves an appointment: it sees what else that breaks, and may take it back for three minutes."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from freezegun import freeze_time

from notifications.models import Message
from notifications.services import dispatch
from scheduling import services
from scheduling.models import Appointment, Move, OpeningHours
from tests.clinic_world import FIRST, NEW_YORK, TODAY, Clinic, at

MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture(autouse=True)
def clock():
    with freeze_time(TODAY) as frozen:
        yield frozen


def open_every_day(clinic: Clinic) -> None:
    for weekday in range(7):
        OpeningHours.objects.create(location=clinic.location, weekday=weekday, opens_at="09:00", closes_at="18:00")


@pytest.fixture
def three(clinic) -> list[Appointment]:
    """Ana's course: November 3, December 1 and December 29, all on a Tuesday at one; she knows of them."""
    open_every_day(clinic)
    clinic.consents(clinic.ana)
    booked = [clinic.book(clinic.ana, FIRST + weeks * WEEK) for weeks in (0, 4, 8)]
    dispatch(now=TODAY)
    return booked


@pytest.fixture
def desk(sign_in) -> Client:
    return sign_in("Front desk")


def page_of(appointment: Appointment) -> str:
    return reverse("admin:scheduling_appointment_move", args=[appointment.pk])


def local(starts_at: datetime) -> str:
    return f"{starts_at.astimezone(NEW_YORK):%Y-%m-%dT%H:%M}"


def said(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def notes(answer: HttpResponse) -> list[str]:
    return [str(note) for note in answer.context["messages"]]


def hidden(answer: HttpResponse) -> dict[str, list[str]]:
    """What the form that asks would send."""
    form = re.search(r'class="[^"]*foreseen.*?</section>', answer.content.decode(), re.DOTALL)
    assert form, "nothing is asked"
    fields: dict[str, list[str]] = {"confirmed": ["1"]}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]):
        fields.setdefault(name, []).append(unescape(value))
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def times(*sessions: Appointment) -> list[str]:
    return [local(Appointment.objects.get(pk=session.pk).starts_at) for session in sessions]


class TestMoving:
    def test_what_breaks_nothing_is_moved_at_once_and_says_what_she_is_told(self, clinic, desk, three):
        typed = {"starts_at": "2027-01-05T15:00", "practitioner": clinic.eli.pk, "room": clinic.room.pk}
        answer = desk.post(page_of(three[2]), typed, follow=True)
        assert answer.redirect_chain == [(f"/admin/scheduling/appointment/{three[2].pk}/change/", 302)]
        moved = Appointment.objects.get(pk=three[2].pk)
        assert (local(moved.starts_at), moved.practitioner) == ("2027-01-05T15:00", clinic.eli)
        assert notes(answer) == ["Ana Alvarez, Tue, Jan 5, 2027, 3:00 PM: moved. Ana is told in 3 minutes."]
        assert Move.objects.get().moved_by.username == "frontdesk"

    def test_pressed_once_more_it_says_that_it_is_there(self, clinic, desk, three):
        typed = {"starts_at": "2027-01-05T15:00", "seen": three[2].whereabouts}
        desk.post(page_of(three[2]), typed)
        answer = desk.post(page_of(three[2]), typed, follow=True)
        assert notes(answer)[-1] == "Ana Alvarez, Tue, Jan 5, 2027, 3:00 PM: it is there already."
        assert Move.objects.count() == 1

    def test_the_clock_is_the_locations_wherever_the_server_is(self, clinic, desk, settings):
        clinic.location.time_zone = "America/Phoenix"
        clinic.location.save()
        booked = clinic.book(clinic.ana, FIRST)
        desk.post(page_of(booked), {"starts_at": "2026-11-05T15:00"})
        assert Appointment.objects.get().starts_at == at("2026-11-05", "15:00", "America/Phoenix")

    def test_to_a_time_that_the_clocks_skip_gets_a_sentence(self, clinic, desk):
        booked = clinic.book(clinic.ana, FIRST)
        answer = desk.post(page_of(booked), {"starts_at": "2027-03-14T02:30"})
        assert (
            "There is no 2:30 AM on Sunday, March 14: the clocks are put forward over it. Please choose another time, such as 3:30 AM."
        ) in said(answer)
        assert times(booked) == [local(FIRST)]

    def test_practitioner_and_room_stay_where_none_is_named_and_a_room_is_found(self, clinic, desk, three):
        clinic.book(clinic.ben, at("2027-01-05"), practitioner=clinic.eli)
        desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00"})
        moved = Appointment.objects.get(pk=three[2].pk)
        assert (moved.practitioner, moved.room) == (clinic.dana, clinic.other_room)

    def test_a_free_time_is_one_press(self, clinic, desk, three):
        page = desk.get(page_of(three[2]))
        [value] = [
            value for value in re.findall(r'name="slot" value="([^"]*)"', page.content.decode()) if value.startswith("2027-01-01T13:00")
        ]
        assert desk.post(page_of(three[2]), {"slot": value, "seen": three[2].whereabouts}).status_code == 302
        assert times(three[2]) == ["2027-01-01T13:00"]

    def test_where_later_sessions_would_come_too_early_it_asks_first(self, desk, three):
        answer = desk.post(page_of(three[0]), {"starts_at": local(FIRST + WEEK)})
        page = said(answer)
        assert answer.status_code == 200
        assert "2 later sessions would come too early. Move them along?" in page
        assert "<del>Tue, Dec 1, 2026, 1:00 PM</del>" in page
        assert "<ins>Tue, Dec 8, 2026, 1:00 PM</ins>" in page
        assert page.count("Ana is told in 3 minutes. Two reminders are planned for the new time.") == 3
        assert "After the last session in the diary the patient is due again by July 5, 2027, instead of June 29, 2027." in page
        assert times(*three) == ["2026-11-03T13:00", "2026-12-01T13:00", "2026-12-29T13:00"]

    def test_and_once_agreed_to_all_of_them_move(self, desk, three):
        asked = hidden(desk.get(page_of(three[0]), {"starts_at": local(FIRST + WEEK), "next": "/admin/"}))
        answer = desk.post(page_of(three[0]), asked, follow=True)
        assert answer.redirect_chain == [("/admin/", 302)]
        assert times(*three) == ["2026-11-10T13:00", "2026-12-08T13:00", "2027-01-05T13:00"]
        assert notes(answer)[0] == (
            "Ana Alvarez, Tue, Nov 10, 2026, 1:00 PM: moved, and 2 later sessions with it. Ana is told in 3 minutes."
        )
        assert "2 later sessions went along." in said(answer)

    def test_a_time_that_is_taken_meanwhile_is_said_and_another_one_found(self, clinic, desk, three):
        asked = hidden(desk.get(page_of(three[0]), {"starts_at": local(FIRST + WEEK)}))
        clinic.book(clinic.ben, at("2026-12-08"))
        answer = desk.post(page_of(three[0]), asked)
        page = said(answer)
        assert "Dana Diaz already has an appointment from 1:00 PM to 2:15 PM on December 8, 2026" in page
        assert "<ins>Wed, Dec 9, 2026, 1:00 PM</ins>" in page
        assert times(*three) == ["2026-11-03T13:00", "2026-12-01T13:00", "2026-12-29T13:00"]
        assert not Move.objects.exists()
        desk.post(page_of(three[0]), hidden(answer))
        assert times(*three) == ["2026-11-10T13:00", "2026-12-09T13:00", "2027-01-06T13:00"]

    def test_a_refusal_stays_on_the_page_with_what_was_typed_and_free_times_nearby(self, clinic, desk, three):
        clinic.book(clinic.ben, at("2027-01-05"), practitioner=clinic.eli, room=clinic.other_room)
        typed = {"starts_at": "2027-01-05T13:30", "practitioner": clinic.dana.pk, "room": clinic.other_room.pk}
        answer = desk.post(page_of(three[2]), typed)
        page = said(answer)
        assert "Room 2 is taken from 1:00 PM to 2:15 PM on January 5, 2027" in page
        assert 'value="2027-01-05T13:30"' in page
        assert f'<option value="{clinic.other_room.pk}" selected>' in page
        assert 'value="2027-01-05T13:00/' in page
        assert times(three[2]) == ["2026-12-29T13:00"]

    def test_where_no_practitioner_is_named_her_own_is_chosen_not_the_first(self, clinic, desk, three):
        services.move(three[2], starts_at=three[2].starts_at, practitioner=clinic.eli)
        page = said(desk.get(page_of(three[2]), {"starts_at": "2027-01-05T20:00"}))
        assert f'<option value="{clinic.eli.pk}" selected>' in page

    def test_too_soon_names_the_first_day_that_her_skin_allows(self, desk, three):
        page = said(desk.post(page_of(three[1]), {"starts_at": "2026-11-20T13:00"}))
        assert "Ana's skin needs until December 1, 2026: a session is booked on November 3, 2026" in page

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"starts_at": "2026-13-45T10:00"}, "Enter a valid date/time."),
            ({"starts_at": "tomorrow"}, "Enter a valid date/time."),
            ({"starts_at": "\x00"}, "Enter a valid date/time."),
            ({"starts_at": ""}, "This field is required."),
            ({"starts_at": "0001-01-01T00:00"}, "Please check the year."),
            ({"starts_at": "9999-12-31T23:59"}, "Please check the year."),
            ({"starts_at": "2062-12-04T10:00"}, "That is more than two years ahead. Please check the year."),
            ({"starts_at": "2026-10-25T10:00"}, "That time is already past. Please choose a later one."),
            ({"starts_at": "2027-01-05T21:00"}, "Maple Street Clinic is open from 9:00 AM to 6:00 PM on Tuesdays."),
            ({"starts_at": "2027-01-05T13:00", "room": "9" * 30}, "Select a valid choice."),
            ({"starts_at": "2027-01-05T13:00", "practitioner": "nobody\x00"}, "Null characters are not allowed."),
            ({"slot": "2027-01-05T13:00/x/y"}, "Select a valid choice."),
        ],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_bad_input_gets_a_sentence_and_changes_nothing(self, desk, three, typed, sentence, method):
        answer = getattr(desk, method)(page_of(three[2]), typed)
        assert answer.status_code == 200
        assert sentence in said(answer)
        assert times(three[2]) == ["2026-12-29T13:00"]

    @pytest.mark.parametrize(
        "along",
        ["", "x", "1/2/3/4/5", f"{10**17}/{10**17}/{10**17}/{10**17}/x", "-1/1/1/1/1", "²/1/1/1/1", "1/1/1/1/1/1/1", "\x00/1/1/1/1"],
    )
    def test_what_nobody_was_shown_cant_be_agreed_to(self, desk, three, along):
        asked = hidden(desk.get(page_of(three[0]), {"starts_at": local(FIRST + WEEK)}))
        answer = desk.post(page_of(three[0]), asked | {"along": along})
        assert "Move them along?" in said(answer)
        assert not Move.objects.exists()

    def test_agreed_without_those_that_go_along_it_asks_again(self, desk, three):
        answer = desk.post(page_of(three[0]), {"starts_at": local(FIRST + WEEK), "confirmed": "1"})
        assert "Move them along?" in said(answer)
        assert not Move.objects.exists()

    def test_to_where_it_is_already(self, desk, three):
        answer = desk.post(page_of(three[0]), {"starts_at": local(FIRST)}, follow=True)
        assert notes(answer) == ["Ana Alvarez, Tue, Nov 3, 2026, 1:00 PM: it is there already."]
        assert 'id="undo"' not in said(answer)

    def test_looking_at_it_changes_nothing(self, desk, three):
        before = list(Message.objects.order_by("pk").values())
        for query in (
            {},
            {"starts_at": local(FIRST + WEEK)},
            {"starts_at": local(FIRST + WEEK), "confirmed": "1"},
            {"from": "x"},
            {"from": "9999-12-31"},
        ):
            assert desk.get(page_of(three[0]), query).status_code == 200
        assert times(*three) == ["2026-11-03T13:00", "2026-12-01T13:00", "2026-12-29T13:00"]
        assert list(Message.objects.order_by("pk").values()) == before
        assert not Move.objects.exists()

    def test_one_that_is_over_says_so_and_offers_nothing(self, desk, three):
        services.cancel(three[2], reason="ill")
        page = said(desk.get(page_of(three[2])))
        assert "This appointment is cancelled, so it can't be moved." in page
        assert 'name="slot"' not in page
        assert "so it can't be moved." in said(desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00"}))

    @pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", "/\\example.org", ""])
    def test_it_leads_to_no_other_site(self, desk, three, elsewhere):
        answer = desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00", "next": elsewhere})
        assert answer["Location"] == f"/admin/scheduling/appointment/{three[2].pk}/change/"

    def test_who_may_only_look_or_is_nobody_moves_nothing(self, three):
        onlooker = User.objects.create(username="onlooker", is_staff=True)
        onlooker.user_permissions.add(Permission.objects.get(codename="view_appointment"))
        client = Client()
        assert client.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00"}).status_code == 302
        client.force_login(onlooker)
        assert client.get(page_of(three[2])).status_code == 403
        assert client.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00"}).status_code == 403
        [move] = services.make_moves(services.Change(three[2], at("2027-01-05")), by=None, now=TODAY)
        assert client.post(reverse("admin:scheduling_move_undo", args=[move.pk])).status_code == 403
        assert "Move</a>" not in said(client.get(f"/admin/scheduling/appointment/{three[2].pk}/change/"))
        assert times(three[2]) == ["2027-01-05T13:00"]

    def test_an_unknown_one_is_not_found(self, desk, three):
        for pk in (999_999, 10**30):
            assert desk.get(f"/admin/scheduling/appointment/{pk}/move/").status_code == 404
            assert desk.post(f"/admin/scheduling/appointment/move/{pk}/undo/").status_code == 404
        assert desk.get("/admin/scheduling/appointment/move/1/undo/").status_code == 405

    def test_a_warning_before_and_after(self, clinic, desk):
        open_every_day(clinic)
        clinic.treat(clinic.ana, TODAY - WEEK)
        second = clinic.book(clinic.ana, at("2026-11-20"))
        page = said(desk.get(page_of(second), {"starts_at": "2026-12-08T13:00"}))
        assert "The session on December 8, 2026 would be 50 days after the one before it: past the recommended window." in page
        answer = desk.post(page_of(second), {"starts_at": "2026-12-08T13:00"}, follow=True)
        assert "That is more than 42 days after the session on October 19, 2026: past the recommended window." in notes(answer)


class TestWhatSheIsTold:
    def news(self, desk: Client, appointment: Appointment, starts_at: str, **typed) -> str:
        page = desk.get(page_of(appointment), {"starts_at": starts_at, **typed}).content.decode()
        return unescape(re.findall(r'<p class="going-news">(.*?)</p>', page)[0])

    def test_nothing_about_another_room(self, clinic, desk, three):
        assert (
            self.news(desk, three[2], local(three[2].starts_at), room=clinic.other_room.pk)
            == "Ana isn't told: time and place stay the same."
        )

    def test_nothing_without_her_consent_and_what_to_do_about_it(self, clinic, desk, three):
        bens = clinic.book(clinic.ben, FIRST + 2 * HOUR)
        assert self.news(desk, bens, local(FIRST + 4 * HOUR)) == (
            "Ben isn't told: no consent for texts or emails. Ask Ben, and tick it on the patient's page."
        )

    def test_nothing_back_at_the_time_that_she_knows(self, desk, three):
        desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00"})
        assert self.news(desk, three[2], "2026-12-29T13:00") == (
            "Ana isn't told: that is the time that the last message named. Two reminders are planned for the new time."
        )

    def test_nothing_at_night(self, desk, three, clock):
        clock.move_to(at("2026-10-26", "21:30"))
        assert self.news(desk, three[2], "2027-01-05T13:00").startswith("Ana is told after the quiet hours, at 8:00 AM.")

    def test_nothing_once_it_is_about_to_start(self, desk, three, clock):
        clock.move_to(FIRST - HOUR)
        assert self.news(desk, three[0], local(FIRST - 59 * MINUTE)) == "Ana isn't told: it starts too soon."


class TestUndo:
    HERE = "/admin/scheduling/appointment/"

    def moved(self, desk: Client, appointment: Appointment) -> HttpResponse:
        return desk.post(page_of(appointment), {"starts_at": "2027-01-05T13:00", "next": self.HERE}, follow=True)

    def test_it_is_on_the_page_that_follows_and_for_three_minutes_on_the_appointments_own(self, desk, three, clock):
        words = "Ana Alvarez was moved to <strong>Tue, Jan 5, 2027, 1:00 PM</strong>. You can undo that until 9:03 AM."
        assert words in said(self.moved(desk, three[2]))
        own = f"{self.HERE}{three[2].pk}/change/"
        for page in ("/admin/", self.HERE, f"{self.HERE}{three[2].pk}/step/cancel/"):
            assert 'id="undo"' not in said(desk.get(page))
        clock.tick(timedelta(seconds=179))
        assert words in said(desk.get(own))
        clock.tick(timedelta(seconds=1))
        assert 'id="undo"' not in said(desk.get(own))

    def test_what_htmx_fetches_meanwhile_leaves_it_there(self, desk, three):
        desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00", "next": self.HERE})
        assert desk.post(f"{self.HERE}add/", {"show": "all"}, headers={"HX-Request": "true"}).status_code == 200
        assert 'id="undo"' in said(desk.get(self.HERE))

    def test_after_the_appointments_own_page_no_other_has_it(self, desk, three):
        own = f"{self.HERE}{three[2].pk}/"
        assert 'id="undo"' in said(desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00"}, follow=True))
        assert 'id="undo"' not in said(desk.get(f"{own}step/cancel/"))
        assert 'id="undo"' in said(desk.get(f"{own}change/"))

    def test_three_minutes_later_the_page_that_follows_hasnt_either(self, desk, three, clock):
        desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00", "next": "/admin/"})
        clock.tick(3 * MINUTE)
        assert 'id="undo"' not in said(desk.get("/admin/"))

    def test_pressed_it_leads_back_and_she_is_told_nothing(self, desk, three):
        before = list(Message.objects.filter(status="scheduled").values_list("send_at", "body").order_by("send_at"))
        page = self.moved(desk, three[2])
        [address] = re.findall(r'action="([^"]*/undo/)"', page.content.decode())
        answer = desk.post(address, {"next": f"{self.HERE}?when=week"}, follow=True)
        assert answer.redirect_chain == [(f"{self.HERE}?when=week", 302)]
        assert notes(answer) == [
            "Ana Alvarez, Tue, Dec 29, 2026, 1:00 PM: the move is undone. Ana isn't told: that is the time that the last message named."
        ]
        assert times(three[2]) == ["2026-12-29T13:00"]
        assert 'id="undo"' not in said(answer)
        assert list(Message.objects.filter(status="scheduled").values_list("send_at", "body").order_by("send_at")) == before

    def test_too_late_or_twice_gets_a_sentence(self, desk, three, clock):
        self.moved(desk, three[2])
        address = reverse("admin:scheduling_move_undo", args=[Move.objects.get().pk])
        clock.tick(3 * MINUTE)
        assert "more than three minutes old" in notes(desk.post(address, follow=True))[0]
        assert times(three[2]) == ["2027-01-05T13:00"]
        clock.tick(-2 * MINUTE)
        desk.post(address)
        assert notes(desk.post(address, follow=True))[-1] == "That move was undone already."

    def test_a_colleague_finds_it_on_the_appointments_page_only(self, desk, sign_in, three):
        self.moved(desk, three[2])
        colleague = sign_in("Manager")
        assert 'id="undo"' not in said(colleague.get("/admin/"))
        assert 'id="undo"' in said(colleague.get(f"{self.HERE}{three[2].pk}/change/"))
        assert 'id="undo"' not in said(colleague.get(f"{self.HERE}{three[1].pk}/change/"))

    def test_a_session_that_went_along_has_it_too(self, desk, three):
        desk.post(page_of(three[0]), hidden(desk.get(page_of(three[0]), {"starts_at": local(FIRST + WEEK)})))
        page = desk.get(f"{self.HERE}{three[1].pk}/change/").content.decode()
        [address] = re.findall(r'action="([^"]*/undo/)"', page)
        desk.post(address)
        assert times(*three) == ["2026-11-03T13:00", "2026-12-01T13:00", "2026-12-29T13:00"]

    def test_without_a_move_a_page_costs_no_query_for_it(self, desk, three):
        with CaptureQueriesContext(connection) as captured:
            desk.get("/admin/password_change/")
        assert not [query for query in captured if "scheduling_move" in query["sql"]]

    def test_a_name_with_a_tag_in_it_is_only_a_name(self, clinic, desk, three):
        clinic.ana.last_name = "<script>alert(1)</script>"
        clinic.ana.save()
        page = self.moved(desk, three[2]).content.decode()
        assert "<script>alert(1)" not in page
        assert "Ana &lt;script&gt;alert(1)" in page


class TestTheAppointmentsPage:
    def test_nothing_is_edited_there_and_move_leads_to_the_move(self, desk, three):
        here = f"/admin/scheduling/appointment/{three[2].pk}/change/"
        page = said(desk.get(here))
        assert f'<a class="step step-move" href="{page_of(three[2])}">Move</a>' in page
        assert 'name="starts_at' not in page
        assert 'name="_save"' not in page
        answer = desk.post(here, {"starts_at_0": "2027-01-05", "starts_at_1": "13:00", "practitioner": "1", "room": "1"})
        assert "Nothing is changed here: press one of the buttons above." in said(answer)
        assert times(three[2]) == ["2026-12-29T13:00"]
        assert not Move.objects.exists()

    def test_where_it_was_before(self, clinic, desk, three):
        desk.post(page_of(three[2]), {"starts_at": "2027-01-05T13:00", "practitioner": clinic.eli.pk})
        desk.post(reverse("admin:scheduling_move_undo", args=[Move.objects.get().pk]))
        page = said(desk.get(f"/admin/scheduling/appointment/{three[2].pk}/change/"))
        there, back = "Tue, Jan 5, 2027, 1:00 PM, Eli Evans", "Tue, Dec 29, 2026, 1:00 PM, Dana Diaz"
        assert f'<strong>{there}</strong> → {back} <span class="quiet">Oct 26, 9:00 AM by frontdesk, undoes a move</span>' in page
        assert f'<strong>{back}</strong> → {there} <span class="quiet">Oct 26, 9:00 AM by frontdesk, undone</span>' in page

    def test_one_that_is_over_has_no_move(self, desk, three):
        services.cancel(three[2], reason="ill")
        assert "step-move" not in said(desk.get(f"/admin/scheduling/appointment/{three[2].pk}/change/"))


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """freezegun stands still for all threads."""

    @pytest.fixture
    def booked(self, committed_clinic) -> Appointment:
        open_every_day(committed_clinic)
        return committed_clinic.book(committed_clinic.ana, FIRST)

    def test_two_people_move_the_same_appointment(self, sign_in, at_once, booked):
        desks, wanted = [sign_in("Front desk"), sign_in("Manager")], ["2026-11-05T13:00", "2026-11-06T15:00"]
        typed = [{"starts_at": starts_at, "seen": booked.whereabouts} for starts_at in wanted]
        answers = at_once([lambda desk=desk, form=form: desk.post(page_of(booked), form) for desk, form in zip(desks, typed, strict=True)])
        assert sorted(answer.status_code for answer in answers) == [200, 302]
        [loser] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
        assert "Somebody moved this appointment just now: it is on" in said(answers[loser])
        assert f'value="{wanted[loser]}"' in said(answers[loser])
        assert times(booked) == [wanted[1 - loser]]
        assert Move.objects.count() == 1

    def test_control_without_what_they_saw_the_second_one_moves_it_on(self, sign_in, at_once, booked):
        desks, wanted = [sign_in("Front desk"), sign_in("Manager")], ["2026-11-05T13:00", "2026-11-06T15:00"]
        desks[0].post(page_of(booked), {"starts_at": wanted[0]})
        assert desks[1].post(page_of(booked), {"starts_at": wanted[1]}).status_code == 302
        assert Move.objects.count() == 2
