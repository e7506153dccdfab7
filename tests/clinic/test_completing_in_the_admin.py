"""The front desk completes a session: it sees what the patient will be told, and when she comes again."""

import re
from datetime import datetime, timedelta
from html import unescape
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from aftercare.models import CareMessage, Plan
from aftercare.services import stop_by_hand
from notifications.models import Message
from scheduling import services
from scheduling.errors import BookingRefused
from scheduling.models import Appointment, Patient, Product
from scheduling.services import saving, status
from tests.clinic_world import FIRST, Clinic, at, outbox, patient
from tests.clock import freeze_time

END = FIRST + timedelta(hours=1)  # Tuesday 3 November, 14:00
HOUR = timedelta(hours=1)
HERE = "/admin/scheduling/appointment/"
BOARD = "/admin/board/?view=day&day=2026-11-03"


class Browser:
    """Somebody at the desk, at that moment."""

    def __init__(self, client: Client, now: datetime) -> None:
        self.client, self.now = client, now

    def get(self, path: str, **asked) -> str:
        with freeze_time(self.now):
            answer = self.client.get(path, asked)
        assert answer.status_code == 200, path
        return unescape(answer.content.decode())

    def post(self, path: str, answers: dict | None = None, **options):
        with freeze_time(self.now):
            return self.client.post(path, answers or {}, **options)


def step(appointment: Appointment, verb: str = "complete") -> str:
    return f"{HERE}{appointment.pk}/step/{verb}/"


def preview(appointment: Appointment) -> str:
    return f"{HERE}{appointment.pk}/step/complete/preview/"


def typed(ended_at: datetime = END, **changed) -> dict:
    return {
        "completed_at_0": f"{ended_at:%Y-%m-%d}",
        "completed_at_1": f"{ended_at:%H:%M}",
        "product": Product.objects.get(name="hyaluronic acid serum").pk,
        "wants_quiet_nights": "texts",
    } | changed


def everything() -> tuple:
    return tuple(list(model.objects.order_by("pk").values()) for model in (Appointment, CareMessage, Message, Patient, Plan))


def notes(answer) -> list[str]:
    return [unescape(str(note)) for note in answer.context["messages"]]


def times_told(page: str) -> list[str]:
    return re.findall(r'<time datetime="[^"]+">([^<]+)</time>', page)


@pytest.fixture(autouse=True)
def signed_in_for_long(settings) -> None:
    """Whatever day it is: who signed in today is signed in on the days of the story."""
    settings.SESSION_COOKIE_AGE = 10 * 365 * 24 * 3600


@pytest.fixture
def booked(clinic: Clinic) -> Appointment:
    return clinic.book(clinic.consents(clinic.ana))


@pytest.fixture
def desk(sign_in) -> Browser:
    return Browser(sign_in("Front desk"), END)


