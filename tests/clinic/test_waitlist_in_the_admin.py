"""The desk's waitlist: who waits, what was offered, and what is said on the phone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from scheduling import services
from scheduling.models import Appointment, Offer, WaitlistEntry
from scheduling.signals import slot_offered

LIST = "/admin/scheduling/waitlistentry/"
ADD = f"{LIST}add/"
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def today() -> date:
    return timezone.now().astimezone(NEW_YORK).date()


@pytest.fixture
def noon(today):
    def in_days(days: int, clock: time = time(12)) -> datetime:
        return datetime.combine(today + timedelta(days=days), clock, NEW_YORK)

    return in_days


@pytest.fixture
def booked(clinic, noon) -> Appointment:
    """Ana's session, in three weeks."""
    return clinic.book(clinic.ana, noon(21), now=timezone.now())


@pytest.fixture
def desk(sign_in) -> Client:
    return sign_in("Front desk")


@pytest.fixture
def offer(clinic, booked, noon, today) -> Offer:
    """Ana, who would give up her session, is offered the day after tomorrow; she has been told."""

    def told(**kwargs) -> bool:
        return True

    entry = services.wait(
        patient=clinic.ana,
        treatment=clinic.face,
        location=clinic.location,
        appointment=booked,
        first_on=today,
        last_on=today + timedelta(days=20),
    )
    bens = clinic.book(clinic.ben, noon(2), now=timezone.now())
    services.cancel(bens, reason="ill")
    slot_offered.connect(told)
    try:
        services.offer_openings(noon(1))  # not in her night, whatever the hour is now
    finally:
        slot_offered.disconnect(told)
    return Offer.objects.get(entry=entry)


def typed(clinic, today: date, **changed: object) -> dict[str, object]:
    filled = {
        "patient": clinic.ana.pk,
        "treatment": clinic.face.pk,
        "location": clinic.location.pk,
        "practitioner": "",
        "appointment": "",
        "first_on": today,
        "last_on": today + timedelta(days=14),
        "starts_from": "",
        "starts_until": "",
    }
    return filled | changed


def said(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def errors(answer) -> list[str]:
    return [sentence for sentences in answer.context["adminform"].form.errors.values() for sentence in sentences]


class TestAdding:
    def test_from_an_appointments_page_everything_is_filled_in(self, desk, clinic, booked, today):
        page = desk.get(f"/admin/scheduling/appointment/{booked.pk}/change/").content.decode()
        assert f'href="{ADD}?appointment={booked.pk}"' in page
        form = desk.get(f"{ADD}?appointment={booked.pk}").context["adminform"].form
        assert (form.initial["patient"], form.initial["appointment"]) == (clinic.ana.pk, booked.pk)
        assert (form.initial["treatment"], form.initial["location"]) == (clinic.face.pk, clinic.location.pk)
        assert (form.initial["first_on"], form.initial["last_on"]) == (today, today + timedelta(days=20))

    def test_from_a_patients_page_too(self, desk, clinic, booked):
        assert f'href="{ADD}?patient={clinic.ana.pk}"' in desk.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/").content.decode()
        assert desk.get(f"{ADD}?patient={clinic.ana.pk}").context["adminform"].form.initial["appointment"] == booked.pk
        bens = desk.get(f"{ADD}?patient={clinic.ben.pk}").context["adminform"].form.initial
        assert (bens["patient"], bens.get("appointment")) == (clinic.ben.pk, None)

    def test_saved_she_waits(self, desk, clinic, booked, today):
        answer = desk.post(
            ADD, typed(clinic, today, appointment=booked.pk, starts_from="9:00 AM", practitioner=clinic.dana.pk), follow=True
        )
        [entry] = WaitlistEntry.objects.all()
        assert (entry.patient, entry.appointment, entry.practitioner, entry.starts_from) == (clinic.ana, booked, clinic.dana, time(9))
        assert (entry.status, entry.created_by) == ("waiting", User.objects.get(username="frontdesk"))
        assert "Ana Alvarez, Microneedling, face" in said(answer)[0]
        assert f"Waitlist entry {entry.pk}" not in said(answer)[0]

    def test_what_she_has_already_is_asked_for_once_it_is_known_who_she_is(self, desk, clinic, booked, today):
        answer = desk.post(ADD, typed(clinic, today))
        assert errors(answer) == ["Ana has a session already. Choose it here if it would be given up, and save once more."]
        assert not WaitlistEntry.objects.exists()
        page = answer.content.decode()
        assert f'<option value="{booked.pk}">' in page
        assert f'name="shown_for" value="{clinic.ana.pk}"' in page
        answer = desk.post(ADD, typed(clinic, today, shown_for=clinic.ana.pk), follow=True)
        assert WaitlistEntry.objects.get().appointment is None
        ready_on = date_format(booked.local_day + timedelta(days=28), "F j, Y")
        assert f"Nothing can be offered in those days: Ana's skin needs until {ready_on}." in said(answer)

    def test_nobody_waits_twice_and_what_was_typed_stays(self, desk, clinic, today):
        desk.post(ADD, typed(clinic, today))
        answer = desk.post(ADD, typed(clinic, today, starts_from="10:15 AM"))
        assert errors(answer) == ["Ana waits for that already. Take the other entry off the list first."]
        assert "10:15 AM" in answer.content.decode()
        assert WaitlistEntry.objects.count() == 1

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"last_on": "2020-01-01", "first_on": "2020-01-01"}, "The last day has passed already. Please choose a later one."),
            ({"starts_from": "3:00 PM", "starts_until": "9:00 AM"}, "“Not after” can't be earlier than “not before”."),
            ({"patient": "\x00"}, None),
            ({"patient": "9" * 40}, None),
            ({"appointment": "9" * 40, "shown_for": "\x00"}, None),
            ({"first_on": "tomorrow"}, None),
        ],
    )
    def test_what_makes_no_sense_comes_back_with_a_sentence(self, desk, clinic, today, changed, sentence):
        answer = desk.post(ADD, typed(clinic, today, **changed))
        assert answer.status_code == 200
        assert errors(answer)
        assert sentence is None or sentence in errors(answer)
        assert not WaitlistEntry.objects.exists()

    @pytest.mark.parametrize("query", ["patient=x", "patient=" + "9" * 30, "appointment=%00", "appointment=999999", "patient=999999"])
    def test_an_address_that_somebody_typed(self, desk, clinic, query):
        assert desk.get(f"{ADD}?{query}").status_code == 200


