from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from aftercare.models import Consent
from aftercare.services import reachable_by
from scheduling.admin import PatientAdmin
from scheduling.forms import NewcomerForm
from scheduling.models import Patient
from tests.clinic_world import TODAY, outbox
from tests.clock import freeze_time

ADD = "/admin/scheduling/patient/add/"

DORA = {
    "first_name": "Dora",
    "last_name": "Dunn",
    "birth_date": "1988-02-29",
    "phone": "(212) 555-0144",
    "email": "dora@example.org",
    "language": "en",
    "time_zone": "America/New_York",
    "care_by_sms": "on",
}


ONE_LINE = "Please write it in one line, without line breaks or tabs."
UNSEEN = "There is a character in it that can’t be seen. Please type the name again."


@pytest.fixture
def desk(sign_in):
    return sign_in("Front desk")


def as_form(patient: Patient, **changed):
    fields = ("first_name", "last_name", "birth_date", "phone", "email", "language", "time_zone")
    return {name: str(getattr(patient, name)) for name in fields} | changed


def test_a_new_patient_and_what_she_agreed_to(desk):
    assert desk.post(ADD, DORA).status_code == 302

    dora = Patient.objects.get()
    assert str(dora.phone.as_e164) == "+12125550144"
    assert reachable_by(dora, "care") == {"sms": "+12125550144"}
    consent = Consent.objects.get()
    assert (consent.address, consent.is_granted, consent.source, consent.actor.username) == (
        "+12125550144",
        True,
        "front desk",
        "frontdesk",
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"phone": "12"}, "Enter a valid phone number"),
        ({"time_zone": "Mars/Olympus"}, "“Mars/Olympus” is not a time zone; use a name such as America/New_York."),
        ({"email": "dora"}, "Enter a valid email address."),
        ({"phone": ""}, "Dora agreed to texts. Untick that, or enter a number."),
        ({"birth_date": "yesterday"}, "Enter a valid date."),
        ({"birth_date": "2130-02-01"}, "Please check the year of birth."),
        ({"birth_date": "1830-02-01"}, "Please check the year of birth."),
        *(({"first_name": name}, ONE_LINE) for name in ("Dora\nBcc: x", "Dora\r\nX", "Do\tra", "Do\x1bra", "Do\x85ra", "Do\u2028ra")),
        *(
            ({"last_name": name}, UNSEEN)
            for name in ("\u202eDunn", "Du\u200bnn", "Du\xadnn", "\ufeffDunn", "Du\u2066nn", "\u200d", "-\u200c")
        ),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(desk, changed, sentence):
    answer = desk.post(ADD, DORA | changed)

    assert answer.status_code == 200
    assert sentence in unescape(answer.content.decode())
    assert not Patient.objects.exists()
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    "name", ["O’Dunn-Šťastná", "van der Berg Jr.", "علی\u200cرضا", "ക്ഷമ", "മോഹന്\u200d", "क्\u200dष", "D\u0300unn", "李"]
)
def test_a_name_is_taken_in_any_script(desk, name):
    """How letters join is said by what has no width itself."""
    assert desk.post(ADD, DORA | {"last_name": name}).status_code == 302

    assert Patient.objects.get().last_name == name


def test_nor_is_anything_else_of_somebody_new_who_is_booked(db):
    form = NewcomerForm(DORA | {"first_name": "Do\u202era", "last_name": "Dunn\nX"})

    assert form.errors == {"first_name": [UNSEEN], "last_name": [ONE_LINE]}


def test_a_new_number_voids_the_consent_and_what_was_queued_for_the_old_one(clinic, desk):
    ana = clinic.consents(clinic.ana, "sms")
    clinic.book(ana)
    assert len(outbox()) == 3

    page = desk.post(f"/admin/scheduling/patient/{ana.pk}/change/", as_form(ana, phone="(212) 555-0199", care_by_sms="on"), follow=True)

    assert [str(note) for note in page.context["messages"]][:2] == [
        "Consent was for the old phone. Ask Ana again, and tick it for the new one.",
        "3 planned ones don't go out.",
    ]
    ana.refresh_from_db()
    assert reachable_by(ana, "care") == {}
    assert outbox() == []
    assert {message.reason for message in outbox("cancelled")} == {"the address changed"}