class TestThePage:
    def test_starts_with_the_likely_answers(self, desk, booked):
        page = desk.get(step(booked))
        assert "Complete Ana Alvarez’s session" in page
        assert 'value="2026-11-03"' in page
        assert 'value="14:00"' in page
        serum = Product.objects.get(name="hyaluronic acid serum").pk
        assert f'<option value="{serum}" selected>hyaluronic acid serum</option>' in page
        assert re.search(r'value="texts"[^>]* checked', page)
        assert "Alastin Regenerating Skin Nectar" in page

    def test_shows_every_message_that_she_will_get(self, desk, booked):
        page = desk.get(step(booked))
        assert len(times_told(page)) == 32
        assert times_told(page)[:9] == [
            "5:00 PM",
            "8:00 PM",
            "11:00 PM",
            "2:00 AM",
            "5:00 AM",
            "8:00 AM",
            "10:00 AM",
            "11:00 AM",
            "2:00 PM",
        ]
        assert "Today, Tuesday, November 3" in page
        assert "time for your hyaluronic acid serum (1 of 8). Clean hands, a thin layer." in page
        assert "25 texts (" in page
        assert "7 emails, the last on Tue, Dec 1." in page
        assert "Call us at once about bleeding" in page

    def test_says_when_she_may_come_again(self, desk, booked):
        page = desk.get(step(booked))
        assert "The skin allows session 2 of 3 from Tue, Dec 1, 2026 on. It is recommended until Tue, Dec 15, 2026." in page

    def test_or_that_she_comes_again_already(self, clinic, desk, booked):
        clinic.book(clinic.ana, at("2026-12-03"))
        page = desk.get(step(booked))
        assert "It is booked: Thu, Dec 3, 2026, 1:00 PM." in page
        assert "Complete and book" not in page

    def test_her_own_clock_is_named_where_it_is_another_one(self, clinic, desk, booked):
        clinic.ana.time_zone = "America/Los_Angeles"
        clinic.ana.save()
        page = desk.get(step(booked))
        assert "Times are on the patient’s own clock, America/Los_Angeles." in page
        assert times_told(page)[0] == "2:00 PM"

    def test_her_language_is_marked_as_such(self, clinic, desk, booked):
        clinic.ana.language = "es"
        clinic.ana.save()
        assert re.search(r'<p class="words" lang="es">Maple Street Clinic: es hora de su sérum hialurónico', desk.get(step(booked)))

    def test_a_name_with_markup_in_it_is_only_a_name(self, clinic, sign_in, booked):
        clinic.ana.first_name = "<b>Ana</b>"
        clinic.ana.save()
        with freeze_time(END):
            page = sign_in("Front desk").get(step(booked)).content.decode()
        assert "<b>Ana" not in page

    def test_long_after_the_session_the_planned_end_is_suggested(self, desk, booked):
        desk.now = END + 20 * HOUR
        assert 'value="14:00"' in desk.get(step(booked))

    def test_where_it_cant_be_completed_any_more_it_says_so_instead(self, desk, booked):
        services.cancel(booked, reason="ill", now=FIRST)
        page = desk.get(step(booked))
        assert "This appointment is cancelled, so it can't become completed." in page
        assert 'name="confirmed"' not in page
        assert times_told(page) == []

    def test_somebody_who_may_not_read_messages_completes_without_them(self, db, booked):
        someone = User.objects.create(username="someone", is_staff=True)
        someone.user_permissions.add(*Permission.objects.filter(codename__in=["view_appointment", "change_appointment"]))
        client = Client()
        client.force_login(someone)
        browser = Browser(client, END)
        page = browser.get(step(booked))
        assert times_told(page) == []
        assert "The skin allows" not in page  # nor may she book
        assert browser.get(preview(booked), **typed()) == ""
        assert browser.post(step(booked), typed()).headers["Location"] == f"{HERE}{booked.pk}/change/"

    def test_its_queries_dont_grow_with_the_plan(self, clinic, desk, booked, django_assert_max_num_queries):
        with django_assert_max_num_queries(40):
            desk.get(step(booked))


class TestThePreview:
    def test_follows_the_end_of_the_session(self, desk, booked):
        assert times_told(desk.get(preview(booked), **typed(END - timedelta(minutes=10))))[0] == "4:50 PM"

    def test_follows_the_product(self, desk, booked):
        nectar = Product.objects.get(name="Alastin Regenerating Skin Nectar")
        assert "time for your Alastin Regenerating Skin Nectar (1 of 8)" in desk.get(preview(booked), **typed(product=nectar.pk))

    def test_follows_her_wishes_for_the_nights(self, desk, booked):
        page = desk.get(preview(booked), **typed(wants_quiet_nights="quiet"))
        assert times_told(page)[:4] == ["5:00 PM", "8:00 PM", "8:30 PM", "8:00 AM"]
        assert "for 3 doses of the night" in page
        assert "about 11:00 PM, 2:00 AM and 5:00 AM" in page

    def test_it_is_a_part_of_a_page(self, desk, booked):
        assert "<html" not in desk.get(preview(booked), **typed())

    def test_looking_changes_nothing(self, desk, booked):
        before = everything()
        desk.get(step(booked))
        desk.get(preview(booked), **typed(wants_quiet_nights="quiet"))
        page = desk.post(step(booked), typed(wants_quiet_nights="quiet", preview="yes"))
        assert everything() == before
        assert times_told(page.content.decode())[:4] == ["5:00 PM", "8:00 PM", "8:30 PM", "8:00 AM"]  # the button for those without scripts
        assert re.search(r'value="quiet"[^>]* checked', page.content.decode())

    def test_only_a_get_asks_for_it(self, desk, booked):
        assert desk.post(preview(booked), typed()).status_code == 405

    @pytest.mark.parametrize(
        ("answers", "sentence"),
        [
            ({"completed_at_1": "15:00"}, "A session can't be completed before it is over. Please check the end time."),
            ({"completed_at_1": "12:59"}, "The end of the session can't be before its start. Please check the end time."),
            ({"completed_at_0": "9999-12-31"}, "A session can't be completed before it is over. Please check the end time."),
            ({"completed_at_0": "0001-01-01"}, "The end of the session can't be before its start. Please check the end time."),
            ({"completed_at_0": "soon"}, "Correct what is marked"),
            ({"completed_at_1": ""}, "Correct what is marked"),
            ({"completed_at_1": "14:00\x00"}, "Correct what is marked"),
            ({"product": "9" * 30}, "Correct what is marked"),
            ({"product": "\x00"}, "Correct what is marked"),
            ({"wants_quiet_nights": "perhaps"}, "Correct what is marked"),
        ],
    )
    def test_answers_that_cant_be_get_a_sentence(self, desk, booked, answers, sentence):
        page = desk.get(preview(booked), **typed(**answers))
        assert sentence in page
        assert times_told(page) == []
        answer = desk.post(step(booked), typed(**answers))
        assert answer.status_code == 200
        booked.refresh_from_db()
        assert booked.status == "booked"

    def test_without_any_answers_it_is_the_usual_end(self, desk, booked):
        assert times_told(desk.get(preview(booked)))[0] == "5:00 PM"

    def test_of_an_appointment_that_there_isnt(self, desk, clinic):
        with freeze_time(END):
            assert desk.client.get(f"{HERE}{10**30}/step/complete/preview/").status_code == 404
            assert desk.client.get(f"{HERE}{10**30}/next/").status_code == 404

    @pytest.mark.parametrize("page", ["step/complete/preview/", "next/"])
    def test_only_for_those_who_may_complete(self, booked, page):
        onlooker = User.objects.create(username="onlooker", is_staff=True)
        onlooker.user_permissions.add(Permission.objects.get(codename="view_appointment"))
        client = Client()
        assert client.get(f"{HERE}{booked.pk}/{page}").status_code == 302  # to sign in
        client.force_login(onlooker)
        assert client.get(f"{HERE}{booked.pk}/{page}").status_code == 403


