"""What the roles are made of. What they lead to, address by address: test_matrix.py."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from clinic.roles import ROLES, permissions_of
from tests.clinic.signing_in import PASSWORD, give_password
from tests.staff import group, member


def test_the_migrations_groups_are_what_the_roles_say(db, role):
    permissions = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")

    assert sorted(permissions) == sorted(permissions_of(role))


def test_no_role_deletes_a_record_of_care():
    for role in ROLES:
        deleting = {codename for _label, codename in permissions_of(role) if codename.startswith("delete_")}
        assert deleting <= {f"delete_{name}" for name in ("workinghours", "absence", "openinghours", "closure")}


def test_only_a_clinician_sets_a_courses_interval(clinic, sign_in, role):
    course = clinic.book(clinic.ana).course

    sign_in(role).post(f"/admin/scheduling/course/{course.pk}/change/", {"minimum_interval_days": "35"})

    course.refresh_from_db()
    assert course.minimum_interval_days == (35 if role == "Clinician" else 28)


def test_shortening_an_interval_takes_a_reason_and_never_goes_below_28(clinic, sign_in):
    course = clinic.book(clinic.ana).course
    here, clinician = f"/admin/scheduling/course/{course.pk}/change/", sign_in("Clinician")
    clinician.post(here, {"minimum_interval_days": "35"})

    assert "Say why the interval is shortened" in clinician.post(here, {"minimum_interval_days": "30"}).content.decode()
    assert "at least 28 days" in clinician.post(here, {"minimum_interval_days": "27", "reason": "in a hurry"}).content.decode()
    course.refresh_from_db()
    assert course.minimum_interval_days == 35

    clinician.post(here, {"minimum_interval_days": "30", "reason": "healed well"})
    course.refresh_from_db()
    assert course.minimum_interval_days == 30
    from django.contrib.admin.models import LogEntry

    assert "35 → 30 days. healed well" in LogEntry.objects.first().change_message


class TestWhoMayChangeSignIns:
    """A right that no role has; somebody may have given it by hand."""

    @pytest.fixture
    def hers(self, db) -> User:
        her = member("Front desk")
        rights = [f"{verb}_{what}" for what in ("user", "group") for verb in ("view", "add", "change", "delete")]
        her.user_permissions.set(Permission.objects.filter(codename__in=rights))
        return her

    @pytest.fixture
    def desk(self, hers, client):
        client.force_login(hers)
        return client

    def test_gives_herself_no_rights(self, hers, desk):
        typed = {"username": "frontdesk", "first_name": "Fay", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
        typed |= {"date_joined_0": "2026-11-01", "date_joined_1": "10:00"}
        rights = {"groups": [group("Manager").pk], "user_permissions": [Permission.objects.get(codename="view_trail").pk]}
        answer = desk.post(f"/admin/auth/user/{hers.pk}/change/", typed | rights)

        assert answer.status_code == 302
        hers.refresh_from_db()
        assert (hers.first_name, hers.is_superuser) == ("Fay", False)
        assert [one.name for one in hers.groups.all()] == ["Front desk"]
        assert hers.user_permissions.count() == 8

    def test_gives_her_role_none_either(self, desk):
        role = group("Front desk")
        may = set(role.permissions.all())
        more = {"name": "Front desk", "permissions": list(Permission.objects.values_list("pk", flat=True))}

        for page in (f"{role.pk}/change/", f"{role.pk}/delete/", "add/"):
            assert desk.post(f"/admin/auth/group/{page}", more | {"post": "yes"}).status_code == 403
        assert set(role.permissions.all()) == may

    def test_makes_nobody_one_of_the_staff(self, desk):
        new = {"username": "sam", "password1": PASSWORD, "password2": PASSWORD, "groups": [group("Manager").pk], "is_staff": "on"}
        assert desk.post("/admin/auth/user/add/", new).status_code == 302
        sam = User.objects.get(username="sam")
        assert (sam.is_staff, sam.groups.count()) == (False, 0)

    def test_leaves_a_superusers_sign_in_alone(self, desk):
        boss = User.objects.create_superuser("boss", password="copper-lantern-44")
        new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

        assert desk.post(f"/admin/auth/user/{boss.pk}/password/", new).status_code == 403
        assert desk.post(f"/admin/auth/user/{boss.pk}/change/", {"username": "mine"}).status_code == 403
        assert desk.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
        boss.refresh_from_db()
        assert boss.username == "boss"
        assert boss.check_password("copper-lantern-44")


@pytest.mark.django_db
def test_whom_a_superuser_adds_may_sign_in(client, role):
    client.force_login(User.objects.create_superuser("boss"))
    new = {"username": "sam", "password1": PASSWORD, "password2": PASSWORD, "groups": [group(role).pk]}
    assert client.post("/admin/auth/user/add/", new)["Location"] == "/admin/auth/user/"

    sam = User.objects.get(username="sam")
    assert [one.name for one in sam.groups.all()] == [role]
    hers = Client()
    give_password(hers, username="sam")
    assert hers.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_a_superuser_gives_another_password_and_never_none(client):
    sam = member("Front desk")
    client.force_login(User.objects.create_superuser("boss"))
    page = f"/admin/auth/user/{sam.pk}/"
    assert "pbkdf2" not in client.get(f"{page}change/").content.decode()
    assert "isable" not in client.get(f"{page}password/").content.decode()

    without = {"password1": "", "password2": "", "usable_password": "false", "unset-password": "yes"}
    assert "This field is required." in client.post(f"{page}password/", without).content.decode()
    given = {"password1": "violet-anchor-92", "password2": "violet-anchor-92"}
    assert client.post(f"{page}password/", given)["Location"] == f"{page}change/"
    sam.refresh_from_db()
    assert sam.check_password("violet-anchor-92")
