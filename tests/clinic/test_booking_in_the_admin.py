"""The front desk books, moves and closes appointments in the admin."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from aftercare.models import CareMessage, Plan
from aftercare.services import give_consent, withdraw_consent
from notifications.models import Message
from notifications.services import suppress
from scheduling import services
from scheduling.models import Appointment
from tests.clinic_world import NEW_YORK, Clinic

ADD = "/admin/scheduling/appointment/add/"


def coming(days: int, clock: int = 13):
    """That many days from today, on the clinic's clock."""
    day = timezone.now().astimezone(NEW_YORK) + timedelta(days=days)
    return day.replace(hour=clock, minute=0, second=0, microsecond=0)


def typed(clinic: Clinic, starts_at, **changed):
    return {
        "patient": clinic.ana.pk,
        "treatment": clinic.face.pk,
        "practitioner": clinic.dana.pk,
        "room": clinic.room.pk,
        "starts_at_0": f"{starts_at:%Y-%m-%d}",
        "starts_at_1": f"{starts_at:%H:%M}",
    } | changed


@pytest.fixture
def desk(sign_in) -> Client:
    return sign_in("Front desk")


def test_a_booking_is_saved_with_its_time_on_the_clinics_clock(clinic, desk):
    answer = desk.post(ADD, typed(clinic, coming(3)))

    assert answer.status_code == 302
    booked = Appointment.objects.get()
    assert (booked.patient, booked.starts_at, booked.booked_by.username) == (clinic.ana, coming(3), "frontdesk")


def test_what_was_saved_is_called_by_the_patients_name(clinic, desk):
    answer = desk.post(ADD, typed(clinic, coming(3)), follow=True)

    [message] = [str(message) for message in answer.context["messages"]]
    assert "Ana Alvarez, " in message
    assert f"patient {clinic.ana.pk}" not in message


def test_a_name_with_a_tag_in_it_is_only_a_name(clinic, desk):
    clinic.ana.last_name = "<script>alert(1)</script>"
    clinic.ana.save()

    page = desk.post(ADD, typed(clinic, coming(3)), follow=True).content.decode()

    assert "<script>alert(1)" not in page
    assert "Ana &lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("clock", ["13:00", "1:00 PM", "1 pm", "1:00pm", "13:00:00"])
def test_the_time_may_be_typed_as_people_say_it(clinic, desk, clock):
    desk.post(ADD, typed(clinic, coming(3), starts_at_1=clock))

    assert Appointment.objects.get().starts_at == coming(3)


def test_the_clock_is_the_locations_wherever_the_server_is(clinic, desk, settings):
    clinic.location.time_zone = "America/Phoenix"
    clinic.location.save()

    desk.post(ADD, typed(clinic, coming(3)))

    assert Appointment.objects.get().starts_at.astimezone(clinic.location.zone).hour == 13


def test_too_soon_is_said_on_the_form_and_nothing_typed_is_lost(clinic, desk):
    services.book(patient=clinic.ana, treatment=clinic.face, practitioner=clinic.dana, room=clinic.room, starts_at=coming(3))
    before = Message.objects.count()

    answer = desk.post(ADD, typed(clinic, coming(30), practitioner=clinic.eli.pk))

    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert "Ana's skin needs until" in page
    assert "and the minimum interval is 28 days." in page
    assert f'value="{coming(30):%Y-%m-%d}"' in page
    assert f'<option value="{clinic.eli.pk}" selected>' in page
    assert (Appointment.objects.count(), Message.objects.count()) == (1, before)


@pytest.mark.django_db(transaction=True)
def test_two_people_press_save_at_the_same_moment(committed_clinic, sign_in, at_once):
    clinic = committed_clinic
    desks = [sign_in("Front desk"), sign_in("Manager")]
    wanted = [typed(clinic, coming(3)), typed(clinic, coming(3), patient=clinic.ben.pk)]

    answers = at_once([lambda desk=desk, form=form: desk.post(ADD, form) for desk, form in zip(desks, wanted, strict=True)])

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    [refused] = [unescape(answer.content.decode()) for answer in answers if answer.status_code == 200]
    assert "Dana Diaz already has an appointment from 1:00 PM to 2:15 PM" in refused or "Room 1 is taken from 1:00 PM to 2:15 PM" in refused
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"starts_at_0": "2026-13-45"}, "Enter a valid date."),
        ({"starts_at_1": "25:99"}, "Enter a valid time."),
        ({"starts_at_0": "2020-01-07"}, "That time is already past. Please choose a later one."),
        ({"starts_at_0": "2062-12-04"}, "That is more than two years ahead. Please check the year."),
        ({"patient": "99999"}, "This patient isn’t in the list any more."),
        ({"room": ""}, "This field is required."),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(clinic, desk, changed, sentence):
    answer = desk.post(ADD, typed(clinic, coming(3), **changed))

    assert answer.status_code == 200
    assert sentence in unescape(answer.content.decode())
    assert not Appointment.objects.exists()
    assert not Message.objects.exists()