class TestCompleting:
    def test_end_product_and_nights_are_taken(self, clinic, desk, booked):
        nectar = Product.objects.get(name="Alastin Regenerating Skin Nectar")
        desk.post(step(booked), typed(END - timedelta(minutes=10), product=nectar.pk, wants_quiet_nights="quiet"))
        booked.refresh_from_db()
        clinic.ana.refresh_from_db()
        assert (booked.status, booked.completed_at, booked.status_by.username) == ("fulfilled", END - timedelta(minutes=10), "frontdesk")
        assert (Plan.objects.get().product, clinic.ana.wants_quiet_nights) == (nectar, True)
        assert "your Alastin Regenerating Skin Nectar (1 of 8)" in outbox()[0].body

    def test_in_spanish_too(self, clinic, desk, booked):
        clinic.ana.language = "es"
        clinic.ana.save()
        Product.objects.create(name="calming serum", name_es="suero calmante")
        desk.post(step(booked), typed(product=Product.objects.get(name="calming serum").pk))
        assert "es hora de su suero calmante (1 de 8)" in outbox()[0].body

    def test_the_product_is_on_the_appointments_page_and_on_the_plans(self, desk, booked, sign_in):
        desk.post(step(booked), typed(product=Product.objects.get(name__startswith="Alastin").pk))
        assert "Alastin Regenerating Skin Nectar" in desk.get(f"{HERE}{booked.pk}/change/")
        clinician = Browser(sign_in("Clinician"), END)
        assert "Alastin Regenerating Skin Nectar" in clinician.get("/admin/aftercare/plan/")
        assert "Alastin Regenerating Skin Nectar" in clinician.get(f"/admin/aftercare/plan/{Plan.objects.get().pk}/change/")

    def test_next_time_what_she_had_last_is_suggested(self, clinic, desk, booked):
        nectar = Product.objects.get(name__startswith="Alastin")
        desk.post(step(booked), typed(product=nectar.pk))
        desk.now = at("2026-12-01", "14:00")
        second = clinic.book(clinic.ana, at("2026-12-01"), now=END)
        assert f'<option value="{nectar.pk}" selected>' in desk.get(step(second))
        nectar.is_active = False
        nectar.save()
        page = desk.get(step(second))
        assert "Alastin" not in page
        assert re.search(r'<option value="\d+" selected>hyaluronic acid serum', page)

    def test_a_product_that_went_out_of_use_meanwhile(self, desk, booked):
        nectar = Product.objects.get(name__startswith="Alastin")
        nectar.is_active = False
        nectar.save()
        page = unescape(desk.post(step(booked), typed(product=nectar.pk)).content.decode())
        assert "That product isn’t in use any more. Please choose another one." in page
        assert not Plan.objects.exists()

    def test_a_clinic_without_products_is_asked_for_none(self, desk, booked):
        Product.objects.all().delete()
        assert "Product used" not in desk.get(step(booked))
        answers = {"completed_at_0": "2026-11-03", "completed_at_1": "14:00", "wants_quiet_nights": "texts"}
        assert desk.post(step(booked), answers).status_code == 302
        assert Plan.objects.get().product is None

    def test_late_it_says_what_is_left_out_before_and_after(self, desk, booked):
        desk.now = END + 10 * HOUR  # midnight
        said = "Completed late: 3 doses are left out, as their times have passed (Tue, Nov 3: 5:00 PM, 8:00 PM, 11:00 PM)."
        page = desk.get(step(booked))
        assert said in page
        assert page.count('class="told is-left-out"') == 3
        answer = desk.post(step(booked), typed(), follow=True)
        assert notes(answer) == [f"Ana Alvarez, {booked.local_time_text}: completed; aftercare is on its way. {said}"]

    def test_one_dose_late(self, desk, booked):
        desk.now = END + 4 * HOUR
        assert "Completed late: 1 dose is left out, as its time has passed (Tue, Nov 3: 5:00 PM)." in desk.get(step(booked))

    def test_of_a_nights_one_message_only_the_doses_that_have_passed_are_counted(self, desk, booked):
        Patient.objects.update(wants_quiet_nights=True)
        desk.now = END + 8 * HOUR  # ten in the evening: the doses of the night were named in one message at half past eight
        said = "Completed late: 2 doses are left out, as their times have passed (Tue, Nov 3: 5:00 PM, 8:00 PM)."
        to_say = (
            "No message comes before this night, so tell Ana now: the next times for the serum are about 11:00 PM, 2:00 AM and 5:00 AM, "
            "only if awake; then at 8:00 AM."
        )
        page = desk.get(step(booked))
        assert said in page
        assert to_say in page
        answer = desk.post(step(booked), typed() | {"wants_quiet_nights": "quiet"}, follow=True)
        assert notes(answer) == [f"Ana Alvarez, {booked.local_time_text}: completed; aftercare is on its way. {said} {to_say}"]

    def test_the_next_morning_nobody_has_told_her_of_the_night(self, clinic, desk):
        """The session ended in her quiet hours: the page doesn't say that she was told."""
        clinic.consents(clinic.ana)
        late = clinic.book(clinic.ana, at("2026-11-03", "21:15"))
        desk.now = at("2026-11-04", "11:15")
        answers = typed(at("2026-11-03", "22:15"), wants_quiet_nights="quiet")
        page = desk.get(preview(late), **answers)
        said = "Completed late: 4 doses are left out, as their times have passed (Wed, Nov 4: 1:15 AM, 4:15 AM, 7:15 AM, 10:15 AM)."
        assert said in page
        assert "Told at the clinic" not in page
        [note] = notes(desk.post(step(late), answers, follow=True))
        assert said in note

    def test_what_is_told_by_word_of_mouth_after_a_session_that_ends_in_the_night(self, clinic, desk):
        clinic.consents(clinic.ana)
        late = clinic.book(clinic.ana, at("2026-11-03", "21:15"))
        desk.now = at("2026-11-03", "22:15")
        to_say = (
            "No message comes before this night, so tell Ana now: the next times for the serum are about 1:15 AM, 4:15 AM and 7:15 AM, "
            "only if awake; then at 10:15 AM."
        )
        answers = typed(desk.now, wants_quiet_nights="quiet")
        page = desk.get(preview(late), **answers)
        assert to_say in page
        assert page.count('class="told is-left-out"') == 1
        assert "Told at the clinic: the session ended in the patient's quiet hours." in page
        assert "Completed late" not in page
        assert to_say not in desk.get(preview(late), **answers | {"wants_quiet_nights": "texts"})
        [note] = notes(desk.post(step(late), answers, follow=True))
        assert note.endswith(f"completed; aftercare is on its way. {to_say}")
        # She has been told, and nothing of it is sent.
        [spoken] = CareMessage.objects.filter(key__endswith="-1-night")
        assert (spoken.message, spoken.reason) == (None, "told at the clinic: the session ended in the patient's quiet hours")

    def test_a_little_late_in_the_evening_the_nights_text_still_goes(self, clinic, desk):
        clinic.consents(clinic.ana)
        evening = clinic.book(clinic.ana, at("2026-11-03", "19:10"))
        desk.now = at("2026-11-03", "20:50")
        desk.post(step(evening), typed(at("2026-11-03", "20:10"), wants_quiet_nights="quiet"))
        [night] = CareMessage.objects.filter(key__endswith="-1-night")
        assert (night.message.send_at, night.message.expires_at) == (desk.now, at("2026-11-03", "21:00"))
        assert "only if you are awake: at about 11:15 PM, 2:15 AM and 5:15 AM, then at 8:15 AM. " in night.message.body

    def test_months_late_nothing_is_on_its_way(self, desk, booked):
        desk.now = END + timedelta(days=60)
        said = "Completed late: 32 messages are left out, as their times have passed (Tue, Nov 3, 5:00 PM to Tue, Dec 1, 5:00 PM)."
        assert said in desk.get(step(booked))
        answer = desk.post(step(booked), typed(), follow=True)
        assert notes(answer) == [f"Ana Alvarez, {booked.local_time_text}: completed. {said}"]

    def test_what_a_clinician_has_stopped_stays_stopped_and_both_pages_say_so(self, desk, booked, sign_in):
        desk.post(step(booked), typed())
        dana = User.objects.create_user("dana", first_name="Dana", last_name="Diaz")
        stop_by_hand(Plan.objects.get(), reason="allergic to the serum", by=dana, now=END)
        session = services.reopen(Appointment.objects.get(), now=END)
        said = "Dana Diaz stopped Ana's aftercare of this session: allergic to the serum. Start it again from its page."
        page = desk.get(step(session))
        assert said in page
        assert page.count('class="told is-left-out"') == 32
        answer = desk.post(step(session), typed(END - timedelta(minutes=5)), follow=True)
        assert notes(answer) == [f"Ana Alvarez, {booked.local_time_text}: completed. {said}"]
        assert outbox(caremessage__plan__isnull=False) == []
        clinician, latest = Browser(sign_in("Clinician"), END), Plan.objects.order_by("-pk").first()
        assert "by Dana Diaz: allergic to the serum" in clinician.get(f"{HERE}{session.pk}/change/")
        clinician.post(f"/admin/aftercare/plan/{latest.pk}/start-again/")
        assert len(outbox(caremessage__plan__stopped_at=None, caremessage__plan__isnull=False)) == 32

    def test_who_cant_be_reached_is_shown_what_she_misses(self, clinic, desk):
        bens = clinic.book(clinic.ben)
        page = desk.get(step(bens))
        assert "Nothing goes out." in page
        assert "Ask Ben, and tick it on the patient's page." in page
        assert page.count('class="told is-left-out"') == 32


