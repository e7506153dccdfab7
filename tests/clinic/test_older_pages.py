"""Two have a page open, and both save it: each keeps what she hasn't touched, and what both have changed is asked once more."""

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.forms import BaseModelForm
from django.test import Client

from aftercare.forms.consent import PatientForm
from aftercare.models import Consent, OnCallContact, Protocol
from aftercare.services import give_consent, recall_policy, set_recall_policy, withdraw_consent
from clinic.roles import ROLES
from scheduling.forms import UntouchedStays
from scheduling.models import Appointment, Location, OpeningHours, Patient, Practitioner, Treatment
from tests.clinic.as_a_browser import Sent, sent_by
from tests.clinic_world import FIRST, Clinic, outbox
from tests.staff import member

Open = Callable[..., "OpenPage"]


class OpenPage:
    def __init__(self, client: Client, address: str, form: str) -> None:
        self.client, self.address, self.form = client, address, form
        self.sends: Sent = self._shows(client.get(address).content.decode())

    def _shows(self, page: str) -> Sent:
        self.page = page
        return sent_by(page, self.form)

    def save(self, **typed: object) -> list[str]:
        """What it refuses. Where it does, the page stays, with what was typed."""
        answer = self.client.post(self.address, {**self.sends, **typed, "_continue": "1"})
        if answer.status_code == 302:
            return []
        self.sends = self._shows(answer.content.decode())
        forms = [answer.context["adminform"].form, *(row.form for one in answer.context["inline_admin_formsets"] for row in one)]
        return [str(said) for form in forms for errors in form.errors.values() for said in errors]


@pytest.fixture
def opened(sign_in) -> Open:
    def by(role: str, thing: object) -> OpenPage:
        app, model = thing._meta.app_label, thing._meta.model_name
        return OpenPage(sign_in(role), f"/admin/{app}/{model}/{thing.pk}/change/", f'id="{model}_form"')

    return by


class TestPatients:
    def test_what_somebody_else_has_written_meanwhile_stays(self, clinic, opened):
        desk, clinicians = opened("Front desk", clinic.ana), opened("Clinician", clinic.ana)
        assert clinicians.save(notes="Allergic to lidocaine.\r\nAsk first.", active_products="tretinoin", birth_date="1985-07-13") == []
        assert desk.save(language="es") == []
        ana = Patient.objects.get(pk=clinic.ana.pk)
        assert (ana.notes, ana.active_products) == ("Allergic to lidocaine.\r\nAsk first.", "tretinoin")
        assert (ana.birth_date, ana.language) == (date(1985, 7, 13), "es")

    def test_what_both_have_changed_is_asked_once_more(self, clinic, opened):
        desk, clinicians = opened("Front desk", clinic.ana), opened("Clinician", clinic.ana)
        clinicians.save(notes="Allergic to lidocaine")
        said = "Meanwhile somebody has made this “Allergic to lidocaine”. Save once more to have yours instead."
        assert desk.save(notes="Comes by train.", first_name="Anna") == [said]
        assert Patient.objects.get(pk=clinic.ana.pk).notes == "Allergic to lidocaine"
        assert (desk.sends["notes"], desk.sends["first_name"]) == ("Comes by train.", "Anna")
        assert desk.save() == []
        assert Patient.objects.get(pk=clinic.ana.pk).notes == "Comes by train."
        assert Patient.objects.get(pk=clinic.ana.pk).first_name == "Anna"

    def test_and_once_more_where_a_third_one_was_quicker(self, clinic, opened):
        desk = opened("Front desk", clinic.ana)
        Patient.objects.filter(pk=clinic.ana.pk).update(notes="One.")
        assert len(desk.save(notes="Mine.")) == 1
        Patient.objects.filter(pk=clinic.ana.pk).update(notes="Two.")
        assert "made this “Two.”" in desk.save()[0]
        Patient.objects.filter(pk=clinic.ana.pk).update(notes="")
        assert "emptied this" in desk.save()[0]
        assert desk.save() == []

    def test_where_both_have_typed_the_same_nobody_is_asked(self, clinic, opened):
        desk = opened("Front desk", clinic.ana)
        Patient.objects.filter(pk=clinic.ana.pk).update(phone="+12125550144")
        assert desk.save(phone="(212) 555-0144") == []

    def test_lines_that_a_program_wrote_are_the_same_as_a_browser_sends_them(self, clinic, opened):
        Patient.objects.filter(pk=clinic.ana.pk).update(notes="One\nTwo")
        desk = opened("Front desk", clinic.ana)
        as_sent = {name: desk.sends[name].replace("\n", "\r\n") for name in ("notes", "initial-notes")}
        assert desk.save(**as_sent, language="es") == []
        assert Patient.objects.get(pk=clinic.ana.pk).notes.splitlines() == ["One", "Two"]
        assert desk.save(**as_sent | {"notes": "One\r\nTwo\r\nThree"}) == []

    def test_whatever_is_on_the_page_untouched_it_changes_nothing(self, clinic, opened, role):
        clinic.treat(clinic.consents(clinic.ana))
        before = Patient.objects.values().get(pk=clinic.ana.pk)
        page = opened(role, clinic.ana)
        assert page.save() == []
        assert Patient.objects.values().get(pk=clinic.ana.pk) == before

    def test_control_without_it_the_older_page_wins(self, clinic, opened, monkeypatch):
        monkeypatch.setattr(PatientForm, "_clean_fields", BaseModelForm._clean_fields)
        desk = opened("Front desk", clinic.ana)
        Patient.objects.filter(pk=clinic.ana.pk).update(notes="Allergic to lidocaine")
        desk.save(language="es")
        assert Patient.objects.get(pk=clinic.ana.pk).notes == ""


