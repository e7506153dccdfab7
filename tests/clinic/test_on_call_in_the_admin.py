"""A manager says who is told of a concern, in which turn and where."""

import pytest

from aftercare.models import OnCallContact
from scheduling.models import Location

HERE = "/admin/aftercare/oncallcontact/"
DANA = {"name": "Dana Diaz", "phone": "(212) 555-0120", "email": "", "position": "1", "is_active": "on", "locations": []}


@pytest.fixture
def manager(clinic, sign_in):
    return sign_in("Manager")


def test_somebody_is_added(manager, clinic):
    answer = manager.post(f"{HERE}add/", DANA | {"locations": [clinic.location.pk]}, follow=True)
    contact = OnCallContact.objects.get()
    assert (contact.name, contact.phone.as_e164, list(contact.locations.all())) == ("Dana Diaz", "+12125550120", [clinic.location])
    assert "nobody is on call" not in answer.content.decode()


def test_who_can_be_told_in_no_way_isnt(manager):
    page = manager.post(f"{HERE}add/", DANA | {"phone": ""}).content.decode()
    assert "Give a mobile phone or an email address: otherwise nobody can be told." in page
    assert 'value="Dana Diaz"' in page
    assert not OnCallContact.objects.exists()


def test_where_nobody_is_left_the_page_says_so(manager, clinic):
    manager.post(f"{HERE}add/", DANA)
    contact = OnCallContact.objects.get()
    page = manager.post(f"{HERE}{contact.pk}/change/", {name: DANA[name] for name in DANA if name != "is_active"}, follow=True)
    assert "At Maple Street Clinic nobody is on call now: add somebody." in page.content.decode()
    contact.refresh_from_db()
    assert contact.is_active is False


def test_the_desk_sees_who_is_on_call_and_changes_nothing(manager, sign_in):
    manager.post(f"{HERE}add/", DANA)
    desk, contact = sign_in("Front desk"), OnCallContact.objects.get()
    assert "(212) 555-0120" in desk.get(HERE).content.decode()
    assert desk.post(f"{HERE}{contact.pk}/change/", DANA | {"name": "Mine"}).status_code == 403
    contact.refresh_from_db()
    assert contact.name == "Dana Diaz"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"phone": "(212) 555-0120 ext. 5"}, "Texts can’t go to an extension: give a mobile phone’s number, or leave it empty."),
        ({"phone": "212-555-0100"}, "That is the clinic’s own number: give the mobile phone of whoever is on call."),
        ({"name": "Dana\nDiaz"}, "Please write it in one line, without line breaks or tabs."),
        ({"name": "Dana {phone}"}, "Please leave out { and }: in texts they stand for what is filled in."),
    ],
)
def test_who_couldnt_be_told_there_is_refused_with_a_sentence(manager, changed, sentence):
    answer = manager.post(f"{HERE}add/", DANA | changed)
    [(field, [said])] = answer.context["adminform"].form.errors.items()
    assert (field, said) == (next(iter(changed)), sentence)
    assert not OnCallContact.objects.exists()


class TestTheirTurns:
    def test_the_next_one_is_proposed(self, manager):
        assert manager.get(f"{HERE}add/").context["adminform"].form["position"].value() == 1
        manager.post(f"{HERE}add/", DANA | {"position": "4"})
        assert manager.get(f"{HERE}add/").context["adminform"].form["position"].value() == 5
        OnCallContact.objects.update(is_active=False)
        assert manager.get(f"{HERE}add/").context["adminform"].form["position"].value() == 1

    @pytest.mark.parametrize(("dana", "eli", "is_refused"), [(0, 0, True), (0, 1, True), (1, 0, True), (1, 1, True), (1, 2, False)])
    def test_a_turn_is_one_persons_at_each_location(self, manager, clinic, dana, eli, is_refused):
        oak = Location.objects.create(name="Oak Street Clinic", phone="+12125550107", time_zone="America/New_York")
        where = [[], [clinic.location.pk], [oak.pk]]
        manager.post(f"{HERE}add/", DANA | {"locations": where[dana]})
        answer = manager.post(f"{HERE}add/", DANA | {"name": "Eli Evans", "phone": "(212) 555-0121", "locations": where[eli]})
        assert OnCallContact.objects.filter(name="Eli Evans").exists() is not is_refused
        if is_refused:
            assert answer.context["adminform"].form.errors == {
                "position": ["Turn 1 is Dana Diaz’s: take another, such as 2, or change theirs first."]
            }
            assert 'value="Eli Evans"' in answer.content.decode()

    def test_who_isnt_on_call_has_none_until_they_are(self, manager):
        manager.post(f"{HERE}add/", DANA)
        eli = {name: value for name, value in (DANA | {"name": "Eli Evans"}).items() if name != "is_active"}
        manager.post(f"{HERE}add/", eli)
        contact = OnCallContact.objects.get(name="Eli Evans")
        manager.post(f"{HERE}{contact.pk}/change/", eli | {"is_active": "on"})
        contact.refresh_from_db()
        assert contact.is_active is False
        manager.post(f"{HERE}{contact.pk}/change/", eli | {"is_active": "on", "position": "2"})
        contact.refresh_from_db()
        assert (contact.is_active, contact.position) == (True, 2)

    def test_their_own_turn_is_theirs(self, manager):
        manager.post(f"{HERE}add/", DANA)
        contact = OnCallContact.objects.get()
        manager.post(f"{HERE}{contact.pk}/change/", DANA | {"email": "dana@example.org"})
        contact.refresh_from_db()
        assert contact.email == "dana@example.org"

    @pytest.mark.parametrize("typed", ["", "-1", "99999", "x"])
    def test_what_is_no_turn_is_refused(self, manager, typed):
        answer = manager.post(f"{HERE}add/", DANA | {"position": typed})
        assert list(answer.context["adminform"].form.errors) == ["position"]
        assert not OnCallContact.objects.exists()
