"""The page on which the desk finds or adds the patient, sees what suits, and books."""

import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aftercare.models import Consent
from aftercare.services import reachable_by
from notifications.models import Message
from notifications.services import suppress
from scheduling import services
from scheduling.errors import BookingRefused, TooSoon
from scheduling.models import Appointment, Location, Patient, Room
from tests.clinic_world import NEW_YORK, Clinic, at, outbox, patient
from tests.clock import freeze_time

ADD = "/admin/scheduling/appointment/add/"
FOUND = f"{ADD}patients/"
MORNING = at("2026-11-02", "09:00")  # a Monday
DORA = {
    "who": "new",
    "new-first_name": "Dora",
    "new-last_name": "Dunn",
    "new-birth_date": "2/29/1988",
    "new-phone": "(212) 555-0144",
    "new-email": "dora@example.org",
    "new-language": "en",
    "new-time_zone": "America/New_York",
}

GARBAGE: list[dict[str, str]] = [
    *({"starts_at": when} for when in ("2026-13-45T10:00", "0001-01-01T00:00", "2026-12-01T25:99", "2026-12-01T10:00Z", "²", "\0")),
    *({"slot": slot} for slot in ("2026-12-01T10:00/1/999999999999999999", "2026-12-01T99:99/1/1", "x", "/" * 99, "\0")),
    *({name: "9" * 30} for name in ("patient", "treatment", "practitioner", "room", "location", "with", "choose")),
    *({name: "²\0"} for name in ("patient", "treatment", "practitioner", "room", "location", "with", "choose", "who", "q", "nights")),
    *({"starts_at_0": day, "starts_at_1": "12:00"} for day in ("0001-01-01", "9999-12-31", "2199-12-31", "2026-02-30")),
    *({name: day} for name in ("from", "later", "all_of") for day in ("2199-12-31", "9999-12-31", "2026-02-30", "-1", "2000-01-01")),
    *({"who": "new", f"new-{name}": "\0²"} for name in ("first_name", "birth_date", "phone", "email", "language", "time_zone")),
    {"show": "another"},
    {"show": "\0", "next": "\0//"},
    {"who": "new", "show": "newcomer", "q": "a" * 5000},
]


@pytest.fixture(autouse=True)
def this_monday():
    with freeze_time(MORNING):
        yield


# The night of March 14, 2027, in New York.
SKIPPED = "There is no 2:30 AM on Sunday, March 14: the clocks are put forward over it. Please choose another time, such as 3:30 AM."


@pytest.fixture
def desk(sign_in) -> Client:
    return sign_in("Front desk")


def typed(clinic: Clinic, day: str = "2026-11-05", clock: str = "10:00", **changed) -> dict:
    slot = {"starts_at_0": day, "starts_at_1": clock}
    return {"treatment": clinic.face.pk, "practitioner": clinic.dana.pk, "room": clinic.room.pk} | slot | changed