class TestAtOnce:
    """The desk changes her language while a receipt says that her number stopped: each has what the other wants."""

    @pytest.fixture
    def both(self, committed_clinic, sign_in, crossing):
        ana, desk = committed_clinic.consents(committed_clinic.ana), sign_in("Front desk")
        with freeze_time(TODAY):
            committed_clinic.book(ana)
            form = as_form(ana, language="es", care_by_sms="on", care_by_email="on")
            yield lambda: crossing(outbox(channel="sms")[-1], lambda: desk.post(f"/admin/scheduling/patient/{ana.pk}/change/", form))

    def test_whichever_is_ended_begins_anew(self, committed_clinic, both):
        recorded, answer = both()
        assert (recorded, answer.status_code) == (None, 302)
        assert Patient.objects.get(pk=committed_clinic.ana.pk).language == "es"
        assert {message.channel for message in outbox()} == {"email"}

    def test_control_begun_once_the_desk_gets_an_error(self, committed_clinic, both, monkeypatch):
        monkeypatch.delattr(PatientAdmin, "changeform_view")
        recorded, answer = both()
        assert (recorded, type(answer)) == (None, OperationalError)
        assert Patient.objects.get(pk=committed_clinic.ana.pk).language == "en"


def test_unticking_withdraws_and_saving_without_a_change_does_nothing(clinic, desk):
    ana = clinic.consents(clinic.ana, "sms", "email")
    here = f"/admin/scheduling/patient/{ana.pk}/change/"

    desk.post(here, as_form(ana, care_by_sms="on", care_by_email="on"))
    assert Consent.objects.count() == 2

    desk.post(here, as_form(ana, care_by_email="on"))
    assert set(reachable_by(ana, "care")) == {"email"}


def test_it_says_what_a_change_of_consent_did(clinic, desk):
    ana = clinic.consents(clinic.ana)
    clinic.book(ana, timezone.now() + timedelta(days=10), now=timezone.now())
    here = f"/admin/scheduling/patient/{ana.pk}/change/"

    def save(**boxes) -> str:
        first, *_ = desk.post(here, as_form(ana, **boxes), follow=True).context["messages"]
        return str(first)

    assert save(care_by_email="on") == "Texts end. 3 planned ones go by email instead."
    assert save(care_by_email="on", care_by_sms="on") == "Texts start. 3 planned ones go by text instead."
    assert save(care_by_sms="on") == "Emails end."
    assert save() == "Texts end. 3 planned ones don't go out."
    assert save(care_by_sms="on") == "Texts start. 2 planned ones go out."  # the confirmation's time has passed
    assert save(care_by_sms="on", recall_by_sms="on") == "Texts when a session is due start."
    assert "was changed successfully" in save(care_by_sms="on", recall_by_sms="on")


def test_several_changes_at_once_are_counted_as_what_came_of_them(clinic, desk):
    """Texts end and her language changes: each message is planned anew twice, and goes another way once."""
    ana = clinic.consents(clinic.ana)
    clinic.book(ana, timezone.now() + timedelta(days=10), now=timezone.now())
    here = f"/admin/scheduling/patient/{ana.pk}/change/"

    def save(**typed) -> str:
        first, *_ = desk.post(here, as_form(ana, **typed), follow=True).context["messages"]
        return str(first)

    assert save(care_by_email="on", language="es") == "Texts end. 3 planned ones go by email instead."
    assert save(care_by_email="on", care_by_sms="on", language="en") == "Texts start. 3 planned ones go by text instead."
    assert save(care_by_email="on", care_by_sms="on", language="es") == "3 planned messages follow."
    assert len(outbox()) == 3


def test_a_new_number_is_evidence_with_the_name_of_who_entered_it(clinic, desk):
    ana = clinic.consents(clinic.ana, "sms")
    User.objects.filter(username="frontdesk").update(first_name="Priya", last_name="Nair")
    desk.post(f"/admin/scheduling/patient/{ana.pk}/change/", as_form(ana, phone="(212) 555-0199", care_by_sms="on"))
    [withdrawn] = Consent.objects.filter(is_granted=False)
    page = unescape(desk.get(f"/admin/aftercare/consent/{withdrawn.pk}/change/").content.decode())
    assert "Priya Nair" in page
    assert "frontdesk" not in page
    assert "the address changed" in page
    assert "I agree to text messages" not in page


