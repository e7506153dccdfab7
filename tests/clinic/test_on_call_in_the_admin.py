"""A manager says who is told of a concern, in which turn and where."""

import pytest

from aftercare.models import OnCallContact

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