class TestWhereItLeads:
    def test_to_the_next_session(self, desk, booked):
        answer = desk.post(step(booked), typed())
        assert answer.headers["Location"] == f"{HERE}{booked.pk}/next/"

    def test_back_to_where_one_came_from_with_a_word_about_the_next_session(self, desk, booked):
        answer = desk.post(f"{step(booked)}?next=/admin/", typed())
        assert answer.headers["Location"] == "/admin/"
        [done, ahead] = notes_after(desk, "/admin/")
        assert done.endswith("completed; aftercare is on its way.")
        assert ahead.startswith("The skin allows session 2 of 3 from Tue, Dec 1, 2026 on. It is recommended until Tue, Dec 15, 2026.")
        assert f'<a href="{HERE}{booked.pk}/next/?next=%2Fadmin%2F">Book it</a>' in ahead

    def test_or_to_the_next_session_and_then_back(self, desk, booked):
        answer = desk.post(step(booked), typed(next=BOARD, then_book="yes"))
        path, query = answer.headers["Location"].split("?")
        assert (path, parse_qs(query)) == (f"{HERE}{booked.pk}/next/", {"next": [BOARD]})

    def test_where_she_comes_again_already_there_is_nothing_to_book(self, clinic, desk, booked):
        clinic.book(clinic.ana, at("2026-12-03"))
        assert desk.post(step(booked), typed(next="/admin/")).headers["Location"] == "/admin/"
        assert len(notes_after(desk, "/admin/")) == 1

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example.org/", "//evil.example.org/", "javascript:alert(1)", "\\\\evil", "next", "/\\evil"]
    )
    def test_never_to_another_site(self, desk, booked, elsewhere):
        answer = desk.post(step(booked, "arrive"), {"next": elsewhere})
        assert answer.headers["Location"] == f"{HERE}{booked.pk}/change/"
        desk.now = END + HOUR
        assert "evil" not in desk.get(f"{step(booked)}?next={elsewhere}")

    def test_every_step_goes_back(self, desk, booked):
        for verb, answers in (("arrive", {}), ("not-here", {}), ("no-show", {}), ("arrive", {}), ("cancel", {"reason": "ill"})):
            assert desk.post(f"{step(booked, verb)}?next=/admin/", answers).headers["Location"] == "/admin/", verb
        booked.refresh_from_db()
        assert booked.status == "cancelled"

    def test_a_refused_one_without_questions_goes_back_too_and_says_why(self, desk, booked):
        services.cancel(booked, reason="ill", now=FIRST)
        assert desk.post(f"{step(booked, 'arrive')}?next=/admin/").headers["Location"] == "/admin/"
        assert "it can't become arrived" in notes_after(desk, "/admin/")[0]

    def test_the_way_back_stays_in_a_form_that_came_back(self, desk, booked):
        page = desk.post(step(booked), typed(FIRST - HOUR, next=BOARD)).content.decode()
        assert f'<input type="hidden" name="next" value="{BOARD.replace("&", "&amp;")}">' in page


