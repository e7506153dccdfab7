"""What the roles are made of. What they lead to, address by address: test_matrix.py."""

from django.contrib.auth.models import Group

from clinic.roles import ROLES, permissions_of


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