def test_from_her_page_to_her_messages_and_her_consents_and_back(clinic, desk):
    here = f"/admin/scheduling/patient/{clinic.ana.pk}/change/"
    page = desk.get(here).content.decode()
    for path in (f"/admin/aftercare/caremessage/?patient={clinic.ana.pk}", f"/admin/aftercare/consent/?patient={clinic.ana.pk}"):
        assert f'href="{path}"' in page
        there = desk.get(path).content.decode()
        assert "<h1>Ana Alvarez</h1>" in there
        assert f'<a href="{here}">Patient</a>' in there
    for path in ("/admin/aftercare/caremessage/", "/admin/aftercare/consent/"):
        there = desk.get(path).content.decode()
        assert "Show all" not in there
        assert "Ana Alvarez</h1>" not in there
        assert desk.get(f"{path}?patient=²").status_code in (200, 302)


@pytest.mark.parametrize("search", ["alvar", "Ana Alvarez", "5550101", "(212) 555-0101", "ana1@example", "1990-05"])
def test_patients_are_found_by_any_part(clinic, desk, search):
    page = desk.get("/admin/scheduling/patient/", {"q": search}).content.decode()

    assert "Ana Alvarez" in page


def test_what_is_logged_of_a_patient_holds_no_name(clinic, desk):
    from django.contrib.admin.models import LogEntry

    desk.post(f"/admin/scheduling/patient/{clinic.ana.pk}/change/", as_form(clinic.ana, first_name="Anna"))

    entry = LogEntry.objects.get()
    assert "Ann" not in f"{entry.object_repr} {entry.change_message}"


def test_the_search_as_one_types_calls_patients_by_their_names(clinic, desk):
    found = desk.get(
        "/admin/autocomplete/", {"app_label": "scheduling", "model_name": "appointment", "field_name": "patient", "term": "alv"}
    )

    assert [result["text"] for result in found.json()["results"]] == ["Ana Alvarez, May 17, 1990"]


@freeze_time(TODAY)  # in another year the page would name this one
def test_a_patients_page_answers_what_she_was_told(clinic, sign_in):
    desk = sign_in("Front desk")
    clinic.book(clinic.consents(clinic.ana, "sms"))
    clinic.book(clinic.ben, practitioner=clinic.eli, room=clinic.other_room)

    page = unescape(desk.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/").content.decode())
    assert 'Mon, Oct 26, 9:00 AM</a></th><td>confirmation</td><td>text message <span class="nowrap">…0101</span></td>' in page

    page = unescape(desk.get(f"/admin/scheduling/patient/{clinic.ben.pk}/change/").content.decode())
    assert "no consent for texts or emails" in page

    everything = desk.get(f"/admin/aftercare/caremessage/?patient={clinic.ana.pk}").content.decode()
    assert "Ana Alvarez" in everything
    assert "Ben Brooks" not in everything


@pytest.mark.parametrize(("role", "risk"), [("Front desk", False), ("Clinician", True), ("Manager", False)])
def test_what_the_skin_tends_to_is_said_by_a_clinician(clinic, sign_in, role, risk):
    here = f"/admin/scheduling/patient/{clinic.ana.pk}/change/"
    asked = as_form(clinic.ana, hyperpigmentation_risk="on", active_products="retinol")

    assert sign_in(role).post(here, asked).status_code == 302

    clinic.ana.refresh_from_db()
    assert (clinic.ana.hyperpigmentation_risk, clinic.ana.active_products) == (risk, "retinol")


@pytest.mark.parametrize(("role", "risk"), [("Front desk", False), ("Clinician", True)])
def test_of_a_new_patient_too(sign_in, role, risk):
    client = sign_in(role)

    assert ("Risk of dark patches" in client.get(ADD).content.decode()) is risk
    client.post(ADD, DORA | {"hyperpigmentation_risk": "on"})

    assert Patient.objects.get().hyperpigmentation_risk is risk