def notes_after(desk: Browser, path: str) -> list[str]:
    with freeze_time(desk.now):
        return [unescape(str(note)) for note in desk.client.get(path).context["messages"]]


class TestTheNextSession:
    def times(self, page: str) -> list[tuple[str, str]]:
        """(Location, practitioner and time) of the buttons."""
        found = []
        for address in re.findall(r'href="(/admin/scheduling/appointment/add/\?[^"]*starts_at[^"]*)"', page):
            asked = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
            found.append((asked["starts_at"], asked["practitioner"]))
        return found

    def test_times_lie_in_the_recommended_window_with_the_same_practitioner(self, clinic, desk, booked):
        desk.post(step(booked), typed())
        page = desk.get(f"{HERE}{booked.pk}/next/")
        times = self.times(page)
        assert "Free times with Dana Diaz" in page
        assert len(times) == 6 * 3
        assert times[:3] == [(f"2026-12-01T{clock}", str(clinic.dana.pk)) for clock in ("11:30", "13:00", "14:30")]
        assert {day for day, _who in (starts.split("T") for starts, _ in times)} == {
            *("2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-08", "2026-12-15"),
        }

    def test_each_leads_to_the_booking_form_with_everything_filled_in(self, clinic, desk, booked):
        desk.post(step(booked), typed())
        page = desk.get(f"{HERE}{booked.pk}/next/", next=BOARD)
        address = re.search(r'href="(/admin/scheduling/appointment/add/\?[^"]*starts_at[^"]*)"', page)[1]
        assert {name: value for name, [value] in parse_qs(urlsplit(address).query).items()} == {
            "patient": str(clinic.ana.pk),
            "treatment": str(clinic.face.pk),
            "location": str(clinic.location.pk),
            "practitioner": str(clinic.dana.pk),
            "room": str(clinic.room.pk),
            "starts_at": "2026-12-01T11:30",
            "next": BOARD,
        }
        assert f'href="{BOARD}">Not now' in page

    def test_what_is_taken_isnt_offered(self, clinic, desk, booked):
        desk.post(step(booked), typed())
        clinic.book(clinic.ben, at("2026-12-01"), now=END)
        times = self.times(desk.get(f"{HERE}{booked.pk}/next/"))
        assert ("2026-12-01T13:00", str(clinic.dana.pk)) not in times
        assert ("2026-12-01T14:15", str(clinic.dana.pk)) in times

    def test_where_she_has_few_others_are_named(self, clinic, desk, booked):
        desk.post(step(booked), typed())
        clinic.dana.is_active = False
        clinic.dana.save()
        page = desk.get(f"{HERE}{booked.pk}/next/")
        assert "Free times with Dana Diaz" not in page
        assert "Free times with others" in page
        assert {who for _at, who in self.times(page)} == {str(clinic.eli.pk)}

    def test_a_finished_course_is_kept_up_half_a_year_later(self, clinic, desk, booked):
        booked.course.planned_sessions = 1
        booked.course.save()
        desk.post(step(booked), typed())
        page = desk.get(f"{HERE}{booked.pk}/next/")
        assert "The course is done: 1 of 1. Maintenance is due by Mon, May 3, 2027, 6 months after the last session." in page
        days = sorted({starts[:10] for starts, _who in self.times(page)})
        assert days == ["2027-04-20", "2027-04-27", "2027-05-02", "2027-05-03", "2027-05-04", "2027-05-11"]

    def test_where_there_is_none_it_says_so(self, clinic, desk, booked):
        desk.post(step(booked), typed())
        clinic.face.is_active = False
        clinic.face.save()
        assert "None from Tue, Dec 1, 2026 to Tue, Dec 15, 2026." in desk.get(f"{HERE}{booked.pk}/next/")

    def test_one_that_is_booked_is_shown(self, clinic, desk, booked):
        desk.post(step(booked), typed())
        clinic.book(clinic.ana, at("2026-12-03"), now=END)
        page = desk.get(f"{HERE}{booked.pk}/next/")
        assert "The next session is booked: Thu, Dec 3, 2026, 1:00 PM." in page
        assert self.times(page) == []

    def test_who_didnt_come_is_booked_anew(self, desk, booked):
        desk.now = FIRST + timedelta(minutes=30)
        page = desk.get(step(booked, "no-show"))
        assert "The next session" in page
        assert "The skin allows" not in page  # as if she had been treated
        answer = desk.post(step(booked, "no-show"), follow=True)
        page = unescape(answer.content.decode())
        assert notes(answer) == [f"Ana Alvarez, {booked.local_time_text}: marked as a no-show."]
        assert "Book again" in page
        assert "The skin allows session 1 of 3 from Tue, Nov 3, 2026 on." in page
        assert self.times(page)[0][0].startswith("2026-11-03T")

    def test_the_appointments_page_leads_there(self, clinic, desk, booked):
        assert "/next/" not in desk.get(f"{HERE}{booked.pk}/change/")
        services.cancel(booked, reason="ill", now=FIRST)
        assert f'href="{HERE}{booked.pk}/next/">Book again</a>' in desk.get(f"{HERE}{booked.pk}/change/")
        treated = clinic.treat(clinic.ben)
        assert f'href="{HERE}{treated.pk}/next/">Book the next session</a>' in desk.get(f"{HERE}{treated.pk}/change/")