class TestConsent:
    def test_one_that_was_withdrawn_meanwhile_isnt_given_back(self, clinic, opened):
        clinic.treat(clinic.consents(clinic.ana))
        desk = opened("Front desk", clinic.ana)
        assert desk.sends["care_by_email"] == "on"
        withdraw_consent(clinic.ana, "care", "email", source="her link")
        queued, written = len(outbox(channel="email")), Consent.objects.count()
        assert desk.save(notes="Wants a later time.") == []
        assert Consent.objects.count() == written
        assert len(outbox(channel="email")) == queued == 0
        assert Patient.objects.get(pk=clinic.ana.pk).notes == "Wants a later time."

    def test_nor_is_one_that_was_given_meanwhile_taken_away(self, clinic, opened):
        desk = opened("Front desk", clinic.ana)
        give_consent(clinic.ana, "recall", "sms", source="front desk")
        desk.save(notes="Wants a later time.")
        assert Consent.objects.latest("pk").is_granted

    def test_who_asks_her_again_gives_it_again(self, clinic, opened):
        clinic.consents(clinic.ana)
        withdraw_consent(clinic.ana, "care", "email", source="her link")
        desk = opened("Front desk", clinic.ana)
        desk.save(care_by_email="on")
        assert Consent.objects.latest("pk").is_granted

    def test_with_the_address_that_somebody_else_has_mended_it_stays_asked_for(self, clinic, opened):
        """What she agreed to for the old one is void, and an older page makes no consent for the new one of it."""
        clinic.consents(clinic.ana)
        older, newer = opened("Front desk", clinic.ana), opened("Front desk", clinic.ana)
        newer.save(phone="(212) 555-0144")
        assert older.save(notes="Wants a later time.") == []
        ana = Patient.objects.get(pk=clinic.ana.pk)
        assert (ana.phone.as_e164, ana.notes) == ("+12125550144", "Wants a later time.")
        assert not Consent.objects.filter(patient=ana, address="+12125550144").exists()