def test_the_reports_book_link_starts_the_form_with_patient_and_treatment(clinic, desk):
    services.book(patient=clinic.ana, treatment=clinic.scalp, practitioner=clinic.dana, room=clinic.room, starts_at=coming(3))

    page = desk.get(f"{ADD}?patient={clinic.ana.pk}").content.decode()

    assert f'<input type="hidden" name="patient" value="{clinic.ana.pk}">' in page
    assert f'<option value="{clinic.scalp.pk}" selected' in page
    for nonsense in ("patient=nobody", "patient=²", "starts_at=2027-01-01", f"treatment={10**30}"):
        assert desk.get(f"{ADD}?{nonsense}").status_code == 200


class TestSteps:
    @pytest.fixture
    def booked(self, clinic) -> Appointment:
        starts_at = timezone.now() - timedelta(hours=2)
        return clinic.book(clinic.consents(clinic.ana), starts_at, now=starts_at)

    def step(self, desk: Client, appointment: Appointment, verb: str, **answers):
        return desk.post(f"/admin/scheduling/appointment/{appointment.pk}/step/{verb}/", answers, follow=True)

    def test_completing_starts_the_aftercare(self, desk, booked):
        page = self.step(desk, booked, "complete").content.decode()

        assert "completed; aftercare is on its way" in page
        booked.refresh_from_db()
        assert booked.status == "fulfilled"
        assert Plan.objects.get().appointment == booked
        assert CareMessage.objects.filter(kind="dose").count() == 22

    def test_where_nothing_can_go_out_it_says_so_before_and_after(self, clinic, desk, booked):
        withdraw_consent(clinic.ana, "care", "sms", source="front desk")
        here = f"/admin/scheduling/appointment/{booked.pk}/step/complete/"
        page = unescape(desk.get(here).content.decode())
        assert "<p>The session is over. The patient's aftercare messages start now.</p>" in page
        assert "No aftercare" not in page

        withdraw_consent(clinic.ana, "care", "email", source="front desk")
        why = "No aftercare can go out: no consent for texts or emails. Ask Ana, and tick it on the patient's page."
        page = unescape(desk.get(here).content.decode())
        assert f'<p>The session is over.</p><p class="notice">{why}</p>' in page
        assert "start now" not in page

        answer = self.step(desk, booked, "complete")
        [note] = answer.context["messages"]
        assert (note.level_tag, str(note)) == ("warning", f"Ana Alvarez, {booked.local_time_text}: completed. {why}")

    def test_nor_without_an_address_or_once_the_number_has_said_stop(self, clinic, desk, booked):
        clinic.ana.email = clinic.ana.phone = ""
        clinic.ana.save()
        assert "No aftercare can go out: no phone number and no email address. Ask Ana for a number or an email address," in unescape(
            desk.get(f"/admin/scheduling/appointment/{booked.pk}/step/complete/").content.decode()
        )
        clinic.ana.phone = "+12125550101"
        clinic.ana.save()
        clinic.consents(clinic.ana, "sms")
        suppress("sms", "+12125550101", reason="STOP", now=timezone.now())
        give_consent(clinic.ana, "care", "sms", source="front desk")
        assert "No aftercare can go out: the number said STOP. Ask Ana to text START from it, or to agree to emails." in unescape(
            desk.get(f"/admin/scheduling/appointment/{booked.pk}/step/complete/").content.decode()
        )

    def test_in_the_lists_action_only_those_who_get_nothing_are_named(self, clinic, desk, booked):
        other = clinic.book(clinic.ben, booked.starts_at + timedelta(minutes=75), now=booked.starts_at)
        page = desk.post("/admin/scheduling/appointment/", {"action": "complete", "_selected_action": [booked.pk, other.pk]})
        said = unescape(page.content.decode())
        assert "The patient's aftercare messages start now.</p>" in said
        assert "Ask Ben, and tick it" in said
        assert "Ask Ana" not in said

    def test_a_cancellation_says_whether_the_patient_is_told(self, clinic, desk):
        soon = clinic.book(clinic.consents(clinic.ana), coming(3), now=timezone.now())
        here = f"/admin/scheduling/appointment/{soon.pk}/step/cancel/"
        page = unescape(desk.get(here).content.decode())
        assert "<p>Time and room become free.</p><p>Ana isn't told: the confirmation hadn't gone out.</p>" in page
        assert "The patient is told" not in page

        Message.objects.update(status="delivered")
        assert "The patient is told, and nothing more goes out" in unescape(desk.get(here).content.decode())
        page = self.step(desk, soon, "cancel", reason="ill")
        assert [str(note) for note in page.context["messages"]] == [f"Ana Alvarez, {soon.local_time_text}: cancelled; the patient is told."]

        again = clinic.book(clinic.ana, coming(3), now=timezone.now())
        [note] = self.step(desk, again, "cancel", reason="ill").context["messages"]
        assert str(note) == f"Ana Alvarez, {again.local_time_text}: cancelled. Ana isn't told: the confirmation hadn't gone out."
        bens = clinic.book(clinic.ben, coming(4), now=timezone.now())
        [note] = self.step(desk, bens, "cancel", reason="ill").context["messages"]
        assert str(note).endswith("cancelled. Ben isn't told: no consent for texts or emails.")

    def test_an_end_before_the_start_is_refused_in_words(self, desk, booked):
        earlier = (booked.starts_at - timedelta(minutes=1)).astimezone(NEW_YORK)
        if earlier.hour == 1:  # which is there twice on one night of the year
            earlier -= timedelta(hours=2)

        page = self.step(desk, booked, "complete", completed_at_0=f"{earlier:%Y-%m-%d}", completed_at_1=f"{earlier:%I:%M %p}")

        assert "The end of the session can't be before its start." in unescape(page.content.decode())
        assert f'value="{earlier:%I:%M %p}"' in page.content.decode()  # what was typed stays
        booked.refresh_from_db()
        assert (booked.status, Plan.objects.count()) == ("booked", 0)

    def test_the_same_appointment_can_be_completed_and_cancelled_only_once(self, desk, booked):
        self.step(desk, booked, "complete")

        page = unescape(self.step(desk, booked, "cancel", reason="she called").content.decode())

        assert "This appointment is completed, so it can't become cancelled." in page
        assert Plan.objects.filter(stopped_at=None).count() == 1

    def test_cancelling_asks_for_a_reason(self, desk, booked):
        page = self.step(desk, booked, "cancel").content.decode()

        assert "This field is required." in page
        booked.refresh_from_db()
        assert booked.status == "booked"

    def test_an_unknown_step_or_appointment_is_not_found(self, desk, booked):
        assert self.step(desk, booked, "explode").status_code == 404
        assert desk.post("/admin/scheduling/appointment/999/step/arrive/").status_code == 404

    def test_looking_at_the_page_changes_nothing(self, desk, booked):
        for verb in ("arrive", "complete", "cancel", "no-show", "reopen"):
            assert desk.get(f"/admin/scheduling/appointment/{booked.pk}/step/{verb}/").status_code == 200

        booked.refresh_from_db()
        assert booked.status == "booked"

    def test_the_lists_action_takes_several_and_says_what_became_of_each(self, clinic, desk, booked):
        other = clinic.book(clinic.ben, coming(3), now=timezone.now())
        listed = {"action": "no-show", "_selected_action": [booked.pk, other.pk]}

        first = desk.post("/admin/scheduling/appointment/", listed)
        assert "Ben Brooks" in first.content.decode()
        assert Appointment.objects.filter(status="noshow").count() == 0

        page = unescape(desk.post("/admin/scheduling/appointment/", listed | {"confirmed": "yes"}, follow=True).content.decode())
        assert "marked as a no-show" in page
        assert "hasn't started yet" in page
        assert list(Appointment.objects.filter(status="noshow")) == [booked]

    def test_somebody_who_may_only_look_can_take_no_step(self, db, booked):
        from django.contrib.auth.models import Permission, User

        onlooker = User.objects.create(username="onlooker", is_staff=True)
        onlooker.user_permissions.add(Permission.objects.get(codename="view_appointment"))
        client = Client()
        client.force_login(onlooker)

        assert client.post(f"/admin/scheduling/appointment/{booked.pk}/step/complete/").status_code == 403
        client.post(
            "/admin/scheduling/appointment/", {"action": "cancel", "_selected_action": [booked.pk], "confirmed": "1", "reason": "x"}
        )
        booked.refresh_from_db()
        assert booked.status == "booked"
