"""What a page says once, above the next one."""

from datetime import timedelta

from django.utils import timezone


def test_a_patients_name_in_a_message_stays_at_the_clinic(clinic, sign_in):
    """A cookie with it would be in the browser after she has signed out, for whoever comes next."""
    desk = sign_in("Front desk")
    booked = clinic.book(clinic.ana, timezone.now() + timedelta(days=2), now=timezone.now())
    answer = desk.post(f"/admin/scheduling/appointment/{booked.pk}/confirm/")

    assert answer.status_code == 302
    assert "messages" not in desk.cookies
    desk.cookies.pop("sessionid")
    assert "Ana Alvarez" not in desk.get("/admin/login/").content.decode()