class TestTheList:
    def test_who_waits_since_when_for_what_and_what_was_offered(self, desk, offer, noon):
        page = " ".join(desk.get(LIST).content.decode().split())
        assert ">Ana Alvarez</a>" in page
        assert "anybody" in page
        assert "waits for an answer" in page
        when = noon(2)
        assert f"{when:%a, %b} {when.day}, 12:00 PM" in page

    def test_who_waits_no_more_is_behind_a_filter(self, desk, offer):
        services.withdraw(offer.entry)
        assert "Ana Alvarez" not in desk.get(LIST).content.decode()
        assert "Ana Alvarez" in desk.get(f"{LIST}?standing=over").content.decode()
        assert "Ana Alvarez" in desk.get(f"{LIST}?standing=all").content.decode()
        assert desk.get(f"{LIST}?standing=%00").status_code == 200

    def test_several_are_taken_off_at_once(self, desk, offer):
        asked = {"action": "take_off", "_selected_action": [offer.entry.pk]}
        assert said(desk.post(LIST, asked, follow=True)) == ["1 patient is off the waitlist."]
        offer.refresh_from_db()
        assert (offer.entry.status, offer.outcome) == ("withdrawn", "declined")

    def test_as_many_queries_however_many_wait(self, desk, clinic, offer, today, django_assert_max_num_queries):
        for number, who in enumerate((clinic.ben, clinic.chloe)):
            services.wait(
                patient=who, treatment=clinic.scalp, location=clinic.location, first_on=today, last_on=today + timedelta(days=number + 1)
            )
        with django_assert_max_num_queries(14):
            desk.get(LIST)