class TestNotHereYet:
    def test_a_mistaken_check_in_is_taken_back(self, desk, booked):
        desk.post(step(booked, "arrive"))
        assert "Not here yet" in desk.get(f"{HERE}{booked.pk}/change/")
        answer = desk.post(step(booked, "not-here"), follow=True)
        assert notes(answer) == [f"Ana Alvarez, {booked.local_time_text}: not here yet after all."]
        booked.refresh_from_db()
        assert booked.status == "booked"
        assert "Not here yet" not in desk.get(f"{HERE}{booked.pk}/change/")


class TestSeveralAtOnce:
    def test_each_keeps_her_product_and_her_nights(self, clinic, desk, booked):
        nectar = Product.objects.get(name__startswith="Alastin")
        first = clinic.treat(clinic.consents(clinic.ben), at("2026-10-01"))
        Plan.objects.filter(appointment=first).update(product=nectar)
        bens = clinic.book(clinic.ben, FIRST + timedelta(minutes=75))
        desk.now = FIRST + 4 * HOUR
        listed = {"action": "complete", "_selected_action": [booked.pk, bens.pk]}
        page = unescape(desk.post(HERE, listed).content.decode())
        assert "Ben Brooks" in page
        assert "Product used" not in page
        assert not Appointment.objects.filter(pk__in=[booked.pk, bens.pk], status="fulfilled").exists()
        desk.post(HERE, listed | {"confirmed": "yes"})
        products = {plan.appointment: plan.product.name for plan in Plan.objects.filter(appointment__in=[booked, bens])}
        assert products == {booked: "hyaluronic acid serum", bens: "Alastin Regenerating Skin Nectar"}

    def test_one_ticked_in_the_list_has_what_it_usually_has(self, desk, booked):
        listed = {"action": "complete", "_selected_action": [booked.pk]}
        assert "Product used" not in desk.post(HERE, listed).content.decode()
        desk.post(HERE, listed | {"confirmed": "yes"})
        assert Plan.objects.get().product.name == "hyaluronic acid serum"

    def test_bad_answers_come_back(self, clinic, desk, booked):
        bens = clinic.book(clinic.ben, FIRST + timedelta(minutes=75))
        listed = {"action": "complete", "_selected_action": [booked.pk, bens.pk], "confirmed": "yes", "completed_at_0": "soon"}
        answer = desk.post(HERE, listed)
        assert answer.status_code == 200
        assert "Enter a valid date." in answer.content.decode()
        assert not Plan.objects.exists()