class TestSetUp:
    def test_a_clinics_new_number_stays(self, clinic, opened):
        first, second = opened("Manager", clinic.location), opened("Manager", clinic.location)
        assert first.save(phone="(212) 555-0155") == []
        assert second.save(address="2 Maple Street, New York") == []
        location = Location.objects.get(pk=clinic.location.pk)
        assert (location.phone.as_e164, location.address) == ("+12125550155", "2 Maple Street, New York")

    def test_so_do_the_hours_of_another_day(self, clinic, opened):
        monday, tuesday = (
            OpeningHours.objects.create(location=clinic.location, weekday=day, opens_at="09:00", closes_at="17:00") for day in (0, 1)
        )
        page = opened("Manager", clinic.location)
        OpeningHours.objects.filter(pk=monday.pk).update(closes_at="20:00")
        row = next(name.removesuffix("-id") for name, value in page.sends.items() if name.endswith("-id") and value == str(tuesday.pk))
        assert page.save(**{f"{row}-closes_at": "18:00"}) == []
        assert sorted(f"{one.closes_at:%H}" for one in OpeningHours.objects.all()) == ["18", "20"]

    def test_a_row_that_was_deleted_is_gone(self, clinic, opened):
        monday = OpeningHours.objects.create(location=clinic.location, weekday=0, opens_at="09:00", closes_at="17:00")
        page = opened("Manager", clinic.location)
        monday.delete()
        assert page.save(address="2 Maple Street, New York") == []
        assert Location.objects.get(pk=clinic.location.pk).address == "2 Maple Street, New York"
        assert not OpeningHours.objects.exists()

    def test_whoever_has_changed_it_hears_of_it(self, clinic, opened):
        monday = OpeningHours.objects.create(location=clinic.location, weekday=0, opens_at="09:00", closes_at="17:00")
        page = opened("Manager", clinic.location)
        monday.delete()
        said = "Meanwhile somebody has deleted a row that you have changed. Add it anew where it is still wanted."
        page.save(**{"opening_hours-0-closes_at": "18:00", "address": "2 Maple Street, New York"})
        assert said in page.page
        assert page.sends["address"] == "2 Maple Street, New York"
        assert page.save() == []
        assert Location.objects.get(pk=clinic.location.pk).address == "2 Maple Street, New York"

    def test_and_where_somebody_works(self, clinic, opened):
        page = opened("Manager", clinic.dana)
        clinic.dana.treatments.remove(clinic.scalp)
        assert page.save(name="Dana Diaz, NP") == []
        dana = Practitioner.objects.get(pk=clinic.dana.pk)
        assert (dana.name, list(dana.treatments.all())) == ("Dana Diaz, NP", [clinic.face])

    def test_what_both_changed_of_it_is_said_by_name(self, clinic, opened):
        page = opened("Manager", clinic.dana)
        clinic.dana.treatments.remove(clinic.scalp)
        assert "made this “Microneedling, face”" in page.save(treatments=[clinic.scalp.pk])[0]
        assert page.save() == []
        assert list(clinic.dana.treatments.all()) == [clinic.scalp]

    def test_nothing_chosen_is_something_shown(self, clinic, opened):
        clinic.dana.treatments.clear()
        page = opened("Manager", clinic.dana)
        clinic.dana.treatments.add(clinic.scalp)
        page.save(name="Dana Diaz, NP")
        assert list(clinic.dana.treatments.all()) == [clinic.scalp]

    def test_the_number_of_who_is_on_call(self, clinic, opened):
        contact = OnCallContact.objects.create(name="Mai Moss", phone="+12125550166", position=3)
        page = opened("Manager", contact)
        OnCallContact.objects.update(phone="+12125550177")
        assert page.save(position="4") == []
        contact.refresh_from_db()
        assert (contact.phone.as_e164, contact.position) == ("+12125550177", 4)

    def test_a_treatments_price(self, clinic, opened):
        page = opened("Manager", clinic.face)
        Treatment.objects.filter(pk=clinic.face.pk).update(list_price="410.00")
        assert page.save(turnaround_minutes="20") == []
        assert Treatment.objects.get(pk=clinic.face.pk).list_price == 410

    def test_that_recalls_go_out_by_themselves_no_more(self, db, sign_in):
        address, manager = "/admin/maintenance-due/automatic/", sign_in("Manager")
        set_recall_policy({"is_on": True, "hour": 10}, now=FIRST)
        sends = sent_by(manager.get(address).content.decode(), 'class="card"')
        set_recall_policy({"is_on": False}, now=FIRST)
        assert manager.post(address, sends | {"hour": "12"}).status_code == 302
        assert (recall_policy().is_on, recall_policy().hour) == (False, 12)

    def test_a_role_that_was_taken_away(self, db):
        root = User.objects.create_superuser("root", password="a long password of hers")
        robin, client = member("Manager"), Client()
        client.force_login(root)
        page = OpenPage(client, f"/admin/auth/user/{robin.pk}/change/", 'id="user_form"')
        robin.groups.set([Group.objects.get(name="Front desk")])
        assert page.save(first_name="Robin") == []
        robin.refresh_from_db()
        assert (robin.first_name, [group.name for group in robin.groups.all()]) == ("Robin", ["Front desk"])


def test_every_page_on_which_something_is_changed_has_it(rf, clinic: Clinic):
    """But for those whose changes go through buttons or pages of their own."""
    clinic.book(clinic.ana, FIRST)
    through_buttons = {Appointment, Protocol}
    without = []
    for role in ROLES:
        request = rf.get("/")
        request.user = member(role)
        for model, page in site._registry.items():
            forms = [(model, page), *((inline.model, inline) for inline in page.get_inline_instances(request))]
            without += [
                about.__name__
                for about, one in forms
                if one.has_change_permission(request, model()) and about not in through_buttons and not issubclass(one.form, UntouchedStays)
            ]
    assert set(without) == set()