class TestOnThePhone:
    def take(self, desk: Client, offer: Offer):
        return desk.post(f"{LIST}offer/{offer.pk}/accept/", follow=True)

    def test_taken_by_phone_it_is_moved_there_and_confirmed(self, desk, booked, offer, noon):
        page = desk.get(f"{LIST}{offer.entry.pk}/change/").content.decode()
        assert "Taken by phone: " in page
        assert said(self.take(desk, offer))[0].startswith("Booked: Ana Alvarez, ")
        booked.refresh_from_db()
        offer.refresh_from_db()
        assert booked.starts_at == noon(2)
        assert booked.confirmed_at is not None
        assert (offer.outcome, offer.entry.status) == ("accepted", "booked")

    def test_gone_meanwhile_she_stays_on_the_list(self, desk, clinic, booked, offer, noon):
        clinic.book(clinic.chloe, noon(2), now=timezone.now())
        [sentence] = said(self.take(desk, offer))
        assert sentence.startswith("Ana Alvarez: That time can't be taken any more. Dana Diaz already has an appointment")
        booked.refresh_from_db()
        offer.refresh_from_db()
        assert (booked.starts_at, offer.outcome, offer.entry.status) == (noon(21), "lost", "waiting")

    def test_off_the_list(self, desk, offer):
        answer = desk.post(f"{LIST}{offer.entry.pk}/withdraw/", follow=True)
        assert said(answer) == ["Ana Alvarez is off the waitlist."]
        offer.entry.refresh_from_db()
        assert offer.entry.status == "withdrawn"
        page = desk.get(f"{LIST}{offer.entry.pk}/change/").content.decode()
        assert "Take off the list" not in page
        assert "Taken by phone" not in page

    def test_confirmed_by_phone(self, desk, booked):
        here = f"/admin/scheduling/appointment/{booked.pk}/"
        assert "Confirmed by phone" in desk.get(f"{here}change/").content.decode()
        answer = desk.post(f"{here}confirm/", follow=True)
        assert said(answer)[0].endswith(": confirmed.")
        assert "Confirmed by phone" not in answer.content.decode()
        assert 'class="status status-confirmed"' in answer.content.decode()
        booked.refresh_from_db()
        assert booked.confirmed_at is not None

    @pytest.mark.parametrize(("next_page", "goes_to"), [("/admin/board/", "/admin/board/"), ("https://example.org/", None), ("//x", None)])
    def test_then_back_to_where_one_came_from(self, desk, booked, next_page, goes_to):
        answer = desk.post(f"/admin/scheduling/appointment/{booked.pk}/confirm/", {"next": next_page})
        assert answer["Location"] == (goes_to or f"/admin/scheduling/appointment/{booked.pk}/change/")

    def test_several_confirmed_at_once_and_one_that_cant_be(self, desk, clinic, booked, noon):
        cancelled = services.cancel(clinic.book(clinic.ben, noon(3), now=timezone.now()), reason="ill")
        asked = {"action": "confirm", "_selected_action": [booked.pk, cancelled.pk]}
        sentences = said(desk.post("/admin/scheduling/appointment/", asked, follow=True))
        assert sorted(sentence.rpartition(": ")[2] for sentence in sentences) == [
            "This appointment is cancelled, so there is nothing to confirm or to move.",
            "confirmed.",
        ]

    def test_who_asked_to_move_is_seen_on_the_list(self, desk, booked):
        services.request_move(booked)
        page = desk.get("/admin/scheduling/appointment/?answer=move").content.decode()
        assert "asked to move" in page
        assert "Ana Alvarez" in page


class TestWhoMay:
    def test_every_role_of_the_staff_may(self, sign_in, role, offer):
        client = sign_in(role)
        for address in (LIST, ADD, f"{LIST}{offer.entry.pk}/change/"):
            assert client.get(address).status_code == 200

    def test_nobody_else(self, db, offer, booked):
        User.objects.create_user("temp", is_staff=True)
        stranger = Client()
        stranger.force_login(User.objects.get(username="temp"))
        addresses = [
            f"{LIST}{offer.entry.pk}/withdraw/",
            f"{LIST}offer/{offer.pk}/accept/",
            f"/admin/scheduling/appointment/{booked.pk}/confirm/",
        ]
        for address in addresses:
            assert stranger.post(address).status_code == 403
            assert Client().post(address)["Location"].startswith("/admin/login/")
        offer.refresh_from_db()
        booked.refresh_from_db()
        assert (offer.outcome, offer.entry.status, booked.confirmed_at) == ("open", "waiting", None)

    def test_looking_changes_nothing(self, desk, offer, booked):
        for address in (
            f"{LIST}{offer.entry.pk}/withdraw/",
            f"{LIST}offer/{offer.pk}/accept/",
            f"/admin/scheduling/appointment/{booked.pk}/confirm/",
        ):
            assert desk.get(address).status_code == 405

    @pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 30])
    def test_what_isnt_there_isnt_found(self, desk, clinic, pk):
        for address in (f"{LIST}{pk}/withdraw/", f"{LIST}offer/{pk}/accept/", f"/admin/scheduling/appointment/{pk}/confirm/"):
            assert desk.post(address).status_code == 404