# --- two at the same moment -----------------------------------------------------------------------------------------


@pytest.fixture
def theirs(committed_clinic: Clinic) -> Appointment:
    for name in ("hyaluronic acid serum", "Alastin Regenerating Skin Nectar"):  # the test before has emptied the tables
        Product.objects.get_or_create(name=name)
    return committed_clinic.book(committed_clinic.consents(committed_clinic.ana))


@pytest.fixture
def without_the_lock(monkeypatch):
    """Both have read the appointment before either writes."""
    both_have_read = Barrier(2)

    def unlocked(appointment: Appointment) -> Appointment:
        read = Appointment.objects.select_related("course__treatment", "patient", "practitioner", "room", "location").get(pk=appointment.pk)
        both_have_read.wait(timeout=20)
        return read

    monkeypatch.setattr(status, "locked", unlocked)
    assert saving.locked is not unlocked


def complete_and_cancel(appointment: Appointment, at_once) -> list:
    return at_once(
        [
            lambda: services.complete(appointment, completed_at=END, now=END),
            lambda: services.cancel(appointment, reason="she called", now=END),
        ]
    )


def test_completed_and_cancelled_at_the_same_moment_one_wins(theirs, at_once):
    results = complete_and_cancel(theirs, at_once)
    [winner] = [result for result in results if isinstance(result, Appointment)]
    [refusal] = [result for result in results if not isinstance(result, Appointment)]
    assert refusal.code == "illegal_move"
    theirs.refresh_from_db()
    assert theirs.status == winner.status
    assert Plan.objects.filter(stopped_at=None).count() == (1 if theirs.status == "fulfilled" else 0)


