"""What the roles are made of. What they lead to, address by address: test_matrix.py."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from clinic.roles import ROLES, permissions_of
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
        rights = [f"{verb}_user" for verb in ("view", "change", "delete")]
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
        assert hers.user_permissions.count() == 3

    def test_leaves_a_superusers_sign_in_alone(self, desk):
        boss = User.objects.create_superuser("boss", password="copper-lantern-44")
        new = {"password1": "violet-anchor-91", "password2": "violet-anchor-91", "usable_password": "true"}

        assert desk.post(f"/admin/auth/user/{boss.pk}/password/", new).status_code == 403
        assert desk.post(f"/admin/auth/user/{boss.pk}/change/", {"username": "mine"}).status_code == 403
        assert desk.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
        boss.refresh_from_db()
        assert boss.username == "boss"
        assert boss.check_password("copper-lantern-44")