def page_of(answer) -> str:
    """What it says, in one line, its tags left out."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode().partition("<main")[2])).split())


def slots_of(answer) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', answer.content.decode())


class TestFinding:
    @pytest.mark.parametrize("q", ["alv", "ana alvarez", "5550101", "(212) 555-0101", "212.555.0101"])
    def test_a_patient_is_found_as_one_types(self, clinic, desk, q):
        answer = desk.get(FOUND, {"q": q}, headers={"HX-Request": "true"})

        said = " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())
        assert said == "1 patient found Ana Alvarez born May 17, 1990 (212) 555-0101"
        assert f'name="choose" value="{clinic.ana.pk}"' in answer.content.decode()

    def test_the_birth_date_finds_all_who_share_it(self, clinic, desk):
        for q in ("1990-05-17", "5/17/1990", "05/17/1990", "May 17 1990"):
            assert "3 patients found" in desk.get(FOUND, {"q": q}).content.decode()

    def test_it_tells_when_she_comes_and_when_she_was_here(self, clinic, desk):
        clinic.treat(clinic.ben, at("2026-10-01"))
        clinic.book(clinic.ana, at("2026-11-05"), now=MORNING)

        assert "comes Nov 5, 2026" in desk.get(FOUND, {"q": "ana"}).content.decode()
        assert "was here Oct 1, 2026" in desk.get(FOUND, {"q": "ben"}).content.decode()

    def test_who_begins_with_it_comes_first_and_eight_are_enough(self, clinic, desk):
        for number in range(9):
            patient(f"Susana Aarons{number}", 30 + number)

        page = desk.get(FOUND, {"q": "ana"}).content.decode()

        assert re.findall(r'found-name">([^<]+)', page)[:2] == ["Ana Alvarez", "Susana Aarons0"]
        assert page.count('class="found"') == 8
        assert "10 patients found, the first 8 shown; type more." in page

    @pytest.mark.parametrize(
        ("q", "said"), [("zzz", "Nobody found."), ("a", "Any part of a name"), ("\0", "Any part"), ("x" * 9999, "Nobody")]
    )
    def test_what_finds_nobody_says_so(self, clinic, desk, q, said):
        assert said in desk.get(FOUND, {"q": q}).content.decode()

    def test_a_list_of_eight_takes_no_more_queries_than_one_of_one(self, clinic, desk):
        def queries(q: str) -> int:
            with CaptureQueriesContext(connection) as captured:
                desk.get(FOUND, {"q": q})
            return len(captured)

        one = queries("alvarez")
        for number in range(8):
            patient(f"Ana Zimmer{number}", 40 + number)
        assert queries("ana") == one

    def test_without_scripts_the_page_itself_finds(self, clinic, desk):
        answer = desk.post(ADD, typed(clinic, q="alvarez", show="found"))

        assert "1 patient found" in page_of(answer)
        assert 'value="2026-11-05"' in answer.content.decode()
        assert not Appointment.objects.exists()

    @pytest.mark.parametrize(("q", "finds"), [("5/17/1990", True), ("alvarez 555-0101", True), ("brooks", False), ("\u00e1lvarez", True)])
    def test_the_diarys_list_is_searched_in_the_same_way(self, clinic, desk, q, finds):
        clinic.book(clinic.ana, at("2026-11-05"), now=MORNING)

        assert ("Ana Alvarez" in page_of(desk.get("/admin/scheduling/appointment/", {"q": q}))) is finds

    def test_only_who_may_book_may_look_for_patients(self, clinic):
        assert Client().get(FOUND, {"q": "ana"}).status_code == 302
        onlooker = User.objects.create(username="onlooker", is_staff=True)
        onlooker.user_permissions.add(Permission.objects.get(codename="view_appointment"))
        client = Client()
        client.force_login(onlooker)
        assert client.get(FOUND, {"q": "ana"}).status_code == 403
        assert client.get(ADD).status_code == 403
        assert client.post(ADD, typed(clinic, patient=clinic.ana.pk)).status_code == 403
        assert not Appointment.objects.exists()


class TestWhatSuits:
    def test_it_says_how_far_she_is_and_when_the_skin_allows_the_next(self, clinic, desk):
        clinic.treat(clinic.ana, at("2026-10-15"))
        clinic.treat(clinic.ana, at("2026-09-15"))

        answer = desk.post(ADD, {"choose": clinic.ana.pk})

        said = page_of(answer)
        assert "Session 3 of 3 640.00 USD" in said
        assert "2 of 3 done last on Oct 15, 2026" in said
        assert (
            "from Thu, Nov 12, 2026 Ana's skin needs until November 12, 2026: the last session was on October 15, 2026"
            " and the minimum interval is 28 days." in said
        )
        assert "Nov 12 – Nov 26, 2026" in said
        assert slots_of(answer)[0] == f"2026-11-12T00:00/{clinic.dana.pk}/{clinic.room.pk}"
        assert f'<option value="{clinic.face.pk}" selected>' in answer.content.decode()

    def test_who_has_a_session_already_may_want_to_move_it(self, clinic, desk):
        booked = clinic.book(clinic.ana, at("2026-11-17", "10:00"))

        answer = desk.post(ADD, {"choose": clinic.ana.pk})

        said = page_of(answer)
        assert "Booked already: Tue, Nov 17, 2026, 10:00 AM. Move that one" in said
        assert f'href="/admin/scheduling/appointment/{booked.pk}/move/"' in answer.content.decode()
        assert (
            "Ana's skin needs 28 days before the session on November 17, 2026, and there aren't as many."
            " The first day after it is December 15, 2026." in said
        )
        assert "Booked already" not in page_of(desk.post(ADD, {"choose": clinic.ben.pk}))

    def test_a_courses_treatment_comes_first_then_the_last_one_booked_then_the_only_one(self, clinic, desk):
        def chosen(whom: Patient) -> str:
            return desk.get(ADD, {"patient": whom.pk}).context["form"]["treatment"].value()

        assert chosen(clinic.ana) == ""
        course = clinic.book(clinic.ana, at("2026-11-05"), treatment=clinic.scalp, now=MORNING).course
        assert chosen(clinic.ana) == str(clinic.scalp.pk)
        course.ended_at = MORNING
        course.save()
        assert chosen(clinic.ana) == str(clinic.scalp.pk)
        clinic.scalp.is_active = False
        clinic.scalp.save()
        assert chosen(clinic.ana) == chosen(clinic.ben) == str(clinic.face.pk)

    def test_a_slots_button_without_scripts_fills_everything_in_and_books_nothing(self, clinic, desk):
        slot = slots_of(desk.post(ADD, {"choose": clinic.ana.pk, "treatment": clinic.face.pk}))[3]
        clock, practitioner, room = slot.split("/")

        answer = desk.post(ADD, {"patient": clinic.ana.pk, "treatment": clinic.face.pk, "slot": slot, "q": "ana"})

        form = answer.context["form"]
        assert (form["practitioner"].value(), form["room"].value()) == (practitioner, room)
        assert form["starts_at"].value()[0] == clock[:10]
        assert f'value="{slot}" class="slot" aria-pressed="true"' in answer.content.decode()
        assert "works." in page_of(answer)
        assert not Appointment.objects.exists()

    def test_what_comes_from_the_board_is_said_to_suit(self, clinic, desk):
        sent = {"starts_at": "2026-11-05T13:30", "practitioner": clinic.dana.pk, "room": clinic.other_room.pk}
        before = page_of(desk.get(ADD, sent))
        assert "Choose the patient" in before

        answer = desk.get(ADD, sent | {"patient": clinic.ana.pk, "treatment": clinic.face.pk})

        assert "Thu, Nov 5, 2026, 1:30 PM with Dana Diaz in Room 2 works." in page_of(answer)
        assert 'value="2026-11-05"' in answer.content.decode()
        assert 'value="1:30 PM"' in answer.content.decode()

    @pytest.mark.parametrize(
        ("starts_at", "sentence"),
        [
            ("2026-11-03T10:30", "Dana Diaz already has an appointment from 10:00 AM to 11:15 AM on November 3, 2026"),
            ("2026-10-30T10:30", "That time is already past."),
            ("2026-11-06T10:30", "Ana's skin needs until November 12, 2026"),
            ("2026-11-11T09:00", "Ana's skin needs until November 12, 2026"),
        ],
    )
    def test_or_not_to_suit_why_and_what_is_near(self, clinic, desk, starts_at, sentence):
        clinic.treat(clinic.ana, at("2026-10-15"))
        clinic.book(clinic.ben, at("2026-11-03", "10:00"), now=MORNING)

        answer = desk.get(ADD, {"starts_at": starts_at, "practitioner": clinic.dana.pk, "room": clinic.room.pk, "patient": clinic.ana.pk})

        assert sentence in page_of(answer)
        assert "works." not in page_of(answer)
        assert "The nearest free times" in page_of(answer)
        assert slots_of(answer)[0].startswith("2026-11-12T")

    def test_the_nearest_times_of_the_day_come_first(self, clinic, desk):
        clinic.book(clinic.ben, at("2026-11-03", "10:00"), now=MORNING)
        sent = {"starts_at": "2026-11-03T10:30", "practitioner": clinic.dana.pk, "room": clinic.room.pk, "treatment": clinic.face.pk}

        slots = slots_of(desk.get(ADD, sent | {"patient": clinic.ana.pk}))

        assert f"2026-11-03T10:30/{clinic.eli.pk}/{clinic.other_room.pk}" in slots  # the other practitioner, in the other room
        assert f"2026-11-03T11:15/{clinic.dana.pk}/{clinic.room.pk}" in slots

    def test_the_page_and_the_service_are_of_one_mind(self, clinic):
        clinic.treat(clinic.ana, at("2026-10-15"))
        clinic.book(clinic.ben, at("2026-11-13", "10:00"), now=MORNING)
        about = {"patient": clinic.ana, "treatment": clinic.face, "practitioner": clinic.dana, "room": clinic.room}
        for day, clock in [("2026-11-11", "10:00"), ("2026-11-13", "10:30"), ("2026-11-13", "08:45"), ("2026-11-12", "00:00")]:
            foreseen = services.why_not(**about, starts_at=at(day, clock), now=MORNING)
            try:
                services.cancel(services.book(**about, starts_at=at(day, clock), now=MORNING), reason="only to see", now=MORNING)
                said = None
            except BookingRefused as refusal:
                said = (type(refusal), str(refusal))
            assert (foreseen and (type(foreseen), str(foreseen))) == said
        assert isinstance(services.why_not(**about, starts_at=at("2026-11-11"), now=MORNING), TooSoon)

    def test_warnings_about_her_and_about_the_time(self, clinic, desk):
        clinic.treat(clinic.ana, at("2026-10-15"))
        Patient.objects.filter(pk=clinic.ana.pk).update(birth_date=date(2006, 1, 1), hyperpigmentation_risk=True, active_products="retinol")
        sent = {"patient": clinic.ana.pk, "practitioner": clinic.dana.pk, "room": clinic.room.pk}

        said = page_of(desk.get(ADD, sent | {"starts_at": "2026-12-01T10:00"}))

        assert "Ana will be under 22" in said
        assert "Ana tends to dark patches after treatment." in said
        assert "Ana uses retinol" in said
        assert "past the recommended window" in said
        assert "past the recommended window" not in page_of(desk.get(ADD, sent | {"starts_at": "2026-11-20T10:00"}))

    def test_who_cannot_be_told_is_named(self, clinic, desk):
        assert "Ana isn't told of it: no consent for texts or emails." in page_of(desk.get(ADD, {"patient": clinic.ana.pk}))
        clinic.consents(clinic.ana, "sms")
        assert "isn't told" not in page_of(desk.get(ADD, {"patient": clinic.ana.pk}))
        suppress("sms", "+12125550101", reason="STOP", now=MORNING)
        assert "This number said STOP. Care messages can't go out. Texts start again when START is texted from it." in page_of(
            desk.get(ADD, {"patient": clinic.ana.pk})
        )

    def test_other_people_places_and_days(self, clinic, desk):
        mesa = Location.objects.create(name="Mesa Clinic", phone="+12125550109", time_zone="America/Phoenix")
        room = Room.objects.create(location=mesa, name="Garden room")
        clinic.eli.locations.add(mesa)
        sent = {"patient": clinic.ana.pk, "treatment": clinic.face.pk}

        only_eli = slots_of(desk.post(ADD, sent | {"show": "all", "with": clinic.eli.pk, "from": "2026-12-01"}))
        assert {slot.split("/")[1] for slot in only_eli} == {str(clinic.eli.pk)}
        assert only_eli[0].startswith("2026-12-01T")

        answer = desk.post(ADD, sent | {"show": "all", "location": mesa.pk, "from": "2026-12-01"})
        assert slots_of(answer)[0] == f"2026-12-01T00:00/{clinic.eli.pk}/{room.pk}"
        assert "Times on the clock at Mesa Clinic (America/Phoenix)." in page_of(answer)

        later = re.search(r'name="later" value="([^"]+)"', answer.content.decode())[1]
        assert slots_of(desk.post(ADD, sent | {"location": mesa.pk, "later": later}))[0].startswith(f"{later}T")

    def test_all_of_a_days_quarter_hours(self, clinic, desk):
        sent = {"patient": clinic.ana.pk, "treatment": clinic.face.pk, "with": clinic.dana.pk}
        few = [slot for slot in slots_of(desk.post(ADD, sent | {"show": "all"})) if slot.startswith("2026-11-03")]
        everything = [slot for slot in slots_of(desk.post(ADD, sent | {"all_of": "2026-11-03"})) if slot.startswith("2026-11-03")]

        assert [slot[11:16] for slot in few[:3]] == ["00:00", "01:15", "02:30"]  # one after the other, without a gap
        assert [slot[11:16] for slot in everything[:3]] == ["00:00", "00:15", "00:30"]

    def test_where_nothing_is_free_it_says_until_when(self, clinic, desk):
        for person in (clinic.dana, clinic.eli):
            person.absences.create(during=(at("2026-11-01"), at("2027-03-01")))

        said = page_of(desk.post(ADD, {"patient": clinic.ana.pk, "treatment": clinic.face.pk, "show": "all"}))

        assert "Nothing is free from November 2 until November 30." in said

    def test_busy_days_take_no_more_queries_than_empty_ones(self, clinic, desk):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert desk.get(ADD, {"patient": clinic.ana.pk, "treatment": clinic.face.pk}).status_code == 200
            return len(captured)

        clinic.book(clinic.ana, at("2026-12-24"), now=MORNING)
        quiet = queries()
        for hour in range(8, 18, 2):
            clinic.book(patient(f"P{hour} Busy", 50 + hour), at("2026-11-02", f"{hour + 2:02}:00"), now=MORNING)
        assert queries() <= quiet
        assert quiet <= 35


class TestNewPatients:
    def test_a_new_patient_is_added_and_booked_and_told(self, clinic, desk):
        answer = desk.post(ADD, typed(clinic, **DORA, **{"new-care_by_sms": "on"}), follow=True)

        booked = Appointment.objects.get()
        assert (booked.patient.full_name, booked.starts_at) == ("Dora Dunn", at("2026-11-05", "10:00"))
        assert reachable_by(booked.patient, "care") == {"sms": "+12125550144"}
        assert Consent.objects.get().actor.username == "frontdesk"
        assert Message.objects.filter(address="+12125550144").count() == 3
        assert [str(message) for message in answer.context["messages"]] == [
            "Booked: Dora Dunn, Thu, Nov 5, 2026, 10:00 AM, with Dana Diaz in Room 1."
        ]

    def test_a_refused_booking_adds_no_patient_and_keeps_all_that_was_typed(self, clinic, desk):
        clinic.book(clinic.ben, at("2026-11-05", "10:00"), now=MORNING)
        before = Message.objects.count()

        answer = desk.post(ADD, typed(clinic, **DORA, **{"new-care_by_sms": "on", "new-wants_quiet_nights": "on"}))

        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Dana Diaz already has an appointment from 10:00 AM to 11:15 AM" in page_of(answer)
        assert page_of(answer).count("already has an appointment") == 1
        for kept in ("Dora", "Dunn", "2/29/1988", "(212) 555-0144", "dora@example.org", "2026-11-05"):
            assert f'value="{kept}"' in page
        for box in ("care_by_sms", "wants_quiet_nights"):
            assert re.search(rf'name="new-{box}"[^>]* checked', page)
        assert f"2026-11-05T10:00/{clinic.eli.pk}/{clinic.other_room.pk}" in slots_of(answer)  # fresh ones
        assert not Patient.objects.filter(last_name="Dunn").exists()
        assert (Appointment.objects.count(), Consent.objects.count(), Message.objects.count()) == (1, 0, before)

    def test_what_is_missing_or_wrong_is_said_and_nothing_is_added(self, clinic, desk):
        answer = desk.post(ADD, typed(clinic, **DORA | {"new-birth_date": "yesterday", "new-phone": "", "new-care_by_sms": "on"}, room=""))

        said = page_of(answer)
        assert "Enter a valid date." in said
        assert "Dora agreed to texts. Untick that, or enter a number." in said
        assert "This field is required." in said
        assert Patient.objects.count() == 3

    @pytest.mark.parametrize(
        ("q", "first", "last", "phone"),
        [
            ("dora dunn", "Dora", "Dunn", ""),
            ("Dunn, Dora", "Dora", "Dunn", ""),
            ("maria del Mar", "maria del", "Mar", ""),
            ("dora", "Dora", "", ""),
            ("(212) 555-0144", "", "", "(212) 555-0144"),
            ("1988-02-29", "", "", ""),
        ],
    )
    def test_what_was_searched_for_is_carried_over(self, clinic, desk, q, first, last, phone):
        form = desk.post(ADD, {"q": q, "show": "newcomer"}).context["newcomer"]

        carried = [form[name].value() or "" for name in ("first_name", "last_name", "phone", "time_zone")]
        assert carried == [first, last, phone, "America/New_York"]

    def test_looking_at_times_keeps_what_was_typed_and_ticked(self, clinic, desk):
        page = desk.post(ADD, typed(clinic, **DORA, **{"new-care_by_sms": "on", "show": "all"})).content.decode()

        assert 'value="2/29/1988"' in page
        assert re.search(r'name="new-care_by_sms"[^>]* checked', page)
        assert not re.search(r'name="new-care_by_email"[^>]* checked', page)
        assert "errorlist" not in page

    def test_somebody_very_young_is_warned_of_before(self, clinic, desk):
        answer = desk.post(ADD, typed(clinic, **DORA | {"new-birth_date": "1/1/2008"}, show="all"))

        assert "Dora will be under 22" in page_of(answer)

    @pytest.mark.parametrize("alike", [{"phone": "+12125550144"}, {"first_name": "Dóra", "last_name": "Dunn"}])
    def test_who_may_be_the_same_is_pointed_out_first(self, clinic, desk, alike):
        known = patient("Theodora Dunne", 70, birth_date=date(1988, 2, 29), **alike)

        answer = desk.post(ADD, typed(clinic, **DORA))

        assert "do you have this patient already?" in page_of(answer)
        assert f'name="choose" value="{known.pk}"' in answer.content.decode()
        assert (Appointment.objects.count(), Patient.objects.count()) == (0, 4)

        chosen = desk.post(ADD, typed(clinic, **DORA, choose=known.pk))
        assert chosen.context["patient"] == known
        assert "works." in page_of(chosen)

        assert desk.post(ADD, typed(clinic, **DORA, is_somebody_else="on")).status_code == 302
        assert (Appointment.objects.count(), Patient.objects.count()) == (1, 5)

    def test_who_may_not_add_patients_books_those_there_are(self, clinic):
        booker = User.objects.create(username="booker", is_staff=True)
        for codename in ("view_patient", "add_appointment", "view_appointment"):
            booker.user_permissions.add(Permission.objects.get(codename=codename))
        client = Client()
        client.force_login(booker)

        assert "Add a new patient" not in page_of(client.get(ADD))
        client.post(ADD, typed(clinic, **DORA))
        assert Patient.objects.count() == 3
        assert client.post(ADD, typed(clinic, patient=clinic.ana.pk)).status_code == 302


class TestBooking:
    def test_pressed_once_more_it_says_that_it_is_booked(self, clinic, desk):
        """The answer was lost on its way, or there are no scripts that swallow a second click."""
        form = typed(clinic, patient=clinic.ana.pk, nights="texts")
        answers = [desk.post(ADD, form, follow=True) for _press in range(2)]

        session = "Ana Alvarez, Thu, Nov 5, 2026, 10:00 AM, with Dana Diaz in Room 1."
        said = [[str(message) for message in answer.context["messages"]] for answer in answers]
        assert said == [[f"Booked: {session}"], [f"Booked already: {session}"]]
        assert Appointment.objects.count() == 1

    @pytest.mark.parametrize("other", [{"nights": "quiet"}, {"starts_at_1": "10:15"}])
    def test_what_is_another_booking_is_refused(self, clinic, desk, other):
        form = typed(clinic, patient=clinic.ana.pk, nights="texts")
        desk.post(ADD, form)

        assert "Nothing is booked yet" in page_of(desk.post(ADD, form | other))

    def test_the_nights_are_asked_shown_and_kept(self, clinic, desk):
        page = desk.get(ADD, {"patient": clinic.ana.pk}).content.decode()
        assert re.search(r'name="nights" value="texts"[^>]* checked', page)

        desk.post(ADD, typed(clinic, patient=clinic.ana.pk, nights="quiet"))

        clinic.ana.refresh_from_db()
        assert clinic.ana.wants_quiet_nights
        page = desk.get(ADD, {"patient": clinic.ana.pk}).content.decode()
        assert re.search(r'name="nights" value="quiet"[^>]* checked', page)

    def test_the_question_is_in_words_to_read_aloud(self, clinic, desk):
        known = unescape(desk.get(ADD, {"patient": clinic.ana.pk}).content.decode())
        assert "<legend>May we text at night too, in the first 24 hours?</legend>" in known
        newcomer = unescape(desk.get(ADD, {"who": "new"}).content.decode())
        assert "Ask: “May we text at night too, in the first 24 hours?”" in newcomer

    def test_what_is_planned_already_follows_another_answer(self, clinic, desk):
        with freeze_time(at("2026-11-03", "14:00")):
            clinic.treat(clinic.consents(clinic.ana), at("2026-11-03", "13:00"), treatment=clinic.scalp)
            desk.post(ADD, typed(clinic, day="2026-12-08", patient=clinic.ana.pk, nights="quiet"))
        assert Appointment.objects.filter(status="booked").exists()
        [night] = outbox(dedupe_key__endswith="-3-night")
        assert "about 11:00 PM, 2:00 AM and 5:00 AM, then at 8:00 AM" in night.body

    @pytest.mark.parametrize("show", [{}, {"show": "all"}])
    def test_a_time_that_the_clocks_skip_gets_a_sentence(self, clinic, desk, show):
        wanted = typed(clinic, day="2027-03-14", clock="2:30 AM", patient=clinic.ana.pk, **show)
        assert SKIPPED in page_of(desk.post(ADD, wanted))
        assert not Appointment.objects.exists()

    def test_a_time_that_only_the_servers_own_clock_skips_is_booked(self, clinic, desk):
        clinic.location.time_zone = "America/Phoenix"
        clinic.location.save()
        assert desk.post(ADD, typed(clinic, day="2027-03-14", clock="2:30 AM", patient=clinic.ana.pk)).status_code == 302
        assert Appointment.objects.get().starts_at == at("2027-03-14", "02:30", "America/Phoenix")

    def test_a_refused_booking_leaves_the_nights_as_they_were(self, clinic, desk):
        clinic.book(clinic.ben, at("2026-11-05", "10:00"), now=MORNING)

        answer = desk.post(ADD, typed(clinic, patient=clinic.ana.pk, nights="quiet"))

        clinic.ana.refresh_from_db()
        assert not clinic.ana.wants_quiet_nights
        assert re.search(r'name="nights" value="quiet"[^>]* checked', answer.content.decode())

    def test_nobody_asked_nothing_changes(self, clinic, desk):
        Patient.objects.filter(pk=clinic.ana.pk).update(wants_quiet_nights=True)
        desk.post(ADD, typed(clinic, patient=clinic.ana.pk))
        clinic.ana.refresh_from_db()
        assert clinic.ana.wants_quiet_nights

    @pytest.mark.parametrize(
        ("following", "leads_to"),
        [
            ("/admin/?from=board", "/admin/?from=board"),
            ("https://example.org/", "/change/"),
            ("//example.org/", "/change/"),
            ("javascript:alert(1)", "/change/"),
            ("", "/change/"),
        ],
    )
    def test_afterwards_one_goes_on_where_one_came_from(self, clinic, desk, following, leads_to):
        page = desk.get(ADD, {"patient": clinic.ana.pk, "next": following}).content.decode()
        assert f'name="next" value="{following if following.startswith("/admin") else ""}"' in page

        answer = desk.post(ADD, typed(clinic, patient=clinic.ana.pk, next=following))

        assert answer["Location"].endswith(leads_to)
        assert answer["Location"].startswith("/admin/")

    def test_somebody_else_took_it_meanwhile(self, clinic, desk):
        sent = typed(clinic, patient=clinic.ana.pk, q="ana", nights="texts")
        assert "works." in page_of(desk.post(ADD, sent | {"show": "all"}))
        clinic.book(clinic.ben, at("2026-11-05", "10:00"), now=MORNING)

        answer = desk.post(ADD, sent)

        assert page_of(answer).count("Dana Diaz already has an appointment from 10:00 AM to 11:15 AM on November 5, 2026") == 1
        assert 'value="10:00 AM"' in answer.content.decode()
        assert f"2026-11-05T10:00/{clinic.eli.pk}/{clinic.other_room.pk}" in slots_of(answer)
        assert f"2026-11-05T10:00/{clinic.dana.pk}/{clinic.room.pk}" not in slots_of(answer)
        assert Appointment.objects.count() == 1

    def test_a_practitioner_of_another_place_is_named(self, clinic, desk):
        mesa = Location.objects.create(name="Mesa Clinic", phone="+12125550109", time_zone="America/Phoenix")
        room = Room.objects.create(location=mesa, name="Garden room")

        assert "Dana Diaz doesn't work at Mesa Clinic." in page_of(desk.post(ADD, typed(clinic, patient=clinic.ana.pk, room=room.pk)))

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_garbage_gets_a_page_and_books_nothing(self, clinic, desk, method):
        for garbage in GARBAGE:
            sent = {"patient": clinic.ana.pk, "treatment": clinic.face.pk, "practitioner": clinic.dana.pk} | garbage
            assert getattr(desk, method)(ADD, sent).status_code == 200, garbage
        assert not Appointment.objects.exists()
        assert Patient.objects.count() == 3

    def test_what_is_missing_is_said_in_words(self, clinic, desk):
        said = page_of(desk.post(ADD, {}))

        assert "Choose the patient, or add a new one." in said
        assert "Choose the treatment." in said

    def test_looking_changes_nothing(self, clinic, desk):
        sent = typed(clinic, patient=clinic.ana.pk, starts_at="2026-11-05T10:00", nights="quiet")
        assert desk.get(ADD, sent | DORA | {"new-care_by_sms": "on"}).status_code == 200
        assert (Appointment.objects.count(), Patient.objects.count(), Consent.objects.count()) == (0, 3, 0)


def chosen(answer, field: str) -> str:
    """What the select shows; "" for “Choose…”."""
    select = re.search(rf'<select name="{field}".*?</select>', answer.content.decode(), re.S).group()
    return next(iter(re.findall(r'<option value="(\d*)" selected', select)), "")


class TestFromTheBoard:
    """A column of the board is a practitioner or a room, so it brings only the one along."""

    def choose(self, clinic, desk, **brought):
        where = {"location": clinic.location.pk, "starts_at_0": "2026-11-05", "starts_at_1": "10:00 AM"}
        return desk.post(ADD, {"treatment": clinic.face.pk, "choose": clinic.ana.pk} | where | brought)

    def test_the_first_room_that_is_free_then_is_filled_in(self, clinic, desk):
        clinic.book(clinic.ben, at("2026-11-05", "10:30"), practitioner=clinic.eli)  # in the first room
        answer = self.choose(clinic, desk, practitioner=clinic.dana.pk)

        assert chosen(answer, "room") == str(clinic.other_room.pk)
        assert "Dana Diaz in Room 2 works." in page_of(answer)

    def test_whoever_is_free_for_the_room_is_filled_in(self, clinic, desk):
        clinic.book(clinic.ben, at("2026-11-05", "10:30"))  # with Dana
        answer = self.choose(clinic, desk, room=clinic.other_room.pk)

        assert chosen(answer, "practitioner") == str(clinic.eli.pk)
        assert "Eli Evans in Room 2 works." in page_of(answer)

    def test_at_another_location_it_stays_there(self, clinic, desk):
        there = Location.objects.create(name="Ash Street Clinic", phone="+12125550104", time_zone="America/Phoenix")
        room = Room.objects.create(location=there, name="Room 9")
        clinic.dana.locations.add(there)
        first = desk.get(ADD, {"practitioner": clinic.dana.pk, "location": there.pk, "starts_at": "2026-11-05T10:00"})
        assert f'<input type="hidden" name="location" value="{there.pk}">' in first.content.decode()
        answer = self.choose(clinic, desk, practitioner=clinic.dana.pk, location=there.pk)

        assert chosen(answer, "room") == str(room.pk)
        assert 'type="hidden" name="location"' not in answer.content.decode()  # there is a field for it now

    def test_where_nobody_is_free_nothing_is_filled_in(self, clinic, desk):
        clinic.book(clinic.ben, at("2026-11-05", "10:30"))
        answer = self.choose(clinic, desk, practitioner=clinic.dana.pk)

        assert chosen(answer, "room") == ""


@pytest.mark.django_db(transaction=True)
def test_two_desks_add_a_patient_each_at_one_time(committed_clinic, sign_in, at_once):
    clinic = committed_clinic
    tomorrow = datetime.now(NEW_YORK) + timedelta(days=1)
    desks = [sign_in("Front desk"), sign_in("Manager")]
    people = [DORA, DORA | {"new-first_name": "Emil", "new-phone": "(212) 555-0145"}]
    wanted = [typed(clinic, f"{tomorrow:%Y-%m-%d}", "10:00", **person) for person in people]

    answers = at_once([lambda desk=desk, form=form: desk.post(ADD, form) for desk, form in zip(desks, wanted, strict=True)])

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert (Appointment.objects.count(), Patient.objects.filter(last_name="Dunn").count()) == (1, 1)