def test_control_without_the_lock_nobody_is_refused(theirs, at_once, without_the_lock):
    """Both win, or the second runs into the database's own check, which has no sentence for anybody."""
    results = complete_and_cancel(theirs, at_once)
    assert not any(isinstance(result, BookingRefused) for result in results)
    assert {type(result) for result in results} <= {Appointment, IntegrityError}


def in_progress(clinic: Clinic) -> Appointment:
    """One that began two hours ago, by the clock that threads go by; with others than hers, whatever day it is."""
    starts_at = timezone.now() - 2 * HOUR
    if (starts_at + HOUR).astimezone(clinic.location.zone).hour == 1:  # when it ends, and which is there twice on one night of the year
        starts_at -= 2 * HOUR
    return clinic.book(patient("Rae Racer", 50), starts_at, practitioner=clinic.eli, room=clinic.other_room, now=starts_at)


@pytest.mark.parametrize("rounds", range(3))
def test_at_the_desk_the_other_reads_a_sentence_and_keeps_what_was_typed(theirs, committed_clinic, sign_in, at_once, rounds):
    nectar = Product.objects.get(name__startswith="Alastin")
    booked = in_progress(committed_clinic)
    ended_at = (booked.starts_at + HOUR).astimezone(booked.zone)
    one, other = sign_in("Front desk"), sign_in("Manager")
    answers = at_once(
        [
            lambda: one.post(step(booked), typed(ended_at, product=nectar.pk, wants_quiet_nights="quiet")),
            lambda: other.post(step(booked, "cancel"), {"reason": "she called in sick"}),
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    completing, cancelling = answers
    booked.refresh_from_db()
    if completing.status_code == 200:
        page = unescape(completing.content.decode())
        assert booked.status == "cancelled"
        assert "This appointment is cancelled, so it can't become completed." in page
        assert f'value="{ended_at:%H:%M}"' in page
        assert f'<option value="{nectar.pk}" selected>' in page
        assert re.search(r'value="quiet"[^>]* checked', page)
        assert not Plan.objects.filter(appointment=booked).exists()
    else:
        page = unescape(cancelling.content.decode())
        assert booked.status == "fulfilled"
        assert "This appointment is completed, so it can't become cancelled." in page
        assert 'value="she called in sick"' in page
        assert Plan.objects.filter(appointment=booked, stopped_at=None).count() == 1


def test_control_at_the_desk_without_the_lock_nobody_reads_a_sentence(theirs, committed_clinic, sign_in, at_once, without_the_lock):
    booked = in_progress(committed_clinic)
    one, other = sign_in("Front desk"), sign_in("Manager")
    answers = at_once([lambda: one.post(step(booked), {}), lambda: other.post(step(booked, "cancel"), {"reason": "she called"})])
    assert all(isinstance(answer, IntegrityError) or answer.status_code == 302 for answer in answers)
